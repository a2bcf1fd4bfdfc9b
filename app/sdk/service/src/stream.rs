//! A client's connection, watched.

use std::future::Future as _;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::http::StatusCode;
use mux::Connection;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::refusal;

/// How long a client may take nothing of an answer: who reads slowly, still reads.
const STALL: Duration = Duration::from_secs(60);

/// How long a refused client may take to read its refusal.
const LINGER: Duration = Duration::from_secs(1);

/// A TCP stream that notices what the dispatcher keeps to itself.
///
/// - The client's end: the requests in hand learn of it through the [`Connection`].
/// - A head that drips: the dispatcher times the first head of a connection alone.
/// - The dispatcher's own refusals, which have no body: they leave as problem documents.
/// - A client that takes nothing of what it is sent, however long it is waited for.
/// - A switch to another protocol: once its answer is written, the connection leaves, and the dispatcher finds an end in
///   its place.
pub(crate) struct Stream {
    inner: Inner,
    connection: Connection,
    peer: Option<SocketAddr>,
    head_timeout: Duration,
    /// Runs out when the head that has begun to arrive is not whole by then.
    head: Option<Head>,
    /// A refusal on its way out.
    outgoing: Vec<u8>,
    written: usize,
    refused: bool,
    /// Runs out when the client has had the time to read the refusal.
    linger: Option<Pin<Box<Sleep>>>,
    /// Runs out when the client has taken nothing for too long.
    stall: Option<Pin<Box<Sleep>>>,
    /// The answer that announces a switch is being written.
    switching: bool,
}

/// The connection, until it is another's.
enum Inner {
    Here(TcpStream),
    Gone,
}

/// A head that has begun to arrive.
struct Head {
    timer: Pin<Box<Sleep>>,
    /// The requests that had come before it.
    after: u64,
}

impl Stream {
    pub(crate) fn new(inner: TcpStream, head_timeout: Duration) -> Self {
        let peer = inner.peer_addr().ok();
        Self {
            inner: Inner::Here(inner),
            connection: Connection::new(),
            peer,
            head_timeout,
            head: None,
            outgoing: Vec::new(),
            written: 0,
            refused: false,
            linger: None,
            stall: None,
            switching: false,
        }
    }

    pub(crate) fn connection(&self) -> Connection {
        self.connection.clone()
    }

    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Whether the head of a later request takes too long; the time runs from its first byte.
    fn is_head_late(&mut self, received: &[u8], context: &mut Context<'_>) -> bool {
        let requests = self.connection.requests();
        if self.connection.is_busy() || self.head.as_ref().is_some_and(|head| head.after != requests) {
            self.head = None;
        }
        if requests == 0 || self.connection.is_busy() {
            return false;
        }
        if received.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            self.head = None;
        } else if !received.is_empty() && self.head.is_none() {
            let timer = Box::pin(sleep_until(Instant::now() + self.head_timeout));
            self.head = Some(Head { timer, after: requests });
        }
        self.head.as_mut().is_some_and(|head| head.timer.as_mut().poll(context).is_ready())
    }

    fn refuse(&mut self, status: StatusCode) {
        if !self.refused {
            self.refused = true;
            self.outgoing.extend(refusal::answer(status, self.peer));
        }
    }

    /// Writes an answer of the application, for as long as the client takes some of it.
    fn poll_answer(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.switching |= self.connection.switches(bytes);
        let Poll::Ready(outcome) = self.inner.poll_write(context, bytes) else {
            let stall = self.stall.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + STALL)));
            ready!(stall.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        };
        self.stall = None;
        if self.switching && outcome.as_ref().is_ok_and(|written| *written == bytes.len()) {
            self.hand_over();
            // Nothing else wakes the dispatcher any more: it has to find the end, and give its buffers back.
            context.waker().wake_by_ref();
        }
        Poll::Ready(outcome)
    }

    /// Gives the connection away.
    fn hand_over(&mut self) {
        if let Some(switch) = self.connection.take_switch()
            && let Inner::Here(inner) = mem::replace(&mut self.inner, Inner::Gone)
        {
            (switch.take)(inner);
        }
    }

    /// Writes the refusal, then reads until the client closes its side too, or for a moment.
    ///
    /// A socket that is closed with bytes unread resets the connection, and the client loses the refusal
    /// (RFC 9112, section 9.6).
    fn poll_farewell(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.outgoing.len() {
            let left = &self.outgoing[self.written..];
            let written = ready!(self.inner.poll_write(context, left))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
        }
        ready!(self.inner.poll_shutdown(context))?;
        let linger = self.linger.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + LINGER)));
        if linger.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut waste = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut waste);
            ready!(self.inner.poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl Inner {
    fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Here(inner) => Pin::new(inner).poll_read(context, buffer),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Here(inner) => Pin::new(inner).poll_write(context, bytes),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Here(inner) => Pin::new(inner).poll_flush(context),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Here(inner) => Pin::new(inner).poll_shutdown(context),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = self.inner.poll_read(context, buffer);
        let received = &buffer.filled()[before..];
        let is_end = matches!(polled, Poll::Ready(Ok(()))) && received.is_empty() && buffer.remaining() > 0;
        if self.is_head_late(received, context) {
            self.refuse(StatusCode::REQUEST_TIMEOUT);
            buffer.set_filled(before);
            return Poll::Ready(Ok(()));
        }
        if is_end {
            self.connection.end();
        }
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.refused {
            let Some((start, status)) = refusal::find(bytes) else {
                return self.poll_answer(context, bytes);
            };
            self.outgoing.extend_from_slice(&bytes[..start]);
            self.refuse(status);
        }
        // The dispatcher drops the stream as soon as its own refusal counts as written.
        ready!(self.poll_farewell(context))?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.refused {
            return self.poll_farewell(context);
        }
        self.inner.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.refused {
            return self.poll_farewell(context);
        }
        self.inner.poll_shutdown(context)
    }
}
