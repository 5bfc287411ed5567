//! The platform: the directory of shops, the platform's API keys, the carriers. One entity for the whole server.

use super::event::{Actor, Event, PlatformChange, Ruling, Scope};
use super::guard::conduct::{Conduct, Question};
use super::guard::questions;
use super::id::{Millis, ShopScope, TokenHash};
use super::order::Carrier;
use super::refusal::Refusal;
use super::{Answer, Decision, Effect, Machine, Reply, shop};
use crate::limits;
use std::collections::{BTreeMap, BTreeSet};

/// What the platform is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Lists the shop, then the shop creates itself. Safe to repeat after a crash between the two.
    CreateShop {
        shop: String,
        name: String,
    },
    IssueApiKey {
        key: TokenHash,
        name: String,
        scopes: Vec<Scope>,
    },
    RevokeApiKey {
        key: TokenHash,
    },
    /// Adds a carrier, or overrides the one of that code (INB-9).
    SetCarrier {
        carrier: Carrier,
    },
    /// What counts as automatic sending, and what follows a violation (GRD-6, GRD-8).
    SetConduct {
        conduct: Box<Conduct>,
        by: Actor,
        /// The version that was edited; another one running refuses it.
        based_on: Option<u32>,
    },
    /// The questions of the test (GRD-8).
    SetQuestions {
        questions: Vec<Question>,
        by: Actor,
        based_on: Option<u32>,
    },
}

/// The state of the platform; every part has rows of its own, so it has no head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Platform {
    pub shops: BTreeMap<String, u32>,
    pub keys: BTreeSet<TokenHash>,
    /// Those that were set, by code.
    pub carriers: BTreeMap<String, Carrier>,
    /// 0: the defaults, which nobody has set. What is set stands in the feed.
    pub conduct_version: u32,
    pub questions_version: u32,
}

impl Machine for Platform {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        let changed = |what| Event::Platform { at: now, what };
        match command {
            Command::CreateShop { shop, name } => {
                let mut decision = Decision::default();
                let number = match self.shops.get(&shop) {
                    Some(number) => *number,
                    None => {
                        // 0 is the platform's own feed.
                        let number = self.shops.len() as u32 + 1;
                        decision.events.push(changed(PlatformChange::ShopListed { shop: shop.clone(), number }));
                        number
                    }
                };
                let create = shop::Command::Create { shop, name };
                decision.answer = Answer::Forward(Effect::Shop(ShopScope::granted(number), create).into());
                Ok(decision)
            }
            Command::IssueApiKey { key, name, scopes } => {
                Ok(Decision::default().event(changed(PlatformChange::ApiKeyIssued { key, name, scopes })))
            }
            Command::RevokeApiKey { key } => {
                if !self.keys.contains(&key) {
                    return Err(Refusal::NotFound { what: "API key" });
                }
                Ok(Decision::default().event(changed(PlatformChange::ApiKeyRevoked { key })))
            }
            Command::SetConduct { conduct, by, based_on } => {
                Refusal::if_outdated(based_on, self.conduct_version)?;
                let (faults, version) = (conduct.faults(), self.conduct_version + 1);
                if !faults.is_empty() {
                    return Err(Refusal::Faulty { faults });
                }
                Ok(Decision::reply(Reply::SettingsSet { version }).event(Event::Ruled {
                    version,
                    by,
                    at: now,
                    what: Ruling::Conduct { conduct },
                }))
            }
            Command::SetQuestions { questions, by, based_on } => {
                Refusal::if_outdated(based_on, self.questions_version)?;
                let (faults, version) = (questions::faults(&questions), self.questions_version + 1);
                if !faults.is_empty() {
                    return Err(Refusal::Faulty { faults });
                }
                Ok(Decision::reply(Reply::SettingsSet { version }).event(Event::Ruled {
                    version,
                    by,
                    at: now,
                    what: Ruling::Questions { questions },
                }))
            }
            Command::SetCarrier { carrier } => match self.carriers.get(&carrier.code) {
                Some(known) if *known == carrier => Ok(Decision::default()),
                None if self.carriers.len() as u64 >= limits::CARRIERS_MAX => {
                    Err(Refusal::LimitReached { what: "carriers", limit: limits::CARRIERS_MAX })
                }
                _ => Ok(Decision::default().event(changed(PlatformChange::CarrierSet { carrier }))),
            },
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Platform { what, .. } => self.changed(what),
            Event::Ruled { version, what: Ruling::Conduct { .. }, .. } => self.conduct_version = *version,
            Event::Ruled { version, what: Ruling::Questions { .. }, .. } => self.questions_version = *version,
            _ => {}
        }
    }
}

impl Platform {
    fn changed(&mut self, what: &PlatformChange) {
        match what {
            PlatformChange::ShopListed { shop, number } => {
                self.shops.insert(shop.clone(), *number);
            }
            PlatformChange::ApiKeyIssued { key, .. } => {
                self.keys.insert(*key);
            }
            PlatformChange::ApiKeyRevoked { key } => {
                self.keys.remove(key);
            }
            PlatformChange::CarrierSet { carrier } => {
                self.carriers.insert(carrier.code.clone(), carrier.clone());
            }
        }
    }
}
