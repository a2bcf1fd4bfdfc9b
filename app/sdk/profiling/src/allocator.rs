//! The allocator's own figures.

use serde::Serialize;

use crate::Error;

/// Which allocator this build has.
pub const ALLOCATOR: &str = if cfg!(feature = "jemalloc") { "jemalloc" } else { "system" };

/// What the allocator has and has given, in bytes. From `allocated` to `mapped`, each contains the one before it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Statistics {
    /// What the program holds.
    pub allocated: usize,
    /// Pages with something in them.
    pub active: usize,
    /// Pages in memory, the allocator's own among them.
    pub resident: usize,
    /// Pages that the allocator has from the system.
    pub mapped: usize,
    /// Pages that it could give back and keeps.
    pub retained: usize,
    /// What it needs for itself.
    pub metadata: usize,
    /// Arenas that threads allocate from.
    pub arenas: u32,
}

/// The figures of now; none with the system's allocator, which does not tell.
///
/// # Errors
///
/// The allocator does not answer.
#[cfg(feature = "jemalloc")]
pub fn statistics() -> Result<Option<Statistics>, Error> {
    use tikv_jemalloc_ctl::{arenas, epoch, stats};

    let read = || {
        // The figures are those of the last time that somebody asked for new ones.
        epoch::advance()?;
        Ok(Statistics {
            allocated: stats::allocated::read()?,
            active: stats::active::read()?,
            resident: stats::resident::read()?,
            mapped: stats::mapped::read()?,
            retained: stats::retained::read()?,
            metadata: stats::metadata::read()?,
            arenas: arenas::narenas::read()?,
        })
    };
    read().map(Some).map_err(|error: tikv_jemalloc_ctl::Error| Error::Failed(error.to_string()))
}

/// The figures of now; none with the system's allocator, which does not tell.
///
/// # Errors
///
/// The allocator does not answer.
#[cfg(not(feature = "jemalloc"))]
pub fn statistics() -> Result<Option<Statistics>, Error> {
    Ok(None)
}
