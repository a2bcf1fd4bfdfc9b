//! The moment by which a unit of work must be done.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    /// A task-local, and not an argument of every method of every domain: a deadline belongs to the request, all of
    /// its statements share it, and one that is forgotten somewhere must not mean no deadline.
    static DEADLINE: Instant;
}

/// Runs `work`; every statement in it ends by `deadline`.
///
/// It can only shorten: the pool's own limit for a unit of work holds as well. It belongs to the task: work that is
/// spawned has the pool's limit alone.
pub async fn within<F: Future>(deadline: Instant, work: F) -> F::Output {
    let deadline = DEADLINE.try_with(|outer| deadline.min(*outer)).unwrap_or(deadline);
    DEADLINE.scope(deadline, work).await
}

/// `own`, or the deadline of the work around if that is earlier.
pub(crate) fn at_most(own: Instant) -> Instant {
    DEADLINE.try_with(|deadline| own.min(*deadline)).unwrap_or(own)
}

/// The moment by which work that begins now and may take `limit` must be done: that of the work around if it is earlier.
///
/// For what is waited for between statements, such as the answer of another service.
pub fn from_now(limit: Duration) -> Instant {
    at_most(Instant::now() + limit)
}
