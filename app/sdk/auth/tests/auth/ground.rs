//! What the tests of tokens have in common.

use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use apierror::ApiError;
use auth::{Authenticator, Caller, Principal, Settings};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dbtest::Database;
use jsonwebtoken::EncodingKey;
use keystore::{Algorithm, KeyStore};
use serde_json::{Value, json};
use sessionbus::Device;
use sqldb::Db;
use tempfile::TempDir;
use types::{Email, Name, Password, Role, Roles, SessionId};
use userbus::{Business, Cost, NewUser, Passwords, User};

pub(crate) const ISSUER: &str = "https://marquee.example";
pub(crate) const AUDIENCE: &str = "marquee";

/// Users in a database, keys in a folder.
pub(crate) struct Ground {
    pub(crate) database: Database,
    /// The pool of `users`.
    pub(crate) db: Db,
    pub(crate) keys: KeyStore,
    pub(crate) users: Business,
    pub(crate) sessions: sessionbus::Business,
    pub(crate) authenticator: Authenticator,
    _folder: TempDir,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyStore::open(folder.path()).unwrap();
        keys.generate(Algorithm::EdDsa).unwrap();
        let db = database.db();
        let users = business(db.clone());
        let sessions = sessionbus::Business::new(db.clone());
        let authenticator = authenticator(&keys, &users, &db);
        Self { database, db, keys, users, sessions, authenticator, _folder: folder }
    }

    pub(crate) async fn add(&self, name: &str, roles: &[Role]) -> User {
        self.users.create(person(name, roles)).await.unwrap()
    }

    /// A session of this user.
    pub(crate) async fn session(&self, user: &User) -> SessionId {
        self.sessions.create(user.id, Device::default()).await.unwrap().0.id
    }

    /// Another process on the same database and folder.
    pub(crate) fn replica(&self) -> Authenticator {
        self.replica_on(self.database.db())
    }

    /// Another process with the same keys, whose way to the database is `db`.
    pub(crate) fn replica_on(&self, db: Db) -> Authenticator {
        authenticator(&KeyStore::open(self.keys.path()).unwrap(), &business(db.clone()), &db)
    }

    /// Another process on the same database and folder, which believes a state for this time.
    pub(crate) fn believing_for(&self, state_lifetime: Duration) -> Authenticator {
        Authenticator::with_state_lifetime(self.keys.clone(), settings(), self.users.clone(), &self.db, state_lifetime)
    }

    /// The claims that `user` would get.
    pub(crate) fn claims(&self, user: &User) -> Value {
        let now = types::now().timestamp();
        json!({
            "iss": ISSUER, "sub": user.id.to_string(), "aud": AUDIENCE, "exp": now + 900, "iat": now,
            "jti": "0192d3c0-7a00-7000-8000-000000000000", "client_id": "marquee", "roles": ["admin"],
        })
    }

    /// The header that every good token has.
    pub(crate) fn header(&self) -> Value {
        let keys = self.keys.snapshot();
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": keys.active().unwrap().kid()})
    }

    /// Signs whatever is asked for with the real key: what a bug in another program of the house might do.
    pub(crate) fn forge(&self, header: &str, payload: &str) -> String {
        let kid = self.keys.snapshot().active().unwrap().kid().to_owned();
        let pem = std::fs::read(self.keys.path().join(format!("{kid}.pem"))).unwrap();
        let signed = format!("{}.{}", encode(header), encode(payload));
        let key = EncodingKey::from_ed_pem(&pem).unwrap();
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, jsonwebtoken::Algorithm::EdDSA).unwrap();
        format!("{signed}.{signature}")
    }

    pub(crate) async fn bearer(&self, token: &str) -> Result<Caller, ApiError> {
        self.authenticator.authenticate(&bearer(token)).await
    }
}

/// Somebody who may sign in.
pub(crate) fn person(name: &str, roles: &[Role]) -> NewUser {
    NewUser {
        name: Name::parse(name).unwrap(),
        email: Email::parse(&format!("{name}@example.com")).unwrap(),
        password: Password::parse("correct horse battery").unwrap(),
        roles: roles.iter().copied().collect::<Roles>(),
        activated: true,
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn bearer(token: &str) -> HeaderMap {
    headers(&[format!("Bearer {token}").as_bytes()])
}

/// These `Authorization` fields.
pub(crate) fn headers(fields: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for field in fields {
        headers.append(AUTHORIZATION, HeaderValue::from_bytes(field).unwrap());
    }
    headers
}

#[track_caller]
pub(crate) fn principal(outcome: Result<Caller, ApiError>) -> Principal {
    match outcome.unwrap() {
        Caller::User(principal) => principal,
        Caller::Anonymous => panic!("nobody was recognised"),
    }
}

fn business(db: Db) -> Business {
    Business::with_passwords(db, Passwords::new(Cost { memory_kib: 8, passes: 1 }, 1, 100))
}

fn authenticator(keys: &KeyStore, users: &Business, db: &Db) -> Authenticator {
    Authenticator::new(keys.clone(), settings(), users.clone(), db)
}

fn settings() -> Settings {
    Settings { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned(), access_ttl: Duration::from_secs(900) }
}
