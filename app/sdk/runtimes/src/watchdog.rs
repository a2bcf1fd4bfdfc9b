//! A thread of its own that looks after the others: one that is blocked cannot tell.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::figures::{Sample, sample};
use crate::seat::At;
use crate::{Member, Runtimes, STUCK, Shared, lock};

/// How often it looks.
const LOOK: Duration = Duration::from_millis(250);

/// How far apart the looks are that shares of time are taken from.
const APART: Duration = Duration::from_secs(1);

pub(crate) fn start(shared: Weak<Shared>) {
    let thread = std::thread::Builder::new().name("watchdog".to_owned());
    let started = thread.spawn(move || {
        let mut unnamed = Vec::new();
        // It sleeps between looks that nobody waits for, and ends with the process.
        while let Some(shared) = shared.upgrade() {
            look(&Runtimes(shared), &mut unnamed);
            std::thread::sleep(LOOK);
        }
    });
    if let Err(error) = started {
        tracing::warn!(%error, "there is no watchdog: the system starts no thread");
    }
}

/// A worker that has made no progress, and since when.
struct Still {
    member: Weak<Member>,
    worker: usize,
    seen: crate::figures::Progress,
    since: Instant,
    told: bool,
}

fn look(runtimes: &Runtimes, still: &mut Vec<Still>) {
    let mut named = false;
    for seat in runtimes.seats() {
        let mut at = lock(&seat.at);
        let Some(polled) = at.as_mut() else { continue };
        let held = polled.since.elapsed();
        if held < STUCK {
            continue;
        }
        named = true;
        if !std::mem::replace(&mut polled.told, true) {
            let At { work, .. } = *polled;
            drop(at);
            let held_ms = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(held_ms, thread = seat.thread, %work, "a thread is blocked");
        }
    }
    for member in runtimes.members() {
        let now = sample(&member.handle.metrics());
        // Whoever is named already is not told of twice.
        unnamed(&member, &now, still, named);
        remember(&member, now);
    }
    still.retain(|still| still.member.strong_count() > 0);
}

/// Workers that have something to do, and neither wait nor finish anything: what holds them has no name here.
fn unnamed(member: &Arc<Member>, now: &Sample, still: &mut Vec<Still>, named: bool) {
    for (worker, progress) in now.workers.iter().enumerate() {
        let is_same = |known: &&mut Still| known.worker == worker && known.member.ptr_eq(&Arc::downgrade(member));
        let is_waiting = progress.parks_and_unparks % 2 == 1;
        match still.iter_mut().find(is_same) {
            Some(known) if is_waiting || known.seen != *progress => {
                (known.seen, known.since, known.told) = (*progress, now.at, false);
            }
            Some(known) => {
                let held = now.at.duration_since(known.since);
                if held >= STUCK && !named && !std::mem::replace(&mut known.told, true) {
                    let held_ms = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
                    let (runtime, number) = (member.name, member.number);
                    tracing::warn!(
                        held_ms,
                        runtime,
                        number,
                        worker,
                        "a thread is blocked by something that has no name here"
                    );
                }
            }
            None => still.push(Still {
                member: Arc::downgrade(member),
                worker,
                seen: *progress,
                since: now.at,
                told: false,
            }),
        }
    }
}

fn remember(member: &Member, now: Sample) {
    let mut samples = lock(&member.samples);
    let is_due = samples.1.as_ref().is_none_or(|last| now.at.duration_since(last.at) >= APART);
    if is_due {
        samples.0 = samples.1.replace(now);
    }
}
