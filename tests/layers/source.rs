//! One source file as the layer rules see it: without comments, without what stands in quotes, without its tests.

/// The text with comments and literals blanked out; line numbers are those of the file.
pub struct Source {
    text: String,
    /// Lines before the tests.
    pub lines: usize,
}

impl Source {
    /// Reads a file's text. Everything from a `#[cfg(test)]` that opens a module with a body is left out: tests stand last.
    pub fn of(text: &str) -> Source {
        let mut text = blanked(text);
        let tests = text.match_indices("#[cfg(test)]").map(|(at, _)| at).find(|at| {
            let after = text[at + "#[cfg(test)]".len()..].trim_start();
            after.starts_with("mod ") && after.find('{') < after.find(';').or(Some(usize::MAX))
        });
        text.truncate(tests.unwrap_or(text.len()));
        Source { lines: text.lines().count(), text }
    }

    /// The numbers of the lines on which `word` stands as a word of its own.
    pub fn lines_with<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.places(word).map(|at| self.line(at))
    }

    fn places<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        self.text.match_indices(word).map(|(at, _)| at).filter(move |at| {
            let (before, after) = (self.text[..*at].chars().next_back(), self.text[at + word.len()..].chars().next());
            let begins = !letter(word.chars().next()) || !letter(before);
            let ends = !letter(word.chars().next_back()) || !letter(after);
            begins && ends
        })
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// What this file takes from the crate's root: (line, first name after it), through `crate::`, `fenliu::` and `super::`.
    pub fn crate_imports(&self, path: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for prefix in ["crate::", "fenliu::"] {
            for at in self.places(prefix) {
                let names = first_names(&self.text[at + prefix.len()..]);
                found.extend(names.into_iter().map(|name| (self.line(at), name)));
            }
        }
        let parts = path.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").count();
        for at in self.places("super::") {
            if self.text[..at].ends_with("super::") {
                continue;
            }
            let rest = self.text[at..].trim_start_matches("super::");
            let steps = (self.text.len() - at - rest.len()) / "super::".len();
            if steps >= parts {
                found.extend(first_names(rest).into_iter().map(|name| (self.line(at), name)));
            }
        }
        found
    }

    /// Every function with a body: name, line, number of lines.
    pub fn functions(&self) -> Vec<(String, usize, usize)> {
        let mut functions = Vec::new();
        for at in self.places("fn ") {
            let rest = &self.text[at..];
            let name: String = rest[3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // A `;` inside brackets is the length of an array, not the end of a declaration.
            let mut depth = 0usize;
            let opens = rest.char_indices().find(|(_, c)| {
                match c {
                    '(' | '[' => depth += 1,
                    ')' | ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && matches!(c, '{' | ';')
            });
            if let Some((open, '{')) = opens
                && let Some(close) = closing(&rest[open..])
                && !name.is_empty()
            {
                functions.push((name, self.line(at), rest[..open + close].matches('\n').count() + 1));
            }
        }
        functions
    }
}

/// Where the brace that opens `text` is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// The first name of a path, or of each path in a group.
fn first_names(text: &str) -> Vec<String> {
    let name = |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    if !text.starts_with('{') {
        return vec![name(text)];
    }
    let group = &text[1..closing(text).unwrap_or(text.len())];
    let mut depth = 0usize;
    let branches = group.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    branches.map(name).filter(|name| !name.is_empty()).collect()
}

/// Replaces comments and the insides of literals by blanks; line breaks stay.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = out.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment_length(rest),
            '"' => quoted_length(rest),
            'r' if !after_word => raw_length(rest),
            'b' if !after_word && rest.starts_with("br") => match raw_length(&rest[1..]) {
                0 => 0,
                raw => raw + 1,
            },
            '\'' => letter_length(rest),
            _ => 0,
        };
        let taken = if length == 0 { first.len_utf8() } else { length };
        if length == 0 {
            out.push(first);
        } else {
            out.extend(rest[..taken].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = &rest[taken..];
    }
    out
}

fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"` or `r#"…"#` at the start of `text`; 0 if there is none.
fn raw_length(text: &str) -> usize {
    let hashes = text[1..].chars().take_while(|c| *c == '#').count();
    if !text[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let body = 2 + hashes;
    text[body..].find(&end).map_or(text.len(), |at| body + at + end.len())
}

/// The length of a character literal at the start of `text`; 0 for a lifetime.
fn letter_length(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(0, |at| 3 + at + 1),
        Some(_) => letters.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}
