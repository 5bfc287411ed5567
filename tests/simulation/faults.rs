//! Faults planted into the world, never into the machines: each bends what passes between them, or what the disk keeps. The
//! checker must find every one of them.

use fenliu::domain::agent::Agent;
use fenliu::domain::conversation::{self, Conversation};
use fenliu::domain::dispatcher::{self, Kept};
use fenliu::domain::event::{Conducted, Event, Limited, Presence};
use fenliu::domain::explain::Cause;
use fenliu::domain::guard::standing::Hold;
use fenliu::domain::id::Millis;
use fenliu::domain::offline::Firing;
use fenliu::domain::{Effect, conversation::Place, shop};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A sender is told "accepted" before the commit is on the disk.
    AnswerBeforeCommit,
    /// The news of a close never reaches the dispatcher.
    CloseLost,
    /// The last who came is the first in the queue.
    QueueReversed,
    /// A restart forgets which slots were carried out.
    SlotsForgotten,
    /// The dispatcher never hears that an agent is suspended.
    SuspensionLost,
    /// The dispatcher believes in one place more than an agent has.
    CapacityBelieved,
    /// A missed slot leaves no record.
    MissedUnrecorded,
    /// The conversation never hears who owns it.
    OwnLost,
    /// What a commit leads to happens, though a crash lost the commit.
    EffectsOfLostCommits,
    /// Who did not answer in time is forgotten.
    MissForgotten,
    /// A record counts one too many in the pool.
    RunMiscounted,
    /// The pool is taken from its oldest end.
    OldestFirst,
    /// A restart forgets the pool.
    PoolForgotten,
    /// A person who passes a buyer on is not charged with the round.
    NotCharged,
    /// The dispatcher never hears that a round ended.
    RoundEndLost,
    /// Two messages between the same two arrive in the wrong order.
    Overtaken,
    /// The clock forgets every second alarm.
    AlarmLost,
    /// A restart forgets who waits in the queue.
    QueueForgotten,
    /// The counters never hear of what comes off the blacklist, nor goes on it.
    CountMissed,
    /// A conversation never hears that it was read.
    ReadUnheard,
    /// A conversation never hears that a message was taken back.
    RecallUnheard,
    /// What a blacklisted buyer writes is stored as anybody's.
    BlockedShown,
    /// A restart forgets who is on the blacklist.
    BlockForgotten,
    /// A restart forgets the priorities that staff set.
    PriorityForgotten,
    /// An archived conversation is opened where it lies.
    OpenedInArchive,
    /// A restart forgets who cannot send.
    HoldForgotten,
    /// A restart believes that every freeze is over.
    FreezeShortened,
    /// A restart forgets earlier violations.
    ViolationsForgotten,
    /// An account never hears that it was let send slowly.
    SlownessUnheard,
    /// A freeze is lifted twice.
    LiftedTwice,
    /// Nobody tells the dispatcher whether an account may send.
    StandingUntold,
    /// An account that may not serve has no room, and keeps whom it has.
    BarredKeeps,
    /// The door does not ask how an account stands.
    DoorOpen,
    /// A restart forgets the coupons that were tried.
    CouponsForgotten,
    /// The door speaks by other rules than the shop's.
    GuardForgotten,
    /// A restart forgets the offer that is open.
    OfferForgotten,
    /// A conversation never hears what became of an offer.
    SettlingUnheard,
    /// An answer that was edited says that it was not.
    EditHidden,
    /// The clock forgets every second limit of a conversation.
    LimitLost,
    /// A reminder holds for no day.
    ReminderForgotten,
    /// Answers count as in time.
    LateForgotten,
    /// A conversation never hears that it was escalated.
    EscalationUnheard,
    /// A crash lets the last commits be counted once more.
    CountedTwice,
    /// After a crash figures begin anew over what stands on the disk.
    FiguresUnread,
}

/// Each with the invariants that may find it.
pub const FAULTS: [(Fault, &[&str]); 44] = [
    (Fault::LimitLost, &["limit due", "late"]),
    (Fault::ReminderForgotten, &["limit once"]),
    (Fault::LateForgotten, &["late"]),
    (Fault::EscalationUnheard, &["limit once"]),
    (Fault::AnswerBeforeCommit, &["acknowledged"]),
    (Fault::CloseLost, &["place", "load"]),
    (Fault::QueueReversed, &["queue order"]),
    (Fault::SlotsForgotten, &["slot due", "slot once"]),
    (Fault::SuspensionLost, &["receivable"]),
    (Fault::CapacityBelieved, &["capacity"]),
    (Fault::MissedUnrecorded, &["slot due"]),
    (Fault::OwnLost, &["agreement"]),
    (Fault::EffectsOfLostCommits, &["decided before told", "agreement", "place", "one owner"]),
    (Fault::MissForgotten, &["asked again"]),
    (Fault::RunMiscounted, &["run adds up"]),
    (Fault::OldestFirst, &["newest first"]),
    (Fault::PoolForgotten, &["restored", "place"]),
    (Fault::NotCharged, &["charged"]),
    (Fault::RoundEndLost, &["load"]),
    (Fault::Overtaken, &["agreement", "place"]),
    (Fault::AlarmLost, &["timer", "slot due", "work conserving"]),
    (Fault::QueueForgotten, &["restored", "place"]),
    (Fault::CountMissed, &["counters"]),
    (Fault::ReadUnheard, &["unread"]),
    (Fault::RecallUnheard, &["recalled"]),
    (Fault::BlockedShown, &["blacklist"]),
    (Fault::BlockForgotten, &["blacklist"]),
    (Fault::PriorityForgotten, &["set by hand"]),
    (Fault::OpenedInArchive, &["archived"]),
    (Fault::HoldForgotten, &["held"]),
    (Fault::FreezeShortened, &["lifted"]),
    (Fault::ViolationsForgotten, &["ladder"]),
    (Fault::SlownessUnheard, &["slowly"]),
    (Fault::LiftedTwice, &["lifted"]),
    (Fault::StandingUntold, &["receivable"]),
    (Fault::BarredKeeps, &["barred"]),
    (Fault::DoorOpen, &["held", "slowly"]),
    (Fault::CouponsForgotten, &["coupons"]),
    (Fault::GuardForgotten, &["refused text"]),
    (Fault::OfferForgotten, &["suggestions"]),
    (Fault::SettlingUnheard, &["suggestions"]),
    (Fault::EditHidden, &["suggestions"]),
    (Fault::CountedTwice, &["figures"]),
    (Fault::FiguresUnread, &["figures"]),
];

/// The other side of noon of the epoch's day `at` is in: what was later is earlier.
fn mirrored(at: Millis) -> Millis {
    const DAY_MS: u64 = 24 * 3_600_000;
    Millis(at.0 / DAY_MS * DAY_MS + (DAY_MS - at.0 % DAY_MS))
}

impl Fault {
    /// Whether it must be found by what the dispatcher does, not already by what it knows: memory is not compared then.
    pub fn by_deeds(self) -> bool {
        use Fault::{AlarmLost, CapacityBelieved, MissForgotten, OldestFirst, QueueReversed, SuspensionLost};
        use Fault::{FreezeShortened, HoldForgotten, ViolationsForgotten};
        matches!(self, AlarmLost | CapacityBelieved | MissForgotten | OldestFirst | QueueReversed | SuspensionLost)
            || matches!(self, FreezeShortened | HoldForgotten | ViolationsForgotten)
    }

    /// What the dispatcher is told in place of `command`; nothing, where it is lost.
    pub fn command(self, command: dispatcher::Command) -> Option<dispatcher::Command> {
        use dispatcher::Command;
        Some(match (self, command) {
            (Fault::CloseLost, Command::Closed { .. }) => return None,
            (Fault::RoundEndLost, Command::Round { unanswered: None, .. }) => return None,
            (Fault::SuspensionLost, Command::Present { presence: Presence::Suspended, .. }) => return None,
            (Fault::QueueReversed, Command::Route { mut arrival, text }) => {
                arrival.arrived = mirrored(arrival.arrived);
                Command::Route { arrival, text }
            }
            (Fault::OldestFirst, Command::Route { mut arrival, text }) => {
                arrival.last = mirrored(arrival.last);
                Command::Route { arrival, text }
            }
            (Fault::CapacityBelieved, Command::Staff { agent, mut settings, post }) => {
                settings.capacity += 1;
                Command::Staff { agent, settings, post }
            }
            (Fault::BarredKeeps, Command::Staff { agent, mut settings, post }) if !settings.enabled => {
                (settings.enabled, settings.capacity) = (true, 0);
                Command::Staff { agent, settings, post }
            }
            (_, command) => command,
        })
    }

    /// What is applied and stored in place of `events`.
    pub fn events(self, events: &mut Vec<Event>) {
        match self {
            Fault::MissedUnrecorded => {
                events.retain(|e| !matches!(e, Event::PoolAssigned { run } if matches!(run.firing, Firing::Missed { .. })));
            }
            Fault::MissForgotten => {
                for event in events {
                    if let Event::Routed { arrival, why } = event
                        && matches!(why.cause, Cause::NoAnswer { .. })
                    {
                        arrival.missed.clear();
                    }
                }
            }
            Fault::BlockedShown => {
                for event in events {
                    if let Event::MessageAdded { extra, .. } = event {
                        *extra = None;
                    }
                }
            }
            Fault::OpenedInArchive if events.iter().any(|e| matches!(e, Event::ReceptionOpened { .. })) => {
                events.retain(|e| !matches!(e, Event::Restored { .. }));
            }
            Fault::LiftedTwice => {
                let lifted: Vec<Event> =
                    events.iter().filter(|event| matches!(event, Event::Conduct { what: Conducted::Lifted, .. })).cloned().collect();
                events.extend(lifted);
            }
            Fault::EditHidden => {
                for event in events {
                    if let Event::MessageAdded { extra: Some(extra), .. } = event {
                        extra.suggestion.iter_mut().for_each(|adopted| adopted.edited = false);
                    }
                }
            }
            Fault::ReminderForgotten => {
                for event in events {
                    if let Event::Limit { at, what: Limited::Reminded { day_ends, .. }, .. } = event {
                        *day_ends = *at;
                    }
                }
            }
            Fault::LateForgotten => {
                for event in events {
                    if let Event::RoundAnswered { late, .. } = event {
                        *late = false;
                    }
                }
            }
            Fault::NotCharged => {
                for event in events {
                    if let Event::RoundAnswered { agent, charged, .. } = event {
                        *charged = *agent;
                    }
                }
            }
            Fault::RunMiscounted => {
                for event in events {
                    if let Event::PoolAssigned { run } = event
                        && run.pooled > 2
                    {
                        run.pooled += 1;
                    }
                }
            }
            _ => {}
        }
    }

    /// What is released in place of `effect`; nothing, where it is lost.
    pub fn effect(self, effect: Effect) -> Option<Effect> {
        use conversation::Command;
        Some(match (self, effect) {
            (Fault::OwnLost, Effect::Conversation(_, _, Command::Own { .. })) => return None,
            (Fault::StandingUntold, Effect::Shop(_, shop::Command::AskServes { .. })) => return None,
            (_, effect) => effect,
        })
    }

    /// Whether a conversation, or an account, hears of it.
    pub fn heard(self, event: &Event) -> bool {
        match event {
            Event::ReadByStaff { .. } => self != Fault::ReadUnheard,
            Event::Limit { what: Limited::Escalated { .. }, .. } => self != Fault::EscalationUnheard,
            Event::MessageRecalled { .. } => self != Fault::RecallUnheard,
            Event::SuggestionSettled(_) => self != Fault::SettlingUnheard,
            Event::Conduct { what: Conducted::SentSlowly { .. }, .. } => self != Fault::SlownessUnheard,
            _ => true,
        }
    }

    /// Whether the counters hear of a change that led here.
    pub fn counts(self, head: &Conversation) -> bool {
        self != Fault::CountMissed || head.block.is_none()
    }

    /// What a restart finds of a conversation.
    pub fn activated(self, talk: &mut Conversation) {
        match self {
            Fault::BlockForgotten => talk.block = None,
            Fault::PriorityForgotten => talk.overridden = None,
            Fault::OfferForgotten => talk.suggestions.open = None,
            _ => {}
        }
    }

    /// What a restart finds of an account.
    pub fn account_activated(self, agent: &mut Agent) {
        let standing = &mut agent.standing;
        match self {
            Fault::HoldForgotten => (standing.hold, standing.throttled_until) = (Hold::None, Millis(0)),
            Fault::ViolationsForgotten => standing.violations = 0,
            Fault::FreezeShortened => {
                if let Hold::Frozen { until, .. } = &mut standing.hold {
                    *until = Millis(0);
                }
            }
            _ => {}
        }
    }

    /// Only in stories in which rules are broken.
    pub fn under_guard(self) -> bool {
        use Fault::{CouponsForgotten, DoorOpen, FreezeShortened, GuardForgotten, HoldForgotten};
        use Fault::{LiftedTwice, SlownessUnheard, StandingUntold, ViolationsForgotten};
        matches!(self, CouponsForgotten | DoorOpen | FreezeShortened | GuardForgotten | HoldForgotten)
            || matches!(self, LiftedTwice | SlownessUnheard | StandingUntold | ViolationsForgotten)
    }

    /// Only in stories with an assistant.
    pub fn with_assistant(self) -> bool {
        matches!(self, Fault::OfferForgotten | Fault::SettlingUnheard | Fault::EditHidden)
    }

    /// Only in stories with the desk.
    pub fn at_the_desk(self) -> bool {
        use Fault::{BlockForgotten, BlockedShown, CountMissed, OpenedInArchive, PriorityForgotten, ReadUnheard, RecallUnheard};
        matches!(self, BlockForgotten | BlockedShown | CountMissed | OpenedInArchive | PriorityForgotten | ReadUnheard | RecallUnheard)
    }

    /// What a restart finds.
    pub fn kept(self, kept: &mut Kept) {
        let place = |head: &conversation::Conversation| head.open.as_ref().map(|open| open.place);
        match self {
            Fault::SlotsForgotten => kept.last_slot = None,
            Fault::PoolForgotten => kept.open.retain(|head| place(head) != Some(Place::Pooled)),
            Fault::QueueForgotten => kept.open.retain(|head| !matches!(place(head), Some(Place::Queued | Place::New))),
            Fault::CapacityBelieved => kept.agents.iter_mut().for_each(|(_, settings, _)| settings.capacity += 1),
            _ => {}
        }
    }
}
