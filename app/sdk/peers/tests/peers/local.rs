//! The same question, answered in this process.

use apierror::Code;
use dbtest::Database;
use peers::{Asking, Local, Payee, Payees as _};
use types::{Email, Name, Password, Role, UserId};
use userbus::{NewUser, User};

async fn user(users: &userbus::Business, name: &str, activated: bool) -> User {
    let new = NewUser {
        name: Name::restore(name.to_owned()),
        email: Email::restore(format!("{name}@example.com")),
        password: Password::parse("correct horse battery").unwrap(),
        roles: [Role::Customer].into_iter().collect(),
        activated,
    };
    users.create(new).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_sign_in_can_be_paid_and_nobody_else() {
    let database = Database::new().await;
    let users = userbus::Business::new(database.db());
    let (payees, asking) = (Local::new(users.clone()), Asking::with("Bearer a.b.c"));
    let ada = user(&users, "ada", true).await;
    let found = payees.find(&asking, ada.id).await.unwrap();
    assert_eq!(found, Some(Payee { user_id: ada.id, name: "ada".to_owned() }));
    users.disable(&ada).await.unwrap();
    let dormant = user(&users, "dormant", false).await;
    for nobody in [ada.id, dormant.id, UserId::new()] {
        assert_eq!(payees.find(&asking, nobody).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_not_nobody() {
    let db = sqldb::Db::open("postgres://nobody@127.0.0.1:9/nothing", sqldb::Settings::default()).unwrap();
    let payees = Local::new(userbus::Business::new(db));
    let error = payees.find(&Asking::with("Bearer a.b.c"), UserId::new()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
}
