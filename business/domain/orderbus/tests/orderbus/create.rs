//! Placing orders.

use orderbus::{Error, QueryFilter, Status};
use types::{Currency, Money, Scope, Version};

use crate::samples::{business, film, full, numbered, of, owner, stock};

#[tokio::test]
async fn a_new_order_is_read_back_as_it_was_answered() {
    let (_database, orders) = business().await;
    for new in [full(), numbered(1)] {
        let created = orders.create(owner(), &new).await.unwrap();
        assert_eq!((created.owner, created.status, created.version), (owner(), Status::Pending, Version::FIRST));
        assert_eq!(created.created_at, created.updated_at);
        let items: Vec<_> = created.items.iter().map(|item| (item.movie_id, item.quantity)).collect();
        let wanted: Vec<_> = new.items().iter().map(|item| (item.movie_id, item.quantity)).collect();
        assert_eq!(items, wanted, "in the order in which they were asked for");
        assert_eq!(orders.query_by_id(Scope::Any, created.id).await.unwrap(), created);
    }
}

#[tokio::test]
async fn an_order_takes_copies_and_prices_of_now() {
    let (database, orders) = business().await;
    let order = orders.create(owner(), &full()).await.unwrap();
    assert_eq!(order.total, Money { amount: 2 * 799 + 999, currency: Currency::USD });
    assert_eq!(order.items[0].title.as_str(), "The Second Ground");
    assert_eq!((stock(&database, 1).await, stock(&database, 2).await), (999, 998));
    database.execute("UPDATE movies SET price_amount = 5").await;
    let later = orders.create(owner(), &full()).await.unwrap();
    assert_eq!(later.total.amount, 15);
    assert_eq!(orders.query_by_id(Scope::Any, order.id).await.unwrap(), order);
}

#[tokio::test]
async fn what_cannot_be_sold_leaves_everything_as_it_was() {
    let (database, orders) = business().await;
    database.execute("UPDATE movies SET stock = 1 WHERE title = 'The Second Ground'").await;
    let Err(Error::SoldOut { title, left }) = orders.create(owner(), &of(&[(1, 1), (2, 2)])).await else {
        panic!("sold")
    };
    assert_eq!((title.as_str(), left), ("The Second Ground", 1));
    let unknown = orders.create(owner(), &of(&[(1, 1), (3, 1)])).await;
    assert!(matches!(unknown, Err(Error::UnknownMovie(id)) if id == film(3)));
    database.execute("UPDATE movies SET price_currency = 'EUR' WHERE title = 'The First Ground'").await;
    assert!(matches!(orders.create(owner(), &of(&[(1, 1), (2, 1)])).await, Err(Error::Currencies)));
    assert_eq!((stock(&database, 1).await, stock(&database, 2).await), (1000, 1));
    assert_eq!(orders.count(Scope::Any, &QueryFilter::default()).await.unwrap(), 0);
}

#[tokio::test]
async fn an_order_placed_in_a_transaction_that_rolls_back_is_not_there() {
    let (database, orders) = business().await;
    let outcome: Result<(), Error> = database
        .db()
        .transact(async |tx| {
            let within = orders.with_tx(&tx);
            let created = within.create(owner(), &full()).await?;
            assert_eq!(within.query_by_id(Scope::Any, created.id).await?, created, "seen within the transaction");
            Err(Error::NotFound)
        })
        .await;
    assert!(matches!(outcome, Err(Error::NotFound)));
    assert_eq!(orders.count(Scope::Any, &QueryFilter::default()).await.unwrap(), 0);
    assert_eq!(stock(&database, 1).await, 1000);
}
