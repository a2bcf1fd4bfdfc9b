//! What is kept, and what has to go for it.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Keep, Trail,
    shown::{Filter, Problem, Recorded, Summary},
};

/// Requests that are kept for each reason.
const REQUESTS: usize = 1000;

/// Bytes that those of each reason may take.
const BYTES: usize = 8 * 1024 * 1024;

/// Warnings and errors that are kept.
const PROBLEMS: usize = 200;

/// Why a request is kept. One reason does not drive out what is kept for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It went wrong.
    Failed,
    /// It took long.
    Slow,
    /// It was chosen.
    Chosen,
}

/// The requests and problems that are kept.
#[derive(Default)]
pub(crate) struct Ring {
    one_of: u64,
    number: AtomicU64,
    failed: Mutex<Row>,
    slow: Mutex<Row>,
    chosen: Mutex<Row>,
    problems: Mutex<VecDeque<Problem>>,
}

#[derive(Default)]
struct Row {
    kept: VecDeque<Kept>,
    bytes: usize,
}

#[derive(Clone)]
struct Kept {
    number: u64,
    bytes: usize,
    trail: Trail,
}

impl Ring {
    pub(super) fn new(keep: Keep) -> Self {
        Self { one_of: keep.one_of, ..Self::default() }
    }

    pub(super) fn one_of(&self) -> u64 {
        self.one_of
    }

    /// Keeps a request that has ended, and forgets the oldest ones for it.
    pub(super) fn keep(&self, trail: Trail, reason: Reason) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let bytes = trail.with(|notes| notes.bytes());
        let row = match reason {
            Reason::Failed => &self.failed,
            Reason::Slow => &self.slow,
            Reason::Chosen => &self.chosen,
        };
        let mut row = row.lock().unwrap_or_else(PoisonError::into_inner);
        row.bytes += bytes;
        row.kept.push_back(Kept { number, bytes, trail });
        while row.kept.len() > REQUESTS || (row.bytes > BYTES && row.kept.len() > 1) {
            let gone = row.kept.pop_front();
            row.bytes -= gone.map_or(0, |gone| gone.bytes);
        }
    }

    pub(super) fn note(&self, problem: impl FnOnce(u64) -> Problem) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let mut problem = problem(number);
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        // A storm of one kind leaves room for the others, which may be its cause.
        if let Some(known) = problems.iter().rposition(|known| known.is_like(&problem)) {
            problem.times += problems.remove(known).map_or(0, |known| known.times);
        }
        problems.push_back(problem);
        if problems.len() > PROBLEMS {
            problems.pop_front();
        }
    }

    pub(super) fn query(&self, filter: &Filter, limit: usize) -> Vec<Summary> {
        let lower = filter.text.as_ref().map(|text| text.to_lowercase());
        let mut all = self.all();
        all.sort_by_key(|kept| std::cmp::Reverse(kept.number));
        all.into_iter()
            .filter(|kept| filter.before.is_none_or(|before| kept.number < before))
            .filter_map(|kept| {
                kept.trail.with(|notes| {
                    let fits = filter
                        .status
                        .is_none_or(|(from, to)| notes.status.is_some_and(|status| (from..=to).contains(&status)))
                        && filter.at_least.is_none_or(|least| notes.took >= least)
                        && filter.route.as_ref().is_none_or(|route| {
                            route.split_once(' ').is_some_and(|(m, path)| m == notes.method && path == notes.name)
                                || route == notes.name
                        })
                        && lower.as_ref().is_none_or(|lower| {
                            let has = |text: &str| text.to_lowercase().contains(lower);
                            has(notes.trace_id.as_str())
                                || has(&notes.target)
                                || has(notes.name)
                                || notes.fields.iter().any(|(_, value)| has(value))
                        });
                    fits.then(|| notes.summary(kept.number))
                })
            })
            .take(limit)
            .collect()
    }

    pub(super) fn find(&self, trace_id: &str) -> Vec<Recorded> {
        let mut found: Vec<Recorded> = self
            .all()
            .into_iter()
            .filter_map(|kept| {
                kept.trail.with(|notes| (notes.trace_id.as_str() == trace_id).then(|| notes.recorded(kept.number)))
            })
            .collect();
        found.sort_by_key(|recorded| recorded.summary.began_at);
        found
    }

    pub(super) fn problems(&self, limit: usize) -> Vec<Problem> {
        let problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems.iter().rev().take(limit).cloned().collect()
    }

    pub(super) fn size(&self) -> (usize, usize) {
        self.rows().iter().fold((0, 0), |(count, bytes), row| {
            let row = row.lock().unwrap_or_else(PoisonError::into_inner);
            (count + row.kept.len(), bytes + row.bytes)
        })
    }

    /// All that is kept. No lock of a row is held while trails are looked into: requests wait for them.
    fn all(&self) -> Vec<Kept> {
        let copy = |row: &Mutex<Row>| -> Vec<Kept> {
            row.lock().unwrap_or_else(PoisonError::into_inner).kept.iter().cloned().collect()
        };
        self.rows().into_iter().flat_map(copy).collect()
    }

    fn rows(&self) -> [&Mutex<Row>; 3] {
        [&self.failed, &self.slow, &self.chosen]
    }
}
