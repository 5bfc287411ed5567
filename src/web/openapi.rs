//! The OpenAPI description of every endpoint (OPS-5), made once.

use super::error::ProblemDocument;
use super::routes::{PLATFORMS_SHOP, STAFFS_SHOP};
use super::wire::frame::{Incoming, Outgoing};
use super::wire::webhook::WebhookBody;
use super::{
    buyer, desk, desk_work, distribution, diversion, draft, export, file, guard, health, inbox, notice, notify, operation, order, platform,
    pool, shop, socket, staff, standing, suggestion, text,
};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::OnceLock;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Description, Ref, RefOr, Required, Response, ResponseBuilder};
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

/// Resources of a shop are described for its staff; the platform has the same under the shop's name.
struct ForThePlatform;

/// What only an account does.
const STAFF_ONLY: [&str; 8] = [
    "pool/assign",
    "archive/due",
    "phrases",
    "phrases/{no}",
    "groups/{group}/phrases",
    "groups/{group}/phrases/{no}",
    "templates",
    "templates/{no}",
];

impl Modify for ForThePlatform {
    fn modify(&self, description: &mut Description) {
        let paths = &mut description.paths.paths;
        let staffs: Vec<_> =
            paths.iter().filter_map(|(path, item)| Some((path.strip_prefix(STAFFS_SHOP)?.to_owned(), item.clone()))).collect();
        for (rest, mut item) in staffs.into_iter().filter(|(rest, _)| !STAFF_ONLY.contains(&rest.as_str())) {
            let shop = ParameterBuilder::new().name("shop").parameter_in(ParameterIn::Path).required(Required::True);
            let shop = shop.schema(Some(ObjectBuilder::new().schema_type(Type::String))).build();
            for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten() {
                operation.operation_id = operation.operation_id.as_ref().map(|id| format!("platform_{id}"));
                operation.tags = Some(vec!["platform".into()]);
                let scope = match rest.split('/').next() {
                    Some("orders") => "orders",
                    Some("guard") => "guard",
                    _ if rest.ends_with("/standing") => "guard",
                    _ => "accounts",
                };
                operation.security = Some(vec![SecurityRequirement::new("platform", [scope])]);
                operation.parameters.get_or_insert_default().insert(0, RefOr::T(shop.clone()));
            }
            match paths.entry(format!("{PLATFORMS_SHOP}{rest}")) {
                // What the platform alone does to a resource that both read.
                Entry::Occupied(mut described) => described.get_mut().merge_operations(item),
                Entry::Vacant(place) => drop(place.insert(item)),
            }
        }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Fenliu 分流", description = "Customer-service inbox and dispatcher. Times are milliseconds since the epoch."),
    paths(
        platform::create_shop, order::report, order::order, order::orders, order::carriers, order::set_carrier,
        platform::issue_buyer_token, platform::revoke_buyer_token, platform::issue_api_key, platform::revoke_api_key,
        shop::create_group, shop::groups, shop::configure_group, shop::create_account, shop::accounts, shop::account, shop::configure_account, shop::profile,
        shop::set_role, desk::running, desk::set,
        shop::set_profile, shop::audit, diversion::running, diversion::set, diversion::check, diversion::versions,
        diversion::version, diversion::difference, diversion::roll_back, pool::pool, pool::assign, pool::runs, pool::days,
        distribution::distribution, health::health, health::figures, health::marketplace, health::reports, health::report,
        buyer::send, buyer::history, buyer::read, buyer::reception, socket::buyer,
        staff::log_in, staff::log_out, staff::me, staff::presence, inbox::inbox, inbox::counts, inbox::long_waits, staff::conversation, staff::history,
        notice::add, notice::notices, notice::counts, notice::read, notice::prioritise, draft::drafts, draft::set,
        staff::answer, staff::read, staff::close, staff::transfer, staff::why, socket::staff,
        text::team_phrases, text::add_team_phrase, text::set_team_phrase, text::remove_team_phrase, text::group_phrases,
        text::add_group_phrase, text::set_group_phrase, text::remove_group_phrase, text::own_phrases, text::add_own_phrase,
        text::set_own_phrase, text::remove_own_phrase, text::phrases_at_hand, text::templates, text::add_template,
        text::set_template, text::remove_template, text::rendered, text::answer_with_template, text::set_welcome, text::usage,
        text::set_up,
        file::buyer_add, file::buyer_show, file::buyer_begin, file::buyer_far, file::buyer_piece, file::buyer_complete,
        file::buyer_all, file::buyer_give_up, file::staff_all, file::staff_give_up,
        file::staff_add, file::staff_show, file::staff_begin, file::staff_far, file::staff_piece, file::staff_complete,
        desk_work::label, desk_work::label_message, desk_work::recall, desk_work::recall_by_buyer, desk_work::note, desk_work::notes,
        desk_work::mark, desk_work::priority, desk_work::take_over, desk_work::archive, desk_work::restore, desk_work::archive_due,
        desk_work::batch, desk_work::block, desk_work::blacklist, desk_work::unblock, export::conversations, export::orders,
        export::distribution, export::figures,
        guard::settings, guard::set, guard::words, guard::set_words, guard::approvals, guard::set_approvals, guard::try_text,
        guard::own_records, guard::records, guard::conduct, guard::set_conduct, guard::questions, guard::set_questions,
        standing::own, standing::draw, standing::take, standing::undertake, standing::of_account, standing::report, standing::review,
        standing::undertakings, suggestion::suggest, suggestion::platform_suggest, suggestion::dismiss,
        notify::channels, notify::add, notify::remove, notify::test, notify::verify, notify::routes, notify::set_routes,
        notify::notifications, notify::notification,
        operation::healthz, operation::readyz, operation::metrics, operation::openapi_json,
    ),
    components(schemas(ProblemDocument<'static>, Incoming, Outgoing<'static>, WebhookBody)),
    modifiers(&Realms, &ForThePlatform),
    tags(
        (name = "platform", description = "The operator's own systems"),
        (name = "shop", description = "What a shop's owner sets, and supervisors look at; the platform has the same for every shop"),
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

    /// Two types of one name would be one component, and one of them described as the other.
    #[test]
    fn every_described_type_has_a_name_of_its_own() {
        let mut names = std::collections::BTreeMap::<String, String>::new();
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/web"))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                    continue;
                }
                let (mut described, mut called) = (false, None);
                for line in std::fs::read_to_string(&entry).unwrap().lines().map(str::trim) {
                    let attribute = line.starts_with("#[");
                    described |= attribute && line.contains("ToSchema");
                    if let Some((_, name)) = line.split_once("schema(as = ").filter(|_| attribute) {
                        called = name.split([')', ',']).next().map(str::to_owned);
                    }
                    if attribute || line.starts_with("//") {
                        continue;
                    }
                    let own = ["pub struct ", "pub enum "].iter().find_map(|begin| line.strip_prefix(begin));
                    let own = own.and_then(|rest| rest.split([' ', '<', '(', ';']).next());
                    if let Some(name) = own.filter(|_| described) {
                        let name = called.take().unwrap_or_else(|| name.to_owned());
                        let before = names.insert(name.clone(), entry.display().to_string());
                        assert!(before.is_none(), "{name}: {before:?} and {}", entry.display());
                    }
                    (described, called) = (false, None);
                }
            }
        }
        assert!(names.len() > 200, "{}", names.len());
    }

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
