//! The few messages of PostgreSQL's protocol needed to ask a server on a unix socket whether it serves.
//!
//! Frontend/Backend Protocol 3.0, <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;

/// A session without TLS and without a password, for simple statements.
#[derive(Debug)]
pub(crate) struct Session {
    stream: UnixStream,
    socket: std::path::PathBuf,
}

/// Rows of text, `None` for NULL.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

const PROTOCOL: i32 = 196_608;
/// Longer than any message of a catalogue query; a greater length means that this is no PostgreSQL.
const MAX_MESSAGE: usize = 16 << 20;

impl Session {
    /// Connects and waits until the server is ready for a query, each answer within `limit`.
    pub(crate) fn connect(socket: &Path, role: &str, database: &str, limit: Duration) -> Result<Self, Error> {
        let stream = UnixStream::connect(socket).map_err(Error::io("connect to", socket))?;
        stream
            .set_read_timeout(Some(limit))
            .and_then(|()| stream.set_write_timeout(Some(limit)))
            .map_err(Error::io("set the timeout of", socket))?;
        let mut session = Self { stream, socket: socket.to_owned() };
        let mut startup = PROTOCOL.to_be_bytes().to_vec();
        for text in ["user", role, "database", database, "application_name", "pgcluster", ""] {
            startup.extend_from_slice(text.as_bytes());
            startup.push(0);
        }
        session.send(None, &startup)?;
        session.drain()?;
        Ok(session)
    }

    /// Runs one statement.
    pub(crate) fn query(&mut self, sql: &str) -> Result<Rows, Error> {
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        self.send(Some(b'Q'), &body)?;
        self.drain()
    }

    fn send(&mut self, tag: Option<u8>, body: &[u8]) -> Result<(), Error> {
        let mut message: Vec<u8> = tag.into_iter().collect();
        let length = i32::try_from(body.len() + 4).unwrap_or(i32::MAX);
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(body);
        self.stream.write_all(&message).map_err(Error::io("write to", &self.socket))
    }

    /// Reads up to ReadyForQuery; an error of the server is kept until then, so that the session stays usable.
    fn drain(&mut self) -> Result<Rows, Error> {
        let mut rows = Rows::new();
        let mut failure = None;
        loop {
            let (tag, body) = match self.receive() {
                Ok(message) => message,
                // A refused start-up ends with the error, without ReadyForQuery.
                Err(error) => return Err(failure.unwrap_or(error)),
            };
            match tag {
                b'D' => rows.push(columns(&body)),
                b'E' => failure = Some(server_error(&body)),
                b'R' if body != 0_i32.to_be_bytes() => {
                    return Err(Error::Server {
                        code: "28000".to_owned(),
                        message: "the cluster asks for a password".to_owned(),
                    });
                }
                b'Z' => return failure.map_or(Ok(rows), Err),
                _ => {}
            }
        }
    }

    fn receive(&mut self) -> Result<(u8, Vec<u8>), Error> {
        let mut read = || -> io::Result<(u8, Vec<u8>)> {
            let mut head = [0; 5];
            self.stream.read_exact(&mut head)?;
            let [tag, length @ ..] = head;
            let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(0);
            if !(4..MAX_MESSAGE).contains(&length) {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut body = vec![0; length - 4];
            self.stream.read_exact(&mut body)?;
            Ok((tag, body))
        };
        read().map_err(Error::io("read from", &self.socket))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Terminate; without it the server logs a lost connection.
        let _ = self.send(Some(b'X'), &[]);
    }
}

fn columns(body: &[u8]) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = body.get(2..).unwrap_or_default();
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            values.push(None);
            rest = tail;
            continue;
        };
        let (value, tail) = tail.split_at(length.min(tail.len()));
        values.push(Some(String::from_utf8_lossy(value).into_owned()));
        rest = tail;
    }
    values
}

fn server_error(body: &[u8]) -> Error {
    let field = |wanted: u8| {
        body.split(|byte| *byte == 0)
            .filter_map(<[u8]>::split_first)
            .find(|(name, _)| **name == wanted)
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .unwrap_or_default()
    };
    Error::Server { code: field(b'C'), message: field(b'M') }
}
