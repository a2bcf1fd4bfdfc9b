//! A future whose panic is a value.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::Error;

/// Runs `future` to its end, or until `ending` says why it must not go on, and drops it.
///
/// `ending` is asked first: what is over its deadline does nothing more, even if it could.
pub(crate) async fn isolated<F: Future>(future: F, ending: impl Future<Output = Error>) -> Result<F::Output, Error> {
    let mut ending = pin!(ending);
    let mut future = pin!(Some(future));
    let ended = poll_fn(|context| {
        if let Poll::Ready(error) = ending.as_mut().poll(context) {
            return Poll::Ready(Err(error));
        }
        let Some(future) = future.as_mut().as_pin_mut() else { return Poll::Pending };
        // Nobody sees the future again after a panic; what it shares with others is theirs to judge, as with a thread.
        match catch_unwind(AssertUnwindSafe(|| future.poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(payload) => Poll::Ready(Err(Error::of_panic(&*payload))),
        }
    })
    .await;
    // Here, so that it is gone before its slot is free; to drop it may panic as well.
    match catch_unwind(AssertUnwindSafe(|| future.set(None))) {
        Ok(()) => ended,
        Err(payload) => Err(Error::of_panic(&*payload)),
    }
}
