//! The courier: channels and their proof, who is told of what, attempts with growing delays, and what becomes of a notification.

use crate::{HOUR, SCOPE};
use fenliu::domain::event::{Actor, Couriered, Event};
use fenliu::domain::facts::Priority;
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::domain::notify::channel::{ChannelNo, Language, Secret, Target};
use fenliu::domain::notify::courier::{Command, Courier};
use fenliu::domain::notify::record::{Fate, Record};
use fenliu::domain::notify::route::Route;
use fenliu::domain::notify::{Class, Delivery, Ended, Notification, Outcome, Topic};
use fenliu::domain::refusal::Refusal;
use fenliu::domain::{Answer, Effect, Machine, Reply};
use fenliu::limits;

const OWNER: Actor = Actor::Account(AgentNo(1));
const MINUTE: u64 = 60_000;
const HOOK: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A courier, and all that happened to it.
struct Stage {
    courier: Courier,
    feed: Vec<Event>,
}

/// What a command came to.
struct Came {
    reply: Reply,
    deliveries: Vec<Delivery>,
}

impl Stage {
    fn new() -> Stage {
        Stage { courier: Courier::new(SCOPE), feed: Vec::new() }
    }

    /// As the shell does it: what is due comes first.
    fn tell(&mut self, command: Command, at: u64) -> Result<Came, Refusal> {
        let now = Millis(at);
        let mut deliveries = Vec::new();
        if self.courier.deadline().is_some_and(|due| due <= now) {
            deliveries.extend(self.turn(Command::Wake, now)?.deliveries);
        }
        let mut came = self.turn(command, now)?;
        came.deliveries.splice(0..0, deliveries);
        Ok(came)
    }

    fn turn(&mut self, command: Command, now: Millis) -> Result<Came, Refusal> {
        let decision = self.courier.decide(command, now)?;
        decision.events.iter().for_each(|event| self.courier.apply(event));
        self.feed.extend(decision.events);
        let mut follows = Vec::new();
        while let Some(next) = self.courier.follow_up() {
            follows.extend(self.turn(next, now)?.deliveries);
        }
        let delivery = |effect| match effect {
            Effect::Deliver(delivery) => *delivery,
            other => panic!("{other:?}"),
        };
        let Answer::Reply(reply) = decision.answer else { panic!("nothing is passed on") };
        Ok(Came { reply, deliveries: decision.effects.into_iter().map(delivery).chain(follows).collect() })
    }

    fn add(&mut self, target: Target, at: u64) -> ChannelNo {
        let command = Command::AddChannel { name: String::new(), target, language: Language::Chinese, by: OWNER };
        match self.tell(command, at).unwrap().reply {
            Reply::Numbered { no } => ChannelNo(no as u32),
            other => panic!("{other:?}"),
        }
    }

    /// A robot or webhook whose test is accepted.
    fn add_proved(&mut self, target: Target, at: u64) -> ChannelNo {
        let no = self.add(target, at);
        let sent = self.tell(Command::SendTest { no, digits: Secret("000000".into()) }, at).unwrap().deliveries;
        self.tried(&sent[0], Outcome::Delivered, at);
        no
    }

    fn notify(&mut self, class: Class, priority: Priority, key: &str, at: u64) -> Vec<Delivery> {
        let topic = Topic::Archive { conversations: 3 };
        self.tell(Command::Notify { class, priority, topic, key: key.into() }, at).unwrap().deliveries
    }

    fn tried(&mut self, delivery: &Delivery, outcome: Outcome, at: u64) {
        let Delivery { notification, attempt, .. } = delivery;
        self.tell(Command::Tried { no: notification.no, attempt: *attempt, outcome }, at).unwrap();
    }

    fn wake(&mut self, at: u64) -> Vec<Delivery> {
        self.turn(Command::Wake, Millis(at)).unwrap().deliveries
    }

    /// When the clock comes next.
    fn due(&self) -> Option<u64> {
        self.courier.deadline().map(|at| at.0)
    }

    fn record(&self, no: u64) -> Record {
        let mut record = None;
        for event in &self.feed {
            match event {
                Event::Courier { what: Couriered::Queued { notification, ended }, .. } if notification.no == no => {
                    record = Some(Record::begin((**notification).clone(), *ended));
                }
                Event::Courier { at, what } if what.notification() == Some(no) => record.as_mut().unwrap().hear(*at, what),
                _ => {}
            }
        }
        record.unwrap()
    }

    fn last(&self) -> Record {
        self.record(self.courier.last_no)
    }

    /// A restart: what is not stored is gone.
    fn restart(&mut self) {
        let mut courier = Courier::new(SCOPE);
        for event in &mut self.feed {
            if let Event::Courier { what: Couriered::Queued { notification, .. }, .. } = event
                && let Topic::Code { digits } = &mut notification.topic
            {
                *digits = Secret::default();
            }
            courier.apply(event);
        }
        self.courier = courier;
    }
}

fn hook(name: &str) -> Target {
    Target::Webhook { url: Secret(format!("https://{name}.example/hook")), secret: Secret(HOOK.into()) }
}

fn wecom(name: &str) -> Target {
    Target::WeCom { url: Secret(format!("https://{name}.example/send?key=0123456789abcdef")) }
}

fn phone(number: &str) -> Target {
    Target::Phone { number: number.into() }
}

fn mail(address: &str) -> Target {
    Target::Mail { address: address.into() }
}

fn failed(retry_after_ms: Option<u64>) -> Outcome {
    Outcome::Failed { why: "busy".into(), retry_after_ms }
}

#[test]
fn attempts_come_at_growing_delays_until_the_day_is_over() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    let no = stage.add_proved(hook("a"), 0);
    stage
        .tell(Command::SetRoutes { routes: vec![Route { class: Class::Archive, least: Priority::Low, channels: vec![no] }], by: OWNER }, 0)
        .unwrap();
    let begun = 100 * HOUR;
    let mut sent = stage.notify(Class::Archive, Priority::Normal, "k", begun);
    assert_eq!((sent.len(), sent[0].attempt), (1, 1), "the first attempt follows the commit");
    let id = sent[0].id();
    let (mut at, mut delays) = (begun, Vec::new());
    while let [attempt] = &sent[..] {
        assert_eq!(attempt.id(), id, "the other side can tell a repeated one");
        stage.tried(attempt, failed(None), at);
        let Some(due) = stage.due() else { break };
        assert!(stage.wake(due - 1).is_empty());
        delays.push(due - at);
        at = due;
        sent = stage.wake(due);
    }
    let least = [5_000, 30_000, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 6 * HOUR, 6 * HOUR];
    assert!((8..=9).contains(&delays.len()), "{delays:?}");
    for (delay, least) in delays.iter().zip(least) {
        assert!((least..=least + least / 5).contains(delay), "{delay} after {least}");
    }
    assert!(at - begun <= limits::NOTIFICATION_LIFE_MS);
    let record = stage.last();
    assert_eq!(record.fate, Fate::Late { why: "busy".into() });
    assert_eq!(record.attempts.len(), delays.len() + 1);
    assert!(record.attempts.iter().all(|attempt| attempt.ended.is_some()));
    assert_eq!(stage.due(), None, "and nothing wakes it any more");
}

#[test]
fn what_fails_together_is_not_tried_together() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    for n in 0..5 {
        stage.add_proved(hook(&format!("h{n}")), n * HOUR);
    }
    let sent = stage.notify(Class::Guard, Priority::Urgent, "k", 100 * HOUR);
    assert_eq!(sent.len(), 5);
    sent.iter().for_each(|attempt| stage.tried(attempt, failed(None), 100 * HOUR));
    let dues: std::collections::BTreeSet<_> = stage.courier.pending.values().map(|pending| format!("{:?}", pending.step)).collect();
    assert!(dues.len() >= 4, "{dues:?}");
}

#[test]
fn what_was_accepted_is_never_sent_again() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    stage.add_proved(hook("a"), 0);
    let first = stage.notify(Class::Guard, Priority::Urgent, "k", HOUR).remove(0);
    // Nothing is heard of the attempt in time; the answer comes during the wait for the next.
    assert_eq!(stage.due(), Some(HOUR + limits::DELIVERY_MS_MAX));
    assert!(stage.wake(HOUR + limits::DELIVERY_MS_MAX).is_empty());
    stage.tried(&first, failed(None), HOUR + limits::DELIVERY_MS_MAX + 1);
    assert_eq!(stage.last().attempts.len(), 1, "that it failed is no news");
    stage.tried(&first, Outcome::Delivered, HOUR + limits::DELIVERY_MS_MAX + 2);
    assert_eq!((stage.last().fate, stage.due()), (Fate::Delivered, None));
    stage.tried(&first, Outcome::Delivered, 2 * HOUR);
    stage.tried(&first, failed(None), 2 * HOUR);
    assert_eq!(stage.last().fate, Fate::Delivered);
    assert!(stage.wake(90 * HOUR).is_empty());
}

#[test]
fn an_attempt_that_a_crash_took_is_made_again_under_the_same_id() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    stage.add_proved(hook("a"), 0);
    let first = stage.notify(Class::Guard, Priority::Urgent, "k", HOUR).remove(0);
    stage.restart();
    let due = stage.due().unwrap();
    assert!(stage.wake(due).is_empty());
    let again = stage.wake(stage.due().unwrap()).remove(0);
    assert_eq!((again.id(), again.attempt), (first.id(), 2));
}

#[test]
fn a_wait_that_the_other_side_asks_for_is_kept_within_bounds() {
    // SPEC: NTF-3
    for (asked, least, most) in [(Some(0), 5_000, 6_000), (Some(90_000), 90_000, 90_000), (Some(u64::MAX), 6 * HOUR, 6 * HOUR)] {
        let mut stage = Stage::new();
        stage.add_proved(hook("a"), 0);
        let sent = stage.notify(Class::Guard, Priority::Urgent, "k", HOUR);
        stage.tried(&sent[0], failed(asked), HOUR);
        assert!((HOUR + least..=HOUR + most).contains(&stage.due().unwrap()), "{asked:?}");
    }
}

#[test]
fn a_reminder_is_not_told_when_it_is_stale() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    stage.add_proved(wecom("a"), 0);
    let mut sent = stage.notify(Class::Reminder, Priority::Normal, "k", HOUR);
    while let Some(attempt) = sent.pop() {
        let at = stage.courier.pending.values().next().map(|_| stage.feed.last().unwrap().at().unwrap().0).unwrap();
        stage.tried(&attempt, failed(None), at);
        sent = stage.due().map(|due| stage.wake(due)).unwrap_or_default();
    }
    let record = stage.last();
    assert!(matches!(record.fate, Fate::Late { .. }));
    assert!(record.attempts.last().unwrap().begun.0 < HOUR + 10 * MINUTE);
}

#[test]
fn the_same_key_is_told_once() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    stage.add_proved(wecom("a"), 0);
    assert_eq!(stage.notify(Class::Reminder, Priority::Normal, "buyer/1/day/7", HOUR).len(), 1);
    let before = stage.feed.len();
    assert!(stage.notify(Class::Reminder, Priority::Normal, "buyer/1/day/7", HOUR + 1).is_empty());
    assert_eq!(stage.feed.len(), before);
    let long = "x".repeat(1_000);
    assert_eq!(stage.notify(Class::Reminder, Priority::Normal, &long, HOUR + 2).len(), 1);
    assert!(stage.notify(Class::Reminder, Priority::Normal, &long, HOUR + 3).is_empty());
    assert!(stage.last().notification.key.len() <= limits::NOTIFICATION_KEY_BYTES_MAX);
}

#[test]
fn each_class_has_its_usual_channels_until_the_shop_says_otherwise() {
    // SPEC: NTF-1
    let mut stage = Stage::new();
    let group = stage.add_proved(wecom("group"), 0);
    let hooked = stage.add_proved(hook("own"), 0);
    stage.add(wecom("unproved"), 0);
    let told = |sent: Vec<Delivery>| sent.into_iter().map(|one| one.notification.channel.unwrap()).collect::<Vec<_>>();
    assert_eq!(told(stage.notify(Class::Reminder, Priority::Normal, "1", 1)), [group]);
    assert_eq!(told(stage.notify(Class::Health, Priority::Normal, "2", 2)), [group, hooked], "there is no mail: rather so than not at all");
    assert_eq!(told(stage.notify(Class::Health, Priority::Urgent, "3", 3)), [group, hooked], "urgent goes to all that are proved");
    let route = |least, channels: &[ChannelNo]| Route { class: Class::Health, least, channels: channels.to_vec() };
    let routes = vec![route(Priority::High, &[hooked]), route(Priority::Low, &[group])];
    stage.tell(Command::SetRoutes { routes, by: OWNER }, 4).unwrap();
    assert_eq!(told(stage.notify(Class::Health, Priority::Normal, "5", 5)), [group]);
    assert_eq!(told(stage.notify(Class::Health, Priority::High, "6", 6)), [group, hooked]);
    assert_eq!(told(stage.notify(Class::Reminder, Priority::Normal, "7", 7)), [group], "others go as they did");
    stage
        .tell(Command::SetRoutes { routes: vec![Route { class: Class::Reminder, least: Priority::Low, channels: vec![] }], by: OWNER }, 8)
        .unwrap();
    assert_eq!(told(stage.notify(Class::Reminder, Priority::Normal, "9", 9)), [], "a shop may want none");
    let mut bare = Stage::new();
    assert_eq!(told(bare.notify(Class::Health, Priority::Normal, "2", 2)), []);
    assert_eq!(bare.last().fate, Fate::NoChannel, "which the owner can see");
    for wrong in [route(Priority::Low, &[ChannelNo(9)]), Route { class: Class::Test, least: Priority::Low, channels: vec![] }] {
        let refused = stage.tell(Command::SetRoutes { routes: vec![wrong], by: OWNER }, 10);
        assert!(matches!(refused, Err(Refusal::Invalid { field: "routes", .. })));
    }
}

#[test]
fn a_code_proves_a_phone_and_five_wrong_ones_end_it() {
    // SPEC: NTF-2
    let mut stage = Stage::new();
    let no = stage.add(phone("13800138000"), 0);
    let code = |digits: &str| Secret(digits.into());
    let verify = |digits: &str| Command::Verify { no, digits: code(digits), by: OWNER };
    assert!(stage.tell(verify("123456"), 0).is_err(), "none was sent");
    let sent = stage.tell(Command::SendTest { no, digits: code("123456") }, 0).unwrap().deliveries;
    assert!(matches!(&sent[0].notification.topic, Topic::Code { digits } if digits.0 == "123456"));
    stage.tried(&sent[0], Outcome::Delivered, 1);
    assert!(!stage.courier.channels[0].verified, "that it was accepted proves nothing of a phone");
    for left in (0..5).rev() {
        assert_eq!(stage.tell(verify("654321"), 2).unwrap().reply, Reply::CodeRefused { tries_left: left });
    }
    assert!(stage.tell(verify("123456"), 3).is_err(), "the right one comes too late");
    stage.tell(Command::SendTest { no, digits: code("222222") }, MINUTE).unwrap();
    assert!(stage.tell(verify("222222"), MINUTE + limits::CODE_MS).is_err(), "it holds for ten minutes");
    stage.tell(Command::SendTest { no, digits: code("333333") }, 20 * MINUTE).unwrap();
    assert_eq!(stage.tell(verify("333333"), 21 * MINUTE).unwrap().reply, Reply::Done);
    assert!(stage.courier.channels[0].verified && stage.courier.channels[0].code.is_none());
    let sent = stage.tell(Command::SendTest { no, digits: code("444444") }, 30 * MINUTE).unwrap().deliveries;
    assert_eq!(sent.last().unwrap().notification.topic, Topic::Test, "what is proved needs no code");
}

#[test]
fn tests_are_few_also_where_a_channel_is_set_up_anew() {
    // SPEC: NTF-2
    let mut stage = Stage::new();
    let mut at = 0;
    for n in 0..limits::TESTS_PER_DAY_MAX {
        let no = stage.add(phone("13800138000"), at);
        stage.tell(Command::SendTest { no, digits: Secret("1".into()) }, at).unwrap();
        let soon = stage.tell(Command::SendTest { no, digits: Secret("1".into()) }, at + 20_000);
        assert!(matches!(soon, Err(Refusal::TooMany { retry_after_s: 40 })), "{n}");
        stage.tell(Command::RemoveChannel { no, by: OWNER }, at + 20_000).unwrap();
        at += MINUTE;
    }
    let no = stage.add(phone("13800138000"), at);
    let refused = stage.tell(Command::SendTest { no, digits: Secret("1".into()) }, at);
    assert!(matches!(refused, Err(Refusal::TooMany { retry_after_s }) if retry_after_s > 23 * 3_600));
    stage.tell(Command::SendTest { no, digits: Secret("1".into()) }, limits::DAY_MS).unwrap();
}

#[test]
fn a_code_that_a_restart_took_is_given_up_and_never_stands_in_the_feed() {
    // SPEC: NTF-2 NTF-3
    let mut stage = Stage::new();
    let no = stage.add(mail("owner@tea.example"), 0);
    stage.tell(Command::SendTest { no, digits: Secret("739154".into()) }, 0).unwrap();
    assert!(!format!("{:?}", stage.feed).contains("739154"));
    stage.restart();
    stage.wake(stage.due().unwrap());
    assert!(stage.wake(stage.due().unwrap()).is_empty());
    assert_eq!(stage.last().fate, Fate::GivenUp(Ended::CodeLost));
}

#[test]
fn an_attempt_that_a_restart_cut_off_is_made_again_soon() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    stage.add_proved(hook("a"), 0);
    let sent = stage.notify(Class::Archive, Priority::Normal, "k", HOUR);
    stage.restart();
    // One that was begun since the start is under way.
    assert!(stage.tell(Command::Interrupted { started: Millis(HOUR) }, HOUR + 1_000).unwrap().deliveries.is_empty());
    assert!(stage.courier.tries());
    stage.tell(Command::Interrupted { started: Millis(HOUR + 1) }, HOUR + 1_000).unwrap();
    assert!(!stage.courier.tries() && stage.due().unwrap() < HOUR + 30_000, "without waiting for what nobody will report");
    let again = stage.wake(stage.due().unwrap());
    assert_eq!((again.len(), again[0].attempt, again[0].notification.no), (1, 2, sent[0].notification.no));
}

#[test]
fn a_channel_that_goes_takes_its_notifications_and_routes_along() {
    // SPEC: NTF-1 NTF-3
    let mut stage = Stage::new();
    let no = stage.add_proved(hook("a"), 0);
    stage
        .tell(Command::SetRoutes { routes: vec![Route { class: Class::Archive, least: Priority::Low, channels: vec![no] }], by: OWNER }, 0)
        .unwrap();
    let sent = stage.notify(Class::Archive, Priority::Normal, "k", HOUR);
    stage.tried(&sent[0], failed(None), HOUR);
    stage.tell(Command::RemoveChannel { no, by: OWNER }, HOUR + 1).unwrap();
    assert_eq!(stage.last().fate, Fate::GivenUp(Ended::ChannelRemoved));
    assert!(stage.courier.routes[0].channels.is_empty() && stage.due().is_none());
    assert_eq!(stage.add(hook("a"), HOUR + 2), ChannelNo(2), "no number is given twice");
    let twice = Command::AddChannel { name: "again".into(), target: hook("a"), language: Language::English, by: OWNER };
    assert!(matches!(stage.tell(twice, HOUR + 3), Err(Refusal::Exists { .. })));
}

#[test]
fn what_waits_is_bounded_and_reminders_leave_room() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    stage.add_proved(wecom("a"), 0);
    for n in 0..limits::BRIEF_NOTIFICATIONS_PENDING_MAX {
        assert_eq!(stage.notify(Class::Reminder, Priority::Normal, &format!("r{n}"), HOUR).len(), 1);
    }
    assert!(stage.notify(Class::Reminder, Priority::Normal, "one more", HOUR).is_empty());
    assert_eq!(stage.last().fate, Fate::GivenUp(Ended::TooMany));
    assert_eq!(stage.notify(Class::Guard, Priority::Urgent, "what matters", HOUR).len(), 1);
}

#[test]
fn a_burst_is_told_in_one_once_there_is_room_again() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    let (slow, other) = (stage.add_proved(wecom("slow"), 0), stage.add_proved(hook("other"), 0));
    let route = |class, channels| Route { class, least: Priority::Low, channels };
    let routes = vec![route(Class::Reminder, vec![slow]), route(Class::Guard, vec![other])];
    stage.tell(Command::SetRoutes { routes, by: OWNER }, 0).unwrap();
    let most = limits::BRIEF_NOTIFICATIONS_PENDING_MAX;
    let mut sent: Vec<Delivery> = (0..most).flat_map(|n| stage.notify(Class::Reminder, Priority::Normal, &format!("r{n}"), HOUR)).collect();
    for n in 0..7 {
        let priority = if n == 3 { Priority::High } else { Priority::Low };
        assert!(stage.notify(Class::Reminder, priority, &format!("more{n}"), HOUR).is_empty());
        assert_eq!(stage.last().fate, Fate::GivenUp(Ended::TooMany), "each stays in the list");
    }
    assert_eq!(stage.notify(Class::Guard, Priority::Normal, "others have room", HOUR).len(), 1);
    // No sum at every place that becomes free: half of them must be.
    let mut told = Vec::new();
    while told.is_empty() {
        let one = sent.remove(0);
        let Delivery { notification, attempt, .. } = &one;
        let command = Command::Tried { no: notification.no, attempt: *attempt, outcome: Outcome::Delivered };
        told = stage.tell(command, HOUR + 1).unwrap().deliveries;
    }
    assert!(sent.len() < most / 2, "{}", sent.len());
    let [sum] = &told[..] else { panic!("{told:?}") };
    let Notification { class, priority, topic, channel, .. } = &sum.notification;
    assert_eq!((*class, *priority, topic, *channel), (Class::Reminder, Priority::High, &Topic::More { count: 7 }, Some(slow)));
    stage.tried(sum, Outcome::Delivered, HOUR + 2);
    sent.iter().for_each(|one| stage.tried(one, Outcome::Delivered, HOUR + 3));
    assert_eq!(stage.courier.untold.0, [], "told once");
}

#[test]
fn what_was_over_before_it_was_told_is_given_up_and_its_attempt_was_never_made() {
    // SPEC: NTF-3
    let mut stage = Stage::new();
    stage.add_proved(wecom("a"), 0);
    let first = stage.notify(Class::Reminder, Priority::Normal, "k", HOUR).remove(0);
    stage.tried(&first, failed(None), HOUR + 1);
    let again = stage.wake(stage.due().unwrap()).remove(0);
    stage.tell(Command::Settled { no: again.notification.no }, HOUR + MINUTE).unwrap();
    let record = stage.last();
    assert_eq!((record.fate, record.attempts.len(), stage.due()), (Fate::GivenUp(Ended::Settled), 1, None));
    let before = stage.feed.len();
    stage.tell(Command::Settled { no: again.notification.no }, HOUR + MINUTE).unwrap();
    stage.tried(&again, Outcome::Delivered, HOUR + MINUTE);
    assert_eq!(stage.feed.len(), before, "it is nothing any more");
}

#[test]
fn nothing_that_is_shown_holds_a_secret() {
    // SPEC: NTF-1
    let mut stage = Stage::new();
    let robot = Target::DingTalk {
        url: Secret("https://oapi.example/robot/send?access_token=abcdefghijklmn0pqr".into()),
        secret: Secret("SECxyz".into()),
    };
    assert_eq!((robot.shown().place.as_str(), robot.shown().ends.as_str()), ("oapi.example", "0pqr"));
    let no = stage.add_proved(robot, 0);
    stage.add_proved(hook("b"), 0);
    stage.tell(Command::RemoveChannel { no, by: OWNER }, 1).unwrap();
    let told = format!("{:?} {:?}", stage.feed, stage.courier);
    assert!(!told.contains("abcdef") && !told.contains("SECxyz") && !told.contains("MfKQ9r"), "{told}");
}

#[test]
fn targets_that_can_be_none_are_refused_by_name() {
    // SPEC: NTF-1 NTF-2
    let field = |target: Target, http| target.check(http).err().map(|(field, _)| field);
    for number in
        ["12345678901", "1380013800", "138001380000", "+8613800138000", "138 0013 8000", "１３８００１３８０００", "02112345678", ""]
    {
        assert_eq!(field(phone(number), false), Some("number"), "{number}");
    }
    for number in ["13800138000", "19912345678", "16612345678"] {
        assert_eq!(field(phone(number), false), None, "{number}");
    }
    let long = format!("{}@tea.example", "a".repeat(65));
    for address in [
        "",
        "owner",
        "@tea.example",
        "owner@",
        "owner@tea",
        "a b@tea.example",
        "a@tea.example\r\nBcc: x@y.example",
        "a@tea.example\n",
        "a@b@tea.example",
        ".a@tea.example",
        "a..b@tea.example",
        "a@-tea.example",
        "a@tea..example",
        "<a@tea.example>",
        "a@[127.0.0.1]",
        "老板@tea.example",
        &long,
    ] {
        assert_eq!(field(mail(address), false), Some("address"), "{address}");
    }
    assert_eq!(field(mail("o.wner+shop@mail.tea.example"), false), None);
    assert_eq!(field(mail("owner@xn--fiqs8s.xn--fiqs8s"), false), None);
    let why = |address: &str| mail(address).check(false).unwrap_err().1;
    let fits = format!("{}@{2}.{2}.{2}.{1}", "a".repeat(64), "example", "b".repeat(59));
    assert_eq!((fits.len(), field(mail(&fits), false), why(&format!("{fits}xxx")).contains("254")), (252, None, true));
    for (address, word) in [
        ("\"a b\"@tea.example", "without quotes"),
        ("a(comment)@tea.example", "brackets"),
        ("\"a@b\"@tea.example", "one @"),
        ("a@tea.example(comment)", "comments"),
        ("a@[10.0.0.1]", "no internet address"),
        ("a@10.0.0.1", "no internet address"),
        ("a@[IPv6:::1]", "no internet address"),
        ("a@茶.example", "xn--"),
        ("a\u{202e}b@tea.example", "ASCII"),
        ("tea.example", "no @"),
    ] {
        assert!(why(address).contains(word), "{address}: {}", why(address));
    }
    let to = |url: &str| Target::WeCom { url: Secret(url.into()) };
    for url in [
        "",
        "tea.example",
        "ftp://tea.example/",
        "http://tea.example/",
        "https://",
        "https://user@tea.example/",
        "https://user:pw@tea.example/",
        "https://tea.example:22/",
        "https://tea.example:0/",
        "https://tea/",
        "https://localhost/",
        "https://tea.example./",
        "https://tea.example/#x",
        "https://tea.example/\r\nX: y",
        "https://tea.example/a b",
        "https:\\\\tea.example\\x",
        "javascript:alert(1)",
        "file:///etc/passwd",
    ] {
        assert_eq!(field(to(url), false), Some("url"), "{url}");
    }
    for url in ["https://tea.example/hook?key=1", "https://tea.example:8443/hook", "https://1.2.3.4/hook"] {
        assert_eq!(field(to(url), false), None, "{url}");
    }
    assert_eq!(field(to("http://tea.example:8080/"), true), None, "where the operator says so");
    let hook = |secret: &str| Target::Webhook { url: Secret("https://tea.example/".into()), secret: Secret(secret.into()) };
    for secret in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_short", "whsec_!!!!"] {
        assert_eq!(field(hook(secret), false), Some("secret"), "{secret}");
    }
    assert_eq!(field(hook(HOOK), false), None);
}
