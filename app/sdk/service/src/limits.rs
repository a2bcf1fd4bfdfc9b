//! What the process may have of the system.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many files may be open; `None` for any number.
pub fn open_files() -> Option<usize> {
    getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok())
}

/// Raises the number of files that may be open to what the system lets the process have, and reports it: each connection is
/// one, and the usual default, 1024, is made for programs that call `select`.
pub(crate) fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        tracing::info!(open_files = current, "the limit of open files is as high as it may be");
        return;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => tracing::info!(open_files = maximum, before = current, "the limit of open files was raised"),
        // macOS has no such thing as no limit.
        Err(error) => tracing::warn!(open_files = current, maximum, %error, "the limit of open files stays as it is"),
    }
}
