use brakes::Brakes;
use dbtest::Database;
use types::{Email, UserId};

use crate::{End, from, guesses, seconds_to_wait, sign_in};

const ADA: &str = "ada@example.com";
const HOME: &str = "198.51.100.7";
const CAFE: &str = "198.51.100.8";

/// Guesses at an account from so many addresses until each of them is refused.
async fn storm(brakes: &Brakes, email: &str, addresses: u8) -> usize {
    let mut taken = 0;
    for last in 0..addresses {
        taken += guesses(brakes, &format!("203.0.113.{last}"), email).await;
    }
    taken
}

#[tokio::test]
async fn who_guesses_is_slowed_down_and_is_told_for_how_long_on_every_replica() {
    let database = Database::new().await;
    let (one, other) = (Brakes::new(database.db()), Brakes::new(database.db()));
    assert_eq!(guesses(&one, HOME, ADA).await, 10);
    let refused = sign_in(&other, HOME, "Ada@Example.com", End::Right).await.unwrap_err();
    assert!((1..=30).contains(&seconds_to_wait(&refused)));
    assert_eq!(guesses(&other, HOME, "bob@example.com").await, 10, "another account is another matter");
}

#[tokio::test]
async fn whoever_signs_in_or_cannot_be_told_uses_nothing_up() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    for _ in 0..25 {
        sign_in(&brakes, HOME, ADA, End::Undecided).await.unwrap();
        sign_in(&brakes, CAFE, ADA, End::Right).await.unwrap();
    }
    assert_eq!(guesses(&brakes, HOME, ADA).await, 10);
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_has_guessed() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    for _ in 0..10 {
        drop(from(HOME, brakes.sign_in(ADA)).await.unwrap());
    }
    assert_eq!(guesses(&brakes, HOME, ADA).await, 0);
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_is_slowed_down_for_all_of_them() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    let mut tried = 0;
    let refused = loop {
        match sign_in(&brakes, "2001:db8::1", &format!("user{tried}@example.com"), End::Wrong).await {
            Ok(()) => tried += 1,
            Err(refused) => break refused,
        }
    };
    // One or two more where the test itself takes as long as a turn.
    assert!((60..=65).contains(&tried), "{tried}");
    assert!(seconds_to_wait(&refused) <= 5);
    sign_in(&brakes, "2001:db8::ffff", "someone@example.com", End::Wrong).await.unwrap_err();
    sign_in(&brakes, "2001:db8:0:1::1", "someone@example.com", End::Wrong).await.unwrap();
}

#[tokio::test]
async fn an_owner_signs_in_from_home_while_the_world_guesses() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    sign_in(&brakes, HOME, ADA, End::Right).await.unwrap();

    let taken = storm(&brakes, ADA, 30).await;
    assert!((20..=25).contains(&taken), "however many addresses: {taken}");

    // From home it goes on, with some mistyped passwords before the right one, again and again.
    for _ in 0..3 {
        for _ in 0..3 {
            sign_in(&brakes, HOME, ADA, End::Wrong).await.unwrap();
        }
        sign_in(&brakes, HOME, ADA, End::Right).await.unwrap();
    }
    // From elsewhere the owner has to wait, and not for long.
    let refused = sign_in(&brakes, CAFE, ADA, End::Right).await.unwrap_err();
    assert!(seconds_to_wait(&refused) <= 6);
    database.execute("UPDATE throttles SET whole_at = whole_at - interval '6 seconds'").await;
    sign_in(&brakes, CAFE, ADA, End::Right).await.unwrap();
    storm(&brakes, ADA, 30).await;
    sign_in(&brakes, CAFE, ADA, End::Right).await.expect("the café is known now");
}

#[tokio::test]
async fn an_owner_who_reads_their_mail_gets_in_from_a_new_place() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    storm(&brakes, ADA, 30).await;
    sign_in(&brakes, CAFE, ADA, End::Right).await.unwrap_err();
    from(CAFE, brakes.acquaint(&Email::parse(ADA).unwrap())).await;
    sign_in(&brakes, CAFE, ADA, End::Right).await.unwrap();
    // Of this account alone.
    storm(&brakes, "bob@example.com", 30).await;
    sign_in(&brakes, CAFE, "bob@example.com", End::Right).await.unwrap_err();
}

#[tokio::test]
async fn home_is_no_licence_to_guess() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    sign_in(&brakes, HOME, ADA, End::Right).await.unwrap();
    assert_eq!(guesses(&brakes, HOME, ADA).await, 10);
}

#[tokio::test]
async fn an_account_that_is_not_there_is_braked_as_one_that_is() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    // Nothing here knows which accounts there are; what is no address at all has its bucket, too.
    for email in [ADA, "nobody@example.com", "not an address", "", "' OR 1=1 --", "ada\0@example.com"] {
        assert_eq!(guesses(&brakes, HOME, email).await, 10, "{email:?}");
    }
}

#[tokio::test]
async fn the_password_of_somebody_signed_in_cannot_be_guessed_either() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    let (ada, bob) = (UserId::new(), UserId::new());
    for _ in 0..10 {
        let attempt = brakes.confirmation(ada).await.unwrap();
        attempt.settle(Err::<(), _>(()), |()| true).await.unwrap_err();
    }
    let refused = brakes.confirmation(ada).await.err().unwrap();
    assert!(seconds_to_wait(&refused) <= 30);
    let attempt = brakes.confirmation(bob).await.unwrap();
    attempt.settle(Ok::<_, ()>(()), |()| true).await.unwrap();
}

#[tokio::test]
async fn bad_tokens_are_counted_by_address_and_good_ones_are_not() {
    let database = Database::new().await;
    let brakes = Brakes::new(database.db());
    from(HOME, async {
        for _ in 0..100 {
            let attempt = brakes.token().await.unwrap();
            attempt.settle(Ok::<_, ()>(()), |()| true).await.unwrap();
        }
        let mut bad = 0;
        while let Ok(attempt) = brakes.token().await {
            attempt.settle(Err::<(), _>(()), |()| true).await.unwrap_err();
            bad += 1;
            assert!(bad < 1000, "nothing brakes");
        }
        assert!(bad >= 60, "{bad}");
    })
    .await;
    assert!(from(CAFE, brakes.token()).await.is_ok());
}
