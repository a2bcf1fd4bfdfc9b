//! Where the processor's time goes.

use std::time::Duration;

use pprof::{Frames, ProfilerGuardBuilder, Symbol};
use tokio::sync::OwnedSemaphorePermit;

use crate::profile::Profile;
use crate::{Error, blocking};

/// No stack is looked at while it is in one of these: they may hold the lock that looking takes.
const UNTOUCHED: [&str; 4] = ["libc.so", "libgcc_s", "libpthread", "vdso"];

pub(crate) async fn take(turn: OwnedSemaphorePermit, time: Duration, frequency: u32) -> Result<Profile, Error> {
    let begin = move || {
        let builder = ProfilerGuardBuilder::default().frequency(i32::try_from(frequency).unwrap_or(i32::MAX));
        let running = builder.blocklist(&UNTOUCHED).build();
        running.map(|running| (turn, running)).map_err(|error| Error::Failed(error.to_string()))
    };
    // The first time, the symbols of the program are looked for.
    let (turn, running) = blocking(begin).await?;
    tokio::time::sleep(time).await;
    blocking(move || {
        let report = running.report().frames_post_processor(without_profiler).build().and_then(|report| report.pprof());
        drop(running);
        drop(turn);
        report.map(Profile::cpu).map_err(|error| Error::Failed(error.to_string()))
    })
    .await
}

/// Takes the profiler's own frames off a stack: those that looked at the others. It takes off its handler of signals itself.
fn without_profiler(frames: &mut Frames) {
    let is_own = |symbol: &Symbol| {
        let name = symbol.name();
        name.starts_with("backtrace::") || name.contains("pprof::") || name.contains("perf_signal_handler")
    };
    let own = frames.frames.iter().take_while(|frame| frame.iter().any(is_own)).count();
    frames.frames.drain(..own);
}
