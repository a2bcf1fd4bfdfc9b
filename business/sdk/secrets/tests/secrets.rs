//! Secrets that the replicas share.

#[tokio::test]
async fn every_replica_loads_the_same_secret_and_every_database_has_another() {
    let (one, other) = (dbtest::Database::new().await, dbtest::empty().await);
    migrate::up(other.url()).await.unwrap();
    let secret = secrets::load(&one.db(), secrets::CURSOR).await.unwrap();
    let again = secrets::load(&one.db(), secrets::CURSOR).await.unwrap();
    let foreign = secrets::load(&other.db(), secrets::CURSOR).await.unwrap();
    assert_eq!(secret.expose(), again.expose());
    assert_ne!(secret.expose(), foreign.expose());
    assert_eq!(format!("{secret:?}"), "Secret(..)");
}

#[tokio::test]
async fn an_unknown_name_and_a_short_value_are_refused() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    db.execute(sqlx::query("INSERT INTO secrets (name, value) VALUES ('short', '0123456789abcdef')")).await.unwrap();
    for name in ["nobody", "short"] {
        let error = secrets::load(&db, name).await.unwrap_err();
        assert!(matches!(error, secrets::Error::Unusable { .. }), "{name}");
    }
}
