//! What waits for one subscriber.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::item::Item;

/// Why a seat ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its queue was full.
    Slow,
    /// The process is about to stop: after this time at the latest, to come back after that.
    Draining {
        /// When it should end: not all at once.
        after: Duration,
        /// When the client should come back: not all at once.
        retry: Duration,
    },
    /// What it was told may be of another database: it has to begin anew.
    Void,
}

/// The queue of one subscriber.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    news: Notify,
    limit: usize,
}

#[derive(Debug)]
struct Queue {
    items: VecDeque<Arc<Item>>,
    /// The position of the last that was put in.
    last: i64,
    end: Option<End>,
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        let queue = Queue { items: VecDeque::new(), last: 0, end: None };
        Self { queue: Mutex::new(queue), news: Notify::new(), limit }
    }

    /// Puts an event in, unless it is there by another topic; false when that ends the seat.
    pub(crate) fn put(&self, item: &Arc<Item>) -> bool {
        let mut queue = self.queue();
        if item.position <= queue.last || queue.end.is_some_and(|end| !matches!(end, End::Draining { .. })) {
            return true;
        }
        if queue.items.len() >= self.limit {
            queue.items = VecDeque::new();
            queue.end = Some(End::Slow);
            drop(queue);
            self.news.notify_one();
            return false;
        }
        queue.last = item.position;
        queue.items.push_back(Arc::clone(item));
        drop(queue);
        self.news.notify_one();
        true
    }

    /// Takes nothing that is not above this position.
    pub(crate) fn skip_to(&self, position: i64) {
        let mut queue = self.queue();
        queue.last = queue.last.max(position);
    }

    /// The next one.
    pub(crate) fn take(&self) -> Option<Arc<Item>> {
        let mut queue = self.queue();
        let item = queue.items.pop_front();
        if queue.items.is_empty() && queue.items.capacity() > 0 {
            // Thousands wait for something; those who have nothing need no memory for it.
            queue.items = VecDeque::new();
        }
        item
    }

    pub(crate) fn end(&self, end: End) {
        let mut queue = self.queue();
        if queue.end.is_none_or(|end| matches!(end, End::Draining { .. })) {
            queue.end = Some(end);
        }
        drop(queue);
        self.news.notify_one();
    }

    pub(crate) fn ended(&self) -> Option<End> {
        self.queue().end
    }

    /// Waits until there is something new. For one waiter.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
