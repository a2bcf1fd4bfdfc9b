//! Audits: who, what, from where, and how it differs from before.

use std::time::Duration;

use changes::{Action, Actor, Change, Fields, Origin, within};
use serde_json::json;
use sqldb::Error;
use types::{Email, UserId};

use crate::{PERSON, Person, ada, audits, created, events, fields, from_a_browser, record};

#[tokio::test]
async fn an_audit_says_who_did_what_to_which_row_when_and_from_where() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let (user_id, before) = (UserId::new(), ada());
    let after = Person { version: before.version.next(), age: Some(36), ..before.clone() };
    let change = Change::updated(PERSON, after.id, after.version, fields(&before), fields(&after));
    let start = types::now();
    within(from_a_browser(user_id), record(&db, &[change])).await.unwrap();

    let [audit] = &audits(&db).await[..] else { panic!("one audit") };
    assert_eq!((audit.actor_kind.as_str(), audit.actor_id, &audit.actor_name), ("user", Some(user_id.uuid()), &None));
    assert_eq!((audit.entity.as_str(), audit.entity_id), ("person", before.id.uuid()));
    assert_eq!((audit.action.as_str(), audit.version), ("updated", 2));
    assert_eq!(audit.difference, json!({ "age": { "before": null, "after": 36 } }));
    assert_eq!(audit.trace_id.as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
    assert_eq!(audit.address.as_deref(), Some("192.0.2.1"));
    let age = (audit.occurred_at - start).abs().to_std().unwrap();
    assert!(age < Duration::from_secs(10), "{age:?}");
}

#[tokio::test]
async fn every_kind_of_actor_is_told_by_what_it_is_known_by() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let user_id = UserId::new();
    let actors = [Actor::Anonymous, Actor::User(user_id), Actor::Operator("grace".into()), Actor::System("jobs")];
    for actor in actors {
        within(Origin::new(actor), record(&db, &[created(&ada())])).await.unwrap();
    }
    record(&db, &[created(&ada())]).await.unwrap();
    let told: Vec<_> = audits(&db).await.into_iter().map(|a| (a.actor_kind, a.actor_id, a.actor_name)).collect();
    let expected = [
        ("anonymous", None, None),
        ("user", Some(user_id.uuid()), None),
        ("operator", None, Some("grace")),
        ("system", None, Some("jobs")),
        ("system", None, Some("unknown")),
    ];
    assert_eq!(told, expected.map(|(kind, id, name)| (kind.to_owned(), id, name.map(str::to_owned))));
}

#[tokio::test]
async fn what_came_is_told_whole_and_so_is_what_went() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let person = ada();
    let gone = Change::deleted(PERSON, person.id, person.version, fields(&person));
    record(&db, &[created(&person), gone]).await.unwrap();
    let [came, went] = &audits(&db).await[..] else { panic!("two audits") };
    let email = json!("ada@example.com");
    assert_eq!(
        came.difference,
        json!({
            "email": { "before": null, "after": email, "personal": true },
            "nickname": { "before": null, "after": "Countess" },
            "enabled": { "before": null, "after": true },
        }),
        "what has no value is left out"
    );
    assert_eq!(
        went.difference,
        json!({
            "email": { "before": email, "after": null, "personal": true },
            "nickname": { "before": "Countess", "after": null },
            "enabled": { "before": true, "after": null },
        })
    );
    assert_eq!((came.action.as_str(), went.action.as_str()), ("created", "deleted"));
}

#[tokio::test]
async fn an_update_that_changes_nothing_leaves_nothing_and_a_verb_of_the_domain_always_does() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let person = ada();
    let same = Change::updated(PERSON, person.id, person.version, fields(&person), fields(&person));
    record(&db, std::slice::from_ref(&same)).await.unwrap();
    record(&db, &[]).await.unwrap();
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (0, 0));

    const GREETED: Action = Action::new("greeted");
    record(&db, &[same.called(GREETED)]).await.unwrap();
    let [audit] = &audits(&db).await[..] else { panic!("one audit") };
    assert_eq!((audit.action.as_str(), &audit.difference), ("greeted", &json!({})));
}

#[tokio::test]
async fn of_what_nobody_may_see_it_is_told_that_it_changed() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let person = ada();
    let after = fields(&person).changed("password");
    let change = Change::updated(PERSON, person.id, person.version.next(), fields(&person), after);
    record(&db, &[change]).await.unwrap();
    assert_eq!(audits(&db).await[0].difference, json!({ "password": { "changed": true } }));
    assert_eq!(events(&db).await[0].data["changed"], json!(["password"]));
}

#[tokio::test]
async fn what_is_told_of_a_person_goes_with_the_person_and_what_happened_stays() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let (person, other) = (ada(), ada());
    let renamed = Person {
        version: person.version.next(),
        email: Email::parse("lovelace@example.com").unwrap(),
        enabled: false,
        ..person.clone()
    };
    let moved = Change::updated(PERSON, person.id, renamed.version, fields(&person), fields(&renamed));
    record(&db, &[created(&person), created(&other), moved]).await.unwrap();
    db.atomic(async |tx| {
        changes::record(&tx, &[Change::deleted(PERSON, person.id, renamed.version, fields(&renamed))]).await?;
        changes::erase(&tx, PERSON, person.id).await
    })
    .await
    .unwrap();

    let erased = json!({ "personal": true, "erased": true });
    let audits = audits(&db).await;
    let of = |id: crate::PersonId| audits.iter().filter(move |audit| audit.entity_id == id.uuid());
    for audit in of(person.id) {
        assert_eq!(audit.difference["email"], erased, "{audit:?}");
        assert!(audit.difference["enabled"].get("after").is_some(), "{audit:?}");
    }
    assert_eq!(of(person.id).count(), 3);
    for audit in of(other.id) {
        assert_eq!(audit.difference["email"]["after"], json!("ada@example.com"), "others are not touched");
    }
    // Once more changes nothing, and is no error.
    db.atomic(async |tx| changes::erase(&tx, PERSON, person.id).await).await.unwrap();
}

#[tokio::test]
async fn audits_are_append_only() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    record(&db, &[created(&ada())]).await.unwrap();
    for sql in [
        "DELETE FROM audits",
        "TRUNCATE audits",
        "UPDATE audits SET action = 'updated'",
        "UPDATE audits SET difference = '{}'",
        "UPDATE audits SET difference = erase_personal(difference), actor_name = 'nobody'",
        "UPDATE audits SET difference = difference",
    ] {
        let outcome = db.execute(sqlx::query(sql)).await;
        let refused = matches!(&outcome, Err(Error::Violates { constraint }) if constraint == "audits_append_only");
        assert!(refused, "{sql}: {outcome:?}");
    }
    assert_eq!(audits(&db).await[0].difference["email"]["after"], json!("ada@example.com"));
}

#[tokio::test]
async fn a_change_that_is_undone_leaves_neither_audit_nor_event() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let undone = db
        .atomic(async |tx| {
            changes::record(&tx, &[created(&ada())]).await?;
            Err::<(), Error>(Error::NotFound)
        })
        .await;
    assert!(matches!(undone, Err(Error::NotFound)));
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (0, 0));
}

#[tokio::test]
async fn units_of_work_that_use_up_the_pool_do_not_wait_for_their_own_audits() {
    let database = dbtest::Database::new().await;
    let db = database.db_of_one();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let db = db.clone();
        tasks.spawn(async move { record(&db, &[created(&ada())]).await });
    }
    for outcome in tasks.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(audits(&database.db()).await.len(), 20);
}

#[test]
fn what_a_log_may_see_of_fields_is_their_names() {
    let text = format!("{:?}", Fields::new().personal("email", &ada().email).changed("password"));
    assert_eq!(text, r#"{"email", "password"}"#);
}
