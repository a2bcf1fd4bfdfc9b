//! The command line of `admin payments`.

use clap::{Args, Subcommand};
use types::Timestamp;

use super::audit::moment;

#[derive(Debug, Subcommand)]
pub(crate) enum Payments {
    /// Compare payments by card with the books of the provider, and add up the ledger
    ///
    /// What the provider decided and nobody told is settled here; what does not fit is printed, for a person to look at.
    /// Exits with 7 when something does not fit, or the ledger does not add up. It may be run at any time, and again.
    #[command(after_help = "Examples:
  admin payments reconcile --from 7d
  admin payments reconcile --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z --json | jq '.findings'")]
    Reconcile(Reconcile),
}

#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    /// Payments since then: a moment, or how long ago, as 2026-01-31T22:00:00Z, 30m, 12h, 7d
    #[arg(long, value_name = "MOMENT", value_parser = moment, default_value = "1d")]
    pub(crate) from: Timestamp,
    /// Payments before then
    #[arg(long, value_name = "MOMENT", value_parser = moment, default_value = "0s")]
    pub(crate) to: Timestamp,
}
