//! Many who want the same films, over two instances.

use apitest::{Answer, run};
use futures_util::StreamExt as _;
use futures_util::stream;
use types::Role;

use crate::orders::{of, started, stocks};
use crate::resource::FILMS;

/// Sends again until the answer is definite: the key says that it is the same order.
async fn definite(ask: impl AsyncFn() -> Answer) -> Answer {
    loop {
        let answer = ask().await;
        let busy = answer.status() == 409 && answer.optional_header("retry-after").is_some();
        if !busy && !matches!(answer.status(), 503 | 504) {
            return answer;
        }
    }
}

#[test]
fn of_a_thousand_orders_at_once_as_many_are_placed_as_there_are_copies() {
    run(async {
        let api = started(2).await;
        api.spoil("UPDATE movies SET stock = 100").await;
        let api = &api;
        let order = |number: usize| async move {
            let key = format!("order-{number}");
            let ask = async || {
                let order = api.post("/v1/orders").on(number % 2).by(Role::Customer).key(&key);
                order.json(&of(FILMS[0], 1)).send().await
            };
            definite(ask).await
        };
        let answers: Vec<_> = stream::iter(0..1000).map(order).buffer_unordered(1000).collect().await;
        let mut placed = 0;
        for answer in answers {
            if answer.status() == 201 {
                placed += 1;
            } else {
                answer.problem(409, "conflict");
            }
        }
        assert_eq!(placed, 100);
        assert_eq!(stocks(api).await, [0, 100]);
        let list = api.get("/v1/orders?total=true").send().await.expect(200).json();
        assert_eq!(list["total"], 100);
    });
}

#[test]
fn fifty_requests_with_one_key_over_two_instances_are_one_order() {
    run(async {
        let api = started(2).await;
        let api = &api;
        let order = |number: usize| async move {
            let order = api.post("/v1/orders").on(number % 2).by(Role::Customer).key("\"once\"");
            order.json(&of(FILMS[0], 1)).send().await
        };
        let answers: Vec<_> = stream::iter(0..50).map(order).buffer_unordered(50).collect().await;
        let mut fresh = 0;
        for answer in answers {
            match (answer.status(), answer.optional_header("idempotent-replayed")) {
                (201, None) => fresh += 1,
                (201, Some(_)) => {}
                _ => drop(answer.problem(409, "conflict")),
            }
        }
        assert_eq!(fresh, 1);
        assert_eq!(stocks(api).await, [6, 3]);
        let other = api.post("/v1/orders").by(Role::Customer).key("\"once\"").json(&of(FILMS[0], 2));
        other.send().await.problem(422, "idempotency-key-reused");
        let anothers = api.post("/v1/orders").by_second(Role::Customer).key("\"once\"").json(&of(FILMS[0], 1));
        anothers.send().await.expect(201);
        assert_eq!(stocks(api).await, [5, 3]);
    });
}

#[test]
fn of_many_cancellations_at_once_one_gives_the_copies_back() {
    run(async {
        let api = started(2).await;
        let api = &api;
        let created = api.post("/v1/orders").by(Role::Customer).json(&of(FILMS[0], 3)).send().await.expect(201);
        let path = format!("{}/cancellation", created.header("location"));
        let path = &path;
        let cancel = |number: usize| async move {
            definite(async || api.post(path).on(number % 2).by(Role::Customer).send().await).await
        };
        let answers: Vec<_> = stream::iter(0..30).map(cancel).buffer_unordered(30).collect().await;
        assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 1);
        for answer in answers.into_iter().filter(|answer| answer.status() != 200) {
            answer.problem(409, "conflict");
        }
        assert_eq!(stocks(api).await, [7, 3]);
    });
}
