//! Lists of media.

use mediabus::{Kind, OrderField, QueryFilter};
use paging::{Direction, OrderBy, Page, Position};

use crate::ground::{Ground, image, movie};

#[tokio::test]
async fn a_list_has_the_media_of_one_film_the_newest_first_page_by_page() {
    let ground = Ground::new().await;
    let mut added = Vec::new();
    for size in 10..15 {
        added.push(ground.add(&image(size)).await);
    }
    let _unseen = ground.arrived(&image(20)).await.unwrap();
    let filter = QueryFilter { movie_id: movie(1), kind: None };
    let (mut found, mut page) = (Vec::new(), Page { total: true, ..Page::first(2) });
    loop {
        let slice = ground.media.query(&filter, OrderBy::new(mediabus::DEFAULT_ORDER), &page).await.unwrap();
        assert_eq!(slice.total, Some(5));
        found.extend(slice.items);
        match slice.next {
            Some(next) => page.position = Position::After(next),
            None => break,
        }
    }
    added.reverse();
    assert_eq!(found, added);
    let ascending = OrderBy::by(OrderField::CreatedAt, Direction::Ascending);
    let posters = QueryFilter { kind: Some(Kind::Poster), ..filter };
    assert_eq!(ground.media.query(&posters, ascending, &Page::first(1)).await.unwrap().items, added[4..]);
    for none in [QueryFilter { kind: Some(Kind::Trailer), ..filter }, QueryFilter { movie_id: movie(2), ..filter }] {
        assert_eq!(ground.media.count(&none).await.unwrap(), 0);
    }
}
