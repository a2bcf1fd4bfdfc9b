//! Work that is done later, enqueued in the transaction that wants it.
//!
//! A [`Job`] is a row. [`enqueue`] inserts it in the caller's transaction: what is rolled back was never wanted, what is
//! committed will be done. A [`Runner`] in any replica takes rows that are due and gives them to their handlers.
//!
//! - **At least once.** A row is deleted after its handler has succeeded. A process that is killed in between leaves it,
//!   and another takes it up within [`LEASE`]. So a handler must bear to be run again.
//! - **Never twice at a time.** A runner holds its jobs by a lease, which it renews while it can reach the database, and
//!   gives a handler up before the lease ends.
//! - **Bounded.** A lane runs so many jobs at a time, an attempt has a deadline, failures wait ever longer between
//!   attempts, and after the last attempt the job is dead: kept for 30 days, shown ([`query`]), and left to a person, who
//!   retries it ([`retry`]) or drops it ([`discard`]).
//!
//! A handler works under the trace of whoever enqueued its job, and the changes it makes are the system's, by the name of
//! `jobs` (`changes::Origin`).
//!
//! It stands on `sqldb` and on no crate for jobs: those of today work on sqlx's own pool, and the workers of two of them
//! (graphile_worker 0.14, apalis-postgres 1.0) end for good when its connections die silently, or when the server
//! freezes for some seconds. `tests/jobs/faults.rs` does both to this one.
//!
//! Nothing here logs: a runner tells what became of each attempt ([`Runner::report`]).
//!
//! ```
//! use serde::{Deserialize, Serialize};
//!
//! /// Ids and addresses, never a secret: a token is made by the handler, when it is needed.
//! #[derive(Serialize, Deserialize)]
//! struct Remind {
//!     user_id: uuid::Uuid,
//! }
//!
//! impl jobs::Job for Remind {
//!     const NAME: &'static str = "users.remind";
//! }
//!
//! async fn forget(tx: &sqldb::Tx, user_id: uuid::Uuid) -> Result<(), sqldb::Error> {
//!     // .. what the transaction is about ..
//!     jobs::enqueue(tx, &Remind { user_id }).await
//! }
//! ```

mod attempt;
mod job;
mod lane;
mod leases;
mod queue;
mod report;
mod runner;
mod schedule;
mod scheduler;
mod store;

pub use crate::job::{Failure, Job, JobId, JobKind};
pub use crate::leases::LEASE;
pub use crate::queue::{
    Figures, Filter, Queued, State, discard, discard_dead, enqueue, enqueue_at, enqueue_once, figures, query,
    query_by_id, retry, retry_dead,
};
pub use crate::report::{Begun, Report};
pub use crate::runner::Runner;
pub use crate::schedule::{Schedule, ScheduleError};
