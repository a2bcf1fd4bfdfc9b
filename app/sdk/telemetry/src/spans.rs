//! Recorded spans, on their way to the collector.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use opentelemetry::{
    Context, KeyValue, Value, global,
    trace::{SpanId, SpanKind, Status, TraceId, TracerProvider as _},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{
        BatchConfigBuilder, BatchSpanProcessor, IdGenerator, RandomIdGenerator, Sampler, SamplingDecision,
        SdkTracerProvider, ShouldSample as _, Span, SpanData, SpanProcessor,
    },
};
use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::{
    Layer,
    layer::{self, Filter},
    registry::LookupSpan,
};

use crate::{Error, scrub, trace};

/// How long a batch may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an ended span waits for others.
const BATCH_DELAY: Duration = Duration::from_secs(2);

/// Ended spans that may wait; more are lost, and counted.
const QUEUE: usize = 4096;

/// Everything between a span that ends and the collector.
pub(crate) struct Pipeline {
    provider: SdkTracerProvider,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    ended: AtomicU64,
    delivered: AtomicU64,
}

/// What every span says of its process.
pub(crate) fn resource(name: &str, version: String, environment: String) -> Resource {
    Resource::builder()
        .with_service_name(name.to_owned())
        .with_attribute(KeyValue::new("service.version", version))
        .with_attribute(KeyValue::new("deployment.environment.name", environment))
        .build()
}

/// Which traces begun here are recorded.
pub(crate) fn sampler(ratio: f64) -> Sampler {
    Sampler::TraceIdRatioBased(ratio)
}

/// Whether a trace is recorded: as the caller decided, else by its id (`ParentBased` of the specification).
pub(crate) fn is_sampled(sampler: &Sampler, trace: &trace::Trace) -> bool {
    trace.decided().unwrap_or_else(|| {
        let result = sampler.should_sample(None, trace.otel_id(), "", &SpanKind::Server, &[], &[]);
        result.decision == SamplingDecision::RecordAndSample
    })
}

/// Runs `work`; a span that starts a trace in it takes the id of this one.
pub(crate) fn with_trace_id(trace: &trace::Trace, work: impl FnOnce()) {
    NEXT.set(Some(trace.otel_id()));
    work();
    NEXT.set(None);
}

impl Pipeline {
    /// Connects lazily: a collector that is down does not keep a program from starting.
    pub(crate) fn start(endpoint: &str, resource: Resource) -> Result<Self, Error> {
        let exporter =
            SpanExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(EXPORT_TIMEOUT).build();
        let exporter = exporter.map_err(|source| Error::Exporter { endpoint: endpoint.to_owned(), source })?;
        let counts = Arc::new(Counts::default());
        let watched = Watched { exporter, counts: Arc::clone(&counts), failing: AtomicBool::default() };
        let batches =
            BatchConfigBuilder::default().with_max_queue_size(QUEUE).with_scheduled_delay(BATCH_DELAY).build();
        let processor = Counted {
            processor: BatchSpanProcessor::builder(watched).with_batch_config(batches).build(),
            counts: Arc::clone(&counts),
        };
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_span_processor(processor)
            // What reaches the provider was chosen by `is_sampled`.
            .with_sampler(Sampler::AlwaysOn)
            .with_id_generator(Ids::default())
            .build();
        // For libraries that propagate by themselves.
        global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Self { provider, counts })
    }

    /// The layer that turns spans into recorded ones.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(env!("CARGO_PKG_NAME")))
            // Nothing here is worth its cost on each span and each poll.
            .with_context_activation(false)
            .with_level(false)
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(Recorded)
    }

    /// Sends what is left. Blocks.
    pub(crate) fn stop(self, timeout: Duration) {
        if let Err(error) = self.provider.shutdown_with_timeout(timeout) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the exporter of spans did not stop in time");
        }
    }

    /// How many spans were lost since the start, asked at any time.
    pub(crate) fn lost(&self) -> impl Fn() -> u64 + use<> {
        let counts = Arc::clone(&self.counts);
        move || {
            let delivered = counts.delivered.load(Ordering::Relaxed);
            counts.ended.load(Ordering::Relaxed).saturating_sub(delivered)
        }
    }

    /// The counts of spans, as metrics.
    pub(crate) fn losses(&self) -> Box<dyn Fn() + Send + Sync> {
        let counts = Arc::clone(&self.counts);
        Box::new(move || {
            metrics::counter!("trace_spans_ended_total").absolute(counts.ended.load(Ordering::Relaxed));
            metrics::counter!("trace_spans_delivered_total").absolute(counts.delivered.load(Ordering::Relaxed));
        })
    }
}

thread_local! {
    static NEXT: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Random ids, but for the traces whose id was made at the boundary.
#[derive(Debug, Default)]
struct Ids(RandomIdGenerator);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        NEXT.take().unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}

/// Lets recorded work through, and the spans inside it. What runs outside, the exporter's own connection above
/// all, is never recorded: exporting makes no spans to export. Events stay in the log, which has the trace id.
struct Recorded;

impl<S> Filter<S> for Recorded
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn enabled(&self, metadata: &Metadata<'_>, context: &layer::Context<'_, S>) -> bool {
        metadata.is_span()
            && *metadata.level() <= Level::INFO
            && metadata.target() != trace::PLAIN
            // The current span as this filter sees it: a recorded one.
            && (metadata.target() == trace::RECORDED || context.lookup_current().is_some())
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if !metadata.is_span() || *metadata.level() > Level::INFO || metadata.target() == trace::PLAIN {
            Interest::never()
        } else if metadata.target() == trace::RECORDED {
            Interest::always()
        } else {
            Interest::sometimes()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }
}

/// Counts the spans that end.
#[derive(Debug)]
struct Counted {
    processor: BatchSpanProcessor,
    counts: Arc<Counts>,
}

impl SpanProcessor for Counted {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.counts.ended.fetch_add(1, Ordering::Relaxed);
        self.processor.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

/// Scrubs spans, counts those the collector took, and says once when it stops taking them.
#[derive(Debug)]
struct Watched {
    exporter: SpanExporter,
    counts: Arc<Counts>,
    failing: AtomicBool,
}

impl opentelemetry_sdk::trace::SpanExporter for Watched {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        batch.iter_mut().for_each(scrubbed);
        match self.exporter.export(batch).await {
            Ok(()) => {
                self.counts.delivered.fetch_add(spans as u64, Ordering::Relaxed);
                if self.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes spans again");
                }
            }
            Err(error) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, spans, "spans are lost: the collector does not take them");
                }
            }
        }
        // The failure is dealt with: the SDK would log it again, for each batch.
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

fn scrubbed(span: &mut SpanData) {
    for attribute in &mut span.attributes {
        if scrub::is_private(attribute.key.as_str()) {
            attribute.value = Value::from(scrub::HIDDEN);
        } else if let Value::String(text) = &attribute.value {
            let clean = scrub::text(text.as_str());
            if clean != text.as_str() {
                attribute.value = Value::from(clean.into_owned());
            }
        }
    }
    if let Status::Error { description } = &mut span.status {
        *description = scrub::text(description).into_owned().into();
    }
}
