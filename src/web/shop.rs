//! What a shop's owner sets up, or the platform in its stead: groups, accounts, what is known of buyers; and the record of who
//! changed what. Only calls the door. Each is described here for the staff; `openapi` describes it for the platform, too.

use super::bearer::ShopCaller;
use super::body::Body;
use super::openapi::Problems;
use super::params::{Listed, Window};
use super::reply::{self, Answer};
use super::wire::shop::{
    Account, AccountCreated, AccountSettings, Accounts, Audit, AuditRow, GroupCreated, GroupSettings, Groups, NewAccount, NewRole, Profile,
};
use crate::domain::id::{AgentNo, GroupNo};
use actix_web::web::Path;
use serde::Deserialize;

/// The group of an address.
#[derive(Deserialize)]
pub struct AtGroup {
    group: u32,
}

/// The account of an address.
#[derive(Deserialize)]
pub struct AtAccount {
    pub agent: u32,
}

/// The buyer of an address.
#[derive(Deserialize)]
pub struct AtBuyer {
    pub buyer: String,
}

/// Creates a group.
#[utoipa::path(post, path = "/v1/staff/shop/groups", operation_id = "create_group", tag = "shop", security(("staff" = [])),
    request_body = GroupSettings, responses((status = 201, description = "Created", body = GroupCreated), Problems))]
pub async fn create_group(caller: ShopCaller, body: Body<GroupSettings>) -> Answer {
    let group = caller.door.create_group(&caller.who, caller.shop(), body.0.into()).await?;
    reply::created(&GroupCreated { group: group.0 })
}

/// All groups.
#[utoipa::path(get, path = "/v1/staff/shop/groups", operation_id = "groups", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "The groups", body = Groups), Problems))]
pub async fn groups(caller: ShopCaller) -> Answer {
    reply::ok(&Groups::from(caller.door.groups(&caller.who, caller.shop())?))
}

/// Sets a group's name and limit.
#[utoipa::path(put, path = "/v1/staff/shop/groups/{group}", operation_id = "configure_group", tag = "shop", security(("staff" = [])),
    params(("group" = u32, Path)), request_body = GroupSettings, responses((status = 204, description = "Set"), Problems))]
pub async fn configure_group(caller: ShopCaller, at: Path<AtGroup>, body: Body<GroupSettings>) -> Answer {
    caller.door.configure_group(&caller.who, caller.shop(), GroupNo(at.group), body.0.into()).await?;
    reply::done()
}

/// Creates an account of the shop's staff. Only the platform creates owners.
#[utoipa::path(post, path = "/v1/staff/shop/accounts", operation_id = "create_account", tag = "shop", security(("staff" = [])),
    request_body = NewAccount, responses((status = 201, description = "Created", body = AccountCreated), Problems))]
pub async fn create_account(caller: ShopCaller, body: Body<NewAccount>) -> Answer {
    let agent = caller.door.create_account(&caller.who, caller.shop(), body.0.into()).await?;
    reply::created(&AccountCreated { agent: agent.0 })
}

/// The accounts, by number.
#[utoipa::path(get, path = "/v1/staff/shop/accounts", operation_id = "accounts", tag = "shop", security(("staff" = [])),
    params(Window), responses((status = 200, description = "A page of accounts", body = Accounts), Problems))]
pub async fn accounts(caller: ShopCaller, page: Window) -> Answer {
    let after = u32::try_from(page.after).unwrap_or(u32::MAX);
    reply::ok(&Accounts::from(caller.door.accounts(&caller.who, caller.shop(), AgentNo(after), page.limit)?))
}

/// An account.
#[utoipa::path(get, path = "/v1/staff/shop/accounts/{agent}", operation_id = "account", tag = "shop", security(("staff" = [])),
    params(("agent" = u32, Path)), responses((status = 200, description = "The account", body = Account), Problems))]
pub async fn account(caller: ShopCaller, at: Path<AtAccount>) -> Answer {
    reply::ok(&Account::from(caller.door.account(&caller.who, caller.shop(), AgentNo(at.agent))?))
}

/// Sets an account's weight, limits, groups and whether it is enabled, as a whole.
#[utoipa::path(put, path = "/v1/staff/shop/accounts/{agent}", operation_id = "configure_account", tag = "shop",
    security(("staff" = [])), params(("agent" = u32, Path)), request_body = AccountSettings,
    responses((status = 204, description = "Set"), Problems))]
pub async fn configure_account(caller: ShopCaller, at: Path<AtAccount>, body: Body<AccountSettings>) -> Answer {
    caller.door.configure_account(&caller.who, caller.shop(), AgentNo(at.agent), body.0.into()).await?;
    reply::done()
}

/// Gives an account another role, which takes what one grants. All its sessions end; its devices are cut.
#[utoipa::path(put, path = "/v1/staff/shop/accounts/{agent}/role", operation_id = "set_role", tag = "shop", security(("staff" = [])),
    params(("agent" = u32, Path)), request_body = NewRole, responses((status = 204, description = "Set"), Problems))]
pub async fn set_role(caller: ShopCaller, at: Path<AtAccount>, body: Body<NewRole>) -> Answer {
    caller.door.set_role(&caller.who, caller.shop(), AgentNo(at.agent), body.0.role.into()).await?;
    reply::done()
}

/// What is known of a buyer; the defaults of one who was never heard of.
#[utoipa::path(get, path = "/v1/staff/shop/buyers/{buyer}", operation_id = "profile", tag = "shop", security(("staff" = [])),
    params(("buyer" = String, Path)), responses((status = 200, description = "What is known", body = Profile), Problems))]
pub async fn profile(caller: ShopCaller, at: Path<AtBuyer>) -> Answer {
    reply::ok(&Profile::from(&caller.door.profile(&caller.who, caller.shop(), &at.buyer)?))
}

/// Sets what is known of a buyer, as a whole: tags, level, priority, the dedicated agent.
#[utoipa::path(put, path = "/v1/staff/shop/buyers/{buyer}", operation_id = "set_profile", tag = "shop", security(("staff" = [])),
    params(("buyer" = String, Path)), request_body = Profile, responses((status = 204, description = "Set"), Problems))]
pub async fn set_profile(caller: ShopCaller, at: Path<AtBuyer>, body: Body<Profile>) -> Answer {
    caller.door.set_profile(&caller.who, caller.shop(), at.into_inner().buyer, body.0.into()).await?;
    reply::done()
}

/// Who changed which setting, newest first.
#[utoipa::path(get, path = "/v1/staff/shop/audit", operation_id = "audit", tag = "shop", security(("staff" = [])),
    params(Listed), responses((status = 200, description = "A page", body = Audit), Problems))]
pub async fn audit(caller: ShopCaller, listed: Listed) -> Answer {
    let page = caller.door.audit(&caller.who, caller.shop(), listed.cursor, listed.limit)?;
    reply::ok(&Audit { changes: page.rows.iter().filter_map(AuditRow::new).collect(), next: page.next })
}
