//! The steps of a payment, each written down in one transaction with all that follows.

use cards::{ChargeId, Reason};
use sqldb::Tx;
use types::PaymentId;

use crate::later::Return;
use crate::model::{Outcome, Payment, Status, Step, Subject};
use crate::{Business, Error, event};

/// The index that lets an order have one payment under way.
const ONE_FOR_AN_ORDER: &str = "payments_one_for_an_order";

impl Business {
    /// Writes down a payment that begins.
    pub(crate) async fn create(&self, tx: &Tx, payment: &Payment) -> Result<(), Error> {
        match self.store.create(payment).await {
            Err(sqldb::Error::Duplicate { constraint }) if constraint == ONE_FOR_AN_ORDER => {
                return Err(Error::UnderWay);
            }
            created => created?,
        }
        if let Some(movement) = self.methods.of(payment.method).reserve(payment) {
            self.book(payment, movement).await?;
        }
        changes::record(tx, &[event::created(payment)]).await?;
        Ok(())
    }

    /// Writes down what became of a payment. Two that do so at once wait for each other at the payment.
    pub(crate) async fn settle_in(&self, tx: &Tx, payment_id: PaymentId, outcome: &Outcome) -> Result<Payment, Error> {
        let payment = self.store.lock(payment_id).await?.ok_or(Error::NotFound)?;
        match (outcome, payment.status) {
            (Outcome::Paid(charge_id), Status::Pending) => self.paid(tx, &payment, charge_id.as_ref()).await,
            // It was given up before: what came in goes back.
            (Outcome::Paid(Some(charge_id)), Status::Failed) => {
                self.step(tx, &payment, Step::GiveBack, Some(charge_id), None).await
            }
            (Outcome::Refused(charge_id, reason), Status::Pending) => {
                self.step(tx, &payment, Step::Fail, charge_id.as_ref(), Some(reason.clone())).await
            }
            // Nothing was booked, and nothing is to be.
            (Outcome::Returned(charge_id), Status::Pending) => {
                self.step(tx, &payment, Step::Fail, Some(charge_id), Some(Reason::restore("returned"))).await
            }
            (Outcome::Returned(charge_id), Status::Refunding) => {
                self.step(tx, &payment, Step::Returned, Some(charge_id), None).await
            }
            (Outcome::Undecided(Some(charge_id)), Status::Pending) if payment.charge_id.is_none() => {
                let known =
                    Payment { charge_id: Some(charge_id.clone()), version: payment.version.next(), ..payment.clone() };
                self.store(tx, &payment, known).await
            }
            _ => Ok(payment),
        }
    }

    /// The money is there: what it is for follows, or it goes back when that is gone.
    async fn paid(&self, tx: &Tx, payment: &Payment, charge_id: Option<&ChargeId>) -> Result<Payment, Error> {
        if let Subject::Order(order_id) = payment.subject {
            match self.orders.payable(types::Scope::Any, order_id).await {
                Ok(_) => drop(self.orders.pay(order_id).await?),
                Err(orderbus::Error::IllegalStep { .. } | orderbus::Error::NotFound) => {
                    // What cost nothing has nothing to give back.
                    let is_free = payment.amount.amount == 0;
                    let step = if is_free { Step::Fail } else { self.methods.of(payment.method).too_late() };
                    let reason = (step == Step::Fail).then(|| Reason::restore("order_gone"));
                    return self.step(tx, payment, step, charge_id, reason).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.step(tx, payment, Step::Succeed, charge_id, None).await
    }

    /// Takes a step of a payment that is locked: its state, its entries, its event, and the job that goes on.
    pub(crate) async fn step(
        &self,
        tx: &Tx,
        payment: &Payment,
        step: Step,
        charge_id: Option<&ChargeId>,
        reason: Option<Reason>,
    ) -> Result<Payment, Error> {
        let after = payment.after(step, charge_id, reason)?;
        if let Some(movement) = self.methods.of(payment.method).book(payment, step) {
            self.book(payment, movement).await?;
        }
        if after.status == Status::Refunding {
            jobs::enqueue(tx, &Return { payment_id: after.id.uuid() }).await?;
        }
        self.store(tx, payment, after).await
    }

    async fn store(&self, tx: &Tx, before: &Payment, after: Payment) -> Result<Payment, Error> {
        let updated_at = self.store.update(&after).await?;
        let after = Payment { updated_at, ..after };
        changes::record(tx, &[event::updated(before, &after)]).await?;
        Ok(after)
    }

    /// What costs nothing moves no money.
    async fn book(&self, payment: &Payment, movement: walletbus::Movement) -> Result<(), Error> {
        if payment.amount.amount > 0 {
            self.wallets.post(movement, payment.id, payment.amount).await?;
        }
        Ok(())
    }
}
