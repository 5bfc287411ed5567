//! Addresses of web and mail (GRD-3), also with blanks in them, with `点com`, `dot com`, `(at)`.
//!
//! One walk from left to right. It must never take the end of one sentence and the beginning of the next for an address.

use super::normal::Normal;
use std::ops::Range;

/// Ends of addresses that are no words: they count however the dot is written.
const STRONG: [&str; 12] = ["com", "cn", "net", "org", "cc", "vip", "xyz", "top", "io", "co", "shop", "hk"];
/// Ends that count where nothing stands between.
const WIDE: [&str; 51] = [
    "tw", "jp", "ru", "uk", "de", "fr", "store", "site", "info", "biz", "link", "club", "online", "live", "tv", "wang", "ink", "pub",
    "mobi", "asia", "tech", "cloud", "fun", "icu", "win", "work", "ly", "gl", "gd", "eu", "au", "kr", "sg", "th", "vn", "ph", "br", "nl",
    "pl", "mx", "app", "space", "website", "buzz", "gg", "im", "dev", "chat", "tk", "ai", "ee",
];
/// Ends that are words: a path must follow.
const WORDY: [&str; 18] = ["in", "me", "it", "us", "to", "so", "be", "am", "at", "is", "id", "la", "es", "my", "ca", "no", "ltd", "page"];
/// Where people have their mail: after `#` or a plain `at`.
const MAILS: [&str; 17] = [
    "qq",
    "163",
    "126",
    "gmail",
    "outlook",
    "hotmail",
    "foxmail",
    "yahoo",
    "sina",
    "icloud",
    "139",
    "189",
    "aliyun",
    "sohu",
    "yeah",
    "protonmail",
    "live",
];
/// Characters of a mail's name, and of a part of an address.
const NAME_MAX: usize = 64;

/// What was found in a text.
#[derive(Default)]
pub struct Addresses {
    pub web: Vec<Range<usize>>,
    pub mail: Vec<Range<usize>>,
    /// Addresses that may be sent.
    pub allowed: Vec<Range<usize>>,
}

/// How the dot between two parts is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dot {
    Tight,
    /// A blank behind it, as at the end of a sentence.
    Sentence,
    /// Blanks around it.
    Spaced,
    /// `点`, `dot`, `[.]`.
    Spelled,
}

struct Host {
    at: Range<usize>,
    parts: Vec<Range<usize>>,
    dots: Vec<Dot>,
}

/// All addresses of a text.
pub fn addresses(normal: &Normal, hosts: &[&str]) -> Addresses {
    let walk = Walk { normal, hosts };
    let mut found = Addresses::default();
    let mut at = 0;
    while at < normal.chars.len() {
        at = walk.step(at, &mut found).max(at + 1);
    }
    found
}

fn part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

struct Walk<'a> {
    normal: &'a Normal,
    hosts: &'a [&'a str],
}

impl Walk<'_> {
    /// Looks at what begins here; where to go on.
    fn step(&self, at: usize, found: &mut Addresses) -> usize {
        let normal = self.normal;
        let c = normal.chars[at];
        if let Some(behind) = self.scheme(at) {
            return self.url(at, behind, found);
        }
        let begins = !normal.before(at).is_some_and(part);
        if !part(c) {
            // `淘宝.com`: the name before the dot is no Latin one.
            let named = normal.before(at).is_some_and(|c| c.is_alphabetic() && !part(c));
            let (true, Some((next, _))) = (named, self.dot(at)) else { return at + 1 };
            let end = self.end_of_part(next);
            let strong = STRONG.contains(&self.text(next..end).as_str());
            if strong {
                found.web.push(at - 1..end);
            }
            return if strong { end } else { at + 1 };
        }
        if !begins {
            return at + 1;
        }
        let host = self.parts(at);
        let end = host.parts.last().map_or(at, |last| last.end);
        match self.known(host) {
            Some(host) => self.add(host, found),
            None => end,
        }
    }

    fn add(&self, host: Host, found: &mut Addresses) -> usize {
        let end = self.end_of_path(host.at.end);
        if let Some(name) = self.mail_name(&host) {
            found.mail.push(name..host.at.end);
            return host.at.end;
        }
        if self.normal.get(host.at.end) == Some('@') {
            return host.at.end;
        }
        let tight = host.dots.iter().all(|dot| *dot == Dot::Tight);
        let list = if tight && self.is_allowed(host.at.clone()) { &mut found.allowed } else { &mut found.web };
        list.push(host.at.start..end);
        end
    }

    fn text(&self, range: Range<usize>) -> String {
        self.normal.chars[range].iter().collect()
    }

    fn end_of_part(&self, at: usize) -> usize {
        at + self.normal.chars[at..].iter().take_while(|c| part(**c)).count()
    }

    fn blanks(&self, at: usize) -> usize {
        (0..2).take_while(|i| self.normal.get(at + i) == Some(' ')).count()
    }

    /// The dot that begins here, blanks before it included: where the next part begins.
    fn dot(&self, at: usize) -> Option<(usize, Dot)> {
        const SPELLED: [&str; 14] = ["点", "點", "dot", "(dot)", "[dot]", "{dot}", "(.)", "[.]", "{.}", "【.】", "(点)", "[点]", "·", "•"];
        let before = self.blanks(at);
        let from = at + before;
        let (sign, spelled) = match self.normal.get(from)? {
            '.' | '。' | '｡' => (1, false),
            _ => (SPELLED.iter().find(|word| self.normal.is_at(from, word))?.chars().count(), true),
        };
        let word = self.normal.get(from) == Some('d');
        let after = self.blanks(from + sign);
        let next = from + sign + after;
        if !part(self.normal.get(next)?) || (word && (before == 0 || after == 0)) {
            return None;
        }
        let ideographic = self.normal.get(from) != Some('.');
        Some((
            next,
            match (before, after) {
                _ if spelled => Dot::Spelled,
                (0, 0) if ideographic => Dot::Spaced,
                (0, 0) => Dot::Tight,
                (0, _) => Dot::Sentence,
                _ => Dot::Spaced,
            },
        ))
    }

    /// Parts with dots between them.
    fn parts(&self, at: usize) -> Host {
        let mut end = self.end_of_part(at);
        let mut host = Host { at: at..end, parts: Vec::new(), dots: Vec::new() };
        host.parts.push(at..end);
        while let Some((next, dot)) = self.dot(end) {
            let next_end = self.end_of_part(next);
            let text = if next_end - next <= 6 { self.text(next..next_end) } else { String::new() };
            // What could be another sentence is not gone on with, unless the address ends there.
            if dot == Dot::Sentence && !matches!(text.as_str(), "com" | "cn") {
                break;
            }
            host.parts.push(next..next_end);
            host.dots.push(dot);
            end = next_end;
        }
        host
    }

    /// The host up to its last known end.
    fn known(&self, mut host: Host) -> Option<Host> {
        let mailed = self.normal.before(host.at.start) == Some('@') && host.at.start > 1 && part(self.normal.chars[host.at.start - 2]);
        let www = host.parts.len() >= 2 && matches!(self.text(host.parts[0].clone()).as_str(), "www" | "wwww");
        while let Some(last) = host.parts.pop() {
            let dot = host.dots.pop()?;
            let end = if last.len() <= 10 { self.text(last.clone()) } else { String::new() };
            let path = self.normal.get(last.end) == Some('/') && self.normal.get(last.end + 1).is_some_and(part);
            let strong = STRONG.contains(&end.as_str());
            // A library, not a place.
            let library =
                end == "net" && matches!(host.parts.last(), Some(name) if matches!(self.text(name.clone()).as_str(), "asp" | "ado" | "vb"));
            let known = !library
                && match dot {
                    Dot::Tight => {
                        strong
                            || WIDE.contains(&end.as_str())
                            || (WORDY.contains(&end.as_str()) && (path || www || self.is_allowed_name(&host)))
                    }
                    Dot::Sentence => matches!(end.as_str(), "com" | "cn"),
                    Dot::Spaced | Dot::Spelled => strong,
                };
            let any = dot == Dot::Tight && end.len() >= 2 && end.chars().all(|c| c.is_ascii_alphabetic());
            if known || (any && (mailed || www)) {
                host.at.end = last.end;
                host.parts.push(last);
                host.dots.push(dot);
                return Some(host);
            }
        }
        None
    }

    /// `in` and `me` end an address that the shop allows.
    fn is_allowed_name(&self, host: &Host) -> bool {
        let Some(last) = host.parts.last() else { return false };
        self.hosts
            .iter()
            .any(|allowed| allowed.split('.').next().is_some_and(|first| first.len() == last.len() && self.normal.is_at(last.start, first)))
    }

    /// `http://`, also with blanks or an `x` in it: where the host begins.
    fn scheme(&self, at: usize) -> Option<usize> {
        if !matches!(self.normal.chars[at], 'h' | 'f') || self.normal.before(at).is_some_and(|c| c.is_ascii_alphabetic()) {
            return None;
        }
        let word = ["https", "http", "hxxps", "hxxp", "ftp"].into_iter().find(|word| self.normal.is_at(at, word))?;
        let colon = at + word.len() + self.blanks(at + word.len());
        let slashes = colon + 1 + self.blanks(colon + 1);
        (self.normal.get(colon) == Some(':') && self.normal.is_at(slashes, "//")).then_some(slashes + 2)
    }

    /// A whole address with its scheme.
    fn url(&self, at: usize, from: usize, found: &mut Addresses) -> usize {
        let from = from + self.blanks(from);
        let authority =
            self.normal.chars[from..].iter().take_while(|c| c.is_ascii_graphic() && !matches!(c, '/' | '?' | '#' | '\\')).count();
        let user = self.normal.chars[from..from + authority].iter().rposition(|c| *c == '@').map_or(0, |at| at + 1);
        let host = from + user;
        let length = self.normal.chars[host..from + authority].iter().take_while(|c| part(**c) || **c == '.').count();
        // Behind the host come a port, or the end of a sentence; anything else may lead elsewhere.
        let rest = &self.normal.chars[host + length..from + authority];
        let (port, stop) = (rest.first() == Some(&':'), |c: &char| matches!(c, ',' | ';' | ':' | '!' | '?' | ')' | '"' | '\''));
        let other = !(rest.iter().all(stop) || port && rest[1..].iter().all(char::is_ascii_digit));
        let next = (self.normal.get(from + authority), self.normal.get(from + authority + 1));
        let goes_on = matches!(next, (Some('。' | '．' | '｡'), Some(c)) if c.is_ascii_alphanumeric());
        let foreign = other || goes_on || rest.is_empty() && next.0.is_some_and(char::is_alphabetic);
        let end = self.end_of_path(from + authority);
        let list = if user == 0 && !foreign && self.is_allowed(host..host + length) { &mut found.allowed } else { &mut found.web };
        list.push(at..end.max(from));
        end.max(from)
    }

    fn end_of_path(&self, at: usize) -> usize {
        if !matches!(self.normal.get(at), Some('/' | ':' | '?' | '#' | '\\')) {
            return at;
        }
        let mut end = at + self.normal.chars[at..].iter().take_while(|c| c.is_ascii_graphic()).count();
        while end > at && matches!(self.normal.before(end), Some('.' | ',' | ')' | ':' | '!' | '?' | ';' | '"' | '\'')) {
            end -= 1;
        }
        end
    }

    /// Nothing but what it looks like, and on the list.
    fn is_allowed(&self, at: Range<usize>) -> bool {
        let host = self.text(at.clone());
        let host = host.trim_end_matches('.');
        let listed = |allowed: &str| host.strip_suffix(allowed).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        self.normal.is_plain(at) && self.hosts.iter().any(|allowed| !allowed.is_empty() && listed(allowed))
    }

    /// Where the name of a mail address begins whose host this is.
    fn mail_name(&self, host: &Host) -> Option<usize> {
        const AT: [&str; 16] =
            ["@", "(at)", "[at]", "{at}", "【at】", "<at>", "(a)", "(@)", "[@]", "【@】", "艾特", "爱特", "#", "at", "*at*", "圈a"];
        let provider = MAILS.contains(&self.text(host.parts[0].clone()).as_str());
        let mut end = host.at.start;
        end -= usize::from(self.normal.before(end) == Some(' '));
        let sign = AT.iter().find(|sign| {
            let length = sign.chars().count();
            let from = end.checked_sub(length);
            from.is_some_and(|from| self.normal.is_at(from, sign) && (**sign != "at" || self.normal.before(from) == Some(' ')))
        })?;
        let spelled = host.dots.contains(&Dot::Spelled);
        if matches!(*sign, "#" | "at") && !provider && !(*sign == "at" && spelled) {
            return None;
        }
        let mut name = end - sign.chars().count();
        name -= usize::from(self.normal.before(name) == Some(' '));
        let letters = self.normal.chars[..name].iter().rev().take(NAME_MAX).take_while(|c| part(**c) || matches!(c, '.' | '+')).count();
        (letters > 0).then_some(name - letters)
    }
}
