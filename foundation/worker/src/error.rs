//! Why a task has no value.

use std::any::Any;

use tokio::task::JoinError;

/// Why a task has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The waiting room is full; nothing of the task has happened. Only [`crate::Worker::try_spawn`] answers so.
    #[error("the waiting room is full")]
    Full,
    /// The worker stopped before the task was done.
    #[error("the worker stopped before the task was done")]
    Stopped {
        /// Whether the task had begun; if not, nothing of it has happened.
        begun: bool,
    },
    /// The task was not done by its deadline.
    #[error("the task was not done by its deadline")]
    Overdue {
        /// Whether the task had begun; if not, nothing of it has happened.
        begun: bool,
    },
    /// [`crate::Task::cancel`] was called before the task was done, or its runtime was shut down.
    #[error("the task was cancelled")]
    Cancelled,
    /// The task panicked. What it shares with others may be left half done.
    #[error("the task panicked: {message}")]
    Panicked {
        /// What the panic said. The process's panic hook has seen it too.
        message: String,
    },
}

impl Error {
    /// Of a task that came to no end of its own: it was cancelled, or panicked.
    pub(crate) fn of_join(error: JoinError) -> Self {
        error.try_into_panic().map_or(Self::Cancelled, |payload| Self::of_panic(&*payload))
    }

    /// Of what a panic left behind.
    fn of_panic(payload: &(dyn Any + Send)) -> Self {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("it left no message");
        Self::Panicked { message: message.to_owned() }
    }
}
