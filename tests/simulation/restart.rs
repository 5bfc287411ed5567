//! What a crash leaves, and what a restart makes of it.

use crate::broken::{Checked, holds};
use crate::faults::Fault;
use crate::model::Model;
use crate::world::{Commit, SCOPE, World};
use fenliu::domain::agent::Agent;
use fenliu::domain::dispatcher::{Dispatcher, Kept, Roster};
use fenliu::domain::event::{Post, Presence};
use fenliu::domain::guard::habits::Habits;
use fenliu::domain::id::{AgentNo, Millis};

impl World {
    fn found(&self) -> Kept {
        let account = |(no, head): (&AgentNo, &Agent)| {
            let post = Post::of(&head.settings, head.role, true, head.standing.may_send());
            (*no, head.settings.at_work(post), post)
        };
        let mut kept = Kept {
            settings: self.disk.shop.settings.clone(),
            version: self.disk.shop.version,
            schedule_at: self.disk.shop.schedule_at,
            last_slot: self.book.last_slot,
            groups: self.disk.shop.groups.clone(),
            agents: self.disk.agents.iter().filter(|(_, head)| head.exists).map(account).collect(),
            open: self.disk.talks.values().filter(|head| head.open.is_some()).cloned().collect(),
            assigned: self.disk.assigned.iter().flatten().cloned().collect(),
        };
        if let Some(fault) = self.fault {
            fault.kept(&mut kept);
        }
        kept
    }

    /// Whatever is not on the disk is gone; everything begins anew from there.
    pub fn crash(&mut self) -> Checked {
        self.tell(|| "CRASH".into());
        self.crashes += 1;
        let lost: Vec<Commit> = self.commits.drain(..).collect();
        self.wires.clear();
        if self.fault == Some(Fault::EffectsOfLostCommits) {
            lost.into_iter().map(Commit::unanswered).try_for_each(|commit| self.release(commit))?;
        }
        self.talks = self.disk.talks.clone();
        if let Some(fault) = self.fault {
            self.talks.values_mut().for_each(|talk| fault.activated(talk));
        }
        self.agents = self.disk.agents.clone();
        for agent in self.agents.values_mut() {
            (agent.devices, agent.wanted) = (0, Presence::Online);
            agent.habits = Habits::default();
            if let Some(fault) = self.fault {
                fault.account_activated(agent);
            }
        }
        self.ladder.crashed();
        self.tally.crashed(self.fault);
        self.tally.recounted()?;
        self.shop = self.disk.shop.clone();
        if self.fault == Some(Fault::CouponsForgotten) {
            self.shop.coupons.clear();
        }
        self.shop.staff = self.agents.iter().map(|(no, head)| (*no, head.settings.clone())).collect();
        self.shop.roles = self.agents.iter().map(|(no, head)| (*no, head.role)).collect();
        self.dispatcher = Dispatcher::restore(SCOPE, self.found());
        let told = self.model.met.clone();
        self.model = Model::restored(&self.book);
        self.model.trusting = self.fault.is_some_and(Fault::by_deeds);
        self.model.undone(self.disk.assigned.iter().flatten());
        self.model.met = told;
        self.book.all_kept()?;
        self.model.agrees(&self.dispatcher.view())
    }

    /// The dispatcher is looked for the first time: it comes from the disk.
    pub fn begin(&mut self) {
        self.dispatcher = Dispatcher::restore(SCOPE, self.found());
        self.model = Model::restored(&self.book);
        self.model.trusting = self.fault.is_some_and(Fault::by_deeds);
    }

    /// Nothing is under way: memory, disk and dispatcher say the same, and so would one that is restored now.
    pub fn compare(&self) -> Checked {
        for (id, talk) in &self.talks {
            let same = self.disk.talks.get(id).is_none_or(|head| head == talk);
            holds(same, "restored", || format!("in memory {talk:?}, on the disk {:?}", self.disk.talks.get(id)))?;
        }
        self.ladder.nothing_overdue(Millis(self.now))?;
        self.tally.recounted()?;
        if self.model.trusting {
            return Ok(());
        }
        for (no, agent) in &self.agents {
            let same = self.disk.agents.get(no).is_none_or(|head| head.standing == agent.standing);
            holds(same, "restored", || format!("in memory {agent:?}, on the disk {:?}", self.disk.agents.get(no)))?;
        }
        self.model.same_as(&self.book)?;
        let mut restored = Dispatcher::restore(SCOPE, self.found()).view();
        let live = self.dispatcher.view();
        for (no, seat) in &mut restored.agents {
            // Everybody is offline after a restart.
            seat.presence = live.agents.get(no).map_or(seat.presence, |seat| seat.presence);
        }
        for (id, held) in &live.receptions {
            let theirs = restored.receptions.get(id);
            let places = |of: &Roster| (of.pool.contains(id), of.queue.iter().find(|turn| turn.2 == *id).copied());
            let same = theirs == Some(held) && places(&live) == places(&restored);
            holds(same, "restored", || {
                format!(
                    "{id}: live {held:?} {:?}, restored {theirs:?} {:?}; {:?}",
                    places(&live),
                    places(&restored),
                    self.book.talks[id].open
                )
            })?;
        }
        holds(restored == live, "restored", || format!("restored {restored:?}, live {live:?}"))
    }
}
