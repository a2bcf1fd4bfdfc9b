//! What every change of a user leaves behind.

use changes::{Actor, Origin};
use serde_json::{Value, json};
use types::{Name, Role, Scope, UserId};
use userbus::{Business, Error, UpdateUser, User};

use crate::people::{Ground, PASSWORD, email, password, registration, secret};

async fn story() -> (Ground, User) {
    let ground = Ground::new().await;
    ground.add("Root", &[Role::Admin]).await;
    ground.users.register(registration("Ada", PASSWORD)).await.unwrap();
    let user = ground.users.activate(&ground.token("ada@example.com").await).await.unwrap();
    let users = &ground.users;
    let name = Some(Name::parse("Ada King").unwrap());
    let user = users.update(&user, UpdateUser { name, ..UpdateUser::default() }).await.unwrap();
    let user = users.grant(&user, Role::Editor).await.unwrap();
    let user = users.disable(&user).await.unwrap();
    let user = users.enable(&user).await.unwrap();
    let own = Scope::Own(user.id);
    let change = users.prepare_password_change(own, user.id, &secret(PASSWORD), &password("the other one, then")).await;
    users.change_password(&change.unwrap()).await.unwrap();
    users.request_password_reset_mail(&email("ada@example.com")).await.unwrap();
    let token = ground.token("ada@example.com").await;
    let reset = users.prepare_password_reset(&token, &password("and one more, at last")).await.unwrap();
    let user = users.reset_password(&reset).await.unwrap();
    (ground, user)
}

#[tokio::test]
async fn a_user_leaves_their_story() {
    let (ground, user) = story().await;
    let told = ground.audits(user.id).await;
    let actions: Vec<(&str, i64)> = told.iter().map(|(action, version, _)| (action.as_str(), *version)).collect();
    assert_eq!(
        actions,
        [
            ("registered", 1),
            ("activated", 2),
            ("updated", 3),
            ("roles_changed", 4),
            ("disabled", 5),
            ("enabled", 6),
            ("password_changed", 7),
            ("password_reset", 8),
        ]
    );
    let difference = |place: usize| &told[place].2;
    assert_eq!(difference(0)["email"], json!({"before": null, "after": "ada@example.com", "personal": true}));
    assert_eq!(difference(2), &json!({"name": {"before": "Ada", "after": "Ada King", "personal": true}}));
    assert_eq!(difference(3), &json!({"roles": {"before": ["customer"], "after": ["editor", "customer"]}}));
    assert_eq!(difference(4), &json!({"enabled": {"before": true, "after": false}}));
    for place in [6, 7] {
        assert_eq!(difference(place), &json!({"password": {"changed": true}}));
    }
}

#[tokio::test]
async fn events_have_no_name_and_no_address() {
    let (ground, user) = story().await;
    const SQL: &str = "SELECT owner_id, data FROM events WHERE entity = 'user' AND entity_id = $1 ORDER BY seq";
    let events: Vec<(uuid::Uuid, Value)> =
        ground.database.db().fetch_all(sqlx::query_as(SQL).bind(user.id.uuid())).await.unwrap();
    assert_eq!(events.len(), 8);
    for (owner, data) in &events {
        assert_eq!(*owner, user.id.uuid());
        let text = data.to_string();
        assert!(!text.contains("Ada") && !text.contains("example.com"), "{text}");
    }
    assert_eq!(events[2].1["changed"], json!(["name"]), "that it changed is told");
}

#[tokio::test]
async fn a_change_that_is_refused_leaves_nothing() {
    let ground = Ground::new().await;
    let admin = ground.add("Root", &[Role::Admin]).await;
    let before = ground.audits(admin.id).await.len();
    assert!(matches!(ground.users.disable(&admin).await, Err(Error::LastAdmin)));
    assert!(matches!(ground.users.delete(admin.id, None).await, Err(Error::LastAdmin)));
    ground.users.update(&admin, UpdateUser::default()).await.unwrap();
    ground.users.set_roles(admin.id, admin.roles, None).await.unwrap();
    assert_eq!(ground.audits(admin.id).await.len(), before);
    assert_eq!(ground.mails("root@example.com").await.len(), 0, "nor a mail");
}

#[tokio::test]
async fn a_change_that_is_rolled_back_with_others_leaves_neither_row_nor_audit_nor_mail() {
    let ground = Ground::new().await;
    let users = &ground.users;
    let db = ground.database.db();
    let undone = db.transact(async |tx| {
        let users: Business = users.with_tx(&tx);
        users.register(registration("Ada", PASSWORD)).await?;
        Err::<(), _>(Error::NotFound)
    });
    assert!(matches!(undone.await, Err(Error::NotFound)));
    for count in ["SELECT count(*) FROM users", "SELECT count(*) FROM audits", "SELECT count(*) FROM jobs"] {
        assert_eq!(ground.number(count).await, 0, "{count}");
    }
}

#[tokio::test]
async fn an_audit_names_who_did_it() {
    let ground = Ground::new().await;
    let admin = ground.add("Root", &[Role::Admin]).await;
    let user = ground.activated("Ada").await;
    let origin = Origin { address: Some([192, 0, 2, 7].into()), ..Origin::new(Actor::User(admin.id)) };
    changes::within(origin, ground.users.disable(&user)).await.unwrap();
    const SQL: &str = "SELECT actor_kind, actor_id, host(address) FROM audits WHERE action = 'disabled'";
    let told: (String, uuid::Uuid, String) = ground.database.db().fetch_one(sqlx::query_as(SQL)).await.unwrap();
    assert_eq!((told.0.as_str(), UserId::restore(told.1), told.2.as_str()), ("user", admin.id, "192.0.2.7"));
}
