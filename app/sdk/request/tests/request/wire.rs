//! Bodies over real sockets: slow, chunked, broken off, too large.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, HttpServer};
use request::Unread;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::extractors::{FILM, routes};

/// Runs `story` against a server that ends with it.
async fn serving<F: AsyncFnOnce(SocketAddr)>(story: F) {
    let server = HttpServer::new(|| App::new().configure(routes).wrap_fn(hold))
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
    let address = server.addrs()[0];
    tokio::select! {
        ended = server.run() => panic!("the server ended: {ended:?}"),
        () = story(address) => {}
    }
}

/// What the outermost middleware of an application does.
fn hold<S>(mut request: ServiceRequest, service: &S) -> impl Future<Output = Result<ServiceResponse, Error>> + use<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = Error>,
{
    let unread = Unread::hold(&mut request);
    let answer = service.call(request);
    async move {
        let answer = answer.await?;
        Ok(answer.map_body(|_, body| match unread {
            Some(unread) => unread.until_sent(body),
            None => body,
        }))
    }
}

struct Client(TcpStream);

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The head of the next answer, and its body.
    async fn answer(&mut self) -> String {
        let mut answer = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&answer);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .map_or(0, |length| length.parse().unwrap());
                if body.len() >= length {
                    return text.into_owned();
                }
            }
            let mut chunk = [0; 1024];
            let read = tokio::time::timeout(Duration::from_secs(5), self.0.read(&mut chunk)).await;
            match read.expect("an answer within 5 s").unwrap() {
                0 => return String::from_utf8(answer).unwrap(),
                count => answer.extend_from_slice(&chunk[..count]),
            }
        }
    }

    /// Whether the server ends the connection.
    async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_secs(5), self.0.read_to_end(&mut rest)).await.is_ok()
    }
}

fn head(path: &str, fields: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{fields}\r\n\r\n")
}

fn chunked(text: &str, size: usize) -> String {
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(size) {
        out.push_str(&format!("{:x}\r\n{}\r\n", chunk.len(), str::from_utf8(chunk).unwrap()));
    }
    out + "0\r\n\r\n"
}

fn film_head() -> String {
    head("/films", &format!("Content-Length: {}", FILM.len()))
}

#[actix_web::test]
async fn a_connection_goes_on_after_whole_and_chunked_bodies() {
    serving(async |address| {
        let mut client = Client::connect(address).await;
        for _ in 0..2 {
            client.send(&(film_head() + FILM)).await;
            assert!(client.answer().await.starts_with("HTTP/1.1 201"));
            client.send(&(head("/films", "Transfer-Encoding: chunked") + &chunked(FILM, 7))).await;
            assert!(client.answer().await.starts_with("HTTP/1.1 201"));
        }
    })
    .await;
}

#[actix_web::test]
async fn a_slow_body_is_cut_and_the_connection_closed() {
    serving(async |address| {
        for fields in [format!("Content-Length: {}", FILM.len()), "Transfer-Encoding: chunked".to_owned()] {
            let mut client = Client::connect(address).await;
            let started = Instant::now();
            client.send(&head("/films", &fields)).await;
            if fields.starts_with("Transfer") {
                client.send("3\r\n{\"t\r\n").await;
            } else {
                client.send("{\"t").await;
            }
            let answer = client.answer().await;
            assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
            assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
            assert!(started.elapsed() >= Duration::from_millis(300));
            assert!(client.is_closed().await, "{fields}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_dripping_body_is_cut_by_the_whole_time_and_not_by_the_pause() {
    serving(async |address| {
        let client = Client::connect(address).await;
        let (mut from, mut to) = client.0.into_split();
        let drip = async {
            to.write_all(film_head().as_bytes()).await.unwrap();
            for byte in FILM.as_bytes() {
                // The server may have closed already.
                if to.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let mut answer = [0; 12];
        let read = async { from.read_exact(&mut answer).await.unwrap() };
        tokio::select! {
            () = drip => panic!("the whole body was taken"),
            _ = read => {}
        }
        assert_eq!(&answer, b"HTTP/1.1 408");
    })
    .await;
}

#[actix_web::test]
async fn a_body_that_is_announced_too_large_is_refused_before_it_comes() {
    serving(async |address| {
        let mut client = Client::connect(address).await;
        client.send(&head("/films", "Content-Length: 1001")).await;
        let answer = client.answer().await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(client.is_closed().await);
    })
    .await;
}

#[actix_web::test]
async fn a_chunked_body_is_counted_as_it_comes() {
    serving(async |address| {
        let mut client = Client::connect(address).await;
        let endless = "64\r\n".to_owned() + &" ".repeat(100) + "\r\n";
        client.send(&(head("/films", "Transfer-Encoding: chunked") + &endless.repeat(11))).await;
        let answer = client.answer().await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(client.is_closed().await, "what is left is not waited for");
    })
    .await;
}

#[actix_web::test]
async fn a_request_that_is_answered_before_its_body_has_come_is_not_waited_for() {
    serving(async |address| {
        for fields in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
            let mut client = Client::connect(address).await;
            client.send(&head("/nowhere", fields)).await;
            let answer = client.answer().await;
            assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
            assert!(client.is_closed().await, "{fields}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_broken_chunk_is_a_bad_request() {
    serving(async |address| {
        let mut client = Client::connect(address).await;
        client.send(&(head("/films", "Transfer-Encoding: chunked") + "zz\r\n{}\r\n0\r\n\r\n")).await;
        assert!(client.answer().await.starts_with("HTTP/1.1 400"));
    })
    .await;
}

#[actix_web::test]
async fn a_client_that_waits_for_100_continue_gets_it() {
    serving(async |address| {
        let mut client = Client::connect(address).await;
        let fields = format!("Content-Length: {}\r\nExpect: 100-continue", FILM.len());
        client.send(&head("/films", &fields)).await;
        assert!(client.answer().await.starts_with("HTTP/1.1 100"));
        client.send(FILM).await;
        assert!(client.answer().await.starts_with("HTTP/1.1 201"));
    })
    .await;
}

#[actix_web::test]
async fn a_body_that_nobody_wants_is_read_so_that_the_connection_goes_on() {
    serving(async |address| {
        let mut client = Client::connect(address).await;
        for body in ["", "abc"] {
            client.send(&(head("/ping", &format!("Content-Length: {}", body.len())) + body)).await;
            let answer = client.answer().await;
            assert!(answer.ends_with("pong"), "{answer}");
        }
        client.send(&(head("/ping", "Transfer-Encoding: chunked") + &chunked("abc", 1))).await;
        assert!(client.answer().await.ends_with("pong"));
        client.send("POST /ping HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(client.answer().await.ends_with("pong"));
    })
    .await;
}

#[actix_web::test]
async fn an_offer_of_another_protocol_changes_nothing() {
    serving(async |address| {
        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket";
        for (request, status) in [
            (head("/films", &format!("{upgrade}\r\nContent-Length: {}", FILM.len())) + FILM + "GET /x", "201"),
            (head("/films", &format!("{upgrade}\r\nTransfer-Encoding: chunked")) + &chunked(FILM, 7), "201"),
            (head("/films", upgrade), "400"),
            (head("/films", &format!("{upgrade}\r\nContent-Length: 5000")), "413"),
            (head("/ping", upgrade), "200"),
        ] {
            let mut client = Client::connect(address).await;
            client.send(&request).await;
            let answer = client.answer().await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        }
    })
    .await;
}
