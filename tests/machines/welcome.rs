//! Welcome texts 欢迎语: whose the dispatcher hands over, and that a conversation says them once, to the first who receives it.

use crate::floor::{Floor, arrival, quiet, rule, settings, to_groups};
use crate::{SCOPE, act};
use fenliu::domain::agent::{self, Agent};
use fenliu::domain::content::Saying;
use fenliu::domain::conversation::{self, Conversation, Handover, conversation_id};
use fenliu::domain::dispatcher::Command;
use fenliu::domain::diversion::{Greeting, Group, Settings, Welcome};
use fenliu::domain::event::{AgentSettings, Author, Event, Handing, RetryKey, Role};
use fenliu::domain::facts::Visit;
use fenliu::domain::guard::Guard;
use fenliu::domain::guard::record::Origin;
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::{Effect, Machine};

/// Group 1 receives whoever comes through `vip`; agent 1 is its only member, agent 2 is in no group.
fn shop(order: Greeting, group_welcome: &str) -> Floor {
    let welcome = Welcome { text: "shop".into(), order };
    let mut floor = Floor::new(Settings { welcome, rules: vec![rule("vip", to_groups(&[1]))], ..quiet() }, &[None]);
    let group = Group { name: "g".into(), capacity: None, welcome: group_welcome.into() };
    floor.tell(Command::Group { group: GroupNo(1), settings: group });
    floor.at_work(1, AgentSettings { welcome: "I am one".into(), ..settings(1, 9, &[(1, None)]) });
    floor
}

/// What goes with the decision about buyer 5, who comes through `entry`.
fn handed(floor: &mut Floor, entry: &str) -> Vec<String> {
    floor.now += 1;
    let mut arrival = arrival(5, floor.now);
    arrival.facts = crate::floor::through(entry);
    let told = floor.told(Command::Route { arrival, text: None }).expect("not refused");
    let welcome = told.effects.into_iter().find_map(|effect| match effect {
        Effect::Conversation(_, _, conversation::Command::Own { handover, .. } | conversation::Command::Queue { handover, .. }) => {
            Some(handover.welcome)
        }
        _ => None,
    });
    welcome.expect("the conversation is told")
}

#[test]
fn whose_welcome_is_said_is_a_setting() {
    // SPEC: TXT-4
    for (order, expected) in [
        (Greeting::TeamFirst, vec!["group", "I am one"]),
        (Greeting::OwnFirst, vec!["I am one", "group"]),
        (Greeting::TeamOnly, vec!["group"]),
        (Greeting::OwnOnly, vec!["I am one"]),
        (Greeting::None, vec![]),
    ] {
        assert_eq!(handed(&mut shop(order, "group"), "vip"), expected, "{order:?}");
    }
    assert_eq!(handed(&mut shop(Greeting::TeamFirst, ""), "vip"), ["shop", "I am one"], "a group without its own");
    assert_eq!(handed(&mut shop(Greeting::TeamFirst, "group"), "other"), ["shop", "I am one"], "received outside a group");
    let mut full = shop(Greeting::TeamFirst, "group");
    full.staff(1, settings(1, 0, &[(1, None)]));
    assert_eq!(handed(&mut full, "vip"), Vec::<String>::new(), "who waits is not welcomed yet");
}

fn set_welcome(welcome: String) -> agent::Command {
    agent::Command::SetWelcome { welcome, serves: true, guard: Guard::usual() }
}

#[test]
fn only_the_agent_sets_its_own() {
    // SPEC: TXT-4
    let mut me = Agent::new(SCOPE, AgentNo(1));
    let create = agent::Command::Create {
        login: "li".into(),
        name: "李".into(),
        password: "argon2".into(),
        role: Role::Agent,
        settings: settings(1, 5, &[]),
        serves: true,
    };
    act(&mut me, create, 1);
    let outcome = act(&mut me, set_welcome("您好".into()), 2);
    assert!(outcome.contains("tell staff"), "{outcome}");
    assert_eq!(act(&mut me, set_welcome("您好".into()), 3), " |  | Done");
    act(&mut me, agent::Command::Configure { settings: settings(3, 7, &[]), serves: true }, 4);
    assert_eq!((me.settings.weight, me.settings.welcome.as_str()), (3, "您好"));
    for bad in ["好".repeat(201), "a\tb".into()] {
        assert!(act(&mut me, set_welcome(bad), 5).starts_with("refused: Invalid { field: \"welcome\""));
    }
    act(&mut me, set_welcome(String::new()), 6);
    assert_eq!(me.settings.welcome, "");
}

fn own(agent: u32, how: Handing) -> conversation::Command {
    let welcome = vec![format!("team of {agent}"), format!("I am {agent}")];
    let handover = Handover { how, say: None, keywords: vec![], decision: 1, over_capacity: None, welcome, guard: Guard::usual() };
    conversation::Command::Own { reception: 1, agent: AgentNo(agent), group: None, handover }
}

/// What the system says when it is told, each with its number.
fn said(talk: &mut Conversation, command: conversation::Command, at: u64) -> Vec<(u64, String)> {
    let decision = talk.decide(command, Millis(at)).expect("not refused");
    decision.events.iter().for_each(|event| talk.apply(event));
    let said = decision.events.into_iter().filter_map(|event| match event {
        Event::MessageAdded { seq, author: Author::System, text, extra, owner, .. } => {
            assert_eq!((extra.and_then(|extra| extra.saying), owner), (Some(Saying::Welcome), talk.owner()));
            Some((seq, text))
        }
        _ => None,
    });
    said.collect()
}

fn opened() -> Conversation {
    let mut talk = Conversation::new(SCOPE, conversation_id(SCOPE, "b-1"));
    let send = conversation::Command::Send {
        buyer: "b-1".into(),
        name: "n".into(),
        visit: Visit::default(),
        asks: false,
        text: "在吗".into(),
        extra: None,
        retry: RetryKey { client_id: 1, body: 1 },
        desk: Default::default(),
    };
    act(&mut talk, send, 10);
    talk
}

#[test]
fn a_reception_is_welcomed_once() {
    // SPEC: TXT-4
    let mut talk = opened();
    assert_eq!(said(&mut talk, own(1, Handing::ByRule), 11), [(2, "team of 1".into()), (3, "I am 1".into())]);
    assert_eq!(talk.unread(), 1, "what the system says is no message of the buyer");
    assert_eq!(said(&mut talk, own(1, Handing::ByRule), 12), [], "the same again");
    assert_eq!(said(&mut talk, own(2, Handing::AfterNoAnswer), 13), [], "handed to a second agent");
    assert_eq!(said(&mut talk, own(3, Handing::ByPerson), 14), []);
}

#[test]
fn nobody_welcomes_a_buyer_who_is_told_that_nobody_is_there() {
    // SPEC: TXT-4, OFF-1
    let mut talk = opened();
    assert_eq!(said(&mut talk, own(1, Handing::OfflineWay), 11), []);
    assert_eq!(said(&mut talk, own(2, Handing::ByRule), 12).len(), 2, "the first who is there");
    let mut answered = opened();
    said(&mut answered, own(1, Handing::OfflineWay), 11);
    let retry = RetryKey { client_id: 2, body: 1 };
    act(
        &mut answered,
        conversation::Command::Answer {
            agent: AgentNo(1),
            text: "您好".into(),
            extra: None,
            retry,
            guard: Guard::usual(),
            origin: Origin::default(),
        },
        12,
    );
    assert_eq!(said(&mut answered, own(2, Handing::ByPerson), 13), [], "answered already");
}
