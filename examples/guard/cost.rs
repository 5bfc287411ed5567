//! What a text costs, in instructions: the same program reads one text under a counter, so that other work on the machine does not
//! matter. Two questions: do 10,000 banned words cost more than 10, and does a text of 4,000 characters cost more than 20 of 200?

use crate::support::dice::Dice;
use crate::{everyday, hidden};
use fenliu::domain::guard::{Guard, Settings, Voice, Words};
use fenliu::domain::id::Millis;
use std::process::{Command, ExitCode};
use std::sync::Arc;

/// The bounds of the project's brief.
const WORDS_RATIO_MAX: f64 = 1.5;
const LENGTH_RATIO_MAX: f64 = 20.0;
/// How often a text is read between two counts.
const REPEATS: u32 = 20;

/// Texts that make much work: a pattern that is repeated.
const WORST: [(&str, &str); 16] = [
    ("digits", "1"),
    ("mobile", "13800138000 "),
    ("digits-apart", "1 3-8.0"),
    ("separators", "*"),
    ("blanks", " "),
    ("numerals", "一三八零"),
    ("w", "w"),
    ("at", "@"),
    ("a1", "a1"),
    ("dots", "a.com."),
    ("labels", "a.b.c "),
    ("urls", "http://"),
    ("wechat", "加微信v"),
    ("banned", "w00001 坏词1 "),
    ("letters-apart", "o 0 l "),
    ("override", "\u{202e}1\u{202c}3"),
];

fn list(words: usize) -> Vec<String> {
    let mut dice = Dice::new(7, 3);
    let character = |dice: &mut Dice| char::from_u32(0x4e00 + dice.below(3_000) as u32).expect("an ideograph");
    let word = |at: usize| match at % 2 {
        0 => format!("w{at:05}"),
        _ => (0..2 + at % 3).map(|_| character(&mut dice)).collect::<String>() + &at.to_string(),
    };
    (0..words).map(word).collect()
}

fn guard(words: usize) -> Guard {
    let words = Arc::new(Words::new(&list(words)));
    Guard::new(Settings::default(), words, Vec::new(), Vec::new(), Arc::default())
}

/// `words:<n>:<times>` or `worst:<name>:<characters>:<times>`: what is counted.
pub fn read(name: &str) -> ExitCode {
    let parts: Vec<&str> = name.split(':').collect();
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<usize>().ok()).unwrap_or(0);
    let (guard, texts, times): (Guard, Vec<String>, usize) = match parts.first() {
        Some(&"words") => {
            let texts = everyday::cases(1, 400).into_iter().chain(hidden::cases(1, 100)).map(|case| case.text).collect();
            (guard(number(1)), texts, number(2))
        }
        _ => {
            let pattern = WORST.iter().find(|(known, _)| parts.get(1) == Some(known)).map_or("?", |(_, pattern)| pattern);
            (guard(10), vec![pattern.chars().cycle().take(number(2)).collect()], number(3))
        }
    };
    let mut findings = 0;
    for _ in 0..times {
        for text in &texts {
            findings += guard.clear(text.clone(), Voice::Fixed, Millis(0)).err().map_or(0, |all| all.len());
        }
    }
    println!("{findings}");
    ExitCode::SUCCESS
}

fn count(name: &str) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let run = |counter: &str, args: &[&str]| Command::new(counter).args(args).arg(&program).args(["--read", name]).output();
    let valgrind = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];
    let output = match run("valgrind", &valgrind) {
        Ok(output) => output,
        Err(_) => run("perf", &["stat", "-x", ",", "-e", "instructions:u"]).map_err(|e| format!("neither valgrind nor perf: {e}"))?,
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let refs = said.lines().find_map(|line| {
        line.split_once("refs:").map(|(_, number)| number).or_else(|| line.split_once(",,instructions").map(|(number, _)| number))
    });
    let digits: String = refs.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    digits.parse().map_err(|_| format!("the counter said nothing of instructions: {said}"))
}

/// Instructions for one reading: what many cost beyond one, so that what is made once does not count.
fn each(name: &str) -> Result<f64, String> {
    let (one, many) = (count(&format!("{name}:1"))?, count(&format!("{name}:{}", REPEATS + 1))?);
    Ok(many.saturating_sub(one) as f64 / f64::from(REPEATS))
}

/// Prints all ratios, and says whether they keep within the bounds.
pub fn compare() -> ExitCode {
    match ratios() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("guard: {problem}");
            ExitCode::from(2)
        }
    }
}

fn ratios() -> Result<bool, String> {
    let (few, many) = (each("words:10")?, each("words:10000")?);
    println!(
        "500 messages: {few:.0} instructions with 10 words, {many:.0} with 10,000: ratio {:.3}, at most {WORDS_RATIO_MAX}",
        many / few
    );
    let mut fine = many / few <= WORDS_RATIO_MAX;
    for (name, _) in WORST {
        let (short, long) = (each(&format!("worst:{name}:200"))?, each(&format!("worst:{name}:4000"))?);
        println!(
            "{name:<14} {short:>10.0} for 200 characters, {long:>11.0} for 4,000: ratio {:.2}, at most {LENGTH_RATIO_MAX}",
            long / short
        );
        fine &= long / short <= LENGTH_RATIO_MAX;
    }
    Ok(fine)
}
