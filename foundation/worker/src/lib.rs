//! Tasks, never more than so many at once.
//!
//! A [`Worker`] has slots, in which tasks run, and a waiting room before them. A task that is accepted waits in the room
//! until a slot is free, first come, first served; when the room is full, the next one is refused
//! ([`Worker::try_spawn`]) or its caller waits outside ([`Worker::spawn`], [`Worker::run`]): what comes faster than it
//! is done slows down whoever sends it, and nothing grows.
//!
//! Every accepted task ends in one of four ways, and is counted once ([`Tally`]):
//!
//! - it **finished**, and its caller has its value;
//! - it **panicked**: its caller has the message ([`Error::Panicked`]), its slot is free, the others go on;
//! - it was **overdue** ([`Worker::until`]): the time it waited counts, and what is not done by then is dropped;
//! - it was **cancelled**, by its caller or by the stop.
//!
//! **A caller that goes away** ends what it asked for with [`Worker::run`], as nobody is left to have the answer. What
//! was started with [`Worker::spawn`] or [`Worker::try_spawn`] goes on without it.
//!
//! **The stop** ([`Worker::stop`]) has an order: nothing new is taken; what waits is cancelled, as nothing of it has
//! happened yet; what runs may end by itself; what then still runs is dropped.
//!
//! A task is a future, and is dropped where it waits: at an `.await`. One that computes for long without one holds a
//! thread of the runtime, and can be neither cut off nor dropped until it comes to the next; hand such work to
//! [`tokio::task::spawn_blocking`] inside of the task, which then holds the slot until the result is there.
//! A task that waits for a task of its own worker may wait for ever: the slots may all be held by such.
//!
//! Two longer examples lie in `examples/`: words counted in the texts of a folder, and a text replaced in a stream.
//! `make bench-worker` measures both, and what a task costs.
//!
//! # Example
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::time::Duration;
//!
//! use tokio::runtime::Handle;
//! use worker::{Error, Limits, Worker};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Error> {
//! let two = NonZeroUsize::MIN.saturating_add(1);
//! let worker = Worker::new(Limits { running: two, waiting: 100 }, Handle::current());
//!
//! // In the caller's time: ends with the caller.
//! assert_eq!(worker.run(async { 6 * 7 }).await, Ok(42));
//!
//! // On its own: the answer may be fetched later, or never.
//! let task = worker.try_spawn(async { "stored" })?;
//! assert_eq!(task.await, Ok("stored"));
//!
//! // What is not done in 10 ms is of no use.
//! let late = worker.within(Duration::from_millis(10)).run(std::future::pending::<()>()).await;
//! assert!(matches!(late, Err(Error::Overdue { .. })));
//!
//! let report = worker.stop(Duration::from_secs(5)).await;
//! assert_eq!(report.stuck, 0);
//! assert_eq!(worker.run(async {}).await, Err(Error::Stopped { begun: false }));
//! # Ok(())
//! # }
//! ```

mod account;
mod error;
mod tally;
mod task;
mod turn;
mod worker;

pub use crate::error::Error;
pub use crate::tally::{Report, Status, Tally};
pub use crate::task::Task;
pub use crate::worker::{LET_GO, Limits, Worker};
