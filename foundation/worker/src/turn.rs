//! The order in which tasks come into the slots.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

type Granted = Result<OwnedSemaphorePermit, AcquireError>;

/// A task's turn, taken when the task is accepted, not when the runtime comes to it: first come, first served.
pub(crate) enum Turn {
    Come(Granted),
    Queued(Pin<Box<dyn Future<Output = Granted> + Send>>),
}

impl Turn {
    pub(crate) fn take(slots: &Arc<Semaphore>) -> Self {
        let mut turn = Box::pin(Arc::clone(slots).acquire_owned());
        // The first look puts it into the queue; whoever awaits it looks again, and is woken then.
        match turn.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(granted) => Self::Come(granted),
            Poll::Pending => Self::Queued(turn),
        }
    }

    /// A slot, or that the worker stops.
    pub(crate) async fn come(self) -> Granted {
        match self {
            Self::Come(granted) => granted,
            Self::Queued(turn) => turn.await,
        }
    }
}
