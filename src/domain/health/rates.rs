//! What figures say of a shop: the three rates (MET-1) and their baselines (MET-2), how fast it answers, and the chat score (SLA-1).
//!
//! A rate of nothing is no rate: where nothing was due, nothing is warned of.

use super::Figures;
use crate::domain::desk::time::HealthRule;

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub part: u64,
    pub whole: u64,
}

impl Share {
    /// None: of nothing.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    /// In thousandths, rounded. None: of nothing.
    pub fn permille(self) -> Option<u64> {
        (self.part * 2_000 + self.whole).checked_div(self.whole * 2)
    }

    fn above(self, permille: u16) -> bool {
        self.part * 1_000 > self.whole * u64::from(permille)
    }

    fn below(self, permille: u16) -> bool {
        self.part * 1_000 < self.whole * u64::from(permille)
    }
}

/// Why the yellow warning 黄色预警 is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    Unread,
    TimeOuts,
    Adoption,
}

impl Figures {
    /// Messages nobody has read ÷ received; those that buyers took back unread are in neither.
    pub fn unread(&self) -> Share {
        let whole = self.received.saturating_sub(self.recalled);
        Share { part: whole.saturating_sub(self.read), whole }
    }

    /// First responses late or missing ÷ due.
    pub fn time_outs(&self) -> Share {
        Share { part: self.late, whole: self.due }
    }

    /// Suggestions sent, as they were or edited ÷ offered.
    pub fn adoption(&self) -> Share {
        Share { part: self.adopted + self.edited, whole: self.offered }
    }

    /// Rounds that still need an answer, or need none any more because they were closed without one, count as not answered.
    pub fn response(&self) -> Share {
        Share { part: self.answered, whole: self.begun.saturating_sub(self.withdrawn) }
    }

    /// Replies made with a text of the shop ÷ replies.
    pub fn with_text(&self) -> Share {
        Share { part: self.with_text, whole: self.sent }
    }

    /// Of the rounds that were answered.
    pub fn mean_response_ms(&self) -> Option<u64> {
        self.response_ms.checked_div(self.answered)
    }

    /// What of the shop's health rule is broken.
    pub fn warnings(&self, rule: &HealthRule) -> Vec<Warning> {
        let broken = [
            (Warning::Unread, self.unread().above(rule.unread_permille_max)),
            (Warning::TimeOuts, self.time_outs().above(rule.timeout_permille_max)),
            (Warning::Adoption, self.adoption().below(rule.adoption_permille_min)),
        ];
        broken.into_iter().filter(|(_, broken)| *broken).map(|(warning, _)| warning).collect()
    }

    /// The chat score 聊天评分: 100 × (1 − time-outs ÷ due). None: nothing was due.
    pub fn chat_score(&self) -> Option<f64> {
        self.time_outs().value().map(|rate| 100.0 * (1.0 - rate))
    }
}

/// Days that the chat score looks back on.
pub const SCORED_DAYS: u64 = 30;
/// How the chat score is made, in Chinese and in English: shown beside it.
pub const SCORE_FORMULA: [&str; 2] = [
    "聊天评分 = 100 ×(1 − 超时的首次响应数 ÷ 应响应数),最近 30 天;超时含超过时限与始终未回复。",
    "chat score = 100 × (1 − first responses late or missing ÷ first responses due), over the last 30 days.",
];
