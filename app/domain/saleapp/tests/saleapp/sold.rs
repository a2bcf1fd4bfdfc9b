//! What was sold, for tests.

use apitest::{Api, Standing};
use orderbus::{Business, NewItem, NewOrder, Quantity};
use types::{MovieId, Role, UserId};
use uuid::Uuid;

/// Thirty films, of which every third is priced in euros; one has a title that needs quotes.
pub(crate) const FILMS: &str = "
    INSERT INTO movies (movie_id, title, year, genres, price_amount, price_currency, stock, version, created_at, updated_at)
    SELECT lpad(n::text, 32, '0')::uuid, CASE n WHEN 1 THEN 'Say \"hi\", and go' ELSE 'Film ' || n END, 1979, '{}', 500 + n,
        CASE WHEN n % 3 = 0 THEN 'EUR' ELSE 'USD' END, 1000, 1, now(), now()
    FROM generate_series(1, 30) AS n";

pub(crate) fn film(number: usize) -> MovieId {
    MovieId::restore(Uuid::parse_str(&format!("{number:032}")).unwrap())
}

/// A buyer, whose address begins as formulas do.
pub(crate) async fn buyer(api: &Api) -> UserId {
    api.add("=1+1@example.com", &[Role::Customer], Standing::Active).await.id
}

/// Orders so many copies of each film.
pub(crate) async fn order(api: &Api, buyer: UserId, items: &[(usize, i64)]) -> orderbus::Order {
    let item = |&(number, copies): &(usize, i64)| NewItem {
        movie_id: film(number),
        quantity: Quantity::parse(copies).unwrap(),
    };
    let new = NewOrder::parse(items.iter().map(item).collect()).unwrap();
    Business::new(api.db().clone()).create(buyer, &new).await.unwrap()
}
