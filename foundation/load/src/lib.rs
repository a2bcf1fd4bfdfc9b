//! An open-model load generator for HTTP.
//!
//! Requests are due on a schedule that nothing slows down: users do not wait for each other's answers. Latency is
//! counted from the moment a request was due, not from when it was sent, so that a stall of the target shows in every
//! request it delays (coordinated omission: Gil Tene, "How NOT to Measure Latency"). What is due while
//! [`Plan::in_flight`] requests are unanswered is counted as held back, never dropped in silence.
//!
//! The generator also measures itself: [`Run::lag`] is how late it was with sending what was due.

mod arrivals;
mod connections;
mod error;
mod exchange;
mod metrics;
mod plan;
mod run;
mod tally;
mod target;
mod template;

pub use arrivals::Arrivals;
pub use error::{Error, Failure};
pub use exchange::ask;
pub use metrics::Samples;
pub use plan::{Plan, Route};
pub use run::{Progress, run};
pub use tally::{FIRST_FAILURES, FailedAt, GRACE, Latency, Outcome, RouteTally, Run, Slice};
pub use target::Target;
pub use template::Template;
