//! Connections that are being opened, for whoever wants one next.
//!
//! An opening is not given up when the one who asked for it is: on a server slower than every caller's patience no
//! connection would ever be opened, and each caller would begin one more. It goes on, and the next who asks gets it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::settings::Settings;
use crate::slot::Link;

/// The least time that a connection is given to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the connections of a pool.
pub(crate) struct Openings {
    options: PgConnectOptions,
    /// Of whoever built the pool: on the reactor of whichever web worker happened to ask, a connection would stall
    /// whenever that worker is busy.
    runtime: Handle,
    connect_timeout: Duration,
    max_lifetime: Duration,
    started: AtomicUsize,
    /// Connections open or being opened.
    open: Arc<AtomicUsize>,
    /// Openings that nobody waits for. All are begun under this lock, so that one is taken over rather than begun.
    spare: Mutex<Spare>,
}

#[derive(Default)]
struct Spare {
    openings: VecDeque<Opening>,
    is_closed: bool,
}

/// A connection that is open or will be.
enum Opening {
    Begun(oneshot::Receiver<Result<Link, sqlx::Error>>),
    Done(Link),
}

/// One of the pool's connections, counted as long as this lives.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Openings {
    pub(crate) fn new(options: PgConnectOptions, settings: &Settings) -> Self {
        Self {
            options,
            runtime: Handle::current(),
            connect_timeout: settings.acquire_timeout.max(CONNECT_TIMEOUT),
            max_lifetime: settings.max_lifetime,
            started: AtomicUsize::new(0),
            open: Arc::new(AtomicUsize::new(0)),
            spare: Mutex::default(),
        }
    }

    /// A connection: the one that was begun first and is wanted by nobody, or a new one.
    pub(crate) async fn next(&self) -> Result<Link, sqlx::Error> {
        let opening = {
            let mut spare = self.spare();
            spare.openings.pop_front().unwrap_or_else(|| self.begin())
        };
        let mut receiver = match opening {
            Opening::Done(link) => return Ok(link),
            Opening::Begun(receiver) => GivenBack { openings: self, receiver: Some(receiver) },
        };
        receiver.opened().await
    }

    /// Connections open or being opened, those in use included.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Connections open that nobody has asked for yet.
    pub(crate) fn ready(&self) -> usize {
        let mut spare = self.spare();
        spare.settle();
        spare.openings.iter().filter(|opening| matches!(opening, Opening::Done(_))).count()
    }

    /// Closes those that are not to be kept, and begins as many as it takes to `min` connections; one at a time while
    /// the server refuses.
    pub(crate) fn fill(&self, min: usize, mut keeps: impl FnMut(&Link) -> bool) {
        let mut spare = self.spare();
        let has_failed = spare.settle();
        spare.openings.retain(|opening| match opening {
            Opening::Done(link) => keeps(link),
            Opening::Begun(_) => true,
        });
        while !spare.is_closed && self.open() < min {
            let opening = self.begin();
            spare.openings.push_back(opening);
            if has_failed {
                return;
            }
        }
    }

    /// Closes those that nobody waits for; none is kept for later any more.
    pub(crate) fn close(&self) {
        let mut spare = self.spare();
        spare.is_closed = true;
        spare.openings.clear();
    }

    fn begin(&self) -> Opening {
        let (sender, receiver) = oneshot::channel();
        self.open.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(&self.open));
        let lifetime = lifetime(self.max_lifetime, self.started.fetch_add(1, Ordering::Relaxed));
        let options = self.options.clone();
        let give_up = Instant::now() + self.connect_timeout;
        self.runtime.spawn(async move {
            let mut sender = sender;
            let connecting = timeout_at(give_up, PgConnection::connect_with(&options));
            let outcome = tokio::select! {
                // The pool was closed.
                () = sender.closed() => return,
                outcome = connecting => outcome,
            };
            let connection = outcome.unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())));
            let link = connection.map(|connection| {
                let now = Instant::now();
                Link { connection, opened: now, answered: now, retires: now + lifetime, _place: place }
            });
            // Refused when the pool was closed meanwhile; the connection then is, too.
            let _ = sender.send(link);
        });
        Opening::Begun(receiver)
    }

    fn spare(&self) -> MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spare {
    /// Turns what is open by now into connections and forgets what failed; true when something did.
    fn settle(&mut self) -> bool {
        let before = self.openings.len();
        let openings = std::mem::take(&mut self.openings);
        self.openings = openings
            .into_iter()
            .filter_map(|opening| match opening {
                Opening::Begun(mut receiver) => match receiver.try_recv() {
                    Ok(Ok(link)) => Some(Opening::Done(link)),
                    Ok(Err(_)) | Err(oneshot::error::TryRecvError::Closed) => None,
                    Err(oneshot::error::TryRecvError::Empty) => Some(Opening::Begun(receiver)),
                },
                done => Some(done),
            })
            .collect();
        self.openings.len() < before
    }
}

/// An opening that someone waits for, given back to the spare ones when the wait is dropped.
struct GivenBack<'a> {
    openings: &'a Openings,
    receiver: Option<oneshot::Receiver<Result<Link, sqlx::Error>>>,
}

impl GivenBack<'_> {
    async fn opened(&mut self) -> Result<Link, sqlx::Error> {
        let outcome = match &mut self.receiver {
            Some(receiver) => receiver.await,
            None => return Err(sqlx::Error::PoolClosed),
        };
        self.receiver = None;
        // Without an answer the runtime that opens connections is gone.
        outcome.unwrap_or(Err(sqlx::Error::PoolClosed))
    }
}

impl Drop for GivenBack<'_> {
    fn drop(&mut self) {
        if let Some(receiver) = self.receiver.take() {
            let mut spare = self.openings.spare();
            if !spare.is_closed {
                spare.openings.push_front(Opening::Begun(receiver));
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Up to a fifth less than the most, so that connections opened together are not replaced together: multiples of the
/// golden ratio lie evenly between 0 and 1, however many there are.
fn lifetime(most: Duration, number: usize) -> Duration {
    let share = (number as f64 * 0.618_033_988_749_895).fract();
    most.mul_f64(1.0 - share / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_opened_together_are_not_replaced_together() {
        let most = Duration::from_secs(1800);
        let mut lifetimes: Vec<_> = (0..50).map(|number| lifetime(most, number)).collect();
        lifetimes.sort_unstable();
        assert!(lifetimes.iter().all(|one| (most * 4 / 5..=most).contains(one)));
        assert!(lifetimes.windows(2).all(|pair| pair[1] - pair[0] > Duration::from_secs(2)), "{lifetimes:?}");
    }
}
