//! A migrated database with a key, as production has them: no film, no user but those that a test adds.

use std::thread::JoinHandle;
use std::time::Duration;

use dbtest::Database;
use serde_json::{Value, json};
use tempfile::TempDir;
use types::{Email, Name, Password, Role};
use userbus::{NewUser, User};

use crate::answer::{Answer, post};
use crate::folder;
use crate::process::{ISSUER, PATIENCE, Process, Setup, eventually};

/// What the replicas of one test share.
pub(crate) struct Shop {
    pub(crate) database: Database,
    pub(crate) keys: TempDir,
    pub(crate) users: userbus::Business,
}

/// The tables of films, locked by somebody else until this is dropped.
pub(crate) struct Lock {
    database: String,
    holder: Option<JoinHandle<()>>,
}

/// What a statement of the program under test looks like from the server.
const OF_PLATFORM: &str = "application_name = 'marquee-platform'";

impl Shop {
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        let users = userbus::Business::new(database.db());
        Self { database, keys: folder::keys(), users }
    }

    /// A production process on it.
    pub(crate) fn setup(&self) -> Setup {
        self.setup_behind(self.database.url())
    }

    /// A production process that reaches the database at `url`.
    pub(crate) fn setup_behind(&self, url: &str) -> Setup {
        Setup::production(url, self.keys.path())
    }

    /// A new user of this role.
    pub(crate) async fn user(&self, email: &str, password: &str, role: Role) -> User {
        new_user(&self.users, email, password, role).await
    }

    /// An access token of `user`, signed by the keys of the replicas.
    pub(crate) fn token(&self, user: &User) -> String {
        token_of(&self.keys, &self.users, &self.database.db(), user)
    }

    /// The token of a new editor.
    pub(crate) async fn editor(&self) -> String {
        self.token(&self.user("editor@example.com", "correct horse battery", Role::Editor).await)
    }

    /// The rows of a query on the database, as another program sees it.
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        rows(self.database.name(), sql)
    }

    /// How many statements of the program are at work or wait in the server.
    pub(crate) fn busy(&self) -> usize {
        let sql = format!(
            "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND {OF_PLATFORM} \
             AND state = 'active'"
        );
        self.rows(&sql).len()
    }

    /// Waits until so many statements of the program wait for a lock.
    pub(crate) async fn wait_for_blocked(&self, count: usize) {
        let sql = format!(
            "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND {OF_PLATFORM} \
             AND wait_event_type = 'Lock'"
        );
        let found = eventually(PATIENCE, async || (self.rows(&sql).len() == count).then_some(())).await;
        let seen = "SELECT concat_ws(' ', application_name, state, wait_event_type, wait_event, left(query, 60)) \
                    FROM pg_stat_activity WHERE datname = current_database()";
        assert!(found.is_some(), "{count} statements should wait for the lock: {:#?}", self.rows(seen));
    }

    /// Has another session lock the table of films.
    pub(crate) async fn lock_films(&self) -> Lock {
        let database = self.database.name().to_owned();
        let inside = database.clone();
        let holder = std::thread::spawn(move || {
            let hold = "BEGIN; LOCK TABLE movies IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(55)";
            // Ended by the one who drops the lock.
            let _ = dbtest::server().query(&inside, hold);
        });
        let lock = Lock { database, holder: Some(holder) };
        // Copies of one template have the same number for the table.
        let held = "SELECT pid::text FROM pg_locks WHERE relation = 'movies'::regclass AND granted \
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                    AND mode = 'AccessExclusiveLock'";
        let found = eventually(PATIENCE, async || (!self.rows(held).is_empty()).then_some(())).await;
        assert!(found.is_some(), "the lock should be held");
        lock
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let end = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
                   WHERE datname = current_database() AND query LIKE 'BEGIN; LOCK TABLE movies%'";
        rows(&self.database, end);
        let _ = self.holder.take().map(JoinHandle::join);
    }
}

/// A new user of this role.
pub(crate) async fn new_user(users: &userbus::Business, email: &str, password: &str, role: Role) -> User {
    let new = NewUser {
        name: Name::restore("Somebody".to_owned()),
        email: Email::restore(email.to_owned()),
        password: Password::parse(password).unwrap(),
        roles: [role].into_iter().collect(),
        activated: true,
    };
    users.create(new).await.unwrap()
}

/// An access token of `user`, signed by these keys.
pub(crate) fn token_of(keys: &TempDir, users: &userbus::Business, db: &sqldb::Db, user: &User) -> String {
    let settings = auth::Settings {
        issuer: ISSUER.to_owned(),
        audience: "marquee".to_owned(),
        access_ttl: Duration::from_secs(900),
    };
    let keys = keystore::KeyStore::open(keys.path()).unwrap();
    let authenticator = auth::Authenticator::new(keys, settings, users.clone(), db);
    authenticator.mint(user).unwrap().expose().to_owned()
}

/// A film that the catalogue takes.
pub(crate) fn film(title: &str) -> Value {
    json!({ "title": title, "year": 1979, "price": { "amount": 999, "currency": "USD" }, "stock": 3 })
}

/// Adds a film and gives its path.
pub(crate) async fn add_film(process: &Process, token: &str, title: &str) -> String {
    let Answer { status, headers, body } = post(format!("{}/v1/movies", process.url), token, &film(title)).await;
    assert_eq!(status, 201, "{body}");
    headers["location"].to_str().unwrap().to_owned()
}

fn rows(database: &str, sql: &str) -> Vec<String> {
    let rows = dbtest::server().query(database, sql).unwrap();
    rows.into_iter().filter_map(|row| row.into_iter().next()?).collect()
}
