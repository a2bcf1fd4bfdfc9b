//! One log line, and the fields that spans lend it.

use std::{cell::RefCell, error::Error, fmt, io::Write as _, ops::Range};

use tracing::{
    Level,
    field::{Field, Visit},
};
use tracing_subscriber::fmt::{
    format::Writer,
    time::{FormatTime as _, SystemTime},
};

use crate::{TraceId, scrub};

use super::{Style, level_name};

/// Names that every line has of its own.
const OWN: [&str; 4] = ["timestamp", "level", "target", "trace_id"];

/// The fields of a span, rendered once and not for each line.
#[derive(Default)]
pub(crate) struct SpanFields {
    text: Vec<u8>,
    fields: Vec<(&'static str, Range<usize>)>,
}

impl SpanFields {
    /// Adds a field, or replaces it.
    pub(crate) fn set(&mut self, style: Style, name: &'static str, value: &dyn fmt::Display) {
        self.recorder(style).put(name, |value_of, style| value_of.text(style, value));
    }

    /// Takes the fields of `other`; of two with one name, its.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (name, range) in &other.fields {
            let start = self.text.len();
            self.text.extend_from_slice(&other.text[range.clone()]);
            self.place(name, start);
        }
    }

    /// What was written since `start` is the value of `name`.
    fn place(&mut self, name: &'static str, start: usize) {
        let range = start..self.text.len();
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = range,
            None => self.fields.push((name, range)),
        }
    }

    pub(crate) fn recorder(&mut self, style: Style) -> Recorder<'_> {
        Recorder { style, fields: self }
    }
}

/// Records values into the fields of a span.
pub(crate) struct Recorder<'a> {
    style: Style,
    fields: &'a mut SpanFields,
}

impl Recorder<'_> {
    fn put(&mut self, name: &'static str, write: impl FnOnce(&mut Values<'_>, Style)) {
        if name.starts_with("otel.") {
            return;
        }
        let start = self.fields.text.len();
        let mut values = Values(&mut self.fields.text);
        if scrub::is_private(name) {
            values.string(self.style, scrub::HIDDEN);
        } else {
            write(&mut values, self.style);
        }
        self.fields.place(name, start);
    }
}

/// A line being written. Its buffers are kept by the thread.
#[derive(Default)]
pub(crate) struct Line {
    style: Option<Style>,
    bytes: Vec<u8>,
    names: Vec<&'static str>,
    /// The target of a record that came through the `log` crate.
    log_target: Option<String>,
}

impl Line {
    /// Lends a line. A line logged while another is being written (a `Debug` that logs) gets buffers of its own.
    pub(crate) fn with(style: Style, write: impl FnOnce(&mut Self)) {
        thread_local! {
            static LINE: RefCell<Line> = RefCell::default();
        }
        LINE.with(|line| match line.try_borrow_mut() {
            Ok(mut line) => {
                line.style = Some(style);
                write(&mut line);
            }
            Err(_) => write(&mut Self { style: Some(style), ..Self::default() }),
        });
    }

    /// Starts the line: when, how grave.
    pub(crate) fn begin(&mut self, level: Level) {
        self.bytes.clear();
        self.names.clear();
        self.log_target = None;
        let mut time = Time::default();
        // Writing to memory cannot fail.
        let _ = SystemTime.format_time(&mut Writer::new(&mut time));
        match self.style() {
            Style::Json => {
                self.bytes.extend_from_slice(b"{\"timestamp\":\"");
                self.bytes.extend_from_slice(time.as_bytes());
                self.bytes.extend_from_slice(b"\",\"level\":\"");
                self.bytes.extend_from_slice(level_name(level).as_bytes());
                self.bytes.push(b'"');
            }
            Style::Pretty { colours } => {
                // The time of day, to the millisecond.
                let clock = time.as_bytes().get(11..23).unwrap_or(time.as_bytes());
                let (colour, reset) = if colours { (colour(level), "\x1b[0m") } else { ("", "") };
                self.bytes.extend_from_slice(clock);
                let _ = write!(self.bytes, " {colour}{:>5}{reset}", level_name(level));
            }
        }
    }

    /// Adds the fields of a span around the event; a field nearer to the event hides one of the same name.
    pub(crate) fn span(&mut self, fields: &SpanFields) {
        for (name, range) in &fields.fields {
            if !self.names.contains(name) {
                self.name(name);
                self.bytes.extend_from_slice(&fields.text[range.clone()]);
            }
        }
    }

    /// Ends the line, and returns it.
    pub(crate) fn end(&mut self, target: &str, trace_id: Option<TraceId>) -> &[u8] {
        let target = self.log_target.take().map_or(std::borrow::Cow::Borrowed(target), std::borrow::Cow::Owned);
        match self.style() {
            Style::Json => {
                if let Some(trace_id) = trace_id {
                    self.bytes.extend_from_slice(b",\"trace_id\":\"");
                    self.bytes.extend_from_slice(trace_id.as_str().as_bytes());
                    self.bytes.push(b'"');
                }
                self.bytes.extend_from_slice(b",\"target\":");
                Values(&mut self.bytes).string(Style::Json, &target);
                self.bytes.extend_from_slice(b"}\n");
            }
            Style::Pretty { colours } => {
                let (dim, reset) = if colours { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
                let _ = write!(self.bytes, " {dim}");
                if let Some(trace_id) = trace_id {
                    let _ = write!(self.bytes, "trace_id={trace_id} ");
                }
                let _ = writeln!(self.bytes, "{target}{reset}");
            }
        }
        &self.bytes
    }

    fn style(&self) -> Style {
        self.style.unwrap_or(Style::Json)
    }

    fn name(&mut self, name: &'static str) {
        self.names.push(name);
        let own = if OWN.contains(&name) { "field_" } else { "" };
        let _ = match self.style() {
            Style::Json => write!(self.bytes, ",\"{own}{name}\":"),
            Style::Pretty { .. } if name == "message" => write!(self.bytes, " "),
            Style::Pretty { .. } => write!(self.bytes, " {own}{name}="),
        };
    }

    fn put(&mut self, field: &Field, write: impl FnOnce(&mut Values<'_>, Style)) {
        let name = field.name();
        if name.starts_with("log.") || name.starts_with("otel.") {
            return;
        }
        self.name(name);
        let style = self.style();
        let mut values = Values(&mut self.bytes);
        if scrub::is_private(name) {
            values.string(style, scrub::HIDDEN);
        } else {
            write(&mut values, style);
        }
    }
}

macro_rules! visit {
    () => {
        fn record_i64(&mut self, field: &Field, value: i64) {
            self.record(field, |values, _| values.plain(&value));
        }

        fn record_u64(&mut self, field: &Field, value: u64) {
            self.record(field, |values, _| values.plain(&value));
        }

        fn record_bool(&mut self, field: &Field, value: bool) {
            self.record(field, |values, _| values.plain(&value));
        }

        fn record_f64(&mut self, field: &Field, value: f64) {
            self.record(field, |values, style| match value.is_finite() {
                true => values.plain(&value),
                // JSON has no such number.
                false => values.string(style, &value.to_string()),
            });
        }

        fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
            self.record(field, |values, style| values.text(style, &Chain(value)));
        }

        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            self.record(field, |values, style| values.text(style, &Debugged(value)));
        }
    };
}

impl Visit for Line {
    visit!();

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            self.log_target = Some(value.to_owned());
        }
        self.put(field, |values, style| values.string(style, &scrub::text(value)));
    }
}

impl Line {
    fn record(&mut self, field: &Field, write: impl FnOnce(&mut Values<'_>, Style)) {
        self.put(field, write);
    }
}

impl Visit for Recorder<'_> {
    visit!();

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), |values, style| values.string(style, &scrub::text(value)));
    }
}

impl Recorder<'_> {
    fn record(&mut self, field: &Field, write: impl FnOnce(&mut Values<'_>, Style)) {
        self.put(field.name(), write);
    }
}

/// Writes values.
struct Values<'a>(&'a mut Vec<u8>);

impl Values<'_> {
    /// A number or a boolean, the same in JSON as for eyes.
    fn plain(&mut self, value: &dyn fmt::Display) {
        let _ = write!(self.0, "{value}");
    }

    /// What a value says of itself, scrubbed.
    fn text(&mut self, style: Style, value: &dyn fmt::Display) {
        thread_local! {
            static SCRATCH: RefCell<String> = const { RefCell::new(String::new()) };
        }
        SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut text) => {
                text.clear();
                let _ = fmt::Write::write_fmt(&mut *text, format_args!("{value}"));
                self.string(style, &scrub::text(&text));
            }
            Err(_) => self.string(style, &scrub::text(&value.to_string())),
        });
    }

    /// Text as it is.
    fn string(&mut self, style: Style, text: &str) {
        match style {
            Style::Json => {
                let _ = serde_json::to_writer(&mut *self.0, text);
            }
            // Nothing that came from outside may move the cursor or begin a line.
            Style::Pretty { .. } => {
                for c in text.chars() {
                    let _ =
                        if c.is_control() { write!(self.0, "{}", c.escape_default()) } else { write!(self.0, "{c}") };
                }
            }
        }
    }
}

/// An error with its causes, `outer: inner: innermost`.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

struct Debugged<'a>(&'a dyn fmt::Debug);

impl fmt::Display for Debugged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A time, without a heap.
#[derive(Default)]
struct Time {
    bytes: [u8; 32],
    length: usize,
}

impl Time {
    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl fmt::Write for Time {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG => "\x1b[34m",
        Level::TRACE => "\x1b[35m",
    }
}
