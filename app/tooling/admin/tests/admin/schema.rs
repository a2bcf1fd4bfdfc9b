//! `admin migrate`, and the way to the database.

use crate::run::{admin_on, run};

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_gets_its_schema_once() {
    let database = dbtest::empty().await;
    let status = run(admin_on(&database, &["migrate", "status", "--json"])).ended(0).json();
    assert!(status.as_array().unwrap().iter().all(|one| one["state"] == "pending" && one["applied_at"].is_null()));

    let applied = run(admin_on(&database, &["migrate", "up", "--json"])).ended(0).json();
    assert_eq!(applied["applied"].as_array().unwrap().len(), status.as_array().unwrap().len());
    let again = run(admin_on(&database, &["migrate", "up"])).ended(0);
    assert_eq!(again.out, "nothing to apply\n");

    let table = run(admin_on(&database, &["migrate", "status"])).ended(0).out;
    assert!(table.lines().skip(1).all(|line| line.contains(" applied ")), "{table}");
    run(admin_on(&database, &["migrate", "verify"])).ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_was_changed_by_hand_is_told_with_exit_1() {
    let database = dbtest::Database::new().await;
    let name = database.name().to_owned();
    let change = "ALTER TABLE movies ADD COLUMN smuggled text";
    tokio::task::spawn_blocking(move || dbtest::server().query(&name, change).unwrap()).await.unwrap();
    let ran = run(admin_on(&database, &["migrate", "verify", "--json"])).ended(1);
    let differences = ran.json()["differences"].clone();
    assert!(differences.to_string().contains("smuggled"), "{differences}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_on_a_schema_that_lacks_migrations_is_refused() {
    let database = dbtest::empty().await;
    let ran = run(admin_on(&database, &["import", "movies", "/dev/null"])).ended(4);
    assert!(ran.err.contains("try: admin migrate up"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_opens_the_database_of_the_settings_and_passes_its_exit_on() {
    let database = dbtest::Database::new().await;
    let counted = run(admin_on(&database, &["db", "psql", "--", "-Atc", "SELECT current_database()"])).ended(0);
    assert_eq!(counted.out.trim(), database.name());
    run(admin_on(&database, &["db", "psql", "--", "-c", "SELECT nothing"])).ended(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_url_the_private_cluster_serves() {
    let folder = tempfile::Builder::new().prefix("admin").tempdir_in("/var/tmp").unwrap();
    let on_cluster = |arguments: &[&str]| {
        let mut command = crate::run::admin(arguments);
        command.env_remove("MARQUEE__DB__URL").env("MARQUEE__DB__DATA_DIR", folder.path());
        run(command).ended(0)
    };
    on_cluster(&["migrate", "up"]);
    let url = on_cluster(&["db", "url", "--json"]).json();
    assert_eq!(url["private"], true);
    let counted = on_cluster(&["db", "psql", "--", "-Atc", "SELECT count(*) FROM movies"]);
    assert_eq!(counted.out.trim(), "0");
}
