//! Exports over HTTP (INB-15): CSV for spreadsheets, JSON Lines for programs. Only calls the door.
//!
//! Never holds an export: a piece is read when the connection has taken the one before. In CSV no cell that somebody wrote can be
//! read as a formula; JSON Lines are left as they are.

use super::bearer::ShopCaller;
use super::error::Problem;
use super::health::days;
use super::openapi::Problems;
use super::params::{ExportWindow, FiguresExport, Format, Period};
use super::reply::{self, Answer};
use super::staff::conversation_id;
use super::table::{self, Cell};
use super::wire::distribution::Distribution;
use super::wire::export::{ExportedOrder, MESSAGE_COLUMNS, MessageRow, ORDER_COLUMNS, SHARE_COLUMNS, share_cells};
use super::wire::health::{FIGURES_COLUMNS, FiguresPoint, figures_cells};
use crate::domain::health::Lane;
use crate::domain::id::Millis;
use crate::domain::refusal::Refusal;
use crate::door::{Export, ExportOf, OrderExport};
use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use futures_util::{Stream, stream};
use serde::Serialize;

/// Rows in one piece of what is in memory already.
const ROWS_IN_PIECE: usize = 200;

/// One JSON text a line.
fn json_lines<T: Serialize>(rows: impl IntoIterator<Item = T>) -> Result<Vec<u8>, Refusal> {
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, &row).map_err(|_| Refusal::Internal)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn head(format: Format, columns: &[&str]) -> Result<Vec<u8>, Refusal> {
    match format {
        Format::Csv => table::head(columns),
        Format::Jsonl => Ok(Vec::new()),
    }
}

/// The answer whose body comes in pieces. An error on the way breaks the connection off, so that half an export is never taken for a
/// whole one.
fn streamed(format: Format, name: &str, pieces: impl Stream<Item = Result<Bytes, Problem>> + 'static) -> HttpResponse {
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Jsonl => ("application/jsonl", "jsonl"),
    };
    let mut response = HttpResponse::Ok();
    reply::guard_headers(&mut response)
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{ending}\"")));
    response.streaming(pieces)
}

/// What is taken out piece by piece.
trait TakenOut: 'static {
    /// The next rows as text. None: that was all.
    async fn piece(&mut self, format: Format) -> Result<Option<Vec<u8>>, Refusal>;
}

impl TakenOut for Export {
    async fn piece(&mut self, format: Format) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(found) = self.next().await? else { return Ok(None) };
        let rows = found.iter().map(MessageRow::from);
        Ok(Some(match format {
            Format::Csv => table::lines(rows.map(MessageRow::cells))?,
            Format::Jsonl => json_lines(rows)?,
        }))
    }
}

impl TakenOut for OrderExport {
    async fn piece(&mut self, format: Format) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(found) = self.next().await? else { return Ok(None) };
        let rows = found.iter().map(ExportedOrder::from);
        Ok(Some(match format {
            Format::Csv => table::lines(rows.map(ExportedOrder::cells))?,
            Format::Jsonl => json_lines(rows)?,
        }))
    }
}

/// All pieces, the head before them.
fn pieces(
    format: Format,
    columns: &'static [&'static str],
    export: impl TakenOut,
) -> Result<impl Stream<Item = Result<Bytes, Problem>> + 'static, Refusal> {
    let first = Some(head(format, columns)?).filter(|head| !head.is_empty());
    Ok(stream::unfold((first, Some(export)), move |(first, export)| async move {
        if let Some(head) = first {
            return Some((Ok(head.into()), (None, export)));
        }
        let mut export = export?;
        loop {
            match export.piece(format).await {
                // Empty pieces would end the answer.
                Ok(Some(text)) if text.is_empty() => {}
                Ok(Some(text)) => return Some((Ok(text.into()), (None, Some(export)))),
                Ok(None) => return None,
                Err(refusal) => return Some((Err(refusal.into()), (None, None))),
            }
        }
    }))
}

/// Messages, a row each: of all conversations in a period, or of one conversation. What is archived is in it; what was recalled,
/// erased or is hidden by the blacklist is not.
#[utoipa::path(get, path = "/v1/staff/shop/export/conversations", operation_id = "export_conversations", tag = "shop",
    security(("staff" = [])), params(ExportWindow),
    responses((status = 200, description = "The rows, in pieces", content_type = "text/csv", body = String), Problems))]
pub async fn conversations(caller: ShopCaller, window: ExportWindow) -> Answer {
    let of = match (window.conversation, window.from, window.to) {
        (Some(id), None, None) => ExportOf::Conversation(conversation_id(&id)?),
        (None, Some(from), Some(to)) => ExportOf::Period { from: Millis(from), to: Millis(to) },
        _ => return Err(Problem::invalid("from", "name `from` and `to`, or `conversation`")),
    };
    let format = window.format;
    let export = caller.door.export_conversations(caller.who.clone(), caller.shop(), of).await?;
    Ok(streamed(format, "conversations", pieces(format, &MESSAGE_COLUMNS, export)?))
}

/// Orders whose state changed last in a period, an order a row, the earliest first.
#[utoipa::path(get, path = "/v1/staff/shop/export/orders", operation_id = "export_orders", tag = "shop",
    security(("staff" = [])), params(Period, ("format" = String, Query, description = "`csv` or `jsonl`")),
    responses((status = 200, description = "The rows, in pieces", content_type = "text/csv", body = String), Problems))]
pub async fn orders(caller: ShopCaller, window: ExportWindow) -> Answer {
    let (Some(from), Some(to), None) = (window.from, window.to, window.conversation) else {
        return Err(Problem::invalid("from", "name `from` and `to`"));
    };
    let format = window.format;
    let export = caller.door.export_orders(caller.who.clone(), caller.shop(), Millis(from), Millis(to)).await?;
    Ok(streamed(format, "orders", pieces(format, &ORDER_COLUMNS, export)?))
}

/// The distribution report, an agent a row. At most 31 days.
#[utoipa::path(get, path = "/v1/staff/shop/export/distribution", operation_id = "export_distribution", tag = "shop",
    security(("staff" = [])), params(Period, ("format" = String, Query, description = "`csv` or `jsonl`")),
    responses((status = 200, description = "The rows, in pieces", content_type = "text/csv", body = String), Problems))]
pub async fn distribution(caller: ShopCaller, window: ExportWindow) -> Answer {
    let (Some(from), Some(to), None) = (window.from, window.to, window.conversation) else {
        return Err(Problem::invalid("from", "name `from` and `to`"));
    };
    let format = window.format;
    let report = caller.door.export_distribution(&caller.who, caller.shop(), Millis(from), Millis(to)).await?;
    let agents = Distribution::from(&report).agents;
    Ok(streamed(format, "distribution", rows_in_pieces(format, &SHARE_COLUMNS, agents, share_cells)?))
}

/// Figures of a period, a day a row. At most 92 days.
#[utoipa::path(get, path = "/v1/staff/shop/export/figures", operation_id = "export_figures", tag = "shop", security(("staff" = [])),
    params(FiguresExport),
    responses((status = 200, description = "The rows, in pieces", content_type = "text/csv", body = String), Problems))]
pub async fn figures(caller: ShopCaller, window: FiguresExport) -> Answer {
    let (format, days, lane) = (window.format, days(window.from, window.to)?, window.lane.unwrap_or(Lane::Shop));
    let points = caller.door.export_figures(&caller.who, caller.shop(), days, lane).await?;
    let rows: Vec<FiguresPoint> = points.iter().map(|point| FiguresPoint::of(lane, point)).collect();
    Ok(streamed(format, "figures", rows_in_pieces(format, &FIGURES_COLUMNS, rows, figures_cells)?))
}

/// What is in memory already, some rows a piece, the head before them.
fn rows_in_pieces<T: Serialize + 'static>(
    format: Format,
    columns: &[&str],
    rows: Vec<T>,
    cells: fn(&T) -> Vec<Cell<'_>>,
) -> Result<impl Stream<Item = Result<Bytes, Problem>> + 'static, Refusal> {
    let first = Some(head(format, columns)?).filter(|head| !head.is_empty());
    let text = move |rows: &[T]| match format {
        Format::Csv => table::lines(rows.iter().map(cells)),
        Format::Jsonl => json_lines(rows),
    };
    Ok(stream::unfold((first, rows), move |(first, mut rows)| async move {
        if let Some(head) = first {
            return Some((Ok(head.into()), (None, rows)));
        }
        if rows.is_empty() {
            return None;
        }
        let rest = rows.split_off(ROWS_IN_PIECE.min(rows.len()));
        Some((text(&rows).map(Bytes::from).map_err(Problem::from), (None, rest)))
    }))
}
