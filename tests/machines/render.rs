//! A decision in one short line: `events | effects | answer`.

use fenliu::domain::event::{Event, Heard};
use fenliu::domain::explain::Step;
use fenliu::domain::id::{AgentNo, GroupNo};
use fenliu::domain::refusal::Refusal;
use fenliu::domain::{Answer, Decision, Effect, Reply, agent, conversation, dispatcher, shop};

fn who(agent: &Option<AgentNo>) -> String {
    agent.map_or("nobody".into(), |a| format!("agent {}", a.0))
}

fn within(group: &Option<GroupNo>) -> String {
    group.map_or(String::new(), |g| format!(" in group {}", g.0))
}

pub fn event(event: &Event) -> String {
    match event {
        Event::MessageAdded { seq, at, author, owner, .. } => format!("message {seq} at {} by {author:?} for {}", at.0, who(owner)),
        Event::ReceptionOpened { reception, at, .. } => format!("reception {reception} opened at {}", at.0),
        Event::ReceptionOwned { reception, agent, group, from, .. } => {
            format!("reception {reception} owned by agent {}{} from {}", agent.0, within(group), who(from))
        }
        Event::ReceptionQueued { reception, group, from, .. } => {
            format!("reception {reception} queued{} from {}", within(group), who(from))
        }
        Event::ReceptionClosed { reception, by, owner, .. } => format!("reception {reception} of {} closed by {}", who(owner), who(by)),
        Event::RoundAnswered { agent, at, began, read, .. } => {
            format!("round {}–{} answered by agent {}, {read} read", began.0, at.0, agent.0)
        }
        Event::ReadByStaff { seq, by, read, .. } => format!("agent {} read {read} up to {seq}", by.0),
        Event::ReadByBuyer { seq, .. } => format!("buyer read up to {seq}"),
        Event::Routed { why, .. } => format!("routed to {}{} by {}", who(&why.chosen), within(&why.group), step(&why.step)),
        Event::AccountCreated { agent, login, .. } => format!("account {} {login} created", agent.0),
        Event::SettingsChanged { settings, .. } => format!("settings changed, enabled {}", settings.enabled),
        Event::PresenceChanged { presence, .. } => format!("{presence:?}"),
        Event::SessionOpened { token, .. } => format!("session {} opened", token[0]),
        Event::SessionEnded { token, .. } => format!("session {} ended", token[0]),
        Event::LogInFailed { .. } => "log-in failed".into(),
        Event::ShopCreated { shop, .. } => format!("shop {shop} created"),
        Event::LoginReserved { login, agent, .. } => format!("{login} reserved for agent {}", agent.0),
        Event::GroupSet { group, settings, .. } => format!("group {} set to {}", group.0, settings.name),
        Event::RulesSet { version, .. } => format!("rules {version} set"),
        Event::ShopListed { shop, number, .. } => format!("shop {shop} listed as {number}"),
        Event::Heard(Heard::Devices { devices }) => format!("{devices} devices"),
        other => format!("{other:?}"),
    }
}

pub fn step(step: &Step) -> String {
    match step {
        Step::ShopGate => "the shop gate".into(),
        Step::RecentContact { agent, substitute: false, .. } => format!("recent contact {}", agent.0),
        Step::RecentContact { agent, substitute: true, .. } => format!("recent contact {}'s colleague", agent.0),
        Step::Rule { index, .. } => format!("rule {index}"),
        Step::FallbackGroup { group } => format!("fallback group {}", group.0),
        Step::AnyAgent => "any agent".into(),
        Step::PassedToGroup { group } => format!("passed to group {}", group.0),
        Step::Transferred { by, over_capacity, .. } => {
            format!("transfer of {}{}", by.0, if *over_capacity { " over capacity" } else { "" })
        }
    }
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Dispatcher(_, dispatcher::Command::Route(arrival)) => match arrival.recent {
            Some((agent, at)) => format!("route {} (agent {} at {})", arrival.reception, agent.0, at.0),
            None => format!("route {}", arrival.reception),
        },
        Effect::Dispatcher(_, dispatcher::Command::Closed { reception, .. }) => format!("tell {reception} closed"),
        Effect::Dispatcher(_, dispatcher::Command::Unanswered { unanswered, .. }) => format!("tell unanswered {unanswered}"),
        Effect::Dispatcher(_, dispatcher::Command::Transfer { to, .. }) => format!("ask transfer to {to:?}"),
        Effect::Dispatcher(_, dispatcher::Command::Present { presence, .. }) => format!("tell {presence:?}"),
        Effect::Dispatcher(_, dispatcher::Command::Staff { .. }) => "tell staff".into(),
        Effect::Dispatcher(_, dispatcher::Command::Group { .. }) => "tell group".into(),
        Effect::Dispatcher(_, dispatcher::Command::Rules { .. }) => "tell rules".into(),
        Effect::Conversation(_, _, conversation::Command::Own { agent, .. }) => format!("own by agent {}", agent.0),
        Effect::Conversation(_, _, conversation::Command::Queue { .. }) => "queue".into(),
        Effect::Agent(_, agent, agent::Command::Create { .. }) => format!("create account {}", agent.0),
        Effect::Agent(_, agent, agent::Command::Configure { .. }) => format!("configure account {}", agent.0),
        Effect::Shop(scope, shop::Command::Create { .. }) => format!("create shop {}", scope.number()),
        other => format!("{other:?}"),
    }
}

fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Accepted { seq, at, repeated, .. } => format!("accepted {seq} at {}{}", at.0, if *repeated { " again" } else { "" }),
        Reply::SessionOpened { agent, expires } => format!("session of agent {} to {}", agent.0, expires.0),
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
