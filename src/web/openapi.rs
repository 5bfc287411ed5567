//! The OpenAPI description of every endpoint (OPS-5), made once.

use super::error::ProblemDocument;
use super::wire::frame::{Incoming, Outgoing};
use super::{buyer, operation, platform, socket, staff};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Description, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, Modify, OpenApi};

/// Every answer that is not a success.
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new()
            .description("Refused: `code` is stable; 429 and 503 carry Retry-After")
            .content("application/problem+json", content)
            .build();
        BTreeMap::from([("default".to_string(), RefOr::T(response))])
    }
}

struct Realms;

impl Modify for Realms {
    fn modify(&self, description: &mut Description) {
        let components = description.components.get_or_insert_default();
        let realms = [
            ("platform", "flk_…", "An API key of the platform; its scopes are named beside each operation"),
            ("staff", "fls_…", "The token of a staff session (log-in)"),
            ("buyer", "flb_…", "A buyer's token, issued by the platform"),
        ];
        for (name, format, text) in realms {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format(format).description(Some(text)).build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Fenliu 分流", description = "Customer-service inbox and dispatcher. Times are milliseconds since the epoch."),
    paths(
        platform::create_shop, platform::create_group, platform::configure_group, platform::create_account, platform::account,
        platform::configure_account, platform::diversion, platform::set_diversion, platform::report_order, platform::order,
        platform::issue_buyer_token, platform::revoke_buyer_token, platform::issue_api_key, platform::revoke_api_key,
        buyer::send, buyer::history, buyer::read, socket::buyer,
        staff::log_in, staff::log_out, staff::me, staff::presence, staff::inbox, staff::conversation, staff::history,
        staff::answer, staff::read, staff::close, staff::transfer, staff::why, socket::staff,
        operation::healthz, operation::readyz, operation::metrics, operation::openapi_json,
    ),
    components(schemas(ProblemDocument<'static>, Incoming, Outgoing<'static>)),
    modifiers(&Realms),
    tags(
        (name = "platform", description = "The operator's own systems"),
        (name = "buyer", description = "Buyers 买家"),
        (name = "staff", description = "Owners and agents 客服"),
        (name = "operation", description = "Health and metrics"),
    )
)]
struct Api;

/// The description of the interface.
pub fn description() -> Description {
    Api::openapi()
}

/// The description as JSON.
pub fn json() -> Bytes {
    static JSON: OnceLock<Bytes> = OnceLock::new();
    JSON.get_or_init(|| Bytes::from(description().to_json().unwrap_or_default())).clone()
}

#[cfg(test)]
mod tests {

    #[test]
    fn every_reference_leads_somewhere_and_operations_have_their_own_ids() {
        let json: serde_json::Value = serde_json::from_slice(&super::json()).unwrap();
        fn references<'a>(value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
            match value {
                serde_json::Value::Object(map) => {
                    found.extend(map.get("$ref").and_then(|r| r.as_str()));
                    map.values().for_each(|v| references(v, found));
                }
                serde_json::Value::Array(list) => list.iter().for_each(|v| references(v, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        references(&json, &mut found);
        for reference in found {
            assert!(json.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
        let operations = || json["paths"].as_object().unwrap().values().flat_map(|p| p.as_object().unwrap().values());
        let ids: std::collections::BTreeSet<_> = operations().map(|o| o["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), operations().count());
        assert_eq!(json["components"]["securitySchemes"].as_object().unwrap().len(), 3);
    }
}
