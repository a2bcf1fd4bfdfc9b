//! Paying with what is in one's wallet: held when the payment begins, captured when it succeeds, released when it fails.

use cards::Token;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use walletbus::Movement;

use crate::Error;
use crate::method::Method;
use crate::model::{Outcome, Payment, Status, Step};

#[derive(Clone)]
pub(crate) struct Wallet;

impl Method for Wallet {
    fn reserve(&self, payment: &Payment) -> Option<Movement> {
        Some(Movement::Hold(payment.owner))
    }

    /// What is held is as good as paid.
    fn ask<'a>(&'a self, _: &'a Payment, _: Option<&'a Token>) -> BoxFuture<'a, Result<Outcome, Error>> {
        ready(Ok(Outcome::Paid(None))).boxed()
    }

    /// Whoever began the payment is gone, and nobody else was asked.
    fn look_up<'a>(&'a self, _: &'a Payment) -> BoxFuture<'a, Result<Option<Outcome>, Error>> {
        ready(Ok(None)).boxed()
    }

    fn book(&self, payment: &Payment, step: Step) -> Option<Movement> {
        match (payment.status, step) {
            (Status::Pending, Step::Succeed) => Some(Movement::Capture(payment.owner)),
            (Status::Pending, Step::Fail) => Some(Movement::Release(payment.owner)),
            (_, Step::Returned) => Some(Movement::Refund(payment.owner)),
            (_, Step::Succeed | Step::Fail | Step::GiveBack) => None,
        }
    }

    fn too_late(&self) -> Step {
        Step::Fail
    }

    fn refund(&self) -> Step {
        Step::Returned
    }
}
