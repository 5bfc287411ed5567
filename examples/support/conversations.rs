//! Reader of recorded conversations: one JSON object a line, plain or gzip, one file or a folder of them.
//!
//! `{"id", "shop", "lang", "turns": [{"from": "buyer"|"agent", "text"}]}`; other fields are tolerated. It streams: one line of each
//! file is in memory, never a file. Files are read in turn, one conversation of each, so that a limit leaves none out.
//! Anything malformed is named by file and line.

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Bytes of a line; a longer one is malformed.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Characters of a message the server takes; a conversation with a longer one is malformed.
const TEXT_CHARS_MAX: usize = 4_000;

/// One recorded conversation.
#[derive(Clone, Debug, Deserialize)]
pub struct Conversation {
    pub id: String,
    /// Whose customers wrote: a shop of the replay.
    pub shop: String,
    #[serde(default)]
    pub lang: String,
    pub turns: Vec<Turn>,
}

/// One message of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Turn {
    pub from: Speaker,
    pub text: String,
    /// What it says, where somebody labelled it: act, domain, slot.
    #[serde(default)]
    pub acts: Vec<Vec<String>>,
}

/// Which side speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Buyer,
    Agent,
}

/// What cannot be read, and where.
#[derive(Debug)]
pub struct Malformed {
    pub file: String,
    /// From 1; 0: the file as a whole.
    pub line: u64,
    pub problem: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.problem),
            line => write!(f, "{}:{line}: {}", self.file, self.problem),
        }
    }
}

impl std::error::Error for Malformed {}

struct Source {
    file: String,
    line: u64,
    input: Box<dyn BufRead>,
}

/// The conversations of all sources.
pub struct Conversations {
    sources: VecDeque<Source>,
    left: usize,
}

impl Conversations {
    /// Opens files and folders (their `.jsonl` and `.jsonl.gz` files). `limit`: at most so many conversations.
    pub fn open(paths: &[PathBuf], limit: Option<usize>) -> Result<Conversations, Malformed> {
        let mut sources = VecDeque::new();
        for path in paths {
            if path.is_dir() {
                let files = files_of(path).map_err(|e| whole(path, e))?;
                if files.is_empty() {
                    return Err(whole(path, "no .jsonl or .jsonl.gz file in this folder"));
                }
                for file in files {
                    sources.push_back(open_file(&file).map_err(|e| whole(&file, e))?);
                }
            } else {
                sources.push_back(open_file(path).map_err(|e| whole(path, e))?);
            }
        }
        Ok(Conversations { sources, left: limit.unwrap_or(usize::MAX) })
    }

    /// Reads texts that are part of the program: (name, content).
    pub fn embedded(texts: &[(&str, &'static str)], limit: Option<usize>) -> Conversations {
        let source = |(name, text): &(&str, &'static str)| Source { file: (*name).to_owned(), line: 0, input: Box::new(text.as_bytes()) };
        Conversations { sources: texts.iter().map(source).collect(), left: limit.unwrap_or(usize::MAX) }
    }
}

impl Iterator for Conversations {
    type Item = Result<Conversation, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.left > 0 {
            let mut source = self.sources.pop_front()?;
            match source.next() {
                Ok(Some(conversation)) => {
                    self.left -= 1;
                    self.sources.push_back(source);
                    return Some(Ok(conversation));
                }
                Ok(None) => {}
                Err((problem, goes_on)) => {
                    let malformed = Malformed { file: source.file.clone(), line: source.line, problem };
                    if goes_on {
                        self.sources.push_back(source);
                    }
                    return Some(Err(malformed));
                }
            }
        }
        None
    }
}

impl Source {
    /// The next conversation. An error says whether the lines after it can still be read.
    fn next(&mut self) -> Result<Option<Conversation>, (String, bool)> {
        loop {
            let mut line = Vec::new();
            self.line += 1;
            let read = self.input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(|e| (e.to_string(), false))?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 == LINE_BYTES_MAX {
                return Err((format!("a line of more than {LINE_BYTES_MAX} bytes"), false));
            }
            let text = std::str::from_utf8(&line).map_err(|e| (format!("not UTF-8: {e}"), true))?;
            let text = text.trim_start_matches('\u{feff}').trim();
            if text.is_empty() {
                continue;
            }
            let conversation: Conversation = serde_json::from_str(text).map_err(|e| {
                // The line is the file's, which is named already.
                (e.to_string().replace(" at line 1 column ", " at column "), true)
            })?;
            if conversation.turns.is_empty() {
                return Err((format!("conversation `{}` has no turns", conversation.id), true));
            }
            for (i, turn) in conversation.turns.iter().enumerate() {
                let chars = turn.text.chars().count();
                if chars > TEXT_CHARS_MAX {
                    return Err((format!("turn {} has {chars} characters, the server takes {TEXT_CHARS_MAX}", i + 1), true));
                }
            }
            return Ok(Some(conversation));
        }
    }
}

fn whole(path: &Path, problem: impl fmt::Display) -> Malformed {
    Malformed { file: path.display().to_string(), line: 0, problem: problem.to_string() }
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && (name.ends_with(".jsonl") || name.ends_with(".jsonl.gz")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn open_file(path: &Path) -> io::Result<Source> {
    let mut input = BufReader::new(File::open(path)?);
    // By content, not by name: a renamed file is read all the same.
    let gzip = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let input: Box<dyn BufRead> = if gzip { Box::new(BufReader::new(MultiGzDecoder::new(input))) } else { Box::new(input) };
    Ok(Source { file: path.display().to_string(), line: 0, input })
}
