//! Which file of a cluster is where.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The port in the name of the socket; there is no TCP port.
pub(crate) const PORT: u16 = 5432;

/// `sun_path` less its closing zero byte (unix(7): 108 on Linux, 104 on the BSDs and macOS).
const SOCKET_PATH_LIMIT: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The files of one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The folder that holds all of it, closed to others than the owner.
    pub(crate) base: PathBuf,
    /// The folder of the socket.
    pub(crate) socket_dir: PathBuf,
}

impl Layout {
    pub(crate) fn new(base: &Path, socket_dir: Option<&Path>) -> Result<Self, Error> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(Error::io("find the folder", path));
        let base = absolute(base)?;
        let socket_dir = match socket_dir {
            Some(dir) => absolute(dir)?,
            None => base.join("socket"),
        };
        let layout = Self { base, socket_dir };
        let socket = layout.socket();
        let length = socket.as_os_str().as_bytes().len();
        if length > SOCKET_PATH_LIMIT {
            return Err(Error::SocketPathTooLong { socket, length, limit: SOCKET_PATH_LIMIT });
        }
        Ok(layout)
    }

    /// PostgreSQL's data directory.
    pub(crate) fn pgdata(&self) -> PathBuf {
        self.base.join("pgdata")
    }

    /// Where `initdb` works; renamed to `pgdata` once complete, so that half a cluster is never taken for one.
    pub(crate) fn unfinished(&self) -> PathBuf {
        self.base.join("pgdata.new")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.socket_dir.join(format!(".s.PGSQL.{PORT}"))
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.base.join("postgres.log")
    }

    pub(crate) fn old_log(&self) -> PathBuf {
        self.base.join("postgres.log.1")
    }

    /// Held while somebody starts or stops the server.
    pub(crate) fn gate_lock(&self) -> PathBuf {
        self.base.join("gate.lock")
    }

    /// Held, shared, by every program that uses the server.
    pub(crate) fn users_lock(&self) -> PathBuf {
        self.base.join("users.lock")
    }

    /// Refuses a folder in which somebody keeps other things, before its owner and permissions are changed.
    pub(crate) fn check_is_ours(&self) -> Result<(), Error> {
        let Ok(entries) = fs::read_dir(&self.base) else {
            return Ok(());
        };
        let ours = [
            self.pgdata(),
            self.unfinished(),
            self.log(),
            self.old_log(),
            self.gate_lock(),
            self.users_lock(),
            self.base.join("socket"),
        ];
        let has_cluster = self.pgdata().join("PG_VERSION").exists();
        for entry in entries.flatten() {
            if !has_cluster && !ours.contains(&entry.path()) {
                return Err(Error::Occupied { data_dir: self.base.clone() });
            }
        }
        Ok(())
    }
}
