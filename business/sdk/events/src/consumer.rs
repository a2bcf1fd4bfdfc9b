//! Who gets the events, and how one says that it can't take one.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use changes::{Origin, Traceparent};
use futures_util::FutureExt as _;
use sqldb::Tx;

use crate::event::Event;

/// Gets every event it wants, those of one row in the order of its changes, and takes effect in the database: exactly
/// once, since the effect is committed together with the note that the event is handled.
///
/// What it does outside of the database may happen more than once.
pub trait Consumer: Send + Sync + 'static {
    /// Its name, under which it finds again where it was: 1 to 50 lower-case letters and underscores. Another name is
    /// another consumer.
    const NAME: &'static str;

    /// Where it begins when the database does not know it yet.
    const START: Start = Start::Now;

    /// Whether it wants this event. It must not depend on anything that changes.
    fn wants(&self, event: &Event) -> bool;

    /// Takes the event. All it writes goes through `tx`, which is committed when it answers Ok. What it changes in turn is
    /// done by `events`, under the trace of the event (`changes::Origin`).
    ///
    /// Like the work of [`sqldb::Db::transact`] it may be run again when the transaction is not committed.
    fn handle(&self, tx: &Tx, event: &Event) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Brings every event somewhere else, those of one row in order: at least once, since nothing can be committed here and
/// there together. What comes twice comes under the same [`Event::event_id`].
pub trait Carrier: Send + Sync + 'static {
    /// Its name, under which it finds again where it was: 1 to 50 lower-case letters and underscores.
    const NAME: &'static str;

    /// Where it begins when the database does not know it yet.
    const START: Start = Start::Beginning;

    /// Brings the event there, and answers once it is kept there.
    fn carry(&self, event: &Event) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Where a consumer begins that the database does not know yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what is announced from now on.
    Now,
    /// With the oldest event that is kept.
    Beginning,
}

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// What is needed is away. It has nothing to do with the event: the part waits, in order, as long as it takes.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The event can't be taken. It is tried again a number of times and given up then; the events of other rows go on.
    /// The reason is shown to operators: no secret, nothing personal.
    #[error("refused: {0}")]
    Refused(String),
}

impl From<sqldb::Error> for Failure {
    fn from(error: sqldb::Error) -> Self {
        match error {
            sqldb::Error::Unavailable { .. } | sqldb::Error::Conflict { .. } => Self::Unavailable(error.to_string()),
            // A statement that never ends may be the event's doing: it is counted, and stops nobody for ever.
            error => Self::Refused(error.to_string()),
        }
    }
}

/// A consumer of any type.
pub(crate) trait AnyConsumer: Send + Sync {
    fn wants(&self, event: &Event) -> bool;
    fn handle<'a>(&'a self, tx: &'a Tx, event: &'a Event) -> Outcome<'a>;
}

/// A carrier of any type.
pub(crate) trait AnyCarrier: Send + Sync {
    fn carry<'a>(&'a self, event: &'a Event) -> Outcome<'a>;
}

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// One that is registered.
#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) name: &'static str,
    pub(crate) start: Start,
    pub(crate) route: Route,
}

/// How a registered one gets its events.
#[derive(Clone)]
pub(crate) enum Route {
    /// From the table, into the database.
    Direct(Arc<dyn AnyConsumer>),
    /// From a broker: the relay follows what was handled, and tries again what was refused.
    Brokered(Arc<dyn AnyConsumer>),
    /// From the table to somewhere else.
    Out(Arc<dyn AnyCarrier>),
}

impl<C: Consumer> AnyConsumer for C {
    fn wants(&self, event: &Event) -> bool {
        Consumer::wants(self, event)
    }

    fn handle<'a>(&'a self, tx: &'a Tx, event: &'a Event) -> Outcome<'a> {
        Box::pin(Consumer::handle(self, tx, event))
    }
}

impl<C: Carrier> AnyCarrier for C {
    fn carry<'a>(&'a self, event: &'a Event) -> Outcome<'a> {
        Box::pin(Carrier::carry(self, event))
    }
}

/// Hands an event to a consumer. What it changes in turn is part of the trace of the event.
pub(crate) async fn hand_over(
    limit: Duration,
    consumer: &dyn AnyConsumer,
    tx: &Tx,
    event: &Event,
) -> Result<(), Failure> {
    let traceparent = event.traceparent.as_deref().and_then(Traceparent::parse);
    let origin = Origin { traceparent, ..Origin::system("events") };
    attempt(limit, changes::within(origin, consumer.handle(tx, event))).await
}

/// Waits for `work` at most `limit`, and takes a panic or no end for a refusal.
pub(crate) async fn attempt(limit: Duration, work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    match tokio::time::timeout(limit, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(Failure::Refused(format!("panicked: {}", message(panic.as_ref())))),
        Err(_) => Err(Failure::Refused(format!("no end within {limit:?}"))),
    }
}

/// What a panic said when it is a constant; a text that was made up of values may hold what nobody shall see.
fn message(panic: &(dyn Any + Send)) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("of its own words")
}
