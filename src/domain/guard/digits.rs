//! Numbers however they are written: figures, Chinese numerals, letters that look like figures, pinyin and English words, with signs
//! between them. A run is a sequence of digits that a reader puts together.

use super::normal::Normal;
use super::words::is_spaced;
use std::ops::Range;

/// How a digit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Figure,
    Chinese,
    /// `O` for 0, `l` for 1.
    Letter,
    /// `yi`, `one`.
    Word,
}

/// One digit of a text.
#[derive(Clone, Copy, Debug)]
pub struct Digit {
    pub value: u8,
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// Digits that belong together.
#[derive(Debug)]
pub struct Run {
    pub digits: Vec<Digit>,
    /// Where groups begin among the digits, the first 0.
    pub groups: Vec<usize>,
}

/// Signs between two groups of one run, and characters, blanks counted.
const GAP_SIGNS_MAX: usize = 3;
const GAP_MAX: usize = 8;
/// Characters of a word that are looked at as one: bounds what a word without end costs.
const WORD_CHARS_MAX: usize = 20;
/// The same of letters only: eleven digits in English.
const LETTERS_MAX: usize = 60;

impl Run {
    pub fn at(&self) -> Range<usize> {
        self.digits[0].start..self.digits[self.digits.len() - 1].end
    }

    /// Its last group is one digit.
    fn ends_single(&self) -> bool {
        self.groups.last().is_some_and(|from| self.digits.len() - from == 1)
    }

    /// Digits of each group.
    pub fn sizes(&self) -> Vec<usize> {
        let ends = self.groups.iter().skip(1).copied().chain([self.digits.len()]);
        self.groups.iter().zip(ends).map(|(from, to)| to - from).collect()
    }
}

/// All runs of a text, from left to right.
pub fn runs(normal: &Normal) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut run: Option<Run> = None;
    let mut at = 0;
    while at < normal.chars.len() {
        let open = run.as_ref().is_some_and(|run| joined(normal, run, at));
        let single = run.as_ref().is_some_and(Run::ends_single);
        let (taken, next) = digits_at(normal, at, open, single);
        let Some(first) = taken.first() else {
            at = next;
            continue;
        };
        match &mut run {
            Some(run) if joined(normal, run, first.start) => {
                if run.digits.last().is_some_and(|last| last.end < first.start) {
                    run.groups.push(run.digits.len());
                }
                run.digits.extend(taken);
            }
            _ => runs.extend(run.replace(Run { digits: taken, groups: vec![0] })),
        }
        at = next;
    }
    runs.extend(run);
    runs
}

/// Whether what begins at `at` goes on with the run: only signs between, and few.
fn joined(normal: &Normal, run: &Run, at: usize) -> bool {
    let Some(last) = run.digits.last() else { return false };
    if at < last.end || at - last.end > GAP_MAX {
        return at == last.end;
    }
    let gap = &normal.chars[last.end..at];
    if gap.iter().filter(|c| **c != ' ').count() > GAP_SIGNS_MAX || gap.len() > GAP_SIGNS_MAX + 1 && !gap.contains(&' ') {
        return false;
    }
    let single = run.ends_single() || last.kind == Kind::Chinese;
    gap.iter().all(|c| match c {
        ' ' | '-' | '.' | '·' | '_' | '*' | '/' | '\\' | '|' | '~' | '#' | '(' | ')' | '[' | ']' | '杠' | '—' | '–' | '横' | '转' | '`'
        | '\'' => true,
        ',' | '、' | '\n' => single,
        ':' | ';' | '!' | '?' | '%' | '+' | '=' | '<' | '>' | '&' | '@' | '。' | '"' | '{' | '}' | '¥' | '$' | '£' | '€' | '×' | '°'
        | '^' => false,
        '₹' | '•' | '“' | '”' | '‘' | '’' | '《' | '》' | '…' | '√' => *c == '•',
        c => !c.is_alphanumeric(),
    })
}

/// The digits that begin at `at`, and where to go on. `open`: a run goes on here; `single`: with digits one by one.
fn digits_at(normal: &Normal, at: usize, open: bool, single: bool) -> (Vec<Digit>, usize) {
    let c = normal.chars[at];
    let one = |value, kind| (vec![Digit { value, kind, start: at, end: at + 1 }], at + 1);
    if let Some(value) = numeral(c) {
        return one(value, Kind::Chinese);
    }
    if !c.is_ascii_alphanumeric() {
        return (Vec::new(), at + 1);
    }
    let rest = normal.chars[at..].iter();
    let letters = rest.clone().take(LETTERS_MAX).take_while(|c| c.is_ascii_alphabetic()).count();
    let only = letters > 0 && !normal.get(at + letters).is_some_and(|c| c.is_ascii_alphanumeric());
    let end = at + if only { letters } else { rest.take(WORD_CHARS_MAX).take_while(|c| c.is_ascii_alphanumeric()).count() };
    let word = &normal.chars[at..end];
    let figures = word.iter().filter(|c| c.is_ascii_digit()).count();
    if figures == word.len() {
        return (figures_of(word, at), end);
    }
    // A letter of a script with spaces beside it makes it part of a word.
    let apart = !normal.before(at).is_some_and(is_spaced) && !normal.get(end).is_some_and(is_spaced);
    if figures == 0 && apart {
        let spelled = spelled(word, at);
        if !spelled.is_empty() {
            return (spelled, end);
        }
        let alike = open && word.iter().all(|c| matches!(c, 'o' | 'l' | 'i')) && (single || word.contains(&'o'));
        return (if alike { figures_of(word, at) } else { Vec::new() }, end);
    }
    let looks = |c: &char| value_of(*c, figures >= 6).is_some();
    if figures >= 1 && word.iter().all(looks) && !matches!(word[0], 's' | 'z' | 'b' | 'g' | 'q') {
        return (figures_of(word, at), end);
    }
    // Figures behind the letters of a word: `tel138…`, `vx138…`; who looks at it sees what stands before.
    let letters = word.iter().take_while(|c| c.is_ascii_alphabetic()).count();
    let digits = word[letters..].iter().take_while(|c| c.is_ascii_digit()).count();
    (figures_of(&word[letters..letters + digits], at + letters), if digits == 0 { end } else { at + letters + digits })
}

fn figures_of(word: &[char], at: usize) -> Vec<Digit> {
    let digit = |(i, c): (usize, &char)| {
        let kind = if c.is_ascii_digit() { Kind::Figure } else { Kind::Letter };
        value_of(*c, true).map(|value| Digit { value, kind, start: at + i, end: at + i + 1 })
    };
    word.iter().enumerate().filter_map(digit).collect()
}

/// `far`: also letters that look less like figures.
fn value_of(c: char, far: bool) -> Option<u8> {
    match c {
        '0'..='9' => Some(c as u8 - b'0'),
        'o' => Some(0),
        'l' | 'i' => Some(1),
        'z' if far => Some(2),
        's' if far => Some(5),
        'b' if far => Some(8),
        'g' | 'q' if far => Some(9),
        _ => None,
    }
}

fn numeral(c: char) -> Option<u8> {
    Some(match c {
        '零' | '〇' | '洞' => 0,
        '一' | '壹' | '幺' | '弌' => 1,
        '二' | '贰' | '貳' | '两' | '兩' | '弍' => 2,
        '三' | '叁' | '參' | '叄' | '弎' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' | '拐' => 7,
        '八' | '捌' => 8,
        '九' | '玖' | '勾' => 9,
        _ => return None,
    })
}

const SPELLED: [(&str, u8); 37] = [
    ("yi", 1),
    ("yao", 1),
    ("er", 2),
    ("liang", 2),
    ("san", 3),
    ("si", 4),
    ("wu", 5),
    ("liu", 6),
    ("qi", 7),
    ("guai", 7),
    ("ba", 8),
    ("jiu", 9),
    ("gou", 9),
    ("ling", 0),
    ("dong", 0),
    ("zero", 0),
    ("oh", 0),
    ("nought", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("won", 1),
    ("tree", 3),
    ("fife", 5),
    ("niner", 9),
    ("ate", 8),
    ("too", 2),
    ("fower", 4),
    ("nil", 0),
    ("null", 0),
    ("nul", 0),
];

/// A word that is nothing but names of digits.
fn spelled(word: &[char], at: usize) -> Vec<Digit> {
    let (mut digits, mut from) = (Vec::new(), 0);
    while from < word.len() {
        let rest = &word[from..];
        let begins = |name: &str| name.len() <= rest.len() && name.chars().zip(rest).all(|(a, b)| a == *b);
        let Some((name, value)) = SPELLED.iter().filter(|(name, _)| begins(name)).max_by_key(|(name, _)| name.len()) else {
            return Vec::new();
        };
        digits.push(Digit { value: *value, kind: Kind::Word, start: at + from, end: at + from + name.len() });
        from += name.len();
    }
    digits
}
