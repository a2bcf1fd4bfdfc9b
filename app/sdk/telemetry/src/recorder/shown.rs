//! What is told of requests.

use std::time::{Duration, SystemTime};

/// What a recording is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request.
    Request,
    /// A task that a request left: a job.
    Task,
}

/// Which requests.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this route, as `GET /v1/movies/{id}`.
    pub route: Option<String>,
    /// Answered with a status of this range.
    pub status: Option<(u16, u16)>,
    /// That took so long or longer.
    pub at_least: Option<Duration>,
    /// With this text in the trace id, target, name, or a field, whatever the case.
    pub text: Option<String>,
    /// Older than the one of this number.
    pub before: Option<u64>,
}

/// A request in a line.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Counts up, in the order of their ends.
    pub number: u64,
    /// Its trace.
    pub trace_id: String,
    /// What it is.
    pub kind: Kind,
    /// The method; none for a task.
    pub method: &'static str,
    /// The template of the path, or the name of the task.
    pub name: &'static str,
    /// Path and query, without what is private.
    pub target: String,
    /// The status; none for a task.
    pub status: Option<u16>,
    /// When it began.
    pub began_at: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// Statements, and the time they took altogether.
    pub statements: (usize, Duration),
    /// Warnings and errors in its log.
    pub warnings: usize,
}

/// A request with all that was noted.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The line of it.
    pub summary: Summary,
    /// Fields of the request that help to send it again.
    pub headers: Vec<(&'static str, String)>,
    /// Whether credentials came along.
    pub has_credentials: bool,
    /// Whether a body came along.
    pub has_body: bool,
    /// What handlers noted: who asked, from where.
    pub fields: Vec<(&'static str, String)>,
    /// What happened, in the order of the beginnings.
    pub notes: Vec<(Duration, Note)>,
    /// How much more happened than there was room for.
    pub dropped: usize,
}

/// What happened in a request.
#[derive(Clone, Debug)]
pub enum Note {
    /// A statement.
    Statement {
        /// Its text, without values.
        sql: String,
        /// The rows it gave or changed.
        rows: u64,
        /// How long it took.
        took: Duration,
        /// How long it waited for a connection before.
        waited: Duration,
        /// How it failed.
        failure: Option<&'static str>,
    },
    /// A log line.
    Line {
        /// How grave.
        level: tracing::Level,
        /// Where it comes from.
        target: String,
        /// What it says.
        message: String,
        /// Its fields.
        fields: Vec<(&'static str, String)>,
    },
    /// A piece of work within, such as a call to another service.
    Work {
        /// What.
        name: &'static str,
        /// How long it took; nothing while it goes on.
        took: Option<Duration>,
        /// Its fields.
        fields: Vec<(&'static str, String)>,
    },
}

/// A warning or an error of the log; those that are alike are one.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Counts up.
    pub number: u64,
    /// When; the last time, if it came more than once.
    pub at: SystemTime,
    /// How often it came.
    pub times: u64,
    /// How grave.
    pub level: tracing::Level,
    /// Where it comes from.
    pub target: String,
    /// What it says.
    pub message: String,
    /// Its fields.
    pub fields: Vec<(&'static str, String)>,
    /// The trace that it belongs to.
    pub trace_id: Option<String>,
    /// The request or task that it belongs to.
    pub within: Option<String>,
}

impl Problem {
    /// Whether another one says the same, about whatever request.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.level == other.level
            && self.message == other.message
            && self.target == other.target
            && self.within == other.within
    }
}
