//! Processes and a database that are killed while people buy and pay: one order, one payment, one charge, one event for each
//! key, and books that add up at every moment.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cards::{Charge, Period, Provider};
use chrono::TimeDelta;
use orderbus::{Order, QueryFilter};
use paging::{OrderBy, Page, Position};
use paymentbus::Payment;
use reqwest::Client;
use serde_json::{Value, json};
use sqldb::Db;
use tempfile::TempDir;
use tokio::task::JoinSet;
use types::{Currency, Money, PaymentId, Role, Scope, UserId};
use uuid::Uuid;
use walletbus::Movement;

use crate::kills::{Addresses, kill_one, kills, random, show};
use crate::process::{Setup, eventually};
use crate::shop::{add_film, new_user, token_of};

/// How long a purchase may take, kills and all.
const LAST: Duration = Duration::from_secs(120);

/// What everybody has at first, in cents.
const MONEY: i64 = 1_000_000_000;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How people pay, in turn.
const WAYS: [&str; 6] = ["wallet", "tok_visa", "tok_lost", "tok_pending", "wallet", "tok_declined"];

/// The provider that charges nobody, as a program of its own. It is killed with this value.
struct Cards {
    program: Child,
    url: String,
}

impl Cards {
    fn start() -> Self {
        let arguments = ["--listen", "127.0.0.1:0", "--key", "key", "--secret", SECRET];
        let mut program =
            Command::new(apitest::program("cardsim")).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("cardsim: ready on ").unwrap().to_owned();
        Self { program, url }
    }

    fn provider(&self) -> Provider {
        Provider::new(&self.url, "key".to_owned().into()).unwrap()
    }

    /// Sends notices to a process that lives.
    async fn notify(&self, addresses: &Addresses) {
        let Some(address) = addresses.lock().unwrap().first().cloned() else { return };
        let body = json!({"notify": format!("{address}/v1/payments/notices")});
        let client = Client::builder().no_proxy().build().unwrap();
        client.put(format!("{}/sandbox", self.url)).json(&body).send().await.unwrap();
    }

    async fn charges(&self) -> Vec<Charge> {
        let now = types::now();
        let period = Period { from: now - TimeDelta::hours(2), before: now + TimeDelta::hours(1) };
        let (provider, mut charges) = (self.provider(), Vec::<Charge>::new());
        loop {
            let page = provider.charges(period, charges.last().map(|charge| &charge.id)).await.unwrap();
            let is_last = page.len() < cards::PAGE;
            charges.extend(page);
            if is_last {
                return charges;
            }
        }
    }
}

impl Drop for Cards {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// A database with people who have money.
struct Place {
    url: String,
    db: Db,
    keys: TempDir,
    users: userbus::Business,
    cards: Cards,
}

/// What somebody bought: the order, and how the payment ended.
struct Bought {
    order_id: Uuid,
    is_paid: bool,
    /// How often a request had to be sent again.
    again: u64,
}

impl Place {
    fn at(url: String) -> Self {
        let limits = sqldb::Settings { max_connections: 4, min_connections: 0, ..sqldb::Settings::default() };
        let db = Db::open(&url, limits).unwrap();
        let users = userbus::Business::new(db.clone());
        Self { url, db, keys: crate::folder::keys(), users, cards: Cards::start() }
    }

    fn setup(&self) -> Setup {
        let setup = Setup::production(&self.url, self.keys.path());
        let setup = setup.with("payments.provider_url", &self.cards.url).with("payments.provider_key", "key");
        setup.with("payments.notice_secret", SECRET).with("limits.enabled", "false")
    }

    async fn somebody(&self, name: &str, role: Role) -> (UserId, String) {
        let user = new_user(&self.users, &format!("{name}@example.com"), "correct horse battery", role).await;
        (user.id, token_of(&self.keys, &self.users, &self.db, &user))
    }

    /// Lets people buy until the flag says stop.
    async fn buyers(&self, film: &str, addresses: &Addresses, stop: &Arc<AtomicBool>) -> JoinSet<Vec<Bought>> {
        let wallets = walletbus::Business::new(self.db.clone());
        let mut people = JoinSet::new();
        for number in 0..4 {
            let (id, token) = self.somebody(&format!("buyer-{number}"), Role::Customer).await;
            let money = Money { amount: MONEY, currency: Currency::USD };
            wallets.post(Movement::Deposit(id), PaymentId::new(), money).await.unwrap();
            let body = json!({"items": [{"movie_id": film, "quantity": 1}]});
            people.spawn(buy(number, token, body, Arc::clone(addresses), Arc::clone(stop)));
        }
        people
    }

    /// Adds the ledger up again and again, until the flag says stop; how often it could.
    fn auditor(&self, stop: &Arc<AtomicBool>) -> JoinSet<u64> {
        let (wallets, stop) = (walletbus::Business::new(self.db.clone()), Arc::clone(stop));
        let mut auditor = JoinSet::new();
        auditor.spawn(async move {
            let mut looks = 0;
            while !stop.load(Ordering::Relaxed) {
                match wallets.audit().await {
                    Ok(audit) => {
                        assert!(audit.is_right(), "{audit:?}");
                        looks += 1;
                    }
                    // The database is being killed.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
            looks
        });
        auditor
    }

    async fn all_orders(&self) -> Vec<Order> {
        let (orders, mut page) = (orderbus::Business::new(self.db.clone()), Page::first(100));
        let mut all = Vec::new();
        loop {
            let order_by = OrderBy::new(orderbus::DEFAULT_ORDER);
            let slice = orders.query(Scope::Any, &QueryFilter::default(), order_by, &page).await.unwrap();
            all.extend(slice.items);
            let Some(next) = slice.next else { return all };
            page.position = Position::After(next);
        }
    }

    /// Compares what people were told with what is there.
    async fn compare(&self, bought: &[Bought]) {
        let is_open = |charge: &Charge| charge.status == cards::Status::Pending;
        let decided = eventually(LAST, async || (!self.cards.charges().await.iter().any(is_open)).then_some(()));
        assert!(decided.await.is_some(), "the provider takes its time for some");
        let payments = paymentbus::Business::new(self.db.clone(), Some(self.cards.provider()));
        while payments.look_after(types::now() + TimeDelta::minutes(1)).await.unwrap() > 0 {}
        let orders = self.all_orders().await;
        let told: HashSet<Uuid> = bought.iter().map(|bought| bought.order_id).collect();
        assert_eq!(told.len(), bought.len(), "no two keys have one order");
        assert_eq!(orders.iter().map(|order| order.id.uuid()).collect::<HashSet<_>>(), told, "nobody was told of less");

        let mut of_cards = HashSet::new();
        let (mut sales, mut by_wallet) = (0, 0);
        for order in &orders {
            let bought = bought.iter().find(|bought| bought.order_id == order.id.uuid()).unwrap();
            let payment: Payment = payments.query_by_order(Scope::Any, order.id).await.unwrap();
            let expected = match bought.is_paid {
                true => (orderbus::Status::Paid, paymentbus::Status::Succeeded),
                false => (orderbus::Status::Pending, paymentbus::Status::Failed),
            };
            assert_eq!((order.status, payment.status), expected, "{payment:?}");
            if payment.method == paymentbus::MethodKind::Card {
                of_cards.insert(payment.id.uuid());
            } else if bought.is_paid {
                by_wallet += order.total.amount;
            }
            sales += if bought.is_paid { order.total.amount } else { 0 };
        }
        let charges = self.cards.charges().await;
        assert_eq!(charges.len(), of_cards.len(), "one charge for each payment by card");
        assert_eq!(charges.iter().map(|charge| charge.reference.uuid()).collect::<HashSet<_>>(), of_cards);
        let audit = walletbus::Business::new(self.db.clone()).audit().await.unwrap();
        assert!(audit.is_right(), "{audit:?}");
        let total =
            |kind: &str| audit.totals.iter().find(|(found, _)| found == kind).map_or(0, |(_, total)| total.amount);
        assert_eq!(total("sales"), sales);
        assert_eq!((total("wallet"), total("held")), (4 * MONEY - by_wallet, 0));
        assert_eq!(total("card"), -(4 * MONEY + sales - by_wallet));
        let report = payments
            .reconcile(Period { from: types::now() - TimeDelta::hours(2), before: types::now() + TimeDelta::hours(1) })
            .await
            .unwrap();
        assert!(report.is_right() && report.settled.is_empty(), "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_when_each_key_is_one_order_one_payment_one_charge() {
    let database = dbtest::Database::new().await;
    let place = Place::at(database.url().to_owned());
    let setup = place.setup();
    let mut processes = vec![setup.ready().await, setup.ready().await];
    let (_, editor) = place.somebody("editor", Role::Editor).await;
    let film = add_film(&processes[0], &editor, "Wanted by everybody").await;
    database.execute("UPDATE movies SET stock = 1000000").await;
    let (addresses, stop) = (Addresses::default(), Arc::new(AtomicBool::new(false)));
    show(&addresses, &processes);
    place.cards.notify(&addresses).await;
    let people = place.buyers(film.rsplit('/').next().unwrap(), &addresses, &stop).await;
    let mut auditor = place.auditor(&stop);

    let (kills, start) = (kills("PAYMENTS_TEST_KILLS"), Instant::now());
    for _ in 0..kills {
        tokio::time::sleep(random(10..400)).await;
        kill_one(&mut processes, &addresses, &setup).await;
        place.cards.notify(&addresses).await;
    }
    let killing = start.elapsed();
    stop.store(true, Ordering::Relaxed);
    let bought: Vec<Bought> = people.join_all().await.into_iter().flatten().collect();
    let looks = auditor.join_next().await.unwrap().unwrap();
    for process in processes {
        process.stop().await;
    }
    place.compare(&bought).await;
    let told = "SELECT count(*)::bigint FROM events WHERE entity = 'payment' AND action = 'created'";
    assert_eq!(database.count(told).await, i64::try_from(bought.len()).unwrap(), "one event for each");
    let again: u64 = bought.iter().map(|bought| bought.again).sum();
    println!("{kills} kills in {killing:?}: {} purchases, {again} requests sent again, {looks} audits", bought.len());
}

/// The way back is a job's: the admin is answered at once, and the money goes when the provider takes it.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_takes_back_is_sent_to_the_card_by_a_job() {
    let database = dbtest::Database::new().await;
    let place = Place::at(database.url().to_owned());
    let process = place.setup().ready().await;
    let (_, editor) = place.somebody("editor", Role::Editor).await;
    let (_, admin) = place.somebody("admin", Role::Admin).await;
    let (_, buyer) = place.somebody("buyer", Role::Customer).await;
    let film = add_film(&process, &editor, "Not what it seemed").await;
    database.execute("UPDATE movies SET stock = 1").await;
    let addresses = Addresses::default();
    show(&addresses, std::slice::from_ref(&process));
    let client = Client::builder().no_proxy().build().unwrap();
    let order = json!({"items": [{"movie_id": film.rsplit('/').next().unwrap(), "quantity": 1}]});
    let ((_, order), _) = definite(&client, &addresses, &buyer, "/v1/orders", &order).await;
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    let card = json!({"method": "card", "token": "tok_visa"});
    let ((status, _), _) = definite(&client, &addresses, &buyer, &format!("{path}/payment"), &card).await;
    assert_eq!(status, 201);
    let refund = client.post(format!("{}{path}/refund", process.url)).bearer_auth(&admin).send().await.unwrap();
    assert_eq!(refund.json::<Value>().await.unwrap()["status"], "refunded");
    let returned = eventually(LAST, async || {
        let charges = place.cards.charges().await;
        (charges[0].status == cards::Status::Refunded).then_some(())
    });
    assert!(returned.await.is_some(), "the money should be sent back");
    let settled = eventually(LAST, async || {
        let payment = client.get(format!("{}{path}/payment", process.url)).bearer_auth(&buyer).send().await.unwrap();
        (payment.json::<Value>().await.unwrap()["status"] == "refunded").then_some(())
    });
    assert!(settled.await.is_some(), "and be written down");
    process.stop().await;
    assert_eq!(database.count("SELECT stock::bigint FROM movies").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_database_is_killed_no_money_is_lost_and_none_is_made() {
    let mut cluster = dbtest::private_cluster().await;
    let place = Place::at(cluster.migrated("shop").await);
    let setup = place.setup();
    let processes = vec![setup.ready().await, setup.ready().await];
    let (_, editor) = place.somebody("editor", Role::Editor).await;
    let film = add_film(&processes[0], &editor, "Wanted by everybody").await;
    cluster.cluster().query("shop", "UPDATE movies SET stock = 1000000").unwrap();
    let (addresses, stop) = (Addresses::default(), Arc::new(AtomicBool::new(false)));
    show(&addresses, &processes);
    place.cards.notify(&addresses).await;
    let people = place.buyers(film.rsplit('/').next().unwrap(), &addresses, &stop).await;
    let mut auditor = place.auditor(&stop);

    let (kills, start) = (kills("DATABASE_TEST_KILLS").div_ceil(2), Instant::now());
    for _ in 0..kills {
        tokio::time::sleep(random(300..1200)).await;
        cluster.kill();
        cluster.restart().await;
    }
    tokio::time::sleep(random(300..1200)).await;
    let killing = start.elapsed();
    stop.store(true, Ordering::Relaxed);
    let bought: Vec<Bought> = people.join_all().await.into_iter().flatten().collect();
    let looks = auditor.join_next().await.unwrap().unwrap();
    for process in processes {
        process.stop().await;
    }
    place.compare(&bought).await;
    let again: u64 = bought.iter().map(|bought| bought.again).sum();
    println!("{kills} kills in {killing:?}: {} purchases, {again} requests sent again, {looks} audits", bought.len());
}

/// Buys one thing after another, each under keys of its own that are sent until the answer is definite.
async fn buy(number: usize, token: String, order: Value, addresses: Addresses, stop: Arc<AtomicBool>) -> Vec<Bought> {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
    let mut bought = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let (answer, first) = definite(&client, &addresses, &token, "/v1/orders", &order).await;
        assert_eq!(answer.0, 201, "{}", answer.1);
        let id = answer.1["id"].as_str().unwrap().to_owned();
        let payment = match WAYS[(number + bought.len()) % WAYS.len()] {
            "wallet" => json!({"method": "wallet"}),
            token => json!({"method": "card", "token": token}),
        };
        let path = format!("/v1/orders/{id}/payment");
        let ((status, answer), second) = definite(&client, &addresses, &token, &path, &payment).await;
        let is_paid = status == 201;
        assert!(is_paid || answer["detail"] == "the payment failed: card_declined", "{status}: {answer}");
        assert_eq!(is_paid, payment["token"] != "tok_declined");
        bought.push(Bought { order_id: id.parse().unwrap(), is_paid, again: first + second });
    }
    bought
}

/// The definite answer to a request under one key, and how often it had to be sent again.
async fn definite(
    client: &Client,
    addresses: &Addresses,
    token: &str,
    path: &str,
    body: &Value,
) -> ((u16, Value), u64) {
    let (key, start) = (Uuid::now_v7().to_string(), Instant::now());
    for again in 0_u64.. {
        assert!(start.elapsed() < LAST, "{path} should come to an end");
        let url = {
            let addresses = addresses.lock().unwrap();
            addresses[usize::try_from(again).unwrap() % addresses.len()].clone()
        };
        let request = client.post(format!("{url}{path}")).bearer_auth(token).header("idempotency-key", &key);
        let Ok(response) = request.json(body).send().await else { continue };
        let (status, is_busy) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
        let Ok(answer) = response.json::<Value>().await else { continue };
        match status {
            // In flight somewhere, turned away, or late: what became of it is unknown.
            503 | 504 => tokio::time::sleep(random(1..20)).await,
            409 if is_busy => tokio::time::sleep(random(1..20)).await,
            _ => return ((status, answer), again),
        }
    }
    unreachable!("it ends before")
}
