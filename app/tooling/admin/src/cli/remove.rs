//! `admin remove`.

use clap::{Args, Subcommand};

/// What can be taken away.
#[derive(Debug, Subcommand)]
pub(crate) enum Remove {
    /// Take a resource away: crates, wiring, and its table by a migration
    ///
    /// What was written by hand in its two crates goes too: git has it, since nothing is removed that is not committed. It
    /// is refused while code elsewhere speaks of the resource, or rows of another table refer to it.
    #[command(after_help = "Examples:
  admin remove resource screening --dry-run
  admin remove resource screening --keep-table")]
    Resource(RemoveResource),
}

/// What goes.
#[derive(Debug, Args)]
pub(crate) struct RemoveResource {
    /// The resource, such as screening
    pub(crate) name: String,
    /// Leave the table: a release that still serves needs it
    #[arg(long)]
    pub(crate) keep_table: bool,
    /// Print the changes instead of writing them
    #[arg(long)]
    pub(crate) dry_run: bool,
}
