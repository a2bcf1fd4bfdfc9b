//! The command line of `admin jobs` and `admin mail`.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueHint};

#[derive(Debug, Subcommand)]
pub(crate) enum Jobs {
    /// Print what waits, runs and was given up, by lane
    #[command(after_help = "Example:\n  admin jobs status")]
    Status,
    /// Print the jobs: the dead first, then the longest due first
    ///
    /// A job that was given up is kept for 30 days, then removed.
    #[command(after_help = "Example:\n  admin jobs list --state dead --json | jq -r '.[].last_error' | sort | uniq -c")]
    List(ListJobs),
    /// Let a job run now, with all of its attempts before it
    #[command(after_help = "Examples:
  admin jobs retry 01a1fee3-8972-7104-bed5-75f50e7b002a
  admin jobs retry --dead --name users.activation_mail")]
    Retry(ChosenJobs),
    /// Remove a job that is not to be done any more; one that runs is left alone
    #[command(after_help = "Examples:
  admin jobs drop 01a1fee3-8972-7104-bed5-75f50e7b002a
  admin jobs drop --dead")]
    Drop(ChosenJobs),
}

#[derive(Debug, Args)]
pub(crate) struct ListJobs {
    /// Only jobs that stand so: waiting, running or dead
    #[arg(long, value_parser = PossibleValuesParser::new(["waiting", "running", "dead"]), hide_possible_values = true)]
    pub(crate) state: Option<String>,
    /// Only jobs of this kind
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ChosenJobs {
    /// The id of the job
    #[arg(value_name = "ID", required_unless_present = "dead", conflicts_with = "dead")]
    pub(crate) job: Option<String>,
    /// All that were given up
    #[arg(long)]
    pub(crate) dead: bool,
    /// Of those only jobs of this kind
    #[arg(long, requires = "dead", conflicts_with = "job")]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Mail {
    /// Print the mails, the newest first
    #[command(after_help = "Example:\n  admin mail list --to ada@example.com")]
    List(ListMails),
    /// Print one mail
    #[command(after_help = "Example:\n  admin mail show $(admin mail list --json | jq -r '.[0].id')")]
    Show(ShowMail),
}

#[derive(Debug, Args)]
pub(crate) struct ListMails {
    /// Only mails to this address
    #[arg(long, value_name = "EMAIL", value_hint = ValueHint::EmailAddress)]
    pub(crate) to: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ShowMail {
    /// The id of the mail
    #[arg(value_name = "ID")]
    pub(crate) mail: String,
    /// Print its HTML, and nothing else
    #[arg(long)]
    pub(crate) html: bool,
}
