//! A real Prometheus scrapes the running server, and is asked everything that boards and alerts ask: each must have an answer with a
//! number in it. (SPEC: MET-5) Needs Debian's package `prometheus`; scripts/test installs it.

#[path = "../examples/support/boards.rs"]
mod boards;
#[path = "../examples/support/prometheus.rs"]
#[allow(dead_code, reason = "pictures ask for more")]
mod server;
#[allow(unused_imports, reason = "every test uses its own part")]
mod support;
#[path = "prometheus/traffic.rs"]
mod traffic;

use server::Prometheus;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{House, until};
use traffic::Traffic;

/// How long the last answer may take to come: a second for each scrape, a few of them for a rate.
const PATIENCE: Duration = Duration::from_secs(60);

/// One expression, where it stands, and whether its answer must hold a number.
struct Question {
    place: String,
    expression: String,
    number: bool,
}

/// Everything that boards ask.
fn of_boards() -> Vec<Question> {
    let mut all = Vec::new();
    for (file, board) in boards::boards() {
        for panel in boards::panels(&board) {
            for (expression, _) in boards::asked(panel, "1m", "1h") {
                all.push(Question { place: format!("{file}: {}", panel["title"]), number: true, expression });
            }
        }
    }
    all
}

/// Everything that alerts ask. An alert that does not fire is empty by nature; `bool` makes a comparison answer 0 or 1 instead.
fn of_alerts() -> Vec<Question> {
    let asked =
        |expression: String| [" > ", " < ", " >= ", " == "].iter().fold(expression, |all, sign| all.replace(sign, &format!("{sign}bool ")));
    let alerts = boards::alerts().into_iter();
    alerts.map(|(name, expression)| Question { place: format!("alert {name}"), number: false, expression: asked(expression) }).collect()
}

/// What is wrong with the answer; None: nothing.
async fn fault(prometheus: &Prometheus, question: &Question) -> Option<String> {
    match prometheus.now(&question.expression).await {
        Err(error) => Some(format!("{}: `{}` {error}", question.place, question.expression)),
        Ok(series) if series.is_empty() => Some(format!("{}: `{}` has no answer", question.place, question.expression)),
        Ok(series) if question.number && !series.iter().any(|(_, points)| points.iter().any(|(_, value)| value.is_finite())) => {
            Some(format!("{}: `{}` answers without a number", question.place, question.expression))
        }
        Ok(_) => None,
    }
}

/// When Prometheus last scraped the server, in seconds; 0: never.
async fn scraped(prometheus: &Prometheus) -> f64 {
    let series = prometheus.now("timestamp(up)").await.unwrap_or_default();
    series.iter().flat_map(|(_, points)| points).map(|(_, at)| *at).fold(0.0, f64::max)
}

/// Asks while traffic goes on, until all are answered; the faults that are left when patience ends, or when only `expected` are.
async fn ask(prometheus: &Prometheus, traffic: &mut Traffic, questions: Vec<Question>, expected: usize) -> Vec<String> {
    let begun = Instant::now();
    let mut left = questions;
    loop {
        traffic.round().await;
        let (mut faulty, mut faults) = (Vec::new(), Vec::new());
        for question in left {
            if let Some(fault) = fault(prometheus, &question).await {
                faults.push(fault);
                faulty.push(question);
            }
        }
        if faults.len() <= expected || begun.elapsed() > PATIENCE {
            return faults;
        }
        left = faulty;
        let before = scraped(prometheus).await;
        until("another scrape", || async { (scraped(prometheus).await > before).then_some(()) }).await;
    }
}

// SPEC: MET-1 MET-3 MET-5
#[actix_web::test]
async fn every_question_of_boards_and_alerts_has_an_answer() {
    let house = House::open_with(|config| config.metrics.shops = vec!["tea".into(), "not-there".into()]).await;
    let mut traffic = Traffic::begin(&house).await;
    let prometheus = Prometheus::start(&house.address(), &house.key(), &boards::folder().join("alerts.yml")).await;
    // The negative control: what does not exist, and what is no expression, are found while all else is answered.
    let planted = ["rate(fenliu_no_such_total[1m])", "fenliu_writable{job=\"other\"}", "rate(fenliu_writable"];
    let planted = planted.map(|expression| Question { place: "planted".into(), expression: expression.into(), number: true });
    let questions: Vec<_> = of_boards().into_iter().chain(of_alerts()).chain(planted).collect();
    assert!(questions.len() > 120, "only {} questions were found", questions.len());
    let faults = ask(&prometheus, &mut traffic, questions, 3).await;
    assert!(faults.len() == 3 && faults.iter().all(|fault| fault.starts_with("planted: ")), "{}", faults.join("\n"));
    assert_eq!(prometheus.target().await, Ok(("up".into(), String::new())));
    // Shops are shown by name only where an operator asked for it.
    let shown = prometheus.now("count by (shop) ({shop!=\"\"})").await.unwrap();
    assert_eq!(shown.iter().map(|(labels, _)| labels["shop"].as_str().unwrap()).collect::<Vec<_>>(), ["tea"]);
    let text = house.get("/metrics", &house.key()).await.ok().as_str().unwrap().to_owned();
    // Shops are shown to such a key only.
    assert!(text.contains("shop=\"tea\""));
    assert!(!house.get("/metrics", "").await.ok().as_str().unwrap().contains("shop=\""));
    house.stop().await;
    assert_eq!(promtool(&["check", "metrics"], &text), "", "the lint of what /metrics tells");
    assert!(!promtool(&["check", "metrics"], "# TYPE fenliu_wrong_total gauge\nfenliu_wrong_total 1\n").is_empty());
}

#[test]
fn promtool_takes_rules_and_settings_and_every_alert_fires_when_it_should() {
    let named = |name: &str| boards::folder().join(name).display().to_string();
    promtool(&["check", "rules", &named("alerts.yml")], "");
    promtool(&["check", "config", &named("prometheus.yml")], "");
    promtool(&["test", "rules", &named("alerts.test.yml")], "");
    let tests = std::fs::read_to_string(boards::folder().join("alerts.test.yml")).unwrap();
    for (alert, _) in boards::alerts() {
        for case in [format!("- name: {alert} fires\n"), format!("- name: {alert} does not\n")] {
            assert!(tests.contains(&case), "alerts.test.yml lacks {case}");
        }
    }
}

/// Runs promtool, which must be content unless it lints; what it says on standard error.
fn promtool(arguments: &[&str], input: &str) -> String {
    let mut command = Command::new("promtool");
    let piped = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = piped.spawn().expect("Debian's package prometheus is needed: `. scripts/env.sh && fenliu_install prometheus`");
    process.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    let output = process.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let lints = arguments.contains(&"metrics");
    assert!(lints || output.status.success(), "promtool {arguments:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
    said
}
