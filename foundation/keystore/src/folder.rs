//! The files: `keys.json`, the PEM files it names, the lock.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::index::Index;

/// Tells one state of the index from another without reading it. A replaced file is another inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(Option<(u64, u64, i64, i64, u64)>);

impl Stamp {
    /// Whether there was no index.
    pub(crate) fn is_nothing(self) -> bool {
        self.0.is_none()
    }
}

/// The folder.
pub(crate) struct Folder(PathBuf);

/// The right to change the folder, until it is dropped.
pub(crate) struct Locked<'a> {
    folder: &'a Folder,
    // Closing the file ends the lock, as the end of the program does.
    _lock: File,
}

const INDEX: &str = "keys.json";
const LOCK: &str = ".lock";
const UNFINISHED: &str = ".tmp";

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The index; an empty one when there is none yet.
    pub(crate) fn index(&self) -> Result<Index, Error> {
        let path = self.0.join(INDEX);
        let json = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Index::default()),
            outcome => outcome.map_err(Error::io("read", &path))?,
        };
        let index: Index =
            serde_json::from_slice(&json).map_err(|_| Error::damaged(&path, "it is not an index of keys"))?;
        // The id becomes the name of a file.
        if index.keys.iter().any(|entry| !is_kid(&entry.kid)) {
            return Err(Error::damaged(&path, "it names a key by what is no thumbprint"));
        }
        Ok(index)
    }

    pub(crate) fn stamp(&self) -> Result<Stamp, Error> {
        let path = self.0.join(INDEX);
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Stamp(None)),
            outcome => {
                let facts = outcome.map_err(Error::io("read", &path))?;
                Ok(Stamp(Some((facts.dev(), facts.ino(), facts.mtime(), facts.mtime_nsec(), facts.len()))))
            }
        }
    }

    /// Where the private key is.
    pub(crate) fn pem(&self, kid: &str) -> PathBuf {
        self.0.join(format!("{kid}.pem"))
    }

    /// Waits until no other program changes the folder. The folder is made when it is not there.
    pub(crate) fn lock(&self) -> Result<Locked<'_>, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(Error::io("create", &self.0))?;
        let path = self.0.join(LOCK);
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let lock = open.map_err(Error::io("open", &path))?;
        lock.lock().map_err(Error::io("lock", &path))?;
        Ok(Locked { folder: self, _lock: lock })
    }
}

impl Locked<'_> {
    /// Writes a private key.
    pub(crate) fn write_pem(&self, kid: &str, pem: &str) -> Result<(), Error> {
        self.replace(&self.folder.pem(kid), pem.as_bytes())
    }

    /// Removes a private key.
    pub(crate) fn remove_pem(&self, kid: &str) -> Result<(), Error> {
        let path = self.folder.pem(kid);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            outcome => outcome.map_err(Error::io("remove", &path)),
        }
    }

    /// Writes the index. The private keys it names have to be there already.
    pub(crate) fn write_index(&self, index: &Index) -> Result<(), Error> {
        let path = self.folder.0.join(INDEX);
        let json = serde_json::to_vec_pretty(index).map_err(|_| Error::damaged(&path, "it cannot be written"))?;
        self.replace(&path, &json)
    }

    /// Puts a file in the place of another: after a crash it is the one or the other.
    fn replace(&self, path: &Path, content: &[u8]) -> Result<(), Error> {
        // The holder of the lock is the only writer, so one name is enough, and a file of that name was left by a crash.
        let unfinished = self.folder.0.join(UNFINISHED);
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::io("remove", &unfinished)(error)),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)
            .map_err(Error::io("create", &unfinished))?;
        file.write_all(content).and_then(|()| file.sync_all()).map_err(Error::io("write", &unfinished))?;
        fs::rename(&unfinished, path).map_err(Error::io("replace", path))?;
        File::open(&self.folder.0).and_then(|folder| folder.sync_all()).map_err(Error::io("sync", &self.folder.0))
    }
}

/// A SHA-256 thumbprint in base64url.
fn is_kid(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
