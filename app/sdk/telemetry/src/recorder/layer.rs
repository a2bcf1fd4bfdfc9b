//! The part of the subscriber that notes.

use std::{
    error::Error,
    fmt::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, Filter},
    registry::LookupSpan,
};

use super::{
    Keep, Requests, Trail,
    note::{kept, short},
    ring::{Reason, Ring},
    shown::Problem,
};
use crate::{scrub, trace};

/// Libraries whose lines and spans are their own business.
const FOREIGN: [&str; 7] = ["h2", "hyper", "opentelemetry", "rustls", "tonic", "tower", "actix_http::h1::dispatcher"];

/// Notes what happens in requests.
pub(crate) struct Recorder {
    ring: Arc<Ring>,
    ended: AtomicU64,
}

/// The number of a piece of work in the notes of its request.
struct Work(usize);

/// What is noted: all that a log has at its usual level, whatever its own filter says now.
pub(crate) fn filter<S>() -> impl Filter<S> {
    tracing_subscriber::filter::filter_fn(|metadata| {
        *metadata.level() <= Level::INFO && !FOREIGN.iter().any(|foreign| metadata.target().starts_with(foreign))
    })
    .with_max_level_hint(tracing::level_filters::LevelFilter::INFO)
}

impl Recorder {
    pub(crate) fn new(keep: Keep) -> Self {
        Self { ring: Arc::new(Ring::new(keep)), ended: AtomicU64::new(0) }
    }

    pub(crate) fn requests(&self) -> Requests {
        Requests(Arc::clone(&self.ring))
    }

    /// Ends a request.
    pub(super) fn end(&self, trail: &Trail, status: u16, elapsed: Duration) {
        let (reason, is_probe) = trail.with(|notes| {
            (notes.status, notes.took) = (Some(status), elapsed);
            (notes.reason(), notes.is_probe)
        });
        if reason.is_some() || !is_probe {
            self.keep(trail, reason);
        }
    }

    fn keep(&self, trail: &Trail, reason: Option<Reason>) {
        let number = self.ended.fetch_add(1, Ordering::Relaxed);
        let is_chosen = number.is_multiple_of(self.ring.one_of().max(1));
        match reason.or_else(|| is_chosen.then_some(Reason::Chosen)) {
            Some(reason) => self.ring.keep(trail.clone(), reason),
            None => trail.with(|notes| notes.is_dropped = true),
        }
    }
}

impl<S> Layer<S> for Recorder
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if trace::is_boundary(attributes.metadata()) {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let Some(trail) = span.scope().skip(1).find_map(|span| span.extensions().get::<Trail>().cloned()) else {
            return;
        };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(number) = trail.with(|notes| notes.begin_work(attributes.metadata().name(), fields.fields)) {
            span.extensions_mut().insert(Work(number));
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some((trail, number)) = work(id, &context) {
            let mut fields = Fields::default();
            record.record(&mut fields);
            trail.with(|notes| notes.add_to_work(number, fields.fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let level = *metadata.level();
        let scope = || context.event_scope(event).into_iter().flatten();
        let trail = scope().find_map(|span| span.extensions().get::<Trail>().cloned());
        if trail.is_none() && level > Level::WARN {
            return;
        }
        // What a request comes to is its own line, which is known before any of its fields is written.
        if metadata.target() == trace::BOUNDARY_EVENTS && Says::is_it(event, trace::REQUEST_EVENT) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields { message, fields, target } = fields;
        let target = target.as_deref().unwrap_or(metadata.target());
        if let Some(trail) = &trail {
            let is_late = trail.with(|notes| {
                notes.line(level, target, &message, &fields);
                level <= Level::WARN && std::mem::take(&mut notes.is_dropped)
            });
            // What goes wrong while an answer is still being sent, such as a download.
            if is_late {
                self.ring.keep(trail.clone(), Reason::Failed);
            }
        }
        if level <= Level::WARN {
            let within = trail
                .as_ref()
                .map(|trail| trail.with(|notes| format!("{} {}", notes.method, notes.name).trim_start().to_owned()));
            let trace_id =
                scope().find_map(|span| span.extensions().get::<trace::Active>().map(|active| active.id().to_string()));
            self.ring.note(|number| Problem {
                number,
                at: SystemTime::now(),
                times: 1,
                level,
                target: target.to_owned(),
                message: short(message),
                fields,
                trace_id,
                within,
            });
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some((trail, number)) = work(&id, &context) {
            return trail.with(|notes| notes.end_work(number));
        }
        let trail = context.span(&id).and_then(|span| span.extensions().get::<Trail>().cloned());
        if let Some(trail) = trail.filter(|trail| trail.with(|notes| notes.is_task())) {
            let reason = trail.with(|notes| {
                notes.end_task();
                notes.reason()
            });
            self.keep(&trail, reason);
        }
    }
}

/// The request in which a span is a piece of work, and its number there.
fn work<S>(id: &Id, context: &Context<'_, S>) -> Option<(Trail, usize)>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let span = context.span(id)?;
    let number = span.extensions().get::<Work>()?.0;
    let trail = span.scope().find_map(|span| span.extensions().get::<Trail>().cloned())?;
    Some((trail, number))
}

/// Compares the message of a line, and writes nothing.
struct Says<'w> {
    /// What of the wanted words is still to come; nothing when it says something else.
    rest: Option<&'w str>,
}

impl<'w> Says<'w> {
    /// Whether a line says this.
    fn is_it(event: &Event<'_>, words: &'w str) -> bool {
        let mut says = Self { rest: Some(words) };
        event.record(&mut says);
        says.rest == Some("")
    }
}

impl Visit for Says<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing fails at the first difference.
            let _ = write!(self, "{value:?}");
        }
    }

    // What is no text is no message, and is not to be written.
    fn record_str(&mut self, _: &Field, _: &str) {}
    fn record_u64(&mut self, _: &Field, _: u64) {}
    fn record_i64(&mut self, _: &Field, _: i64) {}
    fn record_f64(&mut self, _: &Field, _: f64) {}
    fn record_bool(&mut self, _: &Field, _: bool) {}
}

impl fmt::Write for Says<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.rest = self.rest.and_then(|rest| rest.strip_prefix(text));
        self.rest.map(|_| ()).ok_or(fmt::Error)
    }
}

/// Reads the fields of a line or a span.
#[derive(Default)]
struct Fields {
    message: String,
    fields: Vec<(&'static str, String)>,
    /// Of a line that came through the `log` crate.
    target: Option<String>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message = scrub::text(value).into_owned(),
            "log.target" => self.target = Some(value.to_owned()),
            name if name.starts_with("log.") || name.starts_with("otel.") => {}
            name => self.fields.push((name, kept(name, value))),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            // Writing to a string cannot fail.
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.put(field, &text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, &format!("{value:?}"));
    }
}
