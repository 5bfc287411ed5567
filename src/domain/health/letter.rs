//! The health report as people read it, in Chinese and in English: sentences, and a letter of them as plain text and as simple HTML.
//!
//! Pure. What a shop calls itself is text and never markup.

use super::rates::{Share, Warning};
use super::report::Report;
use crate::domain::text::one_line;

/// A letter: what a mail needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A report in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub title: String,
    /// What raises the yellow warning, a sentence each; empty: nothing does.
    pub warnings: Vec<String>,
    /// What is what: a name, and its value.
    pub lines: Vec<(&'static str, String)>,
}

/// The language of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    Chinese,
    English,
}

use Tongue::{Chinese, English};

/// To a tenth of a percent.
fn percent(share: Share) -> Option<String> {
    let permille = share.permille()?;
    Some(if permille % 10 == 0 { format!("{} %", permille / 10) } else { format!("{}.{} %", permille / 10, permille % 10) })
}

fn limit(permille: u16) -> String {
    percent(Share { part: permille.into(), whole: 1_000 }).unwrap_or_default()
}

fn rate(share: Share, tongue: Tongue) -> String {
    match (percent(share), tongue) {
        (Some(percent), Chinese) => format!("{percent}({} / {})", share.part, share.whole),
        (Some(percent), English) => format!("{percent} ({} of {})", share.part, share.whole),
        (None, Chinese) => "无数据".into(),
        (None, English) => "nothing to count".into(),
    }
}

fn duration(ms: Option<u64>, tongue: Tongue) -> String {
    let Some(ms) = ms else { return rate(Share { part: 0, whole: 0 }, tongue) };
    let s = (ms + 500) / 1_000;
    match (s / 60, s % 60, tongue) {
        (0, s, Chinese) => format!("{s} 秒"),
        (min, s, Chinese) => format!("{min} 分 {s} 秒"),
        (0, s, English) => format!("{s} s"),
        (min, s, English) => format!("{min} min {s} s"),
    }
}

fn warning(warning: Warning, report: &Report, tongue: Tongue) -> String {
    let (figures, rule) = (&report.figures, &report.rule);
    let (share, limit, zh, en) = match warning {
        Warning::Unread => (figures.unread(), limit(rule.unread_permille_max), "未读率高于", "messages nobody has read, more than"),
        Warning::TimeOuts => {
            (figures.time_outs(), limit(rule.timeout_permille_max), "超时率高于", "first responses late or missing, more than")
        }
        Warning::Adoption => (figures.adoption(), limit(rule.adoption_permille_min), "采纳率低于", "suggestions adopted, fewer than"),
    };
    match tongue {
        Chinese => format!("{zh}基准 {limit}:{}", rate(share, tongue)),
        English => format!("{en} {limit}: {}", rate(share, tongue)),
    }
}

impl Words {
    /// What a report says of a shop of this name.
    pub fn new(shop: &str, report: &Report, tongue: Tongue) -> Words {
        let (figures, min) = (&report.figures, report.rule.report_min);
        let (day, hour, min) = (report.day, min / 60, min % 60);
        let shop = one_line(shop);
        let pick = |zh, en| if tongue == Chinese { zh } else { en };
        let title = match tongue {
            Chinese => format!("店铺「{shop}」健康日报 {day}(截至 {hour:02}:{min:02} 的前一日)"),
            English => format!("Health report of “{shop}”, {day} (the day up to {hour:02}:{min:02})"),
        };
        let time = |ms| duration(ms, tongue);
        let percentile = |percent| time(figures.responses.percentile_ms(percent));
        let lines = vec![
            (pick("未读率", "Unread"), rate(figures.unread(), tongue)),
            (pick("超时率", "Time-outs"), rate(figures.time_outs(), tongue)),
            (pick("采纳率", "Adoption"), rate(figures.adoption(), tongue)),
            (pick("应答率", "Rounds answered"), rate(figures.response(), tongue)),
            (pick("平均首次响应", "Mean first response"), time(figures.mean_response_ms())),
            (pick("首次响应 P50", "First response, half within"), percentile(50)),
            (pick("首次响应 P90", "First response, 90 % within"), percentile(90)),
            (pick("新接待", "Receptions opened"), figures.opened.to_string()),
            (pick("已结束接待", "Receptions closed"), figures.closed.to_string()),
            (pick("客服回复", "Replies"), figures.sent.to_string()),
            (pick("话术使用率", "Replies with a text"), rate(figures.with_text(), tongue)),
        ];
        let warnings = report.warnings().into_iter().map(|of| warning(of, report, tongue)).collect();
        Words { title, warnings, lines }
    }

    fn text(&self, tongue: Tongue) -> String {
        let mut text = format!("{}\n\n", self.title);
        if !self.warnings.is_empty() {
            text.push_str(raised(tongue));
            text.push('\n');
            self.warnings.iter().for_each(|warning| text.push_str(&format!("- {warning}\n")));
            text.push('\n');
        }
        let colon = if tongue == Chinese { ":" } else { ": " };
        self.lines.iter().for_each(|(name, value)| text.push_str(&format!("{name}{colon}{value}\n")));
        text
    }

    fn html(&self, tongue: Tongue) -> String {
        let mut html = format!("<h2>{}</h2>", escaped(&self.title));
        if !self.warnings.is_empty() {
            let warnings: String = self.warnings.iter().map(|warning| format!("<li>{}</li>", escaped(warning))).collect();
            html.push_str(&format!("<div style=\"background:#fff3b0;padding:8px\"><b>{}</b><ul>{warnings}</ul></div>", raised(tongue)));
        }
        let row = |(name, value): &(&str, String)| format!("<tr><td>{}</td><td>{}</td></tr>", escaped(name), escaped(value));
        html.push_str(&format!("<table cellpadding=\"4\">{}</table>", self.lines.iter().map(row).collect::<String>()));
        html
    }
}

/// What stands above the warnings.
pub fn raised(tongue: Tongue) -> &'static str {
    match tongue {
        Chinese => "黄色预警",
        English => "Yellow warning",
    }
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
        escaped
    })
}

/// The letter to a shop of this name, in both languages, the reader's first.
pub fn letter(shop: &str, report: &Report, first: Tongue) -> Letter {
    let words = |tongue| (Words::new(shop, report, tongue), tongue);
    let (own, other) = if first == Chinese { (words(Chinese), words(English)) } else { (words(English), words(Chinese)) };
    let name = one_line(shop);
    let (warned, day) = (!own.0.warnings.is_empty(), report.day);
    let subject = match (first, warned) {
        (Chinese, true) => format!("【黄色预警】{name} 健康日报 {day}"),
        (Chinese, false) => format!("{name} 健康日报 {day}"),
        (English, true) => format!("Yellow warning: {name}, health report {day}"),
        (English, false) => format!("{name}, health report {day}"),
    };
    Letter {
        subject,
        text: format!("{}\n————————\n\n{}", own.0.text(own.1), other.0.text(other.1)),
        html: format!("<!doctype html><meta charset=\"utf-8\">{}<hr>{}", own.0.html(own.1), other.0.html(other.1)),
    }
}
