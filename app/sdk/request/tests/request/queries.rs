//! Queries: known parameters, each once, all errors at once.

use actix_web::FromRequest;
use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use apierror::{ApiError, Code};
use paging::Cursors;
use proptest::prelude::*;
use request::{ListKey, Query};

use crate::film::{FilmQuery, lines};

pub(crate) fn read(target: &str) -> Result<FilmQuery, ApiError> {
    let request = TestRequest::with_uri(target).app_data(ListKey::from(Cursors::new(&[7; 32]))).to_http_request();
    Query::from_request(&request, &mut Payload::None).into_inner().map(|Query(query)| query)
}

#[test]
fn a_list_is_unavailable_until_the_secret_of_its_cursors_is_known() {
    let key = ListKey::default();
    let request = TestRequest::with_uri("/v1/films").app_data(key.clone()).to_http_request();
    let read = || Query::<FilmQuery>::from_request(&request, &mut Payload::None).into_inner();
    assert_eq!(read().err().unwrap().code(), Code::Unavailable);
    key.set(Cursors::new(&[7; 32]));
    assert!(read().is_ok());
}

fn refusals(query: &str) -> Vec<String> {
    match read(&format!("/v1/films?{query}")) {
        Ok(_) => Vec::new(),
        Err(error) => {
            assert_eq!(error.code(), Code::Invalid, "{query}");
            lines(error.errors())
        }
    }
}

#[test]
fn without_parameters_everything_has_its_default() {
    for target in ["/v1/films", "/v1/films?", "/v1/films?&&"] {
        let query = read(target).unwrap();
        assert_eq!((query.q, query.year_from, query.rating, query.near), (None, None, None, None));
        assert!(query.genres.is_empty());
        assert_eq!(query.list.page, paging::Page::first(20));
    }
}

#[test]
fn parameters_are_decoded_and_typed() {
    let query =
        read("/v1/films?q=blade+runner%21&year_from=1982&rating=PG-13&genre=Sci-Fi&near=-0.5e1&genre=%C3%89&").unwrap();
    assert_eq!(query.q.as_deref(), Some("blade runner!"));
    assert_eq!(query.year_from, Some(1982));
    assert_eq!(query.rating.as_deref(), Some("PG-13"));
    assert_eq!(query.genres, ["Sci-Fi", "É"]);
    assert_eq!(query.near, Some(-5.0));
}

#[test]
fn every_error_is_found_at_once() {
    assert_eq!(
        refusals(
            "q=&year_from=x&rating=&genre=a&genre=a&genre=&near=91&limit=0&page=0&total=yes&sort=price&foo=1&foo=2&bar"
        ),
        [
            "q: must be 1 to 100 characters long",
            "year_from: must be an integer",
            "rating: must be one of G, PG, PG-13, R, NC-17",
            "genre: repeats an earlier item",
            "genre: must be 1 to 30 characters long",
            "near: must be -90 to 90",
            "limit: must be 1 to 100",
            "page: must be 1 to 1000000",
            "total: must be true or false",
            "sort: must be title, year, separated by commas, with a minus sign before a field for descending",
            "bar: is not a parameter of this request",
            "foo: is not a parameter of this request",
        ]
    );
}

#[test]
fn a_single_parameter_is_given_once() {
    assert_eq!(refusals("q=a&q=a"), ["q: must not be given more than once"]);
    assert_eq!(refusals("limit=1&limit=2"), ["limit: must not be given more than once"]);
    assert_eq!(refusals("sort=year&sort=title"), ["sort: must not be given more than once"]);
    assert_eq!(refusals("genre=a&genre=b&genre=c&genre=d"), ["genre: must have at most 3 items"]);
}

#[test]
fn names_are_exact() {
    assert_eq!(refusals("Q=a"), ["Q: is not a parameter of this request"]);
    assert_eq!(refusals("=a"), [": is not a parameter of this request"]);
    assert_eq!(refusals("genre[]=a"), ["genre[]: is not a parameter of this request"]);
    assert_eq!(read("/v1/films?%71=a").unwrap().q.as_deref(), Some("a"), "an encoded name is the same name");
}

#[test]
fn numbers_have_the_grammar_of_json() {
    assert_eq!(read("/v1/films?year_from=1979.0").unwrap().year_from, Some(1979));
    for text in ["", "%2B1979", "01979", "0x7BB", "1979%20", "%201979", "1_979", "NaN", "inf", "1979.5", "null", "true"]
    {
        assert_eq!(refusals(&format!("year_from={text}")), ["year_from: must be an integer"], "{text}");
    }
    for text in ["1e99", "99999999999999999999", "-1"] {
        assert_eq!(refusals(&format!("year_from={text}")), ["year_from: must be 1888 to 2027"], "{text}");
    }
    for text in ["NaN", "inf", "", "1e999", "--1"] {
        assert_eq!(refusals(&format!("near={text}")), ["near: must be a number"], "{text}");
    }
}

#[test]
fn u_0000_is_invalid_and_what_cannot_be_decoded_is_malformed() {
    assert_eq!(refusals("q=a%00b"), ["q: must not contain U+0000"]);
    for query in ["q=%", "q=%zz", "q=%ff", "%ff=1", "nope=%c3%28"] {
        let error = read(&format!("/v1/films?{query}")).unwrap_err();
        assert_eq!(error.code(), Code::BadRequest, "{query}");
        assert!(error.to_string().starts_with("the query "), "{error}");
    }
}

#[test]
fn a_hostile_query_gets_a_bounded_answer() {
    let query: Vec<_> = (0..5000).map(|index| format!("p{index}=1")).collect();
    let error = read(&format!("/v1/films?{}", query.join("&"))).unwrap_err();
    assert_eq!(error.errors().len(), 100);
}

proptest! {
    #[test]
    fn no_query_panics(query in "[a-z0-9=&%+,._~-]{0,80}", known in "(q|genre|year_from|near|limit|cursor|page|sort|total)", value in "[a-z0-9%,.+-]{0,20}") {
        for target in [format!("/v1/films?{query}"), format!("/v1/films?{known}={value}&{query}")] {
            if let Err(error) = read(&target) {
                prop_assert!(
                    matches!(error.code(), Code::BadRequest | Code::Invalid | Code::InvalidCursor),
                    "{target}: {error:?}",
                );
            }
        }
    }

    #[test]
    fn every_text_survives_the_query(text in "[^\u{0}]{1,100}") {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        prop_assert_eq!(read(&format!("/v1/films?q={encoded}")).unwrap().q, Some(text));
    }
}
