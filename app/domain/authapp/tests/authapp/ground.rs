//! What the tests of sign-in have in common.

use std::sync::OnceLock;
use std::time::Duration;

use apitest::Api;
use auth::{Authenticator, Settings};
use keystore::{Algorithm, KeyStore};
use tempfile::TempDir;
use types::{Email, Name, Password, Roles};
use userbus::{Business, Cost, NewUser, Passwords, User};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// An API with sign-in, and what lies behind it.
pub(crate) struct Ground {
    pub(crate) api: Api,
    pub(crate) users: Business,
    pub(crate) authenticator: Authenticator,
    pub(crate) keys: KeyStore,
    _folder: TempDir,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        Self::with_passwords(Passwords::new(Cost { memory_kib: 8, passes: 1 }, 4, 100)).await
    }

    pub(crate) async fn with_passwords(passwords: Passwords) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyStore::open(folder.path()).unwrap();
        keys.generate(Algorithm::EdDsa).unwrap();
        let parts = OnceLock::new();
        let api = Api::start(1, |db| {
            let users = Business::with_passwords(db, passwords.clone());
            let settings = Settings {
                issuer: "https://marquee.example".to_owned(),
                audience: "marquee".to_owned(),
                access_ttl: Duration::from_secs(900),
            };
            let authenticator = Authenticator::new(keys.clone(), settings, users.clone());
            let (authenticator, users) = parts.get_or_init(|| (authenticator, users)).clone();
            authapp::routes(authenticator, users)
        })
        .await;
        let (authenticator, users) = parts.into_inner().unwrap();
        Self { api, users, authenticator, keys, _folder: folder }
    }

    pub(crate) async fn add(&self, name: &str, activated: bool) -> User {
        let new = NewUser {
            name: Name::parse(name).unwrap(),
            email: Email::parse(&format!("{name}@example.com")).unwrap(),
            password: Password::parse(PASSWORD).unwrap(),
            roles: Roles::default(),
            activated,
        };
        self.users.create(new).await.unwrap()
    }
}
