//! An application with a route for everything that can happen, served on a port of its own.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::HeaderMap;
use actix_web::web::{Bytes, Data};
use apierror::ApiError;
use auth::{Caller, Permission, Principal};
use futures_util::future::LocalBoxFuture;
use mux::{About, Access, Api, Authenticate, Builder, Need, Routes, operation, reply};
use request::{Body, Field, Id, IfMatch, Json, MergePatch, Object, field};
use serde::Serialize;
use service::{Listener, Options, Running, Tasks};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use types::{MovieId, Role, UserId, Version};
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) const ID: &str = "0190a6e0-7d1c-7c3e-8f4a-3b2a1c0d9e8f";

/// What a test can see and steer of the handlers.
pub(crate) struct Hands {
    /// Requests that wait here go on when a permit is added.
    pub(crate) gate: Semaphore,
    /// Told when a waiting handler begins, and when it is dropped.
    told: mpsc::UnboundedSender<&'static str>,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) api: Api,
    pub(crate) hands: Data<Hands>,
    pub(crate) told: mpsc::UnboundedReceiver<&'static str>,
    pub(crate) running: Running,
    _tasks: Tasks,
}

#[derive(Serialize, ToSchema)]
struct Thing {
    id: Uuid,
    name: String,
}

struct NewThing(String);

static NAME: Field<String> = field::text(1..=20, |text| Ok(text.to_owned())).example("a");

impl Body for NewThing {
    const NAME: &'static str = "NewThing";
    fn read(object: &mut Object<'_>) -> Option<Self> {
        let name = object.required("name", &NAME);
        Some(Self(name?))
    }
}

struct Keys;

impl Authenticate for Keys {
    fn authenticate<'r>(&'r self, headers: &'r HeaderMap) -> LocalBoxFuture<'r, Result<Caller, ApiError>> {
        let value = headers.get("authorization").unwrap().to_str().unwrap_or_default();
        let role = match value.strip_prefix("Bearer ") {
            Some("editor") => Ok(Role::Editor),
            Some("customer") => Ok(Role::Customer),
            _ => Err(ApiError::unauthorized(Some("invalid_token"))),
        };
        let user_id = UserId::restore(Uuid::from_u128(7));
        Box::pin(async move {
            Ok(Caller::User(Principal {
                user_id,
                roles: [role?].into_iter().collect(),
                token_id: Uuid::nil(),
                session_id: None,
            }))
        })
    }
}

pub(crate) fn settings() -> mux::Settings {
    mux::Settings::default()
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(settings()).await
    }

    pub(crate) async fn with(settings: mux::Settings) -> Self {
        logs();
        let (told, hears) = mpsc::unbounded_channel();
        let hands = Data::new(Hands { gate: Semaphore::new(0), told });
        let api = Builder::new(about(), Keys, settings).routes(table(&hands)).build().unwrap();
        let listener = Listener::bind("test", "127.0.0.1:0".parse().unwrap()).unwrap();
        let tasks = Tasks::new();
        let options = Options {
            workers: NonZeroUsize::new(1),
            head_timeout: Duration::from_secs(1),
            keep_alive: Duration::from_secs(30),
            shutdown: Duration::from_secs(5),
        };
        let app = api.clone();
        let running = service::serve("test", listener, &options, &tasks, move || app.app()).unwrap();
        Self { address: running.address(), api, hands, told: hears, running, _tasks: tasks }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        client().get(self.url(path)).send().await.unwrap()
    }

    /// Sends bytes as they are and gives all that comes back until the connection is closed.
    pub(crate) async fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        read_to_end(&mut stream).await
    }
}

pub(crate) fn client() -> reqwest::Client {
    // Without the certificates of the system, which take their time to be read.
    let plain = reqwest::Client::builder().tls_certs_only([]);
    plain.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub(crate) async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("an answer and the end").unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Checks that an answer is a problem document of this slug with all that belongs to it, and gives it.
pub(crate) async fn problem(answer: reqwest::Response, status: u16, slug: &str) -> serde_json::Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    check_problem(&answer.text().await.unwrap(), status, slug)
}

pub(crate) fn check_problem(body: &str, status: u16, slug: &str) -> serde_json::Value {
    let problem: serde_json::Value = serde_json::from_str(body).expect(body);
    assert_eq!(problem["status"], status, "{body}");
    assert_eq!(problem["type"], format!("/problems/{slug}"), "{body}");
    assert!(problem["instance"].as_str().unwrap().starts_with('/'), "{body}");
    let trace_id = problem["trace_id"].as_str().unwrap();
    assert!(trace_id.len() == 32 && trace_id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{body}");
    problem
}

/// The status, the header block in lower case, the body.
pub(crate) fn parts(answer: &str) -> (u16, String, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
    (head[9..12].parse().unwrap(), head.to_lowercase(), body)
}

/// The log of this process. A test finds its own lines by a trace id.
pub(crate) fn logs() -> &'static Arc<Mutex<Vec<u8>>> {
    struct Shared(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    static LOGS: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    LOGS.get_or_init(|| {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let writer = Shared(Arc::clone(&lines));
        // On a runtime of its own: each test's ends with the test.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let _telemetry = telemetry::start(telemetry::Options {
                    service_name: "test".into(),
                    service_version: "0".into(),
                    environment: "development".into(),
                    format: telemetry::Format::Json,
                    filter: "info".into(),
                    output: telemetry::Output::Writer(Box::new(writer)),
                    otlp_endpoint: None,
                    sample_ratio: 0.0,
                    keep: Some(telemetry::recorder::Keep::ALL),
                })
                .unwrap();
                std::future::pending::<()>().await;
            });
        });
        lines
    })
}

fn about() -> About {
    About {
        title: "Things".into(),
        version: "1.2.3".into(),
        description: "Things to be tested.".into(),
        contact: ("Nobody".into(), "https://example.com/".into()),
    }
}

fn table(hands: &Data<Hands>) -> Routes {
    let read = || operation("read_thing", "Read a thing").responds_json::<Thing>(200).tagged();
    let create = operation("create_thing", "Create a thing")
        .body::<NewThing>()
        .responds_json::<Thing>(201)
        .located()
        .tagged()
        .link("read_thing", "id", "$response.body#/id");
    let update = operation("update_thing", "Change a thing")
        .merge_patch::<NewThing>()
        .if_match(Need::Required)
        .responds_json::<Thing>(200)
        .tagged();
    let text = |id| operation(id, "Text").responds(200, "text/plain");
    Routes::new("things", "Things to be tested")
        .get("/v1/things/{id}", Permission::MoviesRead, read(), read_thing)
        .patch("/v1/things/{id}", Permission::MoviesWrite, update, update_thing)
        .post("/v1/things", Permission::MoviesWrite, create, create_thing)
        .get("/v1/large/{size}", Permission::MoviesRead, text("large"), large)
        .get("/v1/panic", Permission::MoviesRead, text("panic"), panics)
        .get("/v1/fault", Permission::MoviesRead, text("fault"), fault)
        .get("/v1/origin", Permission::MoviesRead, text("origin"), origin)
        .get("/v1/wait", Permission::MoviesRead, text("wait"), wait)
        .get("/health", Access::Exempt, text("health"), health)
        .shared(Data::clone(hands))
}

async fn read_thing(id: Id<MovieId>) -> Result<HttpResponse, ApiError> {
    reply::ok(&Thing { id: id.0.uuid(), name: "a".into() }, Version::restore(7))
}

async fn update_thing(
    id: Id<MovieId>,
    _if_match: IfMatch,
    patch: MergePatch<NewThing>,
) -> Result<HttpResponse, ApiError> {
    reply::ok(&Thing { id: id.0.uuid(), name: patch.0.0 }, Version::restore(8))
}

async fn create_thing(new: Json<NewThing>) -> Result<HttpResponse, ApiError> {
    let thing = Thing { id: Uuid::now_v7(), name: new.0.0 };
    reply::created(&format!("/v1/things/{}", thing.id), &thing, Version::FIRST)
}

async fn large(size: actix_web::web::Path<usize>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body(Bytes::from("x".repeat(*size)))
}

/// Where a change that is made here would come from.
async fn origin() -> HttpResponse {
    let origin = changes::origin();
    let user_id = origin.actor.user_id().map(|user_id| user_id.to_string()).unwrap_or_default();
    let traceparent = origin.traceparent.map(|place| place.to_string()).unwrap_or_default();
    let address = origin.address.map(|address| address.to_string()).unwrap_or_default();
    HttpResponse::Ok()
        .content_type("text/plain")
        .body([origin.actor.kind(), &user_id, &address, &traceparent].join(" "))
}

async fn panics() -> HttpResponse {
    panic!("the handler's secret");
}

async fn fault() -> Result<HttpResponse, ApiError> {
    let lost = std::io::Error::other("relation \"secrets\" does not exist");
    Err(ApiError::internal(lost))
}

async fn health() -> &'static str {
    "well"
}

async fn wait(hands: Data<Hands>) -> HttpResponse {
    struct Work(Data<Hands>, &'static str);
    impl Drop for Work {
        fn drop(&mut self) {
            let _ = self.0.told.send(self.1);
        }
    }
    let _ = hands.told.send("waits");
    let mut work = Work(Data::clone(&hands), "dropped");
    hands.gate.acquire().await.unwrap().forget();
    work.1 = "finished";
    HttpResponse::Ok().body("waited")
}
