//! What can go wrong with a private cluster, each with its mend.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a cluster cannot be used. Every message says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No usable PostgreSQL is installed.
    #[error(
        "no PostgreSQL {minimum} or newer was found{}; install it with `{install}`, \
         or name a server of your own with db.url",
        listed(" (rejected: ", rejected, ")")
    )]
    NotFound {
        /// The oldest major version that is accepted.
        minimum: u32,
        /// Programs that were found and refused, each with the reason.
        rejected: Vec<String>,
        /// The command that installs it on this system.
        install: String,
    },

    /// The data folder was written by another major version than the programs that are installed.
    #[error(
        "the data in {} were written by PostgreSQL {data}, and only {} is installed; install \
         PostgreSQL {data}, or move the folder away to start with an empty one",
        data_dir.display(),
        listed("", installed, "")
    )]
    VersionMismatch {
        /// The folder of the cluster.
        data_dir: PathBuf,
        /// The major version that wrote it.
        data: u32,
        /// What is installed.
        installed: Vec<String>,
    },

    /// The account PostgreSQL runs under cannot reach the data folder.
    #[error(
        "{} is closed to the account `{account}` that PostgreSQL has to run under (it refuses to \
         run as root); choose a data folder elsewhere, or open this one with `chmod o+x`",
        folder.display()
    )]
    Closed {
        /// The folder on the way that is closed.
        folder: PathBuf,
        /// The account that has to pass through it.
        account: String,
    },

    /// The data folder belongs to somebody else.
    #[error(
        "{} belongs to the account `{owner}`; run as that account or as root, or choose another \
         data folder",
        data_dir.display()
    )]
    Foreign {
        /// The folder of the cluster.
        data_dir: PathBuf,
        /// The account it belongs to.
        owner: String,
    },

    /// The data folder holds something that is not a cluster.
    #[error("{} is not empty and holds no cluster; choose another data folder", data_dir.display())]
    Occupied {
        /// The folder in question.
        data_dir: PathBuf,
    },

    /// There is no account PostgreSQL could run under.
    #[error("PostgreSQL refuses to run as root, and there is neither an account `postgres` nor `nobody`")]
    NoAccount,

    /// The path of the socket is longer than the system can address.
    #[error(
        "the path of the socket, {}, has {length} bytes, and the system allows {limit}; choose a \
         shorter data folder",
        socket.display()
    )]
    SocketPathTooLong {
        /// The path of the socket.
        socket: PathBuf,
        /// Its length in bytes.
        length: usize,
        /// The longest path a socket may have, in bytes.
        limit: usize,
    },

    /// One of PostgreSQL's programs failed.
    #[error("{program} failed ({status}): {output}")]
    Program {
        /// The program, such as `initdb`.
        program: &'static str,
        /// How it ended.
        status: String,
        /// The end of what it wrote, and of the server's log.
        output: String,
    },

    /// Something did not happen in time.
    #[error("{what} took longer than {limit:?}{}", detail(output))]
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// How long.
        limit: Duration,
        /// The end of the server's log, if that tells more.
        output: String,
    },

    /// The server refused a connection or a statement.
    #[error("PostgreSQL answered {code}: {message}")]
    Server {
        /// The SQLSTATE.
        code: String,
        /// The server's text.
        message: String,
    },

    /// The system refused something.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl Error {
    /// Whether the server said so, with a SQLSTATE of one of these classes.
    pub(crate) fn is_of_class(&self, classes: &[&str]) -> bool {
        matches!(self, Self::Server { code, .. } if classes.iter().any(|class| code.starts_with(class)))
    }

    /// For `map_err`: an [`Error::Io`] about `path`.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

fn detail(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!(": {output}") }
}

fn listed<'a>(before: &'a str, items: &'a [String], after: &'a str) -> impl fmt::Display + 'a {
    fmt::from_fn(move |f| {
        if items.is_empty() {
            return Ok(());
        }
        write!(f, "{before}{}{after}", items.join(", "))
    })
}
