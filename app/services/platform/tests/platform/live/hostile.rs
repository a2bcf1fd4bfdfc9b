//! What no well-behaved client sends.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::ground::Socket;
use crate::process::{PATIENCE, Process};
use crate::shop::Shop;

/// A connection that has switched, byte by byte.
struct Raw(TcpStream);

const HANDSHAKE: &str = "GET /v1/live HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

impl Raw {
    async fn open(process: &Process) -> Self {
        let mut stream = TcpStream::connect(process.address()).await.unwrap();
        stream.write_all(HANDSHAKE.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        // The example of RFC 6455, section 1.3.
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        assert!(!head.to_lowercase().contains("sec-websocket-extensions"), "no compression");
        Self(stream)
    }

    /// Sends this, and gives the code of the close that answers it.
    async fn closes_with(mut self, bytes: &[u8]) -> u16 {
        let (mut read, mut write) = self.0.split();
        let send = async {
            // It may be cut off in the middle.
            let _ = write.write_all(bytes).await;
        };
        let hear = async {
            loop {
                let (opcode, length) = (read.read_u8().await.unwrap(), read.read_u8().await.unwrap());
                let length = if length == 126 { read.read_u16().await.unwrap() } else { length.into() };
                let mut payload = vec![0; length.into()];
                read.read_exact(&mut payload).await.unwrap();
                if opcode == 0x88 {
                    return u16::from_be_bytes([payload[0], payload[1]]);
                }
            }
        };
        timeout(PATIENCE, async { tokio::join!(send, hear).1 }).await.expect("a close in time")
    }
}

/// A frame of a client.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [1, 2, 3, 4];
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length @ ..=125) => frame.push(0x80 | length as u8),
        Ok(length) => {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(0x80 | 127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_break_the_rules_close_the_connection_with_their_code() {
    let shop = Shop::new().await;
    let process = shop.setup().ready().await;
    let text = br#"{"type":"unsubscribe","topics":["movies"]}"#;
    let unmasked = [&[0x81, text.len() as u8], &text[..]].concat();
    let announced = [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4];
    let fragments: Vec<u8> =
        std::iter::once(frame(0x01, b"")).chain((0..100_000).map(|_| frame(0x00, b""))).flatten().collect();
    let growing: Vec<u8> = std::iter::once(frame(0x01, &[b'x'; 4000]))
        .chain((0..5).map(|_| frame(0x00, &[b'x'; 4000])))
        .flatten()
        .collect();
    let messages: Vec<u8> = (0..100).flat_map(|_| frame(0x81, text)).collect();
    let pings: Vec<u8> = (0..100).flat_map(|_| frame(0x89, b"")).collect();
    let cases: [(&str, &[u8], u16); 14] = [
        ("unmasked", &unmasked, 1002),
        ("binary", &frame(0x82, b"x"), 1003),
        ("too long", &frame(0x81, &[b'x'; 20_000]), 1009),
        ("longer than memory, announced", &announced, 1009),
        ("too long in fragments", &growing, 1009),
        ("not UTF-8", &frame(0x81, &[0xff, 0xfe]), 1007),
        ("a reserved bit", &frame(0xc1, text), 1002),
        ("an unknown opcode", &frame(0x83, b""), 1002),
        ("a ping in fragments", &frame(0x09, b""), 1002),
        ("a long ping", &frame(0x89, &[b'x'; 126]), 1002),
        ("a continuation of nothing", &frame(0x80, b"x"), 1002),
        ("a flood of fragments", &fragments, 1008),
        ("a flood of messages", &messages, 1008),
        ("a flood of pings", &pings, 1008),
    ];
    for (what, bytes, code) in cases {
        assert_eq!(Raw::open(&process).await.closes_with(bytes).await, code, "{what}");
    }
    // A good one is answered, and its close as well.
    assert_eq!(
        Raw::open(&process).await.closes_with(&[frame(0x81, text), frame(0x88, &[3, 232])].concat()).await,
        1000
    );
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_say_nothing_are_refused_in_words_and_the_next_is_heard() {
    let shop = Shop::new().await;
    let process = shop.setup().with("live.messages_per_second", "1000").ready().await;
    let mut socket = Socket::open(&process).await;
    let many: Vec<String> = (0..60).map(|_| format!("movies/{}", uuid::Uuid::now_v7())).collect();
    let cases: [(Value, u16, Option<&str>); 11] = [
        (json!([]), 422, Some("#")),
        (json!({}), 422, Some("#/type")),
        (json!({ "type": "publish" }), 422, Some("#/type")),
        (json!({ "type": "subscribe" }), 422, Some("#/topics")),
        (json!({ "type": "subscribe", "topics": [] }), 422, Some("#/topics")),
        (json!({ "type": "subscribe", "topics": ["movies", "films"] }), 422, Some("#/topics/1")),
        (json!({ "type": "subscribe", "topics": ["movies"], "since": 1 }), 422, Some("#/since")),
        (json!({ "type": "subscribe", "topics": ["movies"], "after": "1" }), 422, Some("#/after")),
        (json!({ "type": "unsubscribe", "topics": ["movies"], "token": "x" }), 422, Some("#/token")),
        (json!({ "type": "authenticate", "token": "nothing" }), 401, None),
        (json!({ "type": "subscribe", "topics": many }), 409, None),
    ];
    for (message, status, pointer) in cases {
        let answer = socket.ask(&message).await;
        assert_eq!((&answer["type"], &answer["problem"]["status"]), (&json!("error"), &json!(status)), "{answer}");
        assert_eq!(answer["problem"]["errors"][0]["pointer"].as_str(), pointer, "{answer}");
    }
    socket.on(&["movies"]).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_silent_is_closed_and_who_answers_pings_is_not() {
    let shop = Shop::new().await;
    let process = shop.setup().with("live.ping", "500ms").with("live.idle", "5s").ready().await;
    // It reads, and so answers: for longer than the other is waited for.
    let mut answering = Socket::open(&process).await.on(&["movies"]).await;
    let silent = Raw::open(&process).await;
    let closed = tokio::select! {
        code = silent.closes_with(b"") => code,
        message = answering.message() => panic!("{message:?}"),
    };
    assert_eq!(closed, 1008);
    answering.on(&["movies"]).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_asks_for_no_websocket_is_refused_in_http() {
    let shop = Shop::new().await;
    let process = shop.setup().ready().await;
    let changes = [
        ("Connection: Upgrade\r\n", ""),
        ("Upgrade: websocket\r\n", "Upgrade: h2c\r\n"),
        ("Version: 13", "Version: 8"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="),
        ("dGhlIHNhbXBsZSBub25jZQ==", "not base64"),
        ("HTTP/1.1\r\n", "HTTP/1.0\r\n"),
        ("GET ", "HEAD "),
        ("Upgrade: websocket\r\n", "Upgrade: websocket\r\nSec-WebSocket-Protocol: chat\r\n"),
    ];
    for (from, to) in changes {
        let mut stream = TcpStream::connect(process.address()).await.unwrap();
        stream.write_all(HANDSHAKE.replacen(from, to, 1).as_bytes()).await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert!(status.ends_with(b" 400"), "{to}: {}", String::from_utf8_lossy(&status));
    }
    process.stop().await;
}
