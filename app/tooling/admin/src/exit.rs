//! What a run comes to: a meaning for scripts, a sentence with the mend for people.

use std::error::Error as StdError;
use std::process::ExitCode;

/// The exit codes of `admin`. `--help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Failed for a reason that no other code names.
    Failed = 1,
    /// The command line makes no sense. clap exits with it too.
    Usage = 2,
    /// What was asked for does not exist.
    NotFound = 3,
    /// A rule forbids it, or the state of things does.
    Refused = 4,
    /// Done in part.
    Partial = 5,
    /// What was measured misses a goal.
    Missed = 6,
    /// Parts of the tree do not say the same.
    Drift = 7,
    /// The settings are wrong (`EX_USAGE` of sysexits.h, as in every program of the product).
    Configuration = 64,
    /// The database does not answer (`EX_UNAVAILABLE` of sysexits.h).
    Unavailable = 69,
    /// Ended by Ctrl-C (128 and the number of the signal, as a shell has it).
    Interrupted = 130,
}

/// The list for `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
    0  done
    1  failed
    2  wrong command line
    3  not found
    4  refused by a rule, or by the state of things
    5  done in part: rows were rejected
    6  a goal of `load` was missed
    7  `check` found drift
   64  wrong settings
   69  database unavailable
  130  ended by Ctrl-C, at a clean border

Every setting of the programs can be given: --set KEY=VALUE, a file (--config), or the environment
(MARQUEE__DB__URL). `admin config show` prints them all, with the source of each.";

/// What to look at when the database does not answer.
pub(crate) const DATABASE_MEND: &str = "is the server of db.url up? `admin db url` prints where it is looked for";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked for. Nothing in it is secret.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) mend: Option<String>,
    /// What lies beneath, outermost first.
    pub(crate) causes: Vec<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), mend: None, causes: Vec::new() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, message)
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// An error with its chain of causes.
    pub(crate) fn of(exit: Exit, error: &(dyn StdError + 'static)) -> Self {
        let mut causes: Vec<String> = Vec::new();
        let mut cause = error.source();
        while let Some(found) = cause {
            let text = found.to_string();
            // Some libraries repeat their cause in their own text.
            if causes.last().is_none_or(|last| !last.ends_with(&text)) {
                causes.push(text);
            }
            cause = found.source();
        }
        Self { causes, ..Self::new(exit, error.to_string()) }
    }

    /// The same, with what to do about it.
    pub(crate) fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }

    /// The same, after what was being done.
    pub(crate) fn context(mut self, doing: &str) -> Self {
        self.causes.insert(0, std::mem::replace(&mut self.message, doing.to_owned()));
        self
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::of(Exit::Failed, &error)
    }
}

impl From<settings::Errors> for Failure {
    fn from(errors: settings::Errors) -> Self {
        Self::of(Exit::Configuration, &errors)
    }
}

impl From<sqldb::SettingsError> for Failure {
    fn from(error: sqldb::SettingsError) -> Self {
        Self::of(Exit::Configuration, &error)
    }
}

impl From<sqldb::Error> for Failure {
    fn from(error: sqldb::Error) -> Self {
        let (exit, mend) = match error {
            sqldb::Error::NotFound => (Exit::NotFound, None),
            sqldb::Error::Duplicate { .. } | sqldb::Error::Violates { .. } | sqldb::Error::Conflict { .. } => {
                (Exit::Refused, None)
            }
            sqldb::Error::Unavailable { .. } => (Exit::Unavailable, Some(DATABASE_MEND)),
            sqldb::Error::DeadlineExceeded => (Exit::Unavailable, Some("give it longer, as in --set db.deadline=30s")),
            sqldb::Error::Other { .. } => (Exit::Failed, Some("is the schema there? `admin migrate status` tells")),
        };
        Self { mend: mend.map(str::to_owned), ..Self::of(exit, &error) }
    }
}
