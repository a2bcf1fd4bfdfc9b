//! Clients that listen, so many in a process of their own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// Connections that are being opened at once.
const OPENING: usize = 200;

/// Connections from one address: a port for each. With most of the ports of an address taken, finding a free one takes the kernel longer
/// than all the rest.
const PER_ADDRESS: usize = 4_000;

/// How long an event is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

const HANDSHAKE: &str = "GET /v1/live HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

const SUBSCRIBE: &[u8] = br#"{"type":"subscribe","topics":["movies"]}"#;

/// A process with clients.
pub struct Listeners {
    child: Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Listeners {
    /// How many addresses so many clients take.
    #[must_use]
    pub fn addresses(count: usize) -> usize {
        count.div_ceil(PER_ADDRESS)
    }

    /// Starts a process that connects so many clients to `server` from `source` on; each with one of the access tokens in this
    /// file, if there is one.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start(server: SocketAddr, count: usize, source: u8, tokens: Option<&Path>) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([
            "--listen-to",
            &server.to_string(),
            "--count",
            &count.to_string(),
            "--source",
            &source.to_string(),
        ]);
        if let Some(tokens) = tokens {
            command.arg("--tokens").arg(tokens);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().context("stdin")?;
        let output = BufReader::new(child.stdout.take().context("stdout")?);
        Ok(Self { child, input, output })
    }

    /// Waits until all are subscribed.
    ///
    /// # Errors
    /// Some could not be.
    pub fn ready(&mut self) -> Result<()> {
        let line = self.line()?;
        ensure!(line.starts_with("ready"), "the clients: {line}");
        Ok(())
    }

    /// Tells them that an event is about to come.
    ///
    /// # Errors
    /// They have gone.
    pub fn expect(&mut self) -> Result<()> {
        writeln!(self.input, "expect")?;
        Ok(self.input.flush()?)
    }

    /// When each of them had the event, in microseconds since 1970.
    ///
    /// # Errors
    /// They have gone.
    pub fn heard(&mut self) -> Result<Vec<u64>> {
        let line = self.line()?;
        line.split_whitespace().map(|time| time.parse().context("a time")).collect()
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.output.read_line(&mut line)? > 0, "the clients have gone");
        Ok(line.trim().to_owned())
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the process of clients does.
///
/// # Errors
/// A client could not connect.
#[expect(clippy::print_stdout, reason = "it is how the process answers")]
pub async fn serve(server: SocketAddr, count: usize, source: u8, tokens: Option<&Path>) -> Result<()> {
    let is_signed_in = tokens.is_some();
    let tokens = tokens.map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    ensure!(!is_signed_in || tokens.lines().count() >= count, "there are fewer tokens than clients");
    let mut tokens = tokens.lines().map(str::to_owned);
    let (opening, heard) = (Arc::new(Semaphore::new(OPENING)), mpsc::unbounded_channel::<u64>());
    let (sender, mut receiver) = heard;
    let subscribed = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for number in 0..count {
        let (opening, sender, subscribed) = (Arc::clone(&opening), sender.clone(), Arc::clone(&subscribed));
        let address = source + u8::try_from(number / PER_ADDRESS)?;
        let token = tokens.next();
        clients.spawn(async move {
            let turn = opening.acquire().await?;
            let stream = connect(server, address, token).await?;
            drop(turn);
            subscribed.fetch_add(1, Ordering::Relaxed);
            listen(stream, &sender).await
        });
    }
    while subscribed.load(Ordering::Relaxed) < count {
        tokio::select! {
            Some(ended) = clients.join_next() => ended??,
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
    println!("ready {count}");
    let (lines, mut asked) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    while asked.recv().await.is_some() {
        let mut times = Vec::with_capacity(count);
        let all = async {
            while times.len() < count {
                let Some(time) = receiver.recv().await else { return };
                times.push(time);
            }
        };
        let _ = tokio::time::timeout(PATIENCE, all).await;
        let text: Vec<String> = times.iter().map(u64::to_string).collect();
        println!("{}", text.join(" "));
    }
    Ok(())
}

async fn connect(server: SocketAddr, address: u8, token: Option<String>) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, address], 0)))?;
    let mut stream = socket.connect(server).await.context("connecting")?;
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    stream.write_all(format!("{HANDSHAKE}{authorization}\r\n").as_bytes()).await?;
    let mut head = [0; 1024];
    let mut read = 0;
    while !head[..read].ends_with(b"\r\n\r\n") {
        let more = stream.read(&mut head[read..]).await?;
        ensure!(more > 0, "the handshake was cut off: {}", String::from_utf8_lossy(&head[..read]));
        read += more;
    }
    ensure!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head[..read]));
    let mut frame = vec![0x81, 0x80 | u8::try_from(SUBSCRIBE.len())?, 0, 0, 0, 0];
    frame.extend_from_slice(SUBSCRIBE);
    stream.write_all(&frame).await?;
    let mut answer = [0; 512];
    let read = stream.read(&mut answer).await?;
    let text = String::from_utf8_lossy(&answer[..read]).into_owned();
    ensure!(text.contains("subscribed"), "{text}");
    Ok(stream)
}

/// Notes when events come, and answers pings.
async fn listen(mut stream: TcpStream, heard: &mpsc::UnboundedSender<u64>) -> Result<()> {
    loop {
        stream.readable().await?;
        let mut buffer = [0; 1024];
        match stream.try_read(&mut buffer) {
            Ok(0) => anyhow::bail!("a connection was closed"),
            // A ping: the answer to it, masked.
            Ok(read) if buffer[0] == 0x89 && read >= 2 => stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await?,
            Ok(_) if buffer[0] == 0x81 => {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
                heard.send(u64::try_from(now.as_micros())?)?;
            }
            Ok(_) => anyhow::bail!("a connection was told to end: {}", String::from_utf8_lossy(&buffer)),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}
