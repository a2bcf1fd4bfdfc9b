//! Sends requests at a fixed rate, whatever the answers take, until it is told to stop; one failure fails the run.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Parser;
use load::{Plan, Progress, Route, Run, Target};
use reqwest::Url;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Requests under way at once; more mean that the answers stopped coming.
const MOST_UNDER_WAY: usize = 2000;

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

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut routes = Vec::new();
    for url in &arguments.urls {
        let target = Target::resolve(url.as_str()).await?;
        if !target.is_loopback() {
            bail!("{url} is not on loopback, and loads no other host");
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        routes.push(Route::get(target, &format!("{}{query}", url.path())));
    }
    let mut plan = Plan::new(routes, arguments.rate.into(), Duration::from_secs(arguments.seconds));
    (plan.fresh, plan.in_flight) = (arguments.fresh, MOST_UNDER_WAY);

    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let progress = Progress::default();
    let mut running = std::pin::pin!(load::run(&plan, Instant::now(), &progress, &stop));
    let run = loop {
        tokio::select! {
            run = &mut running => break run?,
            _ = interrupt.recv() => stop.cancel(),
            _ = terminate.recv() => stop.cancel(),
        }
    };
    report(&run, arguments.rate)
}

/// Prints what came of it; a run without failures that kept its rate is a success.
fn report(run: &Run, rate: u32) -> anyhow::Result<ExitCode> {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let (took, failed) = (run.took.as_secs_f64(), run.bad());
    let kept = run.due as f64 / took;
    let mut out = io::stdout().lock();
    writeln!(out, "{} requests in {took:.1} s ({kept:.0} a second), {failed} failed", run.due)?;
    writeln!(
        out,
        "milliseconds after they were due: p50 {:.1}, p99 {:.1}, most {:.1}",
        milliseconds(run.latency.at(0.5)),
        milliseconds(run.latency.at(0.99)),
        milliseconds(run.latency.most()),
    )?;
    if run.held_back > 0 {
        writeln!(out, "{} x not sent: {MOST_UNDER_WAY} under way", run.held_back)?;
    }
    for (outcome, count) in run.outcomes.iter().filter(|(outcome, _)| !outcome.is_good()) {
        writeln!(out, "{count} x {outcome}")?;
    }
    for failed in &run.first_failures {
        writeln!(out, "  at {:.3} s: {}: {}", failed.due.as_secs_f64(), failed.route, failed.outcome)?;
    }
    if kept < f64::from(rate) * 0.95 {
        writeln!(out, "the rate was not kept: this machine is too busy for the run to prove anything")?;
        return Ok(ExitCode::from(2));
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
