//! A collector of traces that takes every span and counts it: what the service exports to while it is measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// A collector on a free port of this machine, until it is dropped.
pub struct Collector {
    /// Where it listens.
    pub address: SocketAddr,
    spans: Arc<AtomicU64>,
    server: tokio::task::JoinSet<Result<(), tonic::transport::Error>>,
}

struct Counter(Arc<AtomicU64>);

impl Collector {
    /// Starts to listen.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let spans = Arc::new(AtomicU64::new(0));
        let service = TraceServiceServer::new(Counter(Arc::clone(&spans)));
        let mut server = tokio::task::JoinSet::new();
        server.spawn(
            tonic::transport::Server::builder().add_service(service).serve_with_incoming(TcpIncoming::from(listener)),
        );
        Ok(Self { address, spans, server })
    }

    /// Spans received.
    pub fn spans(&self) -> u64 {
        debug_assert!(!self.server.is_empty());
        self.spans.load(Ordering::Relaxed)
    }
}

#[tonic::async_trait]
impl TraceService for Counter {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let request = request.into_inner();
        let spans = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        let count: usize = spans.map(|scope| scope.spans.len()).sum();
        self.0.fetch_add(count as u64, Ordering::Relaxed);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
