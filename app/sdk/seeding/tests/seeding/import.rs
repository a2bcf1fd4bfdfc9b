//! Files brought into the catalogue, whole, broken, ended and begun again.

use std::io::{BufReader, Read};
use std::os::unix::net::UnixStream;

use dbtest::Database;
use moviebus::{Business, QueryFilter, UpdateMovie};
use paging::{OrderBy, Page};
use seeding::{COLLECTION, COLLECTION_ENDS, Ended, ImportError, Plan, Rejected, Tally, Watch, import};
use tokio_util::sync::CancellationToken;

const PLAN: Plan = Plan { batch: 500, latest_year: COLLECTION_ENDS };

/// What was seen of an import; asks it to stop after some batches.
#[derive(Default)]
struct Seen {
    tally: Tally,
    rejected: Vec<Rejected>,
    batches: u32,
    stop_after: Option<(u32, CancellationToken)>,
}

impl Watch<Rejected, Tally> for Seen {
    fn rejected(&mut self, rejected: Rejected) {
        self.rejected.push(rejected);
    }

    fn committed(&mut self, tally: &Tally, _bytes: u64) {
        self.tally = *tally;
        self.batches += 1;
        if let Some((batches, stop)) = &self.stop_after
            && *batches == self.batches
        {
            stop.cancel();
        }
    }
}

async fn run(database: &Database, source: impl Read + Send + 'static) -> (Result<Ended, ImportError>, Seen) {
    let mut seen = Seen::default();
    let movies = Business::new(database.db());
    let ended = import(&movies, BufReader::new(source), PLAN, &mut seen, &CancellationToken::new()).await;
    (ended, seen)
}

/// Everything that an import decides, of every film.
async fn state(database: &Database) -> Vec<Vec<Option<String>>> {
    let name = database.name().to_owned();
    let sql = "SELECT import_key, title, year, runtime_minutes, genres, director, rating, price_amount, stock, version \
        FROM movies ORDER BY import_key COLLATE \"C\"";
    tokio::task::spawn_blocking(move || dbtest::server().query(&name, sql).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_collection_comes_in_once_however_often_it_is_imported() {
    let database = Database::new().await;
    let (ended, seen) = run(&database, COLLECTION).await;
    assert_eq!(ended.unwrap(), Ended::File);
    assert_eq!(seen.tally, Tally { rows: 3201, created: 3178, known: 0, rejected: 23 });
    let first = state(&database).await;
    assert_eq!(first.len(), 3178);

    let (_, again) = run(&database, COLLECTION).await;
    assert_eq!(again.tally, Tally { rows: 3201, created: 0, known: 3178, rejected: 23 });
    assert_eq!(again.rejected, seen.rejected);
    assert_eq!(state(&database).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been() {
    let (stopped, whole) = (Database::new().await, Database::new().await);
    let stop = CancellationToken::new();
    let mut seen = Seen { stop_after: Some((2, stop.clone())), ..Seen::default() };
    let ended = import(&Business::new(stopped.db()), COLLECTION, PLAN, &mut seen, &stop).await;
    assert_eq!(ended.unwrap(), Ended::Stopped);
    assert_eq!(seen.tally.rows, 1000, "two batches of 500, and nothing of the third");
    assert_eq!(state(&stopped).await.len() as u64, seen.tally.created);

    let (_, resumed) = run(&stopped, COLLECTION).await;
    assert_eq!(resumed.tally.known, seen.tally.created);
    run(&whole, COLLECTION).await.0.unwrap();
    assert_eq!(state(&stopped).await, state(&whole).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_was_changed_since_stays_changed() {
    let database = Database::new().await;
    let row = r#"{"title":"Solaris","year":1972,"price":{"amount":999,"currency":"EUR"}}"#;
    run(&database, row.as_bytes()).await.0.unwrap();
    let movies = Business::new(database.db());
    let order_by = OrderBy::new(moviebus::DEFAULT_ORDER);
    let film = movies.query(&QueryFilter::default(), order_by, &Page::first(1)).await.unwrap().items.remove(0);
    let stock = Some(moviebus::Stock::restore(7));
    let changed = movies.update(&film, UpdateMovie { stock, ..UpdateMovie::default() }).await.unwrap();

    let (_, seen) = run(&database, row.as_bytes()).await;
    assert_eq!(seen.tally.known, 1);
    assert_eq!(movies.query_by_id(film.id).await.unwrap(), changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_rows_about_one_film_the_first_is_taken() {
    let database = Database::new().await;
    let row = |title: &str, price: i64| {
        format!(r#"{{"title":"{title}","year":1972,"price":{{"amount":{price},"currency":"EUR"}}}}"#)
    };
    let text = [row("Solaris", 999), row("Solaris", 1), row("SOLARIS", 1), row("Solaris (restored)", 1)].join("\n");
    for _ in 0..2 {
        let (_, seen) = run(&database, std::io::Cursor::new(text.clone())).await;
        assert_eq!(reasons(&seen), [(2, "repeats the film of line 1"), (3, "repeats the film of line 1")]);
    }
    let prices: Vec<_> = state(&database).await.into_iter().map(|film| film[7].clone().unwrap()).collect();
    assert_eq!(prices, ["999", "1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_came_in_another_way_is_not_taken_over() {
    let database = Database::new().await;
    let row = |key: &str| {
        format!(r#"{{"key":"{key}","title":"Solaris","year":1972,"price":{{"amount":1,"currency":"EUR"}}}}"#)
    };
    run(&database, std::io::Cursor::new(row("a"))).await.0.unwrap();
    for _ in 0..2 {
        let (_, seen) = run(&database, std::io::Cursor::new(row("b"))).await;
        assert_eq!(reasons(&seen), [(1, "the catalogue has a film with this title, year and director")]);
    }
}

fn reasons(seen: &Seen) -> Vec<(u64, &str)> {
    seen.rejected.iter().map(|one| (one.line, one.refusal.reasons[0].detail.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_before_a_broken_end_is_in() {
    let database = Database::new().await;
    let text = br#"[{"title":"Solaris","year":1972,"price":{"amount":999,"currency":"EUR"}}, {"title":"Stal"#;
    let (ended, seen) = run(&database, &text[..]).await;
    assert!(matches!(ended, Err(ImportError::Read(seeding::ReadError::Truncated { line: 1 }))));
    assert_eq!((seen.tally.created, state(&database).await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_pipe_keeps_nobody_from_stopping() {
    let database = Database::new().await;
    let (reader, _writer) = UnixStream::pair().unwrap();
    let stop = CancellationToken::new();
    let movies = Business::new(database.db());
    let mut seen = Seen::default();
    let import = import(&movies, BufReader::new(reader), PLAN, &mut seen, &stop);
    let (ended, ()) = tokio::join!(import, async { stop.cancel() });
    assert_eq!(ended.unwrap(), Ended::Stopped);
}

/// Two rows, and a fault of the reader.
struct Faulty(&'static [u8]);

impl Read for Faulty {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => std::panic::resume_unwind(Box::new("a fault of the reader")),
            bytes => Ok(bytes),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_broke_off_is_no_end_of_the_file() {
    let database = Database::new().await;
    let rows =
        br#"[{"Title": "Alien", "Release Date": "May 25 1979"}, {"Title": "Stalker", "Release Date": "May 25 1979"}, "#;
    let (ended, seen) = run(&database, Faulty(rows)).await;
    assert!(matches!(ended, Err(ImportError::BrokenOff)), "{ended:?}");
    assert_eq!(seen.tally, Tally::default(), "the batch was not whole");
}
