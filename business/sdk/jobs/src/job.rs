//! What a job is, and how it fails.

use std::error::Error;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use types::Id;

/// Names the rows of jobs.
#[derive(Debug)]
pub enum JobKind {}

/// Identifies a job.
pub type JobId = Id<JobKind>;

/// A kind of work that is done later. The value is what the work needs to know.
///
/// It lies in the database, in backups and on the screens of operators: it holds ids and addresses, never a secret. A
/// release must read what the one before it enqueued: add fields with `#[serde(default)]`.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// The name of the kind, such as `users.activation_mail`: 1 to 100 characters, never changed.
    const NAME: &'static str;

    /// Jobs of one lane share its limit ([`Runner::lane`](crate::Runner::lane)) and wait for each other only.
    const LANE: &'static str = "default";

    /// How often the work is tried. The first pause is 5 s, each later one twice as long, up to an hour: 10 attempts
    /// take about 45 minutes, 20 about 12 hours.
    const ATTEMPTS: i16 = 10;

    /// How long one attempt may take.
    const DEADLINE: Duration = Duration::from_secs(30);
}

/// Why an attempt failed, in words for an operator: without secrets, without addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It may succeed later.
    #[error("{0}")]
    Retry(String),
    /// It never will: the job is dead at once.
    #[error("{0}")]
    GiveUp(String),
}

impl Failure {
    /// A failure that may pass, told with its causes.
    pub fn retry(error: &(dyn Error + 'static)) -> Self {
        Self::Retry(chain(error))
    }

    /// A failure that will not pass, told with its causes.
    pub fn give_up(error: &(dyn Error + 'static)) -> Self {
        Self::GiveUp(chain(error))
    }
}

/// The database may answer next time.
impl From<sqldb::Error> for Failure {
    fn from(error: sqldb::Error) -> Self {
        Self::retry(&error)
    }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_its_causes() {
        let error = sqldb::Error::Unavailable { reason: "connection lost", source: Some("reset by peer".into()) };
        let told = "database unavailable (connection lost): reset by peer";
        assert_eq!(Failure::from(error), Failure::Retry(told.to_owned()));
    }
}
