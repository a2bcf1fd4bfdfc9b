//! A PostgreSQL of one test, to be frozen and killed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pgcluster::{Cluster, Options};
use rustix::process::{Pid, Signal, kill_process};
use uuid::Uuid;

use crate::database::blocking;
use crate::fail;

/// A server of one test, removed with this value.
#[derive(Debug)]
pub struct PrivateCluster {
    cluster: Option<Cluster>,
    options: Options,
    folder: PathBuf,
}

/// Starts a server of its own for one test; it takes a second.
///
/// # Panics
///
/// When PostgreSQL cannot be used; the message says what to do.
pub async fn private_cluster() -> PrivateCluster {
    blocking(PrivateCluster::start).await
}

impl PrivateCluster {
    /// The address of one of its databases; `postgres` is there, without migrations.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.cluster().url(database)
    }

    /// The server.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        match &self.cluster {
            Some(cluster) => cluster,
            None => fail("use a server", &std::io::Error::other("it was killed and not started again")),
        }
    }

    /// Makes a database of this name and migrates it.
    pub async fn migrated(&self, database: &str) -> String {
        let url = self.url(database);
        if let Err(error) = self.cluster().create_database_if_missing(database) {
            fail("make a database", &error);
        }
        match migrate::up(&url).await {
            Ok(_) => url,
            Err(error) => fail("migrate a database", &error),
        }
    }

    /// Stops every process of the server in its tracks (SIGSTOP): connections stay open and nothing answers.
    pub fn freeze(&self) {
        // The postmaster first, or it would go on making new ones.
        self.signal(Signal::STOP);
        self.signal(Signal::STOP);
    }

    /// Lets the processes go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Kills every process of the server (SIGKILL), as a machine that loses power does.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Starts the server again after [`kill`](Self::kill).
    pub async fn restart(&mut self) {
        let options = self.options.clone();
        self.cluster = Some(blocking(move || start(&options)).await);
    }

    fn start() -> Self {
        let folder = PathBuf::from(format!("/tmp/mq-{}", Uuid::now_v7().simple()));
        let made =
            fs::create_dir(&folder).and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)));
        if let Err(error) = made {
            fail("make the folder of a server", &error);
        }
        let options = Options::new(folder.join("c"), "marquee")
            .setting("fsync", "off")
            .setting("shared_buffers", "32MB")
            .setting("max_connections", "50");
        Self { cluster: Some(start(&options)), options, folder }
    }

    fn signal(&self, signal: Signal) {
        let Some(postmaster) = self.cluster.as_ref().and_then(Cluster::server_pid) else { return };
        let children = children_of(postmaster);
        for pid in std::iter::once(postmaster).chain(children) {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
            // One that ended meanwhile needs no signal.
            let _ = pid.map(|pid| kill_process(pid, signal));
        }
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        self.thaw();
        drop(self.cluster.take());
        // What is left of it is in /tmp.
        let _ = pgcluster::remove(&self.folder);
    }
}

fn start(options: &Options) -> Cluster {
    Cluster::start(options)
        .unwrap_or_else(|error| fail("tests need PostgreSQL (zarf/dev/install-postgres.sh installs it)", &error))
}

/// The processes whose parent is `parent`.
fn children_of(parent: u32) -> Vec<u32> {
    if !Path::new("/proc/self/stat").exists() {
        return children_by_ps(parent);
    }
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // proc(5): pid (comm) state ppid ..; comm may hold blanks and brackets.
        let ppid = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1));
        if ppid.and_then(|ppid| ppid.parse::<u32>().ok()) == Some(parent) {
            children.push(pid);
        }
    }
    children
}

fn children_by_ps(parent: u32) -> Vec<u32> {
    let output = std::process::Command::new("ps").args(["-ax", "-o", "pid=,ppid="]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| {
        let mut numbers = line.split_whitespace().filter_map(|number| number.parse::<u32>().ok());
        Some((numbers.next()?, numbers.next()?))
    });
    pairs.filter(|(_, ppid)| *ppid == parent).map(|(pid, _)| pid).collect()
}
