//! A text as the guard reads it: case, width, styles, marks, look-alikes and invisible characters are gone, and every character knows
//! where it stood in the original.
//!
//! It must never drop what a reader sees as a letter, and costs a fixed number of steps a character.

use icu_normalizer::DecomposingNormalizerBorrowed;
use std::ops::Range;

/// See the module.
#[derive(Default)]
pub struct Normal {
    pub chars: Vec<char>,
    /// For each: the character of the original.
    at: Vec<u32>,
    /// For each: it only looks like what it became.
    disguised: Vec<bool>,
    /// For each: it was a capital.
    capital: Vec<bool>,
    /// The original has signs that stand for letters or figures, or only for themselves: flags, keycaps, circled and squared ones.
    pub pictured: bool,
    /// The original has characters that turn the direction of what follows.
    pub turned: bool,
}

/// Shows what follows from right to left, whatever it is.
pub const OVERRIDE: char = '\u{202e}';
/// Characters with blanks between that are read as one word.
const SPELLED_MIN: usize = 3;
/// Parts of one character that are looked at.
const PARTS_MAX: usize = 6;
const DECOMPOSED: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();

impl Normal {
    /// As the characters stand in memory.
    pub fn new(text: &str) -> Normal {
        let mut normal = Normal::default();
        for (at, c) in text.chars().enumerate() {
            normal.turned |= c == OVERRIDE;
            normal.pictured |= is_pictured(c);
            normal.add(at as u32, c);
        }
        normal
    }

    /// With the signs that may stand for themselves as what they are then: no part of any word.
    pub fn signs_apart(text: &str) -> Normal {
        let mut normal = Normal::default();
        let mut chars = text.chars().enumerate().peekable();
        while let Some((at, c)) = chars.next() {
            let mut rest = chars.clone().map(|(_, c)| c).filter(|c| *c != '\u{fe0f}');
            match c {
                '\u{20e3}' => {}
                _ if is_pictured(c) || c.is_ascii() && rest.next() == Some('\u{20e3}') => normal.push(at as u32, '☺', true, false),
                _ => normal.add(at as u32, c),
            }
        }
        normal
    }

    /// As a reader sees them where the direction was overridden.
    pub fn as_seen(text: &str) -> Normal {
        let mut normal = Normal::default();
        let mut turned: Option<usize> = None;
        for (at, c) in text.chars().enumerate() {
            let ends = matches!(c, '\n' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if ends && let Some(from) = turned.take() {
                normal.turn(from);
            }
            normal.add(at as u32, c);
            if c == OVERRIDE {
                turned = Some(normal.chars.len());
            }
        }
        if let Some(from) = turned {
            normal.turn(from);
        }
        normal
    }

    /// With the blanks taken out of what is spelled out (`t e a @ q q . c o m`). None: nothing is.
    pub fn unspelled(&self) -> Option<Normal> {
        let single =
            |at: usize| self.get(at).is_some_and(|c| c.is_ascii_graphic()) && self.before(at).is_none_or(|c| c == ' ' || !c.is_ascii());
        let (mut joined, mut at) = (Normal::default(), 0);
        while at < self.chars.len() {
            let steps = (0..).take_while(|step| single(at + 2 * step) && (*step == 0 || self.chars[at + 2 * step - 1] == ' ')).count();
            let ends = |step: usize| self.get(at + 2 * step + 1).is_none_or(|c| c == ' ' || !c.is_ascii_graphic());
            let steps = if steps > 0 && !ends(steps - 1) { steps - 1 } else { steps };
            let (length, step) = if steps >= SPELLED_MIN { (2 * steps - 1, 2) } else { ((2 * steps).max(1), 1) };
            for from in (at..(at + length).min(self.chars.len())).step_by(step) {
                joined.push(self.at[from], self.chars[from], self.disguised[from], self.capital[from]);
            }
            at += length;
        }
        (joined.chars.len() < self.chars.len()).then_some(joined)
    }

    fn turn(&mut self, from: usize) {
        self.chars[from..].reverse();
        self.at[from..].reverse();
        self.disguised[from..].reverse();
        self.capital[from..].reverse();
    }

    fn add(&mut self, at: u32, c: char) {
        match c {
            '\n' => self.push(at, '\n', false, false),
            ' '..='~' => self.push(at, c.to_ascii_lowercase(), false, c.is_ascii_uppercase()),
            // Ideographs, kana and Hangul syllables are what they are; a decomposed syllable would match in part.
            '\u{3001}'..='\u{3006}' | '\u{3008}'..='\u{3030}' | '\u{3041}'..='\u{3098}' | '\u{30a0}'..='\u{30ff}' => {
                self.push(at, c, false, false)
            }
            '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => self.push(at, c, false, false),
            '\u{ff01}'..='\u{ff5e}' => {
                let plain = char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c);
                self.push(at, plain.to_ascii_lowercase(), false, plain.is_ascii_uppercase());
            }
            _ if is_invisible(c) => {}
            _ => self.fold(at, c),
        }
    }

    fn fold(&mut self, at: u32, c: char) {
        match styled(c) {
            Some(digits) => return digits.chars().for_each(|c| self.push(at, c, true, false)),
            None if c == '\u{3000}' => return self.push(at, ' ', false, false),
            None => {}
        }
        // A single sign of a whole sentence is no way to spell a word, and must not cost as much as one.
        if DECOMPOSED.normalize_iter(std::iter::once(c)).nth(PARTS_MAX).is_some() {
            return self.push(at, c, true, false);
        }
        for part in DECOMPOSED.normalize_iter(std::iter::once(c)) {
            match part {
                // The marks of half-width kana stand apart.
                '\u{3099}' | '\u{309a}' => self.voice(part),
                _ if is_mark(part) || is_invisible(part) => {}
                _ => {
                    for lower in part.to_lowercase().filter(|c| !is_mark(*c)) {
                        let plain = looks_like(lower);
                        self.push(at, plain.unwrap_or(lower), true, part.is_uppercase());
                    }
                }
            }
        }
    }

    fn voice(&mut self, mark: char) {
        let Some(last) = self.chars.last_mut() else { return };
        let step = if mark == '\u{3099}' { 1 } else { 2 };
        let Some(voiced) = char::from_u32(u32::from(*last) + step) else { return };
        if DECOMPOSED.normalize_iter(std::iter::once(voiced)).eq([*last, mark]) {
            *last = voiced;
        }
    }

    fn push(&mut self, at: u32, c: char, disguised: bool, capital: bool) {
        if c.is_whitespace() || !c.is_control() {
            self.chars.push(if c.is_whitespace() && c != '\n' { ' ' } else { c });
            self.at.push(at);
            self.disguised.push(disguised);
            self.capital.push(capital);
        }
    }

    /// Where these characters stand in the original: from, and behind the last.
    pub fn place(&self, range: Range<usize>) -> (u32, u32) {
        let places = &self.at[range];
        let (from, to) = (places.iter().min(), places.iter().max());
        (from.copied().unwrap_or(0), to.map_or(0, |to| to + 1))
    }

    /// Whether nothing there is a look-alike of what it became.
    pub fn is_plain(&self, range: Range<usize>) -> bool {
        !self.disguised[range].contains(&true)
    }

    /// Whether all letters there were capitals.
    pub fn is_capital(&self, range: Range<usize>) -> bool {
        range.into_iter().all(|at| self.capital[at] || !self.chars[at].is_alphabetic())
    }

    pub fn get(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    /// The character before.
    pub fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|at| self.get(at))
    }

    /// Whether `word` stands there.
    pub fn is_at(&self, at: usize, word: &str) -> bool {
        word.chars().enumerate().all(|(i, c)| self.get(at + i) == Some(c))
    }
}

/// Flags, keycaps, signs in circles and squares: read as letters by some, as pictures by others.
fn is_pictured(c: char) -> bool {
    matches!(c,
        '\u{20e3}' | '\u{2122}' | '\u{2139}' | '\u{2460}'..='\u{24ff}' | '\u{3280}'..='\u{32b0}' | '\u{1f100}'..='\u{1f1ff}'
        | '\u{1f200}'..='\u{1f265}' | '\u{1f51f}')
}

/// What nobody sees: joiners, directions, selectors, fillers, tags.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Marks on letters that are read without them. Vowel signs of Indian and Thai scripts are letters here.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}'
        | '\u{670}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// The first digit of each script that has digits of its own.
const ZEROS: [u32; 18] =
    [0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810];
/// Signs in circles and squares that Unicode does not decompose: first, last, what the first stands for.
const STYLED: [(char, char, char); 9] = [
    ('\u{2776}', '\u{277e}', '1'),
    ('\u{2780}', '\u{2788}', '1'),
    ('\u{278a}', '\u{2792}', '1'),
    ('\u{24f5}', '\u{24fd}', '1'),
    ('\u{3021}', '\u{3029}', '1'),
    ('\u{1f150}', '\u{1f169}', 'a'),
    ('\u{1f170}', '\u{1f189}', 'a'),
    ('\u{1f1e6}', '\u{1f1ff}', 'a'),
    ('\u{1f10b}', '\u{1f10b}', '0'),
];

fn styled(c: char) -> Option<String> {
    let code = u32::from(c);
    match c {
        '\u{24ff}' | '\u{1f10c}' => return Some("0".into()),
        '\u{1f51f}' => return Some("10".into()),
        _ => {}
    }
    if let Some(zero) = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)) {
        return char::from_digit(code - zero, 10).map(String::from);
    }
    let (first, _, stands) = STYLED.iter().find(|(first, last, _)| (*first..=*last).contains(&c))?;
    char::from_u32(u32::from(*stands) + code - u32::from(*first)).map(String::from)
}

/// Letters of other scripts, in lower case, that are read as Latin ones.
const ALIKE: [(&str, &str); 4] = [
    ("авсегнікмнопрѕтухјԁԛԝһѵӏьԍ", "abcerhikmhonpstyxjdqwhvlbg"),
    ("αβεικηνομπρτυχωγζ", "abeiknvounptuxwyz"),
    ("ıɑɡłøđħƒᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "iaglodhfabcdefghijklmnoprstuvwyz"),
    ("օսհոցᏟᎠᎬ", "ouhngcde"),
];

fn looks_like(c: char) -> Option<char> {
    if c.is_ascii() || c > '\u{ab7f}' || ('\u{2000}'..'\u{a700}').contains(&c) {
        return None;
    }
    ALIKE.iter().find_map(|(from, to)| {
        let at = from.chars().position(|alike| alike == c)?;
        to.chars().nth(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        Normal::new(text).chars.into_iter().collect()
    }

    // SPEC: GRD-2
    #[test]
    fn one_look_for_all_ways_of_writing() {
        let ways = [
            ("ＡＢＣ１２３！", "abc123!"),
            ("①②③❹⑤", "12345"),
            ("1\u{fe0f}\u{20e3}3\u{fe0f}\u{20e3}", "13"),
            ("р\u{430}у𝓅𝒶𝓁", "paypal"),
            ("ΑΒΕ", "abe"),
            ("w\u{200b}e\u{2060}i\u{ad}x\u{feff}in", "weixin"),
            ("cafe\u{301} é", "cafe e"),
            ("٠١٢٣ ०१२", "0123 012"),
            ("ｶﾞﾊﾟ", "ガパ"),
            ("한국어", "한국어"),
            ("が", "が"),
            ("🅰🅱🇨", "abc"),
            ("№ ℡", "no tel"),
            ("\t\u{3000}\u{a0}", "   "),
        ];
        for (text, expected) in ways {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_alike_has_its_letter() {
        for (from, to) in ALIKE {
            assert_eq!(from.chars().count(), to.chars().count(), "{from}");
        }
    }

    #[test]
    fn places_are_those_of_the_original() {
        let normal = Normal::new("加\u{200b}微 ⑩x");
        assert_eq!(normal.chars, ['加', '微', ' ', '1', '0', 'x']);
        assert_eq!(normal.place(0..2), (0, 3));
        assert_eq!(normal.place(4..6), (4, 6));
    }

    #[test]
    fn what_is_shown_from_right_to_left_is_read_so() {
        let text = "tel \u{202e}0008310\u{202c}!";
        assert!(Normal::new(text).turned);
        let seen = Normal::as_seen(text);
        assert_eq!(seen.chars.iter().collect::<String>(), "tel 0138000!");
        assert_eq!(seen.place(4..11), (5, 12));
    }
}
