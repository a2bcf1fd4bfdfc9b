//! Paying by card: the provider is asked, and says so later where it takes its time.

use cards::{Charge, NewCharge, Provider, Token};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use walletbus::Movement;

use crate::Error;
use crate::method::Method;
use crate::model::{Outcome, Payment, Status, Step, Subject};

#[derive(Clone)]
pub(crate) struct Card {
    provider: Option<Provider>,
}

impl Card {
    pub(crate) fn new(provider: Option<Provider>) -> Self {
        Self { provider }
    }

    pub(crate) fn provider(&self) -> Result<&Provider, Error> {
        self.provider.as_ref().ok_or(Error::NoCards)
    }
}

impl Method for Card {
    /// The card is charged at once, and nothing before.
    fn reserve(&self, _: &Payment) -> Option<Movement> {
        None
    }

    fn ask<'a>(&'a self, payment: &'a Payment, token: Option<&'a Token>) -> BoxFuture<'a, Result<Outcome, Error>> {
        async move {
            let token = token.cloned().ok_or(Error::NoToken)?;
            let new = NewCharge { reference: payment.id, amount: payment.amount, token };
            payment.outcome(self.provider()?.charge(&new).await?)
        }
        .boxed()
    }

    fn look_up<'a>(&'a self, payment: &'a Payment) -> BoxFuture<'a, Result<Option<Outcome>, Error>> {
        async move {
            let charge = self.provider()?.find(payment.id).await?;
            charge.map(|charge| payment.outcome(charge)).transpose()
        }
        .boxed()
    }

    fn book(&self, payment: &Payment, step: Step) -> Option<Movement> {
        match (payment.status, step) {
            (Status::Pending, Step::Succeed) => Some(match payment.subject {
                Subject::Order(_) => Movement::Sale,
                Subject::Deposit => Movement::Deposit(payment.owner),
            }),
            (Status::Succeeded, Step::GiveBack) => Some(Movement::CardRefund),
            // Nothing was booked before: the money comes to go.
            (_, Step::GiveBack) => Some(Movement::Stray),
            (_, Step::Returned) => Some(Movement::CardReturn),
            (_, Step::Succeed | Step::Fail) => None,
        }
    }

    fn too_late(&self) -> Step {
        Step::GiveBack
    }

    fn refund(&self) -> Step {
        Step::GiveBack
    }
}

impl Payment {
    /// What the charge says of this payment, if it is the charge of this payment.
    pub(crate) fn outcome(&self, charge: Charge) -> Result<Outcome, Error> {
        let is_known = self.charge_id.as_ref().is_none_or(|known| *known == charge.id);
        if charge.reference != self.id || charge.amount != self.amount || !is_known {
            return Err(Error::Mismatch { charge_id: charge.id });
        }
        Ok(match charge.status {
            cards::Status::Pending => Outcome::Undecided(Some(charge.id)),
            cards::Status::Succeeded => Outcome::Paid(Some(charge.id)),
            cards::Status::Declined(reason) => Outcome::Refused(Some(charge.id), reason),
            cards::Status::Refunded => Outcome::Returned(charge.id),
        })
    }
}
