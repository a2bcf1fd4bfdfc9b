//! The protocol on a socket.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data, Json, Path, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use bytes::Bytes;
use cards::webhook::Secret;
use cards::wire::{WireCharges, WireNewCharge};
use futures_util::stream;
use outbound::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::book::{Answers, Book, Manner, Mood, Wanted};
use crate::notices::{Notifier, Task};

/// How long the answer to `tok_silent` takes.
const SILENCE: Duration = Duration::from_secs(10);

/// How it serves.
#[derive(Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What its customers show.
    pub key: SecretString,
    /// What its notices are signed with.
    pub secret: Secret,
    /// Where they go, when that is known already.
    pub notify: Option<Url>,
}

/// A provider that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    desk: Desk,
    tasks: UnboundedReceiver<Task>,
    notifier: Notifier,
}

/// What a request is answered from.
#[derive(Clone)]
struct Desk {
    book: Book,
    key: SecretString,
    tasks: UnboundedSender<Task>,
    target: watch::Sender<Option<Url>>,
}

/// What is to be played from now on.
#[derive(Deserialize)]
struct Play {
    #[serde(flatten)]
    mood: Mood,
    /// Where notices go from now on; where they went, when it is missing.
    notify: Option<String>,
}

impl Server {
    /// Listens; nothing is answered before [`Server::run`].
    ///
    /// # Errors
    /// The address cannot be had, or there is no client to send notices with.
    pub fn bind(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen)?;
        let address = listener.local_addr()?;
        let client = Client::new(outbound::Options::default()).map_err(io::Error::other)?;
        let (book, (sender, tasks)) = (Book::default(), unbounded_channel());
        let (target, targets) = watch::channel(options.notify);
        let desk = Desk { book: book.clone(), key: options.key, tasks: sender, target };
        let notifier = Notifier { client, secret: options.secret, target: targets, book };
        Ok(Self { listener, address, desk, tasks, notifier })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says where notices go, also while it runs.
    pub fn target(&self) -> watch::Sender<Option<Url>> {
        self.desk.target.clone()
    }

    /// Serves until `stop` is cancelled.
    ///
    /// # Errors
    /// The socket failed.
    pub async fn run(self, stop: CancellationToken) -> io::Result<()> {
        let desk = self.desk;
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(desk.clone()))
                .route("/v1/charges", web::post().to(charge))
                .route("/v1/charges", web::get().to(query))
                .route("/v1/charges/{id}/refund", web::post().to(refund))
                .route("/sandbox", web::put().to(play))
        })
        .workers(1)
        .shutdown_timeout(0)
        .disable_signals()
        .listen(self.listener)?
        .run();
        let handle = server.handle();
        tokio::select! {
            ended = server => return ended,
            () = self.notifier.run(self.tasks) => {}
            () = stop.cancelled() => {}
        }
        handle.stop(false).await;
        Ok(())
    }
}

/// Nobody is served without the key, and nobody at all while it plays a provider that is away.
fn refusal(desk: &Desk, request: &HttpRequest) -> Option<HttpResponse> {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = given.and_then(|value| value.strip_prefix("Bearer "));
    if key != Some(desk.key.expose_secret()) {
        return Some(HttpResponse::Unauthorized().finish());
    }
    match desk.book.state().mood.answers {
        Answers::Sent => None,
        Answers::None => Some(HttpResponse::ServiceUnavailable().finish()),
        Answers::Failing => Some(HttpResponse::InternalServerError().finish()),
    }
}

async fn charge(desk: Data<Desk>, request: HttpRequest, new: Json<WireNewCharge>) -> HttpResponse {
    if let Some(refusal) = refusal(&desk, &request) {
        return refusal;
    }
    let made = desk.book.state().charge(&new);
    if made.is_new {
        let task = match made.decision {
            Some((after, status)) => Task::Decide(made.charge.id.clone(), after, status),
            None => Task::Tell(made.charge.clone()),
        };
        // Nobody does it when the provider is being stopped.
        let _ = desk.tasks.send(task);
    }
    match made.manner {
        // The first time only: whoever asks again gets to know.
        Manner::Never if made.is_new => {
            let broken = stream::iter([Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset))]);
            HttpResponse::Created().streaming(broken)
        }
        Manner::Late if made.is_new => {
            sleep(SILENCE).await;
            HttpResponse::Created().json(&made.charge)
        }
        Manner::AtOnce | Manner::Never | Manner::Late => HttpResponse::Created().json(&made.charge),
    }
}

async fn query(desk: Data<Desk>, request: HttpRequest, wanted: Query<Wanted>) -> HttpResponse {
    if let Some(refusal) = refusal(&desk, &request) {
        return refusal;
    }
    HttpResponse::Ok().json(WireCharges { items: desk.book.state().query(&wanted) })
}

async fn refund(desk: Data<Desk>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    if let Some(refusal) = refusal(&desk, &request) {
        return refusal;
    }
    let refunded = desk.book.state().refund(&id);
    match refunded {
        None => HttpResponse::NotFound().finish(),
        Some(Err(())) => HttpResponse::Conflict().finish(),
        Some(Ok((charge, is_new))) => {
            if is_new {
                let _ = desk.tasks.send(Task::Tell(charge.clone()));
            }
            HttpResponse::Ok().json(&charge)
        }
    }
}

async fn play(desk: Data<Desk>, play: Json<Play>) -> HttpResponse {
    let Play { mood, notify } = play.into_inner();
    desk.book.state().mood = mood;
    if let Some(notify) = notify {
        let Ok(notify) = Url::parse(&notify) else { return HttpResponse::BadRequest().finish() };
        desk.target.send_replace(Some(notify));
    }
    HttpResponse::NoContent().finish()
}
