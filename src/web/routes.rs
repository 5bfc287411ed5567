//! The route table: every path and method of the server, in one place. The hottest first: actix tries them in this order.

use super::error::{Fault, Problem};
use super::{
    buyer, desk, desk_work, distribution, diversion, draft, export, file, guard, health, inbox, notice, notify, operation, order, platform,
    pool, shop, socket, staff, standing, suggestion, text,
};
use crate::door::Door;
use crate::metrics::http::Served;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::web::{self, PathConfig, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, Route};
use std::rc::Rc;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The reader's own scripts and styles, and nothing from elsewhere.
const READER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Before a resource of the shop of a session.
pub const STAFFS_SHOP: &str = "/v1/staff/shop/";
/// Before the same resource where the platform names the shop.
pub const PLATFORMS_SHOP: &str = "/v1/platform/shops/{shop}/";

type Method_ = (Method, Route);

fn on<F, Args>(method: Method, handler: F) -> Method_
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    (method.clone(), web::method(method).to(handler))
}

macro_rules! methods {
    ($($name:ident $method:ident)*) => { $(
        fn $name<F, Args>(handler: F) -> Method_
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            on(Method::$method, handler)
        }
    )* };
}
methods! { get GET post POST put PUT delete DELETE }

fn at<const N: usize>(table: &mut ServiceConfig, path: &str, methods: [Method_; N]) {
    let allow = methods.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(", ");
    let refuse = move || {
        let allow = allow.clone();
        async move { Err::<HttpResponse, _>(Problem::from(Fault::MethodNotAllowed { allow })) }
    };
    let resource = methods.into_iter().fold(web::resource(path), |resource, (_, route)| resource.route(route));
    let served = Rc::new(Served::of(path));
    table.service(resource.default_service(web::to(refuse)).wrap(from_fn(move |request, next| counted(served.clone(), request, next))));
}

/// Counts the answer under the route's own path.
async fn counted<B: MessageBody>(
    served: Rc<Served>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let begun = served.begin();
    let method = request.method().clone();
    let answer = next.call(request).await;
    let status = answer.as_ref().map_or_else(|error| error.as_response_error().status_code(), ServiceResponse::status);
    served.count(method.as_str(), status.as_u16(), begun);
    answer
}

async fn no_such_path() -> Result<HttpResponse, Problem> {
    Err(Fault::NoSuchPath.into())
}

async fn to_reader() -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, "/docs/")).finish()
}

fn unreadable_path(error: actix_web::error::PathError, _: &HttpRequest) -> actix_web::Error {
    Problem::invalid("path", error).into()
}

/// All routes, before `door`.
pub fn routes(door: Door) -> impl FnOnce(&mut ServiceConfig) {
    move |table| {
        table.app_data(door).app_data(PathConfig::default().error_handler(unreadable_path));
        of_buyers(table);
        of_staff(table);
        of_desk_work(table);
        of_guard(table);
        of_shops(table);
        of_channels(table);
        of_operation(table);
        of_platform(table);
        reader(table);
        let served = Rc::new(Served::of("none"));
        let nowhere = web::resource("/{_:.*}").default_service(web::to(no_such_path));
        table.service(nowhere.wrap(from_fn(move |request, next| counted(served.clone(), request, next))));
        table.default_service(web::to(no_such_path));
    }
}

fn of_buyers(table: &mut ServiceConfig) {
    at(table, "/v1/buyer/messages", [post(buyer::send), get(buyer::history)]);
    at(table, "/v1/buyer/socket", [get(socket::buyer)]);
    at(table, "/v1/buyer/read", [post(buyer::read)]);
    at(table, "/v1/buyer/messages/{seq}/recall", [post(desk_work::recall_by_buyer)]);
    at(table, "/v1/buyer/reception", [get(buyer::reception)]);
    at(table, "/v1/buyer/files", [post(file::buyer_add)]);
    at(table, "/v1/buyer/files/{hash}", [get(file::buyer_show)]);
    at(table, "/v1/buyer/uploads", [post(file::buyer_begin), get(file::buyer_all)]);
    at(table, "/v1/buyer/uploads/{upload}", [put(file::buyer_piece), get(file::buyer_far), delete(file::buyer_give_up)]);
    at(table, "/v1/buyer/uploads/{upload}/complete", [post(file::buyer_complete)]);
}

fn of_staff(table: &mut ServiceConfig) {
    at(table, "/v1/staff/conversations/{conversation}/messages", [post(staff::answer), get(staff::history)]);
    at(table, "/v1/staff/conversations/{conversation}/read", [post(staff::read)]);
    at(table, "/v1/staff/conversations/{conversation}/close", [post(staff::close)]);
    at(table, "/v1/staff/conversations/{conversation}/transfer", [post(staff::transfer)]);
    at(table, "/v1/staff/conversations/{conversation}/receptions/{reception}/why", [get(staff::why)]);
    at(table, "/v1/staff/conversations/{conversation}", [get(staff::conversation)]);
    at(table, "/v1/staff/conversations/{conversation}/templates/{no}/rendered", [get(text::rendered)]);
    at(table, "/v1/staff/conversations/{conversation}/templates/{no}/messages", [post(text::answer_with_template)]);
    at(table, "/v1/staff/conversations/{conversation}/files", [post(file::staff_add)]);
    at(table, "/v1/staff/conversations/{conversation}/files/{hash}", [get(file::staff_show)]);
    at(table, "/v1/staff/conversations/{conversation}/uploads", [post(file::staff_begin), get(file::staff_all)]);
    at(
        table,
        "/v1/staff/conversations/{conversation}/uploads/{upload}",
        [put(file::staff_piece), get(file::staff_far), delete(file::staff_give_up)],
    );
    at(table, "/v1/staff/conversations/{conversation}/uploads/{upload}/complete", [post(file::staff_complete)]);
    at(table, "/v1/staff/conversations/{conversation}/draft", [put(draft::set)]);
    at(table, "/v1/staff/drafts", [get(draft::drafts)]);
    at(table, "/v1/staff/notices", [get(notice::notices)]);
    at(table, "/v1/staff/notices/counts", [get(notice::counts)]);
    at(table, "/v1/staff/notices/read", [post(notice::read)]);
    at(table, "/v1/staff/notices/{stream}/{no}/priority", [put(notice::prioritise)]);
    at(table, "/v1/staff/inbox", [get(inbox::inbox)]);
    at(table, "/v1/staff/inbox/counts", [get(inbox::counts)]);
    at(table, "/v1/staff/long-waits", [get(inbox::long_waits)]);
    at(table, "/v1/staff/me", [get(staff::me)]);
    at(table, "/v1/staff/me/welcome", [put(text::set_welcome)]);
    at(table, "/v1/staff/me/phrases", [post(text::add_own_phrase), get(text::own_phrases)]);
    at(table, "/v1/staff/me/phrases/{no}", [put(text::set_own_phrase), delete(text::remove_own_phrase)]);
    at(table, "/v1/staff/phrases", [get(text::phrases_at_hand)]);
    at(table, "/v1/staff/presence", [put(staff::presence)]);
    at(table, "/v1/staff/log-in", [post(staff::log_in)]);
    at(table, "/v1/staff/log-out", [post(staff::log_out)]);
    at(table, "/v1/staff/socket", [get(socket::staff)]);
}

/// What staff does with a conversation beside answering.
fn of_desk_work(table: &mut ServiceConfig) {
    at(table, "/v1/staff/conversations/{conversation}/labels", [put(desk_work::label)]);
    at(table, "/v1/staff/conversations/{conversation}/messages/{seq}/labels", [put(desk_work::label_message)]);
    at(table, "/v1/staff/conversations/{conversation}/messages/{seq}/recall", [post(desk_work::recall)]);
    at(table, "/v1/staff/conversations/{conversation}/notes", [post(desk_work::note), get(desk_work::notes)]);
    at(table, "/v1/staff/conversations/{conversation}/mark", [put(desk_work::mark)]);
    at(table, "/v1/staff/conversations/{conversation}/priority", [put(desk_work::priority)]);
    at(table, "/v1/staff/conversations/{conversation}/take-over", [post(desk_work::take_over)]);
    at(table, "/v1/staff/conversations/{conversation}/archive", [post(desk_work::archive)]);
    at(table, "/v1/staff/conversations/{conversation}/restore", [post(desk_work::restore)]);
    at(table, "/v1/staff/conversations/{conversation}/suggestions", [post(suggestion::suggest)]);
    at(table, "/v1/staff/conversations/{conversation}/suggestions/{no}", [delete(suggestion::dismiss)]);
    at(table, "/v1/platform/shops/{shop}/conversations/{conversation}/suggestions", [post(suggestion::platform_suggest)]);
    at(table, "/v1/staff/batch", [post(desk_work::batch)]);
    // Who confirms is an account.
    at(table, "/v1/staff/shop/archive/due", [get(desk_work::archive_due)]);
    in_both_realms(table, "blacklist", || [post(desk_work::block), get(desk_work::blacklist)]);
    in_both_realms(table, "blacklist/{buyer}", || [delete(desk_work::unblock)]);
    in_both_realms(table, "export/conversations", || [get(export::conversations)]);
    in_both_realms(table, "export/orders", || [get(export::orders)]);
    in_both_realms(table, "export/distribution", || [get(export::distribution)]);
    in_both_realms(table, "export/figures", || [get(export::figures)]);
}

/// A resource that a shop's staff reaches through its session, and the platform by the name of the shop.
fn in_both_realms<const N: usize>(table: &mut ServiceConfig, rest: &str, methods: fn() -> [Method_; N]) {
    at(table, &format!("{STAFFS_SHOP}{rest}"), methods());
    at(table, &format!("{PLATFORMS_SHOP}{rest}"), methods());
}

fn of_shops(table: &mut ServiceConfig) {
    in_both_realms(table, "groups", || [post(shop::create_group), get(shop::groups)]);
    in_both_realms(table, "groups/{group}", || [put(shop::configure_group)]);
    in_both_realms(table, "accounts", || [post(shop::create_account), get(shop::accounts)]);
    in_both_realms(table, "accounts/{agent}", || [get(shop::account), put(shop::configure_account)]);
    in_both_realms(table, "accounts/{agent}/role", || [put(shop::set_role)]);
    in_both_realms(table, "desk", || [get(desk::running), put(desk::set)]);
    in_both_realms(table, "buyers/{buyer}", || [get(shop::profile), put(shop::set_profile)]);
    in_both_realms(table, "audit", || [get(shop::audit)]);
    in_both_realms(table, "diversion", || [get(diversion::running), put(diversion::set)]);
    in_both_realms(table, "diversion/check", || [post(diversion::check)]);
    in_both_realms(table, "diversion/versions", || [get(diversion::versions)]);
    in_both_realms(table, "diversion/versions/{version}", || [get(diversion::version)]);
    in_both_realms(table, "diversion/difference", || [get(diversion::difference)]);
    in_both_realms(table, "diversion/roll-back", || [post(diversion::roll_back)]);
    in_both_realms(table, "distribution", || [get(distribution::distribution)]);
    in_both_realms(table, "health", || [get(health::health)]);
    in_both_realms(table, "health/figures", || [get(health::figures)]);
    in_both_realms(table, "health/marketplace", || [get(health::marketplace)]);
    in_both_realms(table, "health/reports", || [get(health::reports)]);
    in_both_realms(table, "health/reports/{day}", || [get(health::report)]);
    in_both_realms(table, "pool", || [get(pool::pool)]);
    in_both_realms(table, "pool/runs", || [get(pool::runs)]);
    in_both_realms(table, "pool/days", || [get(pool::days)]);
    in_both_realms(table, "text-usage", || [get(text::usage)]);
    in_both_realms(table, "set-up", || [get(text::set_up)]);
    // Who changes a text is an account.
    at(table, "/v1/staff/shop/phrases", [post(text::add_team_phrase), get(text::team_phrases)]);
    at(table, "/v1/staff/shop/phrases/{no}", [put(text::set_team_phrase), delete(text::remove_team_phrase)]);
    at(table, "/v1/staff/shop/groups/{group}/phrases", [post(text::add_group_phrase), get(text::group_phrases)]);
    at(table, "/v1/staff/shop/groups/{group}/phrases/{no}", [put(text::set_group_phrase), delete(text::remove_group_phrase)]);
    at(table, "/v1/staff/shop/templates", [post(text::add_template), get(text::templates)]);
    at(table, "/v1/staff/shop/templates/{no}", [put(text::set_template), delete(text::remove_template)]);
    in_both_realms(table, "orders", || [get(order::orders)]);
    at(table, "/v1/staff/shop/orders/{order}", [get(order::order)]);
    // Who assigns by hand is an account.
    at(table, "/v1/staff/shop/pool/assign", [post(pool::assign)]);
}

/// Where a shop's people are told.
fn of_channels(table: &mut ServiceConfig) {
    in_both_realms(table, "channels", || [post(notify::add), get(notify::channels)]);
    in_both_realms(table, "channels/routes", || [put(notify::set_routes), get(notify::routes)]);
    in_both_realms(table, "channels/{channel}", || [delete(notify::remove)]);
    in_both_realms(table, "channels/{channel}/test", || [post(notify::test)]);
    in_both_realms(table, "channels/{channel}/verify", || [post(notify::verify)]);
    in_both_realms(table, "notifications", || [get(notify::notifications)]);
    in_both_realms(table, "notifications/{notification}", || [get(notify::notification)]);
}

/// What may be sent, and what follows where it was.
fn of_guard(table: &mut ServiceConfig) {
    at(table, "/v1/staff/standing", [get(standing::own)]);
    at(table, "/v1/staff/standing/test", [post(standing::draw)]);
    at(table, "/v1/staff/standing/test/answers", [post(standing::take)]);
    at(table, "/v1/staff/standing/undertaking", [post(standing::undertake)]);
    at(table, "/v1/staff/guard/records", [get(guard::own_records)]);
    in_both_realms(table, "guard", || [get(guard::settings), put(guard::set)]);
    in_both_realms(table, "guard/words", || [get(guard::words), put(guard::set_words)]);
    in_both_realms(table, "guard/try", || [post(guard::try_text)]);
    in_both_realms(table, "guard/records", || [get(guard::records)]);
    in_both_realms(table, "accounts/{agent}/standing", || [get(standing::of_account)]);
    at(table, "/v1/staff/shop/guard/approvals", [get(guard::approvals)]);
    // The platform alone approves, and judges.
    at(table, "/v1/platform/shops/{shop}/guard/approvals", [put(guard::set_approvals), get(guard::approvals)]);
    at(table, "/v1/platform/shops/{shop}/accounts/{agent}/violations", [post(standing::report)]);
    at(table, "/v1/platform/shops/{shop}/accounts/{agent}/review", [post(standing::review)]);
    at(table, "/v1/platform/guard/conduct", [get(guard::conduct), put(guard::set_conduct)]);
    at(table, "/v1/platform/guard/questions", [get(guard::questions), put(guard::set_questions)]);
    at(table, "/v1/platform/guard/undertakings", [get(standing::undertakings)]);
}

fn of_operation(table: &mut ServiceConfig) {
    at(table, "/healthz", [get(operation::healthz)]);
    at(table, "/readyz", [get(operation::readyz)]);
    at(table, "/metrics", [get(operation::metrics)]);
    at(table, "/openapi.json", [get(operation::openapi_json)]);
}

fn of_platform(table: &mut ServiceConfig) {
    at(table, "/v1/platform/shops", [post(platform::create_shop)]);
    at(table, "/v1/platform/shops/{shop}/buyer-tokens", [post(platform::issue_buyer_token)]);
    at(table, "/v1/platform/shops/{shop}/buyer-tokens/revoke", [post(platform::revoke_buyer_token)]);
    at(table, "/v1/platform/shops/{shop}/orders/{order}", [put(order::report), get(order::order)]);
    at(table, "/v1/platform/carriers", [get(order::carriers), put(order::set_carrier)]);
    at(table, "/v1/platform/shops/{shop}/notices", [post(notice::add)]);
    at(table, "/v1/platform/api-keys", [post(platform::issue_api_key)]);
    at(table, "/v1/platform/api-keys/{id}", [delete(platform::revoke_api_key)]);
}

/// The reader of the description. It brings its own files and asks no other host.
fn reader(table: &mut ServiceConfig) {
    at(table, "/docs", [get(to_reader)]);
    let headers =
        DefaultHeaders::new().add((header::CONTENT_SECURITY_POLICY, READER_POLICY)).add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    let config = Config::new(["/openapi.json"]).validator_url("none").try_it_out_enabled(true);
    table.service(web::scope("/docs").wrap(headers).service(SwaggerUi::new("/{_:.*}").config(config)));
}
