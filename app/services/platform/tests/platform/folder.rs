//! Folders of one test, with or without a PostgreSQL of their own.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use pgcluster::{Cluster, Options, Outcome};
use tempfile::TempDir;

/// A folder that holds a private cluster, which is stopped when the test ends, however it does.
pub(crate) struct ClusterFolder(TempDir);

impl ClusterFolder {
    /// Short, since it holds a socket, and open to the account that root's server runs under.
    pub(crate) fn new() -> Self {
        let permissions = Permissions::from_mode(0o755);
        Self(tempfile::Builder::new().prefix("mq-").permissions(permissions).tempdir_in("/var/tmp").unwrap())
    }

    /// The value of `db.data_dir`.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.0.path().join("db")
    }

    /// Whether its server takes connections.
    pub(crate) fn serves(&self) -> bool {
        UnixStream::connect(self.data_dir().join("socket/.s.PGSQL.5432")).is_ok()
    }

    /// The first column of a query's rows. This test is a user of the cluster meanwhile; the server has to run.
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        let cluster = Cluster::start(&self.options()).unwrap();
        assert_eq!(cluster.outcome(), Outcome::Reused);
        let rows = cluster.query(database::NAME, sql).unwrap();
        rows.into_iter().filter_map(|row| row.into_iter().next()?).collect()
    }

    fn options(&self) -> Options {
        // As the program sets it, or the server would be restarted for the difference.
        Options::new(self.data_dir(), database::NAME).setting("max_connections", "200")
    }
}

impl Drop for ClusterFolder {
    fn drop(&mut self) {
        // A test that failed has failed already.
        let _ = pgcluster::stop_if_unused(&self.options());
    }
}

/// A folder with one active signing key.
pub(crate) fn keys() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    add_key(folder.path());
    folder
}

/// Makes an active signing key unless there is one.
pub(crate) fn add_key(folder: &Path) {
    let keys = keystore::KeyStore::open(folder).unwrap();
    keys.ensure_active(keystore::Algorithm::EdDsa).unwrap();
}
