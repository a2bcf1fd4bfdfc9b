//! What was read and is not yet written everywhere: one row of blocks that all stores are fed from.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The size of a block: every one but the last has it.
pub(crate) const BLOCK: usize = 256 << 10;

/// The most bytes of one upload that are in memory: two parts of S3 and more.
pub const WINDOW: usize = 12 << 20;

/// How many blocks that is.
const BLOCKS: u64 = (WINDOW / BLOCK) as u64;

/// How long the fastest store of an upload waits for slower ones in all, before they are given up.
pub const LENIENCE: Duration = Duration::from_millis(25);

/// The blocks of one upload.
pub(crate) struct Window {
    state: Mutex<State>,
    /// Blocks came, or the end.
    grown: Notify,
    /// A store took blocks, waits for some, or is out.
    moved: Notify,
}

struct State {
    blocks: VecDeque<Bytes>,
    /// The number of the first block.
    first: u64,
    end: Option<End>,
    lanes: Vec<Lane>,
}

/// How far a store is.
struct Lane {
    /// The first block that it has not written.
    at: u64,
    /// It waits until there are more blocks for it than so many.
    hungry: Option<u64>,
    /// It writes, or will.
    alive: bool,
    /// Told when it is given up.
    out: CancellationToken,
}

/// Why no blocks come any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The file is whole.
    Whole,
    /// It will never be.
    GivenUp,
}

/// Blocks to write.
pub(crate) struct Part {
    pub(crate) blocks: Vec<Bytes>,
    pub(crate) is_last: bool,
}

impl State {
    fn next(&self) -> u64 {
        self.first + self.blocks.len() as u64
    }

    /// Lets go of the blocks that every living store has written.
    fn shrink(&mut self) {
        let next = self.next();
        let written = self.lanes.iter().filter(|lane| lane.alive).map(|lane| lane.at).min().unwrap_or(next);
        while self.first < written && self.blocks.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// Whether a store has nothing to do because slower ones hold the window.
    fn is_held_back(&self) -> bool {
        // One that was fed and has not noticed yet does not wait.
        let next = self.next();
        let is_hungry = |lane: &Lane| lane.hungry.is_some_and(|wanted| next.saturating_sub(lane.at) <= wanted);
        self.lanes.iter().any(|lane| lane.alive && is_hungry(lane))
    }

    /// Gives up the slowest stores.
    fn give_up_slowest(&mut self) {
        let first = self.first;
        for lane in self.lanes.iter_mut().filter(|lane| lane.alive && lane.at == first) {
            lane.alive = false;
            lane.out.cancel();
        }
        self.shrink();
    }
}

impl Window {
    /// A window that feeds so many stores.
    pub(crate) fn new(lanes: usize) -> Self {
        let lane = || Lane { at: 0, hungry: None, alive: true, out: CancellationToken::new() };
        let lanes = std::iter::repeat_with(lane).take(lanes).collect();
        let state = State { blocks: VecDeque::new(), first: 0, end: None, lanes };
        Self { state: Mutex::new(state), grown: Notify::new(), moved: Notify::new() }
    }

    /// Appends a block, as soon as there is room; `false` when no store is left. What the fastest store waits for slower
    /// ones is taken from `lenience`.
    pub(crate) async fn push(&self, block: Bytes, lenience: &mut Duration) -> bool {
        loop {
            let mut moved = std::pin::pin!(self.moved.notified());
            moved.as_mut().enable();
            let held_back = {
                let mut state = self.state();
                if !state.lanes.iter().any(|lane| lane.alive) {
                    return false;
                }
                if (state.blocks.len() as u64) < BLOCKS {
                    state.blocks.push_back(block);
                    drop(state);
                    self.grown.notify_waiters();
                    return true;
                }
                let held_back = state.is_held_back();
                if held_back && lenience.is_zero() {
                    state.give_up_slowest();
                    continue;
                }
                held_back
            };
            if held_back {
                let begun = Instant::now();
                // Whichever comes first is found at the next look.
                let _ = tokio::time::timeout(*lenience, moved).await;
                *lenience = lenience.saturating_sub(begun.elapsed());
            } else {
                moved.await;
            }
        }
    }

    /// Says that no more blocks come.
    pub(crate) fn end(&self, end: End) {
        self.state().end.get_or_insert(end);
        self.grown.notify_waiters();
    }

    /// Gives up all stores that are not done.
    pub(crate) fn give_up(&self) {
        let mut state = self.state();
        for lane in state.lanes.iter_mut().filter(|lane| lane.alive) {
            lane.alive = false;
            lane.out.cancel();
        }
        state.shrink();
        drop(state);
        self.moved.notify_waiters();
    }

    /// Is cancelled when the store is given up.
    pub(crate) fn out(&self, lane: usize) -> CancellationToken {
        self.state().lanes[lane].out.clone()
    }

    /// The next blocks for a store: `wanted`, or fewer that are the last; `None` when the file will never be whole.
    pub(crate) async fn next(&self, lane: usize, wanted: usize) -> Option<Part> {
        loop {
            let mut grown = std::pin::pin!(self.grown.notified());
            grown.as_mut().enable();
            {
                let mut state = self.state();
                // One that was given up meanwhile may have blocks to write that are no longer there.
                let from = usize::try_from(state.lanes[lane].at.checked_sub(state.first)?).unwrap_or(usize::MAX);
                let there = state.blocks.len().saturating_sub(from);
                let end = state.end;
                if end == Some(End::GivenUp) {
                    return None;
                }
                // A block beyond those that are wanted shows that they are not the last.
                if there > wanted || end.is_some() {
                    state.lanes[lane].hungry = None;
                    let blocks: Vec<Bytes> = state.blocks.iter().skip(from).take(wanted).cloned().collect();
                    return Some(Part { is_last: end.is_some() && there <= wanted, blocks });
                }
                state.lanes[lane].hungry = Some(wanted as u64);
            }
            self.moved.notify_waiters();
            grown.await;
        }
    }

    /// A store has written so many blocks more.
    pub(crate) fn written(&self, lane: usize, blocks: usize) {
        let mut state = self.state();
        state.lanes[lane].at += blocks as u64;
        state.shrink();
        drop(state);
        self.moved.notify_waiters();
    }

    /// A store takes no more.
    pub(crate) fn leave(&self, lane: usize) {
        let mut state = self.state();
        state.lanes[lane].alive = false;
        state.shrink();
        drop(state);
        self.moved.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_store_that_was_given_up_while_it_wrote_gets_no_more() {
        let window = Window::new(2);
        let mut lenience = Duration::ZERO;
        for _ in 0..BLOCKS {
            assert!(window.push(Bytes::from_static(b"x"), &mut lenience).await);
        }
        assert_eq!(window.next(1, 4).await.unwrap().blocks.len(), 4);
        window.written(0, 8);
        // As the slowest is given up at the moment in which it is done with a part.
        window.state().give_up_slowest();
        window.written(1, 4);
        assert!(window.next(1, 4).await.is_none());
        assert_eq!(window.next(0, 4).await.unwrap().blocks.len(), 4);
    }
}
