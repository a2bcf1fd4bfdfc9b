//! Lists: where a page starts, and how the client comes to the next.

use apierror::Code;
use paging::{Direction, Key, Keys, OrderBy, Position};
use proptest::prelude::*;
use uuid::Uuid;

use crate::film::{Order, lines};
use crate::queries::read;

fn keys(values: usize) -> Keys {
    Keys { values: vec![Key::Text("Alien".into()); values], id: Uuid::from_u128(7) }
}

/// The cursor that the list at `target` hands out.
fn cursor(target: &str) -> String {
    let list = read(target).unwrap().list;
    list.continuation.cursor(&keys(list.order_by.terms().len()))
}

fn continued(target: &str, cursor: &str) -> Result<Position, Code> {
    let mark = if target.contains('?') { '&' } else { '?' };
    read(&format!("{target}{mark}cursor={cursor}")).map(|query| query.list.page.position).map_err(|error| error.code())
}

#[test]
fn a_cursor_continues_its_list() {
    let target = "/v1/films?genre=Drama&sort=-year,title";
    assert_eq!(continued(target, &cursor(target)), Ok(Position::After(keys(2))));
}

#[test]
fn a_cursor_outlives_another_limit_another_spelling_and_the_order_of_the_filter() {
    let issued = cursor("/v1/films?genre=Drama&genre=Crime&year_from=1970&limit=5");
    for target in [
        "/v1/films?limit=50&year_from=1970&genre=Crime&genre=Drama",
        "/v1/films?%67enre=Dr%61ma&genre=Crime&year_from=1970&total=true",
        "/v1/films?genre=Drama&genre=Crime&year_from=1970&sort=title",
    ] {
        assert_eq!(continued(target, &issued), Ok(Position::After(keys(1))), "{target}");
    }
}

#[test]
fn a_cursor_of_another_list_filter_or_sort_is_invalid() {
    let issued = cursor("/v1/films?genre=Drama");
    for target in [
        "/v1/films",
        "/v1/films?genre=Crime",
        "/v1/films?genre=Drama&year_from=1970",
        "/v1/films?genre=Drama&sort=-title",
        "/v1/films?genre=Drama&sort=title,year",
        "/v1/movies?genre=Drama",
    ] {
        assert_eq!(continued(target, &issued), Err(Code::InvalidCursor), "{target}");
    }
}

#[test]
fn a_made_up_cursor_is_invalid_and_an_empty_one_is_no_cursor() {
    assert_eq!(continued("/v1/films", "abc"), Err(Code::InvalidCursor));
    assert_eq!(continued("/v1/films", ""), Err(Code::Invalid));
}

#[test]
fn refused_parameters_are_told_before_the_cursor() {
    let error = read("/v1/films?cursor=abc&rating=X").unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    assert_eq!(lines(error.errors()), ["rating: must be one of G, PG, PG-13, R, NC-17"]);
}

#[test]
fn pages_by_number_come_with_the_total_and_without_a_cursor() {
    let page = read("/v1/films?page=3&limit=10").unwrap().list.page;
    assert_eq!((page.position, page.limit, page.total), (Position::Number(3), 10, true));
    let both = read(&format!("/v1/films?page=3&cursor={}", cursor("/v1/films"))).unwrap_err();
    assert_eq!(lines(both.errors()), ["page: must not be given with cursor"]);
    assert!(read("/v1/films?total=true").unwrap().list.page.total);
    assert!(!read("/v1/films?total=false").unwrap().list.page.total);
}

#[test]
fn a_sort_names_allowed_fields_in_their_order() {
    let order = |sort: &str| read(&format!("/v1/films?sort={sort}")).map(|query| query.list.order_by);
    let (title, year) = (Order::Title, Order::Year);
    assert_eq!(
        order("-year,title").unwrap(),
        OrderBy::new([(year, Direction::Descending), (title, Direction::Ascending)])
    );
    assert_eq!(order("year,-year").unwrap(), OrderBy::by(year, Direction::Ascending), "the second has no effect");
    assert_eq!(lines(order("year,year").unwrap_err().errors()), ["sort: must not name a field twice"]);
    for sort in ["", ",", "year,", "--year", "id", "Year", "%20year", "year;title"] {
        assert_eq!(order(sort).unwrap_err().code(), Code::Invalid, "{sort}");
    }
}

#[test]
fn links_lead_to_the_first_and_the_next_page_with_the_same_filter() {
    let link = |target: &str, next| read(target).unwrap().list.continuation.link(next);
    assert_eq!(link("/v1/films", None), "</v1/films>; rel=\"first\"");
    let issued = cursor("/v1/films?genre=Sci-Fi+%26+more&limit=5");
    assert_eq!(
        link(&format!("/v1/films?genre=Sci-Fi+%26+more&cursor={issued}&limit=5"), Some("abc")),
        "</v1/films?genre=Sci-Fi%20%26%20more&limit=5>; rel=\"first\", \
         </v1/films?genre=Sci-Fi%20%26%20more&limit=5&cursor=abc>; rel=\"next\""
    );
    assert_eq!(
        link("/v1/films?page=2&limit=5", Some("abc")),
        "</v1/films?limit=5&page=1>; rel=\"first\", </v1/films?limit=5&page=3>; rel=\"next\""
    );
}

#[test]
fn a_link_cannot_be_broken_out_of() {
    let link = read("/v1/films?q=%3E%3B%20rel%3D%22x%22%0d%0a").unwrap().list.continuation.link(None);
    assert_eq!(link, "</v1/films?q=%3E%3B%20rel%3D%22x%22%0D%0A>; rel=\"first\"");
}

proptest! {
    #[test]
    fn any_changed_character_makes_a_cursor_invalid(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]") {
        let issued = cursor("/v1/films?genre=Drama");
        let at = at.index(issued.len());
        prop_assume!(issued[at..=at] != to);
        let forged = format!("{}{to}{}", &issued[..at], &issued[at + 1..]);
        prop_assert_eq!(continued("/v1/films?genre=Drama", &forged), Err(Code::InvalidCursor));
    }
}
