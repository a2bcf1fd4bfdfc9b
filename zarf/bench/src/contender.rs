//! The programs that are compared, each in a process of its own.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::process::Process;
use crate::{fixture, members};

/// Connections of every contender's pool.
const CONNECTIONS: &str = "10";

/// A program under measurement, killed with this value.
pub struct Contender {
    /// Its name in the report.
    pub name: &'static str,
    /// Where it serves.
    pub address: SocketAddr,
    /// What it sends as `Authorization`, if it asks for one.
    pub authorization: Option<String>,
    /// From its start to its first good answer.
    pub start: Duration,
    child: Child,
}

impl Contender {
    /// Starts the service as it runs in production, with everything on: logs to a file, metrics, limits (wide enough to
    /// refuse nothing), 5 % of the traces sent to `collector`.
    ///
    /// # Errors
    /// It does not get ready, or the development users cannot sign in.
    pub async fn service(url: &str, folder: &Path, collector: &str) -> Result<Self> {
        Self::service_with(url, folder, collector, &[]).await
    }

    /// As [`Contender::service`], with these variables of its environment.
    ///
    /// # Errors
    /// As there.
    pub async fn service_with(url: &str, folder: &Path, collector: &str, more: &[(&str, &str)]) -> Result<Self> {
        let (address, debug) = (free_address()?, free_address()?);
        let mut command = Command::new(beside_us("platform")?);
        command
            .env("MARQUEE__DB__URL", url)
            .env("MARQUEE__DB__MAX_CONNECTIONS", CONNECTIONS)
            .env("MARQUEE__WEB__API_HOST", address.to_string())
            .env("MARQUEE__WEB__DEBUG_HOST", debug.to_string())
            .env("MARQUEE__WEB__DRAIN", "0s")
            .env("MARQUEE__AUTH__KEYS_DIR", folder.join("keys"))
            .env("MARQUEE__TELEMETRY__LOG_FORMAT", "json")
            .env("MARQUEE__TELEMETRY__LOG_FILE", folder.join(fixture::LOG))
            .env("MARQUEE__TELEMETRY__OTLP_ENDPOINT", collector)
            .env("MARQUEE__TELEMETRY__SAMPLE_RATIO", "0.05")
            .env("MARQUEE__LIMITS__PER_SECOND", "1000000")
            .env("MARQUEE__LIMITS__BURST", "1000000")
            .envs(more.iter().copied())
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("platform.stderr"))?);
        let mut service = Self::spawn("service", command, address, "/readyz").await?;
        service.authorization = Some(sign_in(address).await?);
        Ok(service)
    }

    /// Starts a service with the live feed on the database of another, without caps, with `broker` between its replicas if
    /// there is one.
    ///
    /// # Errors
    /// It does not get ready.
    pub async fn live(url: &str, folder: &Path, number: usize, broker: Option<&str>) -> Result<Self> {
        let (address, debug) = (free_address()?, free_address()?);
        let mut command = Command::new(beside_us("live")?);
        command
            .env("MARQUEE__DB__URL", url)
            .env("MARQUEE__DB__MAX_CONNECTIONS", "4")
            .env("MARQUEE__DB__MIN_CONNECTIONS", "1")
            .env("MARQUEE__WEB__API_HOST", address.to_string())
            .env("MARQUEE__WEB__DEBUG_HOST", debug.to_string())
            .env("MARQUEE__WEB__DRAIN", "0s")
            .env("MARQUEE__AUTH__KEYS_DIR", folder.join("keys"))
            .env("MARQUEE__TELEMETRY__LOG_FORMAT", "json")
            .env("MARQUEE__TELEMETRY__LOG_FILE", folder.join(format!("live-{number}.log")))
            .env("MARQUEE__LIMITS__PER_SECOND", "1000000")
            .env("MARQUEE__LIMITS__BURST", "1000000")
            .env("MARQUEE__LIVE__MAX_CONNECTIONS", "1000000")
            .env("MARQUEE__LIVE__MAX_PER_ADDRESS", "1000000")
            .env("MARQUEE__LIVE__MAX_PER_TOPIC", "1000000")
            .env("MARQUEE__AUTH__ISSUER", members::ISSUER)
            .stdout(Stdio::null())
            .stderr(File::create(folder.join(format!("live-{number}.stderr")))?);
        if let Some(broker) = broker {
            command.env("MARQUEE__EVENTS__NATS_URL", broker);
        }
        Self::spawn("live", command, address, "/readyz").await
    }

    /// Starts the bare handler. `ping` as sqlx does it by default.
    ///
    /// # Errors
    /// It does not get ready.
    pub async fn bare(name: &'static str, url: &str, ping: bool) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(beside_us("bare")?);
        command.args(["--url", url, "--connections", CONNECTIONS, "--port", &address.port().to_string()]);
        if ping {
            command.arg("--ping");
        }
        Self::spawn(name, command, address, "/v1/movies").await
    }

    /// Its process.
    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// Has it end in order, which writes out what it still holds of its log and traces.
    ///
    /// # Errors
    /// It does not end well within 20 s.
    pub async fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        ensure!(told.success(), "{} could not be told to end", self.name);
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "{} ended with {status}", self.name);
                return Ok(());
            }
            ensure!(began.elapsed() < Duration::from_secs(20), "{} does not end", self.name);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn spawn(name: &'static str, mut command: Command, address: SocketAddr, probe: &str) -> Result<Self> {
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("starting {name}"))?;
        let mut contender = Self { name, address, authorization: None, start: Duration::ZERO, child };
        let client = reqwest::Client::new();
        let probe = format!("http://{address}{probe}");
        while !client.get(&probe).send().await.is_ok_and(|answer| answer.status().is_success()) {
            if let Some(status) = contender.child.try_wait()? {
                bail!("{name} ended with {status}");
            }
            ensure!(began.elapsed() < Duration::from_secs(60), "{name} is not ready after 60 s");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        contender.start = began.elapsed();
        Ok(contender)
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program that was built together with this one.
fn beside_us(name: &str) -> Result<std::path::PathBuf> {
    let program = std::env::current_exe()?.with_file_name(name);
    ensure!(program.exists(), "{} is missing; run `make bench`", program.display());
    Ok(program)
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

async fn sign_in(address: SocketAddr) -> Result<String> {
    let credentials = serde_json::json!({"email": "editor@example.com", "password": "marquee-dev-only"});
    let login = reqwest::Client::new().post(format!("http://{address}/v1/auth/login")).json(&credentials);
    let answer: serde_json::Value = login.send().await?.error_for_status()?.json().await?;
    let token = answer["access_token"].as_str().context("the answer to the login has no token")?;
    Ok(format!("Bearer {token}"))
}
