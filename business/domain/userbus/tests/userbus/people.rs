//! What the tests of users have in common.

use dbtest::Database;
use secrecy::SecretString;
use types::{Email, Name, Password, Role, Roles};
use userbus::{Business, Cost, NewUser, Passwords, User};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A database with a business on it. Dropping the database ends the test.
pub(crate) struct Ground {
    pub(crate) database: Database,
    pub(crate) users: Business,
}

/// Hashing is no subject of most tests: the least cost, without a queue.
pub(crate) const CHEAP: Cost = Cost { memory_kib: 8, passes: 1 };

impl Ground {
    pub(crate) async fn new() -> Self {
        Self::with_passwords(Passwords::new(CHEAP, 8, 1000)).await
    }

    pub(crate) async fn with_passwords(passwords: Passwords) -> Self {
        let database = Database::new().await;
        let users = Business::with_passwords(database.db(), passwords);
        Self { database, users }
    }

    pub(crate) async fn add(&self, name: &str, roles: &[Role]) -> User {
        self.users.create(person(name, roles)).await.unwrap()
    }
}

/// Somebody who may sign in; the address is made of the name.
pub(crate) fn person(name: &str, roles: &[Role]) -> NewUser {
    let local: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    NewUser {
        name: Name::parse(name).unwrap(),
        email: Email::parse(&format!("{local}@example.com")).unwrap(),
        password: Password::parse(PASSWORD).unwrap(),
        roles: roles.iter().copied().collect::<Roles>(),
        activated: true,
    }
}

pub(crate) fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}
