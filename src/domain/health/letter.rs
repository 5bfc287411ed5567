//! The health report as people read it, in Chinese and in English: sentences, and a letter of them as plain text and as simple HTML.
//!
//! Pure. What a shop calls itself is text and never markup.

use super::Figures;
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
        let title = match tongue {
            Chinese => format!("店铺「{shop}」健康日报 {day}(截至 {hour:02}:{min:02} 的前一日)"),
            English => format!("Health report of “{shop}”, {day} (the day up to {hour:02}:{min:02})"),
        };
        let warnings = report.warnings().into_iter().map(|of| warning(of, report, tongue)).collect();
        Words { title, warnings, lines: lines(figures, tongue, |share| rate(share, tongue)) }
    }
}

/// The lines of a report: a name, and its value. `rate`: how a rate is written.
fn lines(figures: &Figures, tongue: Tongue, rate: impl Fn(Share) -> String) -> Vec<(&'static str, String)> {
    let pick = |zh, en| if tongue == Chinese { zh } else { en };
    let time = |ms| duration(ms, tongue);
    let percentile = |percent| time(figures.responses.percentile_ms(percent));
    vec![
        (pick("未读率", "Unread"), rate(figures.unread())),
        (pick("超时率", "Time-outs"), rate(figures.time_outs())),
        (pick("采纳率", "Adoption"), rate(figures.adoption())),
        (pick("应答率", "Rounds answered"), rate(figures.response())),
        (pick("平均首次响应", "Mean first response"), time(figures.mean_response_ms())),
        (pick("首次响应 P50", "First response, half within"), percentile(50)),
        (pick("首次响应 P90", "First response, 90 % within"), percentile(90)),
        (pick("新接待", "Receptions opened"), figures.opened.to_string()),
        (pick("已结束接待", "Receptions closed"), figures.closed.to_string()),
        (pick("客服回复", "Replies"), figures.sent.to_string()),
        (pick("话术使用率", "Replies with a text"), rate(figures.with_text())),
    ]
}

/// A report in one language, and beside each line what it was the day before.
struct Part {
    words: Words,
    /// Empty: there is no report of that day.
    before: Vec<String>,
    tongue: Tongue,
}

impl Part {
    fn new(shop: &str, report: &Report, before: Option<&Report>, tongue: Tongue) -> Part {
        let nothing = rate(Share { part: 0, whole: 0 }, tongue);
        let short = |share| percent(share).unwrap_or_else(|| nothing.clone());
        let before = before.map(|before| lines(&before.figures, tongue, short)).unwrap_or_default();
        let before = before.into_iter().map(|(_, value)| if value == nothing { "–".into() } else { value });
        Part { words: Words::new(shop, report, tongue), before: before.collect(), tongue }
    }

    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        if self.tongue == Chinese { zh } else { en }
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.words.title);
        if !self.words.warnings.is_empty() {
            text.push_str(raised(self.tongue));
            text.push('\n');
            self.words.warnings.iter().for_each(|warning| text.push_str(&format!("- {warning}\n")));
            text.push('\n');
        }
        let (colon, day_before) = (self.pick(":", ": "), self.pick(",上一日 ", "; the day before: "));
        for (at, (name, value)) in self.words.lines.iter().enumerate() {
            let before = self.before.get(at).map_or_else(String::new, |before| format!("{day_before}{before}"));
            text.push_str(&format!("{name}{colon}{value}{before}\n"));
        }
        text
    }

    fn html(&self) -> String {
        let mut html = format!("<h2 style=\"font-size:18px\">{}</h2>", escaped(&self.words.title));
        if !self.words.warnings.is_empty() {
            let warnings: String = self.words.warnings.iter().map(|warning| format!("<li>{}</li>", escaped(warning))).collect();
            let raised = raised(self.tongue);
            html.push_str(&format!("<div style=\"background:#fff3b0;padding:8px 12px\"><b>{raised}</b><ul style=\"margin:4px 0;padding-left:20px\">{warnings}</ul></div>"));
        }
        html.push_str("<table style=\"border-collapse:collapse;margin:12px 0\">");
        let cell = |text: &str, colour: &str| {
            format!("<td style=\"padding:5px 24px 5px 0;border-bottom:1px solid #ddd;color:{colour}\">{}</td>", escaped(text))
        };
        let row = |name: &str, value: &str, before: Option<&str>| {
            let before = before.map_or_else(String::new, |before| cell(before, "#777"));
            format!("<tr>{}{}{before}</tr>", cell(name, "#555"), cell(value, "#111"))
        };
        if !self.before.is_empty() {
            html.push_str(&row("", "", Some(self.pick("上一日", "the day before"))));
        }
        for (at, (name, value)) in self.words.lines.iter().enumerate() {
            html.push_str(&row(name, value, self.before.get(at).map(String::as_str)));
        }
        html + "</table>"
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

/// The letter to a shop of this name, in both languages, the reader's first. `before`: the report of the day before, if there is one.
pub fn letter(shop: &str, report: &Report, before: Option<&Report>, first: Tongue) -> Letter {
    let other = if first == Chinese { English } else { Chinese };
    let [own, other] = [first, other].map(|tongue| Part::new(shop, report, before, tongue));
    // A subject is one line.
    let name = one_line(shop.trim());
    let (warned, day) = (!own.words.warnings.is_empty(), report.day);
    let subject = match (first, warned) {
        (Chinese, true) => format!("【黄色预警】{name} 健康日报 {day}"),
        (Chinese, false) => format!("{name} 健康日报 {day}"),
        (English, true) => format!("Yellow warning: {name}, health report {day}"),
        (English, false) => format!("{name}, health report {day}"),
    };
    let body = "<!doctype html><meta charset=\"utf-8\"><body style=\"font:15px/1.5 sans-serif;color:#111;max-width:640px\">";
    Letter {
        subject,
        text: format!("{}\n————————\n\n{}", own.text(), other.text()),
        html: format!("{body}{}<hr>{}</body>", own.html(), other.html()),
    }
}
