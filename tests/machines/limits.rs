//! Time limits: when a round is late, when its agent is warned and staff are reminded, when what nobody reads is escalated.

use crate::conversation::{answer, close, new, own, send};
use crate::{HOUR, act};
use fenliu::domain::Machine;
use fenliu::domain::conversation::{Command, Conversation};
use fenliu::domain::desk::Desk;
use fenliu::domain::desk::time::{InForce, Pausing, TimeLimits};
use fenliu::domain::diversion::condition::WeekWindow;
use fenliu::domain::event::{Actor, Author};
use fenliu::domain::hours::{Holiday, Hours, Open};
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::domain::notify::news::news;
use fenliu::domain::notify::{Responsible, Topic, courier};
use fenliu::domain::schedule::{Day, Zone};
use std::sync::Arc;

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * HOUR;

/// With its clock: what is due is decided before what comes, as the shell does it.
struct Talk {
    machine: Conversation,
    desk: Arc<InForce>,
    fired: Vec<String>,
}

impl Talk {
    fn new(desk: InForce) -> Talk {
        Talk { machine: new(), desk: Arc::new(desk), fired: Vec::new() }
    }

    fn limits(time: TimeLimits, zone: &str) -> Talk {
        let zone = Zone::named(zone).expect("a zone");
        Talk::new(InForce { desk: Desk { time, ..Desk::default() }, zone })
    }

    /// Everything that is due up to `at`, each at its own time.
    fn until(&mut self, at: u64) -> Vec<String> {
        while let Some(due) = self.machine.deadline().filter(|due| due.0 <= at) {
            let outcome = act(&mut self.machine, Command::Wake, due.0);
            assert_ne!(self.machine.deadline(), Some(due), "it fires once: {outcome}");
            self.fired.push(outcome.split(" | ").next().expect("events").to_owned());
        }
        std::mem::take(&mut self.fired)
    }

    fn does(&mut self, at: u64, command: Command) -> String {
        let due = self.until(at);
        self.fired.extend(due);
        let command = match command {
            Command::Send { buyer, name, visit, asks, text, extra, retry, .. } => {
                Command::Send { buyer, name, visit, asks, text, extra, retry, desk: self.desk.clone() }
            }
            Command::Mark { by, oversees, answered, .. } => Command::Mark { by, oversees, answered, desk: self.desk.clone() },
            Command::Unblock { by, .. } => Command::Unblock { by, desk: self.desk.clone() },
            other => other,
        };
        act(&mut self.machine, command, at)
    }

    fn owned(&mut self, at: u64, client_id: u64) {
        self.does(at, send(client_id));
        let reception = self.machine.open.as_ref().expect("open").no;
        self.does(at, own(reception, 1));
    }
}

fn by_default() -> Talk {
    Talk::limits(TimeLimits::default(), "Asia/Shanghai")
}

fn mark(answered: bool) -> Command {
    Command::Mark { by: AgentNo(1), oversees: false, answered, desk: Default::default() }
}

#[test]
fn an_answer_within_three_minutes_is_in_time_and_one_a_millisecond_later_is_not() {
    // SPEC: SLA-1
    for (after, late) in [(0, false), (180_000, false), (180_001, true), (DAY, true)] {
        let mut talk = by_default();
        talk.owned(1_000, 1);
        let outcome = talk.does(1_000 + after, answer(1, 9));
        assert_eq!(outcome.contains(", late"), late, "after {after} ms: {outcome}");
        let timed_out = talk.until(u64::MAX / 2).iter().filter(|fired| fired.contains("timed out")).count();
        assert_eq!(timed_out, usize::from(late), "after {after} ms");
    }
}

#[test]
fn a_round_times_out_once_and_the_next_round_begins_anew() {
    // SPEC: SLA-1, SLA-4
    let mut talk = by_default();
    talk.owned(0, 1);
    talk.does(100_000, send(2));
    let fired = talk.until(10 * MINUTE);
    let (warned, reminded, late) =
        ("agent 1 warned of round 0 at 100000", "reminded of round 0 at 120000", "round 0 timed out at 180001, charged to agent 1");
    assert_eq!(fired, [warned, reminded, late], "a further question begins no round");
    assert!(talk.does(11 * MINUTE, answer(1, 9)).contains("round 0–660000 answered by agent 1, 2 read, late"));
    assert_eq!(talk.machine.deadline(), None, "nothing is left to wait for");
    talk.does(12 * MINUTE, send(3));
    // The buyer's reminder of this day is used up.
    let fired = talk.until(20 * MINUTE);
    assert_eq!(fired, ["agent 1 warned of round 720000 at 820000", "round 720000 timed out at 900001, charged to agent 1"]);
}

#[test]
fn a_reply_without_content_stops_nothing() {
    // SPEC: SLA-1
    let mut talk = by_default();
    talk.owned(0, 1);
    let Command::Answer { agent, extra, retry, guard, origin, .. } = answer(1, 9) else { unreachable!() };
    let text = "。。。".to_owned();
    talk.does(10_000, Command::Answer { agent, text, extra, retry, guard, origin });
    assert_eq!(talk.until(HOUR).len(), 3, "warned, reminded, timed out");
}

#[test]
fn a_buyer_is_reminded_of_once_a_day_of_the_shop() {
    // SPEC: SLA-2
    let mut talk = by_default();
    // 1970-01-01 in Shanghai ends at 16:00 UTC.
    let reminded = |fired: Vec<String>| fired.into_iter().filter(|fired| fired.starts_with("reminded")).collect::<Vec<_>>();
    talk.owned(HOUR, 1);
    assert_eq!(reminded(talk.until(2 * HOUR)), [format!("reminded of round {HOUR} at {}", HOUR + 120_000)]);
    talk.does(3 * HOUR, answer(1, 2));
    let began = 16 * HOUR - MINUTE;
    talk.does(began, send(3));
    assert_eq!(reminded(talk.until(40 * HOUR)), [format!("reminded of round {began} at {}", 16 * HOUR + MINUTE)], "the day has changed");
    talk.does(40 * HOUR, answer(1, 4));
    talk.does(41 * HOUR, send(5));
    talk.does(41 * HOUR + 1, answer(1, 6));
    talk.does(41 * HOUR + 2, send(7));
    assert_eq!(reminded(talk.until(100 * HOUR)).len(), 1);
}

#[test]
fn a_round_that_begins_on_a_day_already_reminded_of_is_reminded_of_on_the_next() {
    // SPEC: SLA-2
    let mut talk = by_default();
    talk.owned(HOUR, 1);
    talk.does(HOUR + 130_000, answer(1, 2));
    talk.does(2 * HOUR, send(3));
    let fired = talk.until(60 * HOUR);
    assert!(fired.contains(&format!("reminded of round {} at {}", 2 * HOUR, 16 * HOUR)), "{fired:?}");
}

#[test]
fn needs_no_reply_stops_warning_and_reminder() {
    // SPEC: SLA-2, INB-4
    let mut talk = by_default();
    talk.owned(0, 1);
    talk.does(50_000, mark(true));
    let fired = talk.until(HOUR);
    assert_eq!(fired, Vec::<String>::new());
    // The other way round it begins a round.
    talk.does(2 * HOUR, mark(false));
    assert_eq!(talk.until(3 * HOUR).len(), 3);
}

#[test]
fn a_recalled_question_and_a_closed_reception_wait_for_nothing() {
    // SPEC: SLA-1, INB-7
    let mut talk = by_default();
    talk.owned(0, 1);
    talk.does(50_000, Command::Recall { by: Author::Buyer, seq: 1, desk: Default::default() });
    assert_eq!(talk.machine.deadline(), None);
    talk.does(60_000, send(2));
    talk.does(70_000, close(1));
    let fired = talk.until(47 * HOUR);
    assert_eq!(fired, Vec::<String>::new(), "but it is still unread");
    assert_eq!(talk.until(49 * HOUR), [format!("1 unread since 60000 escalated at {}", 60_000 + 48 * HOUR)]);
}

#[test]
fn what_is_unread_for_48_hours_is_escalated_once_until_all_was_read() {
    // SPEC: SLA-3
    let mut talk = by_default();
    let read = |seq| Command::Read { by: AgentNo(1), oversees: true, seq, desk: Default::default() };
    let escalated = |fired: Vec<String>| fired.into_iter().filter(|fired| fired.contains("escalated")).collect::<Vec<_>>();
    talk.owned(5, 1);
    talk.does(HOUR, send(2));
    assert_eq!(escalated(talk.until(48 * HOUR + 4)), Vec::<String>::new());
    assert_eq!(escalated(talk.until(200 * HOUR)), [format!("2 unread since 5 escalated at {}", 48 * HOUR + 5)]);
    talk.does(200 * HOUR, send(3));
    assert_eq!(escalated(talk.until(400 * HOUR)), Vec::<String>::new(), "once");
    talk.does(400 * HOUR, read(9));
    talk.does(401 * HOUR, send(4));
    talk.does(402 * HOUR, read(9));
    assert_eq!(escalated(talk.until(500 * HOUR)), Vec::<String>::new(), "read in time");
    talk.does(500 * HOUR, send(5));
    assert_eq!(escalated(talk.until(600 * HOUR)).len(), 1, "a new stretch");
}

#[test]
fn each_stretch_of_unread_messages_has_its_own_two_days() {
    // SPEC: SLA-3
    let mut talk = by_default();
    let read = |seq| Command::Read { by: AgentNo(1), oversees: true, seq, desk: Default::default() };
    let escalated = |fired: Vec<String>| fired.into_iter().filter(|fired| fired.contains("escalated")).collect::<Vec<_>>();
    talk.owned(0, 1);
    talk.does(47 * HOUR, send(2));
    talk.does(47 * HOUR + MINUTE, read(1));
    assert_eq!(escalated(talk.until(94 * HOUR)), Vec::<String>::new(), "the first was read");
    assert_eq!(escalated(talk.until(96 * HOUR)), [format!("1 unread since {} escalated at {}", 47 * HOUR, 95 * HOUR)]);
    // What came after an escalation is not lost in it.
    talk.does(100 * HOUR, send(3));
    talk.does(101 * HOUR, read(2));
    assert_eq!(escalated(talk.until(200 * HOUR)), [format!("1 unread since {} escalated at {}", 100 * HOUR, 148 * HOUR)]);
}

#[test]
fn a_reminder_that_pauses_never_comes_while_the_shop_is_closed() {
    // SPEC: SLA-2, SLA-4
    let mut talk = Talk::limits(nine_to_six(Pausing { reminder: true, ..Pausing::default() }), "Etc/UTC");
    talk.owned(10 * HOUR, 1);
    talk.does(10 * HOUR + 10 * MINUTE, answer(1, 2));
    talk.does(11 * HOUR, send(3));
    let fired = talk.until(40 * HOUR);
    // The day of the first reminder ends at midnight.
    assert!(fired.contains(&format!("reminded of round {} at {}", 11 * HOUR, DAY + 9 * HOUR)), "{fired:?}");
}

#[test]
fn nobody_is_told_of_a_blacklisted_buyer_until_they_are_off_the_list() {
    // SPEC: INB-8, SLA-2, SLA-3
    let mut talk = by_default();
    talk.owned(0, 1);
    let by = Actor::Account(AgentNo(9));
    talk.does(1_000, Command::Block { buyer: "b-1".into(), reason: "spam".into(), by: by.clone() });
    talk.does(2_000, send(2));
    assert_eq!(talk.machine.deadline(), None);
    assert_eq!(talk.until(100 * HOUR), Vec::<String>::new());
    talk.does(100 * HOUR, Command::Unblock { by, desk: Default::default() });
    assert_eq!(talk.until(149 * HOUR).len(), 1, "escalated 48 hours after it appeared");
}

#[test]
fn a_buyer_without_a_name_is_told_by_its_id() {
    // SPEC: SLA-2
    let mut machine = new();
    let Command::Send { buyer, visit, asks, text, extra, retry, desk, .. } = send(1) else { unreachable!() };
    act(&mut machine, Command::Send { buyer, name: " ".into(), visit, asks, text, extra, retry, desk }, 0);
    let decision = machine.decide(Command::Wake, Millis(120_000)).expect("it is due");
    let told = decision.events.iter().find_map(news).expect("news");
    assert!(matches!(told, courier::Command::Notify { topic: Topic::Waiting { buyer, .. }, .. } if buyer == "b-1"));
}

#[test]
fn what_is_told_names_who_has_the_buyer_and_the_group() {
    // SPEC: SLA-2, SLA-3
    for (agent, due) in [(None, 120_000), (Some(1), 48 * HOUR)] {
        let mut talk = by_default();
        match agent {
            Some(_) => talk.owned(0, 1),
            None => drop(talk.does(0, send(1))),
        }
        let group = talk.machine.open.as_ref().and_then(|open| open.group);
        let told: Vec<_> = talk.machine.decide(Command::Wake, Millis(due)).expect("it is due").events.iter().filter_map(news).collect();
        assert_eq!(told.len(), if agent.is_some() { 2 } else { 1 });
        for one in told {
            let courier::Command::Notify { topic: Topic::Waiting { responsible, .. } | Topic::Unread { responsible, .. }, .. } = one else {
                panic!("{one:?}")
            };
            assert_eq!(responsible, Responsible { agent: agent.map(AgentNo), group });
        }
    }
}

fn nine_to_six(pausing: Pausing) -> TimeLimits {
    let window = |from_min, to_min| WeekWindow { days: 0b1_1111, from_min, to_min };
    let day = |text| Day::parse(text).expect("a day");
    let holiday = |from, to, open| Holiday { name: "h".into(), from: day(from), to: day(to), open };
    let worked = vec![Open { from_min: 600, to_min: 601 }];
    let holidays = vec![holiday("1970-01-06", "1970-01-07", vec![]), holiday("1970-01-10", "1970-01-10", worked)];
    TimeLimits { pausing, hours: Hours { week: vec![window(540, 720), window(780, 1_080)], holidays }, ..TimeLimits::default() }
}

#[test]
fn a_limit_that_pauses_counts_open_time_only() {
    // SPEC: SLA-4
    let all = Pausing { first_response: true, warning: true, reminder: true, escalation: true };
    let late = |utc_ms: u64| {
        let mut talk = Talk::limits(nine_to_six(all), "Etc/UTC");
        talk.does(utc_ms, send(1));
        talk.machine.open.as_ref().expect("open").limits.late.expect("one day").0
    };
    // The epoch was a Thursday.
    assert_eq!(late(10 * HOUR), 10 * HOUR + 180_001, "open");
    assert_eq!(late(8 * HOUR), 9 * HOUR + 180_001, "before opening");
    assert_eq!(late(12 * HOUR - MINUTE), 13 * HOUR + 120_001, "over the noon break");
    assert_eq!(late(18 * HOUR - MINUTE), DAY + 9 * HOUR + 120_001, "over night");
    assert_eq!(late(DAY + 18 * HOUR), 4 * DAY + 9 * HOUR + 180_001, "over the weekend");
    assert_eq!(late(4 * DAY + 18 * HOUR), 7 * DAY + 9 * HOUR + 180_001, "over a holiday of two days");
    assert_eq!(late(8 * DAY + 18 * HOUR), 11 * DAY + 9 * HOUR + 120_001, "a minute on a Saturday that is worked");
    // 48 hours at 8 a day: five days, the minute of that Saturday, and the next Monday but a minute.
    let mut talk = Talk::limits(nine_to_six(all), "Etc/UTC");
    talk.does(9 * HOUR, send(1));
    assert_eq!(talk.machine.escalate, Some(Millis(11 * DAY + 18 * HOUR - MINUTE)));
    // What does not pause goes on, day and night.
    let mut talk = Talk::limits(nine_to_six(Pausing { first_response: true, ..Pausing::default() }), "Etc/UTC");
    talk.does(20 * HOUR, send(1));
    let open = talk.machine.open.clone().expect("open");
    assert_eq!(open.limits.remind.map(|remind| remind.at), Some(Millis(20 * HOUR + 120_000)));
}

#[test]
fn hours_are_those_of_the_clock_on_days_when_it_changes() {
    // SPEC: SLA-4
    let berlin = Zone::named("Europe/Berlin").expect("a zone");
    let every = |from_min, to_min| Hours { week: vec![WeekWindow { days: 127, from_min, to_min }], holidays: vec![] };
    // 2026-03-29: 02:00 is 03:00. 01:00–04:00 is two hours long.
    let one = Millis(1_774_742_400_000);
    assert_eq!(every(60, 240).after(&berlin, one, 2 * HOUR), Some(one.plus(2 * HOUR)));
    assert_eq!(every(60, 240).after(&berlin, one, 2 * HOUR + 1), Some(one.plus(DAY - HOUR + 1)), "the rest on the next day");
    // An interval that the clock passes over does not exist on that day.
    assert_eq!(every(130, 170).after(&berlin, one, 1), Some(one.plus(DAY - HOUR + 70 * MINUTE + 1)));
    assert_eq!(Hours { week: vec![], holidays: vec![] }.after(&berlin, one, 5), Some(one.plus(5)), "no hours: always open");
}

#[test]
fn a_shop_that_never_opens_is_never_late() {
    // SPEC: SLA-4
    let hours = Hours { week: vec![WeekWindow { days: 1, from_min: 0, to_min: 0 }], holidays: vec![] };
    let time = TimeLimits { hours, pausing: Pausing { first_response: true, ..Pausing::default() }, ..TimeLimits::default() };
    let mut talk = Talk::limits(time, "Etc/UTC");
    talk.does(0, send(1));
    assert_eq!(talk.machine.open.as_ref().expect("open").limits.late, None);
}

#[test]
fn a_change_of_the_limits_is_for_what_begins_after_it() {
    // SPEC: SLA-1
    let mut talk = by_default();
    talk.owned(0, 1);
    let time = TimeLimits { first_response_s: 10, warning_s: None, reminder_s: None, ..TimeLimits::default() };
    talk.desk = Arc::new(InForce { desk: Desk { time, ..Desk::default() }, zone: Zone::default() });
    talk.does(1_000, send(2));
    assert!(!talk.does(60_000, answer(1, 9)).contains("late"));
    talk.does(70_000, send(3));
    assert_eq!(talk.until(HOUR), ["round 70000 timed out at 80001, charged to agent 1"]);
}
