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
        let profile = protos::Profile::decode(bytes.as_slice()).map_err(|error| failed(&error))?;
        Ok(Profile::heap(profile))
    })
    .await
}

#[cfg(not(feature = "jemalloc"))]
#[expect(clippy::unused_async, reason = "the other build waits")]
pub(crate) async fn take(_: OwnedSemaphorePermit) -> Result<Profile, Error> {
    Err(Error::NotBuilt)
}
