//! Instances of the application, served as production serves them.

use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use auth::Authenticator;
use dbtest::Database;
use keystore::KeyStore;
use mux::{About, Routes};
use paging::Cursors;
use service::{Listener, Options, Tasks};
use sqldb::Db;
use types::{Role, UserId};
use userbus::User;
use uuid::Uuid;

use crate::description::Description;
use crate::people::{self, People, Standing};
use crate::sending::Request;
use crate::split::{Split, split_is_wanted};

/// An application under test.
pub struct Api {
    addresses: Vec<SocketAddr>,
    pub(crate) http: reqwest::Client,
    pub(crate) people: People,
    pub(crate) description: Description,
    /// Who reads where nobody is named.
    pub(crate) reader: Option<Role>,
    db: Db,
    authenticator: Authenticator,
    /// The services, where they are processes of their own.
    _split: Option<Split>,
    /// Dropped last: the instances work on it.
    database: Database,
}

/// What the tables of an instance work with: a pool of its own, the keys and the users of all.
pub struct Instance {
    /// Its pool.
    pub db: Db,
    /// Who recognises the tokens of its requests.
    pub authenticator: Authenticator,
    /// The users, whose passwords cost next to nothing.
    pub users: userbus::Business,
}

/// Runs a test on a runtime like the one of a service.
pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}

impl Api {
    /// Serves `routes` by so many instances, each with a pool of its own, on a database of this test's own.
    pub async fn start(instances: usize, routes: impl Fn(Db) -> Routes) -> Self {
        Self::start_with(instances, auth::STATE_LIFETIME, |instance| vec![routes(instance.db)]).await
    }

    /// As [`Api::start`], for tables that sign people in: each instance believes the state of a user for
    /// `state_lifetime`.
    pub async fn start_with(
        instances: usize,
        state_lifetime: Duration,
        tables: impl Fn(Instance) -> Vec<Routes>,
    ) -> Self {
        Self::start_as(instances, state_lifetime, &[], tables).await
    }

    /// As [`Api::start_with`], for tables that need more than a database: with these settings, processes work with the same.
    pub async fn start_as(
        instances: usize,
        state_lifetime: Duration,
        settings: &[(&str, String)],
        tables: impl Fn(Instance) -> Vec<Routes>,
    ) -> Self {
        let database = Database::new().await;
        let db = pool(&database);
        let people = People::sign_up(&db).await;
        let authenticator = people.authenticator(&db, state_lifetime);
        let instance = || {
            let db = pool(&database);
            let (authenticator, users) = (people.authenticator(&db, state_lifetime), people::users(&db));
            Instance { db, authenticator, users }
        };
        let (addresses, split) = if split_is_wanted() {
            let own = [
                ("db.url", database.url().to_owned()),
                ("auth.keys_dir", people.folder().display().to_string()),
                ("auth.issuer", people::ISSUER.to_owned()),
            ];
            let split = Split::start(instances, &tables(instance()), &[&own, settings].concat()).await;
            (vec![split.address(); instances], Some(split))
        } else {
            let made: Vec<_> =
                (0..instances).map(|_| instance()).map(|one| (one.authenticator.clone(), tables(one))).collect();
            (serve(made), None)
        };
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        let url = format!("http://{}/openapi.json", addresses[0]);
        let description = Description::new(http.get(url).send().await.unwrap().json().await.unwrap());
        Self { addresses, http, people, description, reader: None, db, authenticator, _split: split, database }
    }

    /// From here on, reads that name nobody are sent by the first user of this role.
    pub fn readers(&mut self, role: Role) {
        self.reader = Some(role);
    }

    /// The header field by which a reader of [`Api::readers`] is known, for requests that are sent byte by byte.
    pub(crate) fn credentials(&self) -> String {
        self.reader.map(|role| format!("Authorization: Bearer {}\r\n", self.token(role))).unwrap_or_default()
    }

    /// A GET of `path`, which may have a query.
    pub fn get(&self, path: impl Into<String>) -> Request<'_> {
        self.request("GET", path)
    }

    /// A POST to `path`.
    pub fn post(&self, path: impl Into<String>) -> Request<'_> {
        self.request("POST", path)
    }

    /// A PATCH of `path`.
    pub fn patch(&self, path: impl Into<String>) -> Request<'_> {
        self.request("PATCH", path)
    }

    /// A DELETE of `path`.
    pub fn delete(&self, path: impl Into<String>) -> Request<'_> {
        self.request("DELETE", path)
    }

    /// A request of any method.
    pub fn request(&self, method: &str, path: impl Into<String>) -> Request<'_> {
        Request::new(self, method, path.into())
    }

    /// Runs SQL behind the API's back: what an older release, or a person at a console, may have left.
    pub async fn spoil(&self, sql: &'static str) {
        self.database.execute(sql).await;
    }

    /// What the statement counts: one row of one bigint.
    pub async fn count(&self, sql: &'static str) -> i64 {
        self.database.count(sql).await
    }

    /// Makes a row belong to `owner`, behind the API's back: the one of `table` whose column `key` has `id`.
    pub async fn hand_over(&self, table: &str, key: &str, id: Uuid, owner: UserId) {
        let sql = format!("UPDATE {table} SET owner_id = '{}' WHERE {key} = '{id}'", owner.uuid());
        self.database.execute(sql).await;
    }

    /// The access token of the first user of this role, for what goes beyond a [`Request`].
    pub fn token(&self, role: Role) -> &str {
        self.people.token(role, 0)
    }

    /// The access token of any user, which belongs to no session.
    pub fn token_of(&self, user: &User) -> String {
        self.authenticator.mint(user).unwrap().expose().to_owned()
    }

    /// Adds a user beside the two of each role: with this address, the password [`PASSWORD`](crate::PASSWORD) and these
    /// roles.
    pub async fn add(&self, email: &str, roles: &[Role], standing: Standing) -> User {
        self.people.add(email, roles, standing).await
    }

    /// The database, for what a test asks the business of a domain.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Who issues tokens that every instance takes.
    pub fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// The keys that sign the tokens.
    pub fn keys(&self) -> &KeyStore {
        self.people.keys()
    }

    /// Where the instance listens.
    pub fn address(&self, instance: usize) -> SocketAddr {
        self.addresses[instance]
    }
}

/// Serves the tables of each instance, within the test.
fn serve(instances: Vec<(Authenticator, Vec<Routes>)>) -> Vec<SocketAddr> {
    let list_key = request::ListKey::from(Cursors::new(&[7; 32]));
    let tasks = Tasks::new();
    let options = Options {
        workers: NonZeroUsize::new(2),
        head_timeout: Duration::from_secs(5),
        keep_alive: Duration::from_secs(30),
        shutdown: Duration::from_secs(1),
    };
    let mut addresses = Vec::new();
    for (authenticator, tables) in instances {
        let about = About {
            title: "Marquee".to_owned(),
            version: "0.0.0".to_owned(),
            description: "The API under test.".to_owned(),
            contact: ("Marquee".to_owned(), "https://marquee.example".to_owned()),
        };
        let settings = mux::Settings { deadline: Duration::from_secs(10), ..mux::Settings::default() };
        let mut builder = mux::Builder::new(about, authenticator, settings);
        for table in tables {
            builder = builder.routes(table.extractor_data(list_key.clone()));
        }
        let api = builder.build().unwrap();
        let listener = Listener::bind("test", SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let running = service::serve("test", listener, &options, &tasks, move || api.app()).unwrap();
        addresses.push(running.address());
    }
    addresses
}

fn pool(database: &Database) -> Db {
    // Patient: hundreds of requests at once meet few connections on a machine that builds at the same time.
    database.db_with(sqldb::Settings {
        max_connections: 4,
        min_connections: 0,
        max_waiters: 1000,
        acquire_timeout: Duration::from_secs(10),
        deadline: Duration::from_secs(10),
        ..sqldb::Settings::default()
    })
}
