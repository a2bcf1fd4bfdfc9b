//! The live schema compared with what the migrations make.

use std::time::Duration;

use migrate::Verification;

use crate::{add, execute, folder, read, value};

const SCHEMA: &str = "
    CREATE TYPE mood AS ENUM ('calm', 'tense');
    CREATE DOMAIN positive AS int CONSTRAINT positive_value CHECK (VALUE > 0);
    CREATE TABLE films (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT films_pkey PRIMARY KEY,
        title text NOT NULL CONSTRAINT films_title_not_empty CHECK (title <> ''),
        year int DEFAULT 1999,
        length positive
    );
    CREATE TABLE casts (film bigint CONSTRAINT casts_film_fkey REFERENCES films);
    CREATE INDEX films_year_idx ON films (year);
    CREATE VIEW recent AS SELECT title FROM films WHERE title > 'M';
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER films_touch BEFORE UPDATE ON films FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE EXTENSION pg_trgm";

async fn database_and_its_folder() -> (dbtest::Database, tempfile::TempDir) {
    let folder = folder(&[("schema", SCHEMA)]);
    let database = dbtest::empty().await;
    read(&folder).await.up(database.url(), Duration::from_secs(30)).await.unwrap();
    (database, folder)
}

#[tokio::test]
async fn every_kind_of_change_made_by_hand_is_named() {
    let (database, folder) = database_and_its_folder().await;
    assert_eq!(read(&folder).await.verify(database.url()).await.unwrap(), Verification::default());

    for (change, told) in [
        ("CREATE TABLE extra (n int)", "table public.extra is in no migration"),
        (
            "ALTER TABLE films ALTER year DROP DEFAULT",
            "column public.films.year is `integer`, not `integer DEFAULT 1999`",
        ),
        ("ALTER TABLE films ALTER title DROP NOT NULL", "column public.films.title is `text`, not `text NOT NULL`"),
        ("ALTER TABLE films ALTER year TYPE bigint", "column public.films.year is `bigint"),
        ("ALTER TABLE films DROP COLUMN length", "column public.films.length is missing"),
        (
            "ALTER TABLE films DROP CONSTRAINT films_title_not_empty",
            "constraint films_title_not_empty on public.films is missing",
        ),
        (
            "ALTER TABLE casts DROP CONSTRAINT casts_film_fkey, ADD CONSTRAINT casts_film_fkey FOREIGN KEY (film) REFERENCES films ON DELETE CASCADE",
            "constraint casts_film_fkey on public.casts is `FOREIGN KEY (film) REFERENCES films(id) ON DELETE CASCADE`",
        ),
        ("DROP INDEX films_year_idx", "index public.films_year_idx is missing"),
        ("CREATE INDEX by_hand ON films (title)", "index public.by_hand is in no migration"),
        (
            "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
            "function public.touch() is `",
        ),
        ("ALTER TABLE films DISABLE TRIGGER films_touch", "trigger films_touch on public.films is `"),
        ("DROP TRIGGER films_touch ON films", "trigger films_touch on public.films is missing"),
        ("DROP EXTENSION pg_trgm", "extension pg_trgm is missing"),
        ("ALTER TYPE mood ADD VALUE 'bored'", "type public.mood is `ENUM 'calm', 'tense', 'bored'`"),
        ("ALTER DOMAIN positive DROP CONSTRAINT positive_value", "type public.positive is `"),
        ("CREATE OR REPLACE VIEW recent AS SELECT title FROM films", "view public.recent is `"),
        ("ALTER TABLE films ENABLE ROW LEVEL SECURITY", "table public.films is `ROW LEVEL SECURITY`"),
        ("CREATE SCHEMA aside", "schema aside is in no migration"),
    ] {
        let database = copy(&folder).await;
        execute(&database, change).await;
        let found = read(&folder).await.verify(database.url()).await.unwrap().differences;
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(texts.iter().any(|text| text.starts_with(told)), "{change}: {texts:#?}");
    }
}

#[tokio::test]
async fn what_is_pending_is_told_and_not_compared() {
    let (database, folder) = database_and_its_folder().await;
    add(folder.path(), 2, "more", "CREATE TABLE more (n int)");
    let verification = read(&folder).await.verify(database.url()).await.unwrap();
    assert_eq!(verification.pending, ["0002_more.sql"]);
    assert_eq!(verification.differences, []);
}

#[tokio::test]
async fn scratch_databases_are_dropped_even_those_of_a_comparison_that_was_killed() {
    let (database, folder) = database_and_its_folder().await;
    let prefix: String =
        value(&database, "SELECT 'marquee_verify_' || oid || '_' FROM pg_database WHERE datname = current_database()")
            .await;
    execute(&database, &format!("CREATE DATABASE {prefix}dead TEMPLATE template0")).await;
    // One that is being used, by a connection that holds its name as a comparison does.
    execute(&database, &format!("CREATE DATABASE {prefix}living TEMPLATE template0")).await;
    let mut holder = database.connect().await;
    sqlx::query("SELECT pg_advisory_lock(hashtextextended($1, 0))")
        .bind(format!("{prefix}living"))
        .execute(&mut holder)
        .await
        .unwrap();

    let migrations = read(&folder).await;
    let (one, two) = tokio::join!(migrations.verify(database.url()), migrations.verify(database.url()));
    assert_eq!((one.unwrap(), two.unwrap()), (Verification::default(), Verification::default()), "two at once");
    let left = format!("SELECT string_agg(datname, ' ') FROM pg_database WHERE starts_with(datname, '{prefix}')");
    assert_eq!(value::<String>(&database, &left).await, format!("{prefix}living"));
    // As when its connection ends, which the server notices in its own time.
    sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut holder).await.unwrap();
    migrations.verify(database.url()).await.unwrap();
    let left: Option<String> = value(&database, &left).await;
    assert_eq!(left, None);
}

#[tokio::test]
async fn a_role_that_may_not_create_databases_is_told_so() {
    let (database, folder) = database_and_its_folder().await;
    let role = format!("reader_{}", database.name());
    execute(&database, &format!("CREATE ROLE {role} LOGIN; GRANT SELECT ON _sqlx_migrations TO {role}")).await;
    let url = database.url().replace("marquee@", &format!("{role}@"));
    let error = read(&folder).await.verify(&url).await.unwrap_err();
    execute(&database, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    assert!(error.to_string().contains("CREATEDB"), "{error}");
}

/// Another database with the same schema.
async fn copy(folder: &tempfile::TempDir) -> dbtest::Database {
    let database = dbtest::empty().await;
    read(folder).await.up(database.url(), Duration::from_secs(30)).await.unwrap();
    database
}
