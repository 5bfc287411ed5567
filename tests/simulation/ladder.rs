//! What an account may send, told a second time from the stored events alone (GRD-5, GRD-7, GRD-8): who is held and until when, how
//! slowly it sends, what a violation leads to, which coupons were tried; and what the guard refuses is in no history.
//!
//! It never looks at a machine. An attempt is judged by what was on the disk when it was made: what was let through then may still be
//! on its way.

use crate::broken::{Checked, broken, holds};
use fenliu::domain::event::{Author, Conducted, Event};
use fenliu::domain::guard::conduct::Conduct;
use fenliu::domain::guard::record::Ground;
use fenliu::domain::guard::{Guard, Voice};
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// The shop's only banned word.
pub const SENTINEL: &str = "禁语哨兵";
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Hold {
    #[default]
    None,
    Frozen {
        until: Millis,
        test: bool,
    },
    Review {
        given: bool,
    },
    Closed,
}

/// One account.
#[derive(Clone, Debug, Default)]
struct Account {
    hold: Hold,
    violations: u32,
    throttle_ms: u64,
    slow_until: Millis,
    /// When it was let send while it was slow.
    slow: Vec<Millis>,
    drawn: Vec<Millis>,
    test: bool,
    /// Attempts since the last crash, by client id: made while it stood well, made while it was slow, let through while it was slow.
    well: BTreeSet<u64>,
    slowly: BTreeSet<u64>,
    let_through: BTreeSet<u64>,
    /// Made while the disk said that it was held, and when: the account itself may have been lifted already, on its way to the disk.
    ahead: Vec<(u64, Millis)>,
}

#[derive(Clone, Debug, Default)]
pub struct Ladder {
    /// What the platform set; None: in this story nobody violates anything.
    conduct: Option<Arc<Conduct>>,
    accounts: BTreeMap<AgentNo, Account>,
    tried: Vec<(IpAddr, ConversationId, Millis)>,
    /// The guard finds the sentinel.
    refuses: bool,
}

/// The shop's guard.
pub fn guard(conduct: &Arc<Conduct>) -> Arc<Guard> {
    let settings = fenliu::domain::guard::Settings { clients: vec!["desk".into()], ..Default::default() };
    let words = fenliu::domain::guard::Words::new(&[SENTINEL.to_owned()]);
    Arc::new(Guard::new(settings, Arc::new(words), vec![], vec![], conduct.clone()))
}

/// Whether the guard finds the sentinel at all.
pub fn refuses() -> bool {
    guard(&Arc::default()).clear(SENTINEL.into(), Voice::Agent, Millis(0)).is_err()
}

impl Ladder {
    pub fn new(conduct: Option<Arc<Conduct>>) -> Ladder {
        Ladder { conduct, refuses: refuses(), ..Ladder::default() }
    }

    /// Who cannot send.
    pub fn held(&self) -> BTreeSet<AgentNo> {
        self.accounts.iter().filter(|(_, account)| account.hold != Hold::None).map(|(agent, _)| *agent).collect()
    }

    /// Somebody asks the door to send.
    pub fn attempt(&mut self, agent: AgentNo, client: u64, now: Millis) {
        let account = self.accounts.entry(agent).or_default();
        match account.hold {
            Hold::None if now < account.slow_until => drop(account.slowly.insert(client)),
            Hold::None => drop(account.well.insert(client)),
            _ => account.ahead.push((client, now)),
        }
    }

    /// Nothing is on its way any more.
    pub fn crashed(&mut self) {
        for account in self.accounts.values_mut() {
            account.well.clear();
            account.slowly.clear();
            // What was let through is on the disk: tried again, it needs no other place.
            account.ahead.clear();
        }
    }

    /// Everything is done that was due.
    pub fn nothing_overdue(&self, now: Millis) -> Checked {
        for (agent, account) in &self.accounts {
            let over = matches!(account.hold, Hold::Frozen { until, test: false } if until <= now);
            holds(!over, "lifted", || format!("{agent:?} is still held at {now:?}: {account:?}"))?;
        }
        Ok(())
    }

    /// One stored event; what it was, for counting.
    pub fn apply(&mut self, event: &Event, now: Millis) -> Result<Option<&'static str>, crate::broken::Broken> {
        match event {
            Event::MessageAdded { author: Author::Buyer, .. } => Ok(None),
            Event::MessageAdded { author, text, retry, .. } => {
                holds(!self.refuses || !text.contains(SENTINEL), "refused text", || format!("{author:?} said {text:?}"))?;
                match author {
                    Author::Agent(agent) => self.accounts.entry(*agent).or_default().written(*agent, retry.client_id),
                    _ => Ok(None),
                }
            }
            Event::CouponTried { ip, conversation, violates, at, .. } => self.coupon(*ip, *conversation, *violates, *at),
            Event::Conduct {
                agent,
                what:
                    Conducted::Violated { .. }
                    | Conducted::Lifted
                    | Conducted::TestDrawn { .. }
                    | Conducted::TestTaken { .. }
                    | Conducted::UndertakingGiven { .. }
                    | Conducted::Reviewed { .. }
                    | Conducted::SentSlowly { .. },
                ..
            } => {
                let account = self.accounts.entry(*agent).or_default();
                let conduct = self.conduct.clone().ok_or_else(|| broken("ladder", format!("nobody violates anything, but {event:?}")))?;
                account.apply(event, &conduct, now)
            }
            Event::TextCaught { caught } => match (&caught.ground, caught.by) {
                (Ground::Held, Author::Agent(agent)) => {
                    let account = self.accounts.entry(agent).or_default();
                    holds(account.hold != Hold::None, "ladder", || format!("caught as held: {account:?}"))?;
                    Ok(Some("guard/caught while held"))
                }
                (Ground::Unsolicited, _) => Ok(Some("guard/caught unsolicited")),
                (Ground::Findings(_), _) => Ok(Some("guard/caught by a rule")),
                _ => Err(broken("ladder", format!("{caught:?}"))),
            },
            Event::Conduct { what: Conducted::Flagged { .. }, .. } => Ok(Some("guard/flagged")),
            _ => Ok(None),
        }
    }

    fn coupon(
        &mut self,
        ip: IpAddr,
        conversation: ConversationId,
        violates: bool,
        at: Millis,
    ) -> Result<Option<&'static str>, crate::broken::Broken> {
        let conduct = self.conduct.as_ref().expect("only where somebody violates");
        self.tried.push((ip, conversation, at));
        let within = self.tried.iter().filter(|(from, _, then)| *from == ip && at.since(*then) < conduct.coupon_window_ms);
        let buyers = within.map(|(_, buyer, _)| *buyer).collect::<BTreeSet<_>>().len();
        let right = buyers >= conduct.coupon_buyers as usize;
        holds(violates == right, "coupons", || format!("{buyers} buyers from {ip} at {at:?}, a violation: {violates}"))?;
        if violates {
            self.tried.retain(|(from, ..)| *from != ip);
        }
        Ok(Some(if violates { "guard/coupons, one too many" } else { "guard/coupon" }))
    }
}

impl Account {
    fn written(&mut self, agent: AgentNo, client: u64) -> Result<Option<&'static str>, crate::broken::Broken> {
        if !self.well.contains(&client) && !self.let_through.contains(&client) {
            let invariant = if self.slowly.contains(&client) { "slowly" } else { "held" };
            return Err(broken(invariant, format!("message {client} of {agent:?} is written: {self:?}")));
        }
        Ok(None)
    }

    fn apply(&mut self, event: &Event, conduct: &Conduct, now: Millis) -> Result<Option<&'static str>, crate::broken::Broken> {
        let before = self.clone();
        let right = |it: bool, invariant| holds(it, invariant, || format!("{event:?} at {now:?}, but {before:?}"));
        Ok(Some(match event {
            Event::Conduct { at, what: Conducted::Violated { penalty, by, .. }, .. } => {
                let step = &conduct.ladder[(self.violations as usize).min(conduct.ladder.len() - 1)];
                right(penalty.no == self.violations + 1 && penalty.step == *step, "ladder")?;
                right(by.is_some() || self.hold == Hold::None, "ladder")?;
                (self.violations, self.throttle_ms, self.test) = (penalty.no, penalty.throttle_ms, false);
                self.hold = match self.hold {
                    _ if step.close => Hold::Closed,
                    Hold::Closed | Hold::Review { .. } => self.hold,
                    _ if step.review => Hold::Review { given: false },
                    Hold::Frozen { until, test } => Hold::Frozen { until: until.max(at.plus(step.freeze_ms)), test: test || step.test },
                    Hold::None if step.freeze_ms == 0 && !step.test => Hold::None,
                    Hold::None => Hold::Frozen { until: at.plus(step.freeze_ms), test: step.test },
                };
                if self.hold == Hold::None {
                    self.slow_until = self.slow_until.max(at.plus(self.throttle_ms));
                }
                match self.hold {
                    Hold::None => "guard/warned",
                    Hold::Frozen { test: true, .. } => "guard/frozen until the test",
                    Hold::Frozen { .. } => "guard/frozen for a time",
                    Hold::Review { .. } => "guard/to be reviewed",
                    Hold::Closed => "guard/closed",
                }
            }
            Event::Conduct { at, what: Conducted::Lifted, .. } => {
                let Hold::Frozen { until, test } = self.hold else { return Err(broken("lifted", format!("{event:?}: {before:?}"))) };
                right(!test && until <= *at && *at <= now, "lifted")?;
                self.lift(*at);
                "guard/lifted"
            }
            Event::Conduct { at, what: Conducted::TestDrawn { .. }, .. } => {
                right(matches!(self.hold, Hold::Frozen { test: true, .. }), "ladder")?;
                self.drawn.push(*at);
                self.drawn.retain(|drawn| at.since(*drawn) < DAY);
                right(self.drawn.len() <= 5, "ladder")?;
                self.test = true;
                "guard/test drawn"
            }
            Event::Conduct { what: Conducted::TestTaken { points }, .. } => {
                right(self.test, "ladder")?;
                self.test = false;
                if let (Hold::Frozen { until, .. }, 100) = (self.hold, points) {
                    self.hold = Hold::Frozen { until, test: false };
                }
                if *points == 100 { "guard/test passed" } else { "guard/test failed" }
            }
            Event::Conduct { what: Conducted::UndertakingGiven { .. }, .. } => {
                right(self.hold == Hold::Review { given: false }, "ladder")?;
                self.hold = Hold::Review { given: true };
                "guard/undertaking"
            }
            Event::Conduct { at, what: Conducted::Reviewed { lifted, .. }, .. } => {
                right(self.hold == Hold::Review { given: true }, "ladder")?;
                match lifted {
                    true => self.lift(*at),
                    false => self.hold = Hold::Review { given: false },
                }
                if *lifted { "guard/reviewed and lifted" } else { "guard/reviewed and not lifted" }
            }
            Event::Conduct { at, what: Conducted::SentSlowly { retry }, .. } => {
                right(self.hold == Hold::None, "held")?;
                self.slow.retain(|sent| at.since(*sent) < MINUTE);
                self.slow.push(*at);
                right(self.slow.len() <= conduct.throttled_per_min as usize, "slowly")?;
                self.let_through.insert(retry.client_id);
                "guard/sent slowly"
            }
            _ => return Ok(None),
        }))
    }

    fn lift(&mut self, at: Millis) {
        (self.hold, self.test) = (Hold::None, false);
        self.slow_until = self.slow_until.max(at.plus(self.throttle_ms));
        // What was tried after all of it was over goes as from anybody.
        let over = self.ahead.drain(..).filter(|(_, tried)| *tried >= self.slow_until).map(|(client, _)| client);
        self.well.extend(over);
    }
}
