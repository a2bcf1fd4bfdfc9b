//! The general rules of lists, kept by sessions.

use std::path::Path;

use apitest::{Api, Filter, List, Sort};
use auth::Authenticator;
use brakes::Brakes;
use keystore::KeyStore;
use mux::Routes;
use sessionbus::Device;
use sqldb::Db;
use types::{Email, Role, Scope};
use userbus::Business;

apitest::conformance_of_list!(crate::conformance::Sessions);

/// The sessions of one customer, beside those of another.
pub(crate) struct Sessions;

impl List for Sessions {
    fn routes(&self) -> fn(Db) -> Routes {
        |db| {
            // Nobody signs in here.
            let keys = KeyStore::open(Path::new("/nonexistent")).unwrap();
            let settings =
                auth::Settings { issuer: String::new(), audience: String::new(), access_ttl: Default::default() };
            let users = Business::new(db.clone());
            let authenticator = Authenticator::new(keys, settings, users.clone(), &db);
            authapp::routes(db, authenticator, users, Brakes::off())
        }
    }

    fn path(&self) -> &'static str {
        "/v1/auth/sessions"
    }

    fn reader(&self) -> Option<Role> {
        Some(Role::Customer)
    }

    async fn fill(&self, api: &Api, items: usize) {
        let (users, sessions) = (Business::new(api.db().clone()), sessionbus::Business::new(api.db().clone()));
        for (email, count) in [("customer-0@example.com", items), ("customer-1@example.com", 3)] {
            let email = Email::parse(email).unwrap();
            let user = users.query_by_email(Scope::Any, &email).await.unwrap();
            for _ in 0..count {
                sessions.create(user.id, Device::default()).await.unwrap();
            }
        }
    }

    fn sorts(&self) -> &'static [Sort] {
        &[Sort { name: "created_at", pointer: "/created_at" }, Sort { name: "last_used_at", pointer: "/last_used_at" }]
    }

    fn filters(&self) -> &'static [Filter] {
        &[]
    }

    fn invalid_queries(&self) -> &'static [(&'static str, &'static str)] {
        &[("user_id=01900000-0000-7000-8000-000000000001", "user_id"), ("current=true", "current")]
    }
}
