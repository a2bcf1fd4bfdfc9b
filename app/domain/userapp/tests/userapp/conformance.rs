//! The general rules of lists, kept by users.

use apitest::{Api, Filter, List, Sort, Standing};
use brakes::Brakes;
use mux::Routes;
use sqldb::Db;
use types::{Name, Role};
use userbus::{Business, UpdateUser};

apitest::conformance_of_list!(crate::conformance::Users);

/// Users, with names, roles and states that repeat.
pub(crate) struct Users;

impl List for Users {
    fn routes(&self) -> fn(Db) -> Routes {
        |db| userapp::routes(db.clone(), Business::new(db), Brakes::off())
    }

    fn path(&self) -> &'static str {
        "/v1/users"
    }

    /// The usual users of a test have other addresses.
    fn scope(&self) -> &'static str {
        "email=%40listed.example"
    }

    fn reader(&self) -> Option<Role> {
        Some(Role::Admin)
    }

    async fn fill(&self, api: &Api, items: usize) {
        let business = Business::new(api.db().clone());
        for number in 0..items {
            let roles = [&[Role::Editor][..], &[Role::Customer], &[Role::Customer, Role::Support], &[]][number % 4];
            let standing = if number % 3 == 0 { Standing::Disabled } else { Standing::Active };
            // Later ones first in the alphabet.
            let email = format!("user-{:02}@listed.example", items - number);
            let user = api.add(&email, roles, standing).await;
            let name = Name::parse(["Édith", "edith", "Grace Hopper", "Ada"][number % 4]).unwrap();
            business.update(&user, UpdateUser { name: Some(name), ..UpdateUser::default() }).await.unwrap();
        }
    }

    fn sorts(&self) -> &'static [Sort] {
        // Not by name: accents count for nothing there, which `list.rs` shows.
        &[Sort { name: "email", pointer: "/email" }, Sort { name: "created_at", pointer: "/created_at" }]
    }

    fn filters(&self) -> &'static [Filter] {
        &[
            Filter { query: "name=EDITH", selects: |user| user["name"] == "Édith" || user["name"] == "edith" },
            Filter { query: "name=hop", selects: |user| user["name"] == "Grace Hopper" },
            Filter { query: "role=customer", selects: |user| user["roles"].to_string().contains("customer") },
            Filter { query: "role=editor", selects: |user| user["roles"].to_string().contains("editor") },
            Filter { query: "enabled=false", selects: |user| user["enabled"] == false },
            Filter { query: "enabled=true", selects: |user| user["enabled"] == true },
            Filter {
                query: "name=a&role=customer&enabled=true",
                selects: |user| {
                    let name = user["name"].as_str().unwrap_or_default().to_lowercase();
                    name.contains('a') && user["roles"].to_string().contains("customer") && user["enabled"] == true
                },
            },
        ]
    }

    fn invalid_queries(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("name=", "name"),
            ("name=%20", "name"),
            ("name=a&name=b", "name"),
            ("role=owner", "role"),
            ("role=Admin", "role"),
            ("enabled=maybe", "enabled"),
            ("enabled=1", "enabled"),
            ("password=x", "password"),
        ]
    }
}
