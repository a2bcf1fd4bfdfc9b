//! The last requests of this process, each with what happened in it: statements, log lines, calls to others.
//!
//! Kept in memory, bounded in number and in bytes, for whoever looks into this process; a collector has the rest. While a
//! request is served all of it is noted, since only its end tells whether it was slow or failed; what is kept then is a
//! matter of [`Keep`].

mod layer;
mod note;
mod ring;
mod shown;
mod target;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tracing::{Dispatch, Span, dispatcher};
use tracing_subscriber::{Registry, registry::LookupSpan as _};

use crate::trace::Trace;

pub(crate) use layer::{Recorder, filter};
use note::Notes;
use ring::Ring;
pub use shown::{Filter, Kind, Note, Problem, Recorded, Summary};

/// From which time on a request counts as slow.
pub const SLOW: Duration = Duration::from_millis(500);

/// What is kept of requests.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// One of so many that neither failed nor was slow; 1 keeps all.
    pub one_of: u64,
}

impl Keep {
    /// Everything, as long as there is room.
    pub const ALL: Self = Self { one_of: 1 };

    /// Failures, slow ones, and one of a hundred.
    pub const SAMPLE: Self = Self { one_of: 100 };
}

/// The requests that are kept; its clones are one.
#[derive(Clone, Default)]
pub struct Requests(pub(crate) Arc<Ring>);

impl Requests {
    /// The newest first that match, at most `limit`.
    #[must_use]
    pub fn query(&self, filter: &Filter, limit: usize) -> Vec<Summary> {
        self.0.query(filter, limit)
    }

    /// All that is kept of a trace: the request, and the jobs that it left.
    #[must_use]
    pub fn find(&self, trace_id: &str) -> Vec<Recorded> {
        self.0.find(trace_id)
    }

    /// The last warnings and errors, the newest first, at most `limit`.
    #[must_use]
    pub fn problems(&self, limit: usize) -> Vec<Problem> {
        self.0.problems(limit)
    }

    /// Of how many that neither failed nor were slow one is kept.
    #[must_use]
    pub fn one_of(&self) -> u64 {
        self.0.one_of()
    }

    /// How many requests are kept, and how many bytes they take by estimate.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.0.size()
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

/// What a client asked for, as far as it may be known: the target is masked on its way in.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Path and query.
    pub target: &'a str,
    /// Whether credentials came along. They themselves stay out.
    pub has_credentials: bool,
    /// Whether a body came along.
    pub has_body: bool,
    /// Whether it asks for no more than whether the process lives. Of those only what went wrong is kept.
    pub is_probe: bool,
}

/// The fields that are kept of a request: what one needs to send it again, and nothing that lets anybody in.
pub const FIELDS: [&str; 6] = ["accept", "content-type", "if-match", "if-none-match", "range", "idempotency-key"];

/// What is noted of a request while it is served, within the span that begins it.
#[derive(Clone)]
pub(crate) struct Trail(Arc<Mutex<Notes>>);

impl Trail {
    fn begin(kind: Kind, trace: &Trace, method: &'static str, name: &'static str) -> Self {
        Self(Arc::new(Mutex::new(Notes::new(kind, trace.id(), method, name, SystemTime::now(), Instant::now()))))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Notes) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Begins to note what happens in a request.
pub(crate) fn begin_request(span: &Span, trace: &Trace, method: &'static str, route: &'static str) {
    begin(span, || Trail::begin(Kind::Request, trace, method, route));
}

/// Begins to note what happens in a task, if it belongs to a trace that began elsewhere: the job of a request.
pub(crate) fn begin_task(span: &Span, trace: &Trace, name: &'static str) {
    if trace.decided().is_some() {
        begin(span, || Trail::begin(Kind::Task, trace, "", name));
    }
}

fn begin(span: &Span, trail: impl FnOnce() -> Trail) {
    span.with_subscriber(|(id, dispatch)| {
        if dispatch.downcast_ref::<Recorder>().is_some()
            && let Some(span) = dispatch.downcast_ref::<Registry>().and_then(|registry| registry.span(id))
        {
            span.extensions_mut().insert(trail());
        }
    });
}

/// Notes what a client asked for. `field` finds a header by its lower-case name.
pub fn asked<'a>(span: &Span, asked: &Asked<'_>, field: impl Fn(&str) -> Option<&'a str>) {
    of_span(span, |_, trail| {
        let target = target::masked(asked.target);
        let fields = FIELDS.iter().filter_map(|name| Some((*name, field(name)?)));
        trail.with(|notes| notes.asked(target, asked, fields));
    });
}

/// Ends a request, and decides whether it is kept.
pub(crate) fn end_request(span: &Span, status: u16, elapsed: Duration) {
    of_span(span, |recorder, trail| recorder.end(trail, status, elapsed));
}

/// Notes a statement that the request or task around the caller has run.
pub fn statement(sql: &str, rows: u64, took: Duration, waited: Duration, failure: Option<&'static str>) {
    around(|trail| trail.with(|notes| notes.statement(sql, rows, took, waited, failure)));
}

/// Notes a field of the request or task that `span` of the registry begins.
pub(crate) fn annotate(trail: Option<&Trail>, name: &'static str, value: &dyn fmt::Display) {
    if let Some(trail) = trail {
        let value = note::kept(name, value.to_string());
        trail.with(|notes| notes.field(name, value));
    }
}

/// The trail of the innermost request or task around the caller.
fn around(work: impl FnOnce(&Trail)) {
    let found: Option<Trail> = dispatcher::get_default(find);
    if let Some(trail) = found {
        work(&trail);
    }
}

fn find(dispatch: &Dispatch) -> Option<Trail> {
    let registry = dispatch.downcast_ref::<Registry>()?;
    let current = dispatch.current_span();
    let span = registry.span(current.id()?)?;
    span.scope().find_map(|span| span.extensions().get::<Trail>().cloned())
}

fn of_span(span: &Span, work: impl FnOnce(&Recorder, &Trail)) {
    span.with_subscriber(|(id, dispatch)| {
        let Some(recorder) = dispatch.downcast_ref::<Recorder>() else { return };
        let trail = dispatch.downcast_ref::<Registry>().and_then(|registry| {
            let span = registry.span(id)?;
            span.extensions().get::<Trail>().cloned()
        });
        if let Some(trail) = trail {
            work(recorder, &trail);
        }
    });
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trail").finish_non_exhaustive()
    }
}
