//! The users of a test: two of each role, each with a token.

use std::time::Duration;

use auth::Authenticator;
use keystore::{Algorithm, KeyStore};
use sqldb::Db;
use tempfile::TempDir;
use types::{Email, Name, Password, Role, Roles};
use userbus::{Cost, NewUser, Passwords};

/// Signed up in the test's database, with keys in a folder of the test's own.
pub(crate) struct People {
    tokens: Vec<(Role, String)>,
    keys: KeyStore,
    /// Removed with this value.
    _folder: TempDir,
}

impl People {
    pub(crate) async fn sign_up(db: &Db) -> Self {
        let folder = TempDir::new().unwrap();
        let keys = KeyStore::open(folder.path()).unwrap();
        keys.ensure_active(Algorithm::EdDsa).unwrap();
        let authenticator = authenticator(&keys, db);
        // The passwords open nothing but this test.
        let users =
            userbus::Business::with_passwords(db.clone(), Passwords::new(Cost { memory_kib: 0, passes: 0 }, 1, 100));
        let mut tokens = Vec::new();
        for role in Role::ALL {
            for number in 0..2 {
                let new = NewUser {
                    name: Name::parse("A Tester").unwrap(),
                    email: Email::parse(&format!("{role}-{number}@example.com")).unwrap(),
                    password: Password::parse("marquee-test-only").unwrap(),
                    roles: Roles::from_iter([role]),
                    activated: true,
                };
                let user = users.create(new).await.unwrap();
                tokens.push((role, authenticator.mint(&user).unwrap().expose().to_owned()));
            }
        }
        Self { tokens, keys, _folder: folder }
    }

    /// An authenticator for an instance that uses `db`.
    pub(crate) fn authenticator(&self, db: &Db) -> Authenticator {
        authenticator(&self.keys, db)
    }

    /// The token of a user: the first (0) or the second (1) with this role.
    pub(crate) fn token(&self, role: Role, number: usize) -> &str {
        let mut tokens = self.tokens.iter().filter(|(of, _)| *of == role);
        &tokens.nth(number).expect("two users of each role").1
    }
}

fn authenticator(keys: &KeyStore, db: &Db) -> Authenticator {
    let settings = auth::Settings {
        issuer: "https://marquee.example".to_owned(),
        audience: "marquee".to_owned(),
        access_ttl: Duration::from_secs(900),
    };
    Authenticator::new(keys.clone(), settings, userbus::Business::new(db.clone()))
}
