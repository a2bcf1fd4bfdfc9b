//! Workers on a real runtime of several threads; the examples' own code.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use worker::{Limits, Worker};

mod callers;
mod deadlines;
mod limits;
mod outcomes;
mod panics;
mod replacement;
mod stop;
mod words;

fn worker(running: usize, waiting: usize) -> Worker {
    Worker::new(Limits { running: NonZeroUsize::new(running).unwrap(), waiting }, Handle::current())
}

/// Tasks announce themselves, and go on when they are let through.
#[derive(Clone)]
struct Gate {
    here: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self { here: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) }
    }

    async fn pass(self) {
        self.here.add_permits(1);
        self.open.acquire().await.unwrap().forget();
    }

    /// Waits until so many more stand at the gate.
    async fn met(&self, tasks: u32) {
        self.here.acquire_many(tasks).await.unwrap().forget();
    }

    fn let_through(&self, tasks: usize) {
        self.open.add_permits(tasks);
    }
}

/// Adds a permit when it is dropped, wherever that is.
struct Gone(Arc<Semaphore>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

/// All slots of a worker that takes tasks can be held at once: none was lost.
async fn all_slots_are_free(worker: &Worker, running: usize) {
    let all = Arc::new(tokio::sync::Barrier::new(running));
    let mut tasks = Vec::new();
    for _ in 0..running {
        let all = Arc::clone(&all);
        tasks.push(worker.try_spawn(async move { all.wait().await.is_leader() }).unwrap());
    }
    let mut leaders = 0;
    for task in tasks {
        leaders += usize::from(task.await.unwrap());
    }
    assert_eq!(leaders, 1);
}
