//! Channels and notifications over HTTP (NTF-1 … NTF-3). Only calls the door. Described here for the staff; `openapi` describes the
//! same for the platform.

use super::bearer::ShopCaller;
use super::body::{Body, OptionalBody};
use super::openapi::Problems;
use super::params::NotificationWindow;
use super::reply::{self, Answer};
use super::wire::notify::{ChannelAdded, Channels, NewChannel, Notification, Notifications, Routes, RoutesNow, TestSent, TypedCode};
use super::wire::talk::Nothing;
use crate::domain::notify::channel::ChannelNo;
use crate::domain::notify::record::Listed;
use actix_web::web::Path;
use serde::Deserialize;

/// The channel of an address.
#[derive(Deserialize)]
pub struct AtChannel {
    channel: u32,
}

/// The notification of an address.
#[derive(Deserialize)]
pub struct AtNotification {
    notification: u64,
}

/// The channels of the shop. Tokens and secrets are never shown again, but for their last four characters.
#[utoipa::path(get, path = "/v1/staff/shop/channels", operation_id = "channels", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "All of them", body = Channels), Problems))]
pub async fn channels(caller: ShopCaller) -> Answer {
    let channels = caller.door.channels(&caller.who, caller.shop())?;
    reply::ok(&Channels { channels: channels.iter().map(Into::into).collect() })
}

/// Adds a channel. It is used once it is verified: send a test.
#[utoipa::path(post, path = "/v1/staff/shop/channels", operation_id = "add_channel", tag = "shop", security(("staff" = [])),
    request_body = NewChannel, responses((status = 201, description = "Added", body = ChannelAdded), Problems))]
pub async fn add(caller: ShopCaller, body: Body<NewChannel>) -> Answer {
    let (no, secret) = caller.door.add_channel(&caller.who, caller.shop(), body.0.understood()?).await?;
    reply::created(&ChannelAdded { channel: no.0, secret: secret.map(|secret| secret.0) })
}

/// Removes a channel; what waits to be told there is given up.
#[utoipa::path(delete, path = "/v1/staff/shop/channels/{channel}", operation_id = "remove_channel", tag = "shop",
    security(("staff" = [])), params(("channel" = u32, Path)), responses((status = 204, description = "Removed"), Problems))]
pub async fn remove(caller: ShopCaller, at: Path<AtChannel>) -> Answer {
    caller.door.remove_channel(&caller.who, caller.shop(), ChannelNo(at.channel)).await?;
    reply::done()
}

/// Sends a test, at most one a minute and ten a day to one place. Mail and phone get a code to type in, until they are verified;
/// a robot or webhook that accepts the test is verified by that.
#[utoipa::path(post, path = "/v1/staff/shop/channels/{channel}/test", operation_id = "test_channel", tag = "shop",
    security(("staff" = [])), params(("channel" = u32, Path)), request_body = Option<Nothing>,
    responses((status = 200, description = "On its way; see the notification for what becomes of it", body = TestSent), Problems))]
pub async fn test(caller: ShopCaller, at: Path<AtChannel>, _body: OptionalBody<Nothing>) -> Answer {
    let notification = caller.door.test_channel(&caller.who, caller.shop(), ChannelNo(at.channel)).await?;
    reply::ok(&TestSent { notification })
}

/// Types in the code of a test: it holds for ten minutes and five tries.
#[utoipa::path(post, path = "/v1/staff/shop/channels/{channel}/verify", operation_id = "verify_channel", tag = "shop",
    security(("staff" = [])), params(("channel" = u32, Path)), request_body = TypedCode,
    responses((status = 204, description = "Verified"), Problems))]
pub async fn verify(caller: ShopCaller, at: Path<AtChannel>, body: Body<TypedCode>) -> Answer {
    caller.door.verify_channel(&caller.who, caller.shop(), ChannelNo(at.channel), body.0.code).await?;
    reply::done()
}

/// Which channels are told of what: the routes that were set, and the usual way of classes that no route names.
#[utoipa::path(get, path = "/v1/staff/shop/channels/routes", operation_id = "channel_routes", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "The routes", body = RoutesNow), Problems))]
pub async fn routes(caller: ShopCaller) -> Answer {
    reply::ok(&RoutesNow::from(caller.door.channel_routes(&caller.who, caller.shop())?))
}

/// Replaces all routes. A class without a route goes the usual way; one with a route without channels tells nobody. What is urgent
/// goes to every verified channel, whatever the routes say.
#[utoipa::path(put, path = "/v1/staff/shop/channels/routes", operation_id = "set_channel_routes", tag = "shop",
    security(("staff" = [])), request_body = Routes, responses((status = 204, description = "Set"), Problems))]
pub async fn set_routes(caller: ShopCaller, body: Body<Routes>) -> Answer {
    caller.door.set_channel_routes(&caller.who, caller.shop(), body.0.into()).await?;
    reply::done()
}

/// Notifications, the newest first, each with what became of it and of every attempt. A filtered page looks at 500 and may come short, also
/// empty, with a next one.
#[utoipa::path(get, path = "/v1/staff/shop/notifications", operation_id = "notifications", tag = "shop", security(("staff" = [])),
    params(NotificationWindow), responses((status = 200, description = "A page", body = Notifications), Problems))]
pub async fn notifications(caller: ShopCaller, window: NotificationWindow) -> Answer {
    let NotificationWindow { fate, class, channel, cursor, limit } = window;
    let of = Listed { state: fate.map(Into::into), class: class.map(Into::into), channel: channel.map(ChannelNo) };
    let page = caller.door.notifications(&caller.who, caller.shop(), of, cursor, limit)?;
    reply::ok(&Notifications { notifications: page.rows.iter().map(Into::into).collect(), next: page.next })
}

/// One notification.
#[utoipa::path(get, path = "/v1/staff/shop/notifications/{notification}", operation_id = "notification", tag = "shop",
    security(("staff" = [])), params(("notification" = u64, Path)),
    responses((status = 200, description = "The notification", body = Notification), Problems))]
pub async fn notification(caller: ShopCaller, at: Path<AtNotification>) -> Answer {
    reply::ok(&Notification::from(&caller.door.notification(&caller.who, caller.shop(), at.notification)?))
}
