//! A small server of which a test knows everything.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use load::{Plan, Progress, Route, Run, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A server on loopback, stopped when this is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    tasks: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicU64,
    requests: AtomicU64,
}

/// What a request is answered with: bytes, or nothing, upon which the connection is closed.
pub(crate) type Answer = Option<String>;

impl Server {
    /// Answers each request, given its number from 0 on in order of arrival and its text, with what `answer` makes.
    pub(crate) async fn start<F: Future<Output = Answer> + Send>(
        answer: impl Fn(u64, String) -> F + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, answer) = (Arc::new(Seen::default()), Arc::new(answer));
        let counts = Arc::clone(&seen);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counts.connections.fetch_add(1, Ordering::SeqCst);
                let (counts, answer) = (Arc::clone(&counts), Arc::clone(&answer));
                connections.spawn(async move { talk(stream, &counts, &*answer).await });
            }
        });
        Self { address, seen, tasks }
    }

    /// One that answers everything with an empty 200.
    pub(crate) async fn of_good_answers() -> Self {
        Self::start(|_, _| async { Some(ok("")) }).await
    }

    /// Returns when nothing listens any more.
    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }

    pub(crate) fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// GET of a path.
    pub(crate) async fn route(&self, path: &str) -> Route {
        Route::get(self.target().await, path)
    }

    pub(crate) async fn target(&self) -> Target {
        Target::resolve(&format!("http://{}", self.address)).await.unwrap()
    }
}

pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Runs a plan to its end.
pub(crate) async fn run(plan: &Plan) -> Run {
    load::run(plan, Instant::now(), &Progress::default(), &CancellationToken::new()).await.unwrap()
}

/// The plan of one route.
pub(crate) fn plan(route: Route, rate: f64, milliseconds: u64) -> Plan {
    Plan::new(vec![route], rate, Duration::from_millis(milliseconds))
}

async fn talk<F: Future<Output = Answer>>(mut stream: TcpStream, seen: &Seen, answer: impl Fn(u64, String) -> F) {
    let mut read = Vec::new();
    loop {
        let head = read.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let whole = head.map(|head| head + length.unwrap_or(0_usize)).filter(|whole| read.len() >= *whole);
        let Some(whole) = whole else {
            match stream.read_buf(&mut read).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            }
        };
        let request: Vec<u8> = read.drain(..whole).collect();
        let number = seen.requests.fetch_add(1, Ordering::SeqCst);
        let Some(bytes) = answer(number, String::from_utf8(request).unwrap()).await else { return };
        if stream.write_all(bytes.as_bytes()).await.is_err() {
            return;
        }
    }
}
