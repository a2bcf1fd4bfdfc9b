//! `--probe`: one question to the process that runs with the same settings, for containers, where there is no curl.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, ValueEnum};
use service::reachable;

/// How long the answer may take. Readiness itself answers within this time.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Probe {
    /// Whether the process should be sent requests.
    Ready,
    /// Whether the process answers at all.
    Live,
}

impl Probe {
    /// The argument of the command line.
    pub(crate) fn argument() -> Arg {
        Arg::new("probe")
            .long("probe")
            .value_name("WHAT")
            .value_parser(clap::value_parser!(Self))
            .hide_possible_values(true)
            .help("Start nothing: ask the debug listener of the process with these settings whether it is `ready` or `live`, and exit with 0 when it says so within 1 s, else with 1")
    }

    /// What the command line asks.
    pub(crate) fn of(matches: &ArgMatches) -> Option<Self> {
        matches.get_one("probe").copied()
    }

    /// Asks, and tells a refusal on standard error.
    pub(crate) fn run(self, sources: &settings::Sources) -> ExitCode {
        // What a service refuses beyond the rules of every setting is no matter of the question.
        let asked = settings::load(sources).map_err(|errors| errors.to_string()).and_then(|loaded| {
            let debug = loaded.settings.web.debug_host;
            ask(debug, self.path()).map_err(|refusal| format!("http://{debug}{}: {refusal}", self.path()))
        });
        match asked {
            Ok(()) => ExitCode::SUCCESS,
            Err(refusal) => {
                // Nobody is left to tell when this fails.
                let _ = writeln!(io::stderr(), "{refusal}");
                ExitCode::FAILURE
            }
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Ready => "/readyz",
            Self::Live => "/livez",
        }
    }
}

/// Why the answer is no.
#[derive(Debug)]
enum Refusal {
    Away(io::Error),
    Late,
    Answered(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(error) => write!(f, "{error}"),
            Self::Late => f.write_str("no answer within 1 s"),
            Self::Answered(answer) => f.write_str(answer),
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Late,
            _ => Self::Away(error),
        }
    }
}

/// One GET of a few bytes: a client of HTTP, a runtime, TLS would all take longer to start than the answer.
fn ask(listener: SocketAddr, path: &str) -> Result<(), Refusal> {
    let until = Instant::now() + PATIENCE;
    let left = || until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()).ok_or(Refusal::Late);
    let mut stream = TcpStream::connect_timeout(&reachable(listener), left()?)?;
    stream.set_write_timeout(Some(left()?))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {listener}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    let mut part = [0; 512];
    // Each part may take what is left: a peer that dribbles is late as well.
    while answer.len() < 4096 {
        stream.set_read_timeout(Some(left()?))?;
        match stream.read(&mut part)? {
            0 => break,
            read => answer.extend(part.iter().take(read)),
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    if answer.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    let status = answer.lines().next().unwrap_or("closed without an answer");
    let reason = answer.split_once("\r\n\r\n").map(|(_, body)| body.trim()).filter(|body| !body.is_empty());
    Err(Refusal::Answered(reason.map_or_else(|| status.to_owned(), |reason| format!("{status}: {reason}"))))
}
