//! A closed loop of requests over keep-alive connections on this machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Makes the request with this number.
pub type Requests = Arc<dyn Fn(u64) -> Request<Full<Bytes>> + Send + Sync>;

/// What a round of load saw.
#[derive(Clone, Debug)]
pub struct Round {
    /// Requests answered.
    pub requests: u64,
    /// Wall time.
    pub took: Duration,
    /// Time of each answer, sorted.
    pub latencies: Vec<Duration>,
}

impl Round {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }

    /// The latency that this share of requests kept, `0.0..=1.0`.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

/// Sends requests over `connections` connections for `time`; every answer must have the status `expect`.
///
/// # Errors
/// A connection fails or an answer has another status: a figure of a broken run is worth nothing.
pub async fn run(
    address: SocketAddr,
    connections: u64,
    time: Duration,
    expect: StatusCode,
    requests: Requests,
) -> Result<Round> {
    let start = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for lane in 0..connections {
        let requests = Arc::clone(&requests);
        workers.spawn(async move { lane_of(address, start + time, expect, lane, connections, &requests).await });
    }
    let mut latencies = Vec::new();
    while let Some(lane) = workers.join_next().await {
        latencies.extend(lane??);
    }
    let took = start.elapsed();
    latencies.sort_unstable();
    Ok(Round { requests: latencies.len() as u64, took, latencies })
}

/// One connection; it sends the requests `lane`, `lane + step`, `lane + 2 step`, ..
async fn lane_of(
    address: SocketAddr,
    end: Instant,
    expect: StatusCode,
    lane: u64,
    step: u64,
    requests: &Requests,
) -> Result<Vec<Duration>> {
    let stream = TcpStream::connect(address).await.context("connecting")?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::task::JoinSet::from_iter([connection]);
    let mut latencies = Vec::new();
    let mut number = lane;
    while Instant::now() < end {
        let request = requests(number);
        let sent = Instant::now();
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status == expect, "answered {status} instead of {expect}: {}", String::from_utf8_lossy(&body));
        latencies.push(sent.elapsed());
        number += step;
    }
    drop(driver);
    Ok(latencies)
}
