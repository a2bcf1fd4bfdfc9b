//! What the general rules need to know about the list of audits.

use apitest::{Api, Filter, List, Sort};
use changes::{Action, Actor, Origin};
use mux::Routes;
use sqldb::Db;
use types::Role;
use uuid::Uuid;

use crate::changed::{ThingId, ada, change};

pub(crate) struct Audits;

impl List for Audits {
    fn routes(&self) -> fn(Db) -> Routes {
        auditapp::routes
    }

    fn path(&self) -> &'static str {
        "/v1/audits"
    }

    /// The users of the test left audits, too.
    fn scope(&self) -> &'static str {
        "entity=thing"
    }

    fn reader(&self) -> Option<Role> {
        Some(Role::Admin)
    }

    async fn fill(&self, api: &Api, items: usize) {
        for number in 0..items {
            let origin = match number % 4 {
                0 => ada(),
                1 => Origin { address: Some("2001:db8::1".parse().unwrap()), ..Origin::new(Actor::Anonymous) },
                2 => Origin::new(Actor::Operator("grace".to_owned())),
                _ => Origin::system("jobs"),
            };
            let action = [Action::CREATED, Action::UPDATED, Action::DELETED][number % 3];
            change(api, origin, ThingId::restore(Uuid::from_u128(number as u128 % 6)), action).await;
        }
    }

    fn sorts(&self) -> &'static [Sort] {
        &[Sort { name: "occurred_at", pointer: "/occurred_at" }]
    }

    fn filters(&self) -> &'static [Filter] {
        &[
            Filter {
                query: "entity_id=00000000-0000-0000-0000-000000000003",
                selects: |audit| audit["entity_id"] == "00000000-0000-0000-0000-000000000003",
            },
            Filter { query: "action=deleted", selects: |audit| audit["action"] == "deleted" },
            Filter { query: "actor=anonymous", selects: |audit| audit["actor"]["kind"] == "anonymous" },
            Filter { query: "actor=user", selects: |audit| audit["actor"]["kind"] == "user" },
            Filter { query: "actor=operator", selects: |audit| audit["actor"]["name"] == "grace" },
            Filter { query: "actor=system", selects: |audit| audit["actor"]["name"] == "jobs" },
            Filter {
                query: "actor_id=00000000-0000-0000-0000-000000000007",
                selects: |audit| audit["actor"]["id"] == "00000000-0000-0000-0000-000000000007",
            },
            Filter {
                query: "trace_id=0af7651916cd43dd8448eb211c80319c",
                selects: |audit| audit["trace_id"] == "0af7651916cd43dd8448eb211c80319c",
            },
            Filter { query: "address=192.0.2.1", selects: |audit| audit["address"] == "192.0.2.1" },
            Filter { query: "address=2001:DB8:0::1", selects: |audit| audit["address"] == "2001:db8::1" },
            Filter {
                query: "action=updated&actor=system&from=2000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
                selects: |audit| audit["action"] == "updated" && audit["actor"]["kind"] == "system",
            },
        ]
    }

    fn invalid_queries(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("entity=Movie&actor=user", "entity"),
            ("entity_id=7", "entity_id"),
            ("action=", "action"),
            ("actor=robot", "actor"),
            ("actor=user&actor=system", "actor"),
            ("actor_id=ada", "actor_id"),
            ("trace_id=0AF7651916CD43DD8448EB211C80319C", "trace_id"),
            ("address=192.0.2.256", "address"),
            ("address=example.com", "address"),
            ("from=yesterday", "from"),
            ("to=2026-01-01", "to"),
        ]
    }
}
