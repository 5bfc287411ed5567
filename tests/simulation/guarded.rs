//! People who break the rules, and those who watch over them: violations found and reported, tests, undertakings, reviews, coupons,
//! texts that must not be sent, more messages than a slowed account may send.
//!
//! Drawn from a stream of numbers of its own. The owner breaks no rule, so that a shop never stands without anybody.

use crate::broken::Checked;
use crate::faults::Fault;
use crate::ladder;
use crate::people::{HOUR, Run};
use crate::random::Random;
use crate::world::{Caller, World};
use fenliu::domain::agent::Command;
use fenliu::domain::guard::Guard;
use fenliu::domain::guard::conduct::{Automation, Conduct, Step};
use fenliu::domain::guard::questions::draw;
use fenliu::domain::guard::record::{Origin, Violation};
use fenliu::domain::guard::standing::{Hold, working_days_after};
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::domain::schedule::Zone;
use fenliu::domain::shop;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock};

const MINUTE: u64 = 60_000;
const STREAM: u64 = 0x6775_6172;

/// Those who break the rules in one run.
pub struct Guarded {
    g: Random,
    busy: u64,
    weights: [u32; 10],
    pub conduct: Arc<Conduct>,
    guard: Arc<Guard>,
}

/// For those who are not watched: nothing they do counts.
static UNWATCHED: LazyLock<Arc<Guard>> = LazyLock::new(|| {
    let automation = Automation { signs_for_violation: u32::MAX, ..Conduct::default().automation };
    let conduct = Arc::new(Conduct { automation, ..Conduct::default() });
    Arc::new(Guard::new(Default::default(), Arc::default(), vec![], vec![], conduct))
});

fn conduct(g: &mut Random) -> Conduct {
    let freeze = |g: &mut Random, test| Step { freeze_ms: g.one(&[5 * MINUTE, HOUR, 3 * HOUR]), test, points: 1, ..Step::WARNING };
    let (review, close) = (Step { review: true, points: 5, ..Step::WARNING }, Step { close: true, ..Step::WARNING });
    let mut ladder = vec![freeze(g, true)];
    for _ in 0..g.below(6) {
        let step =
            [freeze(g, true), freeze(g, false), freeze(g, false), review.clone(), Step::WARNING, Step { test: true, ..Step::WARNING }];
        ladder.push(g.one(&step));
    }
    if g.chance(30) {
        ladder.push(close);
    }
    Conduct {
        ladder,
        throttle_ms: g.one(&[10 * MINUTE, HOUR, 6 * HOUR]),
        throttled_per_min: g.one(&[1, 2, 5]),
        review_days: 3,
        coupon_buyers: g.one(&[2, 3, 4]),
        coupon_window_ms: g.one(&[20 * MINUTE, HOUR]),
        automation: Automation {
            rhythm_messages: 5,
            rhythm_spread_milli: 80,
            rhythm_mean_ms_max: 2 * MINUTE,
            rate_per_min: 6,
            same_text_buyers: 4,
            same_text_chars_min: 10,
            signs_for_violation: 2,
        },
    }
}

fn address(of: u64) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, (of % 2) as u8))
}

impl Guarded {
    /// `year`: as the platform begins, but for a longer ladder, so that it lasts a year; else shorter and harder.
    pub fn draw(seed: u64, year: bool) -> Guarded {
        let mut g = Random::new(seed ^ STREAM);
        let usual = Conduct::default();
        let steps = [&usual.ladder[..2], &usual.ladder];
        let conduct = Arc::new(if year { Conduct { ladder: steps.concat(), ..usual } } else { conduct(&mut g) });
        let guard = ladder::guard(&conduct);
        let mut weights = [2, 1, 5, 6, 4, 4, 3, 8, 2, 6];
        for weight in &mut weights {
            *weight *= g.one(&[1, 1, 1, 3]);
        }
        if year {
            // Many mend what few break.
            weights[..2].copy_from_slice(&[1, 1]);
            weights[2..6].iter_mut().for_each(|weight| *weight *= 8);
        }
        Guarded { busy: if year { 6 } else { g.one(&[5, 15, 40]) }, g, weights, conduct, guard }
    }
}

impl Run {
    /// By which rules an account speaks.
    pub fn guard_of(&self, agent: AgentNo) -> Arc<Guard> {
        match &self.guarded {
            Some(guarded) if agent != AgentNo(1) && self.world.fault != Some(Fault::GuardForgotten) => guarded.guard.clone(),
            _ => UNWATCHED.clone(),
        }
    }

    /// They share two addresses; one of them uses a client that nobody registered.
    pub fn origin_of(&self, agent: AgentNo) -> Origin {
        let client = if agent == AgentNo(3) { "odd" } else { "desk" };
        Origin { ip: Some(address(u64::from(agent.0))), client: client.into(), batch: false }
    }

    /// The door, by what is on the disk: whether it goes to the conversation at once.
    pub fn stands_well(&self, agent: AgentNo) -> bool {
        let head = self.world.disk.agents.get(&agent);
        self.world.fault == Some(Fault::DoorOpen) || head.is_none_or(|head| head.standing.is_good(Millis(self.world.now)))
    }

    /// Beside what happens anyway.
    pub fn under_guard(&mut self) -> Checked {
        let Some(guarded) = &self.guarded else { return Ok(()) };
        let mut g = guarded.g.clone();
        let what = g.chance(guarded.busy).then(|| g.weighted(&guarded.weights));
        let conduct = guarded.conduct.clone();
        let done = what.map_or(Ok(()), |what| self.breaks_or_mends(what, conduct, &mut g));
        if let Some(guarded) = &mut self.guarded {
            guarded.g = g;
        }
        done
    }

    fn breaks_or_mends(&mut self, what: usize, conduct: Arc<Conduct>, g: &mut Random) -> Checked {
        let agent = AgentNo(g.range(2, u64::from(self.knobs.staff)) as u32);
        let standing = self.world.agents.get(&agent).map(|account| account.standing.clone()).unwrap_or_default();
        let command = match what {
            0 => {
                let by = g.maybe(40, |_| Run::by());
                Command::Violate { violation: Violation::Reported { reason: "r".into(), id: g.below(1_000).to_string() }, by, conduct }
            }
            1 => Command::Violate { violation: Violation::Automation { signs: vec![] }, by: None, conduct },
            2 if standing.test.is_none() => {
                let random: Vec<u8> = (0..128).map(|_| g.number() as u8).collect();
                Command::DrawTest { questions: draw(&[], &random) }
            }
            2 | 3 => {
                let right = standing.test.iter().flatten().map(|question| question.right);
                let wrong = g.maybe(40, |g| g.below(10) as usize);
                Command::TakeTest {
                    answers: right.enumerate().map(|(n, right)| if Some(n) == wrong { right + 1 } else { right }).collect(),
                }
            }
            4 => {
                let zone = Zone::named(self.knobs.zone).expect("a zone");
                let due = working_days_after(&zone, Millis(self.world.now), conduct.review_days);
                Command::Undertake { text: "我保证不再违反规则。".into(), due }
            }
            5 if standing.hold != (Hold::Review { undertaking: None }) => {
                Command::Review { lifted: g.chance(60), reason: "r".into(), by: Run::by() }
            }
            5 | 6 => Command::Wake,
            7 => return self.hurries(agent, g),
            8 => return self.tries_coupons(agent, &conduct, g),
            _ => {
                let owned = self.owned_by(agent);
                let Some(id) = (!owned.is_empty()).then(|| g.one(&owned)) else { return Ok(()) };
                return self.tries(id, agent, format!("欢迎 {} 欢迎", ladder::SENTINEL));
            }
        };
        self.world.ask(World::agent(agent, command), Caller::Other)
    }

    /// More at once than an account may send that is slowed.
    fn hurries(&mut self, agent: AgentNo, g: &mut Random) -> Checked {
        let owned = self.owned_by(agent);
        for _ in 0..if owned.is_empty() { 0 } else { g.range(2, 8) } {
            self.world.now += g.one(&[0, 500, 5_000, 20_000]);
            let id = g.one(&owned);
            self.tries(id, agent, g.one(&["在的", "好的,马上为您查一下", "请稍等"]).into())?;
        }
        Ok(())
    }

    /// Coupons to buyers who did not write, from one of two addresses; and to one who may have written.
    fn tries_coupons(&mut self, agent: AgentNo, conduct: &Arc<Conduct>, g: &mut Random) -> Checked {
        for _ in 0..g.range(1, 4) {
            let ip = address(g.number());
            let conversation = g.one(&self.buyers);
            self.shop(shop::Command::TryCoupon { ip, conversation, agent, conduct: conduct.clone() })?;
        }
        let id = g.one(&self.buyers);
        self.tries(id, agent, "优惠码:SAVE2026".into())
    }
}
