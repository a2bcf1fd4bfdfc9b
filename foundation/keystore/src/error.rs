//! What can go wrong with the folder.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::algorithm::Algorithm;

/// A failure to read or change a folder of keys, or to sign.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or the folder can't be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No key is active, so nothing can be signed.
    #[error("there is no active key")]
    NoActiveKey,
    /// No key has this id.
    #[error("there is no key {kid}")]
    UnknownKey {
        /// The id.
        kid: String,
    },
    /// The active key can't be retired: rotate first.
    #[error("key {kid} is active")]
    Active {
        /// The id.
        kid: String,
    },
    /// Tokens that the key signed may still be valid.
    #[error("key {kid} is needed for another {} s, until the last token it signed has expired", remaining.as_secs())]
    StillNeeded {
        /// The id.
        kid: String,
        /// For how long.
        remaining: Duration,
    },
    /// Keys for this algorithm can't be made.
    #[error("cannot make a key for {0}")]
    NotForSigning(Algorithm),
    /// The cryptographic library failed.
    #[error("cryptographic failure")]
    Crypto,
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, reason: &'static str) -> Self {
        Self::Damaged { path: path.to_owned(), reason }
    }
}

impl From<aws_lc_rs::error::Unspecified> for Error {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Crypto
    }
}

impl From<jsonwebtoken::errors::Error> for Error {
    fn from(_: jsonwebtoken::errors::Error) -> Self {
        Self::Crypto
    }
}
