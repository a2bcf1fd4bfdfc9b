//! The command line: commands, flags, help.

mod add;
mod audit;
mod check;
mod doctor;
mod jobs;
mod load;
mod new;
mod payments;
mod remove;
mod rename;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::exit;

pub(crate) use self::add::Add;
pub(crate) use self::audit::Audit;
pub(crate) use self::check::Check;
pub(crate) use self::doctor::{Doctor, With};
pub(crate) use self::jobs::{ChosenJobs, Jobs, ListJobs, ListMails, Mail, ShowMail};
pub(crate) use self::load::{Asked, Load};
pub(crate) use self::new::{New, NewResource};
pub(crate) use self::payments::{Payments, Reconcile};
pub(crate) use self::remove::Remove;
pub(crate) use self::rename::Rename;

/// Run the product: schema, accounts, keys, data, checks.
#[derive(Debug, Parser)]
#[command(name = "admin", version, after_help = exit::HELP, max_term_width = 100)]
#[command(propagate_version = false, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Answer with one JSON document, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing but answers and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more on the way
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) settings: settings::Flags,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The database schema: apply migrations, look at them, verify them
    #[command(subcommand)]
    Migrate(Migrate),
    /// Fill a development database: users of every role, real films
    ///
    /// Users admin@, editor@, support@, customer@ and other@example.com, each activated, each with the role
    /// of its name (other is a second customer), password marquee-dev-only; and the films of zarf/data.
    /// What is there already stays as it is. Refused in production.
    #[command(after_help = "Example:\n  admin migrate up && admin seed")]
    Seed(Seed),
    /// Bring data in from files
    #[command(subcommand)]
    Import(Import),
    /// The keys that sign access tokens
    #[command(subcommand)]
    Keys(Keys),
    /// Mint an access token for a user
    ///
    /// Standard output gets the token alone. It carries no session: it ends by its expiry, by disabling the user, or
    /// by retiring the key.
    #[command(after_help = "Example:\n  curl -H \"Authorization: Bearer $(admin token --email editor@example.com)\" \\
    http://127.0.0.1:3000/v1/users/me")]
    Token(Token),
    /// Accounts and their roles
    #[command(subcommand)]
    Users(Users),
    /// Print who changed what, when, from where, the newest first
    ///
    /// Every change of every row leaves an audit in its own transaction, with the trace and the address of the request.
    #[command(after_help = "Examples:
  admin audit --from 12h --actor user
  admin audit --entity movie --action deleted --json | jq -r '.[].difference.title.before'
  admin audit --trace-id 0af7651916cd43dd8448eb211c80319c")]
    Audit(Audit),
    /// What the domains announce, and what of it was refused
    #[command(subcommand)]
    Events(Events),
    /// Work that is done later: what waits, what was given up
    #[command(subcommand)]
    Jobs(Jobs),
    /// Payments by card, beside the books of the provider
    #[command(subcommand)]
    Payments(Payments),
    /// The mails that a development machine keeps in place of sending them
    #[command(subcommand)]
    Mail(Mail),
    /// Print who may do what: every permission, by role
    #[command(
        after_help = "Example:\n  admin policy --json | jq -r '.[] | select(.grants.editor == \"any\").permission'"
    )]
    Policy,
    /// The settings of the programs
    #[command(subcommand)]
    Config(Config),
    /// Print every route of the API, with the permission it asks for
    #[command(after_help = "Example:\n  admin routes --json | jq -r '.[].path'")]
    Routes,
    /// Print the OpenAPI document of the API
    #[command(after_help = "Example:\n  admin openapi > openapi.json")]
    Openapi,
    /// The way to the database
    #[command(subcommand)]
    Db(Db),
    /// Look for what this machine lacks, each with its mend
    ///
    /// Exits with 1 when something is missing that `make run`, `make test` or a service needs. Nothing is changed.
    #[command(after_help = "Examples:\n  admin doctor\n  admin doctor --with kubernetes --json")]
    Doctor(Doctor),
    /// Tell where parts of the clone, the API or the database no longer say the same, each with its mend
    ///
    /// Exits with 7 when something has to be mended. Notes are for knowing, and change no exit code. Nothing is changed,
    /// unless --accept is given; scratch databases are made on the server of the settings, and dropped.
    #[command(after_help = check::HELP)]
    Check(Check),
    /// Load a running service, and tell whether it meets its goals
    ///
    /// Requests are due on a schedule that answers do not slow down (an open model), and latency is counted from when
    /// a request was due: a stall of the service shows in every request that it delays. The run is kept in
    /// .marquee/load and compared with the last one of the same flags. Exits with 6 when a goal is missed.
    #[command(after_help = load::HELP)]
    Load(Box<Load>),
    /// Write code: a resource of your own
    #[command(subcommand)]
    New(New),
    /// Write code: one more member for a resource that is there
    #[command(subcommand)]
    Add(Add),
    /// Write code: another name for a resource that is there
    #[command(subcommand)]
    Rename(Rename),
    /// Take a resource out of the code
    #[command(subcommand)]
    Remove(Remove),
    /// Print completions for a shell
    #[command(after_help = "Examples:
  admin completions bash > /etc/bash_completion.d/admin
  admin completions zsh > \"${fpath[1]}/_admin\"
  admin completions fish > ~/.config/fish/completions/admin.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the version
    #[command(after_help = "Example:\n  admin version --json")]
    Version,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Migrate {
    /// Apply what is pending; several at once wait for each other
    #[command(after_help = "Example:\n  admin migrate up")]
    Up,
    /// Print each migration and whether it is applied
    #[command(after_help = "Example:\n  admin migrate status --json | jq 'map(select(.state != \"applied\"))'")]
    Status,
    /// Compare the schema with the migrations, replayed in a scratch database; exits with 1 when it differs
    #[command(after_help = "Example:\n  admin migrate verify")]
    Verify,
}

#[derive(Debug, Args)]
pub(crate) struct Seed {
    /// The users alone, no films and no places
    #[arg(long)]
    pub(crate) users_only: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Films, from JSON lines or one JSON array
    ///
    /// A row is either a film as the API takes it ({"title", "year", "price", ..}), with an optional "key"; or a row of
    /// the collection in zarf/data, whose README tells how it is mapped. Rows that the rules refuse are reported and
    /// left out, never bent to fit.
    ///
    /// Every row has a key that stays the same from run to run (the title with the release date or year, or "key"): a
    /// row that came in before is passed over, also when the film was changed since. So a run that was killed is
    /// repeated, and goes on where it ended. Rows are written in batches, each in one transaction.
    ///
    /// Exits with 5 when more rows were rejected than --max-rejects allows.
    #[command(after_help = "Examples:
  admin import movies zarf/data/movies.json --report rejected.jsonl
  zcat films.jsonl.gz | admin import movies - --json")]
    Movies(ImportMovies),
    /// Places, from a CSV with the columns of zarf/data/cities.csv
    ///
    /// A place has the id that GeoNames has given to it: one that is there already is brought up to date, so that a run
    /// is repeated without harm. What a file lacks stays. Rows are written in batches, each in one transaction; the file
    /// is read into memory first.
    ///
    /// Exits with 5 when more rows were rejected than --max-rejects allows.
    #[command(after_help = "Example:\n  admin import places zarf/data/cities.csv")]
    Places(ImportPlaces),
}

#[derive(Debug, Args)]
pub(crate) struct ImportPlaces {
    /// The file; - is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Write every rejected row to this file as JSON lines {line, reasons}
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) report: Option<PathBuf>,
    /// How many rejected rows still make a run that exits with 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_rejects: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ImportMovies {
    /// The file; - is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Write every rejected row to this file as JSON lines {line, title, reasons}
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) report: Option<PathBuf>,
    /// How many rejected rows still make a run that exits with 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_rejects: u64,
    /// Films in one transaction
    #[arg(long, value_name = "ROWS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub(crate) batch: u32,
    /// The last year that a row of the collection in zarf/data may name
    #[arg(long, value_name = "YEAR", default_value_t = seeding::COLLECTION_ENDS)]
    pub(crate) latest_year: i64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key; the first becomes the one that signs, a later one waits for `rotate`
    #[command(after_help = "Example:\n  admin keys generate")]
    Generate {
        /// What the key signs with: EdDSA or ES256
        #[arg(long, default_value = "EdDSA")]
        alg: String,
    },
    /// Print the keys, without their private parts
    #[command(after_help = "Example:\n  admin keys list")]
    List,
    /// Sign with another key: the one that waits, or a new one
    ///
    /// The next key is published now and signs 10 minutes later, when everyone who verifies knows it; services change
    /// over by themselves then. The old key verifies what it signed, and is retired by the first rotation after its
    /// last token has expired. Run it as often as you like, by a clock: no request is refused.
    #[command(after_help = "Example, for the first of each month:\n  0 4 1 * * admin keys rotate")]
    Rotate {
        /// What a new key signs with: EdDSA or ES256
        #[arg(long, default_value = "EdDSA")]
        alg: String,
        /// Sign within seconds: verifiers elsewhere that keep the public keys refuse tokens until they fetch them again
        #[arg(long)]
        now: bool,
    },
    /// Stop trusting a key, and remove its private part
    ///
    /// Refused while tokens that it signed may still be valid (auth.access_ttl after the rotation).
    #[command(
        after_help = "Example, for a key that was stolen:\n  admin keys rotate --now && admin keys retire KID --now"
    )]
    Retire {
        /// The id of the key
        #[arg(value_parser = NonEmptyStringValueParser::new(), allow_hyphen_values = true)]
        kid: String,
        /// End the tokens that it signed, too
        #[arg(long)]
        now: bool,
    },
    /// Print the public keys as a JWK set (RFC 7517)
    #[command(after_help = "Example:\n  admin keys jwks > jwks.json")]
    Jwks,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(flatten)]
    pub(crate) user: TokenUser,
    /// How long the token is valid, as 15m [default: auth.access_ttl]
    #[arg(long, value_name = "DURATION")]
    pub(crate) ttl: Option<String>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct TokenUser {
    /// The address of the user
    #[arg(long, value_hint = ValueHint::EmailAddress)]
    pub(crate) email: Option<String>,
    /// The id of the user
    #[arg(long, value_name = "ID")]
    pub(crate) user_id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// Print how far each consumer is, and who hands the events on
    ///
    /// Events ahead of a consumer are counted up to 1000 in each of the 8 parts; how old the oldest is, is exact.
    #[command(after_help = "Example:\n  admin events status --json | jq '.consumers[] | select(.dead > 0)'")]
    Status,
    /// Print the dead letters: events that a consumer refused until it was given up
    #[command(after_help = "Example:\n  admin events list --consumer nats")]
    List(ListLetters),
    /// Put dead letters back: they are tried again at once, as often as at first
    ///
    /// What came after such an event of the same row was handled meanwhile: its consumer gets an event that is older than
    /// what it knows. What comes from now on waits behind it again.
    #[command(after_help = "Examples:
  admin events retry 01982b3c-7e5a-7cc2-b6f4-3b1d1a2e4f60
  admin events retry --all --consumer nats")]
    Retry(Letters),
    /// Drop dead letters: their consumer never handles them
    #[command(after_help = "Example:\n  admin events drop 01982b3c-7e5a-7cc2-b6f4-3b1d1a2e4f60 --consumer nats")]
    Drop(DropLetters),
    /// Forget a consumer that the product does not have any more: events are not kept for it
    #[command(after_help = "Example:\n  admin events forget newsletter")]
    Forget {
        /// Its name, as `admin events status` prints it
        consumer: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListLetters {
    /// Only those of this consumer
    #[arg(long, value_name = "NAME")]
    pub(crate) consumer: Option<String>,
    /// Those too that are still tried, or wait behind one
    #[arg(long)]
    pub(crate) waiting: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Letters {
    /// The id of the event
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) event: Option<uuid::Uuid>,
    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
    /// Only those of this consumer
    #[arg(long, value_name = "NAME")]
    pub(crate) consumer: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DropLetters {
    #[command(flatten)]
    pub(crate) letters: Letters,
    /// Those too that are still tried, or wait behind one
    #[arg(long)]
    pub(crate) waiting: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// Create an activated account
    ///
    /// The password is asked for on the terminal, or read from standard input; never an argument, which every user of
    /// the machine can read.
    #[command(after_help = "Example:
  admin users create --name 'Ada Lovelace' --email ada@example.com --role editor --password-stdin < password.txt")]
    Create(CreateUser),
    /// Print the accounts, oldest first
    #[command(after_help = "Example:\n  admin users list --role admin")]
    List(ListUsers),
    /// Print one account
    #[command(after_help = "Example:\n  admin users show ada@example.com")]
    Show(User),
    /// Lock an account out; its tokens end within 10 s
    #[command(after_help = "Example:\n  admin users disable ada@example.com")]
    Disable(User),
    /// Let a disabled account in again
    #[command(after_help = "Example:\n  admin users enable ada@example.com")]
    Enable(User),
    /// Give an account a role
    #[command(after_help = "Example:\n  admin users grant ada@example.com editor")]
    Grant(UserRole),
    /// Take a role from an account; the last admin keeps theirs
    #[command(after_help = "Example:\n  admin users revoke ada@example.com editor")]
    Revoke(UserRole),
}

#[derive(Debug, Args)]
pub(crate) struct CreateUser {
    /// The name
    #[arg(long)]
    pub(crate) name: String,
    /// The mail address, with which the user signs in
    #[arg(long, value_hint = ValueHint::EmailAddress)]
    pub(crate) email: String,
    /// A role, may be repeated: admin, editor, support, customer
    #[arg(long = "role", value_name = "ROLE", default_value = "customer")]
    pub(crate) roles: Vec<String>,
    /// Read the password from standard input (one line)
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListUsers {
    /// Only accounts with this role
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// Only accounts whose address contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) email: Option<String>,
    /// Only accounts that are disabled
    #[arg(long)]
    pub(crate) disabled: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct User {
    /// The mail address or the id
    #[arg(value_name = "EMAIL|ID")]
    pub(crate) user: String,
}

#[derive(Debug, Args)]
pub(crate) struct UserRole {
    /// The mail address or the id
    #[arg(value_name = "EMAIL|ID")]
    pub(crate) user: String,
    /// admin, editor, support or customer
    pub(crate) role: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print every setting with its value and its source, secrets masked
    #[command(after_help = "Example:\n  admin config show --config production.toml")]
    Show,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Print the address of the database, its password masked; starts the private cluster if that is the one
    #[command(after_help = "Example:\n  admin db url")]
    Url,
    /// Open psql on the database; what follows -- goes to psql
    #[command(after_help = "Example:\n  admin db psql -- -c 'SELECT count(*) FROM movies'")]
    Psql {
        /// Arguments of psql
        #[arg(last = true)]
        arguments: Vec<String>,
    },
}
