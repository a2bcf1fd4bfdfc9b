use types::{Email, Name, Role, Scope, UserId};
use userbus::{Error, UpdateUser};

use crate::people::{Ground, PASSWORD, secret};

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let ground = Ground::new().await;
    let before = ground.add("Ada", &[Role::Editor]).await;
    let update = UpdateUser { name: Some(Name::parse("Ada King").unwrap()), ..UpdateUser::default() };
    let after = ground.users.update(&before, update).await.unwrap();
    assert_eq!((after.name.as_str(), after.version), ("Ada King", before.version.next()));
    assert_eq!((&after.email, after.roles, after.enabled), (&before.email, before.roles, before.enabled));
    assert_eq!(after, ground.users.query_by_id(Scope::Any, before.id).await.unwrap());
}

#[tokio::test]
async fn an_address_changes_without_a_new_password() {
    let ground = Ground::new().await;
    let user = ground.add("Ada", &[]).await;
    let update = UpdateUser { email: Some(Email::parse("king@example.com").unwrap()), ..UpdateUser::default() };
    ground.users.update(&user, update).await.unwrap();
    assert!(ground.users.authenticate("king@example.com", &secret(PASSWORD)).await.is_ok());
}

#[tokio::test]
async fn an_update_that_changes_nothing_keeps_the_version() {
    let ground = Ground::new().await;
    let user = ground.add("Ada", &[Role::Editor]).await;
    assert_eq!(ground.users.update(&user, UpdateUser::default()).await.unwrap(), user);
    assert_eq!(ground.users.grant(&user, Role::Editor).await.unwrap(), user);
    assert_eq!(ground.users.set_roles(user.id, user.roles, None).await.unwrap(), user);
}

#[tokio::test]
async fn an_update_of_an_older_version_is_a_conflict_that_names_the_current_one() {
    let ground = Ground::new().await;
    let stale = ground.add("Ada", &[]).await;
    let current = ground.users.grant(&stale, Role::Editor).await.unwrap();
    let Err(Error::EditConflict { current: told }) = ground.users.disable(&stale).await else { panic!("no conflict") };
    assert_eq!(told, current.version);
    let outdated = ground.users.set_roles(stale.id, stale.roles, Some(stale.version)).await;
    assert!(matches!(outdated, Err(Error::EditConflict { .. })));
    assert_eq!(ground.users.query_by_id(Scope::Any, stale.id).await.unwrap(), current);
}

#[tokio::test]
async fn roles_and_access_are_given_and_taken_back() {
    let ground = Ground::new().await;
    let user = ground.add("Ada", &[Role::Customer]).await;
    let user = ground.users.grant(&user, Role::Support).await.unwrap();
    assert!(user.roles.contains(Role::Support) && user.roles.contains(Role::Customer));
    let user = ground.users.revoke(&user, Role::Customer).await.unwrap();
    assert_eq!(user.roles.iter().collect::<Vec<_>>(), [Role::Support]);
    let user = ground.users.disable(&user).await.unwrap();
    assert!(!user.may_sign_in());
    assert!(ground.users.enable(&user).await.unwrap().may_sign_in());
}

#[tokio::test]
async fn the_address_of_another_user_is_not_taken_over() {
    let ground = Ground::new().await;
    let ada = ground.add("Ada", &[]).await;
    let bob = ground.add("Bob", &[]).await;
    let update = UpdateUser { email: Some(bob.email), ..UpdateUser::default() };
    assert!(matches!(ground.users.update(&ada, update).await, Err(Error::DuplicateEmail)));
}

#[tokio::test]
async fn a_user_who_is_not_there_is_not_found() {
    let ground = Ground::new().await;
    let mut ghost = ground.add("Ada", &[]).await;
    ghost.id = UserId::new();
    assert!(matches!(ground.users.disable(&ghost).await, Err(Error::NotFound)));
    assert!(matches!(ground.users.set_roles(ghost.id, ghost.roles, None).await, Err(Error::NotFound)));
    assert!(matches!(ground.users.query_by_id(Scope::Any, ghost.id).await, Err(Error::NotFound)));
    let nobody = Email::parse("nobody@example.com").unwrap();
    assert!(matches!(ground.users.query_by_email(Scope::Any, &nobody).await, Err(Error::NotFound)));
}
