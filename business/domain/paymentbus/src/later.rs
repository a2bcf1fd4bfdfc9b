//! What is done about payments and orders later.

use std::time::Duration;

use chrono::TimeDelta;
use jobs::{Failure, Job, Runner, Schedule, ScheduleError};
use serde::{Deserialize, Serialize};
use types::{PaymentId, Scope};
use uuid::Uuid;

use crate::model::{Outcome, Payment, Status, Step};
use crate::{Business, Error, abandoned};

/// How long a payment may be pending before somebody asks what became of it.
pub(crate) const LOOK_AFTER: TimeDelta = TimeDelta::seconds(30);

/// How long a payment may be pending that nobody ever heard of: whoever began it is gone by then.
const ABANDONED_AFTER: TimeDelta = TimeDelta::minutes(5);

/// How many payments or orders are looked after at a time.
const BATCH: u32 = 100;

/// Sends the money of a payment back to the card.
#[derive(Debug, Serialize, Deserialize)]
pub struct Return {
    /// The payment, which is refunding.
    pub payment_id: Uuid,
}

impl Job for Return {
    const NAME: &'static str = "payments.return";
    const LANE: &'static str = "payments";
    const ATTEMPTS: i16 = 20;
    const DEADLINE: Duration = Duration::from_secs(15);
}

/// Gives the runner what does the jobs of payments and orders.
///
/// # Errors
/// A schedule is none.
pub fn register(runner: Runner, payments: &Business) -> Result<Runner, ScheduleError> {
    let (returns, pending, orders) = (payments.clone(), payments.clone(), payments.orders.clone());
    let every_minute = Schedule::parse("* * * * *")?;
    Ok(runner
        .on(move |job: Return| {
            let payments = returns.clone();
            async move {
                payments.send_back(PaymentId::restore(job.payment_id)).await.map_err(|error| Failure::retry(&error))
            }
        })
        .cron("payments.look_after", every_minute.clone(), move || {
            let payments = pending.clone();
            async move { payments.look_after(types::now()).await.map(drop).map_err(|error| Failure::retry(&error)) }
        })
        .cron("orders.expire", every_minute, move || {
            let orders = orders.clone();
            async move {
                let before = types::now() - orderbus::PENDING_FOR;
                while orders.expire(before, BATCH).await.map_err(|error| Failure::retry(&error))? == u64::from(BATCH) {}
                Ok(())
            }
        }))
}

impl Business {
    /// Sends the money of a payment that is refunding back to the card, as often as it is called.
    ///
    /// # Errors
    /// [`Error::Owed`] when the provider takes its time; [`Error::Provider`], [`Error::Mismatch`], [`Error::NoCards`],
    /// [`Error::Store`].
    pub async fn send_back(&self, payment_id: PaymentId) -> Result<(), Error> {
        let Some(payment) = self.store.query_by_id(Scope::Any, payment_id).await? else { return Ok(()) };
        if payment.status != Status::Refunding {
            return Ok(());
        }
        let charge_id = payment.charge_id.as_ref().ok_or(Error::NoPayment)?;
        let outcome = payment.outcome(self.methods.provider()?.refund(charge_id, payment_id).await?)?;
        match self.settle(payment_id, &outcome).await?.status {
            Status::Refunding => Err(Error::Owed),
            _ => Ok(()),
        }
    }

    /// Asks what became of the payments that are pending for a while, at the moment `now`, and settles those of which it is
    /// known; gives up those of which nobody ever heard. Says how many were settled. What does not fit its charge is left to
    /// [`Business::reconcile`].
    ///
    /// # Errors
    /// The first failure, after all others were looked after.
    pub async fn look_after(&self, now: types::Timestamp) -> Result<u64, Error> {
        let (mut settled, mut failed, mut after) = (0, None, None);
        loop {
            let payments = self.store.pending_before(now - LOOK_AFTER, after, BATCH).await?;
            for payment in &payments {
                match self.look_at(payment, now).await {
                    Ok(is_settled) => settled += u64::from(is_settled),
                    Err(Error::Mismatch { .. } | Error::NoCards) => {}
                    // The others do not wait for this one, nor wallets for the provider of cards.
                    Err(error) => drop(failed.get_or_insert(error)),
                }
            }
            after = payments.last().map(|payment| (payment.created_at, payment.id));
            if payments.len() < BATCH as usize {
                return failed.map_or(Ok(settled), Err);
            }
        }
    }

    /// Whether the payment is settled now.
    async fn look_at(&self, payment: &Payment, now: types::Timestamp) -> Result<bool, Error> {
        let outcome = match self.methods.of(payment.method).look_up(payment).await? {
            Some(Outcome::Undecided(_)) => return Ok(false),
            Some(outcome) => outcome,
            None if payment.created_at < now - ABANDONED_AFTER => Outcome::Refused(None, abandoned()),
            None => return Ok(false),
        };
        match self.settle(payment.id, &outcome).await {
            Err(Error::Wallet(walletbus::Error::TooMuch)) => self.turn_away(payment, &outcome).await?,
            settled => drop(settled?),
        }
        Ok(true)
    }

    /// Sends back what a wallet cannot hold.
    async fn turn_away(&self, payment: &Payment, outcome: &Outcome) -> Result<(), Error> {
        let Outcome::Paid(Some(charge_id)) = outcome else { return Ok(()) };
        self.db
            .atomic(async |tx| {
                let inner = self.with_tx(&tx);
                let payment = inner.store.lock(payment.id).await?.ok_or(Error::NotFound)?;
                if payment.status == Status::Pending {
                    inner.step(&tx, &payment, Step::GiveBack, Some(charge_id), None).await?;
                }
                Ok(())
            })
            .await
    }
}
