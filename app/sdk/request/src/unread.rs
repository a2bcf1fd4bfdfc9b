//! What becomes of a connection whose request was answered before its body had come.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

/// Holds on to a request's body until the answer is out, so that the connection is closed when the body never came.
///
/// actix-http 3.20 closes after an unread body of known length. One in chunks whose reader is gone it discards until it ends,
/// with no bound on the time: a client could drip into an answered request for ever. While the reader is alive both are closed.
pub struct Unread(Rc<RefCell<Source>>);

struct Source {
    payload: Payload,
    ended: bool,
}

/// The body as the handler sees it.
struct Shared(Rc<RefCell<Source>>);

/// An answer's body that keeps the request's body alive.
struct Holding {
    body: BoxBody,
    _unread: Unread,
}

impl Unread {
    /// Takes hold of the body, if the request has one. For the outermost middleware, on the way in.
    pub fn hold(request: &mut ServiceRequest) -> Option<Self> {
        let payload = request.take_payload();
        if matches!(payload, Payload::None) {
            return None;
        }
        let source = Rc::new(RefCell::new(Source { payload, ended: false }));
        request.set_payload(Payload::Stream { payload: Box::pin(Shared(source.clone())) });
        Some(Self(source))
    }

    /// The answer's body, which lets go of the request's when it ends. For the outermost middleware, on the way out.
    pub fn until_sent(self, body: BoxBody) -> BoxBody {
        let ended = self.0.borrow().ended;
        if ended { body } else { BoxBody::new(Holding { body, _unread: self }) }
    }
}

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut source = self.0.borrow_mut();
        let item = ready!(Pin::new(&mut source.payload).poll_next(cx));
        source.ended = item.is_none();
        Poll::Ready(item)
    }
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
