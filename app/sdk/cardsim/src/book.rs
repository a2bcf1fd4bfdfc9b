//! The charges that were made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cards::wire::{WireCharge, WireNewCharge};
use serde::{Deserialize, Serialize};
use types::Timestamp;
use uuid::Uuid;

/// How long a charge that is pending takes to be decided.
const DECISION: Duration = Duration::from_secs(1);

/// What is known here. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    /// In the order in which they were made.
    charges: Vec<WireCharge>,
    pub(crate) mood: Mood,
}

/// What is played.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Mood {
    pub(crate) answers: Answers,
    pub(crate) notices: Notices,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answers {
    #[default]
    Sent,
    None,
    Failing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Notices {
    #[default]
    Sent,
    None,
    Twice,
}

/// How a charge is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    AtOnce,
    /// The connection breaks off instead.
    Never,
    Late,
}

/// A charge that was made or known already, and what follows.
pub(crate) struct Made {
    pub(crate) charge: WireCharge,
    pub(crate) manner: Manner,
    /// What it becomes, and when.
    pub(crate) decision: Option<(Duration, &'static str)>,
    pub(crate) is_new: bool,
}

/// Which charges are asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) reference: Option<Uuid>,
    pub(crate) created_from: Option<Timestamp>,
    pub(crate) created_before: Option<Timestamp>,
    pub(crate) after: Option<String>,
    pub(crate) limit: Option<usize>,
}

impl Book {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes the charge, once for each reference.
    pub(crate) fn charge(&mut self, new: &WireNewCharge) -> Made {
        let (status, reason, manner, decision) = match new.token.as_str() {
            "tok_visa" => ("succeeded", None, Manner::AtOnce, None),
            "tok_lost" => ("succeeded", None, Manner::Never, None),
            "tok_silent" => ("succeeded", None, Manner::Late, None),
            "tok_pending" => ("pending", None, Manner::AtOnce, Some((DECISION, "succeeded"))),
            "tok_pending_declined" => ("pending", None, Manner::AtOnce, Some((DECISION, "declined"))),
            "tok_declined" => ("declined", Some("card_declined"), Manner::AtOnce, None),
            "tok_insufficient" => ("declined", Some("insufficient_funds"), Manner::AtOnce, None),
            _ => ("declined", Some("invalid_token"), Manner::AtOnce, None),
        };
        if let Some(charge) = self.charges.iter().find(|charge| charge.reference == new.reference) {
            return Made { charge: charge.clone(), manner, decision: None, is_new: false };
        }
        let charge = WireCharge {
            id: format!("ch_{}", Uuid::now_v7().simple()),
            reference: new.reference,
            amount: new.amount,
            currency: new.currency.clone(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            created_at: types::now(),
        };
        self.charges.push(charge.clone());
        Made { charge, manner, decision, is_new: true }
    }

    /// Decides a charge that is pending, and answers it.
    pub(crate) fn decide(&mut self, id: &str, status: &str) -> Option<WireCharge> {
        let charge = self.charges.iter_mut().find(|charge| charge.id == id && charge.status == "pending")?;
        status.clone_into(&mut charge.status);
        charge.reason = (status == "declined").then(|| "card_declined".to_owned());
        Some(charge.clone())
    }

    /// Sends the money of a charge back; `Err` when there is none in it. The flag says whether it was sent now.
    pub(crate) fn refund(&mut self, id: &str) -> Option<Result<(WireCharge, bool), ()>> {
        let charge = self.charges.iter_mut().find(|charge| charge.id == id)?;
        Some(match charge.status.as_str() {
            "refunded" => Ok((charge.clone(), false)),
            "succeeded" => {
                "refunded".clone_into(&mut charge.status);
                Ok((charge.clone(), true))
            }
            _ => Err(()),
        })
    }

    pub(crate) fn query(&self, wanted: &Wanted) -> Vec<WireCharge> {
        // After one that is not there nothing comes.
        let skipped = wanted.after.as_ref().map_or(0, |after| {
            self.charges.iter().position(|charge| charge.id == *after).map_or(self.charges.len(), |place| place + 1)
        });
        let fits = |charge: &&WireCharge| {
            wanted.reference.is_none_or(|reference| charge.reference == reference)
                && wanted.created_from.is_none_or(|from| charge.created_at >= from)
                && wanted.created_before.is_none_or(|before| charge.created_at < before)
        };
        let limit = wanted.limit.unwrap_or(cards::PAGE).min(cards::PAGE);
        self.charges.iter().skip(skipped).filter(fits).take(limit).cloned().collect()
    }
}
