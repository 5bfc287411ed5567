//! Figures of quarter hours (MET-1) as the commit thread keeps them: in memory while they are in use, each row that changed written with
//! the commits that changed it. Against them a recount that follows every conversation on the disk by itself.

use crate::broken::{Checked, holds};
use crate::faults::Fault;
use fenliu::domain::event::Event;
use fenliu::domain::health::recount::Recount;
use fenliu::domain::health::{self, Figures, Lane};
use fenliu::domain::id::Millis;
use fenliu::domain::quarter::Quarter;
use std::collections::BTreeMap;

type Rows = BTreeMap<(Lane, Quarter), Figures>;

pub struct Tally {
    in_use: Rows,
    disk: Rows,
    recount: Recount,
    /// What the last group was.
    last: Vec<Event>,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally { in_use: Rows::new(), disk: Rows::new(), recount: Recount::new(Millis(0), Millis(u64::MAX)), last: Vec::new() }
    }
}

impl Tally {
    fn add(&mut self, event: &Event, fault: Option<Fault>) {
        for added in health::changes(event) {
            let name = (added.lane, added.quarter);
            let known = if fault == Some(Fault::FiguresUnread) { None } else { self.disk.get(&name) };
            let sum = self.in_use.entry(name).or_insert_with(|| known.cloned().unwrap_or_default());
            sum.add(added.what);
            self.disk.insert(name, sum.clone());
        }
    }

    /// A group is on the disk, its rows with it.
    pub fn written<'a>(&mut self, events: impl Iterator<Item = &'a Event>, fault: Option<Fault>) {
        self.last = events.cloned().collect();
        for event in std::mem::take(&mut self.last) {
            self.add(&event, fault);
            self.recount.observe(&event);
            self.last.push(event);
        }
    }

    /// Memory is gone, and nothing else.
    pub fn crashed(&mut self, fault: Option<Fault>) {
        self.in_use.clear();
        if fault == Some(Fault::CountedTwice) {
            std::mem::take(&mut self.last).iter().for_each(|event| self.add(event, fault));
        }
    }

    /// The rows of the shop come to what a recount comes to, and no account has what the shop has not.
    pub fn recounted(&self) -> Checked {
        let (mut shop, mut accounts) = (Figures::default(), Figures::default());
        for ((lane, _), figures) in &self.disk {
            match lane {
                Lane::Shop => shop.plus(figures),
                Lane::Account(_) => accounts.plus(figures),
                Lane::Group(_) => {}
            }
        }
        let right = self.recount.clone().finish();
        holds(shop == right, "figures", || format!("rows come to {shop:?}, a recount to {right:?}"))?;
        let same = (accounts.answered, accounts.sent, accounts.given) == (shop.answered, shop.sent, shop.given);
        holds(same, "figures", || format!("accounts have {accounts:?}, the shop {shop:?}"))
    }
}
