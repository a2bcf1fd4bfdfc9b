//! Our books beside the provider's.

use std::collections::HashSet;

use cards::{ChargeId, Period};
use chrono::TimeDelta;
use types::{PaymentId, Scope};
use walletbus::Audit;

use crate::model::{MethodKind, Payment, Status};
use crate::{Business, Error};

/// How many payments are read at a time.
const BATCH: u32 = 500;

/// How long the way back to a card takes at most, while everything works.
const LONG: TimeDelta = TimeDelta::hours(1);

/// What a comparison of the books found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many charges the provider has in the period.
    pub charges: u64,
    /// How many payments by card began here in the period.
    pub payments: u64,
    /// Payments that were behind what the provider knew, and are not any more.
    pub settled: Vec<PaymentId>,
    /// What does not fit, and needs a person.
    pub findings: Vec<Finding>,
    /// Whether the ledger adds up.
    pub ledger: Audit,
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub fault: Fault,
    /// The payment, by our id.
    pub payment_id: PaymentId,
    /// The charge, where there is one.
    pub charge_id: Option<ChargeId>,
}

/// What can be wrong between a payment and its charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The provider has a charge of no payment.
    UnknownHere,
    /// The money is booked here, and the provider has no charge of it.
    UnknownThere,
    /// The amounts differ, or the payment knows another charge.
    Differs,
    /// The provider sent the money back, and nobody here asked for it.
    RefundedThere,
    /// The money is booked as sent back, and the provider still has it.
    NotRefundedThere,
    /// The provider has the money, and it cannot be booked.
    Unbooked,
    /// The money is owed to the card for more than an hour.
    Owed,
}

impl Report {
    /// Whether nothing needs a person.
    pub fn is_right(&self) -> bool {
        self.findings.is_empty() && self.ledger.is_right()
    }
}

impl Fault {
    /// What is wrong, for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownHere => "charged by the provider, and no payment here",
            Self::UnknownThere => "booked here, and not charged by the provider",
            Self::Differs => "the charge is not what the payment asked for",
            Self::RefundedThere => "sent back by the provider, and not refunded here",
            Self::NotRefundedThere => "refunded here, and not sent back by the provider",
            Self::Unbooked => "charged by the provider, and cannot be booked here",
            Self::Owed => "owed to the card for more than an hour, and not sent back by the provider",
        }
    }
}

impl Business {
    /// Compares the payments by card of a period with the provider's charges: settles what we did not hear of, and finds
    /// what does not fit. Run again, it finds the same, and settles nothing twice.
    ///
    /// # Errors
    /// [`Error::Provider`], [`Error::NoCards`], [`Error::Store`]; what was settled before stays settled.
    pub async fn reconcile(&self, period: Period) -> Result<Report, Error> {
        let mut report =
            Report { charges: 0, payments: 0, settled: Vec::new(), findings: Vec::new(), ledger: Audit::default() };
        let mut seen = HashSet::new();
        let mut after = None;
        loop {
            let charges = self.methods.provider()?.charges(period, after.as_ref()).await?;
            let is_last = charges.len() < cards::PAGE;
            after = charges.last().map(|charge| charge.id.clone());
            for charge in charges {
                report.charges += 1;
                seen.insert(charge.reference.uuid());
                self.compare(charge, &mut report).await?;
            }
            if is_last {
                break;
            }
        }
        let mut after = None;
        loop {
            let payments = self.store.by_card(period, after, BATCH).await?;
            let is_last = payments.len() < BATCH as usize;
            after = payments.last().map(|payment| (payment.created_at, payment.id));
            report.payments += payments.len() as u64;
            for payment in payments.iter().filter(|payment| !seen.contains(&payment.id.uuid())) {
                self.look_for(payment, &mut report).await?;
            }
            if is_last {
                break;
            }
        }
        report.ledger = self.wallets.audit().await?;
        Ok(report)
    }

    /// Adds up the ledger alone, where there are no other books.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn add_up(&self) -> Result<Report, Error> {
        Ok(Report { ledger: self.wallets.audit().await?, ..Report::default() })
    }

    /// What a charge says of its payment.
    async fn compare(&self, charge: cards::Charge, report: &mut Report) -> Result<(), Error> {
        let (payment_id, charge_id, status) = (charge.reference, charge.id.clone(), charge.status.clone());
        let mut find = |fault| report.findings.push(Finding { fault, payment_id, charge_id: Some(charge_id.clone()) });
        let Some(before) = self.store.query_by_id(Scope::Any, payment_id).await? else {
            // Nobody lost anything by a charge that was declined.
            if !matches!(status, cards::Status::Declined(_)) {
                find(Fault::UnknownHere);
            }
            return Ok(());
        };
        let after = match self.hear(charge).await {
            Ok(after) => after,
            Err(Error::Mismatch { .. }) => {
                find(Fault::Differs);
                return Ok(());
            }
            Err(Error::Wallet(_)) => {
                find(Fault::Unbooked);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        match (status, after.status) {
            (cards::Status::Refunded, Status::Succeeded) => find(Fault::RefundedThere),
            (cards::Status::Succeeded, Status::Refunded) => find(Fault::NotRefundedThere),
            (cards::Status::Succeeded, Status::Refunding) if after.updated_at < types::now() - LONG => {
                find(Fault::Owed)
            }
            (cards::Status::Declined(_), Status::Succeeded | Status::Refunding | Status::Refunded) => {
                find(Fault::Differs)
            }
            _ => {}
        }
        if after.status != before.status {
            report.settled.push(payment_id);
        }
        Ok(())
    }

    /// A payment whose charge is not among those of the period: it may be just beyond its edges.
    async fn look_for(&self, payment: &Payment, report: &mut Report) -> Result<(), Error> {
        let is_booked = matches!(payment.status, Status::Succeeded | Status::Refunding | Status::Refunded);
        if payment.method != MethodKind::Card || !is_booked || payment.amount.amount == 0 {
            return Ok(());
        }
        match self.methods.provider()?.find(payment.id).await? {
            Some(charge) => self.compare(charge, report).await,
            None => {
                let charge_id = payment.charge_id.clone();
                report.findings.push(Finding { fault: Fault::UnknownThere, payment_id: payment.id, charge_id });
                Ok(())
            }
        }
    }
}
