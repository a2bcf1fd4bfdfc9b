//! The brakes, on a real server.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod mail;
mod sign_in;

use std::net::IpAddr;

use apierror::{ApiError, Code};
use brakes::Brakes;
use changes::{Actor, Origin};
use dbtest::Database;

/// Runs `work` as a request from this address.
async fn from<F: Future>(address: &str, work: F) -> F::Output {
    let address: IpAddr = address.parse().unwrap();
    changes::within(Origin { address: Some(address), ..Origin::new(Actor::Anonymous) }, work).await
}

/// How a sign-in ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Right,
    Wrong,
    /// The service could not tell.
    Undecided,
}

/// A sign-in from an address, as it ends; or it is refused.
async fn sign_in(brakes: &Brakes, address: &str, email: &str, end: End) -> Result<(), ApiError> {
    from(address, async {
        let attempt = brakes.sign_in(email).await?;
        let outcome = if end == End::Right { Ok(()) } else { Err(end) };
        let _ = attempt.settle(outcome, |end| *end == End::Wrong).await;
        Ok(())
    })
    .await
}

/// How many wrong guesses are taken before one is refused.
async fn guesses(brakes: &Brakes, address: &str, email: &str) -> usize {
    let mut taken = 0;
    while sign_in(brakes, address, email, End::Wrong).await.is_ok() {
        taken += 1;
        assert!(taken < 1000, "nothing brakes");
    }
    taken
}

#[track_caller]
fn seconds_to_wait(refused: &ApiError) -> u64 {
    assert_eq!(refused.code(), Code::QuotaExceeded);
    let [(name, value)] = refused.headers() else { panic!("{refused:?}") };
    assert_eq!(name, "retry-after");
    value.to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn without_brakes_nothing_is_refused() {
    let brakes = Brakes::off();
    for _ in 0..200 {
        sign_in(&brakes, "192.0.2.1", "ada@example.com", End::Wrong).await.unwrap();
        let email = types::Email::parse("ada@example.com").unwrap();
        assert_eq!(brakes.mail(brakes::Mail::Activation, &email).await.unwrap(), brakes::Delivery::Due);
        drop(brakes.token().await.unwrap());
    }
    assert_eq!(brakes.sweep().await.unwrap(), 0);
}

#[tokio::test]
async fn the_sweep_leaves_the_brakes_on() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    guesses(&brakes, "192.0.2.1", "ada@example.com").await;
    database.execute("INSERT INTO throttles VALUES (sha256('old'), now() - interval '1 hour')").await;
    assert_eq!(brakes.sweep().await.unwrap(), 1);
    sign_in(&brakes, "192.0.2.1", "ada@example.com", End::Wrong).await.unwrap_err();
}

#[tokio::test]
async fn a_database_that_is_away_refuses_as_such() {
    let db = sqldb::Db::open("postgres://nobody@127.0.0.1:1/none", sqldb::Settings::default()).unwrap();
    let refused = Brakes::new(db).sign_in("ada@example.com").await.err().unwrap();
    assert_eq!(refused.code(), Code::Unavailable);
}
