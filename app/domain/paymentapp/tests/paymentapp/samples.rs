//! A shop, a buyer, a provider.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use apitest::{Answer, Api, Request, Standing};
use cards::webhook::Secret;
use cards::{Charge, NewCharge, Period, Provider, Token};
use cardsim::{Options, Server};
use chrono::TimeDelta;
use orderbus::{NewItem, NewOrder, Order, Quantity};
use outbound::{Call, Client, Method, Url};
use secrecy::SecretString;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use types::{Currency, Money, MovieId, PaymentId, Role, Scope};
use userbus::User;
use walletbus::Movement;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An API with its provider; both end with it.
pub(crate) struct Shop {
    pub(crate) api: Api,
    pub(crate) buyer: User,
    pub(crate) orders: orderbus::Business,
    pub(crate) payments: paymentbus::Business,
    pub(crate) wallets: walletbus::Business,
    pub(crate) provider: Provider,
    provider_url: String,
    _running: JoinSet<()>,
}

pub(crate) async fn shop(instances: usize) -> Shop {
    let (key, secret) = (SecretString::from("key"), secret());
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::bind(Options { listen, key: key.clone(), secret: secret.clone(), notify: None }).unwrap();
    let (provider_url, notify) = (server.url(), server.target());
    let provider = Provider::new(&provider_url, key).unwrap();
    let mut running = JoinSet::new();
    running.spawn(async move { server.run(CancellationToken::new()).await.unwrap() });
    let api = Api::start(instances, |db| {
        let payments = paymentbus::Business::new(db.clone(), Some(provider.clone()));
        paymentapp::routes(db, payments, Some(secret.clone()))
    })
    .await;
    let target = Url::parse(&format!("http://{}/v1/payments/notices", api.address(instances - 1))).unwrap();
    notify.send_replace(Some(target));
    api.spoil(include_str!("../../../../../business/domain/moviebus/tests/ground.sql")).await;
    api.spoil("UPDATE movies SET stock = 1000").await;
    Shop {
        buyer: api.add("buyer@example.com", &[Role::Customer], Standing::Active).await,
        orders: orderbus::Business::new(api.db().clone()),
        payments: paymentbus::Business::new(api.db().clone(), Some(provider.clone())),
        wallets: walletbus::Business::new(api.db().clone()),
        provider,
        provider_url,
        api,
        _running: running,
    }
}

pub(crate) fn secret() -> Secret {
    Secret::parse(&SECRET.to_owned().into()).unwrap()
}

pub(crate) fn cents(amount: i64) -> Money {
    Money { amount, currency: Currency::USD }
}

/// All of the test, and a little around it.
pub(crate) fn today() -> Period {
    let now = types::now();
    Period { from: now - TimeDelta::hours(1), before: now + TimeDelta::hours(1) }
}

/// Asks until the answer is what is waited for: what it depends on has its own time.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(ask: impl Fn() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "it should have happened by now");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Shop {
    /// An order of the buyer's of one copy, of 999 cents.
    pub(crate) async fn order(&self) -> Order {
        self.order_of(&self.buyer).await
    }

    pub(crate) async fn order_of(&self, user: &User) -> Order {
        let film = MovieId::parse("00000000-0000-7000-8000-000000000001").unwrap();
        let item = NewItem { movie_id: film, quantity: Quantity::parse(1).unwrap() };
        self.orders.create(user.id, &NewOrder::parse(vec![item]).unwrap()).await.unwrap()
    }

    pub(crate) async fn fill(&self, amount: i64) {
        self.wallets.post(Movement::Deposit(self.buyer.id), PaymentId::new(), cents(amount)).await.unwrap();
    }

    pub(crate) fn post(&self, path: impl Into<String>, body: &Value) -> Request<'_> {
        self.api.post(path).bearer(&self.api.token_of(&self.buyer)).json(body)
    }

    pub(crate) fn get(&self, path: impl Into<String>) -> Request<'_> {
        self.api.get(path).bearer(&self.api.token_of(&self.buyer))
    }

    pub(crate) fn pay(&self, order: &Order, body: &Value) -> Request<'_> {
        self.post(format!("/v1/orders/{}/payment", order.id), body)
    }

    pub(crate) async fn status(&self, order: &Order) -> orderbus::Status {
        self.orders.query_by_id(Scope::Any, order.id).await.unwrap().status
    }

    /// Waits until the order has this status.
    pub(crate) async fn until(&self, order: &Order, status: orderbus::Status) {
        eventually(|| async { (self.status(order).await == status).then_some(()) }).await;
    }

    /// What the buyer can spend.
    pub(crate) async fn available(&self) -> i64 {
        let balances = self.wallets.balances(self.buyer.id).await.unwrap();
        balances.first().map_or(0, |balance| balance.available.amount)
    }

    /// What the accounts of the house hold: card, refunds, sales.
    pub(crate) async fn house(&self) -> [i64; 3] {
        let audit = self.wallets.audit().await.unwrap();
        assert!(audit.is_right(), "{audit:?}");
        ["card", "refunds", "sales"]
            .map(|kind| audit.totals.iter().find(|(found, _)| found == kind).map_or(0, |(_, total)| total.amount))
    }

    /// What the provider has.
    pub(crate) async fn charges(&self) -> Vec<Charge> {
        self.provider.charges(today(), None).await.unwrap()
    }

    /// A charge that nobody here asked for.
    pub(crate) async fn charge(&self, reference: PaymentId, amount: i64, token: &str) -> Charge {
        let new = NewCharge { reference, amount: cents(amount), token: Token::parse(token).unwrap() };
        self.provider.charge(&new).await.unwrap()
    }

    /// Lets the provider play.
    pub(crate) async fn play(&self, mood: &Value) {
        let call = Call::new(Method::PUT, Url::parse(&format!("{}/sandbox", self.provider_url)).unwrap())
            .header("content-type", "application/json")
            .unwrap()
            .body(mood.to_string());
        let client = Client::new(outbound::Options::default()).unwrap();
        let answer = client.call(call, tokio::time::Instant::now() + Duration::from_secs(5)).await.unwrap();
        assert_eq!(answer.status, 204);
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        self.api.count(sql).await
    }
}

/// A payment that failed, and why.
pub(crate) fn failed(answer: Answer, reason: &str) {
    let problem = answer.problem(409, "conflict").json();
    assert_eq!(problem["detail"], format!("the payment failed: {reason}"));
}
