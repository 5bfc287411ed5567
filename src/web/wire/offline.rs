//! JSON of the settings of offline messages (SPEC section 4).

use super::rule::{agent_numbers, agents_of, group_numbers, groups_of, same};
use crate::domain::id::AgentNo;
use crate::domain::offline::{self, Range as DomainRange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happens with a buyer whom nobody can receive (OFF-1).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// 离线消息池.
    Pool,
    /// 代理账号, regardless of presence.
    Deputy(u32),
    /// 主账号, regardless of presence.
    MainAccount,
}

/// Which messages of the pool are assigned automatically (OFF-3).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// Whoever asked for a person within the last 24 h.
    AskedForPerson,
    /// Every message of the last 24 h.
    Every,
}
same! { Range, DomainRange, AskedForPerson Every }

/// To whom the automatic assignment assigns.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Targets {
    ByRules,
    Groups(Vec<u32>),
    Agents(Vec<u32>),
}

/// A window of the day, both ends included, in the shop's zone.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DayWindow {
    /// Minute of the day.
    pub from_min: u16,
    /// Minute of the day; up to 1440.
    pub to_min: u16,
}

/// Automatic assignment of the pool (OFF-3, OFF-4).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Automatic {
    /// Default true.
    pub on: bool,
    /// Default `every`.
    pub range: Range,
    /// Default 08:00 to 23:00.
    pub windows: Vec<DayWindow>,
    /// 5, 6, 10, 12, 15, 20, 30 or 60. Default 30.
    pub slot_min: u16,
    /// Default `by_rules`.
    pub targets: Targets,
    /// At least so many online unsuspended agents among the targets. Default 1.
    pub online_min: u32,
    /// The targets' average of unanswered receptions is at most this. Absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unanswered_average_max: Option<u32>,
    /// A run takes at most heads × this. Absent: no limit but the 5,000 of a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_head: Option<u32>,
    /// `by_rules` counts heads over those in scope, not over the whole shop. Default false.
    pub heads_in_scope: bool,
}

impl Default for Automatic {
    fn default() -> Automatic {
        Offline::default().automatic
    }
}

/// Offline handling.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Offline {
    /// Default `pool`.
    pub way: Way,
    /// What the buyer is told. Empty: nothing.
    pub text: String,
    pub automatic: Automatic,
}

impl From<Offline> for offline::Offline {
    fn from(o: Offline) -> offline::Offline {
        let (way, a) = (o.way, o.automatic);
        let way = match way {
            Way::Pool => offline::Way::Pool,
            Way::Deputy(agent) => offline::Way::Deputy(AgentNo(agent)),
            Way::MainAccount => offline::Way::MainAccount,
        };
        let targets = match a.targets {
            Targets::ByRules => offline::Targets::ByRules,
            Targets::Groups(groups) => offline::Targets::Groups(groups_of(groups)),
            Targets::Agents(agents) => offline::Targets::Agents(agents_of(agents)),
        };
        let window = |w: DayWindow| offline::DayWindow { from_min: w.from_min, to_min: w.to_min };
        let automatic = offline::Automatic {
            on: a.on,
            range: a.range.into(),
            windows: a.windows.into_iter().map(window).collect(),
            slot_min: a.slot_min,
            targets,
            online_min: a.online_min,
            unanswered_average_max: a.unanswered_average_max,
            per_head: a.per_head,
            heads_in_scope: a.heads_in_scope,
        };
        offline::Offline { way, text: o.text, automatic }
    }
}

impl From<&offline::Offline> for Offline {
    fn from(o: &offline::Offline) -> Offline {
        let a = &o.automatic;
        let way = match o.way {
            offline::Way::Pool => Way::Pool,
            offline::Way::Deputy(agent) => Way::Deputy(agent.0),
            offline::Way::MainAccount => Way::MainAccount,
        };
        let targets = match &a.targets {
            offline::Targets::ByRules => Targets::ByRules,
            offline::Targets::Groups(groups) => Targets::Groups(group_numbers(groups)),
            offline::Targets::Agents(agents) => Targets::Agents(agent_numbers(agents)),
        };
        let automatic = Automatic {
            on: a.on,
            range: a.range.into(),
            windows: a.windows.iter().map(|w| DayWindow { from_min: w.from_min, to_min: w.to_min }).collect(),
            slot_min: a.slot_min,
            targets,
            online_min: a.online_min,
            unanswered_average_max: a.unanswered_average_max,
            per_head: a.per_head,
            heads_in_scope: a.heads_in_scope,
        };
        Offline { way, text: o.text.clone(), automatic }
    }
}
