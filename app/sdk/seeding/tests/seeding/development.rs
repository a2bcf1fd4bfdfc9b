//! The seed of a development machine.

use dbtest::Database;
use seeding::{InProduction, PASSWORD, Permit, USERS, is_empty, seed};
use settings::Environment;
use tokio_util::sync::CancellationToken;
use types::Role;
use userbus::UpdateUser;

#[test]
fn production_gives_no_permit() {
    assert_eq!(Permit::of(Environment::Production).unwrap_err(), InProduction);
}

#[test]
fn the_seeded_addresses_and_their_password_would_pass_at_the_door() {
    for (name, email, _) in USERS {
        assert_eq!(types::Email::parse(email).unwrap().as_str(), email);
        assert_eq!(types::Name::parse(name).unwrap().as_str(), name);
    }
    types::Password::parse(PASSWORD).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_brings_what_is_missing_and_leaves_what_is_there() {
    let database = Database::new().await;
    let (users, movies) = (userbus::Business::new(database.db()), moviebus::Business::new(database.db()));
    let permit = Permit::of(Environment::Development).unwrap();
    let stop = CancellationToken::new();
    assert!(is_empty(&users, &movies).await.unwrap());

    let first = seed(permit, &users, &movies, &stop).await.unwrap();
    assert_eq!(first.users_created, USERS.map(|(_, email, _)| email));
    assert_eq!((first.films.created, first.films.rejected), (3178, 23));
    assert!(!is_empty(&users, &movies).await.unwrap());
    for (_, email, role) in USERS {
        let user = users.authenticate(email, &PASSWORD.to_owned().into()).await.unwrap();
        assert_eq!(user.roles.iter().collect::<Vec<_>>(), [role]);
    }

    let editor = users.authenticate(USERS[1].1, &PASSWORD.to_owned().into()).await.unwrap();
    let roles = Some([Role::Customer].into_iter().collect());
    let changed = users.update(&editor, UpdateUser { roles, ..UpdateUser::default() }).await.unwrap();
    let again = seed(permit, &users, &movies, &stop).await.unwrap();
    assert!(again.users_created.is_empty());
    assert_eq!((again.films.created, again.films.known), (0, 3178));
    assert_eq!(users.query_by_id(types::Scope::Any, editor.id).await.unwrap(), changed);
}
