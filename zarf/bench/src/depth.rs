//! What the depth of a page costs: page 1 of a million-row list beside page 10,000.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, StatusCode};

use crate::contender::Contender;
use crate::load;

/// The rows of a page; 10,000 pages of 100 are a million rows.
const LIMIT: u64 = 100;

/// Times of a page near the start and of one near the end.
pub struct Depth {
    /// The number of the deep page.
    pub page: u64,
    /// The median time of page 1.
    pub first: Duration,
    /// The median time of the deep page.
    pub deep: Duration,
}

impl Depth {
    /// How much more the deep page costs.
    pub fn ratio(&self) -> f64 {
        self.deep.as_secs_f64() / self.first.as_secs_f64()
    }
}

/// Walks by cursors to page `page` in the order `sort`, then measures it and page 1 in turn.
///
/// # Errors
/// The service answers otherwise than its contract says.
pub async fn measure(service: &Contender, sort: &str, page: u64) -> Result<Depth> {
    let first = format!("/v1/movies?limit={LIMIT}&sort={sort}");
    let client = reqwest::Client::new();
    let mut target = first.clone();
    for _ in 1..page {
        let answer = client.get(format!("http://{}{target}", service.address)).send().await?;
        let list: serde_json::Value = answer.error_for_status()?.json().await?;
        let next = list["next"].as_str().context("the list ended before the page")?;
        target = format!("{first}&cursor={next}");
    }
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        near.extend(round(service, &first).await?);
        far.extend(round(service, &target).await?);
    }
    Ok(Depth { page, first: median(near), deep: median(far) })
}

async fn round(service: &Contender, target: &str) -> Result<Vec<Duration>> {
    let target = target.to_owned();
    let request = move |_| {
        let builder = Request::get(target.as_str()).header("host", "localhost");
        builder.body(Full::<Bytes>::default()).unwrap_or_default()
    };
    let round = load::run(service.address, 1, Duration::from_millis(300), StatusCode::OK, Arc::new(request));
    Ok(round.await?.latencies)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
