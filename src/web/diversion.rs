//! The diversion document over HTTP (DIV-11): read, try, set, compare, roll back. Only calls the door. Each is described here for
//! the staff; `openapi` describes it for the platform, too.

use super::bearer::ShopCaller;
use super::body::{Body, DraftBody};
use super::error::Problem;
use super::openapi::Problems;
use super::params::{Between, Listed};
use super::reply::{self, Answer};
use super::wire::diversion::Diversion;
use super::wire::version::{Difference, DiversionNow, DiversionSet, DraftChecked, RollBack, VersionWhole, Versions, changes};
use crate::domain::diversion::Settings;
use actix_web::web::Path;
use serde::Deserialize;

/// The version of an address.
#[derive(Deserialize)]
pub struct AtVersion {
    version: u32,
}

/// The running diversion document.
#[utoipa::path(get, path = "/v1/staff/shop/diversion", operation_id = "diversion", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "The document", body = DiversionNow), Problems))]
pub async fn running(caller: ShopCaller) -> Answer {
    reply::ok(&DiversionNow::from(caller.door.diversion(&caller.who, caller.shop())?))
}

/// Replaces the diversion document as a whole. On any error the running one stays, and all errors are listed (`faulty`).
#[utoipa::path(put, path = "/v1/staff/shop/diversion", operation_id = "set_diversion", tag = "shop", security(("staff" = [])),
    request_body = Diversion, responses((status = 200, description = "Set", body = DiversionSet), Problems))]
pub async fn set(caller: ShopCaller, body: DraftBody<Diversion>) -> Answer {
    let based_on = body.0.based_on;
    let version = caller.door.set_diversion(&caller.who, caller.shop(), Box::new(body.0.into()), based_on).await?;
    reply::ok(&DiversionSet { version })
}

/// What is wrong with a draft, and what it would change. Changes nothing.
#[utoipa::path(post, path = "/v1/staff/shop/diversion/check", operation_id = "check_diversion", tag = "shop",
    security(("staff" = [])), request_body = Diversion, responses((status = 200, description = "Checked", body = DraftChecked), Problems))]
pub async fn check(caller: ShopCaller, body: DraftBody<Diversion>) -> Answer {
    let draft: Settings = body.0.into();
    let checked = caller.door.check_diversion(&caller.who, caller.shop(), &draft)?;
    reply::ok(&DraftChecked::new(&checked, &(&draft).into()))
}

/// The versions of the diversion document, newest first.
#[utoipa::path(get, path = "/v1/staff/shop/diversion/versions", operation_id = "diversion_versions", tag = "shop",
    security(("staff" = [])), params(Listed), responses((status = 200, description = "A page", body = Versions), Problems))]
pub async fn versions(caller: ShopCaller, listed: Listed) -> Answer {
    let not_a_version = |_| Problem::invalid("cursor", "not a cursor of this list");
    let before = listed.cursor.map(u32::try_from).transpose().map_err(not_a_version)?;
    let page = caller.door.versions(&caller.who, caller.shop(), before, listed.limit)?;
    reply::ok(&Versions { versions: page.rows.iter().map(Into::into).collect(), next: page.next })
}

/// One version with its content.
#[utoipa::path(get, path = "/v1/staff/shop/diversion/versions/{version}", operation_id = "diversion_version", tag = "shop",
    security(("staff" = [])), params(("version" = u32, Path)),
    responses((status = 200, description = "The version", body = VersionWhole), Problems))]
pub async fn version(caller: ShopCaller, at: Path<AtVersion>) -> Answer {
    reply::ok(&VersionWhole::from(caller.door.version(&caller.who, caller.shop(), at.version)?))
}

/// What differs between two versions.
#[utoipa::path(get, path = "/v1/staff/shop/diversion/difference", operation_id = "diversion_difference", tag = "shop",
    security(("staff" = [])), params(Between), responses((status = 200, description = "The difference", body = Difference), Problems))]
pub async fn difference(caller: ShopCaller, between: Between) -> Answer {
    let [from, to] = caller.door.two_versions(&caller.who, caller.shop(), between.from, between.to)?;
    reply::ok(&Difference { changes: changes(&(&*from).into(), &(&*to).into()) })
}

/// Takes up the content of a version again, as a new one.
#[utoipa::path(post, path = "/v1/staff/shop/diversion/roll-back", operation_id = "roll_back_diversion", tag = "shop",
    security(("staff" = [])), request_body = RollBack, responses((status = 200, description = "Set", body = DiversionSet), Problems))]
pub async fn roll_back(caller: ShopCaller, body: Body<RollBack>) -> Answer {
    let version = caller.door.roll_back(&caller.who, caller.shop(), body.0.version).await?;
    reply::ok(&DiversionSet { version })
}
