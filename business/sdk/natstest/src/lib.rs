//! A nats-server of one test.
//!
//! What fails here fails the test that needs it: nothing returns an error.

#![expect(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test without its broker has failed")]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Where distributions put it, beside what is on PATH.
const PROGRAMS: [&str; 4] =
    ["nats-server", "/usr/sbin/nats-server", "/opt/homebrew/bin/nats-server", "/usr/local/bin/nats-server"];

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A broker with JetStream, which can be frozen, killed, and started again with what it had kept. It ends with this value.
#[derive(Debug)]
pub struct Broker {
    port: u16,
    folder: TempDir,
    child: Option<Child>,
}

/// A message of a stream.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What it is about.
    pub subject: String,
    /// Its `Nats-Msg-Id`.
    pub message_id: String,
    /// Its `traceparent`.
    pub traceparent: Option<String>,
    /// Its payload.
    pub payload: Value,
}

impl Broker {
    /// A place for one that is still to be started. It takes messages of up to 16 KB.
    ///
    /// # Panics
    ///
    /// When there is no port or no folder.
    #[must_use]
    pub fn absent() -> Self {
        let [port] = free_ports();
        Self::with(port, "")
    }

    /// Three that serve as one cluster.
    ///
    /// # Panics
    ///
    /// When one can't be started.
    #[must_use]
    pub fn cluster() -> [Self; 3] {
        let [one, two, three, ports @ ..] = free_ports::<6>();
        let routes = ports.map(|port| format!("\"nats://127.0.0.1:{port}\"")).join(", ");
        let mut member = 0;
        [one, two, three].map(|port| {
            let listen = ports[member];
            member += 1;
            let mut broker = Self::with(
                port,
                &format!(
                    "server_name: \"{member}\"\n\
                     cluster {{ name: \"test\", listen: \"127.0.0.1:{listen}\", routes: [{routes}] }}\n"
                ),
            );
            broker.start();
            broker
        })
    }

    fn with(port: u16, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let config = format!(
            "listen: \"127.0.0.1:{port}\"\nmax_payload: 16KB\njetstream {{ store_dir: \"{}\" }}\n{more}",
            store.display()
        );
        fs::write(folder.path().join("nats.conf"), config).unwrap();
        Self { port, folder, child: None }
    }

    /// One that serves.
    ///
    /// # Panics
    ///
    /// When nats-server can't be started; the message says what to do.
    #[must_use]
    pub fn started() -> Self {
        let mut broker = Self::absent();
        broker.start();
        broker
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Starts it, with what it had kept before.
    ///
    /// # Panics
    ///
    /// When nats-server can't be started; the message says what to do.
    pub fn start(&mut self) {
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let spawn = |program: &str| {
            let mut command = Command::new(program);
            command.arg("-c").arg(self.folder.path().join("nats.conf"));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.try_clone().unwrap());
            command.spawn().ok()
        };
        let child = PROGRAMS.into_iter().find_map(spawn);
        self.child = Some(child.expect("tests need nats-server (zarf/dev/install.sh nats-server installs it)"));
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "{}", fs::read_to_string(self.folder.path().join("log")).unwrap());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stops it in its tracks (SIGSTOP): connections stay open, and nothing answers.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Kills it (SIGKILL).
    ///
    /// # Panics
    ///
    /// When it can't be killed.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// What is in a stream, in its order; nothing when there is no such stream yet.
    ///
    /// # Panics
    ///
    /// When the broker does not answer, or a message has no id or is not JSON.
    pub async fn kept(&self, stream: &str) -> Vec<Kept> {
        let stream = jetstream::new(async_nats::connect(self.url()).await.unwrap()).get_stream(stream).await;
        let Ok(mut stream) = stream else { return Vec::new() };
        // A cluster that has lost its leader has no answer for a moment.
        let Ok(state) = stream.info().await.map(|info| info.state.clone()) else { return Vec::new() };
        let mut kept = Vec::new();
        for sequence in state.first_sequence.max(1)..=state.last_sequence {
            let message = stream.get_raw_message(sequence).await.unwrap();
            let header = |name: &str| message.headers.get(name).map(|value| value.as_str().to_owned());
            kept.push(Kept {
                subject: message.subject.to_string(),
                message_id: header("Nats-Msg-Id").unwrap(),
                traceparent: header("traceparent"),
                payload: serde_json::from_slice(&message.payload).unwrap(),
            });
        }
        kept
    }

    /// On how many servers a stream is.
    ///
    /// # Panics
    ///
    /// When there is no such stream.
    pub async fn copies(&self, stream: &str) -> usize {
        let jetstream = jetstream::new(async_nats::connect(self.url()).await.unwrap());
        jetstream.get_stream(stream).await.unwrap().cached_info().config.num_replicas
    }

    fn signal(&self, signal: Signal) {
        let Some(child) = &self.child else { panic!("the broker does not run") };
        kill_process(Pid::from_child(child), signal).unwrap();
    }
}

/// Ports that nobody listens on.
fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    // All are held before any is told, so that no two are the same.
    let held: [TcpListener; COUNT] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}
