//! Precision and recall by kind, and the cases that failed.

use crate::found;
use fenliu::domain::guard::Guard;
use std::collections::{BTreeMap, BTreeSet};

/// The bounds of the project's brief.
const RECALL_MIN: f64 = 0.97;
const FALSE_MAX: f64 = 0.005;
const SHOWN_MAX: usize = 40;

/// A sentence, and whether it holds a contact.
pub struct Case {
    pub contact: bool,
    /// How the contact is hidden, or what is honest about it.
    pub kind: String,
    pub text: String,
}

/// What came of a set.
pub struct Tally {
    name: String,
    /// By contact and kind: how many, and how many were refused.
    kinds: BTreeMap<(bool, String), (u64, u64)>,
    missed: BTreeSet<String>,
    wrong: BTreeSet<String>,
}

impl Tally {
    pub fn of(name: &str, guard: &Guard, cases: impl Iterator<Item = Case>) -> Tally {
        let mut tally = Tally { name: name.to_owned(), kinds: BTreeMap::new(), missed: BTreeSet::new(), wrong: BTreeSet::new() };
        for case in cases {
            let findings = found(guard, &case.text);
            let count = tally.kinds.entry((case.contact, case.kind.clone())).or_default();
            count.0 += 1;
            count.1 += u64::from(!findings.is_empty());
            let text = case.text.replace('\n', "\\n");
            match (case.contact, findings.first()) {
                (true, None) => drop(tally.missed.insert(format!("{}: {text}", case.kind))),
                (false, Some(finding)) => drop(tally.wrong.insert(format!("{}: {text}  <- {finding}", case.kind))),
                _ => {}
            }
        }
        tally
    }

    fn sum(&self, contact: bool) -> (u64, u64) {
        let of = self.kinds.iter().filter(|((kind, _), _)| *kind == contact);
        of.fold((0, 0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1))
    }

    /// Whether it keeps within the bounds.
    pub fn print(&self, bound: bool) -> bool {
        let ((contacts, refused), (honest, wrong)) = (self.sum(true), self.sum(false));
        let share = |part: u64, whole: u64| if whole == 0 { f64::NAN } else { part as f64 / whole as f64 };
        println!("\n== {} ==", self.name);
        for ((contact, kind), (count, refused)) in &self.kinds {
            let what = if *contact { "contact" } else { "honest " };
            println!("  {what} {kind:<28} {count:>6}  refused {refused:>6}  {:>7.3} %", 100.0 * share(*refused, *count));
        }
        let (recall, falsely) = (share(refused, contacts), share(wrong, honest));
        if contacts > 0 {
            println!("  contacts {contacts}, recall {recall:.4}, precision {:.4}", share(refused, refused + wrong));
        }
        if honest > 0 {
            println!("  honest {honest}, false refusals {:.3} %", 100.0 * falsely);
        }
        for (what, cases) in [("missed", &self.missed), ("falsely refused", &self.wrong)] {
            if !cases.is_empty() {
                println!("  {what}, {} distinct:", cases.len());
                cases.iter().take(SHOWN_MAX).for_each(|case| println!("    {case}"));
            }
        }
        // In a set of a few sentences one is more than the bound.
        let fine = (contacts == 0 || recall >= RECALL_MIN) && wrong as f64 <= (FALSE_MAX * honest as f64).max(1.0);
        if bound && !fine {
            println!("  OUT OF BOUNDS: recall at least {RECALL_MIN}, false refusals at most {} %", 100.0 * FALSE_MAX);
        }
        fine
    }
}
