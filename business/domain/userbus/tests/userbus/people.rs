//! What the tests of users have in common.

use std::time::{Duration, Instant};

use dbtest::Database;
use jobs::{Filter, Runner};
use mail::{Kept, Mailbox, Mailer, Sender};
use secrecy::SecretString;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use types::{Email, Name, Password, Role, Roles, SecretToken, UserId};
use userbus::mails::Mails;
use userbus::{Business, Cost, NewRegistration, NewUser, Passwords, User};

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
        Self::with_passwords(cheap()).await
    }

    pub(crate) async fn with_passwords(passwords: Passwords) -> Self {
        let database = Database::new().await;
        let users = Business::with_passwords(database.db(), passwords);
        Self { database, users }
    }

    pub(crate) async fn add(&self, name: &str, roles: &[Role]) -> User {
        self.users.create(person(name, roles)).await.unwrap()
    }

    /// The same database as another replica has it: with a pool of its own.
    pub(crate) fn replica(&self) -> Business {
        Business::with_passwords(self.database.db(), cheap())
    }

    /// Does what jobs there are, and gives the mails that are there then for this address, the oldest first.
    pub(crate) async fn mails(&self, address: &str) -> Vec<Kept> {
        self.work_off().await;
        let mut mails = self.mailbox().query(Some(&email(address)), 100).await.unwrap();
        mails.reverse();
        mails
    }

    /// The token in the last mail to this address that has one.
    pub(crate) async fn token(&self, address: &str) -> SecretToken {
        let mails = self.mails(address).await;
        token_in(mails.iter().rev().find(|mail| mail.text.contains("\"token\"")).unwrap())
    }

    /// Runs a user's registration to its end.
    pub(crate) async fn activated(&self, name: &str) -> User {
        let new = registration(name, PASSWORD);
        let address = new.email.as_str().to_owned();
        self.users.register(new).await.unwrap();
        self.users.activate(&self.token(&address).await).await.unwrap()
    }

    pub(crate) async fn by_email(&self, address: &str) -> User {
        self.users.query_by_email(types::Scope::Any, &email(address)).await.unwrap()
    }

    pub(crate) async fn signs_in(&self, address: &str, password: &str) -> bool {
        self.users.authenticate(address, &secret(password)).await.is_ok()
    }

    /// What the audits say of users, in their order: what happened to whom, how they differ.
    pub(crate) async fn audits(&self, user_id: UserId) -> Vec<(String, i64, Value)> {
        const SQL: &str = "
            SELECT action, version, difference FROM audits WHERE entity = 'user' AND entity_id = $1 ORDER BY audit_id";
        self.database.db().fetch_all(sqlx::query_as(SQL).bind(user_id.uuid())).await.unwrap()
    }

    pub(crate) async fn tokens(&self) -> i64 {
        self.number("SELECT count(*) FROM user_tokens").await
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        self.database.db().fetch_one(sqlx::query_as::<_, (i64,)>(sql)).await.unwrap().0
    }

    fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.database.db())
    }

    async fn work_off(&self) {
        let db = self.database.db();
        let mailer = Mailer::kept(Sender::parse("no-reply@example.com").unwrap(), self.mailbox());
        let mails = Mails::new(self.users.clone(), mailer, "https://films.example/").unwrap();
        let stop = CancellationToken::new();
        let done = async {
            loop {
                let left = jobs::query(&db, &Filter::default(), 100).await.unwrap();
                assert!(left.iter().all(|job| job.last_error.is_none()), "{left:?}");
                if left.iter().all(|job| !job.name.starts_with("users.")) {
                    return stop.cancel();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(mails.register(Runner::new(db.clone())).run(stop.clone()), done);
    }
}

/// Makes sure that the cases take as long, give or take `most`: the fastest of each, in turns, which is free of what else
/// the machine does. Where it does much, many turns are needed; of cases that differ no number of turns is enough.
pub(crate) async fn alike<const CASES: usize>(most: Duration, work: impl AsyncFn(usize, usize)) {
    let mut fastest = [Duration::MAX; CASES];
    for round in 0.. {
        for (case, fastest) in fastest.iter_mut().enumerate() {
            let start = Instant::now();
            work(case, round).await;
            *fastest = start.elapsed().min(*fastest);
        }
        let (least, longest) = (fastest.iter().min().unwrap(), fastest.iter().max().unwrap());
        if round >= 5 && *longest - *least < most {
            return;
        }
        assert!(round < 100, "{fastest:?}");
    }
}

pub(crate) fn cheap() -> Passwords {
    Passwords::new(CHEAP, 8, 1000)
}

/// Somebody who may sign in; the address is made of the name.
pub(crate) fn person(name: &str, roles: &[Role]) -> NewUser {
    let NewRegistration { name, email, password } = registration(name, PASSWORD);
    NewUser { name, email, password, roles: roles.iter().copied().collect::<Roles>(), activated: true }
}

/// Somebody who wants an account; the address is made of the name.
pub(crate) fn registration(name: &str, password: &str) -> NewRegistration {
    let local: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    NewRegistration {
        name: Name::parse(name).unwrap(),
        email: email(&format!("{local}@example.com")),
        password: Password::parse(password).unwrap(),
    }
}

/// The token in a mail.
pub(crate) fn token_in(mail: &Kept) -> SecretToken {
    let (_, rest) = mail.text.split_once("{\"token\": \"").unwrap();
    SecretToken::parse(rest.split('"').next().unwrap()).unwrap()
}

pub(crate) fn email(address: &str) -> Email {
    Email::parse(address).unwrap()
}

pub(crate) fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

pub(crate) fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}
