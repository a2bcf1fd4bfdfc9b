//! The life of keys: which one signs, which one is next, which ones still verify.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::algorithm::Algorithm;
use crate::error::Error;

/// Makes a key, writes its private part, and answers its id.
pub(crate) type Make<'a> = &'a dyn Fn(Algorithm) -> Result<String, Error>;

/// What a key is used for at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Published, and next in line to sign.
    Standby,
    /// Signs.
    Active,
    /// Signed before; verifies what it signed.
    Passive,
    /// Does nothing any more, and its private part is gone.
    Retired,
}

/// The index of the folder. Times are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) keys: Vec<Entry>,
}

/// What the index says of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) kid: String,
    pub(crate) alg: String,
    pub(crate) state: State,
    pub(crate) created_at: u64,
    /// From when on it signs, while it is standby and that is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signs_from: Option<u64>,
    /// Since when it signs no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) passive_since: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retired_at: Option<u64>,
}

impl Index {
    pub(crate) fn active(&self) -> Option<&Entry> {
        self.keys.iter().find(|entry| entry.state == State::Active)
    }

    pub(crate) fn add(&mut self, kid: &str, algorithm: Algorithm, state: State, now: u64) {
        let (kid, alg) = (kid.to_owned(), algorithm.as_str().to_owned());
        self.keys.push(Entry {
            kid,
            alg,
            state,
            created_at: now,
            signs_from: None,
            passive_since: None,
            retired_at: None,
        });
    }

    /// The key whose turn is next: one whose moment is settled, or has waited longest, or is made.
    pub(crate) fn next(&mut self, algorithm: Algorithm, now: u64, make: Make<'_>) -> Result<String, Error> {
        let waiting = || self.keys.iter().filter(|entry| entry.state == State::Standby);
        if let Some(entry) = waiting().find(|entry| entry.signs_from.is_some()).or_else(|| waiting().next()) {
            return Ok(entry.kid.clone());
        }
        let kid = make(algorithm)?;
        self.add(&kid, algorithm, State::Standby, now);
        Ok(kid)
    }

    /// Lets a key sign from `at` on, in the place of the one that does.
    pub(crate) fn activate(&mut self, kid: &str, at: u64) {
        for entry in &mut self.keys {
            if entry.kid == kid {
                entry.state = State::Active;
                entry.signs_from = None;
            } else if entry.state == State::Active {
                entry.state = State::Passive;
                entry.passive_since = Some(at);
            }
        }
    }

    /// Lets the key sign whose moment has come. Every reader of the folder finds the same by itself, so that nobody has
    /// to write at that moment.
    pub(crate) fn settle(&mut self, now: u64) {
        let due =
            self.keys.iter().find_map(|entry| Some((entry.kid.clone(), entry.signs_from.filter(|at| *at <= now)?)));
        if let Some((kid, at)) = due {
            self.activate(&kid, at);
        }
    }
}

impl Entry {
    /// For how long tokens that it signed may still be valid.
    pub(crate) fn still_needed(&self, now: u64, longest_token: Duration) -> Option<Duration> {
        let silent = Duration::from_secs(now.saturating_sub(self.passive_since.unwrap_or(now)));
        (self.state == State::Passive && silent < longest_token).then(|| longest_token - silent)
    }

    pub(crate) fn retire(&mut self, now: u64) {
        if self.state != State::Retired {
            self.state = State::Retired;
            self.signs_from = None;
            self.retired_at = Some(now);
        }
    }
}
