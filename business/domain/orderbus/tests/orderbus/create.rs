//! Adding orders.

use orderbus::{Error, QueryFilter};
use types::{Scope, Version};

use crate::samples::{business, full, numbered, owner};

#[tokio::test]
async fn a_new_order_is_read_back_as_it_was_answered() {
    let (_database, orders) = business().await;
    for new in [full(), numbered(1)] {
        let created = orders.create(owner(), new.clone()).await.unwrap();
        assert_eq!(created.version, Version::FIRST);
        assert_eq!(created.created_at, created.updated_at);
        assert_eq!(created.status, new.status);
        assert_eq!(created.worth, new.worth);
        assert_eq!(orders.query_by_id(Scope::Any, created.id).await.unwrap(), created);
    }
}

#[tokio::test]
async fn a_order_created_in_a_transaction_that_rolls_back_is_not_there() {
    let (database, orders) = business().await;
    let outcome: Result<(), Error> = database
        .db()
        .transact(async |tx| {
            let within = orders.with_tx(&tx);
            let created = within.create(owner(), full()).await?;
            assert_eq!(within.query_by_id(Scope::Any, created.id).await?, created, "seen within the transaction");
            Err(Error::NotFound)
        })
        .await;
    assert!(matches!(outcome, Err(Error::NotFound)));
    assert_eq!(orders.count(Scope::Any, &QueryFilter::default()).await.unwrap(), 0);
}
