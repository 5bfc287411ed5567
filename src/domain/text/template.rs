//! Templates 消息模板 (TXT-2, TXT-3): a text with variables in braces, under a Chinese or an English name; `{{` and `}}` are braces.
//!
//! Pure and in one pass: what is filled in is never read again, so no value can smuggle in a variable. It never sends: a text whose
//! variable cannot be filled comes back with the names of those, and is not sent.

use crate::domain::order::{Carrier, Report};
use std::collections::BTreeMap;

/// What a template can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variable {
    OrderNo,
    Buyer,
    Product,
    Sku,
    Quantity,
    Amount,
    TrackingNo,
    Carrier,
    TrackingLink,
    Logistics,
    Shop,
    Agent,
}

impl Variable {
    /// Every one, with its English and its Chinese name.
    pub const ALL: [(Variable, &'static str, &'static str); 12] = [
        (Variable::OrderNo, "order_no", "订单号"),
        (Variable::Buyer, "buyer", "买家"),
        (Variable::Product, "product", "商品"),
        (Variable::Sku, "sku", "规格"),
        (Variable::Quantity, "quantity", "数量"),
        (Variable::Amount, "amount", "金额"),
        (Variable::TrackingNo, "tracking_no", "物流单号"),
        (Variable::Carrier, "carrier", "物流公司"),
        (Variable::TrackingLink, "tracking_link", "物流链接"),
        (Variable::Logistics, "logistics", "物流动态"),
        (Variable::Shop, "shop", "店铺"),
        (Variable::Agent, "agent", "客服"),
    ];

    /// The one of that name, spaces round it and the case of letters aside.
    pub fn named(name: &str) -> Option<Variable> {
        let name = name.trim();
        Variable::ALL.iter().find(|(_, english, chinese)| english.eq_ignore_ascii_case(name) || *chinese == name).map(|(v, ..)| *v)
    }
}

/// What a text is filled with. An empty value is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<Variable, String>);

impl Values {
    /// This value too; an empty one leaves the variable unfilled.
    pub fn with(mut self, variable: Variable, value: impl Into<String>) -> Values {
        let value: String = value.into();
        if !value.trim().is_empty() {
            self.0.insert(variable, value);
        }
        self
    }

    pub fn get(&self, variable: Variable) -> Option<&str> {
        self.0.get(&variable).map(String::as_str)
    }

    /// What an order fills: the first of its items, the sum of all, the newest of its parcels. `carrier`: that parcel's, where known.
    pub fn of_order(report: &Report, carrier: Option<&Carrier>) -> Values {
        let (first, parcel) = (report.items.first(), report.parcels.last());
        let pieces: u64 = report.items.iter().map(|item| u64::from(item.quantity)).sum();
        let values = Values::default()
            .with(Variable::OrderNo, &report.order)
            .with(Variable::Product, first.map_or("", |item| item.title.as_str()))
            .with(Variable::Sku, first.map_or("", |item| item.sku.as_str()))
            .with(Variable::Quantity, if pieces > 0 { pieces.to_string() } else { String::new() })
            .with(Variable::Amount, amount(report).unwrap_or_default())
            .with(Variable::Logistics, report.logistics.as_ref().map_or("", |news| news.text.as_str()));
        let Some(parcel) = parcel else { return values };
        let carrier = carrier.filter(|carrier| carrier.code == parcel.carrier);
        values
            .with(Variable::TrackingNo, &parcel.number)
            .with(Variable::Carrier, carrier.map_or(parcel.carrier.as_str(), |carrier| carrier.name.as_str()))
            .with(Variable::TrackingLink, carrier.map_or_else(String::new, |carrier| carrier.trace(&parcel.number)))
    }
}

/// `CNY 12.50`. None: no items, or their currency was not told.
fn amount(report: &Report) -> Option<String> {
    let places = match report.currency.as_str() {
        "" => return None,
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    };
    let priced = |sum: u64, (price, quantity): (u64, u32)| sum.checked_add(price.checked_mul(u64::from(quantity))?);
    let items = report.items.iter().map(|item| (item.price_minor, item.quantity));
    let minor = items.into_iter().try_fold(0, priced).filter(|_| !report.items.is_empty())?;
    let (unit, currency) = (10_u64.pow(places), &report.currency);
    Some(match places {
        0 => format!("{currency} {minor}"),
        _ => format!("{currency} {}.{:0width$}", minor / unit, minor % unit, width = places as usize),
    })
}

/// What is wrong with a text, and at which character, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("character {at}: there is no variable `{name}`; there are {}", known())]
    Unknown { at: usize, name: String },
    #[error("character {at}: this brace is never closed; a brace to be read as such is written twice")]
    Unclosed { at: usize },
    #[error("character {at}: this brace was never opened; a brace to be read as such is written twice")]
    Unopened { at: usize },
}

fn known() -> String {
    Variable::ALL.map(|(_, english, chinese)| format!("{{{english}}} = {{{chinese}}}")).join(", ")
}

/// The variables that cannot be filled, each once, as the text writes them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing is known here of {}", names.join(", "))]
pub struct Unfilled {
    pub names: Vec<String>,
}

/// A piece of a text.
enum Piece<'a> {
    Text(&'a str),
    /// The name between the braces, and at which character they open.
    Variable(&'a str, usize),
    /// A brace that is alone: it, and whether it opens.
    Alone(&'a str, usize, bool),
}

fn opens(c: char) -> bool {
    matches!(c, '{' | '\u{ff5b}')
}

fn closes(c: char) -> bool {
    matches!(c, '}' | '\u{ff5d}')
}

/// The pieces of a text in order. Full-width braces, which a Chinese keyboard writes, are braces too.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut rest, mut at) = (text, 1);
    while let Some((start, brace)) = rest.char_indices().find(|(_, c)| opens(*c) || closes(*c)) {
        let (before, from) = rest.split_at(start);
        pieces.push(Piece::Text(before));
        at += before.chars().count();
        let (brace_text, after) = from.split_at(brace.len_utf8());
        let length = if after.starts_with(brace) {
            pieces.push(Piece::Text(brace_text));
            2 * brace_text.len()
        } else {
            let end = after.find(|c| opens(c) || closes(c)).filter(|_| opens(brace));
            match end.map(|end| (&after[..end], after[end..].chars().next())) {
                Some((name, Some(end))) if closes(end) => {
                    pieces.push(Piece::Variable(name, at));
                    brace_text.len() + name.len() + end.len_utf8()
                }
                _ => {
                    pieces.push(Piece::Alone(brace_text, at, opens(brace)));
                    brace_text.len()
                }
            }
        };
        at += from[..length].chars().count();
        rest = &from[length..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The first fault of a text, if it has one: refused on saving.
pub fn check(text: &str) -> Result<(), Fault> {
    pieces(text).into_iter().try_for_each(|piece| match piece {
        Piece::Variable(name, at) if Variable::named(name).is_none() => Err(Fault::Unknown { at, name: name.trim().to_owned() }),
        Piece::Alone(_, at, true) => Err(Fault::Unclosed { at }),
        Piece::Alone(_, at, false) => Err(Fault::Unopened { at }),
        Piece::Text(_) | Piece::Variable(..) => Ok(()),
    })
}

/// The text with its variables filled. Total: what [`check`] would refuse stays as it stands, or is unfilled.
pub fn render(text: &str, values: &Values) -> Result<String, Unfilled> {
    let (mut filled, mut names) = (String::with_capacity(text.len()), Vec::new());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) | Piece::Alone(text, ..) => filled.push_str(text),
            Piece::Variable(name, _) => match Variable::named(name).and_then(|variable| values.get(variable)) {
                Some(value) => filled.push_str(value),
                None if names.iter().any(|known| known == name.trim()) => {}
                None => names.push(name.trim().to_owned()),
            },
        }
    }
    if names.is_empty() { Ok(filled) } else { Err(Unfilled { names }) }
}
