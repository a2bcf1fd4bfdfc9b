//! Hears events as they pass the broker.

use async_nats::{Client, Subscriber};
use futures_util::StreamExt as _;

use super::{SUBJECTS, UrlError, connect};
use crate::event::Event;

/// Hears every event that is brought to the broker while it listens: each replica hears all of them, the broker keeps
/// nothing for it, and what is missed is missed. For whoever can read what is missing from the database
/// ([`Follower`](crate::Follower)).
pub struct Tap {
    client: Client,
    subscriber: Option<Subscriber>,
}

impl Tap {
    /// A tap at the broker of `url`, which need not be there yet.
    ///
    /// # Errors
    /// [`UrlError`].
    pub async fn connect(url: &str) -> Result<Self, UrlError> {
        Ok(Self { client: connect(url).await?, subscriber: None })
    }

    /// The next event. Dropped at any moment it loses none that it has not given.
    pub(crate) async fn next(&mut self) -> Event {
        loop {
            let Some(subscriber) = &mut self.subscriber else {
                // The client subscribes again by itself whenever it was connected anew.
                self.subscriber = self.client.subscribe(format!("{SUBJECTS}.>")).await.ok();
                if self.subscriber.is_none() {
                    return std::future::pending().await;
                }
                continue;
            };
            match subscriber.next().await {
                Some(message) => {
                    // What is no event of ours is nobody's.
                    if let Ok(event) = serde_json::from_slice(&message.payload) {
                        return event;
                    }
                }
                // The client has ended: the database alone tells from now on.
                None => return std::future::pending().await,
            }
        }
    }
}
