//! The end of a run: no more faults, everybody is there with room. Nothing may be left waiting.

use crate::broken::{Checked, holds};
use crate::model::Kept;
use crate::people::{HOUR, Run};
use crate::world::{Caller, World};
use fenliu::domain::dispatcher::{self, TransferTo};
use fenliu::domain::diversion::Group;
use fenliu::domain::event::{AgentSettings, Presence};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo};
use fenliu::domain::offline::{Automatic, Offline};
use fenliu::domain::{agent, shop};

impl Run {
    /// No more faults, everybody is there, with room: nothing may be left waiting.
    pub fn end(&mut self) -> Checked {
        self.rest()?;
        self.retries()?;
        self.rest()?;
        for group in 1..=self.knobs.groups {
            let settings = Group { name: format!("g{group}"), capacity: None, welcome: String::new() };
            self.shop(shop::Command::ConfigureGroup { group: GroupNo(group), settings, by: Run::by() })?;
        }
        let groups: Vec<_> = (1..=self.knobs.groups).map(|g| (GroupNo(g), None)).collect();
        for agent in (1..=self.knobs.staff).map(AgentNo) {
            self.configure(
                agent,
                AgentSettings { weight: 1, capacity: 1_000, groups: groups.clone(), enabled: true, welcome: String::new() },
            )?;
            if self.world.agents[&agent].devices == 0 {
                self.world.ask(World::agent(agent, agent::Command::Connect), Caller::Other)?;
            }
            self.world.ask(World::agent(agent, agent::Command::SetPresence(Presence::Online)), Caller::Other)?;
        }
        let mut settings = *self.world.book.settings.clone();
        let kept = settings.offline.automatic.clone();
        let on = kept.on;
        settings.offline.automatic = Automatic { on, windows: kept.windows, slot_min: kept.slot_min, ..Offline::default().automatic };
        settings.no_answer.after_ms = None;
        // With everybody in every group one rule may hide another, which the shop refuses.
        settings.rules.clear();
        self.world.settle(2)?;
        self.set_settings(Some(settings))?;
        self.rest()?;
        if let Some(until) = self.world.model.reopening {
            // A slot that was missed waits until everybody had time to come back.
            self.world.now = self.world.now.max(until.0);
            self.rest()?;
        }
        // Who missed it is not asked again; those who cannot send are asked nothing.
        let able = |agent: &AgentNo| self.world.model.people[agent].settings.enabled;
        let asked = |kept: &&Kept| self.world.model.people.keys().any(|a| able(a) && !kept.arrival.missed.contains(a));
        let left: Vec<_> = self.world.model.waiting().into_iter().filter(|kept| self.guarded.is_none() || asked(kept)).collect();
        holds(left.is_empty(), "drained", || format!("{left:?} wait, though everybody is there"))?;
        if on {
            let slot = self.world.model.next_slot.map_or(self.world.now, |slot| slot.0);
            let of_a_day: Vec<_> = self.pooled_since(slot.saturating_sub(24 * HOUR));
            self.world.now = self.world.now.max(slot);
            self.rest()?;
            let left: Vec<_> = self.pooled().into_iter().filter(|id| of_a_day.contains(id)).collect();
            holds(left.is_empty(), "drained", || format!("{left:?} are still in the pool after the slot of {slot}"))?;
        }
        let conversations = self.pooled();
        if !conversations.is_empty() {
            let (to, reason) = (TransferTo::Agent(AgentNo(1)), String::new());
            self.world
                .ask(World::command(dispatcher::Command::AssignByHand { by: AgentNo(1), conversations, to, reason }), Caller::Other)?;
            self.rest()?;
        }
        holds(self.pooled().is_empty(), "drained", || format!("{:?} are still in the pool, assigned by hand", self.pooled()))?;
        self.world.book.all_kept()?;
        self.world.compare()
    }

    fn pooled_since(&self, from: u64) -> Vec<ConversationId> {
        let missed = |id: &ConversationId| self.world.model.kept.get(id).map_or(0, |k| k.arrival.missed.len());
        let recent = |id: &ConversationId| self.world.book.talks[id].last_buyer.0 >= from;
        self.pooled().into_iter().filter(|id| recent(id) && missed(id) == 0).collect()
    }
}
