//! The server process of a cluster: made, started, asked, stopped.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::account::Account;
use crate::binaries::Binaries;
use crate::error::Error;
use crate::layout::Layout;
use crate::wire::Session;

/// What the socket answers.
#[derive(Debug)]
pub(crate) enum State {
    /// It serves.
    Ready,
    /// It runs, and is on the way up or down.
    Changing,
    /// It runs, and fails everybody who connects.
    Failing(Error),
    /// Nobody listens.
    Down,
}

/// How often something that is on its way is asked for again.
const POLL: Duration = Duration::from_millis(5);
/// A server that is alive answers a start-up message within milliseconds; a frozen one never does.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// The log is put aside at a start when it is larger, in bytes.
const LOG_LIMIT: u64 = 8 << 20;
/// As much of an output as helps, in bytes.
const TAIL: usize = 2_000;

/// Asks the socket who answers.
pub(crate) fn state(layout: &Layout, role: &str) -> Result<State, Error> {
    match Session::connect(&layout.socket(), role, "postgres", ANSWER_LIMIT) {
        Ok(_) => Ok(State::Ready),
        Err(Error::Server { code, .. }) if code == "57P03" => Ok(State::Changing),
        // Full, yet alive.
        Err(Error::Server { code, .. }) if code == "53300" => Ok(State::Ready),
        Err(Error::Io { source, .. }) => match source.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => Ok(State::Down),
            // The postmaster died while it answered.
            std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::BrokenPipe
            | std::io::ErrorKind::ConnectionReset => Ok(State::Changing),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => Err(Error::TimedOut {
                what: "an answer of the PostgreSQL that runs already (is it frozen?)",
                limit: ANSWER_LIMIT,
                output: String::new(),
            }),
            _ => Err(Error::io("talk to", layout.socket())(source)),
        },
        // Internal and system errors: something it needs was taken away while it ran.
        Err(error @ Error::Server { .. }) if error.is_of_class(&["XX", "58"]) => Ok(State::Failing(error)),
        Err(error) => Err(error),
    }
}

/// Waits until the server is either up or gone.
pub(crate) fn settled(layout: &Layout, role: &str, deadline: Instant) -> Result<State, Error> {
    loop {
        match state(layout, role)? {
            State::Changing if Instant::now() < deadline => sleep(POLL),
            state => return Ok(state),
        }
    }
}

/// The version that wrote the data, `None` when there are none yet.
pub(crate) fn data_version(layout: &Layout) -> Option<u32> {
    let text = fs::read_to_string(layout.pgdata().join("PG_VERSION")).ok()?;
    text.trim().parse().ok()
}

/// Makes an empty cluster.
pub(crate) fn init(
    layout: &Layout,
    account: &Account,
    binaries: &Binaries,
    role: &str,
    durable: bool,
) -> Result<(), Error> {
    let unfinished = layout.unfinished();
    let mut failure = None;
    // Sorting is by code point, which no system update can change under an index. Letters and their case follow
    // Unicode where the system has such a locale; each has its own name for one.
    for ctype in ["C.UTF-8", "en_US.UTF-8", "C"] {
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(Error::io("remove", &unfinished))?;
        }
        let mut command = account.command(&binaries.program("initdb"));
        command
            .arg("--pgdata")
            .arg(&unfinished)
            .args(["--username", role, "--encoding", "UTF8", "--locale", "C"])
            .args(["--lc-ctype", ctype, "--data-checksums", "--no-instructions"])
            .args(["--text-search-config", "english"])
            // Who may come in is settled by the folder of the socket.
            .args(["--auth-local", "trust", "--auth-host", "reject"]);
        if !durable {
            command.arg("--no-sync");
        }
        match check("initdb", command.output(), None) {
            Ok(()) => {
                failure = None;
                break;
            }
            Err(error) => {
                let is_locale = matches!(&error, Error::Program { output, .. } if output.contains("locale"));
                failure = Some(error);
                if !is_locale {
                    break;
                }
            }
        }
    }
    if let Some(error) = failure {
        return Err(error);
    }
    let conf = unfinished.join("postgresql.conf");
    let mut text = fs::read_to_string(&conf).map_err(Error::io("read", &conf))?;
    text.push_str("\n# Written anew at each start.\ninclude 'pgcluster.conf'\n");
    fs::write(&conf, text).map_err(Error::io("write", &conf))?;
    fs::rename(&unfinished, layout.pgdata()).map_err(Error::io("rename", &unfinished))
}

/// The server's own configuration for these settings.
pub(crate) fn configuration(layout: &Layout, settings: &BTreeMap<String, String>) -> String {
    let socket_dir = layout.socket_dir.to_string_lossy().into_owned();
    let mut all: BTreeMap<&str, &str> = [
        ("unix_socket_directories", socket_dir.as_str()),
        ("unix_socket_permissions", "0700"),
        ("listen_addresses", ""),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        // The log holds what the operator needs, not the values that users sent.
        ("log_error_verbosity", "terse"),
        ("log_min_error_statement", "panic"),
        ("log_checkpoints", "off"),
        // In the data directory: what lies in /dev/shm is removed by systemd when the account logs out (RemoveIPC of
        // logind.conf), and every new connection fails from then on.
        ("dynamic_shared_memory_type", "mmap"),
    ]
    .into_iter()
    .collect();
    all.extend(settings.iter().map(|(k, v)| (k.as_str(), v.as_str())));
    let mut text = String::new();
    for (key, value) in all {
        let quoted = value.replace('\\', "\\\\").replace('\'', "''");
        let _ = writeln!(text, "{key} = '{quoted}'");
    }
    text
}

/// The configuration that the server was last started with.
pub(crate) fn last_configuration(layout: &Layout) -> Option<String> {
    fs::read_to_string(layout.pgdata().join("pgcluster.conf")).ok()
}

/// Starts the server and waits until it serves; `is_alone` says that no other program uses the cluster.
pub(crate) fn start(
    layout: &Layout,
    account: &Account,
    binaries: &Binaries,
    configuration: &str,
    is_alone: bool,
    limit: Duration,
) -> Result<(), Error> {
    let pgdata = layout.pgdata();
    let conf = pgdata.join("pgcluster.conf");
    fs::write(&conf, configuration).map_err(Error::io("write", &conf))?;
    account.own(&conf)?;
    put_log_aside(layout)?;

    let deadline = Instant::now() + limit;
    loop {
        if is_alone {
            forget_stale_pid(&pgdata)?;
        }
        let logged = fs::metadata(layout.log()).map_or(0, |meta| meta.len());
        // pg_ctl puts the server into a session of its own: neither the end of this program nor of the terminal ends it.
        let output = account
            .command(&binaries.program("pg_ctl"))
            .args(["start", "--silent", "--wait", "--pgdata"])
            .arg(&pgdata)
            .arg("--timeout")
            .arg(limit.as_secs().max(1).to_string())
            .arg("--log")
            .arg(layout.log())
            .output();
        let log = log_since(layout, logged);
        // The children of a killed server need a moment to notice, and hold its memory until then.
        let is_leaving = log.contains("pre-existing shared memory block")
            || log.contains("lock file \"postmaster.pid\" already exists");
        match check("pg_ctl start", output, Some(&log)) {
            Err(_) if is_leaving && Instant::now() < deadline => sleep(Duration::from_millis(100)),
            done => return done,
        }
    }
}

/// Stops the server: its clients are thrown out, and what they committed is on disk.
pub(crate) fn stop(layout: &Layout, limit: Duration) -> Result<(), Error> {
    let pgdata = layout.pgdata();
    // Fast, then without a farewell (the next start recovers), as pg_ctl's modes of these names.
    for (signal, limit) in [(Signal::INT, limit), (Signal::QUIT, Duration::from_secs(5))] {
        let Some(pid) = server_pid(&pgdata) else {
            return Ok(());
        };
        match kill_process(pid, signal) {
            Err(rustix::io::Errno::SRCH) => return Ok(()),
            sent => sent.map_err(|errno| Error::io("stop the server of", &pgdata)(errno.into()))?,
        }
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if !pgdata.join("postmaster.pid").exists() {
                return Ok(());
            }
            sleep(POLL);
        }
    }
    Err(Error::TimedOut { what: "stopping PostgreSQL", limit, output: log_since(layout, 0) })
}

/// The process in `postmaster.pid`, whether or not it still runs.
pub(crate) fn server_pid(pgdata: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pgdata.join("postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

/// The folder of the programs that the running server was started from.
pub(crate) fn programs_of_server(layout: &Layout) -> Option<PathBuf> {
    let text = fs::read_to_string(layout.pgdata().join("postmaster.opts")).ok()?;
    let program = PathBuf::from(text.split(" \"").next()?.trim());
    program.parent().map(Path::to_owned)
}

/// Removes a `postmaster.pid` whose number now belongs to another program, which is common in containers.
///
/// PostgreSQL itself tells a dead number, and refuses to start next to a living one, whatever it is. Where processes
/// can be looked at (Linux), the file goes when no process at all works in the data directory. The caller makes sure
/// that nobody else uses the cluster, from another container perhaps, whose processes cannot be seen.
fn forget_stale_pid(pgdata: &Path) -> Result<(), Error> {
    let file = pgdata.join("postmaster.pid");
    if !file.exists() || !Path::new("/proc/self/cwd").exists() {
        return Ok(());
    }
    let mut cwds = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
        })
        .filter_map(|entry| fs::read_link(entry.path().join("cwd")).ok());
    let pgdata = pgdata.canonicalize().unwrap_or_else(|_| pgdata.to_owned());
    if cwds.any(|cwd| cwd == pgdata) {
        return Ok(());
    }
    fs::remove_file(&file).map_err(Error::io("remove", file))
}

fn put_log_aside(layout: &Layout) -> Result<(), Error> {
    let log = layout.log();
    if fs::metadata(&log).is_ok_and(|meta| meta.len() > LOG_LIMIT) {
        fs::rename(&log, layout.old_log()).map_err(Error::io("rename", &log))?;
    }
    Ok(())
}

fn log_since(layout: &Layout, offset: u64) -> String {
    let bytes = fs::read(layout.log()).unwrap_or_default();
    let start = usize::try_from(offset).unwrap_or(0).min(bytes.len());
    tail(&bytes[start..])
}

fn check(program: &'static str, output: std::io::Result<Output>, log: Option<&str>) -> Result<(), Error> {
    let output = output.map_err(Error::io("run", program))?;
    if output.status.success() {
        return Ok(());
    }
    let mut said = tail(&output.stderr);
    if let Some(log) = log.filter(|log| !log.is_empty()) {
        let _ = write!(said, "; log: {log}");
    }
    Err(Error::Program { program, status: output.status.to_string(), output: said })
}

fn tail(bytes: &[u8]) -> String {
    let start = bytes.len().saturating_sub(TAIL);
    String::from_utf8_lossy(&bytes[start..]).trim().to_owned()
}
