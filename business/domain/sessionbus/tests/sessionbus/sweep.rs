use crate::ground::{Ground, device};

#[tokio::test]
async fn the_sweep_ends_what_has_expired_and_nothing_else() {
    let ground = Ground::new().await;
    let (unused, _) = ground.session().await;
    let (used, token) = ground.session().await;
    ground.age("13 days").await;
    ground.sessions.refresh(&token, device("Firefox")).await.unwrap();
    ground.age("2 days").await;
    assert_eq!(ground.sessions.sweep().await.unwrap(), 1);
    assert!(ground.is_live(&used).await && !ground.is_live(&unused).await);
    assert_eq!(ground.audits(unused.id).await.last().unwrap().0, "ended");
    assert_eq!(ground.number("SELECT count(*) FROM refresh_tokens WHERE spent_at IS NULL").await, 1);
    ground.age("30 days").await;
    assert_eq!(ground.sessions.sweep().await.unwrap(), 1);
    assert_eq!(ground.sessions.sweep().await.unwrap(), 0);
    assert_eq!(ground.number("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn many_are_swept_by_several_replicas_at_once_each_one_once() {
    let ground = Ground::new().await;
    ground.user().await;
    const MANY: &str = "
        INSERT INTO sessions (session_id, user_id, created_at, last_used_at, expires_at)
        SELECT gen_random_uuid(), user_id, now() - interval '40 days', now() - interval '40 days', now() - interval '10 days'
        FROM users CROSS JOIN generate_series(1, 1700)";
    ground.database.db().execute(sqlx::query(MANY)).await.unwrap();
    let (a, b) = (ground.replica(), ground.replica());
    let (a, b) = tokio::join!(a.sweep(), b.sweep());
    assert_eq!(a.unwrap() + b.unwrap(), 1700);
    assert_eq!(ground.number("SELECT count(*) FROM audits WHERE action = 'ended'").await, 1700);
}
