//! The client against a service that runs: MARQUEE_API says where.

use std::collections::BTreeSet;

use marquee_client::*;
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "a client is no part of the service, and has none of its settings")]
fn anyone() -> HttpClient {
    let api = std::env::var("MARQUEE_API").expect("MARQUEE_API names no service");
    HttpClient::new().with_base_url(api)
}

async fn editor() -> HttpClient {
    let login = Login { email: "editor@example.com".to_owned(), password: "marquee-dev-only".to_owned() };
    let tokens = anyone().login(login).await.unwrap();
    assert_eq!(tokens.token_type, "Bearer");
    anyone().with_api_key(tokens.access_token)
}

/// A film that no other test and no other run knows.
fn film(editor: &HttpClient) -> CreateMovieBuilder<'_> {
    let price = NewPrice { amount: 999, currency: NewPriceCurrency::Eur };
    editor.create_movie_builder(price, format!("A film {}", Uuid::now_v7()), 1979)
}

/// What the service said no with.
fn refused<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<T, ApiOpError<E>>) -> ApiError<E> {
    match result.expect_err("it should have been refused") {
        ApiOpError::Api(error) => error,
        ApiOpError::Transport(error) => panic!("{error}"),
    }
}

fn etag(movie: &Movie) -> String {
    format!("\"{}\"", movie.version)
}

#[tokio::test]
async fn a_list_is_filtered_sorted_and_followed_by_its_cursors() {
    let (client, mut seen, mut cursor, mut pages) = (anyone(), Vec::new(), None::<String>, 0);
    let genres = ["Western", "Horror"].map(str::to_owned);
    loop {
        let mut query = client.query_movies_builder().genre(genres.to_vec()).year_to(1980).limit(7);
        query = query.sort(vec!["-year".to_owned(), "title".to_owned()]);
        if let Some(cursor) = cursor {
            query = query.cursor(cursor);
        }
        let page = query.send().await.unwrap();
        seen.extend(page.items);
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert!(pages > 2, "{pages}");
    let ids: BTreeSet<Uuid> = seen.iter().map(|movie| movie.id).collect();
    assert_eq!(ids.len(), seen.len(), "a film came twice");
    assert!(seen.iter().all(|movie| movie.genres.iter().any(|genre| genres.contains(genre))));
    assert!(seen.is_sorted_by(|one, other| one.year >= other.year));
    assert!(seen.iter().all(|movie| movie.year <= 1980));
}

#[tokio::test]
async fn a_film_with_a_key_is_created_once() {
    let editor = editor().await;
    let key = Uuid::now_v7().to_string();
    let price = || NewPrice { amount: 999, currency: NewPriceCurrency::Eur };
    let title = format!("A film {key}");
    let create = || editor.create_movie_builder(price(), title.clone(), 1979).idempotency_key(key.clone()).send();
    let first = create().await.unwrap();
    let second = create().await.unwrap();
    assert_eq!((first.id, first.created_at), (second.id, second.created_at));

    let other = film(&editor).idempotency_key(key).send().await;
    assert!(matches!(refused(other).typed, Some(CreateMovieApiError::Status422(_))));
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_clears_what_is_null_and_sets_the_rest() {
    let editor = editor().await;
    let builder = film(&editor).director("Andrei Tarkovsky".to_owned()).rating(NewMovieRating::Pg).runtime_minutes(162);
    let movie = builder.send().await.unwrap();
    assert_eq!(movie.director.as_deref(), Some("Andrei Tarkovsky"));

    let price = UpdatePrice { amount: Some(799), ..UpdatePrice::default() };
    let change = editor.update_movie_builder(movie.id.to_string(), etag(&movie)).director_null().stock(2).price(price);
    let changed = change.send().await.unwrap();
    assert_eq!((changed.director, changed.stock, changed.version), (None, 2, 2));
    assert_eq!((changed.price.amount, changed.price.currency.as_str()), (799, "EUR"));
    assert_eq!((changed.title, changed.rating, changed.runtime_minutes), (movie.title, movie.rating, Some(162)));
}

#[tokio::test]
async fn a_change_that_is_based_on_an_old_version_is_refused_with_a_problem() {
    let editor = editor().await;
    let movie = film(&editor).send().await.unwrap();
    let change = |stock| editor.update_movie_builder(movie.id.to_string(), etag(&movie)).stock(stock).send();
    assert_eq!(change(5).await.unwrap().version, 2);
    let error = refused(change(6).await);
    assert_eq!(error.status, 412);
    assert_eq!(error.headers["content-type"], "application/problem+json");
    let Some(UpdateMovieApiError::Status412(problem)) = error.typed else { panic!("{error}") };
    assert_eq!(problem.r#type, ProblemType::ProblemsPreconditionFailed);
    assert_eq!(problem.instance, format!("/v1/movies/{}", movie.id));
}

#[tokio::test]
async fn every_fault_of_a_film_comes_back_with_its_place() {
    let editor = editor().await;
    let price = NewPrice { amount: 999, currency: NewPriceCurrency::Eur };
    let error = refused(editor.create_movie_builder(price, String::new(), 1066).send().await);
    let Some(CreateMovieApiError::Status422(problem)) = error.typed else { panic!("{error}") };
    assert_eq!(problem.r#type, ProblemType::ProblemsInvalid);
    let pointers: BTreeSet<String> = problem.errors.unwrap().into_iter().filter_map(|fault| fault.pointer).collect();
    assert_eq!(pointers, ["#/title", "#/year"].map(str::to_owned).into());
}

#[tokio::test]
async fn a_film_is_gone_once_it_is_deleted() {
    let editor = editor().await;
    let movie = film(&editor).send().await.unwrap();
    let read = || editor.query_movie_by_id(movie.id.to_string(), None::<&str>);
    assert_eq!(read().await.unwrap().title, movie.title);
    editor.delete_movie(movie.id.to_string(), Some(etag(&movie))).await.unwrap();
    let Some(QueryMovieByIdApiError::Status404(problem)) = refused(read().await).typed else { panic!() };
    assert_eq!(problem.r#type, ProblemType::ProblemsNotFound);
}

#[tokio::test]
async fn who_has_not_signed_in_may_not_add_a_film() {
    let error = refused(film(&anyone()).send().await);
    assert!(error.headers.contains_key("www-authenticate"));
    assert!(matches!(error.typed, Some(CreateMovieApiError::Status401(_))));
}
