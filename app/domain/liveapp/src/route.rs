//! The table of routes of the live feed.

use std::sync::Arc;

use apierror::Code;
use auth::{Authenticator, Permission};
use feed::Feed;
use mux::{Routes, operation};
use tokio::runtime::Handle;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

use crate::access::Access;
use crate::filter::EventQuery;
use crate::{App, events, live};

/// The routes of the live feed, whose events come from `feed`; pages of `origins` may connect beside those of this one. To be
/// called inside the runtime that is to serve the connections.
pub fn routes(db: sqldb::Db, authenticator: Authenticator, feed: Feed, origins: &[String]) -> Routes {
    let movies = moviebus::Business::new(db.clone());
    let access = Arc::new(Access { authenticator, movies, orders: orderbus::Business::new(db) });
    let last_event_id = ParameterBuilder::new()
        .name("Last-Event-ID")
        .parameter_in(ParameterIn::Header)
        .description(Some("The id of the last event that was had, as browsers send it when they come back."))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                .build(),
        ))
        .build();
    Routes::new("live", "What happens, as it happens.")
        .get(
            "/v1/live",
            Permission::LiveListen,
            operation("listen_live", "Hear of events over a WebSocket")
                .describe(
                    "A WebSocket (RFC 6455) of text messages, each a JSON object with a `type`. Compression is not offered: it \
                     would cost each connection more memory than all the rest. The subprotocol `marquee.live.v1` may be asked \
                     for.\n\n\
                     The client sends `{\"type\": \"authenticate\", \"token\": \"..\"}` (an access token: browsers can send no \
                     header field, and a token never goes into a URL; again before it expires, to stay), \
                     `{\"type\": \"subscribe\", \"topics\": [\"movies\"], \"after\": \"<event id>\"}` and \
                     `{\"type\": \"unsubscribe\", \"topics\": [..]}`. Topics are `movies` and `movies/{id}`, for anyone, \
                     `orders/{id}` for whoever may read the order, and `me`: what belongs to the caller. What may not be read \
                     is as if it did not exist.\n\n\
                     The service answers `authenticated`, `subscribed` with `last_event_id`, `unsubscribed`, or `error` with a \
                     `problem` (RFC 9457), and sends `event`s: `{\"type\": \"event\", \"id\", \"topics\", \"entity\", \
                     \"entity_id\", \"version\", \"action\", \"changed\": [..], \"fields\": {..} or null, \"occurred_at\"}`. \
                     Events come in order; where one of \
                     them is in `me`, it is its owner's. With `after`, what was missed since that event comes before `subscribed`; \
                     where that is not known any more, `reset` does: read anew then. An event may come twice, with the same \
                     id.\n\n\
                     It closes with 1001 when it stops (the reason says when to come back), 1003 for what is not text, 1007 for \
                     what is not UTF-8, 1008 for silence or too many messages, 1009 for one that is too long, 1012 when the \
                     events begin anew, 1013 for whoever reads too slowly, 3000 when the token is not good any more, 3003 when a \
                     role is gone that a topic needs. 503 with `Retry-After`: as many connections are there as may be.",
                )
                .responds_empty(101)
                .refuses(Code::BadRequest)
                .refuses(Code::Forbidden),
            live,
        )
        .get(
            "/v1/events",
            Permission::LiveListen,
            operation("stream_events", "Hear of events over an event stream")
                .describe(
                    "Server-sent events (HTML, section 9.2): what a browser's `EventSource` takes. Each has its `id`, and as data \
                     the same JSON as over the WebSocket. Before what happens comes what was missed since `last_event_id`, then \
                     an event `subscribed`, before which `reset` tells that what was missed is not known any more: read anew \
                     then. The last event, `end`, says why nothing more comes: `draining`, `slow`, `unauthorized`, \
                     `forbidden`, `reset`, `unavailable`. Topics of one's own need an `Authorization` field, which `fetch` can \
                     send and `EventSource` cannot; a token never goes into a URL. Compression is not offered. 503 with \
                     `Retry-After`: as many connections are there as may be.",
                )
                .query::<EventQuery>()
                .parameter(last_event_id)
                .responds_stream(200, "text/event-stream")
                .refuses(Code::BadRequest)
                .refuses(Code::NotFound)
                .refuses(Code::Conflict)
                .refuses(Code::Forbidden),
            events,
        )
        .data(App {
            feed,
            access,
            origins: origins.to_vec(),
            runtime: Handle::current(),
        })
}
