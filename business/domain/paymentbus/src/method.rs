//! Ways to pay, each a module of its own behind one trait.
//!
//! A method knows where the money is and nothing of what it is for. It is asked four things: to reserve what it can in the
//! transaction in which a payment begins; to ask for the money, outside of any transaction, which takes as long as it
//! takes; what became of a payment whose answer was lost; and how each step of a payment is booked.

mod card;
mod wallet;

use cards::Token;
use futures_util::future::BoxFuture;
use walletbus::Movement;

use crate::Error;
use crate::model::{MethodKind, Outcome, Payment, Step};

/// A way to pay.
pub(crate) trait Method: Send + Sync {
    /// How the beginning of a payment is booked: what can be reserved at once is.
    fn reserve(&self, payment: &Payment) -> Option<Movement>;

    /// Asks for the money. Asked again for one payment, it moves the money once.
    fn ask<'a>(&'a self, payment: &'a Payment, token: Option<&'a Token>) -> BoxFuture<'a, Result<Outcome, Error>>;

    /// What became of a payment; `None` when it was never asked for.
    fn look_up<'a>(&'a self, payment: &'a Payment) -> BoxFuture<'a, Result<Option<Outcome>, Error>>;

    /// How `step` is booked, which leads on from the state that the payment is in.
    fn book(&self, payment: &Payment, step: Step) -> Option<Movement>;

    /// The step of a payment whose money is there while what it was for is gone.
    fn too_late(&self) -> Step;

    /// The step by which what was paid goes back.
    fn refund(&self) -> Step;
}

/// Every way to pay.
#[derive(Clone)]
pub(crate) struct Methods {
    wallet: wallet::Wallet,
    card: card::Card,
}

impl Methods {
    /// Without a provider no card is taken.
    pub(crate) fn new(provider: Option<cards::Provider>) -> Self {
        Self { wallet: wallet::Wallet, card: card::Card::new(provider) }
    }

    pub(crate) fn of(&self, kind: MethodKind) -> &dyn Method {
        match kind {
            MethodKind::Wallet => &self.wallet,
            MethodKind::Card => &self.card,
        }
    }

    pub(crate) fn provider(&self) -> Result<&cards::Provider, Error> {
        self.card.provider()
    }
}
