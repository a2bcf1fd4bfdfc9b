//! Brings events into the stream.

use std::sync::atomic::{AtomicBool, Ordering};

use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishErrorKind;
use bytes::Bytes;
use tokio::time::timeout;

use super::{PATIENCE, SUBJECTS, UrlError, away, connect, ensure_stream, jetstream_of, silent};
use crate::consumer::{Carrier, Failure};
use crate::event::Event;

/// Brings events into the stream, and waits for the broker to say that it has them.
pub struct Nats {
    jetstream: Context,
    /// The stream was there when it was last looked for.
    has_stream: AtomicBool,
}

impl Nats {
    /// A carrier to the broker at `url`, which need not be there yet.
    ///
    /// # Errors
    /// [`UrlError`].
    pub async fn connect(url: &str) -> Result<Self, UrlError> {
        Ok(Self { jetstream: jetstream_of(connect(url).await?), has_stream: AtomicBool::new(false) })
    }
}

impl Carrier for Nats {
    const NAME: &'static str = "nats";

    async fn carry(&self, event: &Event) -> Result<(), Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, event.event_id.to_string());
        if let Some(traceparent) = event.traceparent.as_deref().filter(|text| text.is_ascii()) {
            headers.insert("traceparent", traceparent);
        }
        let body = serde_json::to_vec(event).map_err(|error| Failure::Refused(error.to_string()))?;
        let subject = format!("{SUBJECTS}.{}.{}", event.entity, event.action);
        let sent = async {
            if !self.has_stream.load(Ordering::Relaxed) {
                ensure_stream(&self.jetstream).await?;
                self.has_stream.store(true, Ordering::Relaxed);
            }
            let sent = async { self.jetstream.publish_with_headers(subject, headers, Bytes::from(body)).await?.await };
            match sent.await {
                Ok(_) => Ok(()),
                Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => {
                    Err(Failure::Refused("larger than what the broker takes".to_owned()))
                }
                Err(error) => Err(away("the broker", &error)),
            }
        };
        let outcome = timeout(PATIENCE, sent).await.unwrap_or_else(|_| Err(silent()));
        if outcome.is_err() {
            // The stream may be gone: looked for the next time.
            self.has_stream.store(false, Ordering::Relaxed);
        }
        outcome
    }
}
