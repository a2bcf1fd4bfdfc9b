//! The mailbox of a development machine.

use dbtest::Database;
use mail::{Error, MailId, Mailbox, Mailer, Message, Subject};
use types::Email;

use crate::{message, sender};

#[tokio::test]
async fn mails_are_kept_and_shown_the_newest_first() {
    let database = Database::new().await;
    let mailbox = Mailbox::new(database.db());
    let mailer = Mailer::kept(sender(), mailbox.clone());
    for (to, subject) in [("ada@example.com", "one"), ("eve@example.com", "two"), ("ada@example.com", "three")] {
        let to = Email::parse(to).unwrap();
        mailer.send(&Message { to, subject: Subject::parse(subject).unwrap(), ..message() }).await.unwrap();
    }
    let subjects = async |to: Option<&str>, limit| {
        let to = to.map(|to| Email::parse(to).unwrap());
        let found = mailbox.query(to.as_ref(), limit).await.unwrap();
        found.into_iter().map(|kept| kept.subject).collect::<Vec<_>>()
    };
    assert_eq!(subjects(None, 10).await, ["three", "two", "one"]);
    assert_eq!(subjects(None, 2).await, ["three", "two"]);
    assert_eq!(subjects(Some("ada@example.com"), 10).await, ["three", "one"]);
    assert_eq!(subjects(Some("bob@example.com"), 10).await, Vec::<String>::new());

    let newest = mailbox.query(None, 1).await.unwrap().remove(0);
    let kept = mailbox.query_by_id(newest.id).await.unwrap();
    assert_eq!((kept.text, kept.html, kept.name), (message().text, message().html, message().name));
    assert!(matches!(mailbox.query_by_id(MailId::new()).await, Err(sqldb::Error::NotFound)));
}

#[tokio::test]
async fn of_too_many_mails_the_oldest_go() {
    let database = Database::new().await;
    database
        .execute(
            "INSERT INTO mails (mail_id, to_address, subject, text, html, created_at)
            SELECT gen_random_uuid(), 'ada@example.com', 'mail ' || n, '', '', now() - interval '1 day' + n * interval '1 s'
            FROM generate_series(1, 1005) AS n",
        )
        .await;
    let mailbox = Mailbox::new(database.db());
    Mailer::kept(sender(), mailbox.clone()).send(&message()).await.unwrap();
    let left = mailbox.query(None, 2000).await.unwrap();
    assert_eq!(left.len(), 1000);
    assert_eq!((left[0].subject.as_str(), left[999].subject.as_str()), ("Activate your account", "mail 7"));
}

/// What production could not send must not look sent in development.
#[tokio::test]
async fn a_mail_that_could_not_be_sent_is_not_kept_either() {
    let database = Database::new().await;
    let mailbox = Mailbox::new(database.db());
    let to = Email::restore("ada@example.com\r\nBcc: eve@example.com".to_owned());
    let refused = Mailer::kept(sender(), mailbox.clone()).send(&Message { to, ..message() }).await;
    assert!(matches!(refused, Err(Error::Message { .. })), "{refused:?}");
    assert!(mailbox.query(None, 10).await.unwrap().is_empty());
}
