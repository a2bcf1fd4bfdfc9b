//! The statements of the bare handler and of pgbench, beside those that the store runs.

use bench::sql;
use dbtest::Database;
use moviebus::{Business, DEFAULT_ORDER, Error, QueryFilter, SEARCH_ORDER, Search};
use paging::{OrderBy, Page};
use sqlx::Connection;
use types::MovieId;

/// What `work` has the server prepare, in one session, with single blanks.
async fn prepared_by(database: &Database, work: impl AsyncFn(&Business) -> Result<(), Error>) -> Vec<String> {
    let db = database.db();
    let movies = Business::new(db.clone());
    db.transact(async |tx| {
        work(&movies.with_tx(&tx)).await?;
        let sql = "SELECT statement FROM pg_prepared_statements ORDER BY prepare_time";
        let rows: Vec<(String,)> = tx.db().fetch_all(sqlx::query_as(sql)).await?;
        let statements = rows.iter().map(|(statement,)| one_line(statement)).filter(|one| one != sql);
        Ok::<_, Error>(statements.collect())
    })
    .await
    .unwrap()
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A film that searches for "godfather" find.
async fn with_a_godfather(database: &Database) {
    let insert = "INSERT INTO movies (movie_id, title, year, genres, price_amount, price_currency, stock, version, \
        created_at, updated_at) VALUES (gen_random_uuid(), 'The Godfather', 1972, '{Crime}', 990, 'USD', 5, 1, now(), now())";
    database.execute(insert).await;
}

#[tokio::test]
async fn the_bare_handler_runs_the_statements_of_the_store() {
    let database = Database::new().await;
    with_a_godfather(&database).await;
    let by_id = prepared_by(&database, async |movies| {
        assert!(matches!(movies.query_by_id(MovieId::new()).await, Err(Error::NotFound)));
        Ok(())
    });
    assert_eq!(by_id.await, [sql::BY_ID]);
    let page = Page::first(sql::PAGE as u32);
    let list = prepared_by(&database, async |movies| {
        movies.query(&QueryFilter::default(), OrderBy::new(DEFAULT_ORDER), &page).await.map(drop)
    });
    assert_eq!(list.await, [sql::LIST]);
    let search = prepared_by(&database, async |movies| {
        let filter = QueryFilter { search: Some(Search::parse("godfather").unwrap()), ..QueryFilter::default() };
        let found = movies.query(&filter, OrderBy::new(SEARCH_ORDER), &page).await?;
        assert_eq!(found.items.len(), 1);
        Ok(())
    });
    assert_eq!(search.await, [sql::REACH, sql::SEARCH]);
}

#[tokio::test]
async fn the_bare_handler_adds_a_film_as_the_store_does_and_leaves_no_trail_of_it() {
    let database = Database::new().await;
    let create = prepared_by(&database, async |movies| movies.create(film()).await.map(drop));
    let create = create.await;
    // The audit and the event of the change, in its transaction, are what the service does more.
    let [added, trail] = create.as_slice() else { panic!("{create:#?}") };
    assert_eq!(added, sql::CREATE);
    assert!(trail.contains("INSERT INTO audits") && trail.contains("INSERT INTO events"), "{trail}");
}

fn film() -> moviebus::NewMovie {
    use moviebus::{Genre, Genres, Price, Rating, Runtime, Stock, Title, Year};
    moviebus::NewMovie {
        title: Title::parse("Alien").unwrap(),
        year: Year::parse(1979).unwrap(),
        runtime: Some(Runtime::parse(117).unwrap()),
        genres: Genres::parse(vec![Genre::parse("Horror").unwrap()]).unwrap(),
        director: None,
        rating: Some(Rating::R),
        price: Price::parse(types::Money { amount: 990, currency: types::Currency::parse("USD").unwrap() }).unwrap(),
        stock: Stock::parse(5).unwrap(),
    }
}

#[tokio::test]
async fn what_pgbench_runs_is_taken_by_the_migrated_schema() {
    let database = Database::new().await;
    with_a_godfather(&database).await;
    let mut connection = database.connect().await;
    let scripts = [
        sql::with_values(sql::BY_ID, &["'018f0000-0000-7000-8000-000000000000'"]),
        sql::with_values(sql::LIST, &["21", "0"]),
        sql::with_values(sql::REACH, &["'godfather'"]),
        sql::with_values(sql::SEARCH, &["'godfather'", "'godfather'", "21", "0"]),
        sql::CREATE_MADE_UP.to_owned(),
    ];
    for script in scripts {
        assert!(!script.contains('$'), "{script}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[test]
fn a_value_takes_the_place_of_its_own_parameter_only() {
    let values: Vec<String> = (1..=12).map(|number| format!("v{number}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    assert_eq!(sql::with_values("$1 $12 $2 $11", &values), "v1 v12 v2 v11");
}
