//! A shop's floor for the tests: a dispatcher, its clock, and what people do in front of it.

use crate::render::step;
use crate::{HOUR, SCOPE};
use fenliu::domain::Machine;
use fenliu::domain::dispatcher::{Command, Dispatcher, TransferTo};
use fenliu::domain::diversion::{Group, Rule, Rules, Target};
use fenliu::domain::event::{AgentSettings, Arrival, Event, Presence};
use fenliu::domain::explain::{Exclusion, Explanation};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use fenliu::domain::refusal::Refusal;

/// When the floor opens: later than any window back from it.
pub const OPENS: u64 = 1_000 * HOUR;

pub struct Floor {
    pub dispatcher: Dispatcher,
    pub now: u64,
}

/// Buyer `number`'s conversation.
pub fn buyer(number: u64) -> ConversationId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    ConversationId(id)
}

/// A buyer who has never been here.
pub fn arrival(number: u64, now: u64) -> Arrival {
    Arrival {
        conversation: buyer(number),
        reception: 1,
        arrived: Millis(now),
        entry: "".into(),
        group: None,
        recent: None,
        unanswered: true,
    }
}

pub fn settings(weight: u32, capacity: u32, groups: &[(u32, Option<u32>)]) -> AgentSettings {
    AgentSettings { weight, capacity, groups: groups.iter().map(|(g, c)| (GroupNo(*g), *c)).collect(), enabled: true }
}

pub fn rule(entry: &str, target: Target) -> Rule {
    Rule { name: entry.into(), entry: Some(entry.into()).filter(|e: &String| !e.is_empty()), target }
}

pub fn to_groups(groups: &[u32]) -> Target {
    Target::Groups(groups.iter().map(|g| GroupNo(*g)).collect())
}

pub fn to_agents(agents: &[u32]) -> Target {
    Target::Agents(agents.iter().map(|a| AgentNo(*a)).collect())
}

/// `buyer 3 → agent 1 by any agent`: one line per decision.
fn line(arrival: &Arrival, why: &Explanation) -> String {
    let number = u64::from_be_bytes(arrival.conversation.0[8..].try_into().expect("eight bytes"));
    let chosen = why.chosen.map_or("queue".into(), |a| a.0.to_string());
    let group = why.group.map_or(String::new(), |g| format!(" in group {}", g.0));
    format!("{number} → {chosen}{group} by {}", step(&why.step))
}

impl Floor {
    /// Groups with their limits.
    pub fn new(rules: Rules, groups: &[Option<u32>]) -> Floor {
        let groups =
            groups.iter().enumerate().map(|(i, capacity)| Group { name: format!("group {}", i + 1), capacity: *capacity }).collect();
        Floor { dispatcher: Dispatcher::restore(SCOPE, rules, 1, groups, Vec::new(), Vec::new()), now: OPENS }
    }

    /// The decisions one command leads to, its follow-ups included.
    pub fn decisions(&mut self, command: Command) -> Result<Vec<(Arrival, Explanation)>, Refusal> {
        let mut routed = Vec::new();
        let mut next = Some(command);
        while let Some(command) = next {
            let decision = self.dispatcher.decide(command, Millis(self.now))?;
            for event in decision.events {
                self.dispatcher.apply(&event);
                if let Event::Routed { arrival, why } = event {
                    routed.push((arrival, why));
                }
            }
            next = self.dispatcher.follow_up();
        }
        Ok(routed)
    }

    /// The same, one line each.
    pub fn tell(&mut self, command: Command) -> String {
        match self.decisions(command) {
            Ok(routed) => routed.iter().map(|(arrival, why)| line(arrival, why)).collect::<Vec<_>>().join("; "),
            Err(refusal) => format!("refused: {refusal:?}"),
        }
    }

    pub fn staff(&mut self, agent: u32, settings: AgentSettings) -> String {
        self.tell(Command::Staff { agent: AgentNo(agent), settings })
    }

    pub fn present(&mut self, agent: u32, presence: Presence) -> String {
        self.tell(Command::Present { agent: AgentNo(agent), presence })
    }

    /// An agent at work.
    pub fn at_work(&mut self, agent: u32, settings: AgentSettings) -> String {
        self.staff(agent, settings);
        self.present(agent, Presence::Online)
    }

    /// A new buyer.
    pub fn arrive(&mut self, number: u64) -> String {
        self.now += 1;
        self.arrive_as(arrival(number, self.now))
    }

    pub fn arrive_by(&mut self, number: u64, entry: &str) -> String {
        self.now += 1;
        self.arrive_as(Arrival { entry: entry.into(), ..arrival(number, self.now) })
    }

    /// A buyer with whom `agent` last spoke `age_ms` ago.
    pub fn arrive_again(&mut self, number: u64, agent: u32, age_ms: u64) -> String {
        self.now += 1;
        self.arrive_as(Arrival { recent: Some((AgentNo(agent), Millis(self.now - age_ms))), ..arrival(number, self.now) })
    }

    pub fn arrive_as(&mut self, arrival: Arrival) -> String {
        self.tell(Command::Route(arrival))
    }

    pub fn close(&mut self, number: u64) -> String {
        self.tell(Command::Closed { conversation: buyer(number), reception: 1 })
    }

    pub fn unanswered(&mut self, number: u64, unanswered: bool) -> String {
        self.tell(Command::Unanswered { conversation: buyer(number), reception: 1, unanswered })
    }

    pub fn transfer(&mut self, number: u64, by: u32, to: TransferTo) -> String {
        self.tell(Command::Transfer { conversation: buyer(number), reception: 1, by: AgentNo(by), to, reason: "r".into(), note: "".into() })
    }

    /// The clock: time passes, and whoever wants to be woken is.
    pub fn after(&mut self, ms: u64) -> String {
        self.now += ms;
        let mut told = Vec::new();
        while self.dispatcher.deadline().is_some_and(|due| due <= Millis(self.now)) {
            told.push(self.tell(Command::Wake));
        }
        told.retain(|line| !line.is_empty());
        told.join("; ")
    }

    pub fn load(&self, agent: u32) -> u32 {
        self.dispatcher.load(AgentNo(agent))
    }

    /// What the decision about a new buyer saw: (agent, why not).
    pub fn excluded(&mut self, arrival: Arrival) -> Vec<(u32, Option<Exclusion>)> {
        let routed = self.decisions(Command::Route(arrival)).expect("routed");
        routed[0].1.seen.iter().map(|s| (s.agent.0, s.excluded)).collect()
    }
}
