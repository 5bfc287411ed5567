//! Notifications 通知 to people outside the system (NTF-1 … NTF-3): what is told, to which channels, and what became of it.
//!
//! Pure: a topic is data, the words are made of it in [`words`], and sending is somebody else's. Nothing here ever holds the text of
//! a buyer's message.

pub mod address;
pub mod channel;
pub mod courier;
mod delay;
pub mod known;
pub mod news;
pub mod record;
pub mod route;
pub mod untold;
pub mod words;

use super::conversation::Conversation;
use super::facts::Priority;
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope};
use channel::{ChannelNo, Language, Secret, Target};
use serde::{Deserialize, Serialize};

/// What sort of news it is: shops choose channels for each (NTF-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// A buyer has waited for two minutes (SLA-2).
    Reminder,
    /// Unread for two days (SLA-3).
    Escalation,
    /// The daily report on the shop's health (MET-2).
    Health,
    /// What will be archived tomorrow (INB-12).
    Archive,
    /// A violation of the guard's rules (GRD-8).
    Guard,
    /// An urgent notice of the platform (INB-10).
    Notice,
    /// Tests and codes: they go to the channel that is tested, whatever the routes say.
    Test,
}

impl Class {
    /// Those a shop chooses channels for.
    pub const ROUTED: [Class; 6] = [Class::Reminder, Class::Escalation, Class::Health, Class::Archive, Class::Guard, Class::Notice];

    /// How long such news is worth telling: a reminder that comes after the wait is over only annoys.
    pub const fn life_ms(self) -> u64 {
        match self {
            Class::Reminder | Class::Test => crate::limits::NOTIFICATION_SHORT_LIFE_MS,
            _ => crate::limits::NOTIFICATION_LIFE_MS,
        }
    }

    /// Of little worth soon: such news never takes the places of what matters for longer.
    pub const fn is_brief(self) -> bool {
        self.life_ms() < crate::limits::NOTIFICATION_LIFE_MS
    }

    /// No more of it is taken up while so many of the shop wait.
    pub const fn pending_max(self) -> usize {
        if self.is_brief() { crate::limits::BRIEF_NOTIFICATIONS_PENDING_MAX } else { crate::limits::NOTIFICATIONS_PENDING_MAX }
    }
}

/// One of the three rates of a shop (MET-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rate {
    Unread,
    TimeOut,
    Adoption,
}

/// The health report of one day (MET-2), as far as it is mailed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthNews {
    /// As the shop calls it: `2026-11-21`.
    pub day: String,
    /// In thousandths; None: there was nothing to count.
    pub unread_permille: Option<u32>,
    pub time_out_permille: Option<u32>,
    pub adoption_permille: Option<u32>,
    /// The rates that raise the yellow warning 黄色预警.
    pub warnings: Vec<Rate>,
}

/// Who was responsible for a buyer when it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Responsible {
    /// None: nobody had the buyer.
    pub agent: Option<AgentNo>,
    pub group: Option<GroupNo>,
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topic {
    /// A buyer waits for an answer since then (SLA-2). `buyer`: the name that staff sees.
    Waiting {
        conversation: ConversationId,
        buyer: String,
        since: Millis,
        responsible: Responsible,
    },
    /// Nobody has read what a buyer wrote then (SLA-3).
    Unread {
        conversation: ConversationId,
        buyer: String,
        since: Millis,
        responsible: Responsible,
    },
    Health(Box<HealthNews>),
    /// So many conversations are archived tomorrow (INB-12).
    Archive {
        conversations: u32,
    },
    /// This account broke a rule of the guard.
    Violation {
        agent: AgentNo,
    },
    UrgentNotice {
        kind: String,
        title: String,
    },
    /// What proves that whoever set the channel up reads it. The digits are never stored: after a restart there are none, and the
    /// notification is given up.
    Code {
        #[serde(skip)]
        digits: Secret,
    },
    Test,
    /// So many more of the class, which were not told one by one because too many waited.
    More {
        count: u32,
    },
}

impl Topic {
    /// The conversation that it may be over with before anybody was told.
    pub const fn conversation(&self) -> Option<ConversationId> {
        match self {
            Topic::Waiting { conversation, .. } | Topic::Unread { conversation, .. } => Some(*conversation),
            _ => None,
        }
    }

    /// Whether it is over, as that conversation stands now; then it stays so.
    pub fn is_over(&self, now: &Conversation) -> bool {
        match self {
            Topic::Waiting { since, .. } => !now.waits_since(*since),
            Topic::Unread { since, .. } => !now.is_unread_since(*since),
            _ => false,
        }
    }
}

/// One notification to one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// 1, 2, 3, … of the shop.
    pub no: u64,
    pub class: Class,
    pub priority: Priority,
    pub topic: Topic,
    /// What it is about, in the sender's words: the same again is nothing.
    pub key: String,
    /// None: no channel was there for it.
    pub channel: Option<ChannelNo>,
    pub at: Millis,
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The other side has accepted it.
    Delivered,
    /// The other side will never take it.
    Refused { why: String },
    /// Not now. `retry_after_ms`: how long the other side wants to be left alone.
    Failed { why: String, retry_after_ms: Option<u64> },
}

/// Why a notification was not tried any more, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// Too many waited already.
    TooMany,
    /// A later test of the channel took its place.
    Replaced,
    /// The channel was removed meanwhile.
    ChannelRemoved,
    /// A code that was lost with a restart: the owner asks for another.
    CodeLost,
    /// The wait that it tells of was over before it could be told.
    Settled,
}

/// One attempt, for whoever carries it out.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub scope: ShopScope,
    pub notification: Notification,
    /// 1, 2, 3, …
    pub attempt: u32,
    pub target: Target,
    pub language: Language,
    /// When the attempt was decided: what waits too long is left to the next attempt.
    pub begun: Millis,
}

impl Delivery {
    /// What must not be repeated of what the other side says, the longest first: the code that is sent, the address with its tokens, the
    /// secret.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        if let Topic::Code { digits } = &self.notification.topic {
            secrets.push(digits.0.clone());
        }
        if let Target::DingTalk { url, .. } | Target::WeCom { url } | Target::Webhook { url, .. } = &self.target {
            secrets.push(url.0.clone());
            // Values of the query and long parts of the path are tokens.
            secrets.extend(url.0.split(['/', '?', '&', '=', '#']).filter(|part| part.len() >= 16).map(str::to_owned));
        }
        if let Target::DingTalk { secret, .. } | Target::Webhook { secret, .. } = &self.target {
            secrets.push(secret.0.clone());
        }
        secrets.retain(|secret| !secret.is_empty());
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }

    /// What the other side knows a notification by, the same in every attempt: it may have accepted one that was never recorded.
    pub fn id(&self) -> String {
        format!("ntf-{}-{}-{}", self.scope.number(), self.notification.no, self.notification.at.0)
    }
}

/// What this server can reach at all: known to whoever takes channels in, so that nobody sets up one in vain.
pub struct Reach {
    pub mail: bool,
    pub sms: bool,
    /// Addresses without TLS, too.
    pub http: bool,
    /// Whether an internet address may be asked; else why not.
    pub open: Box<dyn Fn(std::net::IpAddr) -> Result<(), String> + Send + Sync>,
}
