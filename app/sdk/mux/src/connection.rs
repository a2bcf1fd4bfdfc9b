//! What is known of the connection that a request came on.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// How long work goes on for a client that has closed its side.
///
/// A client may close its writing side and still read. So that a short answer still reaches it, and so that a client
/// that leaves does not cost a database connection for a statement that is all but done, work ends only after this.
const GRACE: Duration = Duration::from_millis(200);

/// The state of one connection, shared by the stream that reads it and the requests that came on it.
///
/// The stream's owner puts it into the connection's extensions (`on_connect`) and calls [`Connection::end`] as soon
/// as it reads the end; the dispatcher reads ahead while a handler runs, and is woken by the end.
#[derive(Clone, Debug, Default)]
pub struct Connection(Rc<State>);

#[derive(Debug, Default)]
struct State {
    ended: Cell<bool>,
    busy: Cell<bool>,
    requests: Cell<u64>,
}

impl Connection {
    /// The state of a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a request is being worked on.
    pub fn is_busy(&self) -> bool {
        self.0.busy.get()
    }

    /// How many requests came on it whose head was whole.
    pub fn requests(&self) -> u64 {
        self.0.requests.get()
    }

    /// A request begins to be worked on; it ends when the guard is dropped.
    pub(crate) fn begin(&self) -> Busy {
        self.0.busy.set(true);
        self.0.requests.set(self.0.requests.get() + 1);
        Busy(self.clone())
    }

    /// The client has closed its side.
    pub fn end(&self) {
        self.0.ended.set(true);
    }
}

/// A request being worked on.
pub(crate) struct Busy(Connection);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.busy.set(false);
    }
}

/// Runs `work` to its end, or drops it and gives `None` when the client has gone.
///
/// The task that polls this is the connection's own, which has just read from the stream: no waker is needed.
pub async fn unless_gone<F: Future>(connection: Option<&Connection>, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let Some(connection) = connection else {
        return Some(work.await);
    };
    let mut grace: Option<Pin<Box<Sleep>>> = None;
    std::future::poll_fn(|context| {
        if let Poll::Ready(output) = work.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        if !connection.0.ended.get() {
            return Poll::Pending;
        }
        let grace = grace.get_or_insert_with(|| Box::pin(sleep(GRACE)));
        grace.as_mut().poll(context).map(|()| None)
    })
    .await
}
