//! The offline pool 离线消息池 (OFF-2): who waits in it, and why still; assigning by hand; the records of every firing (OFF-7).

use super::Door;
use super::inbox::list_cursor;
use super::staff::check_reason;
use crate::domain::dispatcher::{self, Results, TransferTo};
use crate::domain::facts::{OrderStatus, order_status};
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::list::ListQuery;
use crate::domain::offline::{Failure, Firing, Range, Run};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::schedule::{Day, Zone};
use crate::domain::view::{Page, Pooled, Principal, State};
use crate::domain::{Effect, Reply};
use crate::limits;
use crate::store::ListCursor;
use std::collections::{BTreeMap, HashMap};

/// Rows of the pool that one request looks at, however few of them it wants.
const SCANNED_MAX: usize = 2_000;
/// Days of one report.
const DAYS_MAX: usize = 31;

/// Which of the pool. Empty: all.
#[derive(Clone, Debug, Default)]
pub struct PoolFilter {
    /// The buyer last wrote from here on.
    pub from: Option<Millis>,
    /// The buyer last wrote up to here, included.
    pub to: Option<Millis>,
    /// Did the buyer ask for a person?
    pub asked: Option<bool>,
    pub order: Option<OrderStatus>,
    pub product: Option<String>,
    pub tag: Option<String>,
    pub entry: Option<String>,
}

impl PoolFilter {
    fn holds(&self, row: &Pooled, now: Millis) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|w| w == found);
        let (facts, at) = (&row.facts, row.last_buyer_at);
        self.from.is_none_or(|from| at >= from)
            && self.to.is_none_or(|to| at <= to)
            && self.asked.is_none_or(|asked| asked == row.asked_at.is_some())
            && self.order.is_none_or(|order| order == order_status(facts.order, now))
            && is(&self.product, &facts.visit.product)
            && is(&self.entry, &facts.visit.entry)
            && self.tag.as_ref().is_none_or(|tag| facts.tags.contains(tag))
    }

    /// Newest first: none after this one is new enough.
    fn ends_at(&self, row: &Pooled) -> bool {
        self.from.is_some_and(|from| row.last_buyer_at < from)
    }
}

/// One reception of the pool.
#[derive(Clone, Debug)]
pub struct PoolRow {
    pub pooled: Pooled,
    pub order: OrderStatus,
    /// Why the last firing left it. None: none has tried yet.
    pub failure: Option<Failure>,
}

/// What a person assigns out of the pool.
#[derive(Clone, Debug)]
pub struct Assignment {
    pub conversations: Vec<ConversationId>,
    pub to: TransferTo,
    pub reason: String,
}

/// The firings of one local day (OFF-7).
#[derive(Clone, Debug)]
pub struct DayCount {
    pub day: Day,
    /// Slots carried out.
    pub firings: u32,
    /// Slots recorded as missed.
    pub missed: u32,
    pub by_hand: u32,
    pub eligible: u32,
    pub assigned: u32,
    pub failures: BTreeMap<Failure, u32>,
}

impl DayCount {
    fn new(day: Day) -> DayCount {
        DayCount { day, firings: 0, missed: 0, by_hand: 0, eligible: 0, assigned: 0, failures: BTreeMap::new() }
    }

    fn add(&mut self, run: &Run) {
        match run.firing {
            Firing::Slot(_) | Firing::Late(_) => self.firings += 1,
            Firing::Missed { slots, .. } => self.missed += slots,
            Firing::ByHand => self.by_hand += 1,
        }
        self.eligible += run.eligible;
        self.assigned += run.moved();
        run.failures.iter().for_each(|(why, count)| *self.failures.entry(*why).or_default() += count);
    }
}

/// The last automatic firing, as it is asked about one reception after another.
struct LastFiring {
    run: Run,
    /// What the range counts from is a setting; the record does not repeat it.
    range: Range,
    stayed: HashMap<ConversationId, Failure>,
}

impl LastFiring {
    fn new(run: Run, range: Range) -> LastFiring {
        let stayed = run.stayed.iter().copied().collect();
        LastFiring { run, range, stayed }
    }

    /// Why it left this one, if that was in the pool already. Whoever was taken has a reason of its own; of the others the record
    /// holds numbers, from which follows what it was.
    fn left(&self, row: &Pooled) -> Option<Failure> {
        let counted = |why| self.run.failures.iter().any(|(failure, count)| *failure == why && *count > 0);
        if let Some(why) = self.stayed.get(&row.summary.conversation) {
            return Some(*why);
        }
        let since = match self.range {
            Range::Every => Some(row.last_buyer_at),
            Range::AskedForPerson => row.asked_at,
        };
        if since.is_some_and(|since| since > self.run.at) {
            return None;
        }
        match since {
            None => Some(Failure::DidNotAsk),
            Some(since) if self.run.at.since(since) > limits::POOL_AGE_MS_MAX => Some(Failure::OlderThanADay),
            Some(_) => [Failure::TooFewAgents, Failure::AverageAbove, Failure::BeyondTheCap].into_iter().find(|why| counted(*why)),
        }
    }
}

impl Door {
    /// A page of the pool, newest first. Where few rows fit the filter a page may be short and yet have a next one.
    pub fn pool(
        &self,
        who: &Principal,
        shop: Option<&str>,
        filter: &PoolFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<PoolRow, String>, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Pool)?;
        let cursor = cursor.map(|text| list_cursor(text, &ListQuery::state(State::Pooled))).transpose()?;
        let now = self.now();
        // The pool stands in the order of the buyers' last messages: what is too new is not even read.
        let newest = |to: Millis| ListCursor::in_pool(to.plus(1), ConversationId([0; 16]));
        let mut next = cursor.or(filter.to.map(newest));
        let (mut rows, mut scanned) = (Vec::new(), 0);
        'pages: loop {
            let page = self.read(|store| store.pool(scope, next.as_ref(), limits::PAGE_ROWS_MAX))?;
            next = page.next;
            for row in page.rows {
                if filter.ends_at(&row) {
                    next = None;
                    break 'pages;
                }
                scanned += 1;
                let here = ListCursor::in_pool(row.last_buyer_at, row.summary.conversation);
                if filter.holds(&row, now) {
                    rows.push(row);
                }
                if rows.len() >= limit || scanned >= SCANNED_MAX {
                    next = Some(here);
                    break 'pages;
                }
            }
            if next.is_none() {
                break;
            }
        }
        let more = |cursor: ListCursor| Ok(!self.read(|store| store.pool(scope, Some(&cursor), 1))?.rows.is_empty());
        let next = match next {
            Some(cursor) if more(cursor)? => Some(cursor.to_string()),
            _ => None,
        };
        Ok(Page { rows: self.with_failures(scope, rows, now)?, next })
    }

    fn with_failures(&self, scope: ShopScope, rows: Vec<Pooled>, now: Millis) -> Result<Vec<PoolRow>, Refusal> {
        let shop = self.read(|store| store.shop(scope))?.ok_or(Refusal::NotFound { what: "shop" })?;
        let range = shop.settings.offline.automatic.range;
        let last = self.read(|store| store.last_run(scope))?.map(|run| LastFiring::new(run, range));
        let told = |pooled: Pooled| {
            let mut failure = None;
            if let Some((last, why)) = last.as_ref().and_then(|last| Some((last, last.left(&pooled)?))) {
                // It may have come here after the firing: out of the queue, or from an agent who left.
                let (conversation, reception) = (pooled.summary.conversation, pooled.summary.reception);
                let decisions = self.read(|store| store.explanations(scope, conversation, reception))?;
                failure = decisions.last().is_some_and(|d| d.why.at <= last.run.at).then_some(why);
            }
            let order = order_status(pooled.facts.order, now);
            Ok(PoolRow { pooled, order, failure })
        };
        rows.into_iter().map(told).collect()
    }

    /// A person assigns many out of the pool (OFF-2): what became of each.
    pub async fn assign_by_hand(&self, who: &Principal, assignment: Assignment) -> Result<Results, Refusal> {
        let staff = self.staff_who_may(who, Permission::Pool)?;
        let Assignment { conversations, to, reason } = assignment;
        if !(1..=limits::ASSIGNED_BY_HAND_MAX).contains(&conversations.len()) {
            return Err(Refusal::Invalid { field: "conversations", problem: format!("1 to {}", limits::ASSIGNED_BY_HAND_MAX) });
        }
        check_reason(&reason)?;
        let command = dispatcher::Command::AssignByHand { by: staff.agent, conversations, to, reason };
        match self.submit(Effect::Dispatcher(staff.scope, command)).await? {
            Reply::AssignedByHand { results } => Ok(results),
            _ => Err(Refusal::Internal),
        }
    }

    /// The records of the assignment, newest first. The cursor is the feed's.
    pub fn runs(&self, who: &Principal, shop: Option<&str>, before: Option<u64>, limit: usize) -> Result<Page<Run, u64>, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Reports)?;
        let mut found = self.read(|store| store.runs(scope, before, limit + 1))?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().map(|(seq, _)| *seq).filter(|_| more);
        Ok(Page { rows: found.into_iter().map(|(_, run)| run).collect(), next })
    }

    /// The records of each day of the shop's zone from `from` to `to`, both included, by when they were made.
    pub async fn days(&self, who: &Principal, shop: Option<&str>, from: Day, to: Day) -> Result<Vec<DayCount>, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Reports)?;
        if to < from {
            return Err(Refusal::Invalid { field: "to", problem: "before `from`".into() });
        }
        let asked = std::iter::successors(Some(from), |day| Some(day.next()).filter(|next| next > day)).take_while(|day| *day <= to);
        let asked: Vec<Day> = asked.take(DAYS_MAX + 1).collect();
        if asked.len() > DAYS_MAX {
            return Err(Refusal::Invalid { field: "to", problem: format!("at most {DAYS_MAX} days") });
        }
        // A month of records names every reception that stayed: too many to read on a thread that serves.
        let door = self.clone();
        let count = move || asked.into_iter().map(|day| door.count(scope, day)).collect();
        tokio::task::spawn_blocking(count).await.map_err(|_| Refusal::Internal)?
    }

    fn count(&self, scope: ShopScope, day: Day) -> Result<DayCount, Refusal> {
        let shop = self.read(|store| store.shop(scope))?.ok_or(Refusal::NotFound { what: "shop" })?;
        let (begins, ends) = Zone::named(&shop.settings.zone).unwrap_or_default().day_range(day);
        let mut count = DayCount::new(day);
        self.read(|store| store.runs_between(scope, begins, ends))?.iter().for_each(|run| count.add(run));
        Ok(count)
    }
}
