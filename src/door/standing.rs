//! How accounts stand after violations (GRD-7, GRD-8): their own way back, and what the platform's people decide. And the guard's
//! records (GRD-9): staff see their own, who reviews the shop's.
//!
//! What an answer shows is read after the commit: it is what every device is shown.

use super::credential::Staff;
use super::{Door, check_name, check_text};
use crate::domain::event::{Event, Scope};
use crate::domain::guard::conduct::Conduct;
use crate::domain::guard::kind::Kind;
use crate::domain::guard::questions::draw;
use crate::domain::guard::record::Violation;
use crate::domain::guard::standing::{Hold, Standing, Undertaking, working_days_after};
use crate::domain::id::{AgentNo, Millis, ShopScope};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::schedule::Zone;
use crate::domain::view::{Account, Page, Principal};
use crate::domain::{Effect, Reply, agent};
use crate::limits;
use crate::store::RecordCounts;
use std::sync::Arc;

/// Enough chance to draw ten questions and mix their answers.
const CHANCE_BYTES: usize = 128;

/// How an account stands at a moment.
#[derive(Clone, Debug)]
pub struct AccountStanding {
    pub agent: AgentNo,
    pub standing: Arc<Standing>,
    pub at: Millis,
}

/// A record of the guard.
#[derive(Clone, Debug)]
pub struct GuardRecord {
    /// Its place in the shop's feed.
    pub seq: u64,
    pub event: Event,
}

/// Which records are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordsOf {
    /// None: of the whole shop.
    pub account: Option<AgentNo>,
    pub kind: Option<Kind>,
}

/// An undertaking that waits for its review, with what its reviewer looks at.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The name by which the platform knows the shop.
    pub shop: String,
    pub account: Account,
    pub standing: Arc<Standing>,
    pub undertaking: Undertaking,
    /// Of the time that its records cover.
    pub counts: RecordCounts,
}

// The account's own.
impl Door {
    /// How one's own account stands.
    pub fn own_standing(&self, who: &Principal) -> Result<AccountStanding, Refusal> {
        let staff = self.staff(who)?;
        self.standing_now(staff.scope, staff.agent)
    }

    fn standing_now(&self, scope: ShopScope, agent: AgentNo) -> Result<AccountStanding, Refusal> {
        let standing = self.read(|store| store.standing(scope, agent))?.ok_or(Refusal::NotFound { what: "account" })?;
        Ok(AccountStanding { agent, standing: Arc::new(standing), at: self.now() })
    }

    /// Draws the questions of the test; they stand in the account until it is taken.
    pub async fn draw_test(&self, who: &Principal) -> Result<AccountStanding, Refusal> {
        let staff = self.staff(who)?;
        let (bank, _) = self.read(|store| store.questions())?;
        let mut random = [0u8; CHANCE_BYTES];
        getrandom::fill(&mut random).map_err(|error| {
            tracing::error!(%error, "the system gives no random numbers");
            Refusal::Internal
        })?;
        let command = agent::Command::DrawTest { questions: draw(&bank, &random) };
        self.submit(Effect::Agent(staff.scope, staff.agent, command)).await?;
        self.standing_now(staff.scope, staff.agent)
    }

    /// Takes the test: its points, and how the account stands now.
    pub async fn take_test(&self, who: &Principal, answers: Vec<u8>) -> Result<(u32, AccountStanding), Refusal> {
        let staff = self.staff(who)?;
        match self.submit(Effect::Agent(staff.scope, staff.agent, agent::Command::TakeTest { answers })).await? {
            Reply::Tested { points } => Ok((points, self.standing_now(staff.scope, staff.agent)?)),
            _ => Err(Refusal::Internal),
        }
    }

    /// Hands in an undertaking 承诺书.
    pub async fn undertake(&self, who: &Principal, text: String) -> Result<AccountStanding, Refusal> {
        let Staff { scope, agent, .. } = self.staff(who)?;
        let (conduct, _) = self.read(|store| store.conduct())?;
        let zone = Zone::named(&self.shop_settings(scope)?.settings.zone).unwrap_or_default();
        let due = working_days_after(&zone, self.now(), conduct.review_days);
        self.submit(Effect::Agent(scope, agent, agent::Command::Undertake { text, due })).await?;
        self.standing_now(scope, agent)
    }

    /// One's own records, newest first.
    pub fn own_records(
        &self,
        who: &Principal,
        kind: Option<Kind>,
        cursor: Option<u64>,
        limit: usize,
    ) -> Result<Page<GuardRecord, u64>, Refusal> {
        let staff = self.staff(who)?;
        self.records_of(staff.scope, RecordsOf { account: Some(staff.agent), kind }, cursor, limit)
    }

    fn records_of(&self, scope: ShopScope, of: RecordsOf, cursor: Option<u64>, limit: usize) -> Result<Page<GuardRecord, u64>, Refusal> {
        let page = self.read(|store| store.guard_records(scope, of.account, of.kind, cursor, limit))?;
        Ok(Page { rows: page.rows.into_iter().map(|(seq, event)| GuardRecord { seq, event }).collect(), next: page.next })
    }
}

// Of others.
impl Door {
    /// The guard's records of a shop, newest first.
    pub fn guard_records(
        &self,
        who: &Principal,
        shop: Option<&str>,
        of: RecordsOf,
        cursor: Option<u64>,
        limit: usize,
    ) -> Result<Page<GuardRecord, u64>, Refusal> {
        let (scope, _) = self.guarded_shop(who, shop, Permission::Review)?;
        if let Some(agent) = of.account {
            self.read(|store| store.account(scope, agent))?.ok_or(Refusal::NotFound { what: "account" })?;
        }
        self.records_of(scope, of, cursor, limit)
    }

    /// How an account of the shop stands.
    pub fn account_standing(&self, who: &Principal, shop: Option<&str>, agent: AgentNo) -> Result<AccountStanding, Refusal> {
        let (scope, _) = self.guarded_shop(who, shop, Permission::Review)?;
        self.read(|store| store.account(scope, agent))?.ok_or(Refusal::NotFound { what: "account" })?;
        self.standing_now(scope, agent)
    }

    /// A person of the platform found a violation. `id`: the platform's own; the same again is the same.
    pub async fn report_violation(
        &self,
        who: &Principal,
        shop: &str,
        agent: AgentNo,
        reason: String,
        id: String,
    ) -> Result<AccountStanding, Refusal> {
        let (scope, by) = (self.shop_of(who, Scope::Guard, shop)?, self.guard_platform(who)?);
        check_text("reason", &reason, limits::BLOCK_REASON_CHARS_MAX)?;
        check_name("id", &id)?;
        let (conduct, _) = self.read(|store| store.conduct())?;
        let conduct: Arc<Conduct> = Arc::from(conduct);
        let command = agent::Command::Violate { violation: Violation::Reported { reason, id }, by: Some(by), conduct };
        self.decided(scope, agent, command).await
    }

    /// What the platform's people decided, and how the account stands then.
    async fn decided(&self, scope: ShopScope, agent: AgentNo, command: agent::Command) -> Result<AccountStanding, Refusal> {
        self.read(|store| store.account(scope, agent))?.ok_or(Refusal::NotFound { what: "account" })?;
        self.submit(Effect::Agent(scope, agent, command)).await?;
        self.standing_now(scope, agent)
    }

    /// A reviewer decides on an undertaking.
    pub async fn review(
        &self,
        who: &Principal,
        shop: &str,
        agent: AgentNo,
        lifted: bool,
        reason: String,
    ) -> Result<AccountStanding, Refusal> {
        let (scope, by) = (self.shop_of(who, Scope::Guard, shop)?, self.guard_platform(who)?);
        check_text("reason", &reason, limits::BLOCK_REASON_CHARS_MAX)?;
        self.decided(scope, agent, agent::Command::Review { lifted, reason, by }).await
    }

    /// Undertakings that wait for their review, of all shops, the first due first.
    pub fn undertakings(&self, who: &Principal, cursor: Option<&str>, limit: usize) -> Result<Page<Waiting, String>, Refusal> {
        self.guard_platform(who)?;
        let limit = limit.min(limits::DOCUMENT_ROWS_MAX);
        let unknown = || Refusal::Invalid { field: "cursor", problem: "not a cursor of this list".into() };
        let after = cursor.map(|text| parse_cursor(text).ok_or_else(unknown)).transpose()?;
        let mut found = self.read(|store| store.undertakings(after, limit + 1))?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(due, scope, agent)| format!("{}-{}-{}", due.0, scope.number(), agent.0));
        let mut rows = Vec::with_capacity(found.len());
        for (_, scope, agent) in found {
            rows.extend(self.waiting(scope, agent)?);
        }
        Ok(Page { rows, next })
    }

    /// None: it was reviewed meanwhile.
    fn waiting(&self, scope: ShopScope, agent: AgentNo) -> Result<Option<Waiting>, Refusal> {
        let standing = self.read(|store| store.standing(scope, agent))?.unwrap_or_default();
        let Hold::Review { undertaking: Some(undertaking) } = standing.hold.clone() else { return Ok(None) };
        let shop = self.read(|store| store.shop(scope))?.ok_or(Refusal::Internal)?.shop;
        let account = self.read(|store| store.account(scope, agent))?.ok_or(Refusal::Internal)?;
        let to = undertaking.at.plus(1);
        let counts = self.read(|store| store.record_counts(scope, agent, undertaking.records_from, to))?;
        Ok(Some(Waiting { shop, account, standing: Arc::new(standing), undertaking, counts }))
    }
}

/// Reads a cursor of the list of undertakings. Whose it names is not shown anything but what is after it.
fn parse_cursor(text: &str) -> Option<(Millis, ShopScope, AgentNo)> {
    let mut parts = text.split('-');
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (due, shop, agent) = (number()?, number()?, number()?);
    let key = (Millis(due), ShopScope::granted(u32::try_from(shop).ok()?), AgentNo(u32::try_from(agent).ok()?));
    parts.next().is_none().then_some(key)
}
