//! A WebSocket that costs little while nothing happens.

use std::io::{self, Read, Write};
use std::time::Duration;

use bytes::{BufMut as _, BytesMut};
use feed::{End, Seat};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

/// What a connection keeps to read into. Longer messages get room while they are read.
const READ: usize = 256;

/// How long a client may take to read what is left for it, and its end.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long a client may take to say its end.
const LINGER: Duration = Duration::from_secs(1);

/// A ping without a payload (RFC 6455, section 5.5.2).
const PING: [u8; 2] = [0x89, 0];

/// A connection.
///
/// Frames are read and pings answered by `tungstenite`. What is sent was framed once for all who get it, and goes to the
/// socket as it is, between the frames of the former: nothing is copied for one connection.
pub(crate) struct Wire {
    socket: WebSocket<Io>,
    patience: Duration,
}

/// The socket beneath, whose client may send so much.
struct Io {
    stream: TcpStream,
    heard: Instant,
    /// Bytes that may come before more time has passed.
    credit: usize,
    /// Bytes that may come in a second.
    rate: usize,
    since: Instant,
    is_flooded: bool,
}

/// A client's message.
pub(crate) enum Incoming {
    Text(tungstenite::Utf8Bytes),
    /// A ping, a pong.
    Sign,
    /// Nothing more for now.
    Nothing,
    /// It closes, or has gone.
    Closed,
    /// It broke a rule.
    Wrong(Close),
}

/// Why a connection is closed: a code (RFC 6455, section 7.4, and the IANA registry), words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Close(pub(crate) u16, pub(crate) String);

/// Why something was not sent.
pub(crate) enum Unsent {
    /// The client has gone, or takes nothing.
    Gone,
    /// It was too slow, so much of the frame is left.
    Slow(usize),
}

impl Close {
    pub(crate) fn new(code: u16, words: impl Into<String>) -> Self {
        Self(code, words.into())
    }

    /// As a frame. Words are at most 123 bytes.
    fn frame(&self) -> BytesMut {
        let words = &self.1.as_bytes()[..self.1.len().min(123)];
        let mut frame = BytesMut::with_capacity(4 + words.len());
        frame.put_u8(0x88);
        frame.put_u8(u8::try_from(2 + words.len()).unwrap_or(2));
        frame.put_u16(self.0);
        frame.put_slice(words);
        frame
    }
}

impl Wire {
    /// Takes over a connection that has switched. Its client may send messages of at most `longest` bytes, and `rate` bytes a
    /// second; it may take nothing for `patience`.
    pub(crate) fn new(stream: TcpStream, longest: usize, rate: usize, patience: Duration) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(0)
            .max_write_buffer_size(4096)
            .max_message_size(Some(longest))
            .max_frame_size(Some(longest));
        let now = Instant::now();
        let rate = rate.max(longest);
        let io = Io { stream, heard: now, credit: rate * 3, rate, since: now, is_flooded: false };
        Self { socket: WebSocket::from_raw_socket(io, Role::Server, Some(config)), patience }
    }

    /// When the client was heard last.
    pub(crate) fn heard(&self) -> Instant {
        self.socket.get_ref().heard
    }

    /// Waits until there is something to read.
    pub(crate) async fn readable(&self) -> io::Result<()> {
        self.socket.get_ref().stream.readable().await
    }

    /// The next message that is there.
    pub(crate) fn read(&mut self) -> Incoming {
        use tungstenite::Error;
        match self.socket.read() {
            Ok(Message::Text(text)) => Incoming::Text(text),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Incoming::Sign,
            Ok(Message::Binary(_)) => Incoming::Wrong(Close::new(1003, "messages are text")),
            Ok(Message::Close(_)) => {
                // The answer to it.
                let _ = self.socket.flush();
                Incoming::Closed
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Incoming::Nothing,
            Err(Error::Io(_)) if self.socket.get_ref().is_flooded => {
                Incoming::Wrong(Close::new(1008, "more was sent than a client may send"))
            }
            Err(Error::Capacity(_)) => Incoming::Wrong(Close::new(1009, "the message is too long")),
            Err(Error::Utf8(_)) => Incoming::Wrong(Close::new(1007, "text is UTF-8")),
            Err(Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => Incoming::Closed,
            Err(Error::Protocol(_)) => Incoming::Wrong(Close::new(1002, "this is not how frames are")),
            Err(_) => Incoming::Closed,
        }
    }

    /// Sends the answers to pings that wait.
    pub(crate) fn answer(&mut self) -> Result<(), Unsent> {
        match self.socket.flush() {
            Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(_) => Err(Unsent::Gone),
            Ok(()) => Ok(()),
        }
    }

    /// Sends a frame that is there already. Whoever is too slow for their seat meanwhile is not waited for.
    pub(crate) async fn send(&mut self, frame: &[u8], seat: &Seat) -> Result<(), Unsent> {
        let until = Instant::now() + self.patience;
        // An answer that is half out has to be out before.
        while let Err(error) = self.socket.flush() {
            let is_full = matches!(&error, tungstenite::Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock);
            if !is_full {
                return Err(Unsent::Gone);
            }
            self.room(seat, until).await.map_err(|unsent| match unsent {
                Unsent::Slow(_) => Unsent::Slow(frame.len()),
                Unsent::Gone => Unsent::Gone,
            })?;
        }
        let mut sent = 0;
        while sent < frame.len() {
            let left = frame.get(sent..).unwrap_or_default();
            match self.socket.get_ref().stream.try_write(left) {
                Ok(written) => sent += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.room(seat, until).await.map_err(|unsent| match unsent {
                        Unsent::Slow(_) => Unsent::Slow(left.len()),
                        Unsent::Gone => Unsent::Gone,
                    })?;
                }
                Err(_) => return Err(Unsent::Gone),
            }
        }
        Ok(())
    }

    /// Asks the client for a sign.
    pub(crate) async fn ping(&mut self, seat: &Seat) -> Result<(), Unsent> {
        self.send(&PING, seat).await
    }

    /// Says why it ends, behind what is left of a frame, and waits a moment for the client to have heard it: a socket that is
    /// closed with bytes unread takes back what was sent.
    pub(crate) async fn close(mut self, left: &[u8], why: &Close) {
        let farewell = async {
            while let Err(tungstenite::Error::Io(error)) = self.socket.flush() {
                if error.kind() != io::ErrorKind::WouldBlock {
                    return Err(error);
                }
                self.socket.get_ref().stream.writable().await?;
            }
            let stream = &self.socket.get_ref().stream;
            write_all(stream, left).await?;
            write_all(stream, &why.frame()).await
        };
        if !matches!(timeout(FAREWELL, farewell).await, Ok(Ok(()))) {
            return;
        }
        let stream = &self.socket.get_ref().stream;
        let end = async {
            let mut waste = [0; 512];
            while stream.readable().await.is_ok() {
                match stream.try_read(&mut waste) {
                    Ok(0) => return,
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
                    Ok(_) | Err(_) => {}
                }
            }
        };
        let _ = timeout(LINGER, end).await;
    }

    /// Waits until the socket takes more.
    async fn room(&self, seat: &Seat, until: Instant) -> Result<(), Unsent> {
        tokio::select! {
            room = self.socket.get_ref().stream.writable() => room.map_err(|_| Unsent::Gone),
            () = seat.news() => match seat.ended() {
                Some(End::Slow) => Err(Unsent::Slow(0)),
                _ => Ok(()),
            },
            () = sleep_until(until) => Err(Unsent::Gone),
        }
    }
}

impl Io {
    /// Whether the client may send so much at this time.
    fn may_send(&mut self, bytes: usize) -> bool {
        let now = Instant::now();
        self.heard = now;
        let passed = now.duration_since(self.since);
        let gained = usize::try_from(passed.as_millis()).unwrap_or(usize::MAX).saturating_mul(self.rate) / 1000;
        if gained > 0 {
            self.credit = self.credit.saturating_add(gained).min(self.rate * 3);
            self.since = now;
        }
        self.is_flooded = bytes > self.credit;
        self.credit = self.credit.saturating_sub(bytes);
        !self.is_flooded
    }
}

impl Read for Io {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.try_read(buffer)?;
        if self.may_send(read) { Ok(read) } else { Err(io::ErrorKind::QuotaExceeded.into()) }
    }
}

impl Write for Io {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
