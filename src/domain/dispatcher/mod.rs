//! The dispatcher of one shop: its roster, its queue, and every decision about who receives a buyer (DIV-1).
//!
//! It is one entity, so "check the load, then assign" is one step in any interleaving (DIV-4). It stores its decisions with
//! their explanations but no state of its own: the roster is derived from heads and rebuilt by [`Dispatcher::restore`].
//! It proposes; the conversation owns (see `domain::conversation`).
//!
//! Invariant kept after every event: nothing waits that an agent with room may serve, so a newer reception can never
//! overtake an older one (DIV-5).

mod decide;
mod desk;
mod plan;
mod roster;
mod window;

pub use roster::{Roster, Seat};

use super::conversation::Conversation;
use super::diversion::{Group, Rules};
use super::event::{AgentSettings, Arrival, Event, Heard, Presence};
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo, ShopScope};
use super::refusal::Refusal;
use super::{Decision, Machine};
use desk::{Desk, GroupDesk};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Who a person passes a reception to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferTo {
    Agent(AgentNo),
    Group(GroupNo),
}

/// What the dispatcher is told or asked.
#[derive(Debug)]
pub enum Command {
    /// A reception needs an owner.
    Route(Arrival),
    Closed {
        conversation: ConversationId,
        reception: ReceptionNo,
    },
    /// A round began (`unanswered`) or ended.
    Unanswered {
        conversation: ConversationId,
        reception: ReceptionNo,
        unanswered: bool,
    },
    /// A person passes a reception on (DIV-8).
    Transfer {
        conversation: ConversationId,
        reception: ReceptionNo,
        by: AgentNo,
        to: TransferTo,
        reason: String,
        note: String,
    },
    Present {
        agent: AgentNo,
        presence: Presence,
    },
    Staff {
        agent: AgentNo,
        settings: AgentSettings,
    },
    Group {
        group: GroupNo,
        settings: Group,
    },
    Rules {
        rules: Rules,
        version: u32,
    },
    /// Serve the queue with what has become free (DIV-5).
    Drain,
    /// The clock: a grace may be over (DIV-6).
    Wake,
}

/// The end of a grace that the first wake after a restart begins: only a command knows the time.
const GRACE_TO_BEGIN: Millis = Millis(0);

/// A reception that is open, as the dispatcher keeps it.
#[derive(Clone, Debug, PartialEq)]
struct Slot {
    arrival: Arrival,
    owner: Option<AgentNo>,
    /// The group in which it counts (DIV-4).
    counted_in: Option<GroupNo>,
}

/// The state: derived, never stored.
#[derive(Debug, Default)]
pub struct Dispatcher {
    at: Option<ShopScope>,
    rules: Rules,
    rules_version: u32,
    groups: BTreeMap<GroupNo, GroupDesk>,
    /// By number: agent n is at n − 1.
    agents: Vec<Option<Desk>>,
    slots: HashMap<ConversationId, Slot>,
    /// 排队: who waits, oldest first.
    queue: BTreeSet<(Millis, ConversationId)>,
    /// Agents offline whose grace is running: when it ends.
    graces: BTreeSet<(Millis, AgentNo)>,
    /// When DIV-1.2 changes what it says of one who waits.
    windows: BTreeSet<(Millis, ConversationId)>,
    /// Agents online and not suspended.
    online: u32,
    /// Assignments so far: the order of "received least recently".
    received: u64,
    /// Something freed a place since the last drain.
    freed: bool,
}

impl Dispatcher {
    /// The roster of a shop from what is stored. Everybody is offline until their devices connect.
    pub fn restore(
        scope: ShopScope,
        rules: Rules,
        version: u32,
        groups: Vec<Group>,
        agents: Vec<(AgentNo, AgentSettings)>,
        open: Vec<Conversation>,
    ) -> Dispatcher {
        let mut this = Dispatcher { at: Some(scope), rules, rules_version: version, ..Dispatcher::default() };
        for (index, settings) in groups.into_iter().enumerate() {
            this.set_group(GroupNo(index as u32 + 1), settings);
        }
        for (agent, settings) in agents {
            this.set_staff(agent, settings);
        }
        for head in open {
            let (Some((_, conversation)), Some(reception)) = (head.at, &head.open) else { continue };
            let arrival = Arrival {
                conversation,
                reception: reception.no,
                arrived: reception.opened_at,
                entry: reception.entry.clone(),
                group: if reception.owner.is_none() { reception.group } else { None },
                recent: head.last_agent,
                unanswered: reception.unanswered_since.is_some(),
            };
            this.take(arrival, reception.owner, reception.group);
            if let Some(owner) = reception.owner {
                // The grace runs from the moment the shop is looked at again: sockets need time to come back.
                this.graces.insert((GRACE_TO_BEGIN, owner));
            }
        }
        this
    }

    fn scope(&self) -> ShopScope {
        self.at.expect("a dispatcher is placed when it is activated")
    }

    fn desk(&self, agent: AgentNo) -> Option<&Desk> {
        self.agents.get((agent.0 as usize).checked_sub(1)?)?.as_ref()
    }

    fn desk_mut(&mut self, agent: AgentNo) -> Option<&mut Desk> {
        self.agents.get_mut((agent.0 as usize).checked_sub(1)?)?.as_mut()
    }

    fn desks(&self) -> impl Iterator<Item = (AgentNo, &Desk)> {
        self.agents.iter().enumerate().filter_map(|(i, d)| Some((AgentNo(i as u32 + 1), d.as_ref()?)))
    }

    /// Receptions waiting.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Receptions assigned to `agent` and open.
    pub fn load(&self, agent: AgentNo) -> u32 {
        self.desk(agent).map_or(0, Desk::load)
    }

    fn set_group(&mut self, group: GroupNo, settings: Group) {
        match self.groups.get_mut(&group) {
            Some(known) => known.settings = settings,
            None => {
                let members = self.desks().filter(|(_, d)| d.group_index(group).is_some()).map(|(a, _)| a).collect();
                self.groups.insert(group, GroupDesk { settings, members, load: 0 });
            }
        }
    }

    fn set_staff(&mut self, agent: AgentNo, settings: AgentSettings) {
        let index = agent.0 as usize - 1;
        if self.agents.len() <= index {
            self.agents.resize(index + 1, None);
        }
        for group in self.groups.values_mut() {
            group.members.remove(&agent);
        }
        for (group, _) in &settings.groups {
            if let Some(known) = self.groups.get_mut(group) {
                known.members.insert(agent);
            }
        }
        let mut group_loads = vec![0; settings.groups.len()];
        if let Some(desk) = &self.agents[index] {
            for counted in desk.owned.iter().filter_map(|c| self.slots.get(c)?.counted_in) {
                if let Some(place) = settings.groups.iter().position(|(g, _)| *g == counted) {
                    group_loads[place] += 1;
                }
            }
        }
        let desk = self.agents[index].get_or_insert_with(|| Desk::new(settings.clone()));
        let receivable = |d: &Desk| d.presence == Presence::Online && d.settings.enabled;
        let before = receivable(desk);
        desk.settings = settings;
        desk.group_loads = group_loads;
        let after = receivable(desk);
        self.online = self.online + u32::from(after) - u32::from(before);
    }

    fn set_presence(&mut self, agent: AgentNo, presence: Presence, at: Millis) {
        let grace_ends = at.plus(self.rules.offline_grace_ms);
        let Some(desk) = self.desk_mut(agent) else { return };
        let receivable = |d: &Desk| d.presence == Presence::Online && d.settings.enabled;
        let before = receivable(desk);
        desk.presence = presence;
        let after = receivable(desk);
        self.online = self.online + u32::from(after) - u32::from(before);
        self.graces.retain(|(_, a)| *a != agent);
        if presence == Presence::Offline {
            self.graces.insert((grace_ends, agent));
        }
    }

    /// The reception is where the decision put it; wherever it was before, it is no longer.
    fn take(&mut self, arrival: Arrival, owner: Option<AgentNo>, group: Option<GroupNo>) {
        let conversation = arrival.conversation;
        self.leave(conversation);
        match owner {
            None => {
                self.queue.insert((arrival.arrived, conversation));
                self.windows.extend(window::ends(&self.rules, &arrival));
            }
            Some(agent) => {
                self.received += 1;
                let (received, unanswered) = (self.received, arrival.unanswered);
                if let Some(desk) = self.desk_mut(agent) {
                    desk.owned.insert(conversation);
                    desk.received = received;
                    desk.unanswered += u32::from(unanswered);
                    if let Some(place) = group.and_then(|g| desk.group_index(g)) {
                        desk.group_loads[place] += 1;
                    }
                }
                if let Some(group) = group.and_then(|g| self.groups.get_mut(&g)) {
                    group.load += 1;
                }
            }
        }
        self.slots.insert(conversation, Slot { arrival, owner, counted_in: if owner.is_some() { group } else { None } });
    }

    fn leave(&mut self, conversation: ConversationId) {
        let Some(slot) = self.slots.remove(&conversation) else { return };
        if self.queue.remove(&(slot.arrival.arrived, conversation)) {
            for end in window::ends(&self.rules, &slot.arrival) {
                self.windows.remove(&end);
            }
        }
        if let Some(known) = slot.counted_in.and_then(|g| self.groups.get_mut(&g)) {
            known.load = known.load.saturating_sub(1);
        }
        let Some(desk) = slot.owner.and_then(|a| self.desk_mut(a)) else { return };
        desk.owned.remove(&conversation);
        desk.unanswered = desk.unanswered.saturating_sub(u32::from(slot.arrival.unanswered));
        if let Some(place) = slot.counted_in.and_then(|g| desk.group_index(g)) {
            desk.group_loads[place] = desk.group_loads[place].saturating_sub(1);
        }
    }

    fn hear(&mut self, heard: &Heard) {
        match heard {
            Heard::Closed { conversation } => self.leave(*conversation),
            Heard::Round { conversation, unanswered } => {
                let Some(slot) = self.slots.get_mut(conversation) else { return };
                let (was, owner) = (std::mem::replace(&mut slot.arrival.unanswered, *unanswered), slot.owner);
                if let Some(desk) = owner.and_then(|a| self.desk_mut(a)) {
                    desk.unanswered = (desk.unanswered + u32::from(*unanswered)).saturating_sub(u32::from(was));
                }
                return;
            }
            Heard::Presence { agent, presence, at } => self.set_presence(*agent, *presence, *at),
            Heard::GraceOver { agent } => {
                self.graces.retain(|(_, a)| a != agent);
                return;
            }
            Heard::Staff { agent, settings } => self.set_staff(*agent, settings.clone()),
            Heard::Group { group, settings } => self.set_group(*group, settings.clone()),
            Heard::Rules { rules, version } => {
                self.rules = rules.clone();
                self.rules_version = *version;
                self.watch_windows();
            }
            Heard::WindowsPassed { at } => self.windows = self.windows.split_off(&window::first_after(*at)),
            Heard::Drained => {
                self.freed = false;
                return;
            }
            Heard::Devices { .. } => return,
        }
        self.freed = true;
    }
}

impl Machine for Dispatcher {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        let heard = |heard| Ok(Decision::default().event(Event::Heard(heard)));
        match command {
            Command::Route(arrival) => Ok(self.route(arrival, now)),
            Command::Closed { conversation, reception } => match self.slots.get(&conversation) {
                Some(slot) if slot.arrival.reception == reception => heard(Heard::Closed { conversation }),
                _ => Ok(Decision::default()),
            },
            Command::Unanswered { conversation, reception, unanswered } => Ok(self.round(conversation, reception, unanswered, now)),
            Command::Transfer { conversation, reception, by, to, reason, note } => {
                self.transfer(conversation, reception, by, to, reason, note, now)
            }
            Command::Present { agent, presence } => heard(Heard::Presence { agent, presence, at: now }),
            Command::Staff { agent, settings } => heard(Heard::Staff { agent, settings }),
            Command::Group { group, settings } => heard(Heard::Group { group, settings }),
            Command::Rules { rules, version } => heard(Heard::Rules { rules, version }),
            Command::Drain => Ok(self.serve(Vec::new(), Decision::default().event(Event::Heard(Heard::Drained)), now)),
            Command::Wake => Ok(self.wake(now)),
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Routed { arrival, why } => {
                let left_somebody = why.from.is_some();
                self.take(arrival.clone(), why.chosen, why.group);
                self.freed |= left_somebody;
            }
            Event::Heard(heard) => self.hear(heard),
            _ => {}
        }
    }

    fn follow_up(&self) -> Option<Command> {
        (self.freed && !self.queue.is_empty()).then_some(Command::Drain)
    }

    fn deadline(&self) -> Option<Millis> {
        let windows = self.windows.first().map(|(due, _)| *due);
        self.graces.first().map(|(due, _)| *due).into_iter().chain(windows).min()
    }

    fn wake() -> Option<Command> {
        Some(Command::Wake)
    }
}
