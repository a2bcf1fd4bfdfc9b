//! Clusters made, shared, killed and found again, with the PostgreSQL of this machine.

#![expect(clippy::unwrap_used, reason = "a test fails where something unexpected happens")]

mod folders;
mod kills;
mod program;
mod sharing;

use std::os::unix::fs::PermissionsExt;

use pgcluster::{Cluster, Options};

/// A folder for clusters that an unprivileged account can reach.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("pgc")
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir_in("/tmp")
        .unwrap()
}

/// A small cluster that starts fast.
pub(crate) fn options(folder: &tempfile::TempDir) -> Options {
    options_in(folder.path().join("c"))
}

pub(crate) fn options_in(data_dir: impl Into<std::path::PathBuf>) -> Options {
    Options::new(data_dir, "tester")
        .setting("fsync", "off")
        .setting("shared_buffers", "16MB")
        .setting("max_connections", "20")
}

/// The one value of a query.
pub(crate) fn value(cluster: &Cluster, sql: &str) -> String {
    let rows = cluster.query("postgres", sql).unwrap();
    rows[0][0].clone().unwrap()
}
