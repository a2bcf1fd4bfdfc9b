use dbtest::Database;
use throttle::Key;

use crate::{replica, rows};

#[tokio::test]
async fn who_proved_itself_is_remembered_for_a_month_everywhere() {
    let database = Database::new().await;
    let (one, other) = (replica(&database), replica(&database));
    let ada = Key::new("sign-in", &[b"ada@example.com", b"192.0.2.1"]);
    let elsewhere = Key::new("sign-in", &[b"ada@example.com", b"192.0.2.2"]);
    assert!(!other.remembers(&ada).await.unwrap());
    one.remember(&ada).await.unwrap();
    assert!(other.remembers(&ada).await.unwrap());
    assert!(!other.remembers(&elsewhere).await.unwrap());

    database.execute("UPDATE acquaintances SET seen_at = seen_at - interval '29 days'").await;
    assert!(other.remembers(&ada).await.unwrap());
    one.remember(&ada).await.unwrap();
    database.execute("UPDATE acquaintances SET seen_at = seen_at - interval '29 days'").await;
    assert!(other.remembers(&ada).await.unwrap(), "from the last time on");
    database.execute("UPDATE acquaintances SET seen_at = seen_at - interval '1 day'").await;
    assert!(!other.remembers(&ada).await.unwrap());
}

#[tokio::test]
async fn to_be_remembered_writes_once_a_day() {
    let database = Database::new().await;
    let throttles = replica(&database);
    let ada = Key::new("sign-in", &[b"ada"]);
    throttles.remember(&ada).await.unwrap();
    database.execute("UPDATE acquaintances SET seen_at = seen_at - interval '23 hours'").await;
    throttles.remember(&ada).await.unwrap();
    let old = "SELECT count(*) FROM acquaintances WHERE seen_at < now() - interval '22 hours'";
    assert_eq!(rows(&database, old).await, 1, "it was not written again");
    database.execute("UPDATE acquaintances SET seen_at = seen_at - interval '1 hour'").await;
    throttles.remember(&ada).await.unwrap();
    assert_eq!(rows(&database, old).await, 0);
}

#[tokio::test]
async fn the_sweep_forgets_what_is_too_old() {
    let database = Database::new().await;
    let throttles = replica(&database);
    throttles.remember(&Key::new("sign-in", &[b"ada"])).await.unwrap();
    database.execute("UPDATE acquaintances SET seen_at = seen_at - interval '30 days'").await;
    throttles.remember(&Key::new("sign-in", &[b"bob"])).await.unwrap();
    assert_eq!(throttles.sweep().await.unwrap(), 1);
    assert!(throttles.remembers(&Key::new("sign-in", &[b"bob"])).await.unwrap());
}
