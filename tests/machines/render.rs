//! A decision in one short line: `events | effects | answer`.

use crate::floor::{MINUTE, OPENS};
use fenliu::domain::conversation::{Handover, Say};
use fenliu::domain::event::{Arrival, Conducted, Event, Handing, Heard, Limited, PlatformChange, Ruling};
use fenliu::domain::explain::{Closed, Outcome, Step};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::offline::{Firing, Operator, Run};
use fenliu::domain::quarter::read_in_all;
use fenliu::domain::refusal::Refusal;
use fenliu::domain::{Answer, Decision, Effect, Reply, agent, conversation, dispatcher, shop};

fn who(agent: &Option<AgentNo>) -> String {
    agent.map_or("nobody".into(), |a| format!("agent {}", a.0))
}

fn within(group: &Option<GroupNo>) -> String {
    group.map_or(String::new(), |g| format!(" in group {}", g.0))
}

fn how(how: &Handing) -> &'static str {
    match how {
        Handing::ByRule => "",
        Handing::ByPerson => ", by a person",
        Handing::AfterNoAnswer => ", after no answer",
        Handing::OfflineWay => ", the offline way",
    }
}

pub fn event(event: &Event) -> String {
    match event {
        Event::MessageAdded { seq, at, author, owner, .. } => format!("message {seq} at {} by {author:?} for {}", at.0, who(owner)),
        Event::ReceptionOpened { reception, at, asked, .. } => {
            format!("reception {reception} opened at {}{}", at.0, if *asked { ", asking for a person" } else { "" })
        }
        Event::OpenedUnseen { reception, at, .. } => format!("reception {reception} opened unseen at {}", at.0),
        Event::ReceptionOwned { reception, agent, group, from, how: h, .. } => {
            format!("reception {reception} owned by agent {}{} from {}{}", agent.0, within(group), who(from), how(h))
        }
        Event::ReceptionQueued { reception, group, from, how: h, ahead, .. } => {
            format!("reception {reception} queued{} behind {ahead} from {}{}", within(group), who(from), how(h))
        }
        Event::ReceptionPooled { reception, from, how: h, .. } => format!("reception {reception} pooled from {}{}", who(from), how(h)),
        Event::ReceptionClosed { reception, by, owner, unanswered, .. } => {
            let left = unanswered.map_or(String::new(), |left| format!(", round {} left by {}", left.began.0, who(&left.charged)));
            format!("reception {reception} of {} closed by {}{left}", who(owner), who(by))
        }
        Event::RoundAnswered { agent, at, began, read, charged, late, .. } => {
            let charged = if charged == agent { String::new() } else { format!(", charged to agent {}", charged.0) };
            let read = read_in_all(read);
            format!("round {}–{} answered by agent {}, {read} read{charged}{}", began.0, at.0, agent.0, if *late { ", late" } else { "" })
        }
        Event::ReadByStaff { seq, by, read, .. } => format!("agent {} read {} up to {seq}", by.0, read_in_all(read)),
        Event::RoundWithdrawn { began, at, .. } => format!("round {} withdrawn at {}", began.0, at.0),
        Event::Limit { at, owner, what, .. } => limit(*at, owner, what),
        Event::DeskWork { what, .. } => format!("{what:?}"),
        Event::ReadByBuyer { seq, .. } => format!("buyer read up to {seq}"),
        Event::IntentFound { keywords, .. } => format!("intent {}", keywords.join(",")),
        Event::PersonAsked { at, .. } => format!("person asked for at {}", at.0),
        Event::ProfileSet { buyer, .. } => format!("profile of {buyer} set"),
        Event::OrderNoted { order, state, at, .. } => format!("order {order} {state:?} at {}", at.0),
        Event::Routed { why, .. } => {
            let to = match why.outcome {
                Outcome::Owned(agent) => who(&Some(agent)),
                other => format!("{other:?}"),
            };
            format!("routed to {to}{} by {}", within(&why.group), step(&why.step))
        }
        Event::PoolAssigned { run: record } => run(record),
        Event::AccountCreated { agent, login, .. } => format!("account {} {login} created", agent.0),
        Event::RoleSet { role, .. } => format!("role set to {role:?}"),
        Event::TextCaught { caught } => format!("{:?} by {:?} caught: {:?}", caught.text, caught.by, caught.ground),
        Event::Conduct { what: Conducted::Violated { penalty, by, .. }, .. } => {
            format!("violation {}{}", penalty.no, if by.is_some() { " by a person" } else { "" })
        }
        Event::Conduct { at, what: Conducted::Lifted, .. } => format!("lifted at {}", at.0),
        Event::Conduct { what: Conducted::TestDrawn { questions }, .. } => format!("{} questions drawn", questions.len()),
        Event::Conduct { what: Conducted::TestTaken { points }, .. } => format!("test taken: {points}"),
        Event::Conduct { what: Conducted::UndertakingGiven { undertaking }, .. } => {
            format!("undertaking, due {}, records from {}", undertaking.due.0, undertaking.records_from.0)
        }
        Event::Conduct { what: Conducted::Reviewed { lifted, .. }, .. } => format!("reviewed, lifted: {lifted}"),
        Event::Conduct { at, what: Conducted::SentSlowly { .. }, .. } => format!("slowly at {}", at.0),
        Event::Conduct { what: Conducted::Flagged { signs }, .. } => format!("flagged: {signs:?}"),
        Event::CouponTried { agent, violates, .. } => {
            format!("coupon of agent {}{}", agent.0, if *violates { ", one too many" } else { "" })
        }
        Event::Ruled { version, what: Ruling::Guard { .. }, .. } => format!("guard {version} set"),
        Event::Ruled { version, what: Ruling::Words { words }, .. } => format!("words {version} set: {}", words.join(",")),
        Event::Ruled { what: Ruling::Approvals { approvals }, .. } => format!("{} approvals set", approvals.len()),
        Event::Ruled { version, what: Ruling::Conduct { .. }, .. } => format!("conduct {version} set"),
        Event::Ruled { version, what: Ruling::Questions { .. }, .. } => format!("questions {version} set"),
        Event::Heard(Heard::Answered(_)) => "noticed".into(),
        Event::DeskSet { version, .. } => format!("desk {version} set"),
        Event::SettingsChanged { settings, .. } => format!("settings changed, enabled {}", settings.enabled),
        Event::PresenceChanged { presence, .. } => format!("{presence:?}"),
        Event::SessionOpened { token, .. } => format!("session {} opened", token[0]),
        Event::SessionEnded { token, .. } => format!("session {} ended", token[0]),
        Event::LogInFailed { .. } => "log-in failed".into(),
        Event::ShopCreated { shop, .. } => format!("shop {shop} created"),
        Event::LoginReserved { login, agent, .. } => format!("{login} reserved for agent {}", agent.0),
        Event::GroupSet { group, settings, .. } => format!("group {} set to {}", group.0, settings.name),
        Event::SettingsSet { version, rolled_back_to, .. } => {
            format!("settings {version} set{}", rolled_back_to.map_or(String::new(), |to| format!(" as in {to}")))
        }
        Event::Audited { .. } => "audited".into(),
        Event::OrderReported { report, .. } => format!("order {} reported", report.order),
        Event::Suggested(suggested) => {
            let offer = &suggested.offer;
            format!(
                "suggestion {} for message {} at {} to {}{}",
                offer.no,
                offer.for_seq,
                offer.at.0,
                who(&suggested.owner),
                within(&suggested.group)
            )
        }
        Event::SuggestionSettled(settled) => {
            format!("suggestion {} of {} {:?} by {}", settled.offer, who(&settled.owner), settled.fate, who(&settled.by))
        }
        Event::Platform { what: PlatformChange::ShopListed { shop, number }, .. } => format!("shop {shop} listed as {number}"),
        Event::Platform { what, .. } => format!("{what:?}"),
        Event::Heard(Heard::Devices { devices }) => format!("{devices} devices"),
        Event::Heard(Heard::Staff { agent, .. }) => format!("agent {} known", agent.0),
        Event::Heard(Heard::Role { agent, .. }) => format!("agent {} has its role", agent.0),
        other => format!("{other:?}"),
    }
}

fn limit(at: Millis, owner: &Option<AgentNo>, what: &Limited) -> String {
    match what {
        Limited::TimedOut { began, charged, .. } => format!("round {} timed out at {}, charged to {}", began.0, at.0, who(charged)),
        Limited::Warned { began, .. } => format!("{} warned of round {} at {}", who(owner), began.0, at.0),
        Limited::Reminded { began, .. } => format!("reminded of round {} at {}", began.0, at.0),
        Limited::Escalated { since, unread, .. } => format!("{unread} unread since {} escalated at {}", since.0, at.0),
    }
}

pub fn step(step: &Step) -> String {
    match step {
        Step::Offline { why, .. } => match why {
            Closed::NobodyOnline => "nobody online".into(),
            Closed::QueueFull => "a full queue".into(),
            Closed::WaitedTooLong => "a long wait".into(),
        },
        Step::RecentContact { agent, substitute: false, .. } => format!("recent contact {}", agent.0),
        Step::RecentContact { agent, substitute: true, .. } => format!("recent contact {}'s colleague", agent.0),
        Step::Dedicated { agent } => format!("dedicated {}", agent.0),
        Step::Scope { by, groups, .. } => {
            let groups: Vec<String> = groups.iter().map(|g| g.0.to_string()).collect();
            format!("scope {by:04b} of {}", groups.join(","))
        }
        Step::Rule { index, .. } => format!("rule {index}"),
        Step::FallbackGroup { group } => format!("fallback group {}", group.0),
        Step::AnyAgent => "any agent".into(),
        Step::PassedToGroup { group } => format!("passed to group {}", group.0),
        Step::PassedToAgent => "passed to an agent".into(),
        Step::Given => "given targets".into(),
    }
}

/// The time of day in Shanghai, on the floor's days.
fn clock(at: &Millis) -> String {
    let minute = (at.0 - OPENS) / MINUTE;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `slot 09:00: 3 pooled, 3 eligible, 2 taken, 1 heads; 1×2; NoCapacity×1`.
pub fn run(run: &Run) -> String {
    let firing = match (&run.firing, run.operator) {
        (Firing::Slot(slot), _) => format!("slot {}", clock(slot)),
        (Firing::Late(slot), _) => format!("late slot {}", clock(slot)),
        (Firing::Missed { first, last, slots: 1 }, _) if first == last => return format!("missed {}", clock(first)),
        (Firing::Missed { first, last, slots }, _) => return format!("missed {slots} from {} to {}", clock(first), clock(last)),
        (Firing::ByHand, Operator::Account(agent)) => format!("by hand of {}", agent.0),
        (Firing::ByHand, Operator::System) => "by no hand".into(),
    };
    let assigned: String = run.assigned.iter().map(|(agent, count)| format!("; {}×{count}", agent.0)).collect();
    let failures: String = run.failures.iter().map(|(why, count)| format!("; {why:?}×{count}")).collect();
    let (pooled, eligible, taken, heads) = (run.pooled, run.eligible, run.taken, run.heads);
    format!("{firing}: {pooled} pooled, {eligible} eligible, {taken} taken, {heads} heads{assigned}{failures}")
}

fn say(handover: &Handover) -> String {
    match &handover.say {
        None => String::new(),
        Some(Say::Transferred(reason)) => format!(" saying transferred {reason}"),
        Some(Say::OfflineAssigned) => " saying assigned".into(),
        Some(Say::OffHours(_)) => " saying off hours".into(),
    }
}

fn route(arrival: &Arrival) -> String {
    let recent = arrival.recent.map_or(String::new(), |(agent, at)| format!(" (agent {} at {})", agent.0, at.0));
    format!("route {}{recent}", arrival.reception)
}

pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Dispatcher(_, dispatcher::Command::Route { arrival, .. }) => route(arrival),
        Effect::Dispatcher(_, dispatcher::Command::Closed { reception, .. }) => format!("tell {reception} closed"),
        Effect::Dispatcher(_, dispatcher::Command::Round { unanswered, asked, .. }) => {
            let asked = asked.map_or(String::new(), |at| format!(", person asked for at {}", at.0));
            format!("tell {}{asked}", unanswered.map_or("answered".into(), |at| format!("unanswered since {}", at.0)))
        }
        Effect::Dispatcher(_, dispatcher::Command::Transfer { to, .. }) => format!("ask transfer to {to:?}"),
        Effect::Dispatcher(_, dispatcher::Command::Present { presence, .. }) => format!("tell {presence:?}"),
        Effect::Dispatcher(_, dispatcher::Command::Staff { post, .. }) => format!("tell staff{}", if post.main { " (main)" } else { "" }),
        Effect::Dispatcher(_, dispatcher::Command::Group { .. }) => "tell group".into(),
        Effect::Dispatcher(_, dispatcher::Command::Settings { version, .. }) => format!("tell settings {version}"),
        Effect::Conversation(_, _, conversation::Command::Own { agent, handover, .. }) => {
            format!("own by agent {}{}{}", agent.0, how(&handover.how), say(handover))
        }
        Effect::Conversation(_, _, conversation::Command::Queue { ahead, handover, .. }) => {
            format!("queue behind {ahead}{}{}", how(&handover.how), say(handover))
        }
        Effect::Conversation(_, _, conversation::Command::Pool { handover, .. }) => format!("pool{}{}", how(&handover.how), say(handover)),
        Effect::Conversation(_, _, conversation::Command::NoteOrder { order, state, .. }) => format!("note order {order} {state:?}"),
        Effect::Agent(_, agent, agent::Command::Create { .. }) => format!("create account {}", agent.0),
        Effect::Agent(_, agent, agent::Command::Configure { .. }) => format!("configure account {}", agent.0),
        Effect::Agent(_, agent, agent::Command::SetRole { role, .. }) => format!("set role of account {} to {role:?}", agent.0),
        Effect::Agent(_, agent, agent::Command::Serves { serves }) => format!("account {} serves: {serves}", agent.0),
        Effect::Agent(_, agent, agent::Command::Said { .. }) => format!("agent {} has said it", agent.0),
        Effect::Agent(_, agent, agent::Command::Suspend) => format!("suspend agent {}", agent.0),
        Effect::Agent(_, agent, agent::Command::Violate { .. }) => format!("charge agent {}", agent.0),
        Effect::Conversation(_, _, conversation::Command::Answer { agent, .. }) => format!("answer of agent {}", agent.0),
        Effect::Shop(_, shop::Command::AskServes { agent }) => format!("ask whether agent {} serves", agent.0),
        Effect::Shop(scope, shop::Command::Create { .. }) => format!("create shop {}", scope.number()),
        other => format!("{other:?}"),
    }
}

fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Accepted { seq, at, repeated, .. } => format!("accepted {seq} at {}{}", at.0, if *repeated { " again" } else { "" }),
        Reply::SessionOpened { agent, expires } => format!("session of agent {} to {}", agent.0, expires.0),
        Reply::Suggested { no, at, repeated } => format!("suggested {no} at {}{}", at.0, if *repeated { " again" } else { "" }),
        Reply::Tested { points } => format!("{points} points"),
        other => format!("{other:?}"),
    }
}

/// See the module.
pub fn outcome(decided: &Result<Decision, Refusal>) -> String {
    let decision = match decided {
        Ok(decision) => decision,
        Err(refusal) => return format!("refused: {refusal:?}"),
    };
    let events: Vec<String> = decision.events.iter().map(event).collect();
    let effects: Vec<String> = decision.effects.iter().map(effect).collect();
    let answer = match &decision.answer {
        Answer::Reply(told) => reply(told),
        Answer::Forward(on) => format!("forward: {}", effect(on)),
    };
    format!("{} | {} | {answer}", events.join("; "), effects.join("; "))
}
