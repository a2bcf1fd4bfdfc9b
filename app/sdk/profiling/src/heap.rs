//! Who holds memory.

use tokio::sync::OwnedSemaphorePermit;

use crate::Error;
use crate::profile::Profile;

#[cfg(feature = "jemalloc")]
pub(crate) async fn take(turn: OwnedSemaphorePermit) -> Result<Profile, Error> {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use pprof::protos::{self, Message as _};

    let failed = |error: &dyn std::fmt::Display| Error::Failed(error.to_string());
    let Some(control) = jemalloc_pprof::PROF_CTL.as_ref() else {
        return Err(Error::Failed("jemalloc was told not to take samples (MALLOC_CONF)".to_owned()));
    };
    crate::blocking(move || {
        let _turn = turn;
        let compressed = control.blocking_lock().dump_pprof().map_err(|error| failed(&error))?;
        let mut bytes = Vec::new();
        GzDecoder::new(compressed.as_slice()).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        let mut profile = protos::Profile::decode(bytes.as_slice()).map_err(|error| failed(&error))?;
        without_allocator(&mut profile);
        Ok(Profile::heap(profile))
    })
    .await
}

#[cfg(not(feature = "jemalloc"))]
#[expect(clippy::unused_async, reason = "the other build waits")]
pub(crate) async fn take(_: OwnedSemaphorePermit) -> Result<Profile, Error> {
    Err(Error::NotBuilt)
}

/// Takes the allocator's own frames off every stack, up to the function that it was called by.
#[cfg(feature = "jemalloc")]
fn without_allocator(profile: &mut pprof::protos::Profile) {
    use std::collections::HashSet;

    let is_entry = |name: &str| {
        ["__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc"].iter().any(|entry| name.ends_with(entry))
            || ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"].contains(&name)
    };
    let word = |index: i64| usize::try_from(index).ok().and_then(|index| profile.string_table.get(index));
    let functions: HashSet<u64> = profile
        .function
        .iter()
        .filter(|function| word(function.name).is_some_and(|name| is_entry(name)))
        .map(|function| function.id)
        .collect();
    let entries: HashSet<u64> = profile
        .location
        .iter()
        .filter(|location| location.line.iter().any(|line| functions.contains(&line.function_id)))
        .map(|location| location.id)
        .collect();
    for sample in &mut profile.sample {
        // One entry calls another: the outermost of them counts, and all are near the inner end.
        let inner = sample.location_id.iter().take(DEEPEST_ENTRY);
        if let Some(entry) = inner.enumerate().filter(|(_, id)| entries.contains(id)).map(|(at, _)| at).last() {
            sample.location_id.drain(..=entry);
        }
    }
}

/// How many frames of the allocator lie upon each other at most.
#[cfg(feature = "jemalloc")]
const DEEPEST_ENTRY: usize = 24;
