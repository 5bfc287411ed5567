//! The settings of the desk, checked as a whole: every fault of a draft is listed, and nothing that is sensible is refused.

use fenliu::domain::desk::check::check;
use fenliu::domain::desk::time::{HealthRule, Pausing, TimeLimits};
use fenliu::domain::desk::{ArchiveRule, Desk, Fulfilment, Label, LabelNo, OwnRole, PriorityRule};
use fenliu::domain::diversion::condition::WeekWindow;
use fenliu::domain::facts::{OrderStatus, Priority};
use fenliu::domain::hours::{Holiday, Hours, Open};
use fenliu::domain::permission::{Permission, Permissions};
use fenliu::domain::schedule::Day;
use fenliu::limits;

fn label(no: u16, name: &str, colour: &str) -> Label {
    Label { no: LabelNo(no), name: name.into(), colour: colour.into() }
}

fn role(no: u16, name: &str) -> OwnRole {
    OwnRole { no, name: name.into(), permissions: Permissions::of(&[Permission::Serve]) }
}

fn rule(name: &str, keywords: &[&str]) -> PriorityRule {
    PriorityRule {
        name: name.into(),
        kinds: vec![],
        keywords: keywords.iter().map(|word| (*word).to_owned()).collect(),
        orders: vec![],
        tags: vec![],
        waited_min: None,
        priority: Priority::High,
    }
}

/// Everything is used, and fine.
fn full() -> Desk {
    let mut waiting = rule("waits", &[]);
    (waiting.waited_min, waiting.orders, waiting.tags) = (Some(30), vec![OrderStatus::Paid], vec!["复购".into()]);
    let mut notices = rule("disputes", &["纠纷"]);
    notices.kinds = vec!["dispute_warning".into()];
    Desk {
        labels: vec![label(1, "待跟进", "#d93026"), label(9, "follow up", "#00ff7a")],
        roles: vec![role(1, "夜班"), role(2, "Night agents")],
        priorities: vec![rule("refunds", &["退款", "refund"]), waiting, notices, rule("all others", &[])],
        archive: ArchiveRule { after_days: 3_650, confirm: true, mail: true, keep_days: None },
        fulfilment: Fulfilment { confirmed: Some("{订单号} {{谢谢}}".into()), shipped: Some("{tracking_no}".into()), logistics: None },
        draft_sync: false,
        time: TimeLimits {
            pausing: Pausing { first_response: true, ..Pausing::default() },
            hours: Hours {
                week: vec![open(0b1_1111, 540, 720), open(0b111_1111, 800, 1_440)],
                holidays: vec![holiday("2026-10-01", "2026-10-07")],
            },
            ..TimeLimits::default()
        },
        health: HealthRule::default(),
    }
}

fn open(days: u8, from_min: u16, to_min: u16) -> WeekWindow {
    WeekWindow { days, from_min, to_min }
}

fn holiday(from: &str, to: &str) -> Holiday {
    let day = |text| Day::parse(text).expect("a day");
    Holiday { name: "国庆节".into(), from: day(from), to: day(to), open: vec![Open { from_min: 600, to_min: 660 }] }
}

fn fields(desk: &Desk) -> Vec<String> {
    check(desk).into_iter().map(|fault| fault.field).collect()
}

#[test]
fn what_is_sensible_is_taken() {
    // SPEC: INB-2 INB-5 INB-12 ACC-1 TXT-3
    assert_eq!(check(&Desk::default()), []);
    assert_eq!(check(&full()), []);
    let labels = (1..=limits::LABELS_MAX as u16).map(|no| label(no, &format!("l{no}"), "#012345")).collect();
    let roles = (1..=limits::OWN_ROLES_MAX as u16).map(|no| role(no, &format!("r{no}"))).collect();
    let priorities = (0..limits::PRIORITY_RULES_MAX).map(|no| rule(&format!("p{no}"), &["x"])).collect();
    assert_eq!(check(&Desk { labels, roles, priorities, ..full() }), []);
}

#[test]
fn everything_that_is_wrong_is_listed_at_its_place() {
    // SPEC: INB-5 ACC-1 INB-2 INB-12 TXT-3
    let mut never = rule("never", &[]);
    (never.kinds, never.tags, never.waited_min) = (vec!["x".into()], vec!["y".into(), "y".into()], Some(0));
    let desk = Desk {
        labels: vec![label(0, "a", "#d93026"), label(2, "a", "red"), label(2, " ", "#D93026")],
        roles: vec![role(1, "Owner "), OwnRole { permissions: Permissions(1 << 31), ..role(1, "客服") }],
        priorities: vec![rule("all", &[]), never, rule("all", &["a\u{200b}b"])],
        archive: ArchiveRule { after_days: 0, confirm: false, mail: false, keep_days: Some(0) },
        fulfilment: Fulfilment {
            confirmed: Some(" ".into()),
            shipped: Some("{天气}".into()),
            logistics: Some("{客服} 祝您 {买家} 愉快".into()),
        },
        draft_sync: true,
        time: TimeLimits {
            first_response_s: 0,
            warning_s: Some(0),
            reminder_s: Some(100_000),
            escalation_h: Some(0),
            hours: Hours {
                week: vec![open(0, 540, 720), open(1, 600, 600), open(3, 700, 1_500), open(2, 0, 701)],
                holidays: vec![
                    holiday("2026-10-07", "2026-10-01"),
                    holiday("2026-09-30", "2026-10-02"),
                    holiday("2026-10-02", "2026-10-02"),
                ],
            },
            ..TimeLimits::default()
        },
        health: HealthRule { report_min: 1_440, unread_permille_max: 1_001, ..HealthRule::default() },
    };
    let expected = [
        "labels[0].no",
        "labels[2].no",
        "labels[2].name",
        "labels[1].name",
        "labels[1].colour",
        "labels[2].colour",
        "roles[1].no",
        "roles[0].name",
        "roles[1].name",
        "roles[1].permissions",
        "priorities[2].name",
        "priorities[1].tags[1]",
        "priorities[1].waited_min",
        "priorities[1]",
        "priorities[2].keywords[0]",
        "priorities[0]",
        "archive.after_days",
        "archive.keep_days",
        "fulfilment.confirmed",
        "fulfilment.shipped",
        "fulfilment.logistics",
        "time.first_response_s",
        "time.warning_s",
        "time.reminder_s",
        "time.escalation_h",
        "time.hours.week[0].days",
        "time.hours.week[1].to_min",
        "time.hours.week[2].to_min",
        "time.hours.week[3]",
        "time.hours.holidays[0].to",
        "time.hours.holidays[2]",
        "health.report_min",
        "health.unread_permille_max",
    ];
    assert_eq!(fields(&desk), expected);
    let faults = check(&desk);
    assert!(faults[19].problem.contains("天气") && faults.iter().all(|fault| !fault.problem.is_empty()), "{faults:?}");
}

#[test]
fn what_is_too_much_is_told_once_and_not_looked_into() {
    // SPEC: INB-5 ACC-1 INB-2
    let labels = vec![label(0, "", ""); limits::LABELS_MAX + 1];
    let roles = vec![role(0, ""); limits::OWN_ROLES_MAX + 1];
    let priorities = vec![rule("", &[]); limits::PRIORITY_RULES_MAX + 1];
    assert_eq!(fields(&Desk { labels, roles, priorities, ..full() }), ["labels", "roles", "priorities"]);
    let words = vec![""; limits::PRIORITY_WORDS_MAX + 1];
    assert_eq!(fields(&Desk { priorities: vec![rule("p", &words)], ..full() }), ["priorities"]);
    let long = "长".repeat(limits::MESSAGE_CHARS_MAX + 1);
    let fulfilment = Fulfilment { confirmed: Some(long), ..Fulfilment::default() };
    assert_eq!(fields(&Desk { fulfilment, ..full() }), ["fulfilment.confirmed"]);
    let faults = check(&Desk { labels: vec![label(0, "", ""); limits::LABELS_MAX], ..full() });
    assert_eq!((faults.len(), faults.last().unwrap().field.as_str()), (limits::FAULTS_MAX, ""));
}
