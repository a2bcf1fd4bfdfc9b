//! What is known of the connection that a request came on.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
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
    switch: RefCell<Option<Switch>>,
}

/// What becomes of a connection that switches to another protocol (RFC 9110, section 7.8).
pub struct Switch {
    /// A line of the answer's head, by which it is known among what is written.
    pub mark: String,
    /// Gets the bare connection as soon as the client has been sent the answer. What served HTTP on it, with its buffers, ends.
    pub take: Box<dyn FnOnce(TcpStream)>,
}

impl fmt::Debug for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Switch").field("mark", &self.mark).finish_non_exhaustive()
    }
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

    /// Once a 101 with this mark is written, the connection is another's.
    pub fn switch(&self, switch: Switch) {
        self.0.switch.replace(Some(switch));
    }

    /// Whether these bytes are the answer that announces the switch, to its end.
    pub fn switches(&self, written: &[u8]) -> bool {
        let switch = self.0.switch.borrow();
        switch.as_ref().is_some_and(|switch| {
            written.windows(switch.mark.len()).any(|bytes| bytes == switch.mark.as_bytes())
                && written.ends_with(b"\r\n\r\n")
        })
    }

    /// Who gets the connection.
    pub fn take_switch(&self) -> Option<Switch> {
        self.0.switch.take()
    }

    /// The client has closed its side.
    pub fn end(&self) {
        self.0.ended.set(true);
    }

    /// Waits until the client has closed its side. To be polled by the task of the connection, which has read that: there is
    /// no waker.
    pub async fn ended(&self) {
        std::future::poll_fn(|_| if self.0.ended.get() { Poll::Ready(()) } else { Poll::Pending }).await;
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
