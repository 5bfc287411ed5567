//! Reads of notices and drafts. As all reads: of what is on disk, within one shop, a damaged row is an error.
//!
//! A page never costs more than what it looks at, however many notices there are: what a filter passes over is bounded, too.

use super::columns::Column;
use super::keys;
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::facts::Priority;
use crate::domain::id::{AgentNo, ConversationId, ShopScope};
use crate::domain::notice::{Notice, ReadMarks, Stream};
use crate::domain::view::{Draft, Page};
use crate::limits;
use rocksdb::Snapshot;

/// Which notices a list holds.
#[derive(Clone, Debug, Default)]
pub struct NoticesOf {
    pub stream: Option<Stream>,
    pub priority: Option<Priority>,
    pub kind: Option<String>,
    /// Only those the account has not read.
    pub unread: bool,
}

/// Where a list goes on: the urgent first, then the others; in each stream with what is older than a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeCursor {
    pub urgent: bool,
    pub before: [u64; 2],
}

const URGENT: NoticeCursor = NoticeCursor { urgent: true, before: [u64::MAX; 2] };
const OTHERS: NoticeCursor = NoticeCursor { urgent: false, before: [u64::MAX; 2] };

impl std::fmt::Display for NoticeCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}{:016x}{:016x}", u8::from(self.urgent), self.before[0], self.before[1])
    }
}

impl NoticeCursor {
    /// Reads what [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<NoticeCursor> {
        if text.len() != 33 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let number = |from: usize| u64::from_str_radix(&text[from..from + 16], 16).ok();
        let urgent = match &text[..1] {
            "0" => false,
            "1" => true,
            _ => return None,
        };
        Some(NoticeCursor { urgent, before: [number(1)?, number(17)?] })
    }
}

/// How many notices of a stream there are, for an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoticeCount {
    pub total: u64,
    pub unread: u64,
    /// The unread by priority, the urgent first; each at most [`limits::NOTICES_COUNTED_MAX`].
    pub by_priority: [u64; 4],
}

impl NoticesOf {
    /// The priorities of this part of the list.
    fn priorities(&self, urgent: bool) -> impl Iterator<Item = Priority> {
        let wanted = self.priority;
        Priority::ALL.into_iter().filter(move |p| (*p == Priority::Urgent) == urgent && wanted.is_none_or(|only| only == *p))
    }

    fn holds(&self, notice: &Notice, marks: &[ReadMarks; 2]) -> bool {
        self.kind.as_ref().is_none_or(|kind| *kind == notice.kind) && !(self.unread && marks[notice.stream as usize].has(notice.no))
    }
}

/// The next of one stream, the newest last; `dry`: nothing comes after them.
#[derive(Default)]
struct Ahead {
    notices: Vec<Notice>,
    dry: bool,
}

impl Store {
    /// A page: the urgent on top, then the others; the newest first. `marks`: what the account has read.
    pub fn notices(
        &self,
        scope: ShopScope,
        of: &NoticesOf,
        marks: &[ReadMarks; 2],
        cursor: Option<NoticeCursor>,
        limit: usize,
    ) -> Result<Page<Notice, NoticeCursor>, Error> {
        let snapshot = self.db.snapshot();
        let mut at = cursor.unwrap_or(URGENT);
        let (mut rows, mut looked_at) = (Vec::new(), 0);
        loop {
            let mut ahead = [Ahead { dry: true, ..Ahead::default() }, Ahead { dry: true, ..Ahead::default() }];
            for stream in Stream::ALL.into_iter().filter(|s| of.stream.is_none_or(|only| only == *s)) {
                ahead[stream as usize] = self.ahead(scope, stream, of, marks, at, limit + 1, &snapshot)?;
            }
            // A stream that ran out here but goes on is read on before the other is taken from.
            while ahead.iter().all(|stream| stream.dry || !stream.notices.is_empty()) {
                let newest = ahead.iter_mut().filter(|s| !s.notices.is_empty()).max_by_key(|s| s.notices.last().map(|n| n.at));
                let Some(notice) = newest.and_then(|stream| stream.notices.pop()) else { break };
                let holds = of.holds(&notice, marks);
                if holds && rows.len() == limit || looked_at == limits::NOTICES_SCANNED_MAX {
                    return Ok(Page { rows, next: Some(at) });
                }
                looked_at += 1;
                at.before[notice.stream as usize] = notice.no;
                if holds {
                    rows.push(notice);
                }
            }
            if ahead.iter().all(|stream| stream.dry && stream.notices.is_empty()) {
                if !at.urgent {
                    return Ok(Page { rows, next: None });
                }
                at = OTHERS;
            }
        }
    }

    #[allow(clippy::too_many_arguments)] // where, of what, from where on, how many
    fn ahead(
        &self,
        scope: ShopScope,
        stream: Stream,
        of: &NoticesOf,
        marks: &[ReadMarks; 2],
        at: NoticeCursor,
        count: usize,
        snapshot: &Snapshot<'_>,
    ) -> Result<Ahead, Error> {
        let oldest = if of.unread { marks[stream as usize].to + 1 } else { 0 };
        let before = at.before[stream as usize].max(oldest);
        let mut found: Vec<(u64, Priority)> = Vec::new();
        for priority in of.priorities(at.urgent) {
            let range = (keys::notice_place(scope, stream, priority, oldest), keys::notice_place(scope, stream, priority, before));
            let had = found.len();
            self.scan(Column::NoticeList, range, Order::Descending, Some(snapshot), |key, _| {
                found.push((keys::notice_no_decode(key)?, priority));
                Ok(found.len() - had < count)
            })?;
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        let dry = found.len() < count;
        found.truncate(count);
        let keys: Vec<keys::Key> = found.iter().map(|(no, _)| keys::notice(scope, stream, *no)).collect();
        let mut notices = Vec::with_capacity(found.len());
        for ((_, priority), row) in found.iter().zip(self.get_many(Column::NoticeEntry, &keys, false, Some(snapshot))?) {
            let row = row.ok_or_else(|| Error::damaged("notice_list", "a row without its notice"))?;
            notices.push(Notice { priority: *priority, ..record::decode("notice_entry", &row)? });
        }
        notices.reverse();
        Ok(Ahead { notices, dry })
    }

    /// One notice, as it stands now.
    pub fn notice(&self, scope: ShopScope, stream: Stream, no: u64) -> Result<Option<Notice>, Error> {
        let snapshot = self.db.snapshot();
        let keys = [keys::notice(scope, stream, no)];
        let Some(Some(row)) = self.get_many(Column::NoticeEntry, &keys, true, Some(&snapshot))?.into_iter().next() else {
            return Ok(None);
        };
        let places = Priority::ALL.map(|priority| keys::notice_place(scope, stream, priority, no));
        let found = self.get_many(Column::NoticeList, &places, true, Some(&snapshot))?;
        let priority = Priority::ALL.into_iter().zip(found).find_map(|(priority, row)| row.map(|_| priority));
        let priority = priority.ok_or_else(|| Error::damaged("notice_list", "a notice that stands nowhere"))?;
        Ok(Some(Notice { priority, ..record::decode("notice_entry", &row)? }))
    }

    /// The number of the newest notice of a stream; 0: there is none.
    pub fn last_notice(&self, scope: ShopScope, stream: Stream) -> Result<u64, Error> {
        self.last_notice_at(scope, stream, None)
    }

    fn last_notice_at(&self, scope: ShopScope, stream: Stream, snapshot: Option<&Snapshot<'_>>) -> Result<u64, Error> {
        let mut last = 0;
        let range = (keys::notice(scope, stream, 0), keys::notice(scope, stream, u64::MAX));
        self.scan(Column::NoticeEntry, range, Order::Descending, snapshot, |key, _| {
            last = keys::notice_no_decode(key)?;
            Ok(false)
        })?;
        Ok(last)
    }

    /// How many notices there are, by stream, for an account that has read what `marks` says.
    pub fn notice_counts(&self, scope: ShopScope, marks: &[ReadMarks; 2]) -> Result<[NoticeCount; 2], Error> {
        let snapshot = self.db.snapshot();
        let mut counts = [NoticeCount::default(); 2];
        for (stream, read) in Stream::ALL.into_iter().zip(marks) {
            let count = &mut counts[stream as usize];
            count.total = self.last_notice_at(scope, stream, Some(&snapshot))?;
            count.unread = count.total.saturating_sub(read.count());
            for (priority, unread) in Priority::ALL.into_iter().zip(&mut count.by_priority) {
                let place = |no| keys::notice_place(scope, stream, priority, no);
                self.scan(Column::NoticeList, (place(read.to + 1), place(u64::MAX)), Order::Descending, Some(&snapshot), |key, _| {
                    *unread += u64::from(!read.has(keys::notice_no_decode(key)?));
                    Ok(*unread < limits::NOTICES_COUNTED_MAX)
                })?;
            }
        }
        Ok(counts)
    }

    /// The newest notices of a stream, newest first: those whose ids are remembered.
    pub(super) fn recent_notices(&self, scope: ShopScope, stream: Stream) -> Result<Vec<Notice>, Error> {
        let mut notices: Vec<Notice> = Vec::new();
        let range = (keys::notice(scope, stream, 0), keys::notice(scope, stream, u64::MAX));
        self.scan(Column::NoticeEntry, range, Order::Descending, None, |_, value| {
            notices.push(record::decode("notice_entry", value)?);
            let (newest, oldest) = (notices[0].at, notices[notices.len() - 1].at);
            Ok(notices.len() < limits::NOTICE_IDS_MAX && newest.since(oldest) <= limits::RETRY_WINDOW_MS)
        })?;
        Ok(notices)
    }

    /// What an account has read, by stream.
    pub fn notices_read(&self, scope: ShopScope, agent: AgentNo) -> Result<[ReadMarks; 2], Error> {
        Ok(self.agent_head(scope, agent)?.map(|head| head.notices).unwrap_or_default())
    }

    /// What an account is writing, by conversation.
    pub fn drafts(&self, scope: ShopScope, agent: AgentNo) -> Result<Vec<Draft>, Error> {
        let mut drafts = Vec::new();
        self.scan(Column::DraftText, keys::draft_range(scope, agent), Order::Ascending, None, |_, value| {
            drafts.push(record::decode("draft_text", value)?);
            Ok(true)
        })?;
        Ok(drafts)
    }

    /// Whom signals about a conversation are for: its owner, and whether the buyer is on the blacklist. None: nobody ever wrote in it.
    pub fn serving(&self, scope: ShopScope, id: ConversationId) -> Result<Option<(Option<AgentNo>, bool)>, Error> {
        let head = self.conversation_and_tail(scope, id)?.map(|(head, _)| head);
        Ok(head.map(|head| (head.owner(), head.block.is_some())))
    }
}
