//! Answers that are made while they are sent, of whatever length.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::{HttpResponse, HttpResponseBuilder};
use apierror::{ApiError, Cause, Code};
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{Instrument as _, Span};
use worker::{Limits, Worker};

/// How long the work may go on for a client that has left: a statement that is all but done leaves a connection that can be
/// used again.
const GRACE: Duration = Duration::from_millis(200);

/// When to ask again where too many downloads are under way.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The downloads of a route. Cheap to clone.
///
/// A download is made by a task of its own, not by whoever sends it: a client that reads nothing must not hold what the
/// making of it holds, such as a connection to the database. It is given up when a client takes too long over a chunk, or
/// over the whole, and when it leaves. Whatever ends it before its end, the answer is cut off, and no client takes the
/// part for the whole.
#[derive(Clone)]
pub struct Downloads {
    worker: Worker,
    limit: Duration,
    stall: Duration,
}

/// Where a download's chunks go.
pub struct Chunks {
    sender: mpsc::Sender<Part>,
    state: Arc<State>,
    stall: Duration,
}

/// The client does not take any more: whatever the work answers from then on, the download is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client does not take any more")]
pub struct Gone;

/// What comes from the task.
enum Part {
    Chunk(Bytes),
    /// It was whole.
    End,
    /// It came to nothing.
    Fault(ApiError),
}

/// How far the task is.
#[derive(Default)]
struct State {
    begun: AtomicBool,
    left: AtomicBool,
    stalled: AtomicBool,
}

/// The body: what the task made so far and has still to make.
struct Body {
    first: Option<Bytes>,
    rest: mpsc::Receiver<Part>,
}

/// The download came to no end: the connection is closed in the middle of the body (RFC 9112, section 8).
#[derive(Debug, thiserror::Error)]
#[error("the download was broken off")]
struct BrokenOff;

impl Downloads {
    /// At most so many at once, of at most `limit` each, to clients who take a chunk within `stall` once those before it fill
    /// the way to them. Their tasks run on the current runtime.
    pub fn new(at_once: NonZeroUsize, limit: Duration, stall: Duration) -> Self {
        Self { worker: Worker::new(Limits { running: at_once, waiting: 0 }, Handle::current()), limit, stall }
    }

    /// How long one may take.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Starts a download, and gives the answer once its first chunk is there: what goes wrong before that is answered as what
    /// goes wrong anywhere. `make` sends every chunk, and ends well when the download is whole; it is dropped when nobody
    /// takes any more.
    ///
    /// # Errors
    /// 503 when as many are under way as may be, what `make` answers before its first chunk.
    pub async fn start<F>(
        &self,
        mut answer: HttpResponseBuilder,
        make: impl FnOnce(Chunks) -> F,
    ) -> Result<HttpResponse, ApiError>
    where
        F: Future<Output = Result<(), ApiError>> + Send + 'static,
    {
        // One chunk on its way beside the one that is being made.
        let (sender, mut rest) = mpsc::channel(1);
        let state = Arc::<State>::default();
        let work = make(Chunks { sender: sender.clone(), state: Arc::clone(&state), stall: self.stall });
        let task = run(work, sender, state, Instant::now() + self.limit, self.stall).instrument(Span::current());
        self.worker.try_spawn(task).map_err(|error| {
            let busy = ApiError::unavailable(RETRY_AFTER);
            match error {
                worker::Error::Full => busy.with_detail("as many downloads are under way as the service has room for"),
                error => busy.with_cause(error),
            }
        })?;
        match rest.recv().await {
            Some(Part::Chunk(first)) => Ok(answer.body(Body { first: Some(first), rest })),
            Some(Part::End) => Ok(answer.body(())),
            Some(Part::Fault(error)) => Err(error),
            None => Err(ApiError::internal(BrokenOff)),
        }
    }
}

impl Chunks {
    /// Sends a chunk, as soon as the client has taken those before it.
    ///
    /// # Errors
    /// The client does not take it: it has left, or reads nothing.
    pub async fn send(&self, chunk: Bytes) -> Result<(), Gone> {
        let outcome = timeout(self.stall, self.sender.send(Part::Chunk(chunk))).await;
        let state = match outcome {
            Ok(Ok(())) => &self.state.begun,
            Ok(Err(_)) => &self.state.left,
            Err(_) => &self.state.stalled,
        };
        state.store(true, Ordering::Relaxed);
        outcome.is_ok_and(|sent| sent.is_ok()).then_some(()).ok_or(Gone)
    }
}

/// Has the work done, by `deadline` and while somebody takes it, and says how it ended.
async fn run(
    work: impl Future<Output = Result<(), ApiError>>,
    sender: mpsc::Sender<Part>,
    state: Arc<State>,
    deadline: Instant,
    stall: Duration,
) {
    let left = async {
        sender.closed().await;
        sleep(GRACE).await;
    };
    let late = || Err(ApiError::new(Code::DeadlineExceeded).with_detail("the download took too long"));
    let done = tokio::select! {
        biased;
        done = timeout_at(deadline, work) => done.unwrap_or_else(|_| late()),
        () = left => return,
    };
    let has = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
    if has(&state.left) {
        return;
    }
    if has(&state.stalled) {
        tracing::info!(target: "http", "download given up: the client does not read");
        return;
    }
    let end = match done {
        Ok(()) => Part::End,
        Err(error) if !has(&state.begun) => Part::Fault(error),
        Err(error) => {
            // Its answer has begun: the log alone can say why it ends here.
            let cause = error.cause().map_or_else(|| error.to_string(), Cause::chain);
            tracing::error!(target: "http", cause, problem = error.code().slug(), "download broken off");
            return;
        }
    };
    // Whoever leaves now has all that there was.
    let _ = timeout(stall, sender.send(end)).await;
}

impl MessageBody for Body {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        self.rest.poll_recv(context).map(|part| match part {
            Some(Part::Chunk(chunk)) => Some(Ok(chunk)),
            Some(Part::End) => None,
            // Without an end it is not whole, whatever became of the task.
            Some(Part::Fault(_)) | None => Some(Err(Box::new(BrokenOff) as Self::Error)),
        })
    }
}
