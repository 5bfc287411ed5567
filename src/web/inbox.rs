//! The lists of the inbox over HTTP (INB-3). Only calls the door.

use super::bearer::Caller;
use super::error::Problem;
use super::openapi::Problems;
use super::params::{CountsWindow, InboxWindow, STATES};
use super::reply::{self, Answer};
use super::wire::inbox::{Counts, Inbox, LongWaits};
use crate::domain::desk::LabelNo;
use crate::domain::facts::{OrderStatus, Priority};
use crate::domain::id::{AgentNo, GroupNo, Millis};
use crate::domain::list::{ListQuery, Sort};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Credential, Principal, State};
use crate::door::CountsOf;
use crate::limits;
use std::str::FromStr;

/// Each word of a list separated by commas; absent: none.
fn words<T>(name: &str, given: Option<&str>, problem: &str, of: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Problem> {
    let Some(text) = given else { return Ok(Vec::new()) };
    let words: Option<Vec<T>> = text.split(',').map(of).collect();
    words.filter(|words| words.len() <= limits::LIST_VALUES_MAX).ok_or_else(|| Problem::invalid(name, problem))
}

fn word<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

fn number<T: FromStr>(word: &str) -> Option<T> {
    word.parse().ok()
}

const STATE_WORDS: [(&str, State); 6] = [
    ("waiting", State::Waiting),
    ("unanswered", State::Unanswered),
    ("replied", State::Replied),
    ("pooled", State::Pooled),
    ("closed", State::Closed),
    ("archived", State::Archived),
];
const PRIORITY_WORDS: [(&str, Priority); 4] =
    [("urgent", Priority::Urgent), ("high", Priority::High), ("normal", Priority::Normal), ("low", Priority::Low)];
const ORDER_WORDS: [(&str, OrderStatus); 6] = [
    ("no_active", OrderStatus::NoActive),
    ("unpaid", OrderStatus::Unpaid),
    ("paid", OrderStatus::Paid),
    ("shipped", OrderStatus::Shipped),
    ("succeeded", OrderStatus::Succeeded),
    ("after_sale", OrderStatus::AfterSale),
];
const SORT_WORDS: [(&str, Sort); 3] = [("waiting", Sort::Waiting), ("last", Sort::Last), ("priority", Sort::Priority)];

/// The statuses of the three stages of an inquiry (INB-1).
fn stage(word: &str) -> Option<&'static [OrderStatus]> {
    Some(match word {
        "pre_order" => &[OrderStatus::NoActive],
        "in_order" => &[OrderStatus::Unpaid, OrderStatus::Paid, OrderStatus::Shipped, OrderStatus::Succeeded],
        "after_sale" => &[OrderStatus::AfterSale],
        _ => return None,
    })
}

fn owner(who: &Principal, given: &str, states: &[State]) -> Result<AgentNo, Problem> {
    let owned = |state: &State| matches!(state, State::Unanswered | State::Replied);
    if !states.is_empty() && !states.iter().any(owned) {
        return Err(Problem::invalid("owner", "nobody owns a conversation in this state"));
    }
    match (given, &who.credential) {
        ("me", Credential::Staff { agent, .. }) => Ok(*agent),
        ("me", _) => Err(Problem::from(Refusal::Forbidden { needs: "a staff session" })),
        _ => number(given).map(AgentNo).ok_or_else(|| Problem::invalid("owner", "`me` or the number of an agent")),
    }
}

fn query(who: &Principal, window: &InboxWindow) -> Result<ListQuery, Problem> {
    let states = words("state", window.state.as_deref(), STATES, |w| word(&STATE_WORDS, w))?;
    let mut orders =
        words("order", window.order.as_deref(), "no_active, unpaid, paid, shipped, succeeded or after_sale", |w| word(&ORDER_WORDS, w))?;
    let stages = words("stage", window.stage.as_deref(), "pre_order, in_order or after_sale", stage)?.concat();
    if !stages.is_empty() && !orders.is_empty() {
        orders.retain(|order| stages.contains(order));
        if orders.is_empty() {
            return Err(Problem::invalid("order", "no order has this status in this stage"));
        }
    } else if orders.is_empty() {
        orders = stages;
    }
    let sort = window.sort.as_deref();
    Ok(ListQuery {
        unread: window.unread,
        priorities: words("priority", window.priority.as_deref(), "urgent, high, normal or low", |w| word(&PRIORITY_WORDS, w))?,
        orders,
        owner: window.owner.as_deref().map(|given| owner(who, given, &states)).transpose()?,
        group: window.group.map(GroupNo),
        labels: words("label", window.label.as_deref(), "numbers of labels, with commas between them", number)?
            .into_iter()
            .map(LabelNo)
            .collect(),
        from: window.from.map(Millis),
        to: window.to.map(Millis),
        keyword: window.keyword.clone().unwrap_or_default(),
        only: None,
        sort: sort.map(|w| word(&SORT_WORDS, w).ok_or_else(|| Problem::invalid("sort", "waiting, last or priority"))).transpose()?,
        states,
    })
}

/// Conversations, filtered and sorted. Where few fit the filters a page may be short, or empty, and yet have a next one.
#[utoipa::path(get, path = "/v1/staff/inbox", operation_id = "staff_inbox", tag = "staff", security(("staff" = [])),
    params(InboxWindow), responses((status = 200, description = "A page", body = Inbox), Problems))]
pub async fn inbox(caller: Caller, window: InboxWindow) -> Answer {
    let query = query(&caller.who, &window)?;
    let page = caller.door.inbox(&caller.who, query, window.cursor.as_deref(), window.limit)?;
    reply::ok(&Inbox { conversations: page.rows.into_iter().map(Into::into).collect(), next: page.next })
}

/// How many conversations wait, are unanswered, unread, …
#[utoipa::path(get, path = "/v1/staff/inbox/counts", operation_id = "staff_inbox_counts", tag = "staff", security(("staff" = [])),
    params(CountsWindow), responses((status = 200, description = "Figures", body = Counts), Problems))]
pub async fn counts(caller: Caller, window: CountsWindow) -> Answer {
    let of = match window.of.as_deref() {
        None | Some("me") => CountsOf::Me,
        Some("shop") => CountsOf::Shop,
        Some("accounts") => CountsOf::Accounts,
        Some("groups") => CountsOf::Groups,
        Some(_) => return Err(Problem::invalid("of", "me, shop, accounts or groups")),
    };
    let page = caller.door.counts(&caller.who, of, window.cursor.unwrap_or(0), window.limit)?;
    reply::ok(&Counts { counts: page.rows.into_iter().map(Into::into).collect(), next: page.next })
}

/// Buyers of this account who wait too long for an answer; devices are told by the frame `long_waits`.
#[utoipa::path(get, path = "/v1/staff/long-waits", operation_id = "staff_long_waits", tag = "staff", security(("staff" = [])),
    responses((status = 200, description = "The longest first", body = LongWaits), Problems))]
pub async fn long_waits(caller: Caller) -> Answer {
    reply::ok(&LongWaits::from(caller.door.long_waits(&caller.who)?))
}
