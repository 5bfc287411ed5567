//! The reference model of the dispatcher: SPEC sections 3 and 4 in the plainest words, for comparison.
//!
//! A list of people, a list of receptions, and nothing derived: loads, turns and deadlines are counted anew whenever they are asked for.
//! It shares no code with the dispatcher but the words they speak in, and must never be made fast.

use fenliu::domain::conversation::{self, Conversation};
use fenliu::domain::dispatcher::{Kept, Results, Roster, Seat};
use fenliu::domain::diversion::{Group, Settings, Strategy};
use fenliu::domain::event::{AgentSettings, Arrival, Handing, Post, Presence, Turn};
use fenliu::domain::explain::{Cause, Outcome, Seen, Step};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use fenliu::domain::offline::Run;
use fenliu::domain::refusal::Refusal;

/// Weighted time of one reception at weight 1; every weight in the histories divides it.
const UNIT: u64 = 60;

/// A fault planted in the model, which the comparison must find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// An agent takes one more than its capacity.
    CapacityOffByOne,
    /// The last who came is served first.
    QueueReversed,
    WeightIgnored,
    BusyIgnored,
    /// Who missed a reception is asked for it again (DIV-7).
    MissedAskedAgain,
    ScopeSkipped,
    /// DIV-1.2 knows no windows.
    RecentWithoutEnd,
    /// A run takes everything (OFF-4).
    SlotWithoutCap,
    /// The gate is never closed.
    GateOpen,
    /// Nobody is taken to have gone (DIV-6).
    GraceWithoutEnd,
    /// Who may not serve keeps whom it has (GRD-8).
    BarredKeeps,
    /// Limits within groups do not bind.
    GroupLimitsIgnored,
}

/// Until when somebody who is offline may come back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Until {
    /// It begins when the clock first looks at the shop after a restart.
    FirstLook,
    At(Millis),
}

#[derive(Clone, Debug)]
pub struct Person {
    pub no: AgentNo,
    pub settings: AgentSettings,
    pub post: Post,
    pub presence: Presence,
    pub grace: Option<Until>,
    /// In a row (DIV-7).
    pub misses: u32,
    /// Where its last reception ended, in weighted time (DIV-3).
    pub finish: u64,
    /// The number of its last reception, counted over the shop.
    pub received: u64,
}

impl Person {
    /// Online, not suspended, enabled.
    pub fn at_work(&self) -> bool {
        self.settings.enabled && self.presence == Presence::Online
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub agent: AgentNo,
    pub group: Option<GroupNo>,
    pub since: Millis,
    pub answered: bool,
    pub offline_way: bool,
    /// When the agent last missed it and kept it, because there was nobody else (DIV-7).
    pub missed_at: Millis,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Queued {
        since: Millis,
    },
    /// Its agent is away: it looks for another at once.
    Leaving {
        from: AgentNo,
    },
    Pooled,
    Owned(Held),
}

#[derive(Clone, Debug)]
pub struct Talk {
    pub arrival: Arrival,
    pub place: Place,
}

impl Talk {
    pub fn held(&self) -> Option<&Held> {
        if let Place::Owned(held) = &self.place { Some(held) } else { None }
    }
    pub fn owner(&self) -> Option<AgentNo> {
        self.held().map(|held| held.agent)
    }
    pub fn queued(&self) -> bool {
        matches!(self.place, Place::Queued { .. })
    }
    pub fn turn(&self) -> Turn {
        (self.arrival.priority, self.arrival.arrived, self.arrival.conversation)
    }
}

/// Within whom one is looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Among {
    Groups(Vec<GroupNo>),
    Agents(Vec<AgentNo>),
    Everyone,
}

/// The step that applies, and whom it found.
#[derive(Clone, Debug)]
pub struct Found {
    pub step: Step,
    pub among: Among,
    pub choice: Option<(AgentNo, Option<GroupNo>)>,
}

/// One decision: what is expected of [`fenliu::domain::event::Event::Routed`] and of what the conversation is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed {
    pub arrival: Arrival,
    pub at: Millis,
    pub cause: Cause,
    pub step: Step,
    pub from: Option<AgentNo>,
    pub outcome: Outcome,
    pub group: Option<GroupNo>,
    pub strategy: Strategy,
    pub queue_len: u32,
    /// By number.
    pub seen: Vec<Seen>,
    pub how: Handing,
    /// Of one who waits.
    pub ahead: Option<u32>,
}

/// What is seen from outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Did {
    Routed(Box<Routed>),
    Recorded(Box<Run>),
    Suspended(AgentNo),
}

/// What the caller is told.
pub type Answer = Result<Option<Results>, Refusal>;

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub fault: Fault,
    pub settings: Settings,
    pub version: u32,
    /// Group n is at n − 1.
    pub groups: Vec<Group>,
    pub people: Vec<Person>,
    pub talks: Vec<Talk>,
    /// Where the last receiver began, in weighted time.
    began: u64,
    received: u64,
    pub reopening: Option<Until>,
    pub slots_done: Millis,
    /// Left the pool for an agent since the last firing, not by one; lost at a restart.
    pub reached: u32,
    /// When the clock last looked.
    pub looked: Millis,
    /// Somebody who waits may find a place.
    pub freed: bool,
    pub did: Vec<Did>,
}

impl Model {
    /// After a restart: everybody is offline, and who received last stands last.
    pub fn restore(kept: &Kept, fault: Fault) -> Model {
        let mut model = Model {
            fault,
            settings: (*kept.settings).clone(),
            version: kept.version,
            groups: kept.groups.clone(),
            slots_done: kept.last_slot.unwrap_or(kept.schedule_at).max(kept.schedule_at),
            freed: true,
            reopening: if kept.agents.is_empty() { None } else { Some(Until::FirstLook) },
            ..Model::default()
        };
        for (agent, settings, post) in &kept.agents {
            model.staff(*agent, settings, *post);
        }
        let mut open: Vec<&Conversation> = kept.open.iter().filter(|head| head.open.is_some()).collect();
        open.sort_by_key(|head| head.open.as_ref().map(|open| open.placed_at));
        for head in open {
            let (Some(arrival), Some(open)) = (head.arrival(), head.open.as_ref()) else { continue };
            let place = match open.place {
                conversation::Place::New => Place::Queued { since: open.opened_at },
                conversation::Place::Queued => Place::Queued { since: open.placed_at },
                conversation::Place::Pooled => Place::Pooled,
                conversation::Place::Owned(agent) => {
                    model.receives(agent);
                    if let Some(person) = model.people.iter_mut().find(|p| p.no == agent) {
                        person.grace = Some(Until::FirstLook);
                    }
                    let (answered, offline_way) = (open.answered, open.offline_way);
                    Place::Owned(Held { agent, group: open.group, since: open.placed_at, answered, offline_way, missed_at: Millis(0) })
                }
            };
            model.talks.push(Talk { arrival, place });
        }
        // What a record says was assigned, and a crash kept from the conversation, is assigned all the same.
        for (decided, why) in &kept.assigned {
            let Some(talk) = model.talk(decided.conversation) else { continue };
            let later = decided.reception == talk.arrival.reception && decided.decision > talk.arrival.decision;
            let Some(agent) = why.chosen().filter(|_| later) else { continue };
            let arrival = Arrival { decision: decided.decision, group: None, ..talk.arrival.clone() };
            model.receives(agent);
            model.people.iter_mut().filter(|p| p.no == agent).for_each(|p| p.grace = Some(Until::FirstLook));
            model.talks.retain(|t| t.arrival.conversation != arrival.conversation);
            let held = Held { agent, group: why.group, since: why.at, answered: false, offline_way: false, missed_at: Millis(0) };
            model.talks.push(Talk { arrival, place: Place::Owned(held) });
        }
        model
    }

    pub fn staff(&mut self, agent: AgentNo, settings: &AgentSettings, post: Post) {
        self.freed = true;
        if let Some(person) = self.people.iter_mut().find(|p| p.no == agent) {
            (person.settings, person.post) = (settings.clone(), post);
            return;
        }
        let (settings, presence) = (settings.clone(), Presence::Offline);
        self.people.push(Person { no: agent, settings, post, presence, grace: None, misses: 0, finish: 0, received: 0 });
        self.people.sort_by_key(|p| p.no);
    }

    /// The weighted time of one more reception (DIV-3).
    pub fn receives(&mut self, agent: AgentNo) {
        let ignored = self.fault == Fault::WeightIgnored;
        let Some(person) = self.people.iter_mut().find(|p| p.no == agent) else { return };
        let weight = if ignored { 1 } else { person.settings.weight.max(1) };
        self.received += 1;
        person.received = self.received;
        self.began = self.began.max(person.finish);
        person.finish = self.began + UNIT / u64::from(weight);
    }

    pub fn person(&self, agent: AgentNo) -> Option<&Person> {
        self.people.iter().find(|p| p.no == agent)
    }

    pub fn talk(&self, conversation: ConversationId) -> Option<&Talk> {
        self.talks.iter().find(|t| t.arrival.conversation == conversation)
    }

    pub fn talk_mut(&mut self, conversation: ConversationId) -> Option<&mut Talk> {
        self.talks.iter_mut().find(|t| t.arrival.conversation == conversation)
    }

    /// Receptions assigned and open.
    pub fn load(&self, agent: AgentNo) -> u32 {
        self.talks.iter().filter(|t| t.owner() == Some(agent)).count() as u32
    }

    pub fn unanswered(&self, agent: AgentNo) -> u32 {
        self.talks.iter().filter(|t| t.owner() == Some(agent) && t.arrival.unanswered.is_some()).count() as u32
    }

    /// Receptions that count in a group, of one agent or of all.
    pub fn load_in(&self, group: GroupNo, agent: Option<AgentNo>) -> u32 {
        let counts = |held: &Held| held.group == Some(group) && agent.is_none_or(|a| a == held.agent);
        self.talks.iter().filter(|t| t.held().is_some_and(counts)).count() as u32
    }

    /// Who waits, in order (DIV-5).
    pub fn queue(&self) -> Vec<Turn> {
        let mut queue: Vec<Turn> = self.talks.iter().filter(|t| t.queued()).map(Talk::turn).collect();
        queue.sort();
        queue
    }

    /// The number of agents online, enabled and not suspended.
    pub fn online(&self) -> usize {
        self.people.iter().filter(|p| p.at_work()).count()
    }

    /// What the dispatcher's own view must be.
    pub fn view(&self) -> Roster {
        let seat = |p: &Person| Seat {
            presence: p.presence,
            load: self.load(p.no),
            unanswered: self.unanswered(p.no),
            group_loads: p.settings.groups.iter().map(|(g, _)| (*g, self.load_in(*g, Some(p.no)))).collect(),
        };
        let place = |t: &Talk| (t.arrival.reception, t.owner(), t.held().and_then(|held| held.group));
        Roster {
            agents: self.people.iter().map(|p| (p.no, seat(p))).collect(),
            group_loads: (1..=self.groups.len() as u32).map(|g| (GroupNo(g), self.load_in(GroupNo(g), None))).collect(),
            queue: self.queue(),
            pool: self.talks.iter().filter(|t| t.place == Place::Pooled).map(|t| t.arrival.conversation).collect(),
            receptions: self.talks.iter().map(|t| (t.arrival.conversation, place(t))).collect(),
        }
    }
}
