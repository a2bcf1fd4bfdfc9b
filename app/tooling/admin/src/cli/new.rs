//! `admin new`.

use clap::{Args, Subcommand};

/// What can be made anew.
#[derive(Debug, Subcommand)]
pub(crate) enum New {
    /// Write a resource: both crates, migration, policy, routes, events, audits, tests
    ///
    /// Each member is NAME:TYPE, a ? after the type when it may be empty, then ,sortable ,unique ,searchable and
    /// ,default=VALUE.
    ///
    /// Types: text(MAX), int(MIN..MAX), bigint(MIN..MAX), decimal(DIGITS,PLACES), money, bool, date, timestamptz, uuid,
    /// enum(ONE,OTHER), email, url, json, list(MAX,COUNT) of text, ref to a resource of the member's name, or
    /// ref(RESOURCE). A shell wants words with brackets or a ? in quotes.
    ///
    /// Lists are filtered by every member but text, url and json, ordered by those that are sortable, and searched in
    /// those that are searchable. Anyone reads, editors and admins write; with --owned each belongs to the customer who
    /// added it, support reads them, admins may do everything.
    ///
    /// The code is yours from here on: nothing writes over it. What is changed and not committed in a file that has to
    /// change is refused, and nothing is written when anything fails.
    #[command(after_help = "Example:
  admin new resource screening movie:ref starts_at:timestamptz,sortable 'seats:int(1..500),default=100' \\
    price:money 'status:enum(planned,open,closed)' 'note:text(200)?'")]
    Resource(NewResource),
}

/// The line that describes a resource.
#[derive(Debug, Args)]
pub(crate) struct NewResource {
    /// What one of it is called, such as price_list
    pub(crate) name: String,
    /// The members, in the order of the representation
    #[arg(required = true, value_name = "NAME:TYPE")]
    pub(crate) members: Vec<String>,
    /// What several of it are called, where English makes an exception
    #[arg(long, value_name = "NAME")]
    pub(crate) plural: Option<String>,
    /// Each belongs to the user who added it
    #[arg(long)]
    pub(crate) owned: bool,
    /// The service that serves it, too, beside the platform: accounts, catalog (unless another is named), orders
    #[arg(long, value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// Print the files instead of writing them
    #[arg(long)]
    pub(crate) dry_run: bool,
}
