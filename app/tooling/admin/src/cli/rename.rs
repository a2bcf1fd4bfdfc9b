//! `admin rename`.

use clap::{Args, Subcommand};

/// What can be called something else.
#[derive(Debug, Subcommand)]
pub(crate) enum Rename {
    /// Call a resource something else: crates, code, table, routes, policy, tests
    ///
    /// What you edited by hand is renamed and kept; so are the files that you added to its two crates. Where that can't be
    /// merged the lines are shown, and nothing is written. It is refused while code elsewhere speaks of the resource: the
    /// lines are listed.
    ///
    /// The table is renamed by a migration, which leaves a view under the old name for the release that still serves.
    #[command(after_help = "Examples:
  admin rename resource screening showing
  admin rename resource screening person_at_door --plural people_at_door --dry-run")]
    Resource(RenameResource),
}

/// The two names.
#[derive(Debug, Args)]
pub(crate) struct RenameResource {
    /// What one of it is called now
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// What one of it shall be called
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    /// What several of it shall be called, where English makes an exception
    #[arg(long, value_name = "NAME")]
    pub(crate) plural: Option<String>,
    /// Print the changes instead of writing them
    #[arg(long)]
    pub(crate) dry_run: bool,
}
