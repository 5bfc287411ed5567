//! JSON of the platform's resources: shops, groups, accounts, diversion rules, orders, buyers' tokens, API keys.

use super::{Hex, Role, Scope};
use crate::domain::diversion;
use crate::domain::event::{self, AgentSettings};
use crate::domain::id::{AgentNo, GroupNo, Millis};
use crate::domain::refusal::Refusal;
use crate::domain::view;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new shop 店铺.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShop {
    /// 1 to 64 of a-z, 0-9 and hyphen.
    #[schema(example = "tea-house")]
    pub shop: String,
    #[schema(example = "茶馆")]
    pub name: String,
}

#[derive(Serialize, ToSchema)]
pub struct ShopCreated {
    pub shop: String,
}

/// A group 分流分组.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    pub name: String,
    /// Open receptions the group holds at once; absent: unlimited.
    pub capacity: Option<u32>,
}

impl From<GroupSettings> for diversion::Group {
    fn from(group: GroupSettings) -> diversion::Group {
        diversion::Group { name: group.name, capacity: group.capacity }
    }
}

#[derive(Serialize, ToSchema)]
pub struct GroupCreated {
    pub group: u32,
}

/// Membership of an account in a group.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembershipOf {
    pub group: u32,
    /// The account's own limit in this group; absent: only its limit as a whole counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
}

fn memberships(groups: Vec<MembershipOf>) -> Vec<(GroupNo, Option<u32>)> {
    groups.into_iter().map(|m| (GroupNo(m.group), m.capacity)).collect()
}

/// A new account of the shop's staff.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    pub login: String,
    pub name: String,
    pub password: String,
    pub role: Role,
    /// 接待权重; 0: never by rule.
    #[serde(default = "weight")]
    #[schema(default = 1)]
    pub weight: u32,
    /// 接待上限: open receptions at once.
    #[serde(default = "capacity")]
    #[schema(default = 20)]
    pub capacity: u32,
    #[serde(default)]
    pub groups: Vec<MembershipOf>,
    #[serde(default = "enabled")]
    #[schema(default = true)]
    pub enabled: bool,
}

fn weight() -> u32 {
    1
}

fn capacity() -> u32 {
    20
}

fn enabled() -> bool {
    true
}

/// An account's settings, as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountSettings {
    pub weight: u32,
    pub capacity: u32,
    pub groups: Vec<MembershipOf>,
    pub enabled: bool,
}

impl From<AccountSettings> for AgentSettings {
    fn from(s: AccountSettings) -> AgentSettings {
        AgentSettings { weight: s.weight, capacity: s.capacity, groups: memberships(s.groups), enabled: s.enabled }
    }
}

impl NewAccount {
    /// (login, name, password, role, settings)
    pub fn parts(self) -> (String, String, String, event::Role, AgentSettings) {
        let settings = AccountSettings { weight: self.weight, capacity: self.capacity, groups: self.groups, enabled: self.enabled };
        (self.login, self.name, self.password, self.role.into(), settings.into())
    }
}

#[derive(Serialize, ToSchema)]
pub struct AccountCreated {
    pub agent: u32,
}

/// An account of the shop's staff.
#[derive(Serialize, ToSchema)]
pub struct Account {
    pub agent: u32,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub weight: u32,
    pub capacity: u32,
    pub groups: Vec<MembershipOf>,
    pub enabled: bool,
}

impl From<view::Account> for Account {
    fn from(a: view::Account) -> Account {
        let groups = a.settings.groups.iter().map(|(group, capacity)| MembershipOf { group: group.0, capacity: *capacity });
        Account {
            agent: a.agent.0,
            login: a.login,
            name: a.name,
            role: a.role.into(),
            weight: a.settings.weight,
            capacity: a.settings.capacity,
            groups: groups.collect(),
            enabled: a.settings.enabled,
        }
    }
}

/// A diversion rule: exactly one of `groups` and `agents`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    /// The entry the buyer came through; absent: every buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents: Option<Vec<u32>>,
}

/// The diversion rules of a shop as they are to be. Everything but `rules` has a default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Diversion {
    /// Top to bottom; the first that applies wins.
    pub rules: Vec<Rule>,
    pub fallback_group: Option<u32>,
    /// Within this window the last agent receives the buyer if online, suspended or not. Default 24 h.
    pub recent_any_ms: Option<u64>,
    /// Within this window if online and not suspended, else a colleague. Default 72 h.
    pub recent_online_ms: Option<u64>,
    /// Does the capacity bind a recent contact? Default true.
    pub recent_obeys_capacity: Option<bool>,
    /// More unanswered than this is busy 繁忙. Default 4.
    pub busy_above: Option<u32>,
    /// How long a broken connection costs nothing. Default 60 s.
    pub offline_grace_ms: Option<u64>,
}

/// The diversion rules of a shop as they are.
#[derive(Serialize, ToSchema)]
pub struct DiversionNow {
    pub version: u32,
    pub rules: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_group: Option<u32>,
    pub recent_any_ms: u64,
    pub recent_online_ms: u64,
    pub recent_obeys_capacity: bool,
    pub busy_above: u32,
    pub offline_grace_ms: u64,
}

#[derive(Serialize, ToSchema)]
pub struct RulesSet {
    pub version: u32,
}

impl TryFrom<Rule> for diversion::Rule {
    type Error = Refusal;
    fn try_from(rule: Rule) -> Result<diversion::Rule, Refusal> {
        let target = match (rule.groups, rule.agents) {
            (Some(groups), None) => diversion::Target::Groups(groups.into_iter().map(GroupNo).collect()),
            (None, Some(agents)) => diversion::Target::Agents(agents.into_iter().map(AgentNo).collect()),
            _ => {
                let problem = format!("rule `{}` must name either `groups` or `agents`", rule.name);
                return Err(Refusal::Invalid { field: "rules", problem });
            }
        };
        Ok(diversion::Rule { name: rule.name, entry: rule.entry, target })
    }
}

impl From<diversion::Rule> for Rule {
    fn from(rule: diversion::Rule) -> Rule {
        let (groups, agents) = match rule.target {
            diversion::Target::Groups(groups) => (Some(groups.into_iter().map(|g| g.0).collect()), None),
            diversion::Target::Agents(agents) => (None, Some(agents.into_iter().map(|a| a.0).collect())),
        };
        Rule { name: rule.name, entry: rule.entry, groups, agents }
    }
}

impl TryFrom<Diversion> for diversion::Rules {
    type Error = Refusal;
    fn try_from(d: Diversion) -> Result<diversion::Rules, Refusal> {
        let usual = diversion::Rules::default();
        Ok(diversion::Rules {
            rules: d.rules.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            fallback_group: d.fallback_group.map(GroupNo),
            recent_any_ms: d.recent_any_ms.unwrap_or(usual.recent_any_ms),
            recent_online_ms: d.recent_online_ms.unwrap_or(usual.recent_online_ms),
            recent_obeys_capacity: d.recent_obeys_capacity.unwrap_or(usual.recent_obeys_capacity),
            busy_above: d.busy_above.unwrap_or(usual.busy_above),
            offline_grace_ms: d.offline_grace_ms.unwrap_or(usual.offline_grace_ms),
        })
    }
}

impl From<(diversion::Rules, u32)> for DiversionNow {
    fn from((rules, version): (diversion::Rules, u32)) -> DiversionNow {
        DiversionNow {
            version,
            rules: rules.rules.into_iter().map(Into::into).collect(),
            fallback_group: rules.fallback_group.map(|g| g.0),
            recent_any_ms: rules.recent_any_ms,
            recent_online_ms: rules.recent_online_ms,
            recent_obeys_capacity: rules.recent_obeys_capacity,
            busy_above: rules.busy_above,
            offline_grace_ms: rules.offline_grace_ms,
        }
    }
}

/// One line of an order.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderItem {
    pub title: String,
    pub product: String,
    pub sku: String,
    /// In the currency's smallest unit.
    pub price_minor: u64,
    pub quantity: u32,
}

impl From<OrderItem> for event::OrderItem {
    fn from(i: OrderItem) -> event::OrderItem {
        event::OrderItem { title: i.title, product: i.product, sku: i.sku, price_minor: i.price_minor, quantity: i.quantity }
    }
}

impl From<event::OrderItem> for OrderItem {
    fn from(i: event::OrderItem) -> OrderItem {
        OrderItem { title: i.title, product: i.product, sku: i.sku, price_minor: i.price_minor, quantity: i.quantity }
    }
}

/// An order 订单 as the platform reports it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderReport {
    pub buyer: String,
    pub status: String,
    pub items: Vec<OrderItem>,
    #[serde(default)]
    pub tracking: Vec<String>,
}

impl OrderReport {
    /// The order under its number. The door stamps when it was reported.
    pub fn of(self, order: String) -> event::Order {
        let items = self.items.into_iter().map(Into::into).collect();
        event::Order { order, buyer: self.buyer, status: self.status, items, tracking: self.tracking, reported_at: Millis(0) }
    }
}

/// An order 订单 as it was last reported.
#[derive(Serialize, ToSchema)]
pub struct Order {
    pub order: String,
    pub buyer: String,
    pub status: String,
    pub items: Vec<OrderItem>,
    pub tracking: Vec<String>,
    /// Milliseconds since the epoch.
    pub reported_at: u64,
}

impl From<event::Order> for Order {
    fn from(o: event::Order) -> Order {
        Order {
            order: o.order,
            buyer: o.buyer,
            status: o.status,
            items: o.items.into_iter().map(Into::into).collect(),
            tracking: o.tracking,
            reported_at: o.reported_at.0,
        }
    }
}

/// Asks for a buyer's token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBuyerToken {
    /// The platform's own id of the buyer.
    pub buyer: String,
    #[serde(default)]
    pub name: String,
    /// Seconds.
    pub expires_in_s: u64,
}

#[derive(Serialize, ToSchema)]
pub struct BuyerToken {
    pub token: String,
    #[schema(value_type = String)]
    pub conversation: Hex,
    /// Milliseconds since the epoch.
    pub expires_at: u64,
}

/// Takes a buyer's token back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokedToken {
    pub token: String,
}

/// Asks for an API key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    pub name: String,
    pub scopes: Vec<Scope>,
}

/// An API key; the only time it is shown.
#[derive(Serialize, ToSchema)]
pub struct ApiKey {
    pub key: String,
    /// 64 hexadecimal digits, to revoke it by.
    pub id: String,
}
