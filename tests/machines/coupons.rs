//! Coupons to buyers who had not written, and what shop and platform set of the guard.

use crate::{HOUR, SCOPE, act, check};
use fenliu::domain::Machine;
use fenliu::domain::event::Actor;
use fenliu::domain::guard::conduct::{Automation, Conduct, Question, Step};
use fenliu::domain::guard::questions::usual;
use fenliu::domain::guard::{Approval, Settings};
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use fenliu::domain::platform::{self, Platform};
use fenliu::domain::refusal::Refusal;
use fenliu::domain::shop::{Command, Shop};
use fenliu::limits::COUPONS_TRIED_MAX;
use std::sync::Arc;

fn shop() -> Shop {
    let mut shop = Shop::new(SCOPE);
    act(&mut shop, Command::Create { shop: "tea".into(), name: "茶馆".into() }, 0);
    shop
}

fn tried(buyer: u64, agent: u32, ip: &str) -> Command {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&buyer.to_be_bytes());
    let ip = ip.parse().expect("an address");
    Command::TryCoupon { ip, conversation: ConversationId(id), agent: AgentNo(agent), conduct: Arc::default() }
}

const HERE: &str = "203.0.113.7";
const THERE: &str = "2001:db8::7";

#[test]
fn five_buyers_from_one_address_within_an_hour_charge_everybody_who_took_part() {
    // SPEC: GRD-5
    let four = || vec![(1, tried(1, 1, HERE)), (2, tried(2, 2, HERE)), (3, tried(3, 1, HERE)), (4, tried(4, 1, HERE))];
    check(
        shop(),
        four(),
        (5, tried(5, 3, HERE)),
        "coupon of agent 3, one too many | charge agent 1; charge agent 2; charge agent 3 | Done",
    );
    // Each of these is not it: the same buyer again, another address, an hour later.
    check(shop(), four(), (5, tried(4, 3, HERE)), "coupon of agent 3 |  | Done");
    check(shop(), four(), (5, tried(5, 3, THERE)), "coupon of agent 3 |  | Done");
    check(shop(), four(), (1 + HOUR, tried(5, 3, HERE)), "coupon of agent 3 |  | Done");
    check(
        shop(),
        four(),
        (HOUR, tried(5, 3, HERE)),
        "coupon of agent 3, one too many | charge agent 1; charge agent 2; charge agent 3 | Done",
    );
    // Once: the count begins anew.
    let mut five = four();
    five.push((5, tried(5, 1, HERE)));
    check(shop(), five, (6, tried(6, 1, HERE)), "coupon of agent 1 |  | Done");
}

#[test]
fn what_a_shop_remembers_of_coupons_is_bounded() {
    // SPEC: GRD-5
    let mut shop = shop();
    for n in 0..3 * COUPONS_TRIED_MAX as u64 {
        act(&mut shop, tried(n, 1, &format!("10.0.{}.{}", n / 250, n % 250)), 1);
    }
    assert_eq!(shop.coupons.len(), COUPONS_TRIED_MAX);
    let again = shop.coupons.clone();
    act(&mut shop, tried(3 * COUPONS_TRIED_MAX as u64 - 1, 1, "10.0.5.249"), 2);
    assert_eq!(shop.coupons.len(), again.len(), "the same attempt takes no second place");
}

fn by() -> Actor {
    Actor::Account(AgentNo(1))
}

fn hosts(hosts: &[&str], based_on: Option<u32>) -> Command {
    let settings = Settings { allowed_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), ..Settings::default() };
    Command::SetGuard { settings: Box::new(settings), by: by(), based_on }
}

fn words(words: &[&str], based_on: Option<u32>) -> Command {
    Command::SetWords { words: words.iter().map(|word| (*word).to_owned()).collect(), by: by(), based_on }
}

#[test]
fn a_shop_sets_its_guard_in_versions() {
    // SPEC: GRD-2, GRD-3, DIV-11
    let set = || vec![(1, hosts(&["a.example"], Some(0)))];
    check(shop(), vec![], (1, hosts(&["a.example"], None)), "guard 1 set |  | SettingsSet { version: 1 }");
    check(shop(), set(), (2, hosts(&["a.example"], Some(1))), " |  | SettingsSet { version: 1 }");
    check(shop(), set(), (2, hosts(&["b.example"], Some(0))), "refused: Outdated { now: 1 }");
    check(shop(), set(), (2, hosts(&["b.example"], Some(1))), "guard 2 set |  | SettingsSet { version: 2 }");
    check(shop(), vec![], (1, words(&[], None)), " |  | SettingsSet { version: 0 }");
    let set = || vec![(1, words(&["a", "bc"], Some(0)))];
    check(shop(), set(), (2, words(&["a", "bc"], None)), " |  | SettingsSet { version: 1 }");
    check(shop(), set(), (2, words(&["ab", "c"], None)), "words 2 set: ab,c |  | SettingsSet { version: 2 }");
    check(shop(), set(), (2, words(&["d"], Some(0))), "refused: Outdated { now: 1 }");
    check(shop(), set(), (2, words(&[], Some(1))), "words 2 set:  |  | SettingsSet { version: 2 }");
    let approve = || Command::SetApprovals {
        approvals: vec![Approval {
            campaign: "double eleven".into(),
            phrases: vec!["限时抢购".into()],
            from: Millis(1_790_000_000_000),
            to: Millis(1_790_100_000_000),
        }],
        by: Actor::Platform("p".into()),
    };
    check(shop(), vec![], (1, approve()), "1 approvals set |  | Done");
    check(shop(), vec![(1, approve())], (2, approve()), " |  | Done");
}

fn conduct(change: impl Fn(&mut Conduct)) -> platform::Command {
    let mut conduct = Box::new(Conduct::default());
    change(&mut conduct);
    platform::Command::SetConduct { conduct, by: by(), based_on: None }
}

fn fields(command: platform::Command) -> Vec<String> {
    match Platform::default().decide(command, Millis(1)) {
        Ok(_) => vec![],
        Err(Refusal::Faulty { faults }) => faults.into_iter().map(|fault| fault.field).collect(),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn what_the_platform_sets_of_conduct_is_checked_as_a_whole() {
    // SPEC: GRD-6, GRD-7, GRD-8
    check(Platform::default(), vec![(1, conduct(|_| {}))], (2, conduct(|_| {})), "conduct 2 set |  | SettingsSet { version: 2 }");
    let freeze = |ms| Step { freeze_ms: ms, ..Step::WARNING };
    let close = || Step { close: true, ..Step::WARNING };
    let rules = |change: fn(&mut Automation)| conduct(move |conduct| change(&mut conduct.automation));
    let bad: Vec<(platform::Command, &[&str])> = vec![
        (conduct(|c| c.ladder.clear()), &["ladder"]),
        (conduct(|c| c.ladder = vec![Step::WARNING; 11]), &["ladder"]),
        (conduct(move |c| c.ladder = vec![close(), freeze(1)]), &["ladder[0].close"]),
        (conduct(move |c| c.ladder = vec![freeze(366 * 24 * HOUR)]), &["ladder[0].freeze_ms"]),
        (conduct(move |c| c.ladder = vec![Step { review: true, ..freeze(1) }]), &["ladder[0]"]),
        (conduct(move |c| c.ladder = vec![Step { test: true, ..close() }]), &["ladder[0]"]),
        (conduct(|c| c.ladder = vec![Step { points: 1_001, ..Step::WARNING }]), &["ladder[0].points"]),
        (conduct(|c| c.throttled_per_min = 0), &["throttled_per_min"]),
        (conduct(|c| (c.review_days, c.coupon_buyers) = (31, 1)), &["review_days", "coupon_buyers"]),
        (conduct(|c| (c.review_days, c.coupon_window_ms) = (0, 0)), &["review_days", "coupon_window_ms"]),
        (conduct(|c| c.throttle_ms = u64::MAX), &["throttle_ms"]),
        (rules(|r| (r.rhythm_messages, r.rate_per_min) = (1, 0)), &["automation.rhythm_messages", "automation.rate_per_min"]),
        (rules(|r| r.rate_per_min = 1_000), &["automation.rate_per_min"]),
        (
            rules(|r| (r.same_text_buyers, r.signs_for_violation) = (1, 0)),
            &["automation.same_text_buyers", "automation.signs_for_violation"],
        ),
        (rules(|r| r.signs_for_violation = 5), &["automation.signs_for_violation"]),
    ];
    for (command, expected) in bad {
        let told = format!("{command:?}");
        assert_eq!(fields(command), expected, "{told}");
    }
    assert!(fields(conduct(move |c| c.ladder = vec![Step::WARNING, freeze(1), close()])).is_empty());
}

#[test]
fn a_bank_of_questions_is_checked_as_a_whole() {
    // SPEC: GRD-8
    let bank = |change: fn(&mut Vec<Question>)| {
        let mut questions = usual();
        change(&mut questions);
        platform::Command::SetQuestions { questions, by: by(), based_on: None }
    };
    let bad: Vec<(platform::Command, &[&str])> = vec![
        (bank(|_| {}), &[]),
        (bank(Vec::clear), &[]),
        (bank(|b| b.truncate(9)), &["questions"]),
        (bank(|b| b[2].right = 3), &["questions[2].right"]),
        (bank(|b| b[2].answers.truncate(1)), &["questions[2].answers"]),
        (bank(|b| b[2].answers = (0..7).map(|n| n.to_string()).collect()), &["questions[2].answers"]),
        (bank(|b| b[2].answers[1] = "  ".into()), &["questions[2].answers[1]"]),
        (bank(|b| b[2].answers[2] = b[2].answers[0].clone()), &["questions[2].answers[2]"]),
        (bank(|b| b[2].text = "x".repeat(501)), &["questions[2].text"]),
        (bank(|b| b[3].text = format!("{} ", b[2].text)), &["questions[3].text"]),
        (bank(|b| *b = (0..501).map(|n| Question { text: n.to_string(), ..b[0].clone() }).collect()), &["questions"]),
    ];
    for (command, expected) in bad {
        let told = format!("{command:?}");
        assert_eq!(fields(command), expected, "{told}");
    }
}
