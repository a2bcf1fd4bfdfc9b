//! The product's own migrations.

use crate::value;

#[tokio::test]
async fn they_apply_to_an_empty_database_once_and_are_what_verify_expects() {
    let database = dbtest::empty().await;
    let first = migrate::up(database.url()).await.unwrap();
    assert_eq!(first.applied[0].file, "0001_extensions.sql");
    let second = migrate::up(database.url()).await.unwrap();
    assert_eq!(second.applied, [], "nothing is left to do");

    let verification = migrate::verify(database.url()).await.unwrap();
    assert_eq!(verification, migrate::Verification::default());
}

#[tokio::test]
async fn text_is_folded_whatever_the_search_path_of_the_caller() {
    let database = dbtest::Database::new().await;
    for (text, folded) in [("Amélie", "amelie"), ("ŁÓDŹ", "lodz"), ("Straße", "strasse"), ("ДОМ", "дом"), ("", "")]
    {
        let sql = format!("SELECT public.fold_text('{text}')");
        assert_eq!(value::<String>(&database, &sql).await, folded);
    }
    let hostile = "
        CREATE SCHEMA hostile;
        CREATE FUNCTION hostile.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'stolen' $$;
        CREATE FUNCTION hostile.unaccent(regdictionary, text) RETURNS text LANGUAGE sql AS $$ SELECT 'stolen' $$";
    crate::execute(&database, hostile).await;
    let mut conn = database.connect().await;
    sqlx::raw_sql("SET search_path TO hostile, pg_catalog").execute(&mut conn).await.unwrap();
    let folded: String = sqlx::query_scalar("SELECT public.fold_text('É')").fetch_one(&mut conn).await.unwrap();
    assert_eq!(folded, "e");
}

#[tokio::test]
async fn an_index_can_be_built_on_folded_text() {
    let database = dbtest::Database::new().await;
    let sql =
        "CREATE TABLE words (word text); CREATE INDEX words_idx ON words USING gin (fold_text(word) gin_trgm_ops)";
    crate::execute(&database, sql).await;
}

#[tokio::test]
async fn each_database_has_a_secret_of_its_own() {
    let sql = "SELECT value FROM secrets WHERE name = 'cursor'";
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let database = dbtest::empty().await;
        migrate::up(database.url()).await.unwrap();
        secrets.push(value::<Vec<u8>>(&database, sql).await);
    }
    assert_eq!(secrets[0].len(), 32);
    assert_ne!(secrets[0], secrets[1]);
}
