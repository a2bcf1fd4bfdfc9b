//! The provider that charges nobody, as a program.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use cards::{Error, NewCharge, Period, Provider, Reason, Status, Token};
use chrono::TimeDelta;
use types::{Currency, Money, PaymentId};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// It is killed with this value.
struct Program(Child, String);

impl Program {
    fn start() -> Self {
        let arguments = ["--listen", "127.0.0.1:0", "--key", "key", "--secret", SECRET];
        let program = Command::new(env!("CARGO_BIN_EXE_cardsim")).args(arguments).stdout(Stdio::piped()).spawn();
        let mut program = program.unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("cardsim: ready on ").unwrap().to_owned();
        Self(program, url)
    }

    fn known_by(&self, key: &str) -> Provider {
        Provider::new(&self.1, key.to_owned().into()).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn charge(token: &str) -> NewCharge {
    let amount = Money { amount: 999, currency: Currency::USD };
    NewCharge { reference: PaymentId::new(), amount, token: Token::parse(token).unwrap() }
}

fn today() -> Period {
    Period { from: types::now() - TimeDelta::hours(1), before: types::now() + TimeDelta::hours(1) }
}

#[tokio::test]
async fn a_charge_is_made_once_found_again_and_sent_back_once() {
    let program = Program::start();
    let provider = program.known_by("key");
    let new = charge("tok_visa");
    assert_eq!(provider.find(new.reference).await.unwrap(), None);
    let made = provider.charge(&new).await.unwrap();
    assert_eq!((made.reference, made.amount, &made.status), (new.reference, new.amount, &Status::Succeeded));
    assert_eq!(provider.charge(&new).await.unwrap(), made);
    assert_eq!(provider.find(new.reference).await.unwrap(), Some(made.clone()));
    for _ in 0..2 {
        assert_eq!(provider.refund(&made.id, new.reference).await.unwrap().status, Status::Refunded);
    }
    assert_eq!(provider.charges(today(), None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_becomes_of_a_charge_is_a_matter_of_its_token() {
    let program = Program::start();
    let provider = program.known_by("key");
    for (token, reason) in
        [("tok_declined", "card_declined"), ("tok_insufficient", "insufficient_funds"), ("x", "invalid_token")]
    {
        let declined = provider.charge(&charge(token)).await.unwrap();
        assert_eq!(declined.status, Status::Declined(Reason::restore(reason)));
        let refused = provider.refund(&declined.id, declined.reference).await;
        assert!(matches!(refused, Err(Error::Failing { status }) if status == 409), "{refused:?}");
    }
    // The first answer breaks off, and the second one comes.
    assert_eq!(provider.charge(&charge("tok_lost")).await.unwrap().status, Status::Succeeded);
    assert_eq!(provider.charges(today(), None).await.unwrap().len(), 4);
}

#[tokio::test]
async fn pages_are_all_charges_in_the_order_in_which_they_were_made() {
    let program = Program::start();
    let provider = program.known_by("key");
    for _ in 0..(cards::PAGE + 5) {
        provider.charge(&charge("tok_visa")).await.unwrap();
    }
    let first = provider.charges(today(), None).await.unwrap();
    let second = provider.charges(today(), first.last().map(|charge| &charge.id)).await.unwrap();
    assert_eq!((first.len(), second.len()), (cards::PAGE, 5));
    assert!(first.iter().chain(&second).map(|charge| charge.created_at).is_sorted());
    let before = Period { before: types::now() - TimeDelta::minutes(30), ..today() };
    assert_eq!(provider.charges(before, None).await.unwrap().len(), 0);
}

#[tokio::test]
async fn nobody_is_served_without_the_key() {
    let program = Program::start();
    let refused = program.known_by("another").charge(&charge("tok_visa")).await;
    assert!(matches!(refused, Err(Error::Refused { status }) if status == 401), "{refused:?}");
}
