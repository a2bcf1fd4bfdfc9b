//! The live feed: it is open to everyone, and each topic has a rule of its own.

use auth::Permission;
use futures_util::FutureExt as _;

use super::get;
use crate::policy::matrix::{Line, NOTHING, needs};

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "listen_live",
        access: needs(Permission::LiveListen),
        targets: NOTHING,
        ask: |cell| {
            async move {
                let request =
                    get(cell, "/v1/live").await.header("connection", "upgrade").header("upgrade", "websocket");
                request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            }
            .boxed_local()
        },
    },
    Line {
        operation: "stream_events",
        access: needs(Permission::LiveListen),
        targets: NOTHING,
        ask: |cell| get(cell, "/v1/events?topic=movies&seconds=0").boxed_local(),
    },
];
