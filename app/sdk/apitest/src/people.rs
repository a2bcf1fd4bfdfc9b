//! The users of a test: two of each role, each with a token, and whoever a test adds.

use std::path::Path;
use std::time::Duration;

use auth::Authenticator;
use keystore::{Algorithm, KeyStore};
use sqldb::Db;
use tempfile::TempDir;
use types::{Email, Name, Password, Role, Roles};
use userbus::{Cost, NewUser, Passwords, User};

/// The password of every user of a test.
pub const PASSWORD: &str = "marquee-test-only";

/// Who issues the tokens of a test.
pub(crate) const ISSUER: &str = "https://marquee.example";

/// Whether a user may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They may.
    Active,
    /// Not before they have shown that the address is theirs.
    Dormant,
    /// Not until an admin lets them.
    Disabled,
}

/// Signed up in the test's database, with keys in a folder of the test's own.
pub(crate) struct People {
    tokens: Vec<(Role, String)>,
    keys: KeyStore,
    users: userbus::Business,
    /// Has the keys; removed with this value.
    folder: TempDir,
}

impl People {
    pub(crate) async fn sign_up(db: &Db) -> Self {
        let folder = TempDir::new().unwrap();
        let keys = KeyStore::open(folder.path()).unwrap();
        keys.ensure_active(Algorithm::EdDsa).unwrap();
        let mut people = Self { tokens: Vec::new(), keys, users: users(db), folder };
        let authenticator = people.authenticator(db, auth::STATE_LIFETIME);
        for role in Role::ALL {
            for number in 0..2 {
                let email = format!("{role}-{number}@example.com");
                let user = people.add(&email, &[role], Standing::Active).await;
                people.tokens.push((role, authenticator.mint(&user).unwrap().expose().to_owned()));
            }
        }
        people
    }

    /// Adds a user called "A Tester".
    pub(crate) async fn add(&self, email: &str, roles: &[Role], standing: Standing) -> User {
        let new = NewUser {
            name: Name::parse("A Tester").unwrap(),
            email: Email::parse(email).unwrap(),
            password: Password::parse(PASSWORD).unwrap(),
            roles: roles.iter().copied().collect::<Roles>(),
            activated: standing != Standing::Dormant,
        };
        let user = self.users.create(new).await.unwrap();
        if standing == Standing::Disabled { self.users.disable(&user).await.unwrap() } else { user }
    }

    /// An authenticator for an instance that uses `db`, which believes a state for `state_lifetime`.
    pub(crate) fn authenticator(&self, db: &Db, state_lifetime: Duration) -> Authenticator {
        let settings = auth::Settings {
            issuer: ISSUER.to_owned(),
            audience: "marquee".to_owned(),
            access_ttl: Duration::from_secs(900),
        };
        Authenticator::with_state_lifetime(self.keys.clone(), settings, users(db), db, state_lifetime)
    }

    /// The folder of the keys.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The keys that sign the tokens.
    pub(crate) fn keys(&self) -> &KeyStore {
        &self.keys
    }

    /// The token of a user: the first (0) or the second (1) with this role.
    pub(crate) fn token(&self, role: Role, number: usize) -> &str {
        let mut tokens = self.tokens.iter().filter(|(of, _)| *of == role);
        &tokens.nth(number).expect("two users of each role").1
    }
}

/// The users in `db`. Their passwords open nothing but a test, and are hashed at the least cost.
pub(crate) fn users(db: &Db) -> userbus::Business {
    userbus::Business::with_passwords(db.clone(), Passwords::new(Cost { memory_kib: 0, passes: 0 }, 4, 1000))
}
