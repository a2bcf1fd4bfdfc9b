//! A collector of OpenTelemetry spans for tests: OTLP over gRPC, on a free port of loopback.
//!
//! What fails here fails the test that needs it: nothing returns an error.

#![expect(clippy::unwrap_used, reason = "a test that meets something unexpected has failed")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::task::JoinSet;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Response, Status};

/// A collector, until it is dropped.
pub struct Collector {
    /// Where it listens, as a program is told.
    pub endpoint: String,
    received: Received,
    _server: JoinSet<()>,
}

#[derive(Clone)]
struct Received {
    count: Arc<AtomicU64>,
    /// `None` where spans are counted and forgotten.
    requests: Option<Arc<Mutex<Vec<ExportTraceServiceRequest>>>>,
}

impl Collector {
    /// Starts one that keeps what it is sent.
    pub async fn start() -> Self {
        Self::serve(Some(Arc::default())).await
    }

    /// Starts one that counts spans and forgets them, for a load.
    pub async fn counting() -> Self {
        Self::serve(None).await
    }

    /// How many spans have come.
    pub fn count(&self) -> u64 {
        self.received.count.load(Ordering::Relaxed)
    }

    /// Every span that was kept, in the order of arrival.
    pub fn spans(&self) -> Vec<Span> {
        let requests = self.received.kept();
        let scopes = requests.iter().flat_map(|request| &request.resource_spans).flat_map(|of| &of.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    /// An attribute of the process that sent the spans.
    pub fn resource(&self, key: &str) -> Option<String> {
        let requests = self.received.kept();
        let resource = requests.first()?.resource_spans.first()?.resource.clone()?;
        let value = resource.attributes.into_iter().find(|attribute| attribute.key == key)?.value?.value?;
        Some(text(&value))
    }

    /// All that was kept, as text.
    pub fn text(&self) -> String {
        format!("{:?}", self.received.kept())
    }

    async fn serve(requests: Option<Arc<Mutex<Vec<ExportTraceServiceRequest>>>>) -> Self {
        let received = Received { count: Arc::default(), requests };
        let incoming = TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let endpoint = format!("http://{}", incoming.local_addr().unwrap());
        let service = TraceServiceServer::new(received.clone());
        let mut server = JoinSet::new();
        server.spawn(async move {
            Server::builder().add_service(service).serve_with_incoming(incoming).await.unwrap();
        });
        Self { endpoint, received, _server: server }
    }
}

/// An attribute of a span.
pub fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    Some(text(found.value.as_ref()?.value.as_ref()?))
}

/// An id as it is written.
pub fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tonic::async_trait]
impl TraceService for Received {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let request = request.into_inner();
        let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        let count: usize = scopes.map(|scope| scope.spans.len()).sum();
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        if let Some(requests) = &self.requests {
            requests.lock().unwrap().push(request);
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Received {
    fn kept(&self) -> MutexGuard<'_, Vec<ExportTraceServiceRequest>> {
        self.requests.as_ref().unwrap().lock().unwrap()
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}
