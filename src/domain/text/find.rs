//! Finding a text by a few letters of it or of its pinyin (TXT-1): `快递`, `kuaidi`, `kd` and `kuaid` all find 快递.
//!
//! Pure. A character with several readings is found by each. Punctuation and spaces are passed over.

use super::{Phrase, Template};
use pinyin::ToPinyinMulti;
use std::collections::BTreeMap;

/// What somebody typed.
pub struct Query(Vec<char>);

impl Query {
    pub fn new(typed: &str) -> Query {
        Query(typed.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
    }

    /// Whether it stands in `text`, letter by letter or by pinyin. Nothing typed finds everything.
    pub fn finds(&self, text: &str) -> bool {
        let ways: Vec<Vec<Vec<char>>> = text.chars().filter(|c| c.is_alphanumeric()).map(ways).collect();
        self.0.is_empty() || (0..ways.len()).any(|start| self.follows(&ways[start..]))
    }

    /// Whether it is typed by a way through the first of these characters.
    fn follows(&self, ways: &[Vec<Vec<char>>]) -> bool {
        // How much of it is typed so far, by each way.
        let mut typed = vec![0];
        for character in ways {
            let mut next = Vec::new();
            for (done, way) in typed.iter().flat_map(|done| character.iter().map(move |way| (*done, way))) {
                let left = &self.0[done..];
                if way.starts_with(left) {
                    return true;
                }
                if left.starts_with(way) && !next.contains(&(done + way.len())) {
                    next.push(done + way.len());
                }
            }
            if next.is_empty() {
                return false;
            }
            typed = next;
        }
        false
    }
}

/// How one character can be typed: as it is, by its pinyin, by the first letter of that.
fn ways(c: char) -> Vec<Vec<char>> {
    let mut ways = vec![c.to_lowercase().collect()];
    for reading in c.to_pinyin_multi().into_iter().flatten() {
        let whole: Vec<char> = reading.plain().chars().map(|c| if c == 'ü' { 'v' } else { c }).collect();
        for way in [whole[..1].to_vec(), whole] {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    ways
}

/// The phrases for `product` (None: for all products) that are found, by intent, then by number.
pub fn phrases<'a>(list: &'a BTreeMap<u32, Phrase>, query: &Query, product: Option<&str>) -> Vec<(u32, &'a Phrase)> {
    let bound = |phrase: &Phrase| match product {
        Some(product) => phrase.products.is_empty() || phrase.products.iter().any(|p| p == product),
        None => true,
    };
    let found = |phrase: &Phrase| bound(phrase) && (query.finds(&phrase.intent) || query.finds(&phrase.text));
    let mut found: Vec<(u32, &Phrase)> = list.iter().filter(|(_, phrase)| found(phrase)).map(|(no, phrase)| (*no, phrase)).collect();
    found.sort_by(|(_, a), (_, b)| a.intent.cmp(&b.intent));
    found
}

/// The templates that are found, by category, then by number.
pub fn templates<'a>(list: &'a BTreeMap<u32, Template>, query: &Query) -> Vec<(u32, &'a Template)> {
    let found = |t: &Template| [&t.category, &t.name, &t.text].into_iter().any(|text| query.finds(text));
    let mut found: Vec<(u32, &Template)> = list.iter().filter(|(_, template)| found(template)).map(|(no, t)| (*no, t)).collect();
    found.sort_by(|(_, a), (_, b)| a.category.cmp(&b.category));
    found
}
