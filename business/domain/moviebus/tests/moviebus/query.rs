//! Lists of films: filters, orders, pages.

use std::cmp::Ordering;

use moviebus::{
    Business, DEFAULT_ORDER, Genre, ImportKey, ImportMovie, Movie, NewMovie, OrderField, QueryFilter, Rating, Runtime,
    Search,
};
use paging::{Direction, OrderBy, Page, Position};

use crate::films::{alien, bare, business, directed, genres, price, titles};

const FIELDS: [OrderField; 5] =
    [OrderField::Title, OrderField::Year, OrderField::Runtime, OrderField::Price, OrderField::CreatedAt];
const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

/// The titles that a filter selects, in the default order.
async fn selected(movies: &Business, filter: QueryFilter) -> Vec<String> {
    let page = Page { total: true, ..Page::first(100) };
    let slice = movies.query(&filter, OrderBy::new(DEFAULT_ORDER), &page).await.unwrap();
    assert_eq!(slice.total, Some(slice.items.len() as u64));
    assert_eq!(movies.count(&filter).await.unwrap(), slice.items.len() as u64);
    titles(&slice.items).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn each_filter_selects_what_it_says_and_filters_add_up() {
    let (_database, movies) = business().await;
    for new in [
        alien(),
        NewMovie { genres: genres(&["Comédie"]), price: price(100), ..bare("Playtime", 1967) },
        NewMovie { rating: Some(Rating::G), price: price(500), ..bare("WALL-E", 2008) },
    ] {
        movies.create(new).await.unwrap();
    }
    let genre = |name: &str| Genre::parse(name).unwrap();
    let any = QueryFilter::default;
    for (filter, expected) in [
        (any(), vec!["Alien", "Playtime", "WALL-E"]),
        (QueryFilter { genres: vec![genre("horror")], ..any() }, vec!["Alien"]),
        (QueryFilter { genres: vec![genre("COMEDIE"), genre("Science Fiction")], ..any() }, vec!["Alien", "Playtime"]),
        (QueryFilter { genres: vec![genre("Western")], ..any() }, vec![]),
        (QueryFilter { year_from: Some(1979), ..any() }, vec!["Alien", "WALL-E"]),
        (QueryFilter { year_to: Some(1979), ..any() }, vec!["Alien", "Playtime"]),
        (QueryFilter { year_from: Some(1980), year_to: Some(1979), ..any() }, vec![]),
        (QueryFilter { rating: Some(Rating::G), ..any() }, vec!["WALL-E"]),
        (QueryFilter { price_from: Some(500), ..any() }, vec!["Alien", "WALL-E"]),
        (QueryFilter { price_to: Some(500), ..any() }, vec!["Playtime", "WALL-E"]),
        (QueryFilter { search: Some(Search::parse("scott").unwrap()), ..any() }, vec!["Alien"]),
        (QueryFilter { year_from: Some(1979), price_to: Some(500), rating: Some(Rating::G), ..any() }, vec!["WALL-E"]),
        (QueryFilter { year_from: Some(i32::MAX), price_from: Some(i64::MAX), ..any() }, vec![]),
    ] {
        assert_eq!(selected(&movies, filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn titles_are_ordered_without_regard_to_case_and_accents() {
    let (_database, movies) = business().await;
    for text in ["zulu", "Éclair", "eden", "ALIEN", "10 Things", "Zorro"] {
        movies.create(bare(text, 2000)).await.unwrap();
    }
    let order = ["10 Things", "ALIEN", "Éclair", "eden", "Zorro", "zulu"];
    assert_eq!(selected(&movies, QueryFilter::default()).await, order);
}

#[tokio::test]
async fn numbered_pages_and_cursors_cut_the_same_list() {
    let (_database, movies) = many_films().await;
    let order = OrderBy::by(OrderField::Year, Direction::Descending);
    let walked = walk(&movies, &QueryFilter::default(), &order, 7).await;
    for (number, chunk) in (1_u32..).zip(walked.chunks(7)) {
        let page = Page { limit: 7, position: Position::Number(number), total: true };
        let slice = movies.query(&QueryFilter::default(), order.clone(), &page).await.unwrap();
        assert_eq!(slice.items, chunk);
        assert_eq!(slice.total, Some(60));
    }
    let beyond = Page { limit: 7, position: Position::Number(u32::MAX), total: false };
    let slice = movies.query(&QueryFilter::default(), order, &beyond).await.unwrap();
    assert_eq!((slice.items, slice.next), (vec![], None));
}

/// Every order by one field or two, in all directions, over films with many ties and gaps.
#[tokio::test]
async fn walking_the_pages_gives_exactly_the_sorted_list() {
    let (_database, movies) = many_films().await;
    let all = walk(&movies, &QueryFilter::default(), &OrderBy::new([]), 100).await;
    assert_eq!(all.len(), 60);

    let mut sortings: Vec<Vec<(OrderField, Direction)>> = vec![vec![], vec![(OrderField::Relevance, DIRECTIONS[1])]];
    for first in FIELDS {
        for direction in DIRECTIONS {
            sortings.push(vec![(first, direction)]);
            for second in FIELDS.into_iter().filter(|field| *field != first) {
                sortings.push(vec![(first, direction), (second, Direction::Ascending)]);
                sortings.push(vec![(first, direction), (second, Direction::Descending)]);
            }
        }
    }
    sortings.push(vec![
        (OrderField::Runtime, Direction::Descending),
        (OrderField::Year, Direction::Ascending),
        (OrderField::Price, Direction::Descending),
    ]);
    for terms in sortings {
        let order = OrderBy::new(terms.clone());
        let mut expected = all.clone();
        expected.sort_by(|a, b| compare(&order, a, b));
        let walked = walk(&movies, &QueryFilter::default(), &order, 7).await;
        assert_eq!(titles(&walked), titles(&expected), "{terms:?}");
        assert_eq!(walked, expected, "{terms:?}");
    }
}

#[tokio::test]
async fn a_film_that_goes_or_comes_between_two_pages_moves_no_other_film() {
    let (_database, movies) = business().await;
    for year in 2000..2010 {
        movies.create(bare(&format!("Film {year}"), year)).await.unwrap();
    }
    let order = OrderBy::by(OrderField::Year, Direction::Ascending);
    let first = movies.query(&QueryFilter::default(), order.clone(), &Page::first(3)).await.unwrap();
    assert_eq!(titles(&first.items), ["Film 2000", "Film 2001", "Film 2002"]);
    movies.delete(first.items[2].id, None).await.unwrap();
    movies.create(bare("Earlier", 1999)).await.unwrap();
    let page = Page { position: Position::After(first.next.unwrap()), ..Page::first(3) };
    let second = movies.query(&QueryFilter::default(), order, &page).await.unwrap();
    assert_eq!(titles(&second.items), ["Film 2003", "Film 2004", "Film 2005"]);
}

#[tokio::test]
async fn a_search_is_walked_by_relevance_as_it_is_by_title() {
    let (_database, movies) = business().await;
    for n in 0..25 {
        movies.create(directed(&format!("Night {n}"), 2000, "Someone Known")).await.unwrap();
        movies.create(bare(&format!("Day {n}"), 2000)).await.unwrap();
    }
    for typed in ["night", "nihgt known"] {
        let filter = QueryFilter { search: Some(Search::parse(typed).unwrap()), ..QueryFilter::default() };
        for order in [OrderBy::new(moviebus::SEARCH_ORDER), OrderBy::new(DEFAULT_ORDER)] {
            let page = Page::first(100);
            let whole = movies.query(&filter, order.clone(), &page).await.unwrap().items;
            assert_eq!(whole.len(), 25, "{typed}");
            assert_eq!(walk(&movies, &filter, &order, 4).await, whole, "{typed} {order:?}");
        }
    }
}

/// Sixty films that share years, running times, prices, titles and moments.
async fn many_films() -> (dbtest::Database, Business) {
    let (database, movies) = business().await;
    let names = ["alpha", "Beta", "BETA", "émile", "Emile", "zoo"];
    let film = |n: i64| NewMovie {
        runtime: (n % 3 != 0).then(|| Runtime::parse(90 + n % 4).unwrap()),
        price: price(n % 5),
        ..directed(names[(n % 6) as usize], 1990 + n % 7, &format!("Director {n}"))
    };
    for moment in 0..3 {
        let batch: Vec<_> = (0..20)
            .map(|n| ImportMovie {
                key: ImportKey::parse(&format!("{moment}-{n}")).unwrap(),
                new: film(moment * 20 + n),
            })
            .collect();
        movies.import(&batch).await.unwrap();
    }
    (database, movies)
}

/// The whole list, page by page.
async fn walk(movies: &Business, filter: &QueryFilter, order: &OrderBy<OrderField>, limit: u32) -> Vec<Movie> {
    let mut page = Page::first(limit);
    let mut walked = Vec::new();
    loop {
        let slice = movies.query(filter, order.clone(), &page).await.unwrap();
        walked.extend(slice.items);
        match slice.next {
            Some(keys) => page.position = Position::After(keys),
            None => return walked,
        }
        assert!(walked.len() <= 1000, "the pages do not end");
    }
}

/// What the documentation of [`OrderField`] says, once more.
fn compare(order: &OrderBy<OrderField>, a: &Movie, b: &Movie) -> Ordering {
    let fold = |movie: &Movie| movie.title.as_str().to_lowercase().replace('é', "e");
    let turn = |ordering: Ordering, direction| match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    };
    let by_terms = order.terms().iter().map(|&(field, direction)| match field {
        OrderField::Title => turn(fold(a).cmp(&fold(b)), direction),
        OrderField::Year => turn(a.year.cmp(&b.year), direction),
        OrderField::Runtime => match (a.runtime, b.runtime) {
            (Some(a), Some(b)) => turn(a.cmp(&b), direction),
            (a, b) => a.is_none().cmp(&b.is_none()),
        },
        OrderField::Price => turn(a.price.money().amount.cmp(&b.price.money().amount), direction),
        OrderField::CreatedAt => turn(a.created_at.cmp(&b.created_at), direction),
        OrderField::Relevance => Ordering::Equal,
    });
    by_terms
        .chain([turn(a.id.uuid().cmp(&b.id.uuid()), order.tie_break())])
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}
