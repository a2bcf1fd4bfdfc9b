//! A TCP door to a server, which can go mute.
//!
//! It runs on threads of its own, so that it goes on whatever the test's runtime does.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::fail;

/// A TCP door to the unix socket of a server, closed with this value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    door: Arc<Door>,
}

#[derive(Debug, Default)]
struct Door {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_mute: bool,
    is_closed: bool,
    /// Connections let in so far.
    accepted: u64,
    /// Those with a lower number are mute for good.
    stranded: u64,
    /// Both ends of every connection, to be cut.
    clients: Vec<TcpStream>,
    servers: Vec<UnixStream>,
}

impl Proxy {
    /// Opens a door to the server that all tests share.
    ///
    /// # Panics
    ///
    /// When there is no port.
    #[must_use]
    pub fn start() -> Self {
        Self::to(&crate::server().socket())
    }

    /// Opens a door to the server behind `socket`.
    ///
    /// # Panics
    ///
    /// When there is no port.
    #[must_use]
    pub fn to(socket: &Path) -> Self {
        let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = match bound {
            Ok(bound) => bound,
            Err(error) => fail("open a port", &error),
        };
        let door = Arc::new(Door::default());
        let (socket, inside) = (socket.to_owned(), Arc::clone(&door));
        thread::spawn(move || accept(&listener, &socket, &inside));
        Self { address, door }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a database behind the door.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://marquee@{}/{database}?sslmode=disable", self.address)
    }

    /// Holds what both sides say, and closes nothing, as a network that drops packets does.
    pub fn mute(&self) {
        self.door.lock().is_mute = true;
    }

    /// Passes on what was held, and what comes.
    pub fn unmute(&self) {
        self.door.lock().is_mute = false;
        self.door.changed.notify_all();
    }

    /// Makes the connections of now mute for good and serves new ones, as a firewall does that lost its memory.
    pub fn strand(&self) {
        let mut state = self.door.lock();
        state.stranded = state.accepted;
    }

    /// Closes every connection; new ones are let in.
    pub fn cut(&self) {
        self.door.lock().cut();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        {
            let mut state = self.door.lock();
            state.is_closed = true;
            state.cut();
        }
        self.door.changed.notify_all();
        // Wakes the thread that accepts, which then ends.
        let _ = TcpStream::connect(self.address);
    }
}

impl Door {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while the door is mute for this connection; false once it is closed.
    fn pass(&self, number: u64) -> bool {
        let mut state = self.lock();
        while (state.is_mute || number < state.stranded) && !state.is_closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.is_closed
    }
}

impl State {
    fn cut(&mut self) {
        // Those that are closed already cannot be closed again.
        for client in self.clients.drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
        for server in self.servers.drain(..) {
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, socket: &Path, door: &Arc<Door>) {
    for client in listener.incoming() {
        if door.lock().is_closed {
            return;
        }
        // A connection that fails here is closed, which is what a client sees of a server that is away.
        let _ = client.and_then(|client| connect(client, socket, door));
    }
}

fn connect(client: TcpStream, socket: &Path, door: &Arc<Door>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = UnixStream::connect(socket)?;
    let number = {
        let mut state = door.lock();
        state.clients.push(client.try_clone()?);
        state.servers.push(server.try_clone()?);
        state.accepted += 1;
        state.accepted - 1
    };
    let (from_client, to_client) = (client.try_clone()?, client);
    let (from_server, to_server) = (server.try_clone()?, server);
    let inside = Arc::clone(door);
    thread::spawn(move || {
        pump(from_client, &to_server, &inside, number);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let inside = Arc::clone(door);
    thread::spawn(move || {
        pump(from_server, &to_client, &inside, number);
        let _ = to_client.shutdown(Shutdown::Write);
    });
    Ok(())
}

/// Passes on until one side ends.
fn pump(mut from: impl Read, mut to: impl Write, door: &Door, number: u64) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer) else {
            // Even the end is held while the door is mute.
            door.pass(number);
            return;
        };
        if !door.pass(number) || to.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}
