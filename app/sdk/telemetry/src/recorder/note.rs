//! What is noted of one request while it is served.

use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime};

use tracing::Level;

use super::Asked;
use super::ring::Reason;
use super::shown::{Kind, Note, Recorded, Summary};
use crate::{TraceId, scrub};

/// Notes of one request; more are counted alone.
const NOTES: usize = 300;

/// Bytes of text in the notes of one request.
const BYTES: usize = 128 * 1024;

/// The longest text that is kept whole, in bytes.
const LONGEST: usize = 8 * 1024;

/// The notes of a request.
pub(crate) struct Notes {
    kind: Kind,
    pub(super) trace_id: TraceId,
    pub(super) method: &'static str,
    pub(super) name: &'static str,
    began_at: SystemTime,
    began: Instant,
    pub(super) target: String,
    headers: Vec<(&'static str, String)>,
    has_credentials: bool,
    has_body: bool,
    pub(super) is_probe: bool,
    pub(super) fields: Vec<(&'static str, String)>,
    notes: Vec<(Duration, Note)>,
    dropped: usize,
    bytes: usize,
    pub(super) status: Option<u16>,
    pub(super) took: Duration,
    statements: (usize, Duration),
    warnings: usize,
    /// Whether it was decided already that it is not kept.
    pub(super) is_dropped: bool,
}

impl Notes {
    pub(super) fn new(
        kind: Kind,
        trace_id: TraceId,
        method: &'static str,
        name: &'static str,
        began_at: SystemTime,
        began: Instant,
    ) -> Self {
        Self {
            kind,
            trace_id,
            method,
            name,
            began_at,
            began,
            target: String::new(),
            headers: Vec::new(),
            has_credentials: false,
            has_body: false,
            is_probe: false,
            fields: Vec::new(),
            notes: Vec::new(),
            dropped: 0,
            bytes: 0,
            status: None,
            took: Duration::ZERO,
            statements: (0, Duration::ZERO),
            warnings: 0,
            is_dropped: false,
        }
    }

    pub(super) fn asked<'a>(
        &mut self,
        target: String,
        asked: &Asked<'_>,
        headers: impl Iterator<Item = (&'static str, &'a str)>,
    ) {
        self.target = short(target);
        self.has_credentials = asked.has_credentials;
        self.has_body = asked.has_body;
        self.is_probe = asked.is_probe;
        self.headers = headers.map(|(name, value)| (name, kept(name, value))).collect();
        self.bytes += self.target.len() + size(&self.headers);
    }

    pub(super) fn field(&mut self, name: &'static str, value: String) {
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                self.bytes += value.len();
                *known = value;
            }
            None if self.bytes < BYTES => {
                self.bytes += value.len();
                self.fields.push((name, value));
            }
            None => self.dropped += 1,
        }
    }

    pub(super) fn statement(
        &mut self,
        sql: &str,
        rows: u64,
        took: Duration,
        waited: Duration,
        failure: Option<&'static str>,
    ) {
        self.statements.0 += 1;
        self.statements.1 += took;
        if self.has_room(sql.len().min(LONGEST)) {
            let begun = self.began.elapsed().saturating_sub(took);
            let sql = short(sql.to_owned());
            self.notes.push((begun, Note::Statement { sql, rows, took, waited, failure }));
        }
    }

    pub(super) fn line(&mut self, level: Level, target: &str, message: &str, fields: &[(&'static str, String)]) {
        self.warnings += usize::from(level <= Level::WARN);
        if self.has_room(message.len().min(LONGEST) + size(fields)) {
            let (target, message) = (target.to_owned(), short(message.to_owned()));
            let line = Note::Line { level, target, message, fields: fields.to_vec() };
            self.notes.push((self.began.elapsed(), line));
        }
    }

    /// Begins a piece of work; the number is for [`Notes::end_work`].
    pub(super) fn begin_work(&mut self, name: &'static str, fields: Vec<(&'static str, String)>) -> Option<usize> {
        self.has_room(size(&fields)).then(|| {
            self.notes.push((self.began.elapsed(), Note::Work { name, took: None, fields }));
            self.notes.len() - 1
        })
    }

    pub(super) fn add_to_work(&mut self, number: usize, added: Vec<(&'static str, String)>) {
        if self.bytes + size(&added) > BYTES {
            self.dropped += 1;
            return;
        }
        self.bytes += size(&added);
        if let Some((_, Note::Work { fields, .. })) = self.notes.get_mut(number) {
            for (name, value) in added {
                match fields.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) => *known = value,
                    None => fields.push((name, value)),
                }
            }
        }
    }

    pub(super) fn end_work(&mut self, number: usize) {
        let now = self.began.elapsed();
        if let Some((begun, Note::Work { took, .. })) = self.notes.get_mut(number) {
            *took = Some(now.saturating_sub(*begun));
        }
    }

    /// Ends a task, which nobody else times.
    pub(super) fn end_task(&mut self) {
        self.took = self.began.elapsed();
    }

    pub(super) fn is_task(&self) -> bool {
        self.kind == Kind::Task
    }

    /// Why it is to be kept whatever else is. A 503 that nobody said a word about is a process that has enough to do: there are
    /// thousands of them, and one is like the other.
    pub(super) fn reason(&self) -> Option<Reason> {
        let is_failure = |status: u16| status >= 500 && (status != 503 || self.is_probe);
        let is_failed = self.status.is_some_and(is_failure) || self.warnings > 0;
        let is_slow = self.took >= super::SLOW;
        is_failed.then_some(Reason::Failed).or_else(|| is_slow.then_some(Reason::Slow))
    }

    /// An estimate of what all this takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + size_of::<Self>() + self.notes.capacity() * size_of::<(Duration, Note)>()
    }

    pub(super) fn summary(&self, number: u64) -> Summary {
        Summary {
            number,
            trace_id: self.trace_id.to_string(),
            kind: self.kind,
            method: self.method,
            name: self.name,
            target: self.target.clone(),
            status: self.status,
            began_at: self.began_at,
            took: self.took,
            statements: self.statements,
            warnings: self.warnings,
        }
    }

    pub(super) fn recorded(&self, number: u64) -> Recorded {
        let mut notes = self.notes.clone();
        notes.sort_by_key(|(begun, _)| *begun);
        Recorded {
            summary: self.summary(number),
            headers: self.headers.clone(),
            has_credentials: self.has_credentials,
            has_body: self.has_body,
            fields: self.fields.clone(),
            notes,
            dropped: self.dropped,
        }
    }

    /// Whether one more note fits, of which the text has so many bytes.
    fn has_room(&mut self, bytes: usize) -> bool {
        let fits = self.notes.len() < NOTES && self.bytes + bytes <= BYTES;
        if fits {
            self.bytes += bytes;
        } else {
            self.dropped += 1;
        }
        fits
    }
}

fn size(fields: &[(&'static str, String)]) -> usize {
    fields.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// The value of a field as it may be kept.
pub(super) fn kept<'v>(name: &str, value: impl Into<Cow<'v, str>>) -> String {
    if scrub::is_private(name) {
        return scrub::HIDDEN.to_owned();
    }
    let value = value.into();
    match scrub::text(&value) {
        Cow::Borrowed(_) => short(value.into_owned()),
        Cow::Owned(clean) => short(clean),
    }
}

/// The text, cut where it is longer than any that is worth reading.
pub(super) fn short(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}
