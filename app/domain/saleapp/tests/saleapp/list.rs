//! What the general rules need to know about the lists of sales.

use apitest::{Api, Filter, List, Sort};
use mux::Routes;
use sqldb::Db;
use types::Role;

use crate::sold::{FILMS, buyer, film, order};

/// Sales.
pub(crate) struct Sales;

/// What they come to, by film.
pub(crate) struct Totals;

impl List for Sales {
    fn routes(&self) -> fn(Db) -> Routes {
        saleapp::routes
    }

    fn path(&self) -> &'static str {
        "/v1/sales"
    }

    fn ground(&self) -> &'static str {
        FILMS
    }

    fn reader(&self) -> Option<Role> {
        Some(Role::Support)
    }

    async fn fill(&self, api: &Api, items: usize) {
        let buyers = [buyer(api).await, types::UserId::new()];
        // Two lines each.
        for number in 0..items / 2 {
            let (first, copies) = (1 + number % 4 * 3, 1 + number as i64 % 3);
            order(api, buyers[number % 2], &[(first, copies), (first + 3, 1)]).await;
        }
        api.spoil("UPDATE orders SET status = 'paid' WHERE total_amount % 2 = 0").await;
    }

    fn sorts(&self) -> &'static [Sort] {
        &[Sort { name: "amount", pointer: "/amount/amount" }, Sort { name: "created_at", pointer: "/created_at" }]
    }

    fn filters(&self) -> &'static [Filter] {
        &[
            Filter { query: "status=paid", selects: |sale| sale["status"] == "paid" },
            Filter { query: "status=pending&status=refunded", selects: |sale| sale["status"] == "pending" },
            Filter {
                query: "movie_id=00000000-0000-0000-0000-000000000004",
                selects: |sale| sale["movie"]["id"] == film(4).to_string(),
            },
            Filter { query: "q=%3D1%2B1%40EXAMPLE", selects: |sale| sale["buyer"]["email"] == "=1+1@example.com" },
            Filter { query: "amount_from=1000", selects: |sale| sale["amount"]["amount"].as_i64().unwrap() >= 1000 },
            Filter { query: "amount_to=1000", selects: |sale| sale["amount"]["amount"].as_i64().unwrap() <= 1000 },
            Filter { query: "total_from=1500", selects: |sale| sale["total"]["amount"].as_i64().unwrap() >= 1500 },
            Filter { query: "total_to=1500", selects: |sale| sale["total"]["amount"].as_i64().unwrap() <= 1500 },
            Filter {
                query: "amount_to=1000&from=2000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z&currency=USD",
                selects: |sale| sale["amount"]["amount"].as_i64().unwrap() <= 1000,
            },
        ]
    }

    fn invalid_queries(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("status=sold", "status"),
            ("status=", "status"),
            ("status=paid&status=paid", "status"),
            ("movie_id=1", "movie_id"),
            ("buyer=ada", "buyer"),
            ("q=ad", "q"),
            ("from=yesterday", "from"),
            ("to=2026-01-01", "to"),
            ("amount_from=-1", "amount_from"),
            ("amount_to=1.5", "amount_to"),
            ("total_from=-1", "total_from"),
            ("total_to=x", "total_to"),
            ("currency=usd", "currency"),
            ("by=film", "by"),
        ]
    }
}

impl List for Totals {
    fn routes(&self) -> fn(Db) -> Routes {
        saleapp::routes
    }

    fn path(&self) -> &'static str {
        "/v1/sales/totals"
    }

    fn ground(&self) -> &'static str {
        FILMS
    }

    fn scope(&self) -> &'static str {
        "by=film"
    }

    fn reader(&self) -> Option<Role> {
        Some(Role::Admin)
    }

    /// A film each, sold once or twice.
    async fn fill(&self, api: &Api, items: usize) {
        let buyer = buyer(api).await;
        for number in 1..=items {
            for _ in 0..=number % 2 {
                order(api, buyer, &[(number, 1 + number as i64 % 4)]).await;
            }
        }
        api.spoil("UPDATE orders SET status = 'paid'").await;
    }

    fn sorts(&self) -> &'static [Sort] {
        &[
            Sort { name: "amount", pointer: "/amount" },
            Sort { name: "copies", pointer: "/copies" },
            Sort { name: "orders", pointer: "/orders" },
        ]
    }

    fn filters(&self) -> &'static [Filter] {
        &[
            Filter { query: "currency=EUR", selects: |total| total["currency"] == "EUR" },
            Filter {
                query: "movie_id=00000000-0000-0000-0000-000000000004",
                selects: |total| total["movie"]["id"] == film(4).to_string(),
            },
            Filter {
                query: "status=paid&total_from=1520",
                selects: |total| total["amount"].as_i64().unwrap() / total["orders"].as_i64().unwrap() >= 1520,
            },
        ]
    }

    fn invalid_queries(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("by=month", "by"),
            ("status=sold", "status"),
            ("sort=month", "sort"),
            ("sort=-orders,month", "sort"),
            ("q=ad", "q"),
        ]
    }
}
