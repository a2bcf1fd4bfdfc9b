//! People with wallets.

use std::sync::Arc;

use apitest::{Api, Request, Standing};
use peers::Local;
use serde_json::{Value, json};
use types::{Currency, Money, PaymentId, Role};
use userbus::User;
use walletbus::Movement;

/// Two people on some instances.
pub(crate) struct People {
    pub(crate) api: Api,
    pub(crate) ada: User,
    pub(crate) bob: User,
    pub(crate) wallets: walletbus::Business,
}

pub(crate) async fn people(instances: usize) -> People {
    let api = Api::start_with(instances, auth::STATE_LIFETIME, |instance| {
        vec![walletapp::routes(instance.db, Arc::new(Local::new(instance.users)))]
    })
    .await;
    People {
        ada: api.add("ada@example.com", &[Role::Customer], Standing::Active).await,
        bob: api.add("bob@example.com", &[Role::Support], Standing::Active).await,
        wallets: walletbus::Business::new(api.db().clone()),
        api,
    }
}

pub(crate) fn dollars(amount: i64) -> Money {
    Money { amount, currency: Currency::USD }
}

pub(crate) fn transfer(to: &User, amount: i64) -> Value {
    json!({"to": to.id.to_string(), "amount": {"amount": amount, "currency": "USD"}})
}

impl People {
    pub(crate) async fn fill(&self, user: &User, money: Money) {
        self.wallets.post(Movement::Deposit(user.id), PaymentId::new(), money).await.unwrap();
    }

    pub(crate) fn get(&self, by: &User, path: &str) -> Request<'_> {
        self.api.get(path).bearer(&self.api.token_of(by))
    }

    pub(crate) fn send(&self, by: &User, body: &Value) -> Request<'_> {
        self.api.post("/v1/wallet/transfers").bearer(&self.api.token_of(by)).json(body)
    }

    /// What somebody can spend, in dollars' cents.
    pub(crate) async fn available(&self, user: &User) -> i64 {
        let balances = self.wallets.balances(user.id).await.unwrap();
        let dollars = balances.iter().find(|balance| balance.available.currency == Currency::USD);
        dollars.map_or(0, |balance| balance.available.amount)
    }
}
