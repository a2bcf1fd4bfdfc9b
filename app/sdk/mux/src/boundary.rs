//! The outermost layer: from here a request is known, and here every answer gets its final form.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use actix_cors::{Cors, CorsMiddleware};
use actix_http::ConnectionType;
use actix_service::{Service, ServiceFactory, Transform as _};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _};
use apierror::{ApiError, Code};
use futures_util::future::LocalBoxFuture;
use request::Unread;
use runtimes::{Work, watched};
use tracing::Instrument as _;

use crate::accept;
use crate::compress;
use crate::connection::{Connection, unless_gone};
use crate::failure;
use crate::path::{Miss, Tree};
use crate::pipeline::{Exchange, Pipeline, Place, Resource, Served, Shared};
use crate::record::{Meter, REQUEST_ID, Record, method_name};
use crate::route::Access;

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NOTHING_ALLOWED: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const CONTENT_SECURITY_POLICY: HeaderName = header::CONTENT_SECURITY_POLICY;

/// The name that requests for no route are measured under.
const NO_ROUTE: &str = "none";

/// Makes the boundary and all that is behind it, once for each worker.
#[derive(Clone)]
pub(crate) struct Factory {
    pub(crate) shared: Arc<Shared>,
    pub(crate) tree: Arc<Tree>,
    pub(crate) table: Arc<Vec<crate::api::Listed>>,
    pub(crate) cors_origins: Arc<Vec<String>>,
}

/// The boundary of one worker.
pub(crate) struct Boundary(Rc<Worker>);

struct Worker {
    shared: Arc<Shared>,
    tree: Arc<Tree>,
    resources: Rc<Vec<Resource>>,
    meter: Meter,
    inner: Inner,
}

enum Inner {
    Plain(Pipeline),
    Cors(CorsMiddleware<Pipeline>),
}

impl ServiceFactory<ServiceRequest> for Factory {
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Config = ();
    type Service = Boundary;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Boundary, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let factory = self.clone();
        Box::pin(async move {
            let mut resources = Vec::with_capacity(factory.table.len());
            for listed in factory.table.iter() {
                let mut methods = Vec::with_capacity(listed.methods.len());
                for method in &listed.methods {
                    methods.push(Served {
                        method: method.method.clone(),
                        access: method.access,
                        takes_body: method.takes_body,
                        streams_body: method.streams_body,
                        produces: method.produces.clone(),
                        handler: (method.serve)().new_service(()).await?,
                    });
                }
                let allow = listed.allow.clone();
                resources.push(Resource { path: listed.path, allow, methods });
            }
            let resources = Rc::new(resources);
            let pipeline = Pipeline { shared: Arc::clone(&factory.shared), resources: Rc::clone(&resources) };
            let inner = if factory.cors_origins.is_empty() {
                Inner::Plain(pipeline)
            } else {
                Inner::Cors(cors(&factory.cors_origins).new_transform(pipeline).await?)
            };
            Ok(Boundary(Rc::new(Worker {
                shared: factory.shared,
                tree: factory.tree,
                resources,
                meter: Meter::default(),
                inner,
            })))
        })
    }
}

impl Service<ServiceRequest> for Boundary {
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let worker = Rc::clone(&self.0);
        Box::pin(async move { Ok(worker.serve(request).await) })
    }
}

impl Worker {
    async fn serve(&self, mut incoming: ServiceRequest) -> ServiceResponse<BoxBody> {
        let unread = Unread::hold(&mut incoming);
        let place = self.place(&mut incoming);
        let route = match place {
            Place::Handler(resource, _) | Place::Resource(resource) => self.resources[resource].path,
            Place::Nowhere | Place::Malformed => NO_ROUTE,
        };
        let method = method_name(incoming.method());
        let client = self.shared.client(&incoming);
        let is_probe = matches!(place, Place::Handler(resource, method)
            if self.resources[resource].methods[method].access == Access::Exempt);
        let record = Record::open(&self.meter, incoming.headers(), incoming.uri(), method, route, client, is_probe);
        let exchange = Rc::new(Exchange { place, record, client, standing: Cell::new(None) });
        incoming.extensions_mut().insert(Rc::clone(&exchange));

        let request = incoming.request().clone();
        let connection = request.conn_data::<Connection>();
        let _busy = connection.map(Connection::begin);
        let connection = connection.filter(|_| self.shared.cancel_abandoned);
        let work = unless_gone(connection, self.pass(incoming));
        // Whoever blocks the worker is told of by the route, within the span of the request.
        let work = watched(Work::Request { method, route }, None, work).instrument(exchange.record.span.clone());
        let response = match work.await {
            Some(response) => response,
            None => {
                exchange.record.abandoned();
                ApiError::new(Code::RequestTimeout)
                    .with_detail("the connection was closed before the answer was ready")
                    .error_response()
            }
        };
        let response = self.finish(&request, response, &exchange);
        let response = match unread {
            Some(unread) => response.map_body(|_, body| unread.until_sent(body)),
            None => response,
        };
        ServiceResponse::new(request, response)
    }

    /// Finds the route and hands the path's parameters to the extractors.
    fn place(&self, request: &mut ServiceRequest) -> Place {
        let uri = request.uri().clone();
        let (resource, parameters) = match self.tree.find(uri.path()) {
            Ok(found) => found,
            Err(Miss::Unknown) => return Place::Nowhere,
            Err(Miss::Malformed) => return Place::Malformed,
        };
        for (name, value) in parameters {
            request.match_info_mut().add_static(name, value.into_owned());
        }
        // HEAD is GET without the body, which the connection leaves out (RFC 9110, section 9.3.2).
        let wanted = match request.method() {
            &Method::HEAD => &Method::GET,
            method => method,
        };
        let methods = &self.resources[resource].methods;
        match methods.iter().position(|served| served.method == wanted) {
            Some(method) => Place::Handler(resource, method),
            None => Place::Resource(resource),
        }
    }

    async fn pass(&self, request: ServiceRequest) -> HttpResponse<BoxBody> {
        let answer = match &self.inner {
            Inner::Plain(pipeline) => pipeline.call(request).await,
            Inner::Cors(cors) => cors.call(request).await.map(ServiceResponse::map_into_boxed_body),
        };
        match answer {
            Ok(response) => response.into_parts().1,
            Err(error) => error.error_response(),
        }
    }

    fn finish(
        &self,
        request: &HttpRequest,
        response: HttpResponse<BoxBody>,
        exchange: &Exchange,
    ) -> HttpResponse<BoxBody> {
        let mut response = if response.status().as_u16() >= 400 {
            let (response, error) = failure::render(request, response, exchange.record.trace_id());
            exchange.record.answered(response.status(), Some(&error));
            response
        } else {
            let response = not_modified(request, response);
            exchange.record.answered(response.status(), None);
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        if !headers.contains_key(CONTENT_SECURITY_POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, NOTHING_ALLOWED);
        }
        headers.insert(REQUEST_ID, exchange.record.request_id(request.headers()));
        if let (Some(limiter), Some(standing)) = (&self.shared.limiter, exchange.standing.get()) {
            limiter.describe(standing, headers);
        }
        // The connection writes this field by itself and leaves out what stands in its place.
        let closes = headers.remove(header::CONNECTION).any(|value| value == "close");
        let switches = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if closes || !switches && self.shared.draining.load(Ordering::Relaxed) {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        compress::compress(request, response)
    }
}

/// A representation that the client has already (RFC 9110, section 15.4.5).
fn not_modified(request: &HttpRequest, response: HttpResponse<BoxBody>) -> HttpResponse<BoxBody> {
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    if !is_read || response.status() != StatusCode::OK {
        return response;
    }
    let known = response
        .headers()
        .get(header::ETAG)
        .and_then(|tag| tag.to_str().ok())
        .is_some_and(|tag| accept::is_known(request.headers(), tag));
    if !known {
        return response;
    }
    let negotiated = compress::is_negotiated(&response);
    let mut response = response.set_body(BoxBody::new(()));
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    if negotiated {
        // What a 200 would say to caches, the 304 has to say as well.
        compress::vary(response.headers_mut());
    }
    response.headers_mut().remove(header::CONTENT_TYPE);
    response
}

fn cors(origins: &[String]) -> Cors {
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let taken = [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "if-range",
        "range",
        "traceparent",
        "tracestate",
    ];
    let shown = [
        "accept-patch",
        "accept-ranges",
        "allow",
        "content-disposition",
        "content-range",
        "etag",
        "location",
        "link",
        "retry-after",
        "ratelimit",
        "ratelimit-policy",
        "idempotent-replayed",
        "x-request-id",
        "www-authenticate",
    ];
    origins
        .iter()
        .fold(Cors::default(), |cors, origin| cors.allowed_origin(origin))
        .allowed_methods(methods)
        .allowed_headers(taken)
        .allowed_header(REQUEST_ID)
        .expose_headers(shown)
        .max_age(600)
}
