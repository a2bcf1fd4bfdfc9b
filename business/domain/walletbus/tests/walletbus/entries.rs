//! What a wallet shows of what happened to it.

use paging::{Direction, OrderBy, Page, Position};
use types::{Currency, PaymentId};
use walletbus::{DEFAULT_ORDER, Movement, OrderField, QueryFilter, Reason};

use crate::samples::{amount, business, cents, fill, person};

#[tokio::test]
async fn an_entry_says_why_how_much_with_whom_and_what_was_left() {
    let (_database, wallets) = business().await;
    let payment = PaymentId::new();
    fill(&wallets, 1, cents(1000)).await;
    wallets.transfer(person(1), person(2), amount(300)).await.unwrap();
    wallets.post(Movement::Hold(person(1)), payment, cents(200)).await.unwrap();
    wallets.post(Movement::Capture(person(1)), payment, cents(200)).await.unwrap();
    wallets.post(Movement::Refund(person(1)), payment, cents(200)).await.unwrap();
    let page = Page::first(20);
    let list = async |number: u128| {
        let order = OrderBy::by(OrderField::CreatedAt, Direction::Ascending);
        let slice = wallets.query(person(number), &QueryFilter::default(), order, &page).await.unwrap();
        let shown = slice.items.into_iter().map(|entry| {
            (
                entry.reason,
                entry.amount.amount,
                entry.balance_after,
                entry.counterparty,
                entry.payment_id == Some(payment),
            )
        });
        shown.collect::<Vec<_>>()
    };
    let of_the_first = [
        (Reason::Deposit, 1000, 1000, None, false),
        (Reason::Transfer, -300, 700, Some(person(2)), false),
        (Reason::Hold, -200, 500, None, true),
        (Reason::Refund, 200, 700, None, true),
    ];
    assert_eq!(list(1).await, of_the_first, "what is captured left the wallet with the hold");
    assert_eq!(list(2).await, [(Reason::Transfer, 300, 300, Some(person(1)), false)]);
    assert_eq!(list(3).await, []);
}

#[tokio::test]
async fn a_filter_selects_what_it_says() {
    let (_database, wallets) = business().await;
    fill(&wallets, 1, cents(1000)).await;
    let yen = types::Money { amount: 70, currency: Currency::parse("JPY").unwrap() };
    fill(&wallets, 1, yen).await;
    wallets.transfer(person(1), person(2), amount(1)).await.unwrap();
    let (any, page) = (QueryFilter::default(), Page::first(20));
    let all = wallets.query(person(1), &any, OrderBy::new(DEFAULT_ORDER), &page).await.unwrap().items;
    let count = async |filter: QueryFilter| {
        let page = Page { total: true, ..Page::first(20) };
        let slice = wallets.query(person(1), &filter, OrderBy::new(DEFAULT_ORDER), &page).await.unwrap();
        assert_eq!(slice.total, Some(slice.items.len() as u64));
        slice.items.len()
    };
    assert_eq!(count(QueryFilter { reason: Some(Reason::Deposit), ..any.clone() }).await, 2);
    assert_eq!(count(QueryFilter { reason: Some(Reason::Transfer), ..any.clone() }).await, 1);
    assert_eq!(count(QueryFilter { reason: Some(Reason::Hold), ..any.clone() }).await, 0);
    assert_eq!(count(QueryFilter { currency: Some(yen.currency), ..any.clone() }).await, 1);
    let second = all[1].created_at;
    assert_eq!(count(QueryFilter { created_from: Some(second), ..any.clone() }).await, 2);
    assert_eq!(count(QueryFilter { created_before: Some(second), ..any }).await, 1);
}

#[tokio::test]
async fn pages_are_the_whole_list() {
    let (database, wallets) = business().await;
    for number in 0..7 {
        fill(&wallets, 1, cents(1 + number)).await;
        fill(&wallets, 2, cents(1)).await;
    }
    // Moments that several share, as a clock that stands still gives them.
    database
        .execute(
            "ALTER TABLE ledger_entries DISABLE TRIGGER ledger_append_only;
            UPDATE ledger_entries SET created_at = date_trunc('day', created_at)",
        )
        .await;
    for direction in [Direction::Ascending, Direction::Descending] {
        let order = OrderBy::by(OrderField::CreatedAt, direction);
        let filter = QueryFilter::default();
        let whole = wallets.query(person(1), &filter, order.clone(), &Page::first(20)).await.unwrap().items;
        assert_eq!(whole.len(), 7);
        let (mut page, mut found) = (Page::first(2), Vec::new());
        loop {
            let slice = wallets.query(person(1), &filter, order.clone(), &page).await.unwrap();
            found.extend(slice.items);
            let Some(next) = slice.next else { break };
            page.position = Position::After(next);
        }
        assert_eq!(found, whole);
    }
}
