//! A small OTLP collector that keeps what it is sent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
    trace::v1::Span,
};
use tokio::task::JoinSet;
use tonic::{Request, Response, Status, transport::Server, transport::server::TcpIncoming};

pub(crate) struct Collector {
    pub(crate) endpoint: String,
    received: Received,
    _server: JoinSet<()>,
}

#[derive(Clone, Default)]
struct Received(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

impl Collector {
    pub(crate) async fn start() -> Self {
        let received = Received::default();
        let incoming = TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let endpoint = format!("http://{}", incoming.local_addr().unwrap());
        let service = TraceServiceServer::new(received.clone());
        let mut server = JoinSet::new();
        server.spawn(async move {
            Server::builder().add_service(service).serve_with_incoming(incoming).await.unwrap();
        });
        Self { endpoint, received, _server: server }
    }

    /// Every span, in the order of arrival.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let requests = self.received.0.lock().unwrap();
        let scopes = requests.iter().flat_map(|request| &request.resource_spans).flat_map(|of| &of.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    /// An attribute of the process that sent the spans.
    pub(crate) fn resource(&self, key: &str) -> Option<String> {
        let requests = self.received.0.lock().unwrap();
        let resource = requests.first()?.resource_spans.first()?.resource.clone()?;
        let value = resource.attributes.into_iter().find(|attribute| attribute.key == key)?.value?.value?;
        Some(text(&value))
    }
}

#[tonic::async_trait]
impl TraceService for Received {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// An attribute of a span.
pub(crate) fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    Some(text(found.value.as_ref()?.value.as_ref()?))
}

/// An id as it is written.
pub(crate) fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}
