//! Sends requests at a fixed rate, whatever the answers take, until it is told to stop; one failure fails the run.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use reqwest::{Client, Url, header};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// Requests under way at once; more mean that the answers stopped coming.
const MOST_UNDER_WAY: usize = 2000;

/// Failures that are shown in full.
const SHOWN: usize = 10;

/// Asks URLs on loopback in turn, at a fixed rate, until SIGINT or SIGTERM.
#[derive(Parser)]
struct Arguments {
    /// What to GET.
    #[arg(required = true)]
    urls: Vec<Url>,
    /// Requests a second.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// Seconds after which it stops by itself.
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Opens a connection for each request.
    #[arg(long)]
    fresh: bool,
}

/// How one request ended: how long after the moment it was due, or why it failed.
type Outcome = (Duration, Result<(), String>);

/// What came of all of them.
#[derive(Default)]
struct Tally {
    latencies: Vec<Duration>,
    failures: BTreeMap<String, usize>,
    /// Of the first failures, when they were due.
    shown: VecDeque<(Duration, String)>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    for url in &arguments.urls {
        if !matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost")) {
            bail!("{url} is not on loopback, and loads no other host");
        }
    }
    let client = client(arguments.fresh)?;
    let begin = Instant::now();
    let tally = load(&arguments, &client, begin).await?;
    report(tally, begin.elapsed(), arguments.rate)
}

/// A client that repeats nothing and follows nothing.
fn client(fresh: bool) -> anyhow::Result<Client> {
    let mut builder = Client::builder()
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .timeout(Duration::from_secs(10))
        // Shorter than what the load balancer grants, so that no connection is used while it is being closed.
        .pool_idle_timeout(Duration::from_secs(5));
    if fresh {
        let close = header::HeaderMap::from_iter([(header::CONNECTION, header::HeaderValue::from_static("close"))]);
        builder = builder.pool_max_idle_per_host(0).default_headers(close);
    }
    builder.build().context("the client cannot be made")
}

/// Sends until a signal or the time limit, then waits for what is under way.
async fn load(arguments: &Arguments, client: &Client, begin: Instant) -> anyhow::Result<Tally> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let end = begin + Duration::from_secs(arguments.seconds);
    let mut clock = interval(Duration::from_secs(1) / arguments.rate);
    // A late tick is made up for at once: the rate holds, and what waits is counted as waiting.
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut urls = arguments.urls.iter().cycle();
    let mut under_way: JoinSet<(Instant, Outcome)> = JoinSet::new();
    let mut tally = Tally::default();
    loop {
        let due = tokio::select! {
            due = clock.tick() => due,
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            () = sleep_until(end) => break,
        };
        while let Some(done) = under_way.try_join_next() {
            let (due, outcome) = done?;
            tally.add(due - begin, outcome);
        }
        let Some(url) = urls.next() else { break };
        if under_way.len() >= MOST_UNDER_WAY {
            tally.add(due - begin, (Duration::ZERO, Err(format!("{MOST_UNDER_WAY} requests under way"))));
            continue;
        }
        let request = client.get(url.clone());
        under_way.spawn(async move { (due, outcome(due, request).await) });
    }
    while let Some(done) = under_way.join_next().await {
        let (due, outcome) = done?;
        tally.add(due - begin, outcome);
    }
    Ok(tally)
}

/// Sends one request and reads its answer to the end.
async fn outcome(due: Instant, request: reqwest::RequestBuilder) -> Outcome {
    let answered = async {
        let response = request.send().await?;
        let status = response.status();
        response.bytes().await?;
        Ok::<_, reqwest::Error>(status)
    };
    let result = match answered.await {
        Ok(status) if status.is_success() => Ok(()),
        Ok(status) => Err(format!("status {}", status.as_u16())),
        Err(error) => {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            let timeout = if error.is_timeout() { "timeout" } else { "transport" };
            Err(format!("{timeout}: {cause}"))
        }
    };
    (due.elapsed(), result)
}

impl Tally {
    fn add(&mut self, due: Duration, (latency, result): Outcome) {
        match result {
            Ok(()) => self.latencies.push(latency),
            Err(failure) => {
                if self.shown.len() < SHOWN {
                    self.shown.push_back((due, failure.clone()));
                }
                *self.failures.entry(failure).or_default() += 1;
            }
        }
    }
}

/// Prints the tally; a run without failures that kept its rate is a success.
fn report(mut tally: Tally, took: Duration, rate: u32) -> anyhow::Result<ExitCode> {
    tally.latencies.sort_unstable();
    let at = |share: f64| {
        let index = (tally.latencies.len() as f64 * share) as usize;
        let latency = tally.latencies.get(index.min(tally.latencies.len().saturating_sub(1)));
        latency.map_or(0.0, Duration::as_secs_f64) * 1000.0
    };
    let failed: usize = tally.failures.values().sum();
    let sent = tally.latencies.len() + failed;
    let kept = sent as f64 / took.as_secs_f64();
    let mut out = io::stdout().lock();
    writeln!(out, "{sent} requests in {:.1} s ({kept:.0} a second), {failed} failed", took.as_secs_f64())?;
    writeln!(out, "milliseconds after they were due: p50 {:.1}, p99 {:.1}, most {:.1}", at(0.5), at(0.99), at(1.0))?;
    for (failure, count) in &tally.failures {
        writeln!(out, "{count} x {failure}")?;
    }
    for (due, failure) in &tally.shown {
        writeln!(out, "  at {:.3} s: {failure}", due.as_secs_f64())?;
    }
    if kept < f64::from(rate) * 0.95 {
        writeln!(out, "the rate was not kept: this machine is too busy for the run to prove anything")?;
        return Ok(ExitCode::from(2));
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
