//! What must not compile: each line that is marked has the error of its mark, and no other line has one.

use marquee_client::*;

pub fn requests(client: &HttpClient, id: String) {
    let login = || (String::new(), String::new());
    let (email, password) = login();
    let _ = client.login(Login { email, password });
    let (email, password) = login();
    let _ = client.login(Login { email, password, code: 1 }); //~ E0560
    let _ = client.login(Login { email: login().0 }); //~ E0063
    let _ = client.login(Login { email: None, password: login().1 }); //~ E0308

    let price = || NewPrice { amount: 1, currency: NewPriceCurrency::Eur };
    let _ = client.create_movie_builder(price(), "Alien".to_owned(), 1979);
    let _ = client.create_movie_builder(price(), "Alien".to_owned()); //~ E0061
    let _ = client.create_movie_builder(price(), "Alien".to_owned(), "1979"); //~ E0308
    let _ = client.create_movie_builder(price(), "Alien".to_owned(), 1979).colour("red"); //~ E0599
    let _ = client.create_movie_builder(price(), "Alien".to_owned(), 1979).rating(NewMovieRating::X); //~ E0599

    let _ = client.update_movie_builder(id.clone(), "\"1\"").director_null();
    let _ = client.update_movie_builder(id.clone()).director_null(); //~ E0061
    let _ = client.update_movie_builder(id, "\"1\"").title_null(); //~ E0599

    let _ = client.query_movies_builder().limit(5);
    let _ = client.query_movies_builder().limit("5"); //~ E0308
    let _ = client.query_movies_builder().colour("red"); //~ E0599
}

pub fn answers(movie: &Movie, problem: &Problem, error: &UpdateMovieApiError) {
    let _ = (movie.director.as_ref().map(String::len), &problem.errors);
    let _: &str = &movie.director; //~ E0308
    let _ = movie.colour; //~ E0609
    let _ = problem.errors[0]; //~ E0608
    let _ = matches!(error, UpdateMovieApiError::Status412(_));
    let _ = matches!(error, UpdateMovieApiError::Status402(_)); //~ E0599
}
