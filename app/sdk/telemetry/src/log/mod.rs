//! Log lines: from events, with the fields of the spans around them.

mod line;
mod queue;

use std::{
    fmt,
    io::{self, IsTerminal as _},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt as _, LevelFilter, filter_fn},
    layer::{Context, Filter},
    registry::{LookupSpan, SpanRef},
    reload,
};

use crate::{Error, Format, Output, trace};
use line::{Line, SpanFields};
pub(crate) use queue::Queue;

/// How a line is written, decided.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    Json,
    Pretty { colours: bool },
}

/// Writes events as lines.
pub(crate) struct Logs {
    style: Style,
    queue: Queue,
    /// Which traces begun here are recorded; none when there is no collector.
    pub(crate) sampler: Option<opentelemetry_sdk::trace::Sampler>,
}

/// Opens the output.
pub(crate) fn open(output: Output, format: Format) -> Result<(Queue, Style), Error> {
    let terminal = matches!(output, Output::Stdout) && io::stdout().is_terminal();
    let (name, writer): (_, Box<dyn io::Write + Send>) = match output {
        Output::Stdout => ("standard output".to_owned(), Box::new(io::stdout())),
        Output::Writer(writer) => ("a writer".to_owned(), writer),
        Output::File(path) => {
            let name = path.display().to_string();
            match std::fs::OpenOptions::new().append(true).create(true).open(path) {
                Ok(file) => (name, Box::new(file)),
                Err(source) => return Err(Error::Log { path: name, source }),
            }
        }
    };
    let style = match format {
        Format::Json => Style::Json,
        Format::Auto if !terminal => Style::Json,
        Format::Auto | Format::Pretty => Style::Pretty { colours: terminal },
    };
    let queue = Queue::start(writer).map_err(|source| Error::Log { path: name, source })?;
    Ok((queue, style))
}

/// What the filter of the settings lets through, and always the spans that carry trace ids.
pub(crate) fn filter<S>(filter: reload::Layer<EnvFilter, S>) -> impl Filter<S>
where
    S: Subscriber + for<'a> LookupSpan<'a> + 'static,
{
    filter.or(filter_fn(trace::is_boundary as fn(&Metadata<'_>) -> bool).with_max_level_hint(LevelFilter::ERROR))
}

impl Logs {
    pub(crate) fn new(style: Style, queue: Queue, sampler: Option<opentelemetry_sdk::trace::Sampler>) -> Self {
        Self { style, queue, sampler }
    }

    /// Gives a new span its fields.
    pub(crate) fn describe<'a, S: LookupSpan<'a>>(
        &self,
        span: &SpanRef<'a, S>,
        fields: &[(&'static str, &dyn fmt::Display)],
    ) {
        let mut described = SpanFields::default();
        for (name, value) in fields {
            described.set(self.style, name, value);
        }
        add(span, described);
    }

    /// Adds a field to a span, or replaces it.
    pub(crate) fn annotate<'a, S: LookupSpan<'a>>(
        &self,
        span: &SpanRef<'a, S>,
        name: &'static str,
        value: &dyn fmt::Display,
    ) {
        self.describe(span, &[(name, value)]);
    }
}

/// Values are rendered before this takes the lock of the span: one that logs while it is rendered needs that lock.
fn add<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, fields: SpanFields) {
    let mut extensions = span.extensions_mut();
    match extensions.get_mut::<SpanFields>() {
        Some(known) => known.merge(&fields),
        None => drop(extensions.replace(fields)),
    }
}

impl<S> Layer<S> for Logs
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        // Those that begin a request have none: theirs are added by `trace`.
        if let Some(span) = context.span(id).filter(|_| !attributes.is_empty()) {
            let mut fields = SpanFields::default();
            attributes.record(&mut fields.recorder(self.style));
            add(&span, fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = SpanFields::default();
            record.record(&mut fields.recorder(self.style));
            add(&span, fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        Line::with(self.style, |line| {
            line.begin(*metadata.level());
            event.record(line);
            let mut trace_id = None;
            for span in context.event_scope(event).into_iter().flatten() {
                let extensions = span.extensions();
                if let Some(fields) = extensions.get::<SpanFields>() {
                    line.span(fields);
                }
                trace_id = trace_id.or_else(|| extensions.get::<trace::Active>().map(|active| active.trace.id()));
            }
            self.queue.push(line.end(metadata.target(), trace_id));
        });
    }
}

/// The level as it is written, five wide for eyes.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        Level::DEBUG => "DEBUG",
        Level::TRACE => "TRACE",
    }
}
