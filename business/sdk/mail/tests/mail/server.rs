//! An SMTP server that takes every mail and notes what was said, or misbehaves as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{self, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufStream};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// How a server behaves.
#[derive(Clone, Default)]
pub(crate) struct Behaviour {
    pub(crate) tls: Tls,
    /// Answers to commands that begin so, in place of the friendly ones. `BODY` is the end of a message.
    pub(crate) answers: Vec<(&'static str, &'static str)>,
    /// The command at which it falls silent; `CONNECT` is the greeting.
    pub(crate) freezes_at: Option<&'static str>,
    /// It writes a byte now and then, and never the end of a line.
    pub(crate) drips: bool,
}

/// When it speaks TLS.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tls {
    #[default]
    Never,
    AfterGreeting,
    FromTheStart,
}

/// What one client said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// Its commands, each with whether TLS was spoken.
    pub(crate) commands: Vec<(String, bool)>,
    /// Its messages as they were sent, without the dots that were stuffed in.
    pub(crate) messages: Vec<Vec<u8>>,
}

/// A server on a port of its own, which ends with this value.
pub(crate) struct Server {
    address: SocketAddr,
    sessions: Arc<Mutex<Vec<Session>>>,
    /// The certificate of its authority.
    pub(crate) pem: String,
    _task: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let sessions = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&sessions);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let number = {
                    let mut sessions = noted.lock().unwrap();
                    sessions.push(Session::default());
                    sessions.len() - 1
                };
                let talk = Talk { behaviour: behaviour.clone(), sessions: Arc::clone(&noted), number };
                let acceptor = acceptor.clone();
                // A client that leaves in the middle is no fault of the server.
                clients.spawn(async move { drop(talk.serve(stream, acceptor).await) });
            }
        });
        Self { address, sessions, pem: cert.pem(), _task: task }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address with the name that its certificate has.
    pub(crate) fn name(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    pub(crate) fn sessions(&self) -> Vec<Session> {
        self.sessions.lock().unwrap().clone()
    }

    /// Every message, of whatever session.
    pub(crate) fn messages(&self) -> Vec<Vec<u8>> {
        self.sessions().into_iter().flat_map(|session| session.messages).collect()
    }

    pub(crate) fn forget(&self) {
        self.sessions.lock().unwrap().clear();
    }
}

/// One session.
struct Talk {
    behaviour: Behaviour,
    sessions: Arc<Mutex<Vec<Session>>>,
    number: usize,
}

/// How a talk ended.
enum End {
    Over,
    Upgrade,
}

impl Talk {
    async fn serve(&self, stream: tokio::net::TcpStream, acceptor: TlsAcceptor) -> io::Result<()> {
        match self.behaviour.tls {
            Tls::FromTheStart => {
                let mut stream = BufStream::new(acceptor.accept(stream).await?);
                self.greet(&mut stream).await?;
                self.talk(&mut stream, true).await.map(|_| ())
            }
            Tls::Never | Tls::AfterGreeting => {
                let mut stream = BufStream::new(stream);
                self.greet(&mut stream).await?;
                if let End::Upgrade = self.talk(&mut stream, false).await? {
                    let mut stream = BufStream::new(acceptor.accept(stream.into_inner()).await?);
                    self.talk(&mut stream, true).await?;
                }
                Ok(())
            }
        }
    }

    async fn greet(&self, stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>) -> io::Result<()> {
        self.may_freeze("CONNECT").await;
        if self.behaviour.drips {
            loop {
                stream.write_all(b"2").await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        say(stream, "220 localhost ESMTP").await
    }

    async fn talk(
        &self,
        stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>,
        is_encrypted: bool,
    ) -> io::Result<End> {
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(End::Over);
            }
            let command = line.trim_end_matches("\r\n").to_owned();
            self.note(|session| session.commands.push((command.clone(), is_encrypted)));
            self.may_freeze(&command).await;
            let verb = command.split([' ', ':']).next().unwrap_or_default();
            if let Some(answer) = self.answer(&command) {
                say(stream, answer).await?;
                continue;
            }
            match verb {
                "EHLO" if self.behaviour.tls == Tls::AfterGreeting && !is_encrypted => {
                    say(stream, "250-localhost\r\n250 STARTTLS").await?;
                }
                "EHLO" => say(stream, "250-localhost\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await?,
                "STARTTLS" => {
                    say(stream, "220 go ahead").await?;
                    return Ok(End::Upgrade);
                }
                "AUTH" => say(stream, "235 welcome").await?,
                "MAIL" | "RCPT" => say(stream, "250 2.1.0 fine").await?,
                "DATA" => {
                    say(stream, "354 go on").await?;
                    self.body(stream).await?;
                }
                "QUIT" => {
                    say(stream, "221 bye").await?;
                    return Ok(End::Over);
                }
                _ => say(stream, "500 what?").await?,
            }
        }
    }

    /// Reads a message up to the dot that stands alone between two line ends (RFC 5321, section 4.1.1.4).
    async fn body(&self, stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>) -> io::Result<()> {
        let mut message = Vec::new();
        loop {
            let mut line = Vec::new();
            // A line ends with CR LF; a bare LF is data.
            while !line.ends_with(b"\r\n") {
                if stream.read_until(b'\n', &mut line).await? == 0 {
                    return Ok(());
                }
            }
            if line == b".\r\n" {
                break;
            }
            message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        self.may_freeze("BODY").await;
        if let Some(answer) = self.answer("BODY") {
            return say(stream, answer).await;
        }
        self.note(|session| session.messages.push(message));
        say(stream, "250 2.0.0 queued").await
    }

    fn note(&self, note: impl FnOnce(&mut Session)) {
        // The test may have forgotten it.
        if let Some(session) = self.sessions.lock().unwrap().get_mut(self.number) {
            note(session);
        }
    }

    fn answer(&self, command: &str) -> Option<&'static str> {
        self.behaviour.answers.iter().find(|(begin, _)| command.starts_with(begin)).map(|(_, answer)| *answer)
    }

    async fn may_freeze(&self, command: &str) {
        if self.behaviour.freezes_at.is_some_and(|at| command.starts_with(at)) {
            std::future::pending::<()>().await;
        }
    }
}

async fn say(stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>, answer: &str) -> io::Result<()> {
    stream.write_all(answer.as_bytes()).await?;
    stream.write_all(b"\r\n").await?;
    stream.flush().await
}
