//! What a shop sets of its guard (GRD-2, GRD-3, GRD-4), and the coupons that were tried on buyers who had not written (GRD-5).

use super::{Coupon, Shop};
use crate::domain::event::{Actor, Event, Ruling};
use crate::domain::guard::conduct::Conduct;
use crate::domain::guard::record::Violation;
use crate::domain::guard::{Approval, Settings, check};
use crate::domain::id::{AgentNo, ConversationId, Millis};
use crate::domain::refusal::Refusal;
use crate::domain::{Decision, Effect, Reply, agent};
use crate::limits;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// What a list of words is recognised by: it does not stand in the head.
fn digest(words: &[String]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let all = words.iter().fold(Sha256::new(), |sum, word| sum.chain_update((word.len() as u64).to_be_bytes()).chain_update(word));
    all.finalize().into()
}

impl Shop {
    pub(super) fn set_guard(&self, settings: Box<Settings>, by: Actor, based_on: Option<u32>, at: Millis) -> Result<Decision, Refusal> {
        Refusal::if_outdated(based_on, self.guard_version)?;
        let faults = check::settings(&settings);
        if !faults.is_empty() {
            return Err(Refusal::Faulty { faults });
        }
        if settings == self.guard {
            return Ok(Decision::reply(Reply::SettingsSet { version: self.guard_version }));
        }
        let version = self.guard_version + 1;
        Ok(Decision::reply(Reply::SettingsSet { version }).event(Event::Ruled { version, by, at, what: Ruling::Guard { settings } }))
    }

    pub(super) fn set_words(&self, words: Vec<String>, by: Actor, based_on: Option<u32>, at: Millis) -> Result<Decision, Refusal> {
        Refusal::if_outdated(based_on, self.words_version)?;
        let faults = check::words(&words);
        if !faults.is_empty() {
            return Err(Refusal::Faulty { faults });
        }
        let same = self.words_digest.map_or(words.is_empty(), |known| known == digest(&words));
        if same {
            return Ok(Decision::reply(Reply::SettingsSet { version: self.words_version }));
        }
        let version = self.words_version + 1;
        Ok(Decision::reply(Reply::SettingsSet { version }).event(Event::Ruled { version, by, at, what: Ruling::Words { words } }))
    }

    pub(super) fn set_approvals(&self, approvals: Vec<Approval>, by: Actor, at: Millis) -> Result<Decision, Refusal> {
        let faults = check::approvals(&approvals);
        if !faults.is_empty() {
            return Err(Refusal::Faulty { faults });
        }
        if approvals == self.approvals {
            return Ok(Decision::default());
        }
        Ok(Decision::default().event(Event::Ruled { version: 0, by, at, what: Ruling::Approvals { approvals } }))
    }

    /// One more; where so many buyers were tried from one address, everybody who took part is charged.
    pub(super) fn try_coupon(
        &self,
        ip: IpAddr,
        conversation: ConversationId,
        agent: AgentNo,
        conduct: &Arc<Conduct>,
        at: Millis,
    ) -> Decision {
        let within = |known: &&Coupon| known.ip == ip && at.since(known.at) < conduct.coupon_window_ms;
        let (mut buyers, mut agents) = (BTreeSet::from([conversation]), BTreeSet::from([agent]));
        for known in self.coupons.iter().filter(within) {
            buyers.insert(known.conversation);
            agents.insert(known.agent);
        }
        let violates = buyers.len() >= conduct.coupon_buyers as usize;
        let decision = Decision::default().event(Event::CouponTried { ip, conversation, agent, violates, at });
        if !violates {
            return decision;
        }
        let (buyers, agents) = (Vec::from_iter(buyers), Vec::from_iter(agents));
        agents.iter().fold(decision, |decision, agent| {
            let violation = Violation::Coupons { ip, buyers: buyers.clone(), agents: agents.clone() };
            let charged = agent::Command::Violate { violation, by: None, conduct: conduct.clone() };
            decision.effect(Effect::Agent(self.scope(), *agent, charged))
        })
    }

    /// An account's standing changed: the dispatcher is told through it what its role allows.
    pub(super) fn asked_whether_serves(&self, agent: AgentNo) -> Decision {
        let Some(role) = self.roles.get(&agent) else { return Decision::default() };
        let serves = self.serves(*role);
        Decision::default().effect(Effect::Agent(self.scope(), agent, agent::Command::Serves { serves }))
    }

    /// What has happened.
    pub(super) fn guard_changed(&mut self, event: &Event) {
        match event {
            Event::Ruled { version, what: Ruling::Guard { settings }, .. } => {
                (self.guard, self.guard_version) = (settings.clone(), *version)
            }
            Event::Ruled { version, what: Ruling::Words { words }, .. } => {
                (self.words_digest, self.words_version) = (Some(digest(words)), *version)
            }
            Event::Ruled { what: Ruling::Approvals { approvals }, .. } => self.approvals.clone_from(approvals),
            Event::CouponTried { ip, violates: true, .. } => self.coupons.retain(|known| known.ip != *ip),
            Event::CouponTried { ip, conversation, agent, at, .. } => {
                let same = |known: &Coupon| (known.ip, known.conversation, known.agent) == (*ip, *conversation, *agent);
                // Stamps of two senders may cross.
                let last = self.coupons.iter().find(|known| same(known)).map_or(*at, |known| known.at.max(*at));
                self.coupons.retain(|known| !same(known) && at.since(known.at) < limits::COUPON_WINDOW_MS_MAX);
                if self.coupons.len() >= limits::COUPONS_TRIED_MAX {
                    self.coupons.remove(0);
                }
                self.coupons.push(Coupon { ip: *ip, conversation: *conversation, agent: *agent, at: last });
            }
            _ => {}
        }
    }
}
