//! Rows of exports (INB-15): as JSON, and as cells of a table.

use super::Hex;
use super::distribution::AgentShare;
use super::order::{OrderItem, State};
use super::talk::{From, author};
use crate::domain::order::Order;
use crate::domain::view::Exported;
use crate::web::table::Cell;
use serde::Serialize;

/// The columns of a table of messages.
pub const MESSAGE_COLUMNS: [&str; 11] =
    ["conversation", "buyer", "name", "seq", "at", "time_utc", "from", "agent", "text", "labels", "files"];

/// A message of an export.
#[derive(Serialize)]
pub struct MessageRow<'a> {
    pub conversation: Hex,
    pub buyer: &'a str,
    pub name: &'a str,
    pub seq: u64,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub time_utc: String,
    pub from: From,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<u32>,
    pub text: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub labels: &'a [String],
    /// Names of pictures and files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<&'a str>,
}

impl<'a> std::convert::From<&'a Exported> for MessageRow<'a> {
    fn from(m: &'a Exported) -> MessageRow<'a> {
        let (from, agent) = author(m.author);
        let files: Vec<&str> = m.extra.iter().flat_map(|extra| extra.attachments.iter()).map(|file| file.name.as_str()).collect();
        let (conversation, time_utc) = (Hex(m.conversation), utc(m.at.0));
        let (buyer, name, text, labels) = (m.buyer.as_str(), m.name.as_str(), m.text.as_str(), m.labels.as_slice());
        MessageRow { conversation, buyer, name, seq: m.seq, at: m.at.0, time_utc, from, agent, text, labels, files }
    }
}

impl<'a> MessageRow<'a> {
    /// In the order of [`MESSAGE_COLUMNS`].
    pub fn cells(self) -> Vec<Cell<'a>> {
        let from = match self.from {
            From::Buyer => "buyer",
            From::Agent => "agent",
            From::System => "system",
        };
        vec![
            self.conversation.0.to_string().into(),
            self.buyer.into(),
            self.name.into(),
            self.seq.into(),
            self.at.into(),
            self.time_utc.into(),
            from.into(),
            self.agent.map_or(Cell::Empty, |agent| Cell::Number(agent.into())),
            self.text.into(),
            self.labels.join("; ").into(),
            self.files.join("; ").into(),
        ]
    }
}

/// The columns of a table of orders.
pub const ORDER_COLUMNS: [&str; 7] = ["order", "buyer", "status", "state", "changed_at", "items", "parcels"];

/// A parcel of an exported order.
#[derive(Serialize)]
struct ParcelRow<'a> {
    carrier: &'a str,
    number: &'a str,
}

/// An order of an export.
#[derive(Serialize)]
pub struct ExportedOrder<'a> {
    order: &'a str,
    buyer: &'a str,
    /// The platform's own word.
    status: &'a str,
    state: Option<&'static str>,
    /// Milliseconds since the epoch.
    changed_at: u64,
    items: Vec<OrderItem>,
    parcels: Vec<ParcelRow<'a>>,
}

impl<'a> std::convert::From<&'a Order> for ExportedOrder<'a> {
    fn from(o: &'a Order) -> ExportedOrder<'a> {
        let (order, buyer, status) = (o.report.order.as_str(), o.report.buyer.as_str(), o.report.status.as_str());
        let items = o.report.items.iter().cloned().map(OrderItem::from).collect();
        let parcels = o.report.parcels.iter().map(|parcel| ParcelRow { carrier: &parcel.carrier, number: &parcel.number }).collect();
        let state = o.state.map(|state| State::from(state).name());
        ExportedOrder { order, buyer, status, state, changed_at: o.changed_at.0, items, parcels }
    }
}

impl<'a> ExportedOrder<'a> {
    /// In the order of [`ORDER_COLUMNS`].
    pub fn cells(self) -> Vec<Cell<'a>> {
        let items: Vec<String> = self.items.iter().map(|item| format!("{} × {} ({})", item.title, item.quantity, item.sku)).collect();
        let parcels: Vec<String> =
            self.parcels.iter().map(|parcel| format!("{} {}", parcel.carrier, parcel.number).trim().to_owned()).collect();
        vec![
            self.order.into(),
            self.buyer.into(),
            self.status.into(),
            self.state.map_or(Cell::Empty, Cell::from),
            self.changed_at.into(),
            items.join("; ").into(),
            parcels.join("; ").into(),
        ]
    }
}

/// The columns of a table of the distribution report; JSON has more.
pub const SHARE_COLUMNS: [&str; 14] = [
    "agent",
    "weight",
    "enabled",
    "receivable_ms",
    "online_ms",
    "suspended_ms",
    "offline_ms",
    "received",
    "received_by_weight",
    "expected",
    "share_received",
    "share_by_weight",
    "share_expected",
    "reasons",
];

/// In the order of [`SHARE_COLUMNS`].
pub fn share_cells(share: &AgentShare) -> Vec<Cell<'_>> {
    let reasons: Vec<String> = share.reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    vec![
        Cell::Number(share.agent.into()),
        Cell::Number(share.weight.into()),
        (if share.enabled { "true" } else { "false" }).into(),
        share.receivable_ms.into(),
        share.online_ms.into(),
        share.suspended_ms.into(),
        share.offline_ms.into(),
        share.received.into(),
        share.received_by_weight.into(),
        Cell::Share(share.expected),
        Cell::Share(share.share_received),
        Cell::Share(share.share_by_weight),
        Cell::Share(share.share_expected),
        reasons.join("; ").into(),
    ]
}

/// `2027-01-15T08:00:00.000Z`: what every spreadsheet and program reads. Days are counted from 1 March of year 0, so that a leap day
/// is the last of its year.
fn utc(at_ms: u64) -> String {
    let (days, ms) = (at_ms / 86_400_000 + 719_468, at_ms % 86_400_000);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) = (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_800_000_000_000, "2027-01-15T08:00:00.000Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(utc(ms), text);
        }
    }
}
