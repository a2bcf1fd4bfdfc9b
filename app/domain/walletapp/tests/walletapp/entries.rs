//! What a wallet shows of what happened to it.

use apitest::run;
use serde_json::{Value, json};
use types::{Currency, Money};

use crate::samples::{dollars, people, transfer};

#[test]
fn the_entries_are_one_s_own_story() {
    run(async {
        let people = people(1).await;
        people.fill(&people.ada, dollars(1000)).await;
        people.fill(&people.ada, Money { amount: 70, currency: Currency::parse("JPY").unwrap() }).await;
        people.send(&people.ada, &transfer(&people.bob, 300)).send().await.expect(201);
        let list = async |query: &str| {
            let list = people.get(&people.ada, &format!("/v1/wallet/entries{query}")).send().await.expect(200).json();
            list["items"].as_array().unwrap().clone()
        };
        let all = list("").await;
        let newest = &all[0];
        let expected = json!({
            "id": newest["id"], "transfer_id": newest["transfer_id"], "reason": "transfer",
            "amount": {"amount": -300, "currency": "USD"}, "balance_after": 700,
            "counterparty_id": people.bob.id.to_string(), "payment_id": null, "created_at": newest["created_at"],
        });
        assert_eq!(*newest, expected);
        assert_eq!(all.len(), 3);
        let oldest_first = list("?sort=created_at").await;
        assert_eq!(oldest_first, all.iter().rev().cloned().collect::<Vec<Value>>());
        for (query, count) in [
            ("?reason=deposit", 2),
            ("?reason=transfer", 1),
            ("?reason=hold", 0),
            ("?currency=JPY", 1),
            ("?currency=EUR", 0),
            ("?reason=deposit&currency=USD", 1),
        ] {
            assert_eq!(list(query).await.len(), count, "{query}");
        }
        let moment = all[1]["created_at"].as_str().unwrap();
        assert_eq!(list(&format!("?created_from={moment}")).await.len(), 2);
        assert_eq!(list(&format!("?created_before={moment}")).await.len(), 1);
        let of_bob = people.get(&people.bob, "/v1/wallet/entries?total=true").send().await.expect(200).json();
        assert_eq!((of_bob["total"].as_u64(), &of_bob["items"][0]["amount"]["amount"]), (Some(1), &json!(300)));
    });
}

#[test]
fn pages_are_the_whole_list() {
    run(async {
        let people = people(1).await;
        for number in 1..8 {
            people.fill(&people.ada, dollars(number)).await;
        }
        let (mut path, mut amounts) = ("/v1/wallet/entries?limit=3".to_owned(), Vec::new());
        loop {
            let page = people.get(&people.ada, &path).send().await.expect(200).json();
            let items = page["items"].as_array().unwrap();
            amounts.extend(items.iter().map(|entry| entry["amount"]["amount"].as_i64().unwrap()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/v1/wallet/entries?limit=3&cursor={next}");
        }
        assert_eq!(amounts, [7, 6, 5, 4, 3, 2, 1]);
        let numbered = people.get(&people.ada, "/v1/wallet/entries?limit=3&page=3").send().await.expect(200).json();
        assert_eq!((numbered["items"][0]["amount"]["amount"].as_i64(), numbered["total"].as_u64()), (Some(1), Some(7)));
        // A cursor of another's list, or of another filter, is none of this one.
        let other = path.replace("limit=3", "limit=3&reason=deposit");
        people.get(&people.ada, &other).send().await.problem(400, "invalid-cursor");
    });
}

#[test]
fn bad_parameters_are_all_named() {
    run(async {
        let people = people(1).await;
        let bad = "/v1/wallet/entries?reason=sale&currency=usd&created_from=today&sort=amount&surplus=1";
        let answer = people.get(&people.ada, bad).send().await;
        answer.invalid(&["?created_from", "?currency", "?reason", "?sort", "?surplus"]);
    });
}
