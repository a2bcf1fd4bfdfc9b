//! Orders that a development machine starts with.

use orderbus::{Business, NewOrder, QueryFilter, Status, Worth};
use seeding::{Failure, Seed};
use sqldb::Db;
use types::{Currency, Money, Scope, UserId};

/// Three orders, where there is none yet.
pub const SEED: Seed = Seed { name: "orders", fill: |db, owner| Box::pin(fill(db, owner)) };

async fn fill(db: Db, owner: UserId) -> Result<u64, Failure> {
    let orders = Business::new(db);
    if orders.count(Scope::Any, &QueryFilter::default()).await? > 0 {
        return Ok(0);
    }
    for number in 1..=3 {
        let new = NewOrder {
            status: Status::Pending,
            worth: Worth::restore(Money { amount: 899 + 100 * i64::from(number), currency: Currency::USD }),
        };
        orders.create(owner, new).await?;
    }
    Ok(3)
}
