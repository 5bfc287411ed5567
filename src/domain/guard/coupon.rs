//! Coupon and discount codes (GRD-5): nothing wrong with them, but whoever showers strangers with them is found by it.

use super::normal::Normal;
use super::vocabulary::{Seen, Term};
use std::ops::Range;

/// Characters before and behind a word for a coupon in which its code stands.
const BEFORE: usize = 16;
const BEHIND: usize = 40;
/// Characters of a code.
const CODE_MIN: usize = 4;
const CODE_MAX: usize = 24;

/// Whether a text holds a code. `prefixes`: how the shop's own begin, in lower case.
pub fn holds_code(normal: &Normal, seen: &[Seen], prefixes: &[String]) -> bool {
    let codes = words(normal);
    let is_near = |word: &Seen| {
        let from = codes.partition_point(|code| code.end + BEFORE < word.at.start);
        let near = codes[from..].iter().take_while(|code| code.start <= word.at.end + BEHIND);
        near.filter(|code| code.end <= word.at.start || code.start >= word.at.end).any(|code| is_code(normal, code))
    };
    let own = |code: &Range<usize>| prefixes.iter().any(|prefix| code.len() > prefix.chars().count() && normal.is_at(code.start, prefix));
    seen.iter().any(|word| word.term == Term::Coupon && is_near(word)) || codes.iter().any(own) || is_quoted(normal)
}

/// Words of Latin letters and digits.
fn words(normal: &Normal) -> Vec<Range<usize>> {
    let part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut words = Vec::new();
    let mut at = 0;
    while at < normal.chars.len() {
        let length = normal.chars[at..].iter().take_while(|c| part(c)).count();
        if length > 0 {
            words.push(at..at + length);
        }
        at += length.max(1);
    }
    words
}

/// Letters and digits, or capitals only, or many digits.
fn is_code(normal: &Normal, at: &Range<usize>) -> bool {
    let chars = &normal.chars[at.clone()];
    let digits = chars.iter().filter(|c| c.is_ascii_digit()).count();
    let letters = chars.iter().filter(|c| c.is_ascii_alphabetic()).count();
    let capital = letters >= 5 && normal.is_capital(at.clone());
    (CODE_MIN..=CODE_MAX).contains(&at.len()) && ((digits > 0 && letters > 1) || capital || (letters == 0 && digits >= 8))
}

/// `¥abc123¥`, which an app opens.
fn is_quoted(normal: &Normal) -> bool {
    let sign = |c: &char| matches!(c, '¥' | '₤' | '€' | '₴');
    let signs: Vec<usize> = normal.chars.iter().enumerate().filter(|(_, c)| sign(c)).map(|(at, _)| at).collect();
    signs.windows(2).any(|pair| {
        let within = &normal.chars[pair[0] + 1..pair[1]];
        (8..=CODE_MAX).contains(&within.len())
            && within.iter().all(char::is_ascii_alphanumeric)
            && within.iter().any(char::is_ascii_alphabetic)
    })
}
