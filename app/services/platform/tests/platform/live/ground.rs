//! Clients of the live feed.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::answer::{Answer, request, send};
use crate::process::{PATIENCE, Process};
use crate::shop::Shop;

/// A client on a WebSocket.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

/// A client on an event stream.
pub(crate) struct Stream {
    response: reqwest::Response,
    buffer: String,
}

/// An event of an event stream.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) data: Value,
    pub(crate) retry: Option<u64>,
}

impl Socket {
    /// Connects, with these header fields.
    pub(super) async fn open_with(process: &Process, fields: &[(&str, &str)]) -> Result<Self, Error> {
        Self::open_on(TcpStream::connect(process.address()).await.unwrap(), process, fields).await
    }

    /// Connects by a socket that takes little at once.
    pub(super) async fn narrow(process: &Process) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::open_on(socket.connect(process.address()).await.unwrap(), process, &[]).await.unwrap()
    }

    async fn open_on(stream: TcpStream, process: &Process, fields: &[(&str, &str)]) -> Result<Self, Error> {
        let mut request = format!("ws://{}/v1/live", process.address()).into_client_request().unwrap();
        for (name, value) in fields {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        Ok(Self(client_async(request, stream).await?.0))
    }

    /// Connects.
    pub(super) async fn open(process: &Process) -> Self {
        Self::open_with(process, &[]).await.unwrap()
    }

    /// Connects as somebody.
    pub(crate) async fn open_as(process: &Process, token: &str) -> Self {
        Self::open(process).await.identified(token).await
    }

    /// Says who it is, and expects to be known.
    pub(super) async fn identified(mut self, token: &str) -> Self {
        let answer = self.ask(&json!({ "type": "authenticate", "token": token })).await;
        assert_eq!(answer["type"], "authenticated", "{answer}");
        self
    }

    /// Subscribes, and expects to be.
    pub(crate) async fn on(mut self, topics: &[&str]) -> Self {
        let answer = self.ask(&json!({ "type": "subscribe", "topics": topics })).await;
        assert_eq!((&answer["type"], &answer["topics"]), (&json!("subscribed"), &json!(topics)), "{answer}");
        self
    }

    pub(super) async fn send(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Sends a message and gives the next that comes.
    pub(super) async fn ask(&mut self, message: &Value) -> Value {
        self.send(message).await;
        self.next().await
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        match self.message().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("a message, not {other:?}"),
        }
    }

    /// The next message; `None` when nothing is left, not even a close.
    pub(super) async fn message(&mut self) -> Option<Message> {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("a message in time");
            match message {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                message => return message.and_then(Result::ok),
            }
        }
    }

    /// Says who it is twice a second until it is closed.
    pub(super) async fn insist(&mut self, token: &str) -> Option<(u16, String)> {
        let mut again = tokio::time::interval(Duration::from_millis(500));
        let message = Message::text(json!({ "type": "authenticate", "token": token }).to_string());
        let insisting = async {
            loop {
                tokio::select! {
                    close = self.closed() => return close,
                    _ = again.tick() => {}
                }
                // Whoever is being closed cannot send any more.
                let _ = self.0.send(message.clone()).await;
            }
        };
        timeout(SOON * 2, insisting).await.expect("a close")
    }

    /// Waits for the close, whatever comes before it.
    pub(super) async fn closed(&mut self) -> Option<(u16, String)> {
        loop {
            match self.message().await? {
                Message::Close(close) => return close.map(|close| (close.code.into(), close.reason.to_string())),
                _ => continue,
            }
        }
    }
}

impl Stream {
    /// Opens an event stream with this query and these header fields.
    pub(super) async fn open(process: &Process, query: &str, fields: &[(&str, &str)]) -> Self {
        Self::at(&process.url, query, fields).await
    }

    /// Opens an event stream of whoever serves at this URL.
    pub(crate) async fn at(url: &str, query: &str, fields: &[(&str, &str)]) -> Self {
        let mut request = request(Method::GET, format!("{url}/v1/events?{query}"));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: String::new() }
    }

    /// The next event that is not a sign of life; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.buffer = rest;
                if !event.starts_with(':') {
                    return Some(Told::read(&event));
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("an event in time").unwrap()?;
            self.buffer.push_str(str::from_utf8(&chunk).unwrap());
        }
    }
}

impl Told {
    fn read(event: &str) -> Self {
        let mut told = Self::default();
        for line in event.lines() {
            match line.split_once(": ").unwrap() {
                ("id", id) => told.id = Some(id.to_owned()),
                ("event", name) => told.name = Some(name.to_owned()),
                ("data", data) => told.data = serde_json::from_str(data).unwrap(),
                ("retry", milliseconds) => told.retry = milliseconds.parse().ok(),
                other => panic!("{other:?}"),
            }
        }
        told
    }
}

/// Everything of an event stream that ends by itself.
pub(super) async fn all(process: &Process, query: &str, fields: &[(&str, &str)]) -> Vec<Told> {
    let mut stream = Stream::open(process, query, fields).await;
    let mut all = Vec::new();
    while let Some(told) = stream.next().await {
        all.push(told);
    }
    all
}

/// Gives a film another stock; its version was `version`.
pub(super) async fn restock(process: &Process, token: &str, path: &str, version: i64) {
    let change = request(Method::PATCH, format!("{}{path}", process.url)).bearer_auth(token);
    let change = change.header("if-match", format!("\"{version}\"")).json(&json!({ "stock": 100 + version }));
    let answer = send(change).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Orders a film, and gives the order's id.
pub(super) async fn order(process: &Process, token: &str, movie_id: &str) -> String {
    let order = request(Method::POST, format!("{}/v1/orders", process.url)).bearer_auth(token);
    let order = order.header("idempotency-key", uuid::Uuid::now_v7().to_string());
    let Answer { status, body, .. } =
        send(order.json(&json!({ "items": [{ "movie_id": movie_id, "quantity": 1 }] }))).await;
    assert_eq!(status, 201, "{body}");
    serde_json::from_str::<Value>(&body).unwrap()["id"].as_str().unwrap().to_owned()
}

/// The id at the end of a path.
pub(super) fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// Writes so many large events, as if films were added.
pub(super) fn flood(shop: &Shop, count: usize) {
    let sql = format!(
        "INSERT INTO events (event_id, partition, entity, entity_id, version, action, data, occurred_at)
         SELECT gen_random_uuid(), get_byte(uuid_send(id), 15) % 8, 'movie', id, 1, 'created',
             jsonb_build_object('fields', jsonb_build_object('title', repeat('x', 30000)), 'changed', '[\"title\"]'::jsonb),
             now()
         FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, {count})) AS ids RETURNING 1::text"
    );
    assert_eq!(shop.rows(&sql).len(), count);
}

/// A figure among the metrics of a process.
pub(super) async fn figure(process: &Process, line: &str) -> f64 {
    let text = crate::answer::get(format!("{}/metrics", process.debug)).await.body;
    let found = text.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok());
    found.unwrap_or(0.0)
}

/// Long enough for whatever was about to come to have come: another event does, behind it.
pub(super) const SOON: Duration = Duration::from_secs(10);
