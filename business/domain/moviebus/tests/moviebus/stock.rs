//! Copies that are sold, and come back.

use moviebus::{Business, Copies, Movie, NewMovie, SaleError, Stock};
use tokio::task::JoinSet;
use types::MovieId;

use crate::films::{alien, bare, business};

async fn film(movies: &Business, title: &str, stock: i64) -> Movie {
    let new = NewMovie { stock: Stock::parse(stock).unwrap(), ..bare(title, 1999) };
    movies.create(new).await.unwrap()
}

fn copies(movie: &Movie, number: u16) -> Copies {
    Copies { movie_id: movie.id, number }
}

async fn left(movies: &Business, movie: &Movie) -> i32 {
    movies.query_by_id(movie.id).await.unwrap().stock.copies()
}

#[tokio::test]
async fn what_is_taken_is_gone_and_what_is_put_back_is_there() {
    let (_database, movies) = business().await;
    let [first, second] = [film(&movies, "First", 5).await, film(&movies, "Second", 5).await];
    let taken = movies.take(&[copies(&second, 5), copies(&first, 2)]).await.unwrap();
    assert_eq!(
        taken.iter().map(|movie| (movie.id, movie.stock.copies())).collect::<Vec<_>>(),
        [(first.id, 3), (second.id, 0)]
    );
    assert!(taken.iter().all(|movie| movie.version > first.version), "a client that read the stock reads it anew");
    movies.put_back(&[copies(&second, 5), copies(&first, 1)]).await.unwrap();
    assert_eq!((left(&movies, &first).await, left(&movies, &second).await), (4, 5));
}

#[tokio::test]
async fn of_films_that_are_not_all_there_none_is_taken() {
    let (_database, movies) = business().await;
    let [first, second] = [film(&movies, "First", 5).await, film(&movies, "Second", 1).await];
    let Err(SaleError::SoldOut { movie_id, title, left: rest }) =
        movies.take(&[copies(&first, 1), copies(&second, 2)]).await
    else {
        panic!("sold")
    };
    assert_eq!((movie_id, title.as_str(), rest), (second.id, "Second", 1));
    let nobodys = Copies { movie_id: MovieId::new(), number: 1 };
    let refused = movies.take(&[copies(&first, 1), nobodys]).await;
    assert!(matches!(refused, Err(SaleError::Unknown(id)) if id == nobodys.movie_id));
    assert_eq!((left(&movies, &first).await, left(&movies, &second).await), (5, 1));
}

#[tokio::test]
async fn a_film_that_went_meanwhile_takes_nothing_back_and_the_others_do() {
    let (_database, movies) = business().await;
    let [first, second] = [film(&movies, "First", 5).await, film(&movies, "Second", 5).await];
    let both = [copies(&first, 1), copies(&second, 1)];
    movies.take(&both).await.unwrap();
    movies.delete(first.id, None).await.unwrap();
    movies.put_back(&both).await.unwrap();
    assert_eq!(left(&movies, &second).await, 5);
}

#[tokio::test]
async fn a_stock_that_cannot_be_counted_stays_at_the_most() {
    let (_database, movies) = business().await;
    let film = film(&movies, "Every copy", Stock::MAX.into()).await;
    movies.put_back(&[copies(&film, 1)]).await.unwrap();
    assert_eq!(left(&movies, &film).await, Stock::MAX);
}

#[tokio::test]
async fn a_sale_leaves_its_story_and_a_refused_one_none() {
    const SQL: &str = "SELECT data #>> '{fields,stock}' FROM events WHERE entity = 'movie' ORDER BY seq";
    let (database, movies) = business().await;
    let movie = movies.create(alien()).await.unwrap();
    movies.take(&[copies(&movie, 2)]).await.unwrap();
    movies.take(&[copies(&movie, 6)]).await.unwrap_err();
    movies.put_back(&[copies(&movie, 1)]).await.unwrap();
    let stocks: Vec<(String,)> = database.db().fetch_all(sqlx::query_as(SQL)).await.unwrap();
    assert_eq!(stocks.iter().map(|(stock,)| stock.as_str()).collect::<Vec<_>>(), ["7", "5", "6"]);
}

/// In whatever order they name the films, those who want the same ones neither deadlock nor sell a copy twice.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_take_what_there_is_and_no_more() {
    let (_database, movies) = business().await;
    let [first, second] = [film(&movies, "First", 20).await, film(&movies, "Second", 100).await];
    let mut work = JoinSet::new();
    for number in 0..60 {
        let mut wanted = vec![copies(&first, 1), copies(&second, 1)];
        if number % 2 == 0 {
            wanted.reverse();
        }
        let movies = movies.clone();
        work.spawn(async move {
            loop {
                match movies.take(&wanted).await {
                    Ok(_) => return true,
                    Err(SaleError::SoldOut { .. }) => return false,
                    // The pool is for fewer: whoever was turned away comes again.
                    Err(SaleError::Store(sqldb::Error::Unavailable { .. })) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    let sold = work.join_all().await.into_iter().filter(|sold| *sold).count();
    assert_eq!(sold, 20);
    assert_eq!((left(&movies, &first).await, left(&movies, &second).await), (0, 80));
}
