//! `admin add`.

use clap::{Args, Subcommand};

/// What can be added to what is there.
#[derive(Debug, Subcommand)]
pub(crate) enum Add {
    /// Give a resource one more member: code, migration, tests
    ///
    /// MEMBER is one word, as `admin new resource --help` describes it. It may be empty (?) or has a default, since the
    /// rows that are there have none, and the release that serves meanwhile sends none.
    ///
    /// What you edited by hand is kept: the change is merged into it. Where both change the same lines these are shown,
    /// and nothing is written. What is changed and not committed in a file that has to change is refused.
    #[command(after_help = "Examples:
  admin add field screening 'subtitle:text(80)?'
  admin add field screening 'rows:int(1..40),default=12,sortable' --dry-run")]
    Field(AddField),
}

/// The member, and what gets it.
#[derive(Debug, Args)]
pub(crate) struct AddField {
    /// The resource, such as screening
    pub(crate) resource: String,
    /// The member
    #[arg(value_name = "NAME:TYPE")]
    pub(crate) member: String,
    /// Print the changes instead of writing them
    #[arg(long)]
    pub(crate) dry_run: bool,
}
