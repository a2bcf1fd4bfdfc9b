use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use types::{Role, Roles, Scope};
use userbus::{Error, QueryFilter};

use crate::people::Ground;

#[tokio::test]
async fn the_last_admin_can_neither_lose_the_role_nor_be_disabled() {
    let ground = Ground::new().await;
    let admin = ground.add("Ada", &[Role::Admin, Role::Editor]).await;
    assert!(matches!(ground.users.revoke(&admin, Role::Admin).await, Err(Error::LastAdmin)));
    assert!(matches!(ground.users.disable(&admin).await, Err(Error::LastAdmin)));
    assert!(matches!(ground.users.set_roles(admin.id, Roles::default(), None).await, Err(Error::LastAdmin)));
    assert!(matches!(ground.users.delete(admin.id, None).await, Err(Error::LastAdmin)));
    assert_eq!(ground.users.query_by_id(Scope::Any, admin.id).await.unwrap(), admin, "nothing was changed");
    assert!(ground.users.revoke(&admin, Role::Editor).await.is_ok(), "the other roles are free");
}

#[tokio::test]
async fn an_admin_who_cannot_sign_in_does_not_count() {
    let ground = Ground::new().await;
    let admin = ground.add("Ada", &[Role::Admin]).await;
    let other = ground.add("Bob", &[Role::Admin]).await;
    let other = ground.users.disable(&other).await.unwrap();
    assert!(matches!(ground.users.disable(&admin).await, Err(Error::LastAdmin)));
    ground.users.enable(&other).await.unwrap();
    assert!(ground.users.disable(&admin).await.is_ok());
}

#[tokio::test]
async fn an_admin_always_remains_however_many_are_removed_at_once() {
    let ground = Ground::new().await;
    for round in 0..10 {
        let mut admins = Vec::new();
        for place in 0..6 {
            admins.push(ground.add(&format!("Admin {round} {place}"), &[Role::Admin]).await);
        }
        // Of the earlier rounds one is left: every one of these may go, and that one too, but not all.
        let filter = QueryFilter { role: Some(Role::Admin), ..QueryFilter::default() };
        let page = paging::Page::first(100);
        let all =
            ground.users.query(Scope::Any, &filter, paging::OrderBy::new(userbus::DEFAULT_ORDER), &page).await.unwrap();
        let barrier = Arc::new(Barrier::new(all.items.len()));
        let mut removals = JoinSet::new();
        for admin in all.items {
            // A pool each: they have to meet in the database, not before it.
            let users = userbus::Business::new(ground.database.db());
            let barrier = Arc::clone(&barrier);
            removals.spawn(async move {
                barrier.wait().await;
                users.set_roles(admin.id, Roles::default(), None).await
            });
        }
        let mut refused = 0;
        for outcome in removals.join_all().await {
            match outcome {
                Ok(_) => {}
                Err(Error::LastAdmin) => refused += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!((refused, ground.users.count(Scope::Any, &filter).await.unwrap()), (1, 1), "round {round}");
    }
}

#[tokio::test]
async fn an_admin_always_remains_when_fifty_leave_in_every_way_over_two_replicas() {
    let ground = Ground::new().await;
    let mut admins = Vec::new();
    for place in 0..50 {
        admins.push(ground.add(&format!("Admin {place}"), &[Role::Admin]).await);
    }
    let replicas = [ground.replica(), ground.replica()];
    let barrier = Arc::new(Barrier::new(admins.len()));
    let mut removals = JoinSet::new();
    for (place, admin) in admins.into_iter().enumerate() {
        let (users, barrier) = (replicas[place % 2].clone(), Arc::clone(&barrier));
        removals.spawn(async move {
            barrier.wait().await;
            match place % 3 {
                0 => users.set_roles(admin.id, Roles::default(), None).await.map(|_| ()),
                1 => users.disable(&admin).await.map(|_| ()),
                _ => users.delete(admin.id, Some(admin.version)).await,
            }
        });
    }
    let mut refused = 0;
    for outcome in removals.join_all().await {
        match outcome {
            Ok(()) => {}
            Err(Error::LastAdmin) => refused += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    let filter = QueryFilter { role: Some(Role::Admin), enabled: Some(true), ..QueryFilter::default() };
    assert_eq!((refused, ground.users.count(Scope::Any, &filter).await.unwrap()), (1, 1));
}

#[tokio::test]
async fn the_database_refuses_to_lose_the_last_admin_to_any_other_program() {
    let ground = Ground::new().await;
    ground.add("Ada", &[Role::Admin]).await;
    ground.add("Bob", &[Role::Admin]).await;
    let db = ground.database.db();
    for sql in ["UPDATE users SET roles = '{}'", "UPDATE users SET activated_at = NULL", "DELETE FROM users"] {
        match db.execute(sqlx::query(sql)).await {
            Err(sqldb::Error::Violates { constraint }) => assert_eq!(constraint, "users_admin_remains"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    db.execute(sqlx::query("DELETE FROM users WHERE name = 'Bob'")).await.unwrap();
}
