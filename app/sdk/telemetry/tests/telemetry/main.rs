//! Telemetry as a process uses it.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod cost;
mod logs;
mod metrics;
mod process;
mod requests;
mod traces;

use std::{
    io,
    sync::{Arc, Mutex},
};

use telemetry::{Format, Options, Output, Telemetry};
use tracing::Dispatch;

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT_ID: &str = "b7ad6b7169203331";

/// Telemetry of one test, installed for its thread alone.
struct Scoped {
    telemetry: Telemetry,
    dispatch: Dispatch,
    lines: Lines,
}

impl Scoped {
    fn start(adjust: impl FnOnce(&mut Options)) -> Self {
        let lines = Lines::default();
        let mut options = options(Output::Writer(Box::new(lines.clone())));
        adjust(&mut options);
        let (dispatch, telemetry) = telemetry::build(options).unwrap();
        Self { telemetry, dispatch, lines }
    }

    fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        tracing::dispatcher::with_default(&self.dispatch, work)
    }

    /// Stops, and returns every line.
    async fn lines(self) -> String {
        let stopped = self.telemetry.stop().await;
        assert_eq!(stopped.log_lines_lost, 0);
        self.lines.text()
    }
}

fn options(output: Output) -> Options {
    Options {
        service_name: "films".to_owned(),
        service_version: "1.2.3".to_owned(),
        environment: "development".to_owned(),
        format: Format::Json,
        filter: "info".to_owned(),
        output,
        otlp_endpoint: None,
        sample_ratio: 1.0,
        keep: Some(telemetry::recorder::Keep::ALL),
    }
}

/// What was written, shared with the writer.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The trace of a request with this `traceparent`.
fn trace_of(traceparent: &str) -> telemetry::Trace {
    telemetry::Trace::from_headers(|name| (name == "traceparent").then_some(traceparent))
}
