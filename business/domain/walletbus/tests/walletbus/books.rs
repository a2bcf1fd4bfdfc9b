//! What the books say, whatever way the money took.

use proptest::prelude::*;
use types::{Currency, Money, PaymentId};
use walletbus::{Account, Error, Movement};

use crate::samples::{business, cents, fill, has, person};

#[tokio::test]
async fn what_is_held_is_captured_or_released_once() {
    let (_database, wallets) = business().await;
    fill(&wallets, 1, cents(1000)).await;
    let [first, second] = [PaymentId::new(), PaymentId::new()];
    wallets.post(Movement::Hold(person(1)), first, cents(300)).await.unwrap();
    wallets.post(Movement::Hold(person(1)), second, cents(200)).await.unwrap();
    assert_eq!(has(&wallets, 1).await, (500, 500));
    let spent = wallets.transfer(person(1), person(2), crate::samples::amount(501)).await;
    assert!(matches!(spent, Err(Error::Insufficient { .. })), "what is held is not spent");
    wallets.post(Movement::Capture(person(1)), first, cents(300)).await.unwrap();
    wallets.post(Movement::Release(person(1)), second, cents(200)).await.unwrap();
    assert_eq!(has(&wallets, 1).await, (700, 0));
    for (movement, payment) in [
        (Movement::Capture(person(1)), first),
        (Movement::Release(person(1)), first),
        (Movement::Capture(person(1)), second),
    ] {
        assert!(matches!(wallets.post(movement, payment, cents(1)).await, Err(Error::Insufficient { .. })));
        // With money of another hold there, the schema itself refuses.
        wallets.post(Movement::Hold(person(1)), PaymentId::new(), cents(10)).await.unwrap();
        let again = wallets.post(movement, payment, cents(10)).await;
        assert!(matches!(again, Err(Error::Store(sqldb::Error::Duplicate { .. }))), "{again:?}");
        wallets.post(Movement::Capture(person(1)), PaymentId::new(), cents(10)).await.unwrap();
    }
}

#[tokio::test]
async fn each_currency_has_books_of_its_own() {
    let (_database, wallets) = business().await;
    let yen = Money { amount: 500, currency: Currency::parse("JPY").unwrap() };
    fill(&wallets, 1, cents(1000)).await;
    fill(&wallets, 1, yen).await;
    let balances = wallets.balances(person(1)).await.unwrap();
    let available: Vec<_> = balances.iter().map(|balance| balance.available).collect();
    assert_eq!(available, [yen, cents(1000)]);
    let audit = wallets.audit().await.unwrap();
    assert!(audit.is_right());
    let expected = [("card", -500, "JPY"), ("card", -1000, "USD"), ("wallet", 500, "JPY"), ("wallet", 1000, "USD")];
    let totals: Vec<_> =
        audit.totals.iter().map(|(kind, total)| (kind.as_str(), total.amount, total.currency.to_string())).collect();
    assert_eq!(totals, expected.map(|(kind, amount, currency)| (kind, amount, currency.to_owned())));
}

/// A movement of a few people, and its amount.
fn movements() -> impl Strategy<Value = Vec<(Movement, i64)>> {
    let people = || (1_u128..4).prop_map(person);
    let movement = prop_oneof![
        people().prop_map(Movement::Deposit),
        (people(), people())
            .prop_filter("two people", |(from, to)| from != to)
            .prop_map(|(from, to)| Movement::Transfer { from, to }),
        people().prop_map(Movement::Hold),
        people().prop_map(Movement::Release),
        people().prop_map(Movement::Capture),
        Just(Movement::Sale),
        people().prop_map(Movement::Refund),
        Just(Movement::CardRefund),
        Just(Movement::Stray),
        Just(Movement::CardReturn),
    ];
    prop::collection::vec((movement, 1..500_i64), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    /// Beside a book kept by hand, in memory.
    #[test]
    fn after_any_movements_the_ledger_says_what_a_book_kept_by_hand_says(movements in movements()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_database, wallets) = business().await;
            let mut book = std::collections::HashMap::<Account, i64>::new();
            for (movement, amount) in movements {
                let (from, to) = movement.sides();
                let is_covered = from.owner().is_none() || book.get(&from).copied().unwrap_or_default() >= amount;
                let posted = match movement {
                    Movement::Transfer { from, to } => {
                        wallets.transfer(from, to, crate::samples::amount(amount)).await
                    }
                    _ => wallets.post(movement, PaymentId::new(), cents(amount)).await,
                };
                match posted {
                    Ok(_) => {
                        assert!(is_covered, "{movement:?}");
                        *book.entry(from).or_default() -= amount;
                        *book.entry(to).or_default() += amount;
                    }
                    Err(Error::Insufficient { .. }) => assert!(!is_covered, "{movement:?}"),
                    Err(error) => panic!("{error:?}"),
                }
            }
            let audit = wallets.audit().await.unwrap();
            assert!(audit.is_right(), "{audit:?}");
            for number in 1..4 {
                let of = |account: Account| book.get(&account).copied().unwrap_or_default();
                assert_eq!(
                    has(&wallets, number).await,
                    (of(Account::Wallet(person(number))), of(Account::Held(person(number))))
                );
            }
            for (kind, total) in audit.totals {
                let by_hand: i64 =
                    book.iter().filter(|(account, _)| account.kind() == kind).map(|(_, amount)| amount).sum();
                assert_eq!(total.amount, by_hand, "{kind}");
            }
        });
    }
}
