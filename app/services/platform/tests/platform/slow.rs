//! Clients that are slow, or send too much.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::shop::Shop;

/// What a client got, and how long the service bore with it.
struct Seen {
    answer: String,
    took: Duration,
}

impl Seen {
    fn status(&self) -> u16 {
        self.answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    fn assert_problem(&self, status: u16) {
        assert_eq!(self.status(), status, "{}", self.answer);
        assert!(self.answer.to_lowercase().contains("content-type: application/problem+json"), "{}", self.answer);
    }
}

/// Sends `head`, then `drip` every 100 ms until the service closes the connection.
fn drip(address: SocketAddr, head: &str, drip: &[u8]) -> Seen {
    let begun = Instant::now();
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(head.as_bytes()).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while begun.elapsed() < Duration::from_secs(30) {
        match socket.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&buffer[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                // What is still to be read is read, also when nothing is taken any more.
                let _ = socket.write_all(drip);
            }
            Err(_) => break,
        }
    }
    Seen { answer: String::from_utf8_lossy(&answer).into_owned(), took: begun.elapsed() }
}

/// Sends all of it at once, and reads to the end of the connection.
fn pour(address: SocketAddr, bytes: &[u8]) -> Seen {
    let begun = Instant::now();
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // Refused before it was all sent: what matters is what comes back.
    let _ = socket.write_all(bytes);
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    Seen { answer: String::from_utf8_lossy(&answer).into_owned(), took: begun.elapsed() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_drips_is_cut_whatever_it_drips() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let process = shop.setup().with("web.body_timeout", "1s").with("web.header_timeout", "1s").ready().await;
    let address = process.address();
    let post = |credentials: &str| {
        format!(
            "POST /v1/movies HTTP/1.1\r\nHost: localhost\r\n{credentials}Content-Type: application/json\r\n\
             Content-Length: 1000\r\n\r\n"
        )
    };
    let authorized = post(&format!("Authorization: Bearer {token}\r\n"));
    let (anonymous, login) = (post(""), post("").replace("/v1/movies", "/v1/auth/login"));
    let chunked = authorized.replace("Content-Length: 1000", "Transfer-Encoding: chunked");
    let get = "GET /v1/movies HTTP/1.1\r\nHost: localhost\r\n";
    let second = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n{get}");
    // What is sent, what drips, and the status of the last answer.
    let cases: [(&str, &[u8], &str); 7] = [
        (&authorized, b" ", " 408 "),
        (&chunked, b"1\r\n \r\n", " 408 "),
        (&login, b" ", " 408 "),
        // Refused without the body; the rest of it is not waited for either.
        (&anonymous, b" ", " 401 "),
        (get, b"X", " 408 "),
        ("", b"G", " 408 "),
        (&second, b"X", " 408 "),
    ];
    let waits = cases.map(|(head, bytes, status)| {
        let (sent, bytes) = (head.to_owned(), bytes.to_owned());
        (status, std::thread::spawn(move || drip(address, &sent, &bytes)), head.lines().next().unwrap_or_default())
    });
    for (status, wait, head) in waits {
        let seen = tokio::task::block_in_place(|| wait.join().unwrap());
        assert!(seen.took < Duration::from_secs(15), "{head} was borne with for {:?}", seen.took);
        let last = seen.answer.rfind("HTTP/1.1").map(|at| &seen.answer[at..]).unwrap_or_default();
        assert!(last.starts_with(&format!("HTTP/1.1{status}")), "{head}: {}", seen.answer);
        assert!(last.contains("application/problem+json"), "{head}: {}", seen.answer);
    }
    process.stop().await;
}

#[test]
fn the_defaults_bear_with_nobody_for_30_seconds() {
    let defaults = settings::load(&settings::Sources::default()).unwrap().settings;
    let web = &defaults.web;
    assert!(web.body_timeout <= Duration::from_secs(10), "the contract says 10 s");
    // A head, a body, the statements: all of one request.
    assert!(web.header_timeout + web.body_timeout + defaults.db.deadline <= Duration::from_secs(30));
    assert!(web.shutdown >= defaults.db.deadline);
    assert_eq!(web.body_limit.bytes(), 1 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_and_what_just_fits_is_not() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let process = shop.setup().ready().await;
    let address = process.address();
    let head = format!(
        "POST /v1/movies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\n"
    );
    let body = |length: usize| format!("{{\"title\":\"{}\"}}", "x".repeat(length - 12));
    let sized = |length: usize| format!("{head}Content-Length: {length}\r\n\r\n{}", body(length));
    let chunked =
        |length: usize| format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{}\r\n0\r\n\r\n", body(length));
    let send = |text: String| tokio::task::block_in_place(|| pour(address, text.as_bytes()));
    assert_eq!(body(1 << 20).len(), 1 << 20);
    send(sized(1 << 20)).assert_problem(422);
    send(sized((1 << 20) + 1)).assert_problem(413);
    send(chunked(1 << 20)).assert_problem(422);
    send(chunked((1 << 20) + 1)).assert_problem(413);
    // Refused by its length alone: nothing of it is waited for.
    let announced = send(format!("{head}Content-Length: 999999999\r\n\r\n"));
    announced.assert_problem(413);
    assert!(announced.took < Duration::from_secs(9), "{:?}", announced.took);

    let huge = "x".repeat(1 << 20);
    send(format!("GET /v1/movies HTTP/1.1\r\nHost: localhost\r\nX-Large: {huge}\r\n\r\n")).assert_problem(431);
    let long =
        send(format!("GET /v1/movies?q={} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", &huge[..9000]));
    long.assert_problem(414);
    process.stop().await;
}
