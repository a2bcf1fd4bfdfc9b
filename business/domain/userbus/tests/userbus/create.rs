use tokio::task::JoinSet;
use types::{Email, Role, Scope, Version};
use userbus::{Error, NewUser};

use crate::people::{Ground, PASSWORD, person};

#[tokio::test]
async fn a_new_user_is_read_back_as_it_was_answered() {
    let ground = Ground::new().await;
    let user = ground.add("Ada Lovelace", &[Role::Customer, Role::Editor]).await;
    assert_eq!(user.version, Version::FIRST);
    assert!(user.enabled && user.activated_at.is_some());
    assert_eq!(ground.users.query_by_id(Scope::Any, user.id).await.unwrap(), user);
    let email = Email::parse("ADALOVELACE@Example.com").unwrap();
    assert_eq!(ground.users.query_by_email(Scope::Any, &email).await.unwrap(), user);
}

#[tokio::test]
async fn an_address_belongs_to_one_user_however_it_is_written() {
    let ground = Ground::new().await;
    ground.add("Ada", &[]).await;
    let again = NewUser { email: Email::parse("ADA@EXAMPLE.COM").unwrap(), ..person("Other", &[]) };
    assert!(matches!(ground.users.create(again).await, Err(Error::DuplicateEmail)));
}

#[tokio::test]
async fn of_many_who_take_one_address_at_once_one_gets_it() {
    let ground = Ground::new().await;
    let mut attempts = JoinSet::new();
    for _ in 0..10 {
        let users = ground.users.clone();
        attempts.spawn(async move { users.create(person("Ada", &[])).await });
    }
    let mut created = 0;
    for outcome in attempts.join_all().await {
        match outcome {
            Ok(_) => created += 1,
            Err(error) => assert!(matches!(error, Error::DuplicateEmail), "{error:?}"),
        }
    }
    assert_eq!(created, 1);
}

#[tokio::test]
async fn a_password_is_stored_as_a_salted_hash_of_argon2id() {
    let ground = Ground::new().await;
    ground.add("Ada", &[]).await;
    ground.add("Bob", &[]).await;
    let sql = sqlx::query_as::<_, (String,)>("SELECT password_hash FROM users");
    let hashes = ground.database.db().fetch_all(sql).await.unwrap();
    assert!(hashes.iter().all(|(hash,)| hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$") && !hash.contains(PASSWORD)));
    assert_ne!(hashes[0], hashes[1], "the same password, another salt");
}

#[tokio::test]
async fn nothing_that_is_printed_shows_an_address_or_a_password() {
    let ground = Ground::new().await;
    let new = person("Ada", &[Role::Admin]);
    let text = format!("{new:?} {:?}", ground.users.create(new.clone()).await.unwrap());
    assert!(!text.contains("example.com") && !text.contains(PASSWORD) && !text.contains("argon2"), "{text}");
}
