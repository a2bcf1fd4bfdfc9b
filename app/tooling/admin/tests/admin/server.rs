//! A small HTTP server of which a test knows everything.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request, as it came.
pub(crate) struct Asked {
    /// Counted from 0, in order of arrival.
    pub(crate) number: u64,
    /// The method and the path.
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

/// A server on loopback; its threads end with the test.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The requests so far, as method and path.
    pub(crate) lines: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request with a status and a JSON body.
    pub(crate) fn start(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let server = Self { address: listener.local_addr().unwrap(), lines: Arc::default() };
        let (lines, count, answer) = (Arc::clone(&server.lines), Arc::new(AtomicU64::new(0)), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (lines, count, answer) = (Arc::clone(&lines), Arc::clone(&count), Arc::clone(&answer));
                thread::spawn(move || {
                    // A client that leaves ends it.
                    let _ = talk(stream?, &lines, &count, &*answer);
                    Ok::<_, std::io::Error>(())
                });
            }
        });
        server
    }

    /// Answers everything with an empty object.
    pub(crate) fn of_good_answers() -> Self {
        Self::start(|_| (200, "{}".to_owned()))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn talk(
    mut stream: TcpStream,
    lines: &Mutex<Vec<String>>,
    count: &AtomicU64,
    answer: &impl Fn(&Asked) -> (u16, String),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body)?;
        let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
        let asked = Asked {
            number: count.fetch_add(1, Ordering::SeqCst),
            authorization: header("authorization"),
            body: String::from_utf8(body).unwrap(),
            line,
        };
        let (status, text) = answer(&asked);
        lines.lock().unwrap().push(asked.line);
        let kind = if status < 400 { "application/json" } else { "application/problem+json" };
        let length = text.len();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
        // In one piece: two would wait for each other's acknowledgement.
        stream.write_all((head + &text).as_bytes())?;
    }
}
