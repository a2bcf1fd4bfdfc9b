//! `admin import movies`: the real collection, killed, stopped, repeated.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use dbtest::Database;

use crate::run::{admin_on, run, run_with};

const COLLECTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../zarf/data/movies.json");

async fn query(database: &Database, sql: &'static str) -> Vec<Vec<Option<String>>> {
    let name = database.name().to_owned();
    tokio::task::spawn_blocking(move || dbtest::server().query(&name, sql).unwrap()).await.unwrap()
}

/// Everything that an import decides, of every film.
async fn state(database: &Database) -> Vec<Vec<Option<String>>> {
    query(
        database,
        "SELECT import_key, title, year, runtime_minutes, genres, director, rating, price_amount, stock, version \
            FROM movies ORDER BY import_key COLLATE \"C\"",
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_collection_comes_in_and_each_rejected_row_is_told_with_line_and_reason() {
    let database = Database::new().await;
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("rejected.jsonl");
    let arguments = ["import", "movies", COLLECTION, "--json", "--report", report.to_str().unwrap()];
    let mut answer = run(admin_on(&database, &arguments)).ended(5).json();
    assert!(answer["seconds"].take().as_f64().unwrap() > 0.0);
    assert_eq!(state(&database).await.len(), 3178);
    let rejects = answer["rejects"].as_array().unwrap().iter().map(|reject| format!("{reject}\n")).collect::<String>();
    assert_eq!(std::fs::read_to_string(&report).unwrap(), rejects, "the report has the same rows");
    insta::assert_json_snapshot!(answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_changes_nothing_and_what_is_expected_is_no_failure() {
    let database = Database::new().await;
    run(admin_on(&database, &["import", "movies", COLLECTION])).ended(5);
    let before = query(&database, "SELECT movies::text FROM movies ORDER BY movie_id").await;
    let again = run(admin_on(&database, &["import", "movies", COLLECTION, "--max-rejects", "23"])).ended(0);
    assert!(again.out.contains("3201 rows: 0 created, 3178 known from an earlier run, 23 rejected"), "{}", again.out);
    assert_eq!(query(&database, "SELECT movies::text FROM movies ORDER BY movie_id").await, before);
}

/// The program, fed with the collection up to the middle: some batches are in, and it waits for more.
async fn in_the_middle(database: &Database) -> Child {
    let mut child =
        admin_on(database, &["import", "movies", "-", "--batch", "100"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut half = vec![0; 700_000];
    std::fs::File::open(COLLECTION).unwrap().read_exact(&mut half).unwrap();
    // Its standard input stays open, with the child.
    child.stdin.as_mut().unwrap().write_all(&half).unwrap();
    child.stdin.as_mut().unwrap().flush().unwrap();
    while query(database, "SELECT count(*) FROM movies").await[0][0].as_deref() < Some("1") {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_goes_on_and_ends_as_if_it_had_not_been() {
    let (killed, whole) = (Database::new().await, Database::new().await);
    let mut child = in_the_middle(&killed).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let before = state(&killed).await.len();
    assert!((1..3178).contains(&before), "{before} films");

    let resumed = run(admin_on(&killed, &["import", "movies", COLLECTION, "--json"])).ended(5).json();
    assert!(resumed["known"].as_u64().unwrap() >= before as u64);
    run(admin_on(&whole, &["import", "movies", COLLECTION])).ended(5);
    assert_eq!(state(&killed).await, state(&whole).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_an_import_at_the_border_of_a_batch() {
    let database = Database::new().await;
    let child = in_the_middle(&database).await;
    let pid = child.id().to_string();
    std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let text = String::from_utf8(output.stdout).unwrap();
    let created = state(&database).await.len();
    assert!(text.contains(&format!("{created} created")), "{created} films are there: {text}");
    assert!(text.contains("the same command goes on from here"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_lines_come_in_from_a_pipe() {
    let database = Database::new().await;
    let rows = "{\"title\":\"Solaris\",\"year\":1972,\"price\":{\"amount\":999,\"currency\":\"EUR\"}}\n\nnonsense\n";
    let answer = run_with(admin_on(&database, &["import", "movies", "-"]), rows).ended(5);
    insta::assert_snapshot!(answer.out.split(" (").next().unwrap());
    assert_eq!(answer.err, "", "no progress bar where there is no terminal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_or_breaks_off_is_told() {
    let database = Database::new().await;
    run(admin_on(&database, &["import", "movies", "/no/such/file"])).ended(3);
    run(admin_on(&database, &["import", "movies", "/tmp"])).ended(2);
    let rows = "[{\"title\":\"Solaris\",\"year\":1972,\"price\":{\"amount\":999,\"currency\":\"EUR\"}}, {\"ti";
    let broken = run_with(admin_on(&database, &["import", "movies", "-"]), rows).ended(1);
    assert!(broken.err.contains("the import ended after 1 rows"), "{}", broken.err);
    assert_eq!(state(&database).await.len(), 1, "what stands before the break is in");
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_a_row_does_not_steer_the_terminal() {
    let database = Database::new().await;
    let rows = "{\"title\":\"\\u001b[2J\",\"year\":1972}";
    let ran = run_with(admin_on(&database, &["import", "movies", "-"]), rows).ended(5);
    assert!(ran.out.contains("\\u{1b}[2J") && !ran.out.contains('\u{1b}'), "{:?}", ran.out);
}

/// Where the collection is: a test that cannot find it has failed before it begins.
#[test]
fn the_collection_is_in_the_tree() {
    assert!(PathBuf::from(COLLECTION).is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn places_come_in_and_a_second_run_changes_nothing() {
    const CITIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../zarf/data/cities.csv");
    let database = Database::new().await;
    let first = run(admin_on(&database, &["import", "places", CITIES])).ended(0);
    assert!(first.out.contains("34006 rows: 34006 created, 0 brought up to date, 0 rejected"), "{}", first.out);
    let again = run(admin_on(&database, &["import", "places", CITIES, "--json"])).ended(0).json();
    assert_eq!((&again["created"], &again["updated"], &again["rows"]), (&0.into(), &0.into(), &34_006.into()));
    assert_eq!(query(&database, "SELECT count(*) FROM places").await[0][0].as_deref(), Some("34006"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_places_are_told_and_reported_as_rejected_films_are() {
    let database = Database::new().await;
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("rejected.jsonl");
    let names = "geoname_id,name,country_code,admin1,latitude,longitude,population,timezone\n";
    let bad: String = (0..60).map(|number| format!("x,Place {number},CH,,91,1,1,Etc/UTC\n")).collect();
    let file = format!("{names}1,Bern,CH,,46.9,7.4,134794,Europe/Zurich\n{bad}");
    let arguments = ["import", "places", "-", "--report", report.to_str().unwrap()];
    let told = run_with(admin_on(&database, &arguments), &file).ended(5);
    assert!(told.out.contains("61 rows: 1 created, 0 brought up to date, 60 rejected"), "{}", told.out);
    assert!(told.out.contains("and 10 more; --report FILE writes them all"), "{}", told.out);
    assert_eq!(told.err, "", "no progress bar where there is no terminal");
    let lines = std::fs::read_to_string(&report).unwrap();
    let rejects: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rejects.len(), &rejects[0]["line"], &rejects[59]["line"]), (60, &3.into(), &62.into()));
    let members: Vec<_> = rejects[0]["reasons"].as_array().unwrap().iter().map(|reason| &reason["member"]).collect();
    assert_eq!(members, ["geoname_id", "latitude"]);
    let json = run_with(admin_on(&database, &["import", "places", "-", "--max-rejects", "60", "--json"]), &file)
        .ended(0)
        .json();
    assert_eq!(
        (&json["rejected"], &json["rejects_left_out"], &json["rejects"]),
        (&60.into(), &0.into(), &rejects.into())
    );
}
