//! What a token costs to issue, to verify, to recognise again: `cargo run --release -p auth --example token_cost`.
//!
//! CPU time of one thread, so that a busy machine does not count.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example shows figures, and ends when it can't")]

use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use auth::{Authenticator, Settings};
use keystore::{Algorithm, KeyStore};
use types::{Email, Name, Password, Role, Roles};
use userbus::{Business, Cost, NewUser, Passwords};

const TIMES: u32 = 20_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let users = Business::with_passwords(db.clone(), Passwords::new(Cost { memory_kib: 8, passes: 1 }, 1, 1));
    let new = NewUser {
        name: Name::parse("Ada").unwrap(),
        email: Email::parse("ada@example.com").unwrap(),
        password: Password::parse("correct horse battery").unwrap(),
        roles: Roles::from_iter([Role::Editor]),
        activated: true,
    };
    let user = users.create(new).await.unwrap();
    for algorithm in Algorithm::SIGNING {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyStore::open(folder.path()).unwrap();
        keys.generate(algorithm).unwrap();
        let settings = Settings {
            issuer: "http://127.0.0.1:3000".to_owned(),
            audience: "marquee".to_owned(),
            access_ttl: Duration::from_secs(900),
        };
        let authenticator = Authenticator::new(keys.clone(), settings, users.clone(), &db);

        let start = cpu();
        for _ in 0..TIMES {
            authenticator.mint(&user).unwrap();
        }
        show(algorithm, "issue a token", start);

        let token = authenticator.mint(&user).unwrap();
        let snapshot = keys.snapshot();
        let start = cpu();
        for _ in 0..TIMES {
            snapshot.verify("at+jwt", token.expose()).unwrap();
        }
        show(algorithm, "verify a token", start);

        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {}", token.expose())).unwrap());
        authenticator.authenticate(&headers).await.unwrap();
        let start = cpu();
        for _ in 0..TIMES {
            authenticator.authenticate(&headers).await.unwrap();
        }
        show(algorithm, "recognise a request's token again", start);
    }
}

fn show(algorithm: Algorithm, what: &str, start: Duration) {
    println!("{algorithm}: {what}: {:.2} us", (cpu() - start).as_secs_f64() * 1e6 / f64::from(TIMES));
}

/// The time that this thread has run.
fn cpu() -> Duration {
    let facts = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(facts.split(' ').next().unwrap().parse().unwrap())
}
