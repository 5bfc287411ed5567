//! When each event happened, by the door's stamp.

use super::Event;
use crate::domain::id::{ConversationId, Millis};

impl Event {
    /// When it happened; None: it says no time of its own, and follows what does.
    pub fn at(&self) -> Option<Millis> {
        match self {
            Event::MessageAdded { at, .. }
            | Event::ReceptionOpened { at, .. }
            | Event::OpenedUnseen { at, .. }
            | Event::ReceptionOwned { at, .. }
            | Event::ReceptionQueued { at, .. }
            | Event::ReceptionPooled { at, .. }
            | Event::ReceptionClosed { at, .. }
            | Event::RoundAnswered { at, .. }
            | Event::ReadByStaff { at, .. }
            | Event::ReadByBuyer { at, .. }
            | Event::PersonAsked { at, .. }
            | Event::ProfileSet { at, .. }
            | Event::AccountCreated { at, .. }
            | Event::SettingsChanged { at, .. }
            | Event::PresenceChanged { at, .. }
            | Event::SessionOpened { at, .. }
            | Event::SessionEnded { at, .. }
            | Event::LogInFailed { at, .. }
            | Event::ShopCreated { at, .. }
            | Event::LoginReserved { at, .. }
            | Event::GroupSet { at, .. }
            | Event::SettingsSet { at, .. }
            | Event::Audited { at, .. }
            | Event::BuyerTokenIssued { at, .. }
            | Event::BuyerTokenRevoked { at, .. }
            | Event::MessageRecalled { at, .. }
            | Event::RoundWithdrawn { at, .. }
            | Event::Limit { at, .. }
            | Event::OrderSettled { at, .. }
            | Event::DeskWork { at, .. }
            | Event::Prioritised { at, .. }
            | Event::Blocked { at, .. }
            | Event::Unblocked { at, .. }
            | Event::Archived { at, .. }
            | Event::Restored { at, .. }
            | Event::Erased { at, .. }
            | Event::FileAdded { at, .. }
            | Event::OrderReported { at, .. }
            | Event::OrderTold { at, .. }
            | Event::DraftSet { at, .. }
            | Event::NoticesRead { at, .. }
            | Event::RoleSet { at, .. }
            | Event::NoticePrioritised { at, .. }
            | Event::DeskSet { at, .. }
            | Event::ArchiveAnnounced { at, .. }
            | Event::HealthReported { at, .. }
            | Event::PhraseSet { at, .. }
            | Event::TemplateSet { at, .. }
            | Event::Platform { at, .. }
            | Event::Conduct { at, .. }
            | Event::CouponTried { at, .. }
            | Event::Courier { at, .. }
            | Event::Ruled { at, .. } => Some(*at),
            Event::TextCaught { caught } => Some(caught.at),
            Event::Routed { why, .. } => Some(why.at),
            Event::PoolAssigned { run } => Some(run.at),
            Event::Suggested(_) | Event::SuggestionSettled(_) => self.of_suggestion().map(|(_, at)| at),
            Event::NoticeAdded { notice } => Some(notice.at),
            Event::IntentFound { .. } | Event::OrderNoted { .. } | Event::Heard(_) => None,
        }
    }

    /// Of a suggestion: where it was made or settled, and when.
    pub fn of_suggestion(&self) -> Option<(ConversationId, Millis)> {
        match self {
            Event::Suggested(suggested) => Some((suggested.conversation, suggested.offer.at)),
            Event::SuggestionSettled(settled) => Some((settled.conversation, settled.at)),
            _ => None,
        }
    }
}
