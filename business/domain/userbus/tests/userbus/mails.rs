//! What the mails say, and to whom.

use types::UserId;
use userbus::UpdateUser;
use userbus::mails::SessionEndedMail;

use crate::people::{Ground, PASSWORD, email, password, registration, token_in};

#[tokio::test]
async fn every_mail_says_what_to_do_and_what_if_it_was_somebody_else() {
    let ground = Ground::new().await;
    let users = &ground.users;
    users.register(registration("Ada", "another long one")).await.unwrap();
    let first = ground.token("ada@example.com").await;
    users.register(registration("Ada", PASSWORD)).await.unwrap();
    let second = ground.token("ada@example.com").await;
    let reset = users.prepare_password_reset(&second, &password(PASSWORD)).await.unwrap();
    let user = users.reset_password(&reset).await.unwrap();
    ground.mails("ada@example.com").await;
    users.register(registration("Ada", PASSWORD)).await.unwrap();
    ground.mails("ada@example.com").await;
    users.request_password_reset_mail(&user.email).await.unwrap();
    let third = ground.token("ada@example.com").await;
    let db = ground.database.db();
    db.transact(async |tx| jobs::enqueue(&tx, &SessionEndedMail::to(user.id)).await).await.unwrap();
    ground.mails("ada@example.com").await;
    let moved = Some(email("king@example.com"));
    users.update(&user, UpdateUser { email: moved, ..UpdateUser::default() }).await.unwrap();
    let mut mails = ground.mails("ada@example.com").await;
    users.delete(user.id, None).await.unwrap();
    mails.extend(ground.mails("king@example.com").await);

    let mut text = String::new();
    for mail in &mails {
        text.push_str(&format!("To: {}\nSubject: {}\n\n{}\n\n", mail.to.as_str(), mail.subject, mail.text));
        assert!(mail.html.contains("</html>") && !mail.html.contains("{{"), "{}", mail.html);
    }
    for (token, name) in [(first, "FIRST"), (second, "SECOND"), (third, "THIRD")] {
        let in_html = mails.iter().filter(|mail| mail.html.contains(&token.expose())).count();
        assert_eq!(in_html, 1, "the HTML has the token too");
        text = text.replace(&token.expose(), name);
    }
    insta::assert_snapshot!(text);
}

/// Neither before an account is activated nor after: it can be moved to any address.
#[tokio::test]
async fn a_name_that_somebody_else_may_have_chosen_is_in_no_mail() {
    let ground = Ground::new().await;
    let users = &ground.users;
    users.register(registration("Win 1000 at evil", PASSWORD)).await.unwrap();
    let address = "win1000atevil@example.com";
    let activation = ground.token(address).await;
    users.request_password_reset_mail(&email(address)).await.unwrap();
    assert_eq!(ground.mails(address).await.len(), 2);
    let user = users.activate(&activation).await.unwrap();
    let move_to = |address: &str| UpdateUser { email: Some(email(address)), ..UpdateUser::default() };
    let user = users.update(&user, move_to("victim@example.com")).await.unwrap();
    users.request_password_reset_mail(&user.email).await.unwrap();
    assert_eq!(ground.mails("victim@example.com").await.len(), 1);
    let user = users.update(&user, move_to("evil@example.com")).await.unwrap();
    let user = users.update(&user, move_to("victim@example.com")).await.unwrap();
    users.delete(user.id, None).await.unwrap();
    let mut mails = ground.mails(address).await;
    mails.extend(ground.mails("victim@example.com").await);
    assert_eq!(mails.len(), 6);
    for mail in mails {
        assert_eq!(mail.name, None, "{}", mail.subject);
        assert!(!mail.text.contains("Win 1000") && !mail.html.contains("Win 1000"));
    }
}

/// Whoever has an account can move it to any address, and do again and again what its owner is told of.
#[tokio::test]
async fn notices_do_not_fill_a_mailbox() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    let db = ground.database.db();
    let notify = async || db.transact(async |tx| jobs::enqueue(&tx, &SessionEndedMail::to(user.id)).await).await;
    for _ in 0..30 {
        notify().await.unwrap();
    }
    let before = ground.mails("ada@example.com").await;
    assert_eq!(before.iter().filter(|mail| mail.subject.contains("session was ended")).count(), 10);
    // What is of another kind, or for somebody else, is told all the same; and so is this, after a while.
    let moved = UpdateUser { email: Some(email("king@example.com")), ..UpdateUser::default() };
    ground.users.update(&user, moved).await.unwrap();
    notify().await.unwrap();
    assert_eq!(ground.mails("king@example.com").await.len(), 1);
    assert_eq!(ground.mails("ada@example.com").await.len(), before.len() + 1);
    let user = ground.by_email("king@example.com").await;
    let back = UpdateUser { email: Some(email("ada@example.com")), ..UpdateUser::default() };
    ground.users.update(&user, back).await.unwrap();
    ground.database.execute("UPDATE throttles SET whole_at = whole_at - interval '6 minutes'").await;
    notify().await.unwrap();
    assert_eq!(ground.mails("ada@example.com").await.len(), before.len() + 2);
}

#[tokio::test]
async fn each_mail_that_is_asked_for_has_a_token_of_its_own() {
    let ground = Ground::new().await;
    ground.activated("Ada").await;
    for _ in 0..2 {
        ground.users.request_password_reset_mail(&email("ada@example.com")).await.unwrap();
    }
    let mails = ground.mails("ada@example.com").await;
    let [.., first, second] = &mails[..] else { panic!("two mails") };
    assert_ne!(token_in(first).expose(), token_in(second).expose());
    // The first still works: who asks for mails in somebody's name can't keep them from resetting.
    ground.users.prepare_password_reset(&token_in(first), &password("a fresh start, then")).await.unwrap();
}

#[tokio::test]
async fn a_notice_to_nobody_is_done_without_a_mail() {
    let ground = Ground::new().await;
    let db = ground.database.db();
    db.transact(async |tx| jobs::enqueue(&tx, &SessionEndedMail::to(UserId::new())).await).await.unwrap();
    assert_eq!(ground.mails("nobody@example.com").await.len(), 0);
    assert_eq!(ground.number("SELECT count(*) FROM jobs WHERE name LIKE 'users.%'").await, 0);
}
