//! The PostgreSQL that all tests of a user share, with its templates.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use pgcluster::{Cluster, Options};
use uuid::Uuid;

use crate::fail;

/// How many templates of other versions of the schema are kept, for other checkouts and branches.
const TEMPLATES_KEPT: usize = 4;

/// The size of `/dev/shm`, in bytes, from which on tests live there; it is half of the memory where nobody set it.
const MEMORY_WANTED: u64 = 4 << 30;

/// The server, and this run's place on it.
pub(crate) struct Server {
    pub(crate) cluster: Cluster,
    /// The migrated database that tests copy.
    pub(crate) template: String,
    /// In the name of every database of this run.
    run: String,
    /// Locked for as long as this process lives.
    _alive: File,
    count: AtomicU32,
}

/// The server that tests share, started if it does not run. Blocks.
///
/// # Panics
///
/// When there is none and none can be started; the message says what to do.
#[must_use]
pub fn server() -> &'static Cluster {
    &shared().cluster
}

/// Where the shared server is, and how it is set.
#[must_use]
pub fn options() -> Options {
    let uid = rustix::process::geteuid().as_raw();
    // Short, since it holds a socket, and outside of homes, which are closed to the account root has to use.
    let mut options = Options::new(format!("{}/marquee-test-{uid}", parent_dir()), "marquee");
    options.linger = true;
    // What is lost in a power cut was a test's.
    for (name, value) in [
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("wal_level", "minimal"),
        ("max_wal_senders", "0"),
        // A worker that looks into a template would stop it from being copied.
        ("autovacuum", "off"),
        ("max_connections", "400"),
        ("shared_buffers", "128MB"),
        ("checkpoint_timeout", "1h"),
        ("max_wal_size", "256MB"),
    ] {
        options = options.setting(name, value);
    }
    options
}

/// Memory where there is enough: a copy of a database is 330 small files, whose making waits behind a compiler's writes on
/// a disk (12 ms in memory, 13 to 250 ms on disk). What is decided here stays the same while the machine runs.
fn parent_dir() -> &'static str {
    match rustix::fs::statvfs("/dev/shm") {
        Ok(shm) if shm.f_blocks.saturating_mul(shm.f_frsize) >= MEMORY_WANTED => "/dev/shm",
        _ => "/var/tmp",
    }
}

pub(crate) fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

impl Server {
    fn start() -> Self {
        let cluster = Cluster::start(&options())
            .unwrap_or_else(|error| fail("tests need PostgreSQL (zarf/dev/install-postgres.sh installs it)", &error));
        let (run, alive) = join(cluster.data_dir());
        let server = Self { template: template_name(), run, _alive: alive, count: AtomicU32::new(0), cluster };
        server.sweep();
        server.ensure_template();
        server
    }

    /// A name for another database of this run.
    pub(crate) fn next_name(&self) -> String {
        format!("test_{}_{}", self.run, self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// Runs a statement outside of the tests' databases.
    pub(crate) fn run(&self, sql: &str) -> Vec<String> {
        match self.cluster.query("postgres", sql) {
            Ok(rows) => rows.into_iter().filter_map(|row| row.into_iter().next()?).collect(),
            Err(error) => fail(sql, &error),
        }
    }

    /// Drops the databases of runs that are over.
    fn sweep(&self) {
        let runs = runs_dir(self.cluster.data_dir());
        for name in self.run("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'") {
            let Some(run) = name.split('_').nth(1) else { continue };
            let path = runs.join(run);
            // No file: its run is over, and another one sweeps, or was killed while it did.
            if File::open(&path).is_ok_and(|file| file.try_lock_shared().is_err()) {
                continue;
            }
            // Two that sweep at once get into each other's way, and one of them does it.
            let _ = self.cluster.query("postgres", &format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
        }
        for entry in fs::read_dir(&runs).into_iter().flatten().flatten() {
            let Ok(file) = File::open(entry.path()) else { continue };
            if file.try_lock_shared().is_ok() {
                // Still locked while it goes, so that a run that begins under this name notices.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Builds the template unless it is there, one process at a time.
    pub(crate) fn ensure_template(&self) {
        let exists = || self.run("SELECT datname FROM pg_database").contains(&self.template);
        if exists() {
            return;
        }
        let path = self.cluster.data_dir().join("template.lock");
        let guard = create(&path);
        if let Err(error) = guard.lock() {
            fail("lock the template of test databases", &error);
        }
        if exists() {
            return;
        }
        self.drop_old_templates();
        // Renamed once complete, so that half a template is never copied.
        let unfinished = format!("{}_new", self.template);
        self.run(&format!("DROP DATABASE IF EXISTS \"{unfinished}\" WITH (FORCE)"));
        self.run(&format!("CREATE DATABASE \"{unfinished}\" TEMPLATE template0"));
        migrate_blocking(&self.cluster.url(&unfinished));
        self.run(&format!("ALTER DATABASE \"{unfinished}\" WITH ALLOW_CONNECTIONS false"));
        self.run(&format!("ALTER DATABASE \"{unfinished}\" RENAME TO \"{}\"", self.template));
    }

    fn drop_old_templates(&self) {
        let newest_first = "SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%' ORDER BY oid DESC";
        for name in self.run(newest_first).into_iter().skip(TEMPLATES_KEPT) {
            // One that is being copied cannot be dropped, and stays.
            let _ = self.cluster.query("postgres", &format!("DROP DATABASE IF EXISTS \"{name}\""));
        }
    }
}

fn template_name() -> String {
    format!("template_{}", migrate::fingerprint())
}

/// Migrates from wherever it is called, inside of a runtime or not.
fn migrate_blocking(url: &str) {
    let migrated = std::thread::scope(|scope| {
        let migrating = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(migrate::up(url)))
        });
        migrating.join()
    });
    match migrated {
        Ok(Ok(Ok(_))) => {}
        Ok(Ok(Err(error))) => fail("migrate the template of test databases", &error),
        Ok(Err(error)) => fail("start a runtime", &error),
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

fn runs_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("runs")
}

/// Enters this process among the living.
fn join(data_dir: &Path) -> (String, File) {
    let runs = runs_dir(data_dir);
    if let Err(error) = fs::create_dir_all(&runs) {
        fail("make the folder of test runs", &error);
    }
    loop {
        let run = Uuid::now_v7().simple().to_string();
        let path = runs.join(&run);
        let file = create(&path);
        // Between the two a sweep may take it for dead, and remove it.
        if file.try_lock().is_ok() && path.exists() {
            return (run, file);
        }
    }
}

fn create(path: &Path) -> File {
    match OpenOptions::new().create(true).truncate(false).write(true).open(path) {
        Ok(file) => file,
        Err(error) => fail(&format!("open {}", path.display()), &error),
    }
}
