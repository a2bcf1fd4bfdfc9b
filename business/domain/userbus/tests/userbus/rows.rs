//! What the schema refuses, and what an older or a newer release may have stored.

use types::{Role, Scope};
use userbus::QueryFilter;

use crate::people::Ground;

#[tokio::test]
async fn the_schema_refuses_what_no_release_may_store() {
    let ground = Ground::new().await;
    ground.add("Ada", &[Role::Customer]).await;
    let db = ground.database.db();
    for (sql, broken) in [
        ("UPDATE users SET email = 'Ada@example.com'", "users_email_lower_case"),
        ("UPDATE users SET email = ''", "users_email_length"),
        ("UPDATE users SET name = ''", "users_name_length"),
        ("UPDATE users SET password_hash = 'correct horse battery'", "users_password_hash_form"),
        ("UPDATE users SET roles = '{owner}'", "users_roles_known"),
        ("UPDATE users SET roles = '{NULL}'", "users_roles_known"),
        ("UPDATE users SET version = 0", "users_version_range"),
    ] {
        match db.execute(sqlx::query(sql)).await {
            Err(sqldb::Error::Violates { constraint }) => assert_eq!(constraint, broken),
            other => panic!("{sql}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_row_that_today_s_rules_would_refuse_is_read_and_listed_all_the_same() {
    let ground = Ground::new().await;
    let user = ground.add("Ada", &[Role::Customer]).await;
    let db = ground.database.db();
    // A later release with a role more, and an earlier one with laxer rules.
    for sql in [
        "ALTER TABLE users DROP CONSTRAINT users_roles_known, DROP CONSTRAINT users_email_length",
        "UPDATE users SET roles = '{customer,projectionist}', email = 'root', name = E'a\\tb'",
    ] {
        db.execute(sqlx::query(sql)).await.unwrap();
    }
    let read = ground.users.query_by_id(Scope::Any, user.id).await.unwrap();
    assert_eq!(read.roles, user.roles, "an unknown role grants nothing");
    assert_eq!((read.name.as_str(), read.email.as_str()), ("a\tb", "root"));
    let page = paging::Page::first(10);
    let order = paging::OrderBy::new(userbus::DEFAULT_ORDER);
    let listed = ground.users.query(Scope::Any, &QueryFilter::default(), order, &page).await.unwrap();
    assert_eq!(listed.items, std::slice::from_ref(&read));

    // What this release does not touch, it keeps.
    ground.users.disable(&read).await.unwrap();
    let roles = sqlx::query_as::<_, (Vec<String>,)>("SELECT roles FROM users");
    assert_eq!(db.fetch_one(roles).await.unwrap().0, ["customer", "projectionist"]);
}
