//! Hands events to a consumer as the broker brings them.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::{AckKind, Context, Message};
use futures_util::StreamExt as _;
use sqldb::{Db, Tx};
use tokio::time::{sleep, timeout};

use super::{PATIENCE, SUBJECTS, UrlError, away, connect, ensure_stream, jetstream_of, silent};
use crate::consumer::{Consumer, Failure, hand_over};
use crate::cursor::Note;
use crate::event::Event;
use crate::lane::Stop;
use crate::parked::Refusal;
use crate::report::{Report, Reporter};
use crate::settings::Settings;
use crate::{cursor, parked};

/// How many events are asked for at once.
const BATCH: usize = 100;

/// How long one request for events stands at the broker.
const STANDING: Duration = Duration::from_secs(5);

/// How long the broker waits for an answer before it brings an event to another replica.
const UNANSWERED: Duration = Duration::from_secs(6);

/// Hands events to one consumer as the broker brings them: one at a time, in order, to whichever replica asks.
///
/// What the consumer refuses is kept in the database, and tried again by the relay, which has to know the consumer too
/// ([`Relay::brokered`](crate::Relay::brokered)).
pub struct Subscriber<C> {
    jetstream: Context,
    db: Db,
    consumer: Arc<C>,
    settings: Settings,
    report: Reporter,
}

/// What became of an event.
enum Outcome {
    Delivered,
    /// It was handled before, or waits behind another one.
    Noted,
    Refused(Refusal, String),
}

impl<C: Consumer> Subscriber<C> {
    /// A subscriber at the broker of `url`, which need not be there yet.
    ///
    /// # Errors
    /// [`UrlError`].
    pub async fn connect(
        url: &str,
        db: Db,
        consumer: Arc<C>,
        settings: Settings,
        report: impl Fn(&Report<'_>) + Send + Sync + 'static,
    ) -> Result<Self, UrlError> {
        let jetstream = jetstream_of(connect(url).await?);
        Ok(Self { jetstream, db, consumer, settings, report: Arc::new(report) })
    }

    /// Works until it is dropped. Whatever fails meanwhile is tried again.
    ///
    /// Dropped at any moment, it leaves an event that was handled whole or not at all; the broker brings it again.
    pub async fn run(&self) {
        let mut times = 0;
        loop {
            let failure = match self.receive(&mut times).await {
                Ok(()) => continue,
                Err(failure) => failure,
            };
            times += 1;
            let (reason, pause) = (failure.to_string(), self.settings.pause(times));
            (self.report)(&Report::Unavailable { consumer: C::NAME, reason: &reason, times, pause });
            sleep(pause).await;
        }
    }

    /// Receives until something fails.
    async fn receive(&self, times: &mut u32) -> Result<(), Failure> {
        cursor::register(&self.db, C::NAME, C::START).await?;
        let source = timeout(PATIENCE * 2, self.source()).await.map_err(|_| silent())??;
        loop {
            // The next of them comes when the one before it is answered.
            let batch = source.batch().max_messages(BATCH).expires(STANDING).messages();
            let batch = timeout(PATIENCE, batch).await.map_err(|_| silent())?;
            let mut batch = batch.map_err(|error| away("the broker", &error))?;
            while let Some(message) = timeout(STANDING + PATIENCE, batch.next()).await.map_err(|_| silent())? {
                let message = message.map_err(|error| away("the broker", error.as_ref()))?;
                *times = 0;
                self.take(&message).await?;
            }
        }
    }

    /// The broker's note of how far this consumer is; one for all replicas.
    async fn source(&self) -> Result<PullConsumer, Failure> {
        let config = pull::Config {
            durable_name: Some(C::NAME.to_owned()),
            description: Some("a consumer of Marquee".to_owned()),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: UNANSWERED,
            // The next one is brought when this one is answered, whoever asks: in order, also behind one that is put back.
            max_ack_pending: 1,
            filter_subject: format!("{SUBJECTS}.>"),
            ..pull::Config::default()
        };
        let stream = ensure_stream(&self.jetstream).await?;
        stream.get_or_create_consumer(C::NAME, config).await.map_err(|error| away("the broker's consumer", &error))
    }

    async fn take(&self, message: &Message) -> Result<(), Failure> {
        let Ok(event) = serde_json::from_slice::<Event>(&message.payload) else {
            // Not one of ours: nobody can ever take it.
            return answer(message, AckKind::Term).await;
        };
        if !self.consumer.wants(&event) {
            return answer(message, AckKind::Ack).await;
        }
        match self.handle(&event).await {
            Ok(Outcome::Delivered) => (self.report)(&Report::Delivered { consumer: C::NAME, event: &event }),
            Ok(Outcome::Noted) => {}
            Ok(Outcome::Refused(Refusal { attempts, is_dead }, reason)) => {
                (self.report)(&Report::Refused {
                    consumer: C::NAME,
                    event: &event,
                    attempts,
                    reason: &reason,
                    is_dead,
                });
            }
            Err(failure) => {
                // It is the next one again.
                answer(message, AckKind::Nak(None)).await?;
                return Err(failure);
            }
        }
        answer(message, AckKind::Ack).await
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, Failure> {
        let handled = self
            .db
            .transact(async |tx: Tx| {
                match cursor::note_seen(&tx.db(), C::NAME, event).await? {
                    Note::Known => return Ok(Outcome::Noted),
                    Note::Behind => {
                        parked::queue(&tx.db(), C::NAME, event).await?;
                        return Ok(Outcome::Noted);
                    }
                    Note::New => {}
                }
                hand_over(self.settings.limit, self.consumer.as_ref(), &tx, event).await.map_err(Stop::Failed)?;
                Ok(Outcome::Delivered)
            })
            .await;
        let failure = match handled {
            Ok(outcome) => return Ok(outcome),
            Err(Stop::Failed(failure)) => failure,
            Err(Stop::Store(error)) => Failure::from(error),
            Err(Stop::Lost) => Failure::Unavailable("the cursor is elsewhere".to_owned()),
        };
        match failure {
            Failure::Refused(reason) => self.set_aside(event, reason).await,
            failure => Err(failure),
        }
    }

    /// Lets the event wait for another try, which the relay makes.
    async fn set_aside(&self, event: &Event, reason: String) -> Result<Outcome, Failure> {
        let parked = self
            .db
            .transact(async |tx: Tx| {
                if cursor::note_seen(&tx.db(), C::NAME, event).await? == Note::Known {
                    return Ok(None);
                }
                parked::park(&tx.db(), &self.settings, C::NAME, event, &reason).await.map(Some)
            })
            .await;
        match parked {
            Ok(None) => Ok(Outcome::Noted),
            Ok(Some(refusal)) => Ok(Outcome::Refused(refusal, reason)),
            // The database does not have the event, as one that was restored: there is nowhere to keep it.
            Err(sqldb::Error::Violates { .. }) => Ok(Outcome::Refused(Refusal { attempts: 1, is_dead: true }, reason)),
            Err(error) => Err(Failure::Unavailable(error.to_string())),
        }
    }
}

async fn answer(message: &Message, kind: AckKind) -> Result<(), Failure> {
    let answered = timeout(PATIENCE, message.ack_with(kind)).await.map_err(|_| silent())?;
    answered.map_err(|error| away("the broker", error.as_ref()))
}
