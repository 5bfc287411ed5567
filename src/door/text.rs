//! Texts of a shop at the door: quick phrases and templates, what fills them, replies made with them, how often they are used, and
//! what a shop has not set up yet.

use super::credential::Staff;
use super::guard::{Speech, sender};
use super::{Door, check_text, retry_key};
use crate::domain::content::{Extra, TextRef};
use crate::domain::event::RetryKey;
use crate::domain::guard::record::Origin;
use crate::domain::id::{AgentNo, ConversationId, GroupNo, ShopScope};
use crate::domain::list::Lane;
use crate::domain::permission::Permission;
use crate::domain::quarter::Quarter;
use crate::domain::refusal::Refusal;
use crate::domain::schedule::{Day, Zone};
use crate::domain::text::find::{self, Query};
use crate::domain::text::set_up::{self, Item, State};
use crate::domain::text::template::{self, Values, Variable};
use crate::domain::text::usage::{self, Report};
use crate::domain::text::{Command, ListId, Phrase, Template, Texts};
use crate::domain::view::{Principal, Summary};
use crate::domain::{Effect, Reply, agent};
use crate::limits;
use crate::store::ShopSettings;

/// Days of one report on usage: a quarter.
const DAYS_MAX: usize = 92;

/// Whose phrases, as the staff names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Team,
    Group(GroupNo),
    Own,
}

/// What a phrase is found by.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// A few letters of it, or of its pinyin.
    pub typed: String,
    /// The product that is talked about.
    pub product: Option<String>,
}

/// A text that a reply was made with, as the staff names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeWith {
    Phrase(Whose, u32),
    Template(u32),
}

/// A phrase, and where it stands.
#[derive(Clone, Debug)]
pub struct FoundPhrase {
    pub whose: Whose,
    pub no: u32,
    pub phrase: Phrase,
}

fn list_of(staff: Staff, whose: Whose) -> ListId {
    match whose {
        Whose::Team => ListId::Team,
        Whose::Group(group) => ListId::Group(group),
        Whose::Own => ListId::Own(staff.agent),
    }
}

fn numbered(reply: Reply) -> Result<u32, Refusal> {
    match reply {
        Reply::Numbered { no } => u32::try_from(no).map_err(|_| Refusal::Internal),
        _ => Err(Refusal::Internal),
    }
}

// Phrases and templates.
impl Door {
    /// Who may look at texts: whoever answers with them, edits them, or looks over the settings.
    fn reads_texts(&self, who: &Principal) -> Result<Staff, Refusal> {
        let staff = self.staff(who)?;
        let may = [Permission::Serve, Permission::TeamTexts, Permission::Review].into_iter().any(|p| staff.may(p));
        if may { Ok(staff) } else { Err(Refusal::Forbidden { needs: Permission::Serve.name() }) }
    }

    /// Who may change this list.
    fn edits(&self, who: &Principal, whose: Whose) -> Result<(Staff, ListId), Refusal> {
        let needs = if whose == Whose::Own { Permission::Serve } else { Permission::TeamTexts };
        let staff = self.staff_who_may(who, needs)?;
        self.group_exists(staff.scope, whose)?;
        Ok((staff, list_of(staff, whose)))
    }

    fn group_exists(&self, scope: ShopScope, whose: Whose) -> Result<(), Refusal> {
        let Whose::Group(GroupNo(group)) = whose else { return Ok(()) };
        let groups = self.shop_settings(scope)?.groups.len() as u64;
        if (1..=groups).contains(&u64::from(group)) { Ok(()) } else { Err(Refusal::NotFound { what: "group" }) }
    }

    pub(super) fn shop_settings(&self, scope: ShopScope) -> Result<ShopSettings, Refusal> {
        self.read(|store| store.shop(scope))?.ok_or(Refusal::NotFound { what: "shop" })
    }

    fn texts(&self, scope: ShopScope, list: ListId) -> Result<Texts, Refusal> {
        self.read(|store| store.texts(scope, list))
    }

    async fn ask_texts(&self, scope: ShopScope, list: ListId, command: Command) -> Result<u32, Refusal> {
        numbered(self.submit(Effect::Texts(scope, list, command)).await?)
    }

    /// The phrases of a list that are sought, by intent.
    pub fn phrases(&self, who: &Principal, whose: Whose, sought: &Sought) -> Result<Vec<FoundPhrase>, Refusal> {
        let staff = self.reads_texts(who)?;
        self.group_exists(staff.scope, whose)?;
        self.found(staff, whose, &Query::new(&sought.typed), sought.product.as_deref())
    }

    fn found(&self, staff: Staff, whose: Whose, query: &Query, product: Option<&str>) -> Result<Vec<FoundPhrase>, Refusal> {
        let texts = self.texts(staff.scope, list_of(staff, whose))?;
        let found = find::phrases(&texts.phrases, query, product).into_iter();
        Ok(found.map(|(no, phrase)| FoundPhrase { whose, no, phrase: phrase.clone() }).collect())
    }

    /// The phrases at hand for this account that are sought, by intent: its own, of its groups, of the shop.
    pub fn phrases_at_hand(&self, who: &Principal, sought: &Sought) -> Result<Vec<FoundPhrase>, Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let account = self.read(|store| store.account(staff.scope, staff.agent))?.ok_or(Refusal::NotFound { what: "account" })?;
        let groups = account.settings.groups.into_iter().map(|(group, _)| Whose::Group(group));
        let query = Query::new(&sought.typed);
        let mut all = Vec::new();
        for whose in [Whose::Own].into_iter().chain(groups).chain([Whose::Team]) {
            all.extend(self.found(staff, whose, &query, sought.product.as_deref())?);
        }
        all.sort_by(|a, b| a.phrase.intent.cmp(&b.phrase.intent));
        Ok(all)
    }

    /// Sets phrase `no`, or adds one: its number.
    pub async fn set_phrase(&self, who: &Principal, whose: Whose, no: Option<u32>, phrase: Phrase) -> Result<u32, Refusal> {
        let (staff, list) = self.edits(who, whose)?;
        let guard = self.guard(staff.scope).await?;
        self.ask_texts(staff.scope, list, Command::SetPhrase { no, phrase, by: staff.agent, guard }).await
    }

    pub async fn remove_phrase(&self, who: &Principal, whose: Whose, no: u32) -> Result<(), Refusal> {
        let (staff, list) = self.edits(who, whose)?;
        self.ask_texts(staff.scope, list, Command::RemovePhrase { no, by: staff.agent }).await.map(drop)
    }

    /// The templates that are sought, by category.
    pub fn templates(&self, who: &Principal, typed: &str) -> Result<Vec<(u32, Template)>, Refusal> {
        let texts = self.texts(self.reads_texts(who)?.scope, ListId::Templates)?;
        let found = find::templates(&texts.templates, &Query::new(typed)).into_iter();
        Ok(found.map(|(no, template)| (no, template.clone())).collect())
    }

    /// Sets template `no`, or adds one: its number.
    pub async fn set_template(&self, who: &Principal, no: Option<u32>, template: Template) -> Result<u32, Refusal> {
        let staff = self.staff_who_may(who, Permission::TeamTexts)?;
        let guard = self.guard(staff.scope).await?;
        self.ask_texts(staff.scope, ListId::Templates, Command::SetTemplate { no, template, by: staff.agent, guard }).await
    }

    pub async fn remove_template(&self, who: &Principal, no: u32) -> Result<(), Refusal> {
        let staff = self.staff_who_may(who, Permission::TeamTexts)?;
        self.ask_texts(staff.scope, ListId::Templates, Command::RemoveTemplate { no, by: staff.agent }).await.map(drop)
    }

    /// One's own welcome text (TXT-4); empty: none.
    pub async fn set_welcome(&self, who: &Principal, welcome: String) -> Result<(), Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let guard = self.guard(staff.scope).await?;
        let command = agent::Command::SetWelcome { welcome, serves: true, guard };
        self.submit(Effect::Agent(staff.scope, staff.agent, command)).await.map(drop)
    }
}

// Replies made with a text.
impl Door {
    /// What a template is filled with in this conversation, where `agent` writes.
    pub(super) fn values(&self, scope: ShopScope, conversation: &Summary, agent: AgentNo) -> Result<Values, Refusal> {
        let order = self.read(|store| store.order_of(scope, conversation.conversation))?;
        let of_order = match &order {
            Some(order) => {
                let code = order.report.parcels.last().map_or("", |parcel| parcel.carrier.as_str());
                Values::of_order(&order.report, self.carrier(code)?.as_ref())
            }
            None => Values::default(),
        };
        let buyer = if conversation.name.is_empty() { &conversation.buyer } else { &conversation.name };
        let account = self.read(|store| store.account(scope, agent))?;
        Ok(of_order
            .with(Variable::Buyer, buyer.as_str())
            .with(Variable::Shop, self.shop_settings(scope)?.name)
            .with(Variable::Agent, account.map_or_else(String::new, |account| account.name)))
    }

    /// The text, filled for this conversation; what cannot be filled is told (TXT-2).
    pub(super) fn filled(&self, staff: Staff, conversation: &Summary, text: &str) -> Result<String, Refusal> {
        let values = self.values(staff.scope, conversation, staff.agent)?;
        let unfilled = |problem: template::Unfilled| Refusal::Invalid { field: "template", problem: problem.to_string() };
        template::render(text, &values).map_err(unfilled)
    }

    fn template(&self, scope: ShopScope, no: u32) -> Result<Template, Refusal> {
        self.texts(scope, ListId::Templates)?.templates.remove(&no).ok_or(Refusal::NotFound { what: "template" })
    }

    /// A template as this conversation's buyer would read it.
    pub fn rendered(&self, who: &Principal, conversation: ConversationId, no: u32) -> Result<String, Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let summary = self.visible(staff, conversation)?;
        self.filled(staff, &summary, &self.template(staff.scope, no)?.text)
    }

    /// Answers with a template: [`Reply::Accepted`]. One whose variable cannot be filled is not sent.
    pub async fn answer_with_template(
        &self,
        who: &Principal,
        conversation: ConversationId,
        client_message_id: String,
        no: u32,
    ) -> Result<Reply, Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        // What fills it may have changed when a client asks again; it is the same message all the same.
        let retry = retry_key(&sender(staff, conversation), &client_message_id, &format!("template {no}"))?;
        let text = match self.rendered(who, conversation, no) {
            Ok(text) => text,
            Err(refusal) => return self.written_before(staff.scope, conversation, retry, refusal).await,
        };
        check_text("text", &text, limits::MESSAGE_CHARS_MAX)?;
        self.say(staff, conversation, text, TextRef::Template(no), retry, self.origin(who)).await
    }

    async fn say(
        &self,
        staff: Staff,
        conversation: ConversationId,
        text: String,
        made_with: TextRef,
        retry: RetryKey,
        origin: Origin,
    ) -> Result<Reply, Refusal> {
        let extra = Extra { made_with: Some(made_with), ..Extra::default() }.boxed();
        self.speak(staff, conversation, Speech { text, extra, retry }, origin).await
    }

    /// The text that is named, which must be there: what is not cannot be counted.
    pub(super) fn text_ref(&self, staff: Staff, made_with: MadeWith) -> Result<TextRef, Refusal> {
        let (list, no, text) = match made_with {
            MadeWith::Template(no) => (ListId::Templates, no, TextRef::Template(no)),
            MadeWith::Phrase(whose, no) => {
                let text = match whose {
                    Whose::Team => TextRef::TeamPhrase(no),
                    Whose::Group(group) => TextRef::GroupPhrase(group, no),
                    Whose::Own => TextRef::OwnPhrase(staff.agent, no),
                };
                (list_of(staff, whose), no, text)
            }
        };
        let texts = self.texts(staff.scope, list)?;
        let there = texts.phrases.contains_key(&no) || texts.templates.contains_key(&no);
        if there { Ok(text) } else { Err(Refusal::Invalid { field: "made_with", problem: "there is no such text".into() }) }
    }
}

// Reports.
impl Door {
    /// Replies of each day from `from` to `to`, both included, and the texts they were made with (TXT-5).
    pub async fn usage(&self, who: &Principal, shop: Option<&str>, from: Day, to: Day) -> Result<Report, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Reports)?;
        if to < from {
            return Err(Refusal::Invalid { field: "to", problem: "before `from`".into() });
        }
        let days = std::iter::successors(Some(from), |day| Some(day.next()).filter(|next| next > day)).take_while(|day| *day <= to);
        let days: Vec<Day> = days.take(DAYS_MAX + 1).collect();
        if days.len() > DAYS_MAX {
            return Err(Refusal::Invalid { field: "to", problem: format!("at most {DAYS_MAX} days") });
        }
        let (door, now) = (self.clone(), self.now());
        let report = move || {
            let zone = Zone::named(&door.shop_settings(scope)?.settings.zone).unwrap_or_default();
            let (begins, ends) = (zone.day_range(from).0, zone.day_range(to).1);
            let counted = door.read(|store| store.usage(scope, usage::hour(begins), usage::hour(ends).saturating_add(1)))?;
            let mut replies = Vec::new();
            let quarters = (Quarter::of(begins), Quarter::of(ends));
            door.read(|store| store.tallies(scope, Lane::Shop, quarters, |quarter, figures| replies.push((quarter, figures))))?;
            let lists = door.read(|store| store.shared_texts(scope))?;
            let added = usage::added_since(&lists, usage::quarter_began(&zone, now));
            Ok(Report::new(days, &zone, &counted, &replies, added))
        };
        tokio::task::spawn_blocking(report).await.map_err(|_| Refusal::Internal)?
    }

    /// What the shop has set up, and what not yet (TXT-6).
    pub fn set_up(&self, who: &Principal, shop: Option<&str>) -> Result<Vec<(Item, State)>, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Review)?;
        let settings = self.shop_settings(scope)?;
        let desk = self.read(|store| store.desk(scope))?;
        let (desk, desk_version) = desk.ok_or(Refusal::NotFound { what: "shop" })?;
        let lists = self.read(|store| store.shared_texts(scope))?;
        let (receives, grouped) = self.at_work(scope)?;
        let channels = self.courier(scope)?.channels;
        Ok(set_up::check(&set_up::Known {
            settings: &settings.settings,
            version: settings.version,
            desk_version,
            fulfilment: &desk.fulfilment,
            groups: &settings.groups,
            receives,
            grouped,
            channels: &channels,
            lists: &lists,
        }))
    }

    /// Whether some account may receive buyers by rule, and whether such a one is in a group. Reads no more accounts than it takes.
    fn at_work(&self, scope: ShopScope) -> Result<(bool, bool), Refusal> {
        let (mut receives, mut grouped, mut after) = (false, false, AgentNo(0));
        let desk = self.desk(scope)?;
        loop {
            let accounts = self.read(|store| store.accounts_after(scope, after, limits::PAGE_ROWS_MAX))?;
            let Some(last) = accounts.last() else { return Ok((receives, grouped)) };
            after = last.agent;
            for account in &accounts {
                let (settings, may) = (&account.settings, account.role.permissions(&desk.roles).has(Permission::Serve));
                let able = may && settings.enabled && settings.weight > 0 && settings.capacity > 0;
                (receives, grouped) = (receives || able, grouped || able && !settings.groups.is_empty());
            }
            if receives && grouped {
                return Ok((true, true));
            }
        }
    }
}
