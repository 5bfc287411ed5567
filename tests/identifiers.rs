//! Every behaviour that is built is shown by a test that names its identifier, and no test names one that is not built.
//! An identifier joins `BUILT` with the change that builds it.

use std::collections::BTreeSet;
use std::path::Path;

/// What this release does, by the identifiers of its specification. Of ROB-1 and ROB-7 it is what an assistant outside needs: the robot is
/// not built.
const BUILT: [&str; 69] = [
    "ACC-1", "ACC-2", "DIV-1", "DIV-2", "DIV-3", "DIV-4", "DIV-5", "DIV-6", "DIV-7", "DIV-8", "DIV-9", "DIV-10", "DIV-11", "GRD-1",
    "GRD-2", "GRD-3", "GRD-4", "GRD-5", "GRD-6", "GRD-7", "GRD-8", "GRD-9", "INB-1", "INB-2", "INB-3", "INB-4", "INB-5", "INB-6", "INB-7",
    "INB-8", "INB-9", "INB-10", "INB-11", "INB-12", "INB-13", "INB-15", "MET-1", "MET-2", "MET-3", "MET-4", "MET-5", "NTF-1", "NTF-2",
    "NTF-3", "OFF-1", "OFF-2", "OFF-3", "OFF-4", "OFF-5", "OFF-6", "OFF-7", "OFF-8", "OPS-1", "OPS-2", "OPS-3", "OPS-4", "OPS-5", "ROB-1",
    "ROB-7", "SLA-1", "SLA-2", "SLA-3", "SLA-4", "TXT-1", "TXT-2", "TXT-3", "TXT-4", "TXT-5", "TXT-6",
];

/// The identifiers named after a `SPEC:` in one text.
fn cited(text: &str) -> BTreeSet<String> {
    let identifier = |word: &&str| {
        let Some((area, number)) = word.split_once('-') else { return false };
        area.len() == 3 && area.bytes().all(|b| b.is_ascii_uppercase()) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    };
    let after = text.lines().filter_map(|line| line.split_once("SPEC:")).map(|(_, after)| after);
    after.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')).filter(identifier).map(str::to_owned).collect()
}

fn read(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the project") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && path.file_name().is_some_and(|n| n != "identifiers.rs") {
            found.extend(cited(&std::fs::read_to_string(&path).expect("text")));
        }
    }
}

#[test]
fn what_is_built_is_shown_and_what_is_shown_is_built() {
    let mut found = BTreeSet::new();
    for folder in ["tests", "src", "benches"] {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    let built: BTreeSet<String> = BUILT.iter().map(|s| s.to_string()).collect();
    assert_eq!(found.symmetric_difference(&built).collect::<Vec<_>>(), Vec::<&String>::new(), "built and shown differ");
}

/// The test of the test: it sees an identifier that nobody built, and none where there is none.
#[test]
fn citations_are_found() {
    assert_eq!(cited("// SPEC: DIV-4, DIV-77 (a word)\n// ABC-1").into_iter().collect::<Vec<_>>(), ["DIV-4", "DIV-77"]);
    assert!(cited("// SPEC: nothing-1 AB-1 ABC-").is_empty());
}
