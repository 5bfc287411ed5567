//! Words found in a text through what stands between their characters: banned words 禁用语 (GRD-2), marketing phrases, the guard's own
//! vocabulary. One automaton for a whole list: what a text costs does not grow with it.
//!
//! It must never melt words together that a writer kept apart: `push it` holds no `shit`, `class` no `ass`.

use super::normal::Normal;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::HashMap;
use std::ops::Range;

/// Characters of a word beyond which spaces in it are no longer looked at: a bit each.
const SPACES_MAX: usize = 64;

/// What stands between a character that says something and the one before it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Gap(u8);

impl Gap {
    const SPACE: u8 = 1;
    const SIGN: u8 = 2;
    const COMMA: u8 = 4;
    /// The end of a sentence or of a line.
    const END: u8 = 8;

    fn of(c: char) -> u8 {
        match c {
            ' ' => Gap::SPACE,
            '\n' => Gap::SPACE | Gap::END,
            '。' | '!' | '?' | ';' | '｡' => Gap::END,
            ',' | '、' | ':' => Gap::COMMA,
            _ => Gap::SIGN,
        }
    }

    fn has(self, what: u8) -> bool {
        self.0 & what != 0
    }

    fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// A text without all that says nothing: blanks, punctuation, symbols, emoji.
pub struct Squeezed {
    text: String,
    chars: Vec<char>,
    /// For each: which character of the normal text it is.
    at: Vec<u32>,
    gaps: Vec<Gap>,
    /// For each byte of the text, and its end: which character it belongs to.
    of_byte: Vec<u32>,
}

impl Squeezed {
    pub fn new(normal: &Normal) -> Squeezed {
        let length = normal.chars.len();
        let mut squeezed = Squeezed {
            text: String::with_capacity(length * 3),
            chars: Vec::with_capacity(length),
            at: Vec::with_capacity(length),
            gaps: Vec::with_capacity(length),
            of_byte: Vec::with_capacity(length * 3 + 1),
        };
        let mut gap = Gap::default();
        for (at, &c) in normal.chars.iter().enumerate() {
            if c.is_alphanumeric() {
                squeezed.text.push(c);
                squeezed.of_byte.resize(squeezed.text.len(), squeezed.chars.len() as u32);
                squeezed.chars.push(c);
                squeezed.at.push(at as u32);
                squeezed.gaps.push(std::mem::take(&mut gap));
            } else {
                gap.0 |= Gap::of(c);
            }
        }
        squeezed.of_byte.push(squeezed.chars.len() as u32);
        squeezed
    }

    /// Of the normal text.
    fn place(&self, range: Range<usize>) -> Range<usize> {
        self.at[range.start] as usize..self.at[range.end - 1] as usize + 1
    }
}

/// Scripts that put spaces between words; in others words stand side by side.
pub fn is_spaced(c: char) -> bool {
    c.is_alphabetic() && (c < '\u{e00}' || ('\u{10a0}'..'\u{1100}').contains(&c) || ('\u{1e00}'..'\u{2000}').contains(&c))
}

struct Word {
    /// Which of the list.
    no: usize,
    /// Bit n: the list has a space before character n.
    spaces: u64,
}

/// Words, ready to be found.
#[derive(Default)]
pub struct Finder {
    automaton: Option<AhoCorasick>,
    words: Vec<Word>,
}

impl Finder {
    /// Words that say nothing are left out; of spellings that differ in blanks only the first is found, in either way.
    pub fn new<'a>(list: impl Iterator<Item = &'a str>) -> Finder {
        Finder::made(list, false)
    }

    /// The same, but equal words are found each.
    pub fn with_equals<'a>(list: impl Iterator<Item = &'a str>) -> Finder {
        Finder::made(list, true)
    }

    fn made<'a>(list: impl Iterator<Item = &'a str>, equals: bool) -> Finder {
        let (mut words, mut texts, mut known): (Vec<Word>, Vec<String>, HashMap<String, usize>) = Default::default();
        for (no, word) in list.enumerate() {
            let squeezed = Squeezed::new(&Normal::new(word));
            let spaced = squeezed.gaps.iter().enumerate().take(SPACES_MAX).filter(|(_, gap)| gap.has(Gap::SPACE));
            let spaces = spaced.fold(0, |bits, (at, _)| bits | 1 << at);
            match known.get(&squeezed.text).filter(|_| !equals) {
                _ if squeezed.text.is_empty() => {}
                Some(first) => words[*first].spaces |= spaces,
                None => {
                    known.insert(squeezed.text.clone(), words.len());
                    words.push(Word { no, spaces });
                    texts.push(squeezed.text);
                }
            }
        }
        // One kind for all sizes: what it costs is known.
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).kind(kind).build(&texts).ok();
        Finder { automaton: automaton.filter(|_| !words.is_empty()), words }
    }

    /// Calls with the number of each word that stands in the text and where it stands in the normal text, until it says stop.
    pub fn find(&self, text: &Squeezed, mut found: impl FnMut(usize, Range<usize>) -> bool) {
        let Some(automaton) = &self.automaton else { return };
        for hit in automaton.find_overlapping_iter(&text.text) {
            let range = text.of_byte[hit.start()] as usize..text.of_byte[hit.end()] as usize;
            let word = &self.words[hit.pattern().as_usize()];
            if stands(text, &range, word.spaces) && !found(word.no, text.place(range)) {
                return;
            }
        }
    }
}

/// Whether the characters there are one word.
fn stands(text: &Squeezed, range: &Range<usize>, spaces: u64) -> bool {
    let joins = |at: usize| {
        at > 0 && text.gaps.get(at).is_some_and(|gap| gap.is_none()) && {
            let (before, after) = (text.chars[at - 1], text.chars[at]);
            (is_spaced(before) && is_spaced(after)) || (before.is_ascii_digit() && after.is_ascii_digit())
        }
    };
    if joins(range.start) || (range.end < text.chars.len() && joins(range.end)) {
        return false;
    }
    let (mut pairs, mut parted, mut spaced) = (0, 0, 0);
    for (no, at) in (range.start + 1..range.end).enumerate() {
        let gap = text.gaps[at];
        let listed = no + 1 < SPACES_MAX && spaces & 1 << (no + 1) != 0;
        let letters = is_spaced(text.chars[at]) && is_spaced(text.chars[at - 1]);
        pairs += usize::from(letters && !listed);
        if gap.is_none() {
            continue;
        }
        let apart = if letters { gap.has(Gap::SPACE) && gap.has(Gap::COMMA | Gap::END) } else { gap.has(Gap::END) };
        if apart || (!letters && gap.has(Gap::COMMA) && range.len() == 2) {
            return false;
        }
        if letters && !listed {
            parted += 1;
            spaced += usize::from(gap.has(Gap::SPACE));
        }
    }
    // Spelled out letter by letter, or with signs in it.
    spaced == 0 || (parted == pairs && range.len() > 2)
}

/// The banned words of a shop as one automaton, shared between shops whose lists are equal.
#[derive(Default)]
pub struct Words {
    list: Vec<String>,
    finder: Finder,
}

impl Words {
    /// `list`: as the shop wrote it, one word a line. What [`super::check::words`] finds fault with is passed over.
    pub fn new(list: &[String]) -> Words {
        let list: Vec<String> = list.iter().map(|word| word.trim().to_owned()).collect();
        Words { finder: Finder::new(list.iter().map(String::as_str)), list }
    }

    /// The words of the list that stand in a text, as listed.
    pub(super) fn find<'a>(&'a self, text: &Squeezed, mut found: impl FnMut(&'a str, Range<usize>) -> bool) {
        self.finder.find(text, |no, range| found(&self.list[no], range));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &[&str], text: &str) -> Vec<String> {
        let list: Vec<String> = list.iter().map(|word| (*word).to_owned()).collect();
        let words = Words::new(&list);
        let mut all = Vec::new();
        words.find(&Squeezed::new(&Normal::new(text)), |word, _| {
            all.push(word.to_owned());
            true
        });
        all
    }

    // SPEC: GRD-2
    #[test]
    fn words_are_seen_through_what_hides_them() {
        for text in
            ["fuck", "FUCK!", "f u c k", "f.u.c.k", "f*u*c*k", "fu*ck", "ｆｕｃｋ", "f\u{200b}uck", "fuсk", "你fuck你", "9fuck9", "🅵🆄🅲🅺"]
        {
            assert_eq!(found(&["fuck"], text), ["fuck"], "{text}");
        }
        for text in ["傻逼", "傻 逼", "傻*逼", "傻😀逼", "傻.逼", "傻\u{200b}逼", "你真是傻-逼啊"] {
            assert_eq!(found(&["傻逼"], text), ["傻逼"], "{text}");
        }
        for text in ["wei xin", "weixin", "WeiXin", "wei-xin", "w e i x i n"] {
            assert_eq!(found(&["wei xin"], text), ["wei xin"], "{text}");
        }
        assert_eq!(found(&["V信"], "加 v 信 吧"), ["V信"]);
    }

    // SPEC: GRD-2
    #[test]
    fn words_kept_apart_do_not_melt() {
        for text in ["this hit", "push it", "push-it", "wash it", "I'm as sure", "class", "s hit", "this. Hit"] {
            assert_eq!(found(&["shit", "ass", "fuck"], text), [""; 0], "{text}");
        }
        for text in ["不傻。逼真", "傻\n逼", "傻！逼", "很傻，逼真"] {
            assert_eq!(found(&["傻逼"], text), [""; 0], "{text}");
        }
        assert_eq!(found(&["520"], "一共 15200 元"), [""; 0]);
    }
}
