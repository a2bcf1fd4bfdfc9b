//! One consumer in one part: one event after the other.

use std::sync::Arc;
use std::time::Duration;

use sqldb::{Db, Tx};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use uuid::Uuid;

use crate::consumer::{AnyCarrier, AnyConsumer, Failure, Registered, Route, attempt, hand_over};
use crate::cursor::{self, Next, Place};
use crate::event::Event;
use crate::lease::Held;
use crate::parked::{self, Due, Refusal};
use crate::report::{Report, Reporter};
use crate::settings::Settings;

/// What all lanes of a relay share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) db: Db,
    pub(crate) settings: Settings,
    pub(crate) report: Reporter,
    /// Lanes leave connections of the pool to others.
    pub(crate) transactions: Arc<Semaphore>,
}

/// One consumer in one part.
pub(crate) struct Lane {
    shared: Shared,
    registered: Registered,
    place: Place,
    /// `None` when it has to be read again.
    cursor: Option<i64>,
    /// How many events are tried at once: one after a failure, to find the one, then more and more again.
    batch: u32,
    /// How often in a row what is needed was away.
    away: u32,
    /// Refused events are due.
    pub(crate) has_due: bool,
}

/// The right to hand the part on, as long as it is renewed.
pub(crate) struct Holding {
    pub(crate) held: watch::Receiver<Held>,
    pub(crate) part: usize,
    pub(crate) fence: i64,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Go on at once.
    More,
    /// There is nothing more.
    Idle,
    /// What is needed is away.
    Pause(Duration),
    /// The part is in other hands, or was: look again who holds it.
    Lost,
}

/// Why a step was not done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The cursor is elsewhere, or the part is in other hands.
    Lost,
    /// Whoever gets the events did not take one.
    Failed(Failure),
    /// The database failed beneath.
    Store(sqldb::Error),
}

impl From<sqldb::Error> for Stop {
    fn from(error: sqldb::Error) -> Self {
        Self::Store(error)
    }
}

impl Holding {
    /// Whether the part is still this process's own.
    pub(crate) fn is_valid(&self) -> bool {
        let lease = self.held.borrow().get(self.part).copied().flatten();
        lease.is_some_and(|lease| lease.fence == self.fence && Instant::now() < lease.until)
    }
}

impl Lane {
    pub(crate) fn new(shared: Shared, registered: Registered, partition: i16) -> Self {
        let place = Place { consumer: registered.name, partition };
        let batch = shared.settings.batch;
        Self { shared, registered, place, cursor: None, batch, away: 0, has_due: true }
    }

    /// Its name among what is due.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.place.consumer, self.place.partition)
    }

    /// Forgets what another process may have changed meanwhile.
    pub(crate) fn take_over(&mut self) {
        self.cursor = None;
        self.has_due = true;
    }

    /// Hands on what is due, then a batch of what is ahead.
    pub(crate) async fn step(&mut self, holding: &Holding) -> Step {
        let outcome = self.advance(holding).await;
        let reason = match outcome {
            Ok(step) => {
                self.away = 0;
                return step;
            }
            Err(Stop::Lost) => {
                self.cursor = None;
                return Step::Lost;
            }
            Err(Stop::Failed(Failure::Unavailable(reason) | Failure::Refused(reason))) => reason,
            Err(Stop::Store(error)) => {
                (self.shared.report)(&Report::Database { doing: "hand events on", error: &error });
                // Whether what was tried took effect is not known.
                self.cursor = None;
                error.to_string()
            }
        };
        self.away = self.away.saturating_add(1);
        let pause = self.shared.settings.pause(self.away);
        let (consumer, times) = (self.place.consumer, self.away);
        (self.shared.report)(&Report::Unavailable { consumer, reason: &reason, times, pause });
        Step::Pause(pause)
    }

    async fn advance(&mut self, holding: &Holding) -> Result<Step, Stop> {
        let route = self.registered.route.clone();
        if self.has_due {
            self.try_again(&route, holding).await?;
        }
        let cursor = self.cursor().await?;
        let next = cursor::ahead(&self.shared.db, self.place, cursor, self.batch).await?;
        let Some(last) = next.last().map(|next| next.event.position) else { return Ok(Step::Idle) };
        match &route {
            Route::Direct(consumer) => self.hand_over(consumer, holding, cursor, last, &next).await,
            Route::Out(carrier) => self.carry_out(carrier, holding, cursor, &next).await,
            Route::Brokered(consumer) => self.follow(consumer, holding, cursor, &next).await,
        }
    }

    /// Where the cursor is. A consumer that an operator had forgotten begins anew.
    async fn cursor(&mut self) -> Result<i64, sqldb::Error> {
        if let Some(cursor) = self.cursor {
            return Ok(cursor);
        }
        let db = &self.shared.db;
        let found = match cursor::read(db, self.place).await? {
            Some(cursor) => cursor,
            None => {
                cursor::register(db, self.registered.name, self.registered.start).await?;
                cursor::read(db, self.place).await?.ok_or(sqldb::Error::NotFound)?
            }
        };
        self.cursor = Some(found);
        Ok(found)
    }

    /// Hands a batch to a consumer in one transaction with the move of the cursor.
    async fn hand_over(
        &mut self,
        consumer: &Arc<dyn AnyConsumer>,
        holding: &Holding,
        cursor: i64,
        last: i64,
        next: &[Next],
    ) -> Result<Step, Stop> {
        let wanted: Vec<&Next> = next.iter().filter(|next| consumer.wants(&next.event)).collect();
        let ids: Vec<Uuid> = wanted.iter().map(|next| next.event.event_id).collect();
        let handed = self
            .transact(async |tx: Tx| {
                let db = tx.db();
                // First, so that whoever else has the events, from a broker or as an earlier holder, waits or is noticed.
                if !cursor::advance(&db, self.place, holding.fence, cursor, last).await? {
                    return Err(Stop::Lost);
                }
                if ids.is_empty() {
                    return Ok(Vec::new());
                }
                let seen = cursor::seen_of(&db, self.place.consumer, &ids).await?;
                if !seen.is_empty() {
                    cursor::forget_seen(&db, self.place.consumer, &seen).await?;
                }
                let mut handled = Vec::with_capacity(ids.len());
                for next in wanted.iter().filter(|next| !seen.contains(&next.event.event_id)) {
                    if next.is_behind {
                        parked::queue(&db, self.place.consumer, &next.event).await?;
                    } else {
                        self.handle(consumer, &tx, &next.event).await?;
                        handled.push(&next.event);
                    }
                }
                Ok(handled)
            })
            .await;
        let failure = match handed {
            Ok(handled) => {
                self.moved(last);
                handled.into_iter().for_each(|event| self.delivered(event));
                return Ok(Step::More);
            }
            Err(Stop::Failed(failure)) => failure,
            Err(Stop::Store(error)) if !ids.is_empty() => Failure::from(error),
            Err(stop) => return Err(stop),
        };
        self.cursor = None;
        match (next, failure) {
            ([next], Failure::Refused(reason)) => self.set_aside(holding, cursor, &next.event, &reason).await,
            // One by one, to find the one that fails, and to get as far as it goes.
            ([_, _, ..], _) => {
                self.batch = 1;
                Ok(Step::More)
            }
            (_, failure) => Err(Stop::Failed(failure)),
        }
    }

    /// Carries a batch away, then moves the cursor.
    async fn carry_out(
        &mut self,
        carrier: &Arc<dyn AnyCarrier>,
        holding: &Holding,
        cursor: i64,
        next: &[Next],
    ) -> Result<Step, Stop> {
        let mut at = cursor;
        for Next { event, is_behind, .. } in next {
            if !holding.is_valid() {
                self.pass(holding, cursor, at).await?;
                return Err(Stop::Lost);
            }
            if *is_behind {
                self.pass(holding, cursor, at).await?;
                return self.set_behind(holding, at, event).await;
            }
            // No connection is held meanwhile: what is there may be slow.
            match attempt(self.shared.settings.limit, carrier.carry(event)).await {
                Ok(()) => {
                    at = event.position;
                    self.delivered(event);
                }
                Err(Failure::Unavailable(reason)) => {
                    self.pass(holding, cursor, at).await?;
                    return Err(Stop::Failed(Failure::Unavailable(reason)));
                }
                Err(Failure::Refused(reason)) => {
                    self.pass(holding, cursor, at).await?;
                    return self.set_aside(holding, at, event, &reason).await;
                }
            }
        }
        self.pass(holding, cursor, at).await?;
        Ok(Step::More)
    }

    /// Moves the cursor over what the consumer does not want, or has handled when it came from the broker.
    async fn follow(
        &mut self,
        consumer: &Arc<dyn AnyConsumer>,
        holding: &Holding,
        cursor: i64,
        next: &[Next],
    ) -> Result<Step, Stop> {
        let done: Vec<&Next> = next.iter().take_while(|next| next.is_seen || !consumer.wants(&next.event)).collect();
        let Some(last) = done.last().map(|next| next.event.position) else {
            // The broker has still to bring it.
            return Ok(Step::Pause(self.shared.settings.poll));
        };
        let seen: Vec<Uuid> = done.iter().filter(|next| next.is_seen).map(|next| next.event.event_id).collect();
        self.transact(async |tx: Tx| {
            let db = tx.db();
            if !cursor::advance(&db, self.place, holding.fence, cursor, last).await? {
                return Err(Stop::Lost);
            }
            Ok(cursor::forget_seen(&db, self.place.consumer, &seen).await?)
        })
        .await?;
        self.moved(last);
        Ok(Step::More)
    }

    /// Tries events again that were refused, and what waited behind them.
    async fn try_again(&mut self, route: &Route, holding: &Holding) -> Result<(), Stop> {
        let due = parked::due(&self.shared.db, self.place.consumer, self.place.partition, self.shared.settings.batch);
        let due = due.await?;
        self.has_due = !due.is_empty();
        for due in &due {
            if !holding.is_valid() {
                return Err(Stop::Lost);
            }
            let outcome = match route {
                Route::Direct(consumer) | Route::Brokered(consumer) => self.handle_again(consumer, holding, due).await,
                Route::Out(carrier) => self.carry_again(carrier, holding, due).await,
            };
            let reason = match outcome {
                Ok(()) => {
                    self.delivered(&due.event);
                    continue;
                }
                Err(Stop::Failed(Failure::Refused(reason))) => reason,
                // An operator dropped it at this moment, or the part is lost, which the next one tells.
                Err(Stop::Lost) => continue,
                Err(Stop::Store(error)) => match Failure::from(error) {
                    Failure::Refused(reason) => reason,
                    failure => return Err(Stop::Failed(failure)),
                },
                Err(stop) => return Err(stop),
            };
            let (db, place) = (&self.shared.db, self.place);
            if let Some(refusal) = parked::refuse_again(db, &self.shared.settings, place.consumer, due, &reason).await?
            {
                self.refused(&due.event, refusal, &reason);
            }
        }
        Ok(())
    }

    async fn handle_again(&self, consumer: &Arc<dyn AnyConsumer>, holding: &Holding, due: &Due) -> Result<(), Stop> {
        self.transact(async |tx: Tx| {
            if !parked::take(&tx.db(), self.place.consumer, &due.event, holding.fence).await? {
                return Err(Stop::Lost);
            }
            self.handle(consumer, &tx, &due.event).await
        })
        .await
    }

    async fn carry_again(&self, carrier: &Arc<dyn AnyCarrier>, holding: &Holding, due: &Due) -> Result<(), Stop> {
        attempt(self.shared.settings.limit, carrier.carry(&due.event)).await.map_err(Stop::Failed)?;
        match parked::take(&self.shared.db, self.place.consumer, &due.event, holding.fence).await? {
            true => Ok(()),
            false => Err(Stop::Lost),
        }
    }

    async fn handle(&self, consumer: &Arc<dyn AnyConsumer>, tx: &Tx, event: &Event) -> Result<(), Stop> {
        hand_over(self.shared.settings.limit, consumer.as_ref(), tx, event).await.map_err(Stop::Failed)
    }

    /// Lets the event wait for another try, and goes on behind it.
    async fn set_aside(&mut self, holding: &Holding, cursor: i64, event: &Event, reason: &str) -> Result<Step, Stop> {
        let refusal = self
            .transact(async |tx: Tx| {
                let (db, settings) = (tx.db(), &self.shared.settings);
                if !cursor::advance(&db, self.place, holding.fence, cursor, event.position).await? {
                    return Err(Stop::Lost);
                }
                Ok(parked::park(&db, settings, self.place.consumer, event, reason).await?)
            })
            .await?;
        self.moved(event.position);
        self.refused(event, refusal, reason);
        Ok(Step::More)
    }

    /// Lets the event wait behind an earlier one, and goes on behind it.
    async fn set_behind(&mut self, holding: &Holding, cursor: i64, event: &Event) -> Result<Step, Stop> {
        self.transact(async |tx: Tx| {
            let db = tx.db();
            if !cursor::advance(&db, self.place, holding.fence, cursor, event.position).await? {
                return Err(Stop::Lost);
            }
            Ok(parked::queue(&db, self.place.consumer, event).await?)
        })
        .await?;
        self.moved(event.position);
        Ok(Step::More)
    }

    /// Moves the cursor over what was carried away.
    async fn pass(&mut self, holding: &Holding, from: i64, to: i64) -> Result<(), Stop> {
        if from == to {
            return Ok(());
        }
        if !cursor::advance(&self.shared.db, self.place, holding.fence, from, to).await? {
            return Err(Stop::Lost);
        }
        self.moved(to);
        Ok(())
    }

    async fn transact<T, W>(&self, work: impl Fn(Tx) -> W) -> Result<T, Stop>
    where
        W: Future<Output = Result<T, Stop>>,
    {
        // Never closed.
        let _permit = self.shared.transactions.acquire().await;
        self.shared.db.transact(work).await
    }

    fn moved(&mut self, to: i64) {
        self.cursor = Some(to);
        self.batch = self.batch.saturating_mul(2).clamp(1, self.shared.settings.batch);
    }

    fn delivered(&self, event: &Event) {
        (self.shared.report)(&Report::Delivered { consumer: self.place.consumer, event });
    }

    fn refused(&self, event: &Event, refusal: Refusal, reason: &str) {
        let Refusal { attempts, is_dead } = refusal;
        (self.shared.report)(&Report::Refused { consumer: self.place.consumer, event, attempts, reason, is_dead });
    }
}
