//! A task, seen by who started it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;

use crate::Error;

/// A task that was accepted; awaited, it gives the task's value, or why there is none.
///
/// Dropped, it lets the task go on.
pub struct Task<T> {
    join: JoinHandle<Result<T, Error>>,
}

impl<T> Task<T> {
    pub(crate) fn new(join: JoinHandle<Result<T, Error>>) -> Self {
        Self { join }
    }

    /// Tells the task to end: it is dropped at its next `.await`, and its slot is free then. One that is done keeps its
    /// value.
    pub fn cancel(&self) {
        self.join.abort();
    }

    /// Whether the task has ended, and awaiting it would not wait.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.join.is_finished()
    }
}

/// # Panics
/// When it is polled again after it gave its value.
impl<T> Future for Task<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.join).poll(context).map(|joined| joined.unwrap_or_else(|error| Err(Error::of_join(error))))
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("done", &self.is_done()).finish_non_exhaustive()
    }
}

/// A task that ends with its caller.
pub(crate) struct Leashed<T>(pub(crate) Task<T>);

impl<T> Drop for Leashed<T> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
