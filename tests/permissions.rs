//! Who may call what (ACC-1): every route, by every kind of caller, on its own, another's and nobody's things, against one server.
//!
//! The table is `permissions/routes.tsv`; a route without a line in it, or a line without a route, fails.

#[allow(unused_imports)]
#[path = "support/mod.rs"]
mod support;

#[path = "permissions/stage.rs"]
mod stage;
#[path = "permissions/table.rs"]
mod table;
#[path = "permissions/things.rs"]
mod things;

use futures_util::future::join_all;
use stage::Stage;
use std::collections::BTreeSet;
use std::time::Instant;
use table::{Cell, Line, Needs, judge, read};

const ROUTES: &str = include_str!("permissions/routes.tsv");
/// Fewer calls would mean that callers or lines were lost.
const CELLS_MIN: usize = 8_000;

async fn every_cell(stage: &Stage, table: &[Line]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (no, line) in table.iter().enumerate() {
        for object in stage.objects(line) {
            let calls = stage.callers.iter().map(|caller| stage.call(line, caller, object));
            let answers = join_all(calls).await.into_iter().enumerate();
            cells.extend(answers.map(|(caller, status)| Cell { line: no, caller, object, status }));
        }
    }
    cells
}

// SPEC: ACC-1
#[actix_web::test]
async fn every_route_answers_every_caller_as_the_table_says() {
    let begun = Instant::now();
    let (stage, table) = (Stage::set().await, read(ROUTES));
    let cells = every_cell(&stage, &table).await;
    let faults = judge(&table, &stage.callers, &cells);
    println!("{} cells: {} routes, {} callers, {:.1} s", cells.len(), table.len(), stage.callers.len(), begun.elapsed().as_secs_f32());
    let planned: usize = table.iter().map(|line| stage.objects(line).len() * stage.callers.len()).sum();
    assert!(cells.len() == planned && planned >= CELLS_MIN, "{} of {planned} cells, at least {CELLS_MIN}", cells.len());
    assert!(faults.is_empty(), "{} of {} cells:\n{}", faults.len(), cells.len(), faults.join("\n"));
    // Negative control: another expectation of any one line is noticed.
    for no in 0..table.len() {
        let mut planted = table.clone();
        planted[no].needs = if planted[no].needs == Needs::Open { Needs::Staff(Vec::new()) } else { Needs::Open };
        assert!(!judge(&planted, &stage.callers, &cells).is_empty(), "{:?}", table[no]);
    }
}

// SPEC: ACC-1 OPS-5
#[actix_web::test]
async fn no_route_is_without_a_policy() {
    let house = support::House::open().await;
    let description = house.get("/openapi.json", "").await.ok();
    let paths = description["paths"].as_object().expect("paths").iter();
    let described = paths.flat_map(|(path, item)| item.as_object().expect("methods").keys().map(|method| (method.clone(), path.clone())));
    let described: BTreeSet<_> = described.collect();
    let written: BTreeSet<_> = read(ROUTES).iter().map(Line::operation).collect();
    assert_eq!(described.difference(&written).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "routes without a line");
    assert_eq!(written.difference(&described).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "lines without a route");
}
