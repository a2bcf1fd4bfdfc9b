//! What a request passes on its way to a handler, and its answer on the way back.
//!
//! The order, from the outside in, and why it is this one:
//!
//! 1. **Route.** The path is looked up before anything else, so that all that follows knows the route, whether it is
//!    open, and under which name to log and measure.
//! 2. **Boundary.** Trace, request id, the record of the request. Whatever happens further in, panics and a client
//!    that leaves included, comes back here; every answer of 400 and above gets its problem document here, is logged
//!    here, once, and every answer gets its security fields, its 304 and its compression.
//! 3. **CORS.** Outside of all that can refuse, so that a browser may read the refusal.
//!    A panic from further in ends here as well, for the same reason.
//! 4. **Shedding.** Above the number of requests at once, a 503 costs next to nothing. Health routes are exempt, or an
//!    orchestrator would kill a service for being busy.
//! 5. **Deadline.** From here on the unit of work has its deadline, authentication included. Where a body is streamed, each
//!    statement has one of its own instead: no client's pace is theirs.
//! 6. **Authentication**, before the limit, because the limit is by subject. Bad credentials are refused only after
//!    the limit has counted them against the address. Open routes look at none.
//! 7. **Rate limit.**
//! 8. **Permission**, 401 for nobody, 403 for somebody.
//! 9. **Accept**, then the handler with its extractors. What it changes is noted to come from the caller, from their
//!    address, under the trace of the request.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_service::Service;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::uri::Authority;
use actix_web::http::{Method, Version};
use actix_web::{Error, HttpMessage as _, HttpResponse, ResponseError as _};
use apierror::{ApiError, Code};
use auth::Caller;
use changes::{Actor, Origin};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use settings::Network;

use crate::accept;
use crate::address::{self, Key};
use crate::gate::{self, Authenticator};
use crate::panic::Panic;
use crate::rate::{Limiter, Standing};
use crate::record::Record;
use crate::route::Access;

/// The longest path and query that is served, in bytes.
const LONGEST_URI: usize = 8 * 1024;

/// When an overloaded service may be asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What all workers of an application share.
pub(crate) struct Shared {
    pub(crate) authenticator: Authenticator,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) deadline: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) max_in_flight: usize,
    pub(crate) in_flight: AtomicUsize,
    pub(crate) draining: AtomicBool,
    pub(crate) cancel_abandoned: bool,
}

/// A resource, as one worker serves it.
pub(crate) struct Resource {
    pub(crate) path: &'static str,
    pub(crate) allow: HeaderValue,
    pub(crate) methods: Vec<Served>,
}

/// A method of a resource.
pub(crate) struct Served {
    pub(crate) method: Method,
    pub(crate) access: Access,
    pub(crate) takes_body: bool,
    pub(crate) streams_body: bool,
    pub(crate) produces: Vec<&'static str>,
    pub(crate) handler: Handler,
}

pub(crate) type Handler = <actix_web::Route as actix_service::ServiceFactory<ServiceRequest>>::Service;

/// Where a request leads.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// To the handler of this resource's method.
    Handler(usize, usize),
    /// To a resource that does not answer the method.
    Resource(usize),
    /// Nowhere.
    Nowhere,
    /// The path cannot be read.
    Malformed,
}

/// A request under way: what its layers tell each other.
pub(crate) struct Exchange {
    pub(crate) place: Place,
    pub(crate) record: Record,
    pub(crate) client: IpAddr,
    pub(crate) standing: Cell<Option<Standing>>,
}

/// The layers from shedding inwards, of one worker.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pub(crate) shared: Arc<Shared>,
    pub(crate) resources: Rc<Vec<Resource>>,
}

impl Service<ServiceRequest> for Pipeline {
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let pipeline = self.clone();
        Box::pin(async move {
            let kept = request.request().clone();
            let outcome = AssertUnwindSafe(pipeline.pass(request)).catch_unwind().await;
            let outcome = outcome.unwrap_or_else(|panic| Err(ApiError::internal(Panic::new(panic.as_ref()))));
            Ok(outcome.unwrap_or_else(|error| ServiceResponse::new(kept, error.error_response())))
        })
    }
}

impl Pipeline {
    async fn pass(&self, request: ServiceRequest) -> Result<ServiceResponse<BoxBody>, ApiError> {
        let exchange = request.extensions().get::<Rc<Exchange>>().cloned();
        let Some(exchange) = exchange else {
            return Err(ApiError::new(Code::Internal));
        };
        check_host(&request)?;
        let served = match exchange.place {
            Place::Handler(resource, method) => Some(&self.resources[resource].methods[method]),
            _ => None,
        };
        if let Some(Served { access: Access::Exempt, produces, handler, .. }) = served {
            negotiate(&request, produces)?;
            return handle(handler, request).await;
        }
        let _permit = self.shared.admit()?;
        if served.is_some_and(|served| served.streams_body) {
            // It takes as long as its client does, who has limits of their own; each statement still has its deadline.
            return self.pass_guarded(request, &exchange, served).await;
        }
        let mut limit = self.shared.deadline;
        if served.is_some_and(|served| served.takes_body) {
            // A slow client must not use up the time of the statements: those have their own limit as well.
            limit += self.shared.body_timeout;
        }
        let deadline = tokio::time::Instant::now() + limit;
        sqldb::within(deadline, self.pass_guarded(request, &exchange, served)).await
    }

    async fn pass_guarded(
        &self,
        request: ServiceRequest,
        exchange: &Exchange,
        served: Option<&Served>,
    ) -> Result<ServiceResponse<BoxBody>, ApiError> {
        let Some(served) = served else {
            self.shared.limit(exchange, exchange.client.into())?;
            return self.no_handler(request, exchange.place);
        };
        let caller = match served.access {
            Access::Needs(_) => gate::authenticate(&self.shared.authenticator, request.request()).await,
            Access::Open | Access::Exempt => Ok(Caller::Anonymous),
        };
        let subject = caller.as_ref().ok().and_then(Caller::user_id);
        if let Some(subject) = subject {
            telemetry::annotate("user_id", subject);
        }
        let key = subject.map_or_else(|| exchange.client.into(), |user_id| Key::Subject(user_id.uuid()));
        self.shared.limit(exchange, key)?;
        let caller = caller?;
        if let Access::Needs(permission) = served.access {
            gate::authorize(permission, &caller)?;
        }
        if request.uri().path_and_query().is_some_and(|uri| uri.as_str().len() > LONGEST_URI) {
            return Err(ApiError::new(Code::UriTooLong));
        }
        negotiate(&request, &served.produces)?;
        let origin = origin(&caller, exchange);
        request.extensions_mut().insert(caller);
        changes::within(origin, handle(&served.handler, request)).await
    }

    /// The answer where no handler is asked: OPTIONS, 404, 405, a path that cannot be read.
    fn no_handler(&self, request: ServiceRequest, place: Place) -> Result<ServiceResponse<BoxBody>, ApiError> {
        match place {
            Place::Resource(resource) => {
                let allow = self.resources[resource].allow.clone();
                if request.method() == Method::OPTIONS {
                    let mut response = HttpResponse::NoContent().finish();
                    response.headers_mut().insert(header::ALLOW, allow);
                    return Ok(request.into_response(response));
                }
                Err(ApiError::new(Code::MethodNotAllowed).with_header(header::ALLOW, allow))
            }
            Place::Malformed => {
                Err(ApiError::new(Code::BadRequest).with_detail("the path is not percent-encoded UTF-8"))
            }
            Place::Nowhere | Place::Handler(..) => Err(ApiError::new(Code::NotFound)),
        }
    }
}

impl Shared {
    /// The client's address, by the proxies that are trusted.
    pub(crate) fn client(&self, request: &ServiceRequest) -> IpAddr {
        // Only a test without a socket has no peer.
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        if self.trusted_proxies.is_empty() {
            return peer;
        }
        let forwarded: Vec<&str> =
            request.headers().get_all(header::X_FORWARDED_FOR).map(|value| value.to_str().unwrap_or("-")).collect();
        address::client(peer, &self.trusted_proxies, forwarded.into_iter())
    }

    fn admit(&self) -> Result<Permit<'_>, ApiError> {
        let permit = Permit(&self.in_flight);
        if self.in_flight.fetch_add(1, Ordering::Relaxed) >= self.max_in_flight {
            return Err(ApiError::unavailable(RETRY_AFTER)
                .with_detail("the service has more requests in hand than it can serve"));
        }
        Ok(permit)
    }

    fn limit(&self, exchange: &Exchange, client: Key) -> Result<(), ApiError> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        let (standing, outcome) = match limiter.take(client) {
            Ok(standing) => (standing, Ok(())),
            Err((error, standing)) => (standing, Err(error)),
        };
        exchange.standing.set(Some(standing));
        outcome
    }
}

/// A request that counts as in flight.
struct Permit<'s>(&'s AtomicUsize);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The field `Host` of HTTP/1.1 (RFC 9112, section 3.2): once, and a host with or without a port, or empty.
fn check_host(request: &ServiceRequest) -> Result<(), ApiError> {
    let hosts = request.headers().get_all(header::HOST);
    let refuse = |words| Err(ApiError::new(Code::BadRequest).with_detail(words));
    if request.version() == Version::HTTP_11 && hosts.clone().count() != 1 {
        return refuse("a request has exactly one Host field");
    }
    let is_host = |value: &[u8]| value.is_empty() || !value.contains(&b'@') && Authority::try_from(value).is_ok();
    if !hosts.clone().all(|value| is_host(value.as_bytes())) {
        return refuse("the Host field is not a host with or without a port");
    }
    Ok(())
}

fn negotiate(request: &ServiceRequest, produces: &[&'static str]) -> Result<(), ApiError> {
    if produces.is_empty() || accept::accepts(request.headers(), produces) {
        return Ok(());
    }
    Err(ApiError::new(Code::NotAcceptable).with_detail(format!("this path answers with {}", produces.join(", "))))
}

/// Where the changes of a request come from.
fn origin(caller: &Caller, exchange: &Exchange) -> Origin {
    Origin {
        actor: caller.user_id().map_or(Actor::Anonymous, Actor::User),
        address: Some(exchange.client.to_canonical()),
        traceparent: exchange.record.traceparent(),
    }
}

async fn handle(handler: &Handler, request: ServiceRequest) -> Result<ServiceResponse<BoxBody>, ApiError> {
    let kept = request.request().clone();
    match handler.call(request).await {
        Ok(response) => Ok(response.map_into_boxed_body()),
        Err(error) => Ok(ServiceResponse::new(kept, error.error_response())),
    }
}
