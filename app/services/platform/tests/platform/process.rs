//! A service that runs as a child of the test: `platform`, or another.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take that takes milliseconds on a machine with nothing else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The public address of a process in production, as its tokens name it.
pub(crate) const ISSUER: &str = "https://api.marquee.test";

/// How a process is to be started.
#[derive(Clone)]
pub(crate) struct Setup {
    program: PathBuf,
    /// Where it runs: nothing of the repository is near.
    folder: Arc<TempDir>,
    settings: Vec<(String, String)>,
}

/// A process, and what it says. It is killed with this value.
pub(crate) struct Process {
    child: Child,
    /// Where it runs, and may have its keys.
    _folder: Arc<TempDir>,
    stdout: Lines,
    stderr: Lines,
    /// The address of the API, once it serves.
    pub(crate) url: String,
    /// The address of the debug listener, once it serves.
    pub(crate) debug: String,
}

/// What came out of a pipe so far, and the thread that reads it.
struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Setup {
    /// On free ports, with a short drain and patience for a busy machine.
    pub(crate) fn new() -> Self {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_platform"));
        let setup = Self { program, folder: Arc::new(tempfile::tempdir().unwrap()), settings: Vec::new() };
        let keys = setup.folder.path().join("keys").display().to_string();
        setup
            .with("web.api_host", "127.0.0.1:0")
            .with("web.debug_host", "127.0.0.1:0")
            .with("web.drain", "50ms")
            .with("web.workers", "2")
            .with("auth.keys_dir", keys)
            .with("db.max_connections", "4")
            .with("db.min_connections", "0")
            .with("db.deadline", "10s")
            .with("db.acquire_timeout", "10s")
    }

    /// In production, where mails go to a relay that is away, and media into a folder.
    pub(crate) fn in_production(self) -> Self {
        let media = format!("file://{}", self.folder.path().join("media").display());
        self.with("env", "production")
            .with("media.stores", media)
            .with("mail.smtp_url", "smtp://127.0.0.1:9")
            .with("mail.from", "Marquee <no-reply@marquee.test>")
            .with("auth.issuer", ISSUER)
    }

    /// In production, on the database at `url`, with the keys of this folder.
    pub(crate) fn production(url: &str, keys: &Path) -> Self {
        Self::new().in_production().with("db.url", url).with("auth.keys_dir", keys.display().to_string())
    }

    /// Runs another service than `platform`.
    pub(crate) fn of(mut self, program: PathBuf) -> Self {
        self.program = program;
        self
    }

    /// Sets a key of the configuration; the last time counts.
    pub(crate) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.settings.retain(|(known, _)| known != key);
        self.settings.push((key.to_owned(), value.into()));
        self
    }

    /// The command line, as the environment of this test does not change it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir(self.folder.path());
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin");
        for (key, value) in &self.settings {
            command.env(format!("MARQUEE__{}", key.replace('.', "__").to_uppercase()), value);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(crate) fn output(&self) -> Output {
        self.command().output().unwrap()
    }

    /// Starts it.
    pub(crate) fn start(&self) -> Process {
        let mut child = self.command().spawn().unwrap();
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        Process { child, _folder: Arc::clone(&self.folder), stdout, stderr, url: String::new(), debug: String::new() }
    }

    /// Starts it, and waits until it is ready.
    pub(crate) async fn ready(&self) -> Process {
        self.until("ready").await
    }

    /// Starts it, and waits until it serves without being ready.
    pub(crate) async fn serving_unready(&self) -> Process {
        self.until("serving, not ready").await
    }

    async fn until(&self, message: &str) -> Process {
        let mut process = self.start();
        process.wait_until_serving(message).await;
        process
    }
}

impl Process {
    /// Waits for the line that names the addresses.
    pub(crate) async fn wait_until_serving(&mut self, message: &str) {
        let line = self.logged(message).await;
        self.serves_at(&line);
    }

    /// Takes the addresses from the line that names them.
    pub(crate) fn serves_at(&mut self, line: &Value) {
        self.url = line["url"].as_str().unwrap().to_owned();
        self.debug = line["debug"].as_str().unwrap().to_owned();
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The address of the API, to be connected to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }

    /// The address of the debug listener, likewise.
    pub(crate) fn debug_address(&self) -> SocketAddr {
        self.debug.trim_start_matches("http://").parse().unwrap()
    }

    /// Waits for a log line whose message begins so.
    pub(crate) async fn logged(&self, message: &str) -> Value {
        self.logged_where(message, |line| line["message"].as_str().is_some_and(|text| text.starts_with(message))).await
    }

    /// Waits for a log line that `is_it`.
    pub(crate) async fn logged_where(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let found = eventually(PATIENCE, async || self.log().into_iter().find(&is_it)).await;
        found.unwrap_or_else(|| panic!("no line: {what}\n{}\n{}", self.stdout(), self.stderr()))
    }

    /// Every log line so far. Each is JSON.
    pub(crate) fn log(&self) -> Vec<Value> {
        let lines = self.stdout.lines.lock().unwrap();
        lines.iter().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Standard output so far.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.lines.lock().unwrap().join("\n")
    }

    /// Standard error so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lines.lock().unwrap().join("\n")
    }

    /// The most memory that was resident so far, in KiB (`proc(5)`, Linux).
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the end and gives the exit code; `None` when a signal ended it.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        let child = Mutex::new(&mut self.child);
        let status = eventually(PATIENCE, async || child.lock().unwrap().try_wait().unwrap()).await;
        let code = status.expect("the process should have ended").code();
        // A server that it started must not keep whoever reads its output waiting.
        let is_read = eventually(PATIENCE, async || {
            (self.stdout.reader.is_finished() && self.stderr.reader.is_finished()).then_some(())
        });
        assert!(is_read.await.is_some(), "somebody holds the pipes of a process that has ended");
        code
    }

    /// Stops it as an orchestrator does.
    pub(crate) async fn stop(mut self) {
        self.signal(Signal::TERM);
        assert_eq!(self.ended().await, Some(0), "{}\n{}", self.stdout(), self.stderr());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until there is an answer, or `limit` has passed.
pub(crate) async fn eventually<T>(limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let give_up = Instant::now() + limit;
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if Instant::now() > give_up {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn collect(from: impl Read + Send + 'static) -> Lines {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let collected = Arc::clone(&lines);
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            collected.lock().unwrap().push(line);
        }
    });
    Lines { lines, reader }
}
