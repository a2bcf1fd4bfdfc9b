//! Workers that serve an application on a bound socket.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::{Server, ServerHandle};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use tokio::net::TcpStream;

use crate::listen::Listener;
use crate::stream::Stream;
use crate::tasks::Tasks;

/// How long a client may take to close a connection that was answered for the last time.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long what was sent may stay without a sign that it has come. By itself Linux tries for a quarter of an hour, and all that
/// while an endless answer holds its place for somebody who has gone (RFC 5482).
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// How an application is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; `None` for one on each core.
    pub workers: Option<NonZeroUsize>,
    /// How long a client may take to send the head of a request.
    pub head_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long requests in flight may take when the server stops, in whole seconds.
    pub shutdown: Duration,
}

/// A server at work.
#[derive(Debug)]
pub struct Running {
    handle: ServerHandle,
    address: SocketAddr,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, waits for the requests in flight, at most for [`Options::shutdown`], and ends the workers.
    pub async fn stop(&self) {
        self.handle.stop(true).await;
    }
}

/// Serves what `application` makes, once for each worker.
///
/// # Errors
///
/// The socket cannot be watched, or a worker cannot start.
pub fn serve<F, I, S, B>(
    name: &'static str,
    listener: Listener,
    options: &Options,
    tasks: &Tasks,
    application: F,
) -> io::Result<Running>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as actix_service::Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let address = listener.address();
    let mut builder = Server::build().disable_signals().shutdown_timeout(options.shutdown.as_secs().max(1));
    if let Some(workers) = options.workers {
        builder = builder.workers(workers.get());
    }
    let stopping = builder.graceful_shutdown_signal();
    let Options { head_timeout, keep_alive, .. } = *options;
    let runtimes = tasks.runtimes().clone();
    let server = builder
        .listen(name, listener.socket, move || {
            // Each worker makes its own, on its own thread.
            runtimes.add_current_thread(name);
            let stopping = stopping.clone();
            let application = map_config(application().into_factory(), |()| AppConfig::default());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .keep_alive(keep_alive)
                .client_request_timeout(head_timeout)
                .client_disconnect_timeout(DISCONNECT_TIMEOUT)
                .local_addr(address)
                .on_connect_ext(|stream: &Stream, extensions| {
                    extensions.insert(stream.connection());
                })
                .finish(application.map_err(|error| error.error_response()));
            fn_service(move |socket: TcpStream| async move {
                // Small answers must not wait for the acknowledgement of the ones before.
                let _ = socket.set_nodelay(true);
                give_up_on_the_gone(&socket);
                let stream = Stream::new(socket, head_timeout);
                let peer = stream.peer();
                Ok((stream, Protocol::Http1, peer))
            })
            .and_then(http)
        })?
        .run();
    let handle = server.handle();
    tasks.spawn(name, |_| async move {
        if let Err(error) = server.await {
            tracing::error!(error = %error, "the server failed");
        }
    });
    Ok(Running { handle, address })
}

/// Lets a connection end whose client is not there any more.
#[cfg(target_os = "linux")]
fn give_up_on_the_gone(socket: &TcpStream) {
    let limit = u32::try_from(UNACKNOWLEDGED.as_millis()).unwrap_or(u32::MAX);
    // Without it the connection ends as well, later.
    let _ = rustix::net::sockopt::set_tcp_user_timeout(socket, limit);
}

#[cfg(not(target_os = "linux"))]
fn give_up_on_the_gone(_: &TcpStream) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_a_client_does_not_acknowledge_is_given_up_after_a_minute() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        assert_eq!(rustix::net::sockopt::tcp_user_timeout(&socket).unwrap(), 0, "left to the system");
        give_up_on_the_gone(&socket);
        assert_eq!(rustix::net::sockopt::tcp_user_timeout(&socket).unwrap(), 60_000);
    }
}
