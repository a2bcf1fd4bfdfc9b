//! A small server of which a test knows everything.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use outbound::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What is done with a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// These bytes, and the next request on the same connection.
    Say(String),
    /// These bytes, and then nothing more, with the connection open.
    SayAndHang(String),
    /// These bytes, and the connection is closed.
    SayAndClose(String),
    /// These bytes, and the connection is reset.
    SayAndReset(String),
    /// These bytes, and then letters without end.
    SayWithoutEnd(String),
    /// These bytes after a while.
    SayLater(Duration, String),
}

/// A server on loopback, stopped when this is dropped.
pub(crate) struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Does with each request, given its number from 0 on in order of arrival, what `act` says.
    pub(crate) async fn start(act: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, connections) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<usize>>::default());
        let act = Arc::new(act);
        let (all, opened) = (Arc::clone(&seen), Arc::clone(&connections));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut talks = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *opened.lock().unwrap() += 1;
                let (all, act) = (Arc::clone(&all), Arc::clone(&act));
                talks.spawn(async move { talk(stream, &all, &*act).await });
            }
        });
        Self { port, seen, connections, _tasks: tasks }
    }

    /// Does the same with each request.
    pub(crate) async fn always(act: Act) -> Self {
        Self::start(move |_| act.clone()).await
    }

    /// Does these one after the other, and the last again and again.
    pub(crate) async fn in_turn(acts: Vec<Act>) -> Self {
        Self::start(move |number| acts[number.min(acts.len() - 1)].clone()).await
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap()
    }

    /// The requests that arrived, as they were.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

/// An answer without headers of its own.
pub(crate) fn status(status: u16, body: &str) -> Act {
    Act::Say(text(status, "", body))
}

/// An answer with lines of headers, each with its end.
pub(crate) fn text(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Whatever\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// Reads one request, head and body.
pub(crate) async fn read_request(stream: &mut (impl AsyncReadExt + Unpin), read: &mut Vec<u8>) -> Option<String> {
    loop {
        let head = read.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        let text = String::from_utf8_lossy(read).to_ascii_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let whole = head.map(|head| head + length.unwrap_or(0_usize)).filter(|whole| read.len() >= *whole);
        if let Some(whole) = whole {
            let request: Vec<u8> = read.drain(..whole).collect();
            return Some(String::from_utf8(request).unwrap());
        }
        if stream.read_buf(read).await.is_ok_and(|bytes| bytes > 0) {
            continue;
        }
        return None;
    }
}

async fn talk(mut stream: TcpStream, seen: &Mutex<Vec<String>>, act: impl Fn(usize) -> Act) {
    let mut read = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut read).await {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request);
            seen.len() - 1
        };
        if perform(&mut stream, act(number)).await.is_none() {
            return;
        }
    }
}

/// None: the connection is to be closed.
async fn perform(stream: &mut TcpStream, act: Act) -> Option<()> {
    match act {
        Act::Say(text) => stream.write_all(text.as_bytes()).await.ok(),
        Act::SayLater(later, text) => {
            tokio::time::sleep(later).await;
            stream.write_all(text.as_bytes()).await.ok()
        }
        Act::SayAndHang(text) => {
            stream.write_all(text.as_bytes()).await.ok()?;
            // Until the client goes.
            while stream.read(&mut [0; 64]).await.is_ok_and(|bytes| bytes > 0) {}
            None
        }
        Act::SayAndClose(text) => {
            stream.write_all(text.as_bytes()).await.ok()?;
            None
        }
        Act::SayAndReset(text) => {
            stream.write_all(text.as_bytes()).await.ok()?;
            stream.set_zero_linger().unwrap();
            None
        }
        Act::SayWithoutEnd(text) => {
            stream.write_all(text.as_bytes()).await.ok()?;
            while stream.write_all(&[b'a'; 4096]).await.is_ok() {}
            None
        }
    }
}
