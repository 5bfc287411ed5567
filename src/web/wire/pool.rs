//! JSON of the offline pool 离线消息池: who waits, assigning by hand, the records of the assignment (OFF-2, OFF-7).

use super::Hex;
use super::rule::OrderStatus;
use super::talk::Summary;
use crate::domain::dispatcher::{Results, TransferTo};
use crate::domain::id::{AgentNo, GroupNo, Millis};
use crate::domain::offline::{Failure, Firing, Operator as DomainOperator, Run};
use crate::domain::refusal::Refusal;
use crate::door::{Assignment, DayCount, PoolRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The code of a failure.
fn code(failure: Failure) -> &'static str {
    match failure {
        Failure::TooFewAgents => "too_few_agents",
        Failure::AverageAbove => "average_above",
        Failure::ReachedAgent => "reached_agent",
        Failure::NotInPool => "not_in_pool",
        Failure::OlderThanADay => "older_than_a_day",
        Failure::DidNotAsk => "did_not_ask",
        Failure::BeyondTheCap => "beyond_the_cap",
        Failure::NoCapacity => "no_capacity",
        Failure::OutOfScope => "out_of_scope",
    }
}

/// The same in words: English and Chinese.
fn words(failure: Failure) -> (&'static str, &'static str) {
    match failure {
        Failure::TooFewAgents => ("too few agents of the targets were online and not suspended", "在线且未挂起的客服人数不足"),
        Failure::AverageAbove => ("the agents' average of unanswered receptions was above the limit", "客服平均未回复数超过上限"),
        Failure::ReachedAgent => {
            ("the buyer had reached an agent since the slot before, by writing again or by hand", "买家在此前已由客服接待")
        }
        Failure::NotInPool => ("it is not in the pool, or not any more", "不在离线消息池中"),
        Failure::OlderThanADay => ("older than 24 hours", "留言已超过 24 小时"),
        Failure::DidNotAsk => ("the buyer did not ask for a person", "买家未要求人工服务"),
        Failure::BeyondTheCap => ("beyond what one run takes", "超出单次分配数量上限"),
        Failure::NoCapacity => ("nobody who may serve it had room", "可接待的客服均已达接待上限"),
        Failure::OutOfScope => ("nobody online may serve it", "没有在线客服在接待范围内"),
    }
}

/// A reception of the pool.
#[derive(Serialize, ToSchema)]
pub struct Pooled {
    #[serde(flatten)]
    pub summary: Summary,
    /// When the buyer last wrote. Milliseconds since the epoch, as all times.
    pub last_buyer_at: u64,
    /// When the buyer last asked for a person; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<u64>,
    pub order_status: OrderStatus,
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub product: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub entry: String,
    /// Why the last firing left it; absent: none has tried yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "no_capacity")]
    pub failure: Option<&'static str>,
}

impl From<PoolRow> for Pooled {
    fn from(row: PoolRow) -> Pooled {
        let p = row.pooled;
        Pooled {
            summary: p.summary.into(),
            last_buyer_at: p.last_buyer_at.0,
            asked_at: p.asked_at.map(|at| at.0),
            order_status: row.order.into(),
            tags: p.facts.tags,
            product: p.facts.visit.product,
            entry: p.facts.visit.entry,
            failure: row.failure.map(code),
        }
    }
}

/// A page of the pool, newest first. A short page may have a next one.
#[derive(Serialize, ToSchema)]
pub struct Pool {
    pub conversations: Vec<Pooled>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Assigns receptions out of the pool: exactly one of `agent` and `group`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssignment {
    /// At most 200.
    #[schema(value_type = Vec<String>)]
    pub conversations: Vec<Hex>,
    pub agent: Option<u32>,
    pub group: Option<u32>,
    /// At most 50 characters; shown to the buyer's side as a system message.
    #[serde(default)]
    pub reason: String,
}

impl TryFrom<NewAssignment> for Assignment {
    type Error = Refusal;
    fn try_from(new: NewAssignment) -> Result<Assignment, Refusal> {
        let to = either(new.agent, new.group)?;
        Ok(Assignment { conversations: new.conversations.into_iter().map(|hex| hex.0).collect(), to, reason: new.reason })
    }
}

/// Exactly one of the two.
pub fn either(agent: Option<u32>, group: Option<u32>) -> Result<TransferTo, Refusal> {
    match (agent, group) {
        (Some(agent), None) => Ok(TransferTo::Agent(AgentNo(agent))),
        (None, Some(group)) => Ok(TransferTo::Group(GroupNo(group))),
        _ => Err(Refusal::Invalid { field: "agent", problem: "name either `agent` or `group`".into() }),
    }
}

/// What became of one reception.
#[derive(Serialize, ToSchema)]
pub struct Item {
    #[schema(value_type = String)]
    pub conversation: Hex,
    /// Who has it now; absent: it stays where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<u32>,
    /// It went over the agent's limit: a person may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_capacity: Option<bool>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "reached_agent")]
    pub failure: Option<&'static str>,
}

/// What became of each, in the order in which they were named.
#[derive(Serialize, ToSchema)]
pub struct Assigned {
    pub items: Vec<Item>,
}

impl From<Results> for Assigned {
    fn from(results: Results) -> Assigned {
        let item = |(conversation, result): (_, Result<(AgentNo, bool), Failure>)| {
            let (given, failure) = (result.ok(), result.err());
            let (agent, over_capacity) = (given.map(|(agent, _)| agent.0), given.map(|(_, over)| over));
            Item { conversation: Hex(conversation), agent, over_capacity, failure: failure.map(code) }
        };
        Assigned { items: results.into_iter().map(item).collect() }
    }
}

/// Who assigned.
#[derive(Serialize, ToSchema)]
pub struct Operator {
    pub system: bool,
    /// 系统自动分配 or the account.
    #[schema(example = "系统自动分配 / automatic assignment")]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<u32>,
}

impl From<DomainOperator> for Operator {
    fn from(operator: DomainOperator) -> Operator {
        match operator {
            DomainOperator::System => Operator { system: true, name: "系统自动分配 / automatic assignment".into(), agent: None },
            DomainOperator::Account(agent) => {
                Operator { system: false, name: format!("客服 {0} / agent {0}", agent.0), agent: Some(agent.0) }
            }
        }
    }
}

/// Receptions that one agent was assigned.
#[derive(Serialize, ToSchema)]
pub struct AgentCount {
    pub agent: u32,
    pub count: u32,
}

/// Receptions that were left for one reason.
#[derive(Serialize, ToSchema)]
pub struct FailureCount {
    #[schema(example = "no_capacity")]
    pub reason: &'static str,
    /// In Chinese.
    pub reason_zh: &'static str,
    /// In English.
    pub text: &'static str,
    pub count: u32,
}

impl FailureCount {
    fn new(failure: Failure, count: u32) -> FailureCount {
        let (text, reason_zh) = words(failure);
        FailureCount { reason: code(failure), reason_zh, text, count }
    }
}

/// A record 分配记录 of one firing.
#[derive(Serialize, ToSchema)]
pub struct RunRow {
    pub at: u64,
    /// `slot`, `late` (made up for after a stop), `missed` or `by_hand`.
    #[schema(example = "slot")]
    pub firing: &'static str,
    /// The slot, or the last one missed; absent by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_at: Option<u64>,
    /// The first one missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_slot_at: Option<u64>,
    /// How many were missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    pub operator: Operator,
    /// Receptions in the pool when it began; by hand: those looked at.
    pub pooled: u32,
    /// Of those, in the range; by hand: those named.
    pub eligible: u32,
    /// Of those, looked at.
    pub taken: u32,
    /// Online unsuspended agents that the conditions counted.
    pub heads: u32,
    pub assigned: Vec<AgentCount>,
    /// Still in the pool when it had ended.
    pub left: u32,
    pub failures: Vec<FailureCount>,
}

impl From<&Run> for RunRow {
    fn from(run: &Run) -> RunRow {
        let (firing, slot, first, slots) = match run.firing {
            Firing::Slot(slot) => ("slot", Some(slot), None, None),
            Firing::Late(slot) => ("late", Some(slot), None, None),
            Firing::Missed { first, last, slots } => ("missed", Some(last), Some(first), Some(slots)),
            Firing::ByHand => ("by_hand", None, None, None),
        };
        let ms = |at: Option<Millis>| at.map(|at| at.0);
        RunRow {
            at: run.at.0,
            firing,
            slot_at: ms(slot),
            first_slot_at: ms(first),
            slots,
            operator: run.operator.into(),
            pooled: run.pooled,
            eligible: run.eligible,
            taken: run.taken,
            heads: run.heads,
            assigned: run.assigned.iter().map(|(agent, count)| AgentCount { agent: agent.0, count: *count }).collect(),
            left: run.left(),
            failures: run.failures.iter().map(|(why, count)| FailureCount::new(*why, *count)).collect(),
        }
    }
}

/// A page of records, newest first.
#[derive(Serialize, ToSchema)]
pub struct Runs {
    pub runs: Vec<RunRow>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// The records of one day of the shop's zone, by when they were made.
#[derive(Serialize, ToSchema)]
pub struct DayRow {
    #[schema(example = "2026-03-29")]
    pub day: String,
    /// Slots carried out.
    pub firings: u32,
    /// Slots recorded as missed.
    pub missed: u32,
    /// Assignments by hand.
    pub by_hand: u32,
    pub eligible: u32,
    pub assigned: u32,
    pub failures: Vec<FailureCount>,
}

impl From<DayCount> for DayRow {
    fn from(count: DayCount) -> DayRow {
        DayRow {
            day: count.day.to_string(),
            firings: count.firings,
            missed: count.missed,
            by_hand: count.by_hand,
            eligible: count.eligible,
            assigned: count.assigned,
            failures: count.failures.into_iter().map(|(why, count)| FailureCount::new(why, count)).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Days {
    pub days: Vec<DayRow>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_says_who_what_and_why_not() {
        // SPEC: OFF-7
        let run = Run {
            at: Millis(100),
            firing: Firing::Missed { first: Millis(1), last: Millis(9), slots: 3 },
            operator: DomainOperator::System,
            pooled: 5,
            eligible: 4,
            taken: 3,
            heads: 2,
            assigned: vec![(AgentNo(7), 2)],
            failures: vec![(Failure::NoCapacity, 1)],
            stayed: Vec::new(),
        };
        let row = serde_json::to_value(RunRow::from(&run)).unwrap();
        assert_eq!(
            (&row["firing"], &row["slot_at"], &row["first_slot_at"], &row["slots"]),
            (&json!("missed"), &json!(9), &json!(1), &json!(3))
        );
        assert_eq!((&row["left"], &row["operator"]["system"]), (&json!(3), &json!(true)));
        assert!(row["operator"]["name"].as_str().unwrap().contains("系统自动分配"));
        let failures = json!([{"reason": "no_capacity", "reason_zh": "可接待的客服均已达接待上限", "text": "nobody who may serve it had room",
            "count": 1}]);
        assert_eq!((&row["assigned"], &row["failures"]), (&json!([{"agent": 7, "count": 2}]), &failures));
        let by_hand = Run { firing: Firing::ByHand, operator: DomainOperator::Account(AgentNo(3)), ..run };
        let row = serde_json::to_value(RunRow::from(&by_hand)).unwrap();
        assert_eq!((&row["firing"], &row["operator"]["agent"], row.get("slot_at")), (&json!("by_hand"), &json!(3), None));
    }
}
