//! Which numbers ring somebody (GRD-3). Numbers of orders, parcels, products, dates and sums do not; what stands beside a number tells.
//!
//! It must never refuse a number only because it is long.

use super::digits::{Digit, Kind, Run};
use super::normal::Normal;
use super::vocabulary::{Seen, Term};
use std::ops::Range;

/// What the words beside a number say of it, and how many characters lie between.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beside {
    Nothing,
    Phone(usize),
    Number(usize),
}

/// Characters in which a word before a number still speaks of it.
const NEAR: usize = 24;
/// The same behind it.
const NEAR_BEHIND: usize = 10;
/// Between two numbers that are given together.
const LIST_GAP: usize = 4;

/// Where telephone numbers stand in the normal text.
pub fn phones(normal: &Normal, seen: &[Seen], runs: &[Run]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for run in runs.iter().filter(|run| run.digits.len() >= 7) {
        let at = run.at();
        let mut beside = beside(normal, seen, &at);
        // `电话是67008866、67001122`: the second is of the first's kind.
        if found.last().is_some_and(|last| last.end <= at.start && at.start - last.end <= LIST_GAP) && !matches!(beside, Beside::Number(_))
        {
            beside = Beside::Phone(0);
        }
        found.extend(Reading { normal, beside }.phones(run));
    }
    found
}

/// `order, number 113-…`: `number` alone says little.
fn is_weak(normal: &Normal, word: &Seen) -> bool {
    word.term == Term::Phone
        && ["number", "号码", "contact", "extension"]
            .iter()
            .any(|weak| weak.chars().count() == word.at.len() && normal.is_at(word.at.start, weak))
}

fn rank(term: Term) -> Option<bool> {
    match term {
        Term::Phone | Term::Wechat | Term::Hidden | Term::Ask | Term::Messenger | Term::Qq => Some(true),
        Term::Number => Some(false),
        Term::Vague | Term::Platform(_) | Term::Coupon => None,
    }
}

fn beside(normal: &Normal, seen: &[Seen], at: &Range<usize>) -> Beside {
    let behind = seen.partition_point(|word| word.at.end <= at.start);
    let nearest = seen[..behind].iter().rev().take(8).filter(|word| rank(word.term).is_some());
    // Of those that end together the longest: `order number` is no `number`.
    let nearest = nearest.max_by_key(|word| (word.at.end, word.at.len()));
    let nearest = nearest.map(|word| {
        let named = |other: &&Seen| other.term == Term::Number && other.at.end <= word.at.start && word.at.start - other.at.end <= 12;
        if is_weak(normal, word) { seen[..behind].iter().rev().take(8).find(named).unwrap_or(word) } else { word }
    });
    if let Some(word) = nearest.filter(|word| at.start - word.at.end <= NEAR) {
        let gap = &normal.chars[word.at.end..at.start];
        let ended = gap.iter().any(|c| matches!(c, '。' | '\n' | '!' | ';'));
        match rank(word.term) {
            Some(true) => return Beside::Phone(gap.len()),
            Some(false) if !ended => return Beside::Number(gap.len()),
            _ => {}
        }
    }
    let verb = at.start.checked_sub(1).map_or(0, |last| last.saturating_sub(1));
    if normal.chars[verb..at.start].iter().any(|c| matches!(c, '打' | '拨' | '呼' | '☎' | '📞' | '📱')) {
        return Beside::Phone(1);
    }
    let after = seen[behind..].iter().take_while(|word| word.at.end <= at.end + NEAR_BEHIND + 8);
    let after =
        after.filter(|word| word.at.start >= at.end && word.at.start - at.end <= NEAR_BEHIND).find(|word| rank(word.term).is_some());
    match after.map(|word| (rank(word.term), word.at.start - at.end)) {
        Some((Some(true), gap)) => Beside::Phone(gap),
        Some((Some(false), gap)) if normal.get(at.end).is_some_and(|c| matches!(c, '是' | '为' | '的' | '这')) => Beside::Number(gap),
        _ => Beside::Nothing,
    }
}

struct Reading<'a> {
    normal: &'a Normal,
    beside: Beside,
}

impl Reading<'_> {
    fn phones(&self, run: &Run) -> Vec<Range<usize>> {
        if self.rings(&run.digits, &run.sizes()) {
            return vec![run.at()];
        }
        let one_kind: Vec<Range<usize>> = self.of_one_kind(run);
        if one_kind.is_empty() { self.in_groups(run) } else { one_kind }
    }

    /// `第一13800138000`: what is written in one way may be a number of its own.
    fn of_one_kind(&self, run: &Run) -> Vec<Range<usize>> {
        let parts = run.digits.chunk_by(|a, b| a.kind == b.kind).filter(|part| part.len() >= 7 && part.len() < run.digits.len());
        let whole = |part: &[Digit]| {
            let gaps = part.windows(2).filter(|pair| pair[0].end < pair[1].start).count();
            gaps == 0 && self.rings(part, &[part.len()])
        };
        parts.filter(|part| whole(part)).map(|part| part[0].start..part[part.len() - 1].end).collect()
    }

    /// Several numbers with nothing but signs between them. What is left over must be little, or somebody said that it rings.
    fn in_groups(&self, run: &Run) -> Vec<Range<usize>> {
        let sizes = run.sizes();
        let (mut found, mut group, mut left_over) = (Vec::new(), 0, 0);
        while group < sizes.len() {
            let taken = [3, 2, 1].into_iter().find(|count| {
                let Some(part) = sizes.get(group..group + count) else { return false };
                let from = run.groups[group];
                let digits = &run.digits[from..from + part.iter().sum::<usize>()];
                (7..=13).contains(&digits.len()) && self.rings(digits, part)
            });
            match taken {
                Some(count) => {
                    let last = run.groups.get(group + count).map_or(run.digits.len(), |next| *next) - 1;
                    found.push(run.digits[run.groups[group]].start..run.digits[last].end);
                    group += count;
                }
                None => {
                    left_over += sizes[group];
                    group += 1;
                }
            }
        }
        let said = matches!(self.beside, Beside::Phone(_));
        if left_over > if said { 12 } else { 0 } { Vec::new() } else { found }
    }

    fn rings(&self, digits: &[Digit], sizes: &[usize]) -> bool {
        let (start, end) = (digits[0].start, digits[digits.len() - 1].end);
        if digits.len() > 18 || self.is_part_of_a_word(start, end) {
            return false;
        }
        let values: Vec<u8> = digits.iter().map(|digit| digit.value).collect();
        let plus = self.plus_before(start);
        if plus && (8..=15).contains(&values.len()) {
            return true;
        }
        let plain = digits.iter().all(|digit| digit.kind == Kind::Figure);
        if !plain {
            return self.hidden_rings(digits, &values);
        }
        if self.is_a_sum(start, end) || matches!(self.beside, Beside::Number(_)) {
            return false;
        }
        is_mobile(&values, sizes, matches!(self.beside, Beside::Phone(_)))
            || is_landline(&values, sizes)
            || is_service(&values, sizes)
            || self.is_foreign(&values, sizes, start)
            || self.is_local(&values, sizes)
            || (sizes.len() >= 10 && sizes.iter().all(|size| *size == 1) && !is_counting(&values))
    }

    /// Letters that touch it are part of its name, unless they say that it rings.
    fn is_part_of_a_word(&self, start: usize, end: usize) -> bool {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let said = matches!(self.beside, Beside::Phone(0));
        !said && (letter(self.normal.before(start)) || letter(self.normal.get(end)))
    }

    fn plus_before(&self, start: usize) -> bool {
        let before = self.normal.before(start) == Some('+');
        before && !start.checked_sub(2).and_then(|at| self.normal.get(at)).is_some_and(|c| c.is_alphanumeric())
    }

    /// `¥`, `元`, `件`, `mAh` beside it.
    fn is_a_sum(&self, start: usize, end: usize) -> bool {
        const UNITS: [&str; 34] = [
            "元", "块", "件", "个", "只", "双", "套", "米", "克", "斤", "升", "瓦", "台", "张", "枚", "条", "%", "万", "亿", "人", "次",
            "mah", "ml", "cm", "mm", "kg", "gb", "rs", "inr", "usd", "rmb", "cny", "pcs", "people",
        ];
        let signs = |c: char| matches!(c, '¥' | '$' | '€' | '£' | '₹' | '=' | '<' | '>' | '%' | '@');
        let before = start.checked_sub(1).and_then(|at| self.normal.chars[..=at].iter().rev().take(3).find(|c| **c != ' '));
        let after = end + usize::from(self.normal.get(end) == Some(' '));
        before.is_some_and(|c| signs(*c)) || UNITS.iter().any(|unit| self.normal.is_at(after, unit))
    }

    /// Nobody writes anything else so.
    fn hidden_rings(&self, digits: &[Digit], values: &[u8]) -> bool {
        if is_counting(values) || digits.iter().all(|digit| digit.kind == Kind::Letter) {
            return false;
        }
        let letters = digits.iter().any(|digit| digit.kind == Kind::Letter);
        let local = without_country(values);
        if is_mobile_number(local) || is_landline(values, &[values.len()]) || is_service(values, &[values.len()]) {
            return true;
        }
        match self.beside {
            Beside::Phone(gap) => gap <= NEAR && (7..=15).contains(&values.len()) && !(letters && gap > 8),
            Beside::Number(_) => false,
            Beside::Nothing => {
                !letters && (10..=13).contains(&values.len()) && digits.iter().filter(|digit| digit.kind != Kind::Figure).count() >= 4
            }
        }
    }

    /// Numbers as they are grouped elsewhere.
    fn is_foreign(&self, values: &[u8], sizes: &[usize], start: usize) -> bool {
        let said = matches!(self.beside, Beside::Phone(_));
        let brackets = self.normal.before(start) == Some('(');
        let area = |at: usize| values.get(at).is_some_and(|first| *first >= 2);
        match sizes {
            [3, 3, 4] => area(0) && area(3) && (said || brackets),
            [1, 3, 3, 4] => values[0] == 1 && area(1),
            [4, 2, 4] | [4, 3, 3] | [4, 3, 4] | [4, 4, 4] if values.starts_with(&[1, 8, 0, 0]) => true,
            [10] => said && area(0) && values[0] != 2,
            [5, 5] => said && values[0] >= 6,
            [5, 6] | [5, 3, 3] | [11] => (said && values.starts_with(&[0, 7])) || self.is_near(12),
            [2, 5, 5] | [2, 10] => said && values.starts_with(&[9, 1]),
            [2, 4, 4] | [3, 4, 4] | [2, 3, 4] | [3, 3, 3] | [2, 2, 2, 2, 2] | [4, 3, 4] | [4, 6] | [3, 4, 3] | [2, 4, 3] => {
                self.is_near(12)
            }
            _ => false,
        }
    }

    /// Somebody said right beside it that it rings.
    fn is_near(&self, most: usize) -> bool {
        matches!(self.beside, Beside::Phone(gap) if gap <= most)
    }

    /// Seven or eight digits, and somebody said that they ring.
    fn is_local(&self, values: &[u8], sizes: &[usize]) -> bool {
        let (Beside::Phone(gap), [first, ..]) = (self.beside, values) else { return false };
        let rest = match sizes {
            [7] | [8] | [4, 4] | [3, 4] => &[],
            // With an extension.
            [7 | 8, 1..=5] => &sizes[..1],
            _ => return false,
        };
        let count = rest.first().copied().unwrap_or(values.len());
        gap <= 16 && (2..=8).contains(first) && !(count == 8 && is_date(&values[..8]))
    }
}

fn without_country(values: &[u8]) -> &[u8] {
    let rest = values.strip_prefix(&[0, 0, 8, 6]).or_else(|| values.strip_prefix(&[8, 6]));
    let rest = rest.filter(|rest| rest.len() == 11).unwrap_or(values);
    if rest.len() == 12 && rest[0] == 0 { &rest[1..] } else { rest }
}

fn is_mobile_number(values: &[u8]) -> bool {
    values.len() == 11 && values[0] == 1 && values[1] >= 3
}

/// Mobile numbers of China.
fn is_mobile(values: &[u8], sizes: &[usize], said: bool) -> bool {
    if !is_mobile_number(without_country(values)) {
        return false;
    }
    let sizes = match sizes {
        [2, rest @ ..] if values.len() == 13 => rest,
        [4, rest @ ..] if values.len() == 15 => rest,
        sizes => sizes,
    };
    let usual = matches!(
        sizes,
        [11..=13]
            | [15]
            | [3, 4, 4]
            | [3, 8]
            | [7, 4]
            | [4, 4, 3]
            | [4, 7]
            | [3, 3, 5]
            | [5, 6]
            | [3, 5, 3]
            | [3, 3, 3, 2]
            | [4, 3, 4]
            | [2, 3, 3, 3]
            | [2, 9]
            | [6, 5]
    );
    usual || said || sizes.len() >= 5
}

/// With the area's number: 010, 02x with eight digits, others with seven or eight, and an extension.
fn is_landline(values: &[u8], sizes: &[usize]) -> bool {
    let [0, second, ..] = values else { return false };
    let area = if *second <= 2 { 3 } else { 4 };
    let number = |count: usize| if area == 3 { count == area + 8 } else { count == area + 7 || count == area + 8 };
    if *second == 0 {
        return false;
    }
    match sizes {
        [all] => number(*all),
        [all, 1..=5] if number(*all) => true,
        [first, 4, 4] | [first, 3, 4] => *first == area && number(values.len()),
        [first, rest] => *first == area && number(first + rest),
        [first, rest, 1..=5] => *first == area && number(first + rest),
        many => many.len() >= 5 && number(values.len()),
    }
}

/// 400 and 800 numbers.
fn is_service(values: &[u8], sizes: &[usize]) -> bool {
    let begins = values.starts_with(&[4, 0, 0]) || values.starts_with(&[8, 0, 0]);
    match sizes {
        [3, 3, 4] | [3, 4, 3] | [3, 7] | [4, 3, 3] | [4, 6] | [6, 4] => begins,
        [10] => values.starts_with(&[4, 0, 0]),
        many => begins && values.len() == 10 && many.len() >= 4,
    }
}

/// `1 2 3 4 …`, or always the same.
fn is_counting(values: &[u8]) -> bool {
    values.windows(2).all(|pair| pair[1] == (pair[0] + 1) % 10 || pair[0] == pair[1] || pair == [9, 1])
}

fn is_date(values: &[u8]) -> bool {
    let number = |from: usize, to: usize| values[from..to].iter().fold(0u32, |sum, digit| sum * 10 + u32::from(*digit));
    (1990..=2039).contains(&number(0, 4)) && (1..=12).contains(&number(4, 6)) && (1..=31).contains(&number(6, 8))
}
