//! `make bench-logins`: how reads fare beside sign-ins, which cost a thousand times as much processor time each.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bench::contender::Contender;
use bench::fixture::Fixture;
use clap::Parser;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use load::{Arrivals, Plan, Progress, Route, Run, Target, Template};
use otlptest::Collector;
use tokio_util::sync::CancellationToken;

/// Sends reads at a fixed rate, first alone, then beside sign-ins, in turn. The rates are kept whatever the answers take.
#[derive(Parser)]
struct Options {
    /// Reads a second.
    #[arg(long, default_value_t = 50)]
    reads: u32,
    /// Sign-ins a second.
    #[arg(long, default_value_t = 60)]
    logins: u32,
    /// Seconds of each load.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// What reads may take beside sign-ins: so many times what they take alone,
const TIMES: u32 = 2;

/// and so much more.
const MORE: Duration = Duration::from_millis(20);

/// The users of development. Each signs in from one address, and is braked when too many of them do at once.
const USERS: [&str; 5] = ["admin", "editor", "support", "customer", "other"];

/// A round: reads alone, reads beside sign-ins, these sign-ins.
struct Measured {
    alone: Run,
    beside: Run,
    logins: Run,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let fixture = Fixture::start()?;
    let url = fixture.database("films")?;
    let collector = Collector::counting().await;
    let service = Contender::service(&url, fixture.folder(), &collector.endpoint).await?;
    let target = Target::resolve(&format!("http://{}", service.address)).await?;
    let (reads, logins) =
        (plan(&options, reads(&target), options.reads), plan(&options, logins(&target), options.logins));

    let mut rounds = Vec::new();
    for _ in 0..options.rounds.max(1) {
        let alone = run(&reads).await?;
        let (beside, logins) = tokio::try_join!(run(&reads), run(&logins))?;
        rounds.push(Measured { alone, beside, logins });
    }
    service.stop().await?;
    Ok(report(&options, rounds))
}

fn reads(target: &Target) -> Vec<Route> {
    vec![Route::get(target.clone(), "/v1/movies"), Route::get(target.clone(), "/v1/movies?q=godfather&limit=5")]
}

fn logins(target: &Target) -> Vec<Route> {
    let login = |user: &str| {
        let body = serde_json::json!({"email": format!("{user}@example.com"), "password": "marquee-dev-only"});
        let mut route = Route::get(target.clone(), "/v1/auth/login");
        route.method = Method::POST;
        route.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        route.body = Template::new(&body.to_string());
        route
    };
    USERS.iter().map(|user| login(user)).collect()
}

fn plan(options: &Options, routes: Vec<Route>, rate: u32) -> Plan {
    let mut plan = Plan::new(routes, rate.max(1).into(), Duration::from_secs(options.seconds.max(1)));
    plan.arrivals = Arrivals::Poisson { seed: 7 };
    plan.warm_up = Duration::from_secs(2);
    plan
}

async fn run(plan: &Plan) -> Result<Run> {
    let (progress, stop) = (Progress::default(), CancellationToken::new());
    load::run(plan, Instant::now(), &progress, &stop).await.context("the load could not be run")
}

/// Prints the rounds, and fails when the median one breaks the bound.
fn report(options: &Options, mut rounds: Vec<Measured>) -> ExitCode {
    let p99 = |run: &Run| run.latency.at(0.99);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let mut text = format!(
        "{} reads a second, alone and beside {} sign-ins a second, for {} s each; milliseconds from when they were due.\n\n\
         | reads alone, p50 | p99 | beside, p50 | p99 | allowed | reads failed | sign-ins good | 503 | p50 | p99 |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        options.reads, options.logins, options.seconds
    );
    for Measured { alone, beside, logins } in &rounds {
        let is_busy = |outcome: &load::Outcome| matches!(outcome, load::Outcome::Answered { status: 503, .. });
        let busy: u64 = logins.outcomes.iter().filter(|(outcome, _)| is_busy(outcome)).map(|(_, count)| count).sum();
        text.push_str(&format!(
            "| {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {} | {} | {busy} | {:.0} | {:.0} |\n",
            milliseconds(alone.latency.at(0.5)),
            milliseconds(p99(alone)),
            milliseconds(beside.latency.at(0.5)),
            milliseconds(p99(beside)),
            milliseconds(p99(alone) * TIMES + MORE),
            alone.bad() + beside.bad(),
            logins.good,
            milliseconds(logins.latency.at(0.5)),
            milliseconds(p99(logins)),
        ));
        for (outcome, count) in logins.outcomes.iter().filter(|(outcome, _)| !outcome.is_good() && !is_busy(outcome)) {
            text.push_str(&format!("\nsign-ins: {count} x {outcome}\n"));
        }
        if alone.bad() + beside.bad() > 0 {
            text.push_str(&format!("\nreads: {:?} {:?}\n", alone.first_failures, beside.first_failures));
        }
    }
    let excess = |round: &Measured| p99(&round.beside).saturating_sub(p99(&round.alone) * TIMES + MORE);
    rounds.sort_by_key(excess);
    let is_kept = rounds.get(rounds.len() / 2).is_some_and(|median| {
        excess(median).is_zero() && median.alone.bad() + median.beside.bad() == 0 && median.logins.good > 0
    });
    text.push_str(if is_kept { "\nThe bound is kept.\n" } else { "\nThe bound is broken.\n" });
    print(&text);
    if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn print(text: &str) {
    print!("{text}");
}
