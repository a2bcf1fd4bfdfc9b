use types::{Scope, Version};
use userbus::{Error, QueryFilter};

use crate::people::{Ground, PASSWORD, email, registration};

#[tokio::test]
async fn a_deleted_user_is_gone_with_everything_that_was_theirs() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    ground.users.request_password_reset_mail(&email("ada@example.com")).await.unwrap();
    ground.mails("ada@example.com").await;
    let session = "
        INSERT INTO sessions (session_id, user_id, created_at, last_used_at, expires_at)
        SELECT gen_random_uuid(), user_id, now(), now(), now() + interval '1 day' FROM users";
    ground.database.db().execute(sqlx::query(session)).await.unwrap();

    ground.users.delete(user.id, Some(user.version)).await.unwrap();
    assert!(matches!(ground.users.query_by_id(Scope::Any, user.id).await, Err(Error::NotFound)));
    assert!(!ground.signs_in("ada@example.com", PASSWORD).await);
    assert_eq!((ground.tokens().await, ground.number("SELECT count(*) FROM sessions").await), (0, 0));
    assert!(matches!(ground.users.delete(user.id, None).await, Err(Error::NotFound)));
    assert_eq!(ground.mails("ada@example.com").await.last().unwrap().subject, "Your Marquee account was deleted");
}

#[tokio::test]
async fn the_version_decides_a_deletion() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    match ground.users.delete(user.id, Some(Version::FIRST)).await {
        Err(Error::EditConflict { current }) => assert_eq!(current, user.version),
        other => panic!("{other:?}"),
    }
    assert_eq!(ground.users.count(Scope::Any, &QueryFilter::default()).await.unwrap(), 1);
}

#[tokio::test]
async fn of_a_deleted_person_nothing_is_left_in_audits_and_events() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada Lovelace").await;
    ground.users.delete(user.id, None).await.unwrap();
    let told = ground.audits(user.id).await;
    assert_eq!(
        told.iter().map(|(action, ..)| action.as_str()).collect::<Vec<_>>(),
        ["registered", "activated", "deleted"]
    );
    let left = "
        SELECT (SELECT count(*) FROM audits WHERE difference::text ILIKE '%lovelace%')
            + (SELECT count(*) FROM events WHERE data::text ILIKE '%lovelace%')";
    assert_eq!(ground.number(left).await, 0);
}

#[tokio::test]
async fn an_address_is_free_again_after_its_account_is_deleted() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    ground.users.delete(user.id, None).await.unwrap();
    ground.users.register(registration("Ada", "quite another one")).await.unwrap();
    assert_ne!(ground.by_email("ada@example.com").await.id, user.id);
}
