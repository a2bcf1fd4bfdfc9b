//! The flags of `admin doctor`.

use clap::{Args, ValueEnum};

/// See `Command::Doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Look also at what this needs; may be repeated
    #[arg(long, value_name = "WHAT")]
    pub(crate) with: Vec<With>,
}

/// What not everybody needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum With {
    /// Docker, kind, kubectl
    Kubernetes,
}
