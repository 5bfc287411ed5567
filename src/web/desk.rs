//! The settings of the desk over HTTP: labels, roles, priority rules, archive, the texts of fulfilment. Only calls the door.

use super::bearer::ShopCaller;
use super::body::DraftBody;
use super::openapi::Problems;
use super::reply::{self, Answer};
use super::wire::desk::{Desk, DeskNow, DeskSet};

/// The settings of the desk. Whoever serves or oversees may read them, too.
#[utoipa::path(get, path = "/v1/staff/shop/desk", operation_id = "desk", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "The settings", body = DeskNow), Problems))]
pub async fn running(caller: ShopCaller) -> Answer {
    let (desk, version) = caller.door.desk_settings(&caller.who, caller.shop())?;
    reply::ok(&DeskNow { version, desk: (&*desk).into() })
}

/// Replaces the settings of the desk as a whole. On any error those that run stay, and all errors are listed (`faulty`).
#[utoipa::path(put, path = "/v1/staff/shop/desk", operation_id = "set_desk", tag = "shop", security(("staff" = [])),
    request_body = Desk, responses((status = 200, description = "Set", body = DeskSet), Problems))]
pub async fn set(caller: ShopCaller, body: DraftBody<Desk>) -> Answer {
    let based_on = body.0.based_on;
    let version = caller.door.set_desk(&caller.who, caller.shop(), Box::new(body.0.into()), based_on).await?;
    reply::ok(&DeskSet { version })
}
