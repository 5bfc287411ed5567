//! Who calls: the credential of a request, checked by the door. Which realm it opens is the door's business, too.
//!
//! Never logs a credential. A credential is taken from a header only, never from an address, which proxies log.

use super::address;
use super::error::Problem;
use crate::domain::refusal::Refusal;
use crate::domain::view::Principal;
use crate::door::Door;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::Deserialize;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

/// The WebSocket subprotocol of this server.
pub const SUBPROTOCOL: &str = "fenliu.v1";
/// Before the token, where a browser, which cannot set headers, offers it as a second subprotocol.
const TOKEN_PREFIX: &str = "bearer.";

/// The door without a credential.
pub struct Anybody(Door);

impl Deref for Anybody {
    type Target = Door;
    fn deref(&self) -> &Door {
        &self.0
    }
}

/// The door, and who stands before it.
pub struct Caller {
    pub door: Door,
    pub who: Arc<Principal>,
}

/// The door, and who stands before it where a credential is shown: a wrong one is refused.
pub struct AnyCaller {
    pub door: Door,
    pub who: Option<Arc<Principal>>,
}

/// A [`Caller`], and the shop that is spoken of: named in the address where the platform speaks, else that of the session.
pub struct ShopCaller {
    pub door: Door,
    pub who: Arc<Principal>,
    shop: Option<String>,
}

impl ShopCaller {
    /// None: the shop of the session.
    pub fn shop(&self) -> Option<&str> {
        self.shop.as_deref()
    }
}

/// The part of an address that names a shop.
#[derive(Deserialize)]
struct NamedShop {
    shop: String,
}

/// A [`Caller`] whose token may also come as `Sec-WebSocket-Protocol: fenliu.v1, bearer.<token>`.
pub struct SocketCaller(pub Caller);

fn door(request: &HttpRequest) -> Result<&Door, Problem> {
    request.app_data::<Door>().ok_or_else(|| Refusal::Internal.into())
}

fn from_authorization(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case("bearer ").then(|| token.trim())
}

fn from_subprotocols(request: &HttpRequest) -> Option<&str> {
    request
        .headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .find_map(|offer| offer.trim().strip_prefix(TOKEN_PREFIX))
}

fn caller(request: &HttpRequest, token: Option<&str>) -> Result<Caller, Problem> {
    let door = door(request)?;
    let who = door.authenticate(token.ok_or(Refusal::Unauthenticated)?)?;
    Ok(Caller { door: door.coming_from(address::of(request)), who })
}

impl FromRequest for Anybody {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(door(request).map(|door| Anybody(door.clone())))
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request, from_authorization(request)))
    }
}

impl FromRequest for AnyCaller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if request.headers().contains_key(header::AUTHORIZATION) {
            caller(request, from_authorization(request)).map(|Caller { door, who }| AnyCaller { door, who: Some(who) })
        } else {
            door(request).map(|door| AnyCaller { door: door.clone(), who: None })
        })
    }
}

fn shop_caller(request: &HttpRequest) -> Result<ShopCaller, Problem> {
    let Caller { door, who } = caller(request, from_authorization(request))?;
    let shop = match request.match_info().get("shop") {
        Some(_) => Some(request.match_info().load::<NamedShop>().map_err(|error| Problem::invalid("shop", error))?.shop),
        None => None,
    };
    Ok(ShopCaller { door, who, shop })
}

impl FromRequest for ShopCaller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(shop_caller(request))
    }
}

impl FromRequest for SocketCaller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = from_authorization(request).or_else(|| from_subprotocols(request));
        ready(caller(request, token).map(SocketCaller))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn tokens_come_from_headers() {
        let request = TestRequest::default().insert_header(("Authorization", "bearer flb_x")).to_http_request();
        assert_eq!(from_authorization(&request), Some("flb_x"));
        let request = TestRequest::default().insert_header(("Authorization", "Basic flb_x")).to_http_request();
        assert_eq!(from_authorization(&request), None);
        let request = TestRequest::default().insert_header(("Sec-WebSocket-Protocol", "fenliu.v1, bearer.fls_y")).to_http_request();
        assert_eq!(from_subprotocols(&request), Some("fls_y"));
    }
}
