//! The route table: every path and method of the server, in one place. The hottest first: actix tries them in this order.

use super::error::{Fault, Problem};
use super::{buyer, operation, platform, socket, staff};
use crate::door::Door;
use actix_web::http::{Method, header};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, PathConfig, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, Route};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The reader's own scripts and styles, and nothing from elsewhere.
const READER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

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
    table.service(resource.default_service(web::to(refuse)));
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
        of_operation(table);
        of_platform(table);
        reader(table);
        table.default_service(web::to(no_such_path));
    }
}

fn of_buyers(table: &mut ServiceConfig) {
    at(table, "/v1/buyer/messages", [post(buyer::send), get(buyer::history)]);
    at(table, "/v1/buyer/socket", [get(socket::buyer)]);
    at(table, "/v1/buyer/read", [post(buyer::read)]);
}

fn of_staff(table: &mut ServiceConfig) {
    at(table, "/v1/staff/conversations/{conversation}/messages", [post(staff::answer), get(staff::history)]);
    at(table, "/v1/staff/conversations/{conversation}/read", [post(staff::read)]);
    at(table, "/v1/staff/conversations/{conversation}/close", [post(staff::close)]);
    at(table, "/v1/staff/conversations/{conversation}/transfer", [post(staff::transfer)]);
    at(table, "/v1/staff/conversations/{conversation}/receptions/{reception}/why", [get(staff::why)]);
    at(table, "/v1/staff/conversations/{conversation}", [get(staff::conversation)]);
    at(table, "/v1/staff/inbox", [get(staff::inbox)]);
    at(table, "/v1/staff/me", [get(staff::me)]);
    at(table, "/v1/staff/presence", [put(staff::presence)]);
    at(table, "/v1/staff/log-in", [post(staff::log_in)]);
    at(table, "/v1/staff/log-out", [post(staff::log_out)]);
    at(table, "/v1/staff/socket", [get(socket::staff)]);
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
    at(table, "/v1/platform/shops/{shop}/orders/{order}", [put(platform::report_order), get(platform::order)]);
    at(table, "/v1/platform/shops/{shop}/groups", [post(platform::create_group)]);
    at(table, "/v1/platform/shops/{shop}/groups/{group}", [put(platform::configure_group)]);
    at(table, "/v1/platform/shops/{shop}/accounts", [post(platform::create_account)]);
    at(table, "/v1/platform/shops/{shop}/accounts/{agent}", [get(platform::account), put(platform::configure_account)]);
    at(table, "/v1/platform/shops/{shop}/diversion", [get(platform::diversion), put(platform::set_diversion)]);
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
