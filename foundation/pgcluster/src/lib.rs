//! A private PostgreSQL cluster that a program starts for itself.
//!
//! The cluster lives in one folder: its data, its log, its socket, two lock files. Every program that uses it holds
//! a shared lock on `users.lock`; whoever starts or stops the server holds `gate.lock`. Both are released by the kernel
//! when a program dies, so nothing is ever left behind: the server of a program that was killed goes on, and the
//! next program takes it over. The last to leave stops it.
//!
//! There is no TCP port and no password: whoever may enter the folder of the socket, which are its owner and
//! root, may connect. All functions block; call them from a blocking task.

mod account;
mod binaries;
mod error;
mod layout;
mod server;
mod wire;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use account::Account;
pub use binaries::{Binaries, MINIMUM_VERSION};
pub use error::Error;
use layout::{Layout, PORT};
use server::State;
use wire::Session;

/// What kind of cluster is wanted.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the cluster, made if it is missing.
    pub data_dir: PathBuf,
    /// The superuser that is made with the cluster.
    pub role: String,
    /// Settings of the server, such as `max_connections`. A server that runs already with others is restarted
    /// when nobody else uses it, else taken as it is.
    pub settings: BTreeMap<String, String>,
    /// Leave the server running for the next program.
    pub linger: bool,
    /// The folder of the socket, when `data_dir` is too long a path; must be of this cluster alone.
    pub socket_dir: Option<PathBuf>,
    /// Look for PostgreSQL's programs in these folders only.
    pub bin_dirs: Option<Vec<PathBuf>>,
    /// How long a start or a stop may take, waiting for other programs included.
    pub limit: Duration,
}

impl Options {
    /// A cluster in `data_dir` with the superuser `role`, stopped by the last program that uses it.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>, role: impl Into<String>) -> Self {
        Self {
            data_dir: data_dir.into(),
            role: role.into(),
            settings: BTreeMap::new(),
            linger: false,
            socket_dir: None,
            bin_dirs: None,
            limit: Duration::from_secs(60),
        }
    }

    /// Adds a setting of the server.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// How a cluster came to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made, and started.
    Initialised,
    /// It was there, and was started.
    Started,
    /// It was running.
    Reused,
}

/// How a program left a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The server was stopped.
    Stopped,
    /// The server goes on: others use it, or it is meant to linger.
    Running,
}

/// A cluster in use by this program, until it is stopped or dropped.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    role: String,
    linger: bool,
    limit: Duration,
    outcome: Outcome,
    took: Duration,
    /// The shared lock; `None` once left.
    user: Option<File>,
}

impl Cluster {
    /// Finds the cluster running, or starts it, or makes it.
    ///
    /// # Errors
    ///
    /// See [`Error`]; each names its mend.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let began = Instant::now();
        let deadline = began + options.limit;
        let layout = Layout::new(&options.data_dir, options.socket_dir.as_deref())?;
        layout.check_is_ours()?;
        let account = Account::for_cluster(&layout.base, &layout.pgdata())?;
        account.can_reach(&layout.base)?;
        account.own_dir(&layout.base)?;

        let gate = open_lock(&layout.gate_lock(), &account)?;
        lock_until(&gate, Lock::Exclusive, options.limit, deadline)?;
        let user = open_lock(&layout.users_lock(), &account)?;
        let outcome = bring_up(options, &layout, &account, &user, deadline)?;
        lock_until(&user, Lock::Shared, options.limit, deadline)?;
        drop(gate);

        Ok(Self {
            layout,
            role: options.role.clone(),
            linger: options.linger,
            limit: options.limit,
            outcome,
            took: began.elapsed(),
            user: Some(user),
        })
    }

    /// How it came to serve.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// How long that took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The folder of the cluster.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.layout.base
    }

    /// PostgreSQL's own log.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.layout.log()
    }

    /// The socket clients connect to.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.layout.socket()
    }

    /// The process id of the server (the postmaster).
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        let pid = server::server_pid(&self.layout.pgdata())?;
        u32::try_from(pid.as_raw_pid()).ok()
    }

    /// The address of one of its databases, as libpq and sqlx read it (RFC 3986: the socket's folder is
    /// percent-encoded in the place of the host).
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{}@{}:{PORT}/{}",
            percent_encoded(self.role.as_bytes()),
            percent_encoded(self.layout.socket_dir.as_os_str().as_encoded_bytes()),
            percent_encoded(database.as_bytes()),
        )
    }

    /// `psql` on one of its databases, of the version of the server where that is there.
    #[must_use]
    pub fn psql_command(&self, database: &str) -> Command {
        let beside = server::programs_of_server(&self.layout).map(|dir| dir.join("psql"));
        let program = beside.filter(|psql| psql.exists());
        let mut command = Command::new(program.unwrap_or_else(|| PathBuf::from("psql")));
        command
            .arg("--host")
            .arg(&self.layout.socket_dir)
            .args(["--port", &PORT.to_string(), "--username", &self.role])
            .args(["--dbname", database]);
        command
    }

    /// Runs statements on one of its databases, and returns the rows as text.
    ///
    /// # Errors
    ///
    /// [`Error::Server`] when it refuses them.
    pub fn query(&self, database: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        let socket = self.layout.socket();
        Session::connect(&socket, &self.role, database, self.limit)?.query(sql)
    }

    /// Makes a database unless it is there; true when it was made.
    ///
    /// # Errors
    ///
    /// [`Error::Server`] when the server refuses it.
    pub fn create_database_if_missing(&self, database: &str) -> Result<bool, Error> {
        let text = database.replace('\'', "''");
        let exists = format!("SELECT 1 FROM pg_database WHERE datname = '{text}'");
        if !self.query("postgres", &exists)?.is_empty() {
            return Ok(false);
        }
        let name = database.replace('"', "\"\"");
        match self.query("postgres", &format!("CREATE DATABASE \"{name}\"")) {
            Ok(_) => Ok(true),
            // Another program came first: duplicate_database, or unique_violation when at the same moment.
            Err(Error::Server { code, .. }) if code == "42P04" || code == "23505" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Leaves the cluster, and stops the server if nobody else uses it and it is not meant to linger.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] when the server does not end.
    pub fn stop(mut self) -> Result<Left, Error> {
        let linger = self.linger;
        self.leave(linger)
    }

    /// Leaves the cluster, and stops the server even if it is meant to linger, unless somebody else uses it.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] when the server does not end.
    pub fn stop_lingering(mut self) -> Result<Left, Error> {
        self.leave(false)
    }

    fn leave(&mut self, linger: bool) -> Result<Left, Error> {
        let Some(user) = self.user.take() else {
            return Ok(Left::Running);
        };
        if linger {
            return Ok(Left::Running);
        }
        let deadline = Instant::now() + self.limit;
        let path = self.layout.gate_lock();
        let gate = File::open(&path).map_err(Error::io("open", &path))?;
        lock_until(&gate, Lock::Exclusive, self.limit, deadline)?;
        if !becomes_only_user(&user)? {
            return Ok(Left::Running);
        }
        // A number in a file that a killed server left may be another program's by now.
        if let State::Down = server::state(&self.layout, &self.role)? {
            return Ok(Left::Stopped);
        }
        server::stop(&self.layout, self.limit)?;
        Ok(Left::Stopped)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let linger = self.linger;
        // What went wrong is told by `stop`; here nobody listens.
        let _ = self.leave(linger);
    }
}

/// Stops the cluster in `options.data_dir` if it runs and nobody uses it, without starting it.
///
/// # Errors
///
/// [`Error::TimedOut`] when the server does not end.
pub fn stop_if_unused(options: &Options) -> Result<Left, Error> {
    let layout = Layout::new(&options.data_dir, options.socket_dir.as_deref())?;
    if !layout.gate_lock().exists() || matches!(server::state(&layout, &options.role)?, State::Down) {
        return Ok(Left::Stopped);
    }
    Cluster::start(options)?.stop_lingering()
}

/// Under the gate: the server serves afterwards.
fn bring_up(
    options: &Options,
    layout: &Layout,
    account: &Account,
    user: &File,
    deadline: Instant,
) -> Result<Outcome, Error> {
    let configuration = server::configuration(layout, &options.settings);
    let state = server::settled(layout, &options.role, deadline)?;
    let is_alone = becomes_only_user(user)?;
    match state {
        State::Ready => {
            let is_same = server::last_configuration(layout).as_deref() == Some(&configuration);
            if is_same || !is_alone {
                return Ok(Outcome::Reused);
            }
            server::stop(layout, options.limit)?;
        }
        // Nobody is served by it: a new start mends what was taken away.
        State::Failing(_) if is_alone => server::stop(layout, options.limit)?,
        State::Failing(error) => return Err(error),
        State::Changing | State::Down => {}
    }
    account.own_dir(&layout.socket_dir)?;
    let installed = Binaries::find_all(options.bin_dirs.as_deref())?;
    let (binaries, outcome) = match server::data_version(layout) {
        Some(data) => {
            let matching = installed.iter().find(|binaries| binaries.major == data);
            let binaries = matching.ok_or_else(|| Error::VersionMismatch {
                data_dir: layout.base.clone(),
                data,
                installed: installed.iter().map(|one| format!("{} in {}", one.major, one.dir.display())).collect(),
            })?;
            (binaries, Outcome::Started)
        }
        None => {
            let durable = options.settings.get("fsync").is_none_or(|on| on != "off");
            // find_all has at least one.
            let binaries = &installed[0];
            server::init(layout, account, binaries, &options.role, durable)?;
            (binaries, Outcome::Initialised)
        }
    };
    server::start(layout, account, binaries, &configuration, is_alone, options.limit)?;
    Ok(outcome)
}

#[derive(Clone, Copy)]
enum Lock {
    Shared,
    Exclusive,
}

fn open_lock(path: &Path, account: &Account) -> Result<File, Error> {
    let existed = path.exists();
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::io("open", path))?;
    if !existed {
        account.own(path)?;
    }
    Ok(file)
}

/// `flock` has no time limit of its own, and this program must not wait for ever for another.
fn lock_until(file: &File, lock: Lock, limit: Duration, deadline: Instant) -> Result<(), Error> {
    loop {
        let tried = match lock {
            Lock::Shared => file.try_lock_shared(),
            Lock::Exclusive => file.try_lock(),
        };
        match tried {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::TimedOut {
                    what: "waiting for another program that starts or stops the cluster",
                    limit,
                    output: String::new(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", "the cluster")(error)),
        }
    }
}

fn becomes_only_user(user: &File) -> Result<bool, Error> {
    match user.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", "the cluster")(error)),
    }
}

/// RFC 3986, 2.1: everything but the unreserved characters.
fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Removes a cluster's folder, data included; the cluster must be stopped.
///
/// # Errors
///
/// [`Error::Io`] when it cannot be removed.
pub fn remove(data_dir: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(data_dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(Error::io("remove", data_dir)),
    }
}
