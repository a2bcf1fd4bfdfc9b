//! The live feed over HTTP.

mod access;
mod error;
mod filter;
mod handshake;
mod model;
mod route;
mod session;
mod socket;
mod stream;
mod topic;
mod wire;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use apierror::{ApiError, Code};
use auth::{Authenticator, Caller};
use feed::{Feed, Kind, Seat, Who};
use mux::{Connection, Switch};
use request::{Empty, Query};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::access::Access;
use crate::filter::EventQuery;
use crate::handshake::{Accepted, SUBPROTOCOL, accept, check_origin};
use crate::session::Session;

pub use crate::route::routes;
pub use crate::topic::ENTITIES;

/// What the handlers need.
struct App {
    feed: Feed,
    access: Arc<Access>,
    origins: Vec<String>,
    /// Of the connections: a worker that is held up by a request holds up none of them.
    runtime: Handle,
}

async fn live(app: Data<App>, request: HttpRequest, caller: Caller, _: Empty) -> Result<HttpResponse, ApiError> {
    let Accepted { accept, is_named } = accept(&request)?;
    check_origin(request.headers(), &app.origins)?;
    let connection = request.conn_data::<Connection>().ok_or_else(|| ApiError::new(Code::Internal))?;
    let session = session(&app, &request, caller, Kind::WebSocket)?;
    let take = {
        let app = app.clone();
        Box::new(move |stream: TcpStream| {
            // From the worker's reactor to that of the main runtime.
            let Ok(stream) = stream.into_std() else { return };
            let serve = async move {
                if let Ok(stream) = TcpStream::from_std(stream) {
                    socket::serve(stream, session).await;
                }
            };
            app.feed.connections().spawn_on(serve, &app.runtime);
        })
    };
    connection.switch(Switch { mark: accept.clone(), take });
    let mut answer = HttpResponse::SwitchingProtocols();
    answer.upgrade("websocket").insert_header((header::SEC_WEBSOCKET_ACCEPT, accept));
    if is_named {
        answer.insert_header((header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL));
    }
    Ok(answer.finish())
}

async fn events(
    app: Data<App>,
    request: HttpRequest,
    caller: Caller,
    Query(query): Query<EventQuery>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let EventQuery { topics, last_event_id, limit } = query;
    let after = last_event_id_of(request.headers())?.or(last_event_id);
    let mut session = session(&app, &request, caller, Kind::Sse)?;
    session.subscribe(topics, after).await?;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A proxy that collects what it hands on would hold events back (nginx).
        .insert_header(("x-accel-buffering", "no"));
    if request.method() == Method::HEAD {
        return Ok(answer.finish());
    }
    let connection = request.conn_data::<Connection>().cloned();
    Ok(answer.streaming(Box::pin(stream::events(session, connection, limit))))
}

/// A place for the caller, or 503 before anything has begun.
fn session(app: &App, request: &HttpRequest, caller: Caller, kind: Kind) -> Result<Session, ApiError> {
    let seat: Seat = app.feed.enter(who(&caller), kind).map_err(error::refused)?;
    let token = match caller {
        Caller::User(_) => Authenticator::token(request.headers()).map(Into::into),
        Caller::Anonymous => None,
    };
    Ok(Session::new(Arc::clone(&app.access), seat, caller, token))
}

/// Whom a connection is counted for.
fn who(caller: &Caller) -> Who {
    match caller.user_id() {
        Some(user_id) => Who::User(user_id.uuid()),
        // Behind proxies that are trusted it is the client's.
        None => Who::at(changes::origin().address.unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into())),
    }
}

/// The id that a browser sends when it comes back.
fn last_event_id_of(headers: &HeaderMap) -> Result<Option<Uuid>, ApiError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let read = |value: &HeaderValue| value.to_str().ok()?.parse().ok();
    let refuse = || ApiError::new(Code::BadRequest).with_detail("`Last-Event-ID` is the id of an event");
    read(value).map(Some).ok_or_else(refuse)
}
