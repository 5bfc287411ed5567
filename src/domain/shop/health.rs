//! The health report of a shop (MET-2): kept once a day, and told where it warns.

use super::Shop;
use crate::domain::Decision;
use crate::domain::event::Event;
use crate::domain::facts::Priority;
use crate::domain::health::Report;
use crate::domain::health::letter::{Tongue, Words, raised};
use crate::domain::id::Millis;
use crate::domain::notice::{Notice, Stream};

/// The kind of the notice that warns.
const WARNING: &str = "health_warning";

impl Shop {
    /// A report of a day that was reported, or passed over, is nothing new: the clock may have gone back.
    pub(super) fn report_health(&self, report: Box<Report>, now: Millis) -> Decision {
        if self.reported.is_some_and(|last| report.day <= last) {
            return Decision::default();
        }
        let warning = self.warning(&report, now);
        let reported = Decision::default().event(Event::HealthReported { report, at: now });
        match warning {
            Some(notice) => reported.event(Event::NoticeAdded { notice: Box::new(notice) }),
            None => reported,
        }
    }

    /// The yellow warning 黄色预警, for everybody in the shop.
    fn warning(&self, report: &Report, at: Millis) -> Option<Notice> {
        let said = [Tongue::Chinese, Tongue::English].map(|tongue| (tongue, Words::new(&self.name, report, tongue).warnings));
        if said.iter().all(|(_, warnings)| warnings.is_empty()) {
            return None;
        }
        let text: Vec<String> = said.into_iter().flat_map(|(_, warnings)| warnings).collect();
        Some(Notice {
            stream: Stream::System,
            no: self.notices[Stream::System as usize] + 1,
            kind: WARNING.into(),
            title: format!("{} / {}: {}", raised(Tongue::Chinese), raised(Tongue::English), report.day),
            text: text.join("\n"),
            order: String::new(),
            priority: Priority::High,
            at,
            id: format!("{WARNING}:{}", report.day),
        })
    }
}
