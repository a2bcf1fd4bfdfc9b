//! `make bench-live`: what a connection that listens costs, and how long an event takes to all of them.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use bench::contender::Contender;
use bench::fixture::{Fixture, connect};
use bench::listeners::{self, Listeners};
use bench::members;
use clap::Parser;
use otlptest::Collector;
use serde_json::json;
use sqlx::Connection as _;

/// Connects clients that listen, measures their server's memory, and sends them events.
#[derive(Parser)]
struct Options {
    /// Connections in one process, one size after the other.
    #[arg(long, value_delimiter = ',', default_value = "1000,5000,19000")]
    sizes: Vec<usize>,
    /// Replicas behind NATS; 0 leaves them out.
    #[arg(long, default_value_t = 5)]
    replicas: usize,
    /// Connections of each replica.
    #[arg(long, default_value_t = 19_000)]
    each: usize,
    /// Connections of users who are signed in, in one process; 0 leaves them out.
    #[arg(long, default_value_t = 19_000)]
    signed_in: usize,
    /// Events, one after the other.
    #[arg(long, default_value_t = 5)]
    events: usize,
    /// Be clients of this server; how the program starts itself.
    #[arg(long, hide = true)]
    listen_to: Option<SocketAddr>,
    #[arg(long, hide = true, default_value_t = 0)]
    count: usize,
    #[arg(long, hide = true, default_value_t = 2)]
    source: u8,
    #[arg(long, hide = true)]
    tokens: Option<PathBuf>,
}

/// How long a process is left alone before its memory is read.
const SETTLE: Duration = Duration::from_secs(5);

/// How long transactions are counted: some of the times that it is asked whether a token is still good.
const COUNTED: Duration = Duration::from_secs(20);

/// A broker for the time of a run.
struct Broker(Child, String);

/// What was measured of one size.
struct Row {
    what: &'static str,
    connections: usize,
    processes: usize,
    /// Of the server's process, for each connection.
    bytes: u64,
    /// Of the kernel, for each connection, with the client's end of it.
    kernel: u64,
    /// Of the database, in a second.
    transactions: f64,
    /// Of a processor that the servers take while nothing happens.
    busy: f64,
    times: Vec<Duration>,
}

/// Where the listeners of one measurement connect.
struct Shape<'a> {
    what: &'static str,
    processes: usize,
    each: usize,
    broker: Option<&'a str>,
    tokens: Option<&'a Path>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    rustix::process::setrlimit(rustix::process::Resource::Nofile, {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        rustix::process::Rlimit { current: limit.maximum, ..limit }
    })?;
    if let Some(server) = options.listen_to {
        return listeners::serve(server, options.count, options.source, options.tokens.as_deref()).await;
    }
    let fixture = Fixture::start()?;
    let url = fixture.database("films")?;
    let collector = Collector::counting().await;
    let writer = Contender::service(&url, fixture.folder(), &collector.endpoint).await?;
    settle(&url).await?;
    let mut rows = Vec::new();
    let bench = Bench { events: options.events, url: &url, folder: fixture.folder() };
    let anonymous = Shape { what: "anonymous", processes: 1, each: 0, broker: None, tokens: None };
    for each in options.sizes {
        rows.push(bench.measure(&writer, &Shape { each, ..anonymous }).await?);
    }
    if options.signed_in > 0 {
        let tokens = members::sign_in(&url, fixture.folder(), options.signed_in).await?;
        let shape = Shape { what: "signed in", each: options.signed_in, tokens: Some(&tokens), ..anonymous };
        rows.push(bench.measure(&writer, &shape).await?);
    }
    if options.replicas > 0 {
        let broker = Broker::start(fixture.folder())?;
        // All programs of one database carry events alike.
        writer.stop().await?;
        let carries = [("MARQUEE__EVENTS__NATS_URL", broker.1.as_str())];
        let writer = Contender::service_with(&url, fixture.folder(), &collector.endpoint, &carries).await?;
        let shape = Shape { processes: options.replicas, each: options.each, broker: Some(&broker.1), ..anonymous };
        rows.push(bench.measure(&writer, &shape).await?);
    }
    report(&rows);
    Ok(())
}

/// What all measurements have in common.
struct Bench<'a> {
    events: usize,
    url: &'a str,
    folder: &'a Path,
}

impl Bench<'_> {
    async fn measure(&self, writer: &Contender, shape: &Shape<'_>) -> Result<Row> {
        let mut servers = Vec::new();
        for number in 0..shape.processes {
            servers.push(Contender::live(self.url, self.folder, number, shape.broker).await?);
        }
        tokio::time::sleep(SETTLE).await;
        let before = (resident(&servers)?, kernel()?, self.idle(&servers).await?);
        let mut clients = Vec::new();
        for (server, source) in servers.iter().zip((2..).step_by(Listeners::addresses(shape.each))) {
            clients.push(Listeners::start(server.address, shape.each, u8::try_from(source)?, shape.tokens)?);
        }
        for client in &mut clients {
            client.ready()?;
        }
        tokio::time::sleep(SETTLE).await;
        let after = (resident(&servers)?, kernel()?, self.idle(&servers).await?);
        let connections = shape.each * shape.processes;
        Ok(Row {
            what: shape.what,
            connections,
            processes: shape.processes,
            bytes: after.0.saturating_sub(before.0) / connections as u64,
            kernel: after.1.saturating_sub(before.1) / connections as u64,
            transactions: after.2.0 - before.2.0,
            busy: after.2.1 - before.2.1,
            times: self.announce(writer, &mut clients, shape.each).await?,
        })
    }

    /// Sends events, one after the other, and gives how long each took to every client.
    async fn announce(&self, writer: &Contender, clients: &mut [Listeners], each: usize) -> Result<Vec<Duration>> {
        let mut times = Vec::new();
        for _ in 0..self.events {
            for client in &mut *clients {
                client.expect()?;
            }
            let begun = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
            add_film(writer).await?;
            for client in &mut *clients {
                let heard = client.heard()?;
                ensure!(heard.len() == each, "{} of {each} heard of the event", heard.len());
                times.extend(heard.into_iter().map(|time| Duration::from_micros(time).saturating_sub(begun)));
            }
        }
        times.sort_unstable();
        Ok(times)
    }

    /// Transactions a second of the database, and processors that the servers take, while nothing happens.
    async fn idle(&self, servers: &[Contender]) -> Result<(f64, f64)> {
        let cpu = || servers.iter().map(|server| Ok(server.process().cpu()?)).sum::<Result<Duration>>();
        let before = (transactions(self.url).await?, cpu()?);
        tokio::time::sleep(COUNTED).await;
        let after = (transactions(self.url).await?, cpu()?);
        let seconds = COUNTED.as_secs_f64();
        Ok(((after.0 - before.0) as f64 / seconds, (after.1 - before.1).as_secs_f64() / seconds))
    }
}

/// Transactions that the database has ended. Every statement outside of one is one.
async fn transactions(url: &str) -> Result<i64> {
    let mut connection = connect(url).await?;
    let sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    let count = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(count)
}

/// Waits until what the first films announced is handed on.
async fn settle(url: &str) -> Result<()> {
    let mut connection = connect(url).await?;
    let mut before = -1;
    loop {
        let sql = "SELECT count(*), count(*) FILTER (WHERE position IS NULL) FROM events";
        let (all, waiting): (i64, i64) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
        if all == before && waiting == 0 {
            return Ok(connection.close().await?);
        }
        before = all;
        tokio::time::sleep(SETTLE).await;
    }
}

/// The resident memory of the servers, in bytes.
fn resident(servers: &[Contender]) -> Result<u64> {
    servers.iter().map(|server| Ok(server.process().resident_kib()? * 1024)).sum()
}

/// What the kernel keeps for sockets, in bytes: the objects of their caches, and what is in their buffers. Of the whole
/// machine.
fn kernel() -> Result<u64> {
    const CACHES: [&str; 7] =
        ["TCP", "sock_inode_cache", "filp", "eventpoll_epi", "eventpoll_pwq", "tw_sock_TCP", "request_sock_TCP"];
    let slabs = fs::read_to_string("/proc/slabinfo").unwrap_or_default();
    let mut bytes = 0;
    for line in slabs.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [name, active, _, size, ..] = fields.as_slice()
            && CACHES.contains(name)
        {
            bytes += active.parse::<u64>().unwrap_or(0) * size.parse::<u64>().unwrap_or(0);
        }
    }
    let sockets = fs::read_to_string("/proc/net/sockstat")?;
    let pages =
        sockets.lines().find_map(|line| line.strip_prefix("TCP:")?.rsplit("mem ").next()?.trim().parse::<u64>().ok());
    Ok(bytes + pages.unwrap_or(0) * 4096)
}

async fn add_film(writer: &Contender) -> Result<()> {
    let film = json!({
        "title": format!("Heard {}", uuid::Uuid::now_v7()), "year": 2000, "price": {"amount": 990, "currency": "USD"}, "stock": 3
    });
    let request = reqwest::Client::new().post(format!("http://{}/v1/movies", writer.address)).json(&film);
    let token = writer.authorization.as_deref().context("no token")?;
    request.header("authorization", token).send().await?.error_for_status()?;
    Ok(())
}

impl Broker {
    fn start(folder: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let config = folder.join("nats.conf");
        let store = folder.join("nats").display().to_string();
        fs::write(&config, format!("listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{store}\" }}\n"))?;
        let mut command = Command::new("nats-server");
        command.arg("-c").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context("nats-server is missing: `make nats` installs it")?;
        Ok(Self(child, format!("nats://127.0.0.1:{port}")))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn report(rows: &[Row]) {
    println!(
        "| connections | processes | resident memory of each | of the kernel, both ends | event to all, p50 | p99 | last | \
         transactions a second | processors |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    );
    for row in rows {
        let at = |share: f64| {
            let index = (row.times.len() as f64 * share) as usize;
            row.times.get(index.min(row.times.len().saturating_sub(1))).copied().unwrap_or_default().as_secs_f64()
                * 1000.0
        };
        println!(
            "| {} {} | {} | {:.2} KiB | {:.2} KiB | {:.0} ms | {:.0} ms | {:.0} ms | {:.1} | {:.3} |",
            row.connections,
            row.what,
            row.processes,
            row.bytes as f64 / 1024.0,
            row.kernel as f64 / 1024.0,
            at(0.5),
            at(0.99),
            at(1.0),
            row.transactions,
            row.busy
        );
    }
}
