//! Money that one user sends to another.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::task::JoinSet;
use types::{Amount, Currency, Money};
use walletbus::{Error, Movement, TransferId};

use crate::samples::{amount, business, cents, fill, has, person};

#[tokio::test]
async fn what_one_sends_the_other_gets() {
    let (database, wallets) = business().await;
    fill(&wallets, 1, cents(1000)).await;
    let transfer = wallets.transfer(person(1), person(2), amount(300)).await.unwrap();
    assert_eq!(transfer.movement, Movement::Transfer { from: person(1), to: person(2) });
    assert_eq!((has(&wallets, 1).await, has(&wallets, 2).await), ((700, 0), (300, 0)));
    for person in [person(1), person(2)] {
        assert_eq!(wallets.query_by_id(person, transfer.id).await.unwrap(), transfer);
    }
    assert!(matches!(wallets.query_by_id(person(3), transfer.id).await, Err(Error::NotFound)));
    assert!(matches!(wallets.query_by_id(person(1), TransferId::new()).await, Err(Error::NotFound)));
    let told = database.count("SELECT count(*) FROM events WHERE entity = 'transfer'").await;
    assert_eq!(told, 1);
}

#[tokio::test]
async fn more_than_there_is_cannot_be_sent() {
    let (_database, wallets) = business().await;
    fill(&wallets, 1, cents(1000)).await;
    let too_much = wallets.transfer(person(1), person(2), amount(1001)).await;
    assert!(matches!(too_much, Err(Error::Insufficient { available }) if available == cents(1000)));
    let euros = Amount::parse(Money { amount: 1, currency: Currency::parse("EUR").unwrap() }).unwrap();
    let other = wallets.transfer(person(1), person(2), euros).await;
    assert!(
        matches!(other, Err(Error::Insufficient { available }) if available.amount == 0),
        "one currency an account"
    );
    assert!(matches!(wallets.transfer(person(1), person(1), amount(1)).await, Err(Error::ToOneself)));
    assert_eq!((has(&wallets, 1).await, has(&wallets, 2).await), ((1000, 0), (0, 0)));
    wallets.transfer(person(1), person(2), amount(1000)).await.unwrap();
    assert_eq!((has(&wallets, 1).await, has(&wallets, 2).await), ((0, 0), (1000, 0)));
}

#[tokio::test]
async fn a_wallet_holds_what_can_be_counted_exactly() {
    let (_database, wallets) = business().await;
    fill(&wallets, 1, cents(walletbus::MAX_BALANCE)).await;
    fill(&wallets, 2, cents(1)).await;
    assert!(matches!(wallets.transfer(person(2), person(1), amount(1)).await, Err(Error::TooMuch)));
    assert_eq!(has(&wallets, 2).await, (1, 0));
    wallets.transfer(person(1), person(2), amount(1)).await.unwrap();
    assert_eq!(has(&wallets, 1).await, (walletbus::MAX_BALANCE - 1, 0));
}

/// A thousand who want of one wallet what is there for a hundred, while a reader adds up all entries again and again.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_debits_at_once_as_many_succeed_as_there_is_money_for() {
    let (database, wallets) = business().await;
    // Two replicas: pools of their own.
    let replicas = [wallets, walletbus::Business::new(database.db())];
    fill(&replicas[0], 1, cents(1000)).await;
    let done = Arc::new(AtomicBool::new(false));
    let mut reader = JoinSet::new();
    reader.spawn({
        let (done, wallets) = (Arc::clone(&done), replicas[1].clone());
        async move {
            let mut looks = 0;
            while !done.load(Ordering::Relaxed) {
                match wallets.audit().await {
                    Ok(audit) => {
                        assert!(audit.is_right(), "{audit:?}");
                        looks += 1;
                    }
                    Err(Error::Store(sqldb::Error::Unavailable { .. } | sqldb::Error::DeadlineExceeded)) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            looks
        }
    });
    let replicas = &replicas;
    let debit = |number: u128| async move {
        loop {
            // Some to each other, so that the same accounts are wanted in both orders.
            let (from, to) = if number.is_multiple_of(10) { (2, 1) } else { (1, 2 + number % 5) };
            match replicas[(number % 2) as usize].transfer(person(from), person(to), amount(10)).await {
                Ok(_) => return (from, true),
                Err(Error::Insufficient { .. }) => return (from, false),
                Err(Error::Store(sqldb::Error::Unavailable { .. } | sqldb::Error::DeadlineExceeded)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    };
    let answers: Vec<_> = stream::iter(0..1000).map(debit).buffer_unordered(64).collect().await;
    done.store(true, Ordering::Relaxed);
    assert!(reader.join_next().await.unwrap().unwrap() > 0, "it looked");
    let mut sent = HashMap::new();
    for (from, succeeded) in answers {
        *sent.entry(from).or_insert(0) += i64::from(succeeded);
    }
    let back = sent.get(&2).copied().unwrap_or_default();
    assert_eq!(has(&replicas[0], 1).await.0, 1000 + 10 * back - 10 * sent[&1]);
    // A debit that timed out may have been booked: the ledger says how many there were.
    let booked = database.count("SELECT count(*) FROM ledger_transfers WHERE kind = 'transfer'").await;
    assert!(booked >= sent.values().sum::<i64>(), "{booked} {sent:?}");
    assert!(sent[&1] >= 100, "{sent:?}");
    let audit = replicas[0].audit().await.unwrap();
    assert!(audit.is_right(), "{audit:?}");
}
