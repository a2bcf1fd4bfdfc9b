//! Connections that are kept between requests.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

use crate::{Failure, Target};

/// Shorter than servers and load balancers keep idle connections, so that none is used while it is being closed.
const LONGEST_IDLE: Duration = Duration::from_secs(5);

pub(crate) type Sender = SendRequest<Full<Bytes>>;

/// The connections to one target.
#[derive(Debug)]
pub(crate) struct Connections {
    target: Target,
    /// The one used last is used next, so that as few as possible are open.
    idle: Mutex<Vec<(Sender, Instant)>>,
    drivers: TaskTracker,
    keep: bool,
}

impl Connections {
    pub(crate) fn new(target: Target, keep: bool) -> Self {
        Self { target, idle: Mutex::default(), drivers: TaskTracker::new(), keep }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// One that is ready for a request.
    pub(crate) async fn take(&self) -> Result<Sender, Failure> {
        while let Some(mut sender) = self.pop() {
            // Nothing was sent on it yet: that it was closed meanwhile is no failure.
            if sender.ready().await.is_ok() {
                return Ok(sender);
            }
        }
        let mut sender = self.open().await?;
        sender.ready().await.map_err(|error| Failure::of_exchange(&error))?;
        Ok(sender)
    }

    /// Keeps one whose answer was read to its end.
    pub(crate) fn give_back(&self, sender: Sender) {
        if self.keep && !sender.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((sender, Instant::now()));
        }
    }

    /// Closes those that are idle, and waits for all to end.
    pub(crate) async fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.drivers.close();
        // A driver ends with its sender; all senders are gone.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.drivers.wait()).await;
    }

    fn pop(&self) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, since) = idle.pop()?;
        if since.elapsed() < LONGEST_IDLE {
            return Some(sender);
        }
        // Those below it have waited longer.
        idle.clear();
        None
    }

    async fn open(&self) -> Result<Sender, Failure> {
        let stream = TcpStream::connect(self.target.addresses()).await.map_err(|error| Failure::of_connect(&error))?;
        // Without it a request in two packets waits for an acknowledgement; a failure to set it costs only that.
        let _ = stream.set_nodelay(true);
        let shook = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shook.map_err(|error| Failure::of_exchange(&error))?;
        // What goes wrong is told to the request.
        self.drivers.spawn(async move {
            let _ = connection.await;
        });
        Ok(sender)
    }
}
