//! What waits for one subscriber.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::item::Item;

/// Why a seat ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// What it still lacks is not in memory any more.
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
    /// Whether more has come than there was room for: the rest is in the memory of the feed, above `last`.
    is_behind: bool,
    end: Option<End>,
}

/// What became of an event that was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// It waits in the queue.
    Taken,
    /// It has no place there, as the first one: the queue is filled from memory from now on.
    Behind,
    /// It is there already, or has to be fetched, or is not wanted any more.
    Not,
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        let queue = Queue { items: VecDeque::new(), last: 0, is_behind: false, end: None };
        Self { queue: Mutex::new(queue), news: Notify::new(), limit }
    }

    /// Puts an event in, unless it is there by another topic.
    pub(crate) fn put(&self, item: &Arc<Item>) -> Put {
        let mut queue = self.queue();
        let is_ended = queue.end.is_some_and(|end| !matches!(end, End::Draining { .. }));
        if item.position <= queue.last || queue.is_behind || is_ended {
            return Put::Not;
        }
        if queue.items.len() >= self.limit {
            queue.is_behind = true;
            return Put::Behind;
        }
        queue.last = item.position;
        queue.items.push_back(Arc::clone(item));
        drop(queue);
        self.news.notify_one();
        Put::Taken
    }

    /// From which position on the queue has to be filled from memory, if it has to be.
    pub(crate) fn behind(&self) -> Option<i64> {
        let queue = self.queue();
        (queue.is_behind && queue.end.is_none_or(|end| matches!(end, End::Draining { .. }))).then_some(queue.last)
    }

    /// Puts in what memory has above [`Outbox::behind`], as far as there is room; all that there is reaches to `position`. Says
    /// how much that was.
    pub(crate) fn fill<'a>(&self, items: impl Iterator<Item = &'a Arc<Item>>, position: i64) -> usize {
        let mut queue = self.queue();
        let before = queue.items.len();
        for item in items {
            if queue.items.len() >= self.limit {
                return queue.items.len() - before;
            }
            queue.last = item.position;
            queue.items.push_back(Arc::clone(item));
        }
        queue.last = queue.last.max(position);
        queue.is_behind = false;
        queue.items.len() - before
    }

    /// Takes all that waits, and says above which position memory has the rest of it.
    pub(crate) fn take_all(&self) -> (VecDeque<Arc<Item>>, Option<i64>) {
        let mut queue = self.queue();
        let behind = std::mem::take(&mut queue.is_behind).then_some(queue.last);
        (std::mem::take(&mut queue.items), behind)
    }

    /// Up to which position nothing is put in any more.
    pub(crate) fn last(&self) -> i64 {
        self.queue().last
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
        if !matches!(end, End::Draining { .. }) {
            queue.items = VecDeque::new();
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
