use brakes::{Brakes, Delivery, Mail};
use dbtest::Database;
use types::Email;

use crate::{End, from, seconds_to_wait, sign_in};

const HOME: &str = "198.51.100.7";

fn ada() -> Email {
    Email::parse("ada@example.com").unwrap()
}

/// What becomes of a mail to Ada that is asked for from so many addresses in turn.
async fn asked_for(brakes: &Brakes, mail: Mail, times: u8) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    for last in 0..times {
        deliveries.push(from(&format!("203.0.113.{last}"), brakes.mail(mail, &ada())).await.unwrap());
    }
    deliveries
}

#[tokio::test]
async fn nobody_s_mailbox_is_flooded_from_however_many_addresses() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    let deliveries = asked_for(&brakes, Mail::PasswordReset, 50).await;
    assert_eq!(deliveries.iter().filter(|delivery| **delivery == Delivery::Due).count(), 6);
    // Mail of another kind is not missing for that.
    assert_eq!(asked_for(&brakes, Mail::Activation, 1).await, [Delivery::Due]);
    database.execute("UPDATE throttles SET whole_at = whole_at - interval '10 minutes'").await;
    assert_eq!(asked_for(&brakes, Mail::PasswordReset, 2).await, [Delivery::Due, Delivery::Withheld]);
}

#[tokio::test]
async fn an_owner_at_home_has_mail_sent_whoever_used_it_up() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    sign_in(&brakes, HOME, "ada@example.com", End::Right).await.unwrap();
    asked_for(&brakes, Mail::PasswordReset, 10).await;
    for _ in 0..6 {
        assert_eq!(from(HOME, brakes.mail(Mail::PasswordReset, &ada())).await.unwrap(), Delivery::Due);
    }
    assert_eq!(from(HOME, brakes.mail(Mail::PasswordReset, &ada())).await.unwrap(), Delivery::Withheld);
}

#[tokio::test]
async fn a_registration_tells_nobody_that_an_account_is_used_from_here() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    sign_in(&brakes, HOME, "ada@example.com", End::Right).await.unwrap();
    asked_for(&brakes, Mail::Registration, 6).await;
    assert_eq!(from(HOME, brakes.mail(Mail::Registration, &ada())).await.unwrap(), Delivery::Withheld);
}

#[tokio::test]
async fn who_asks_for_mail_to_many_is_told_to_wait() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    let mut asked = 0;
    let refused = loop {
        let email = Email::parse(&format!("user{asked}@example.com")).unwrap();
        match from(HOME, brakes.mail(Mail::Registration, &email)).await {
            Ok(delivery) => assert_eq!(delivery, Delivery::Due),
            Err(refused) => break refused,
        }
        asked += 1;
        assert!(asked < 1000, "nothing brakes");
    };
    assert!((100..=110).contains(&asked), "{asked}");
    assert!(seconds_to_wait(&refused) <= 10);
    // Whether or not the mailbox had its share: the refusal is about who asks.
    let same = from(HOME, brakes.mail(Mail::Registration, &ada())).await.unwrap_err();
    assert_eq!(same.problem(None, None), refused.problem(None, None));
}
