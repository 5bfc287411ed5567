//! A dispatcher and its conversations, each told what the other does: for what only the two together can show.

use crate::SCOPE;
use crate::floor::{Floor, buyer, number};
use crate::render::event;
use fenliu::domain::conversation::{Command, Conversation};
use fenliu::domain::dispatcher::{self, Dispatcher, Kept, TransferTo};
use fenliu::domain::diversion::{Group, Settings};
use fenliu::domain::event::{AgentSettings, Event, Presence, RetryKey};
use fenliu::domain::facts::Visit;
use fenliu::domain::guard::Guard;
use fenliu::domain::guard::record::Origin;
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use fenliu::domain::{Answer, Effect, Machine, agent};
use std::collections::{BTreeMap, VecDeque};

pub struct Inbox {
    pub floor: Floor,
    pub talks: BTreeMap<ConversationId, Conversation>,
    settings: Settings,
    groups: Vec<Group>,
    staff: BTreeMap<AgentNo, AgentSettings>,
    sent: u64,
}

impl Inbox {
    pub fn new(settings: Settings, groups: &[Option<u32>]) -> Inbox {
        let named = groups.iter().map(|capacity| Group { name: "g".into(), capacity: *capacity, welcome: String::new() }).collect();
        let floor = Floor::new(settings.clone(), groups);
        Inbox { floor, talks: BTreeMap::new(), settings, groups: named, staff: BTreeMap::new(), sent: 0 }
    }

    pub fn at_work(&mut self, agent: u32, settings: AgentSettings) -> String {
        self.staff.insert(AgentNo(agent), settings.clone());
        self.ask(dispatcher::Command::Staff { agent: AgentNo(agent), settings, post: Default::default() });
        self.present(agent, Presence::Online)
    }

    pub fn present(&mut self, agent: u32, presence: Presence) -> String {
        self.ask(dispatcher::Command::Present { agent: AgentNo(agent), presence })
    }

    /// The dispatcher is told something; what its conversations then write down.
    pub fn ask(&mut self, command: dispatcher::Command) -> String {
        match self.floor.told(command) {
            Ok(told) => {
                let forwarded = if let Some(Answer::Forward(effect)) = told.answer { Some(*effect) } else { None };
                self.deliver(forwarded.into_iter().chain(told.effects).collect()).join("; ")
            }
            Err(refusal) => format!("refused: {refusal:?}"),
        }
    }

    /// Carries effects out until there are none.
    pub fn deliver(&mut self, effects: Vec<Effect>) -> Vec<String> {
        let mut left = VecDeque::from(effects);
        let mut written = Vec::new();
        while let Some(effect) = left.pop_front() {
            match effect {
                Effect::Conversation(_, conversation, command) => {
                    let (lines, effects) = self.hear(conversation, command);
                    written.extend(lines);
                    left.extend(effects);
                }
                Effect::Dispatcher(_, command) => match self.floor.told(command) {
                    Ok(told) => {
                        left.extend(if let Some(Answer::Forward(effect)) = told.answer { Some(*effect) } else { None });
                        left.extend(told.effects);
                    }
                    Err(refusal) => written.push(format!("refused: {refusal:?}")),
                },
                Effect::Agent(_, agent, agent::Command::Suspend) => {
                    let told = self.floor.told(dispatcher::Command::Present { agent, presence: Presence::Suspended });
                    left.extend(told.expect("presence is never refused").effects);
                }
                Effect::Agent(_, _, agent::Command::Said { .. }) => {}
                other => panic!("not of an inbox: {other:?}"),
            }
        }
        written
    }

    fn hear(&mut self, conversation: ConversationId, command: Command) -> (Vec<String>, Vec<Effect>) {
        let talk = self.talks.entry(conversation).or_insert_with(|| Conversation::new(SCOPE, conversation));
        let decision = match talk.decide(command, Millis(self.floor.now)) {
            Ok(decision) => decision,
            Err(refusal) => return (vec![format!("refused: {refusal:?}")], vec![]),
        };
        let mut lines = Vec::new();
        for happened in &decision.events {
            talk.apply(happened);
            if !matches!(happened, Event::MessageAdded { .. }) {
                lines.push(format!("{}: {}", number(conversation), event(happened)));
            }
        }
        let mut effects = decision.effects;
        if let Answer::Forward(effect) = decision.answer {
            effects.push(*effect);
        }
        (lines, effects)
    }

    pub fn tell(&mut self, of: u64, command: Command) -> String {
        let (mut lines, effects) = self.hear(buyer(of), command);
        lines.extend(self.deliver(effects));
        lines.join("; ")
    }

    pub fn send(&mut self, of: u64, text: &str) -> String {
        self.sent += 1;
        let retry = RetryKey { client_id: self.sent, body: 1 };
        let (visit, name) = (Visit::default(), String::new());
        self.tell(
            of,
            Command::Send {
                buyer: of.to_string(),
                name,
                visit,
                asks: false,
                text: text.into(),
                retry,
                extra: None,
                desk: Default::default(),
            },
        )
    }

    pub fn answer(&mut self, of: u64, agent: u32) -> String {
        self.sent += 1;
        let retry = RetryKey { client_id: self.sent, body: 1 };
        self.tell(
            of,
            Command::Answer {
                agent: AgentNo(agent),
                text: "在的".into(),
                retry,
                extra: None,
                guard: Guard::usual(),
                origin: Origin::default(),
            },
        )
    }

    pub fn transfer(&mut self, of: u64, by: u32, to: TransferTo) -> String {
        self.tell(
            of,
            Command::Transfer {
                by: AgentNo(by),
                oversees: true,
                to,
                reason: "r".into(),
                note: "".into(),
                guard: Guard::usual(),
                origin: Origin::default(),
            },
        )
    }

    /// Time passes; what the conversations write down meanwhile.
    pub fn after(&mut self, ms: u64) -> String {
        let end = self.floor.now + ms;
        let mut written = Vec::new();
        while let Some(due) = self.floor.dispatcher.deadline().filter(|due| *due <= Millis(end)) {
            self.floor.now = self.floor.now.max(due.0);
            written.push(self.ask(dispatcher::Command::Wake));
        }
        self.floor.now = end;
        written.retain(|line| !line.is_empty());
        written.join("; ")
    }

    /// What a restart would make of what is stored, everybody as present as they are.
    pub fn restarted(&self) -> Floor {
        let kept = Kept {
            settings: Box::new(self.settings.clone()),
            version: 1,
            schedule_at: Millis(crate::floor::OPENS),
            groups: self.groups.clone(),
            agents: self.staff.iter().map(|(agent, settings)| (*agent, settings.clone(), Default::default())).collect(),
            open: self.talks.values().filter(|talk| talk.open.is_some()).cloned().collect(),
            ..Kept::default()
        };
        let mut floor = Floor { dispatcher: Dispatcher::restore(SCOPE, kept), now: self.floor.now };
        for (agent, seat) in self.floor.dispatcher.view().agents {
            floor.present(agent.0, seat.presence);
        }
        floor
    }
}
