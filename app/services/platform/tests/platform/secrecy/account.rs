//! The secrets of an account, through all that may become of it.

use std::collections::BTreeSet;

use otlptest::Collector;
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use types::Role;

use crate::answer::{Answer, get, request, send};
use crate::process::{PATIENCE, Process, eventually};
use crate::secrecy::search::Told;
use crate::shop::Shop;

const FIRST: &str = "canary/\"first\"+pass phrase?";
const SECOND: &str = "canary=second&pass%phrase";
const THIRD: &str = "canary<third>pass\\phrase";
const WRONG: &str = "canary;wrong pass$phrase";
const EMAIL: &str = "nightingale@secret.example";
const NAME: &str = "Florence Nightingale-Canary";

/// A client that remembers what was refused, and every secret that it has seen.
struct Visitor<'a> {
    process: &'a Process,
    shop: &'a Shop,
    refusals: String,
    secrets: BTreeSet<String>,
}

impl Visitor<'_> {
    async fn post(&mut self, path: &str, token: Option<&str>, body: Value) -> Answer {
        let mut post = request(Method::POST, format!("{}{path}", self.process.url)).json(&body);
        if let Some(token) = token {
            post = post.bearer_auth(token);
        }
        let answer = send(post).await;
        if answer.status >= 400 {
            self.refusals.push_str(&format!("{answer:?}\n"));
        }
        answer
    }

    /// Signs in or goes on with a session: the access token, the refresh token.
    async fn tokens(&mut self, path: &str, body: Value) -> [String; 2] {
        let answer = self.post(path, None, body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let tokens = ["access_token", "refresh_token"].map(|name| answer.json()[name].as_str().unwrap().to_owned());
        // The head and the claims of an access token are no secret; its signature makes it one.
        self.secrets.insert(tokens[0].rsplit('.').next().unwrap().to_owned());
        self.secrets.insert(tokens[1].clone());
        tokens
    }

    /// The token of the mail of this number, counted from 1, among those with a token.
    async fn mailed(&mut self, number: usize) -> String {
        let sql =
            format!("SELECT text FROM mails WHERE to_address = '{EMAIL}' AND text LIKE '%\"token\"%' ORDER BY mail_id");
        let mail =
            eventually(PATIENCE, async || self.shop.rows(&sql).into_iter().nth(number - 1)).await.expect("a mail");
        let token = mail.split_once("\"token\": \"").unwrap().1.split('"').next().unwrap().to_owned();
        self.secrets.insert(token.clone());
        token
    }

    /// All that may become of an account, and what goes wrong on the way.
    async fn live(&mut self) {
        let login = |password: &str| json!({ "email": EMAIL, "password": password });
        let registration = json!({ "name": NAME, "email": EMAIL, "password": FIRST });
        assert_eq!(self.post("/v1/users", None, registration.clone()).await.status, 202);
        let common = json!({ "name": NAME, "email": EMAIL, "password": EMAIL, "extra": WRONG });
        assert_eq!(self.post("/v1/users", None, common).await.status, 422);
        let activation = self.mailed(1).await;
        assert_eq!(self.post("/v1/auth/login", None, login(FIRST)).await.status, 401, "not activated");
        let token = json!({ "token": activation });
        assert_eq!(self.post("/v1/users/activation", None, token.clone()).await.status, 200);
        assert_eq!(self.post("/v1/users/activation", None, token).await.status, 422, "used");
        assert_eq!(self.post("/v1/auth/login", None, login(WRONG)).await.status, 401);

        let [_, refresh] = self.tokens("/v1/auth/login", login(FIRST)).await;
        let spent = json!({ "refresh_token": refresh });
        let [access, next] = self.tokens("/v1/auth/refresh", spent.clone()).await;
        assert_eq!(self.post("/v1/auth/refresh", None, spent).await.status, 401, "spent");
        assert_eq!(self.post("/v1/auth/refresh", None, json!({ "refresh_token": next })).await.status, 401, "ended");
        self.post("/v1/auth/logout", Some(&format!("{access}x")), json!({})).await.assert_problem(401);

        let [access, _] = self.tokens("/v1/auth/login", login(FIRST)).await;
        let me = send(request(Method::GET, format!("{}/v1/users/me", self.process.url)).bearer_auth(&access)).await;
        let path = format!("/v1/users/{}/password", me.json()["id"].as_str().unwrap());
        let change = |current: &str, new: &str| json!({ "current_password": current, "password": new });
        assert_eq!(self.post(&path, Some(&access), change(WRONG, SECOND)).await.status, 422);
        assert_eq!(self.post(&path, Some(&access), change(FIRST, EMAIL)).await.status, 422);
        assert_eq!(self.post(&path, Some(&access), change(FIRST, SECOND)).await.status, 204);

        let forgotten = self.post("/v1/users/password-reset-mail", None, json!({ "email": EMAIL })).await;
        assert_eq!(forgotten.status, 202);
        let reset = json!({ "token": self.mailed(2).await, "password": THIRD });
        assert_eq!(self.post("/v1/users/password-reset", None, reset.clone()).await.status, 204);
        assert_eq!(self.post("/v1/users/password-reset", None, reset).await.status, 422, "used");
        let [access, _] = self.tokens("/v1/auth/login", login(THIRD)).await;
        assert_eq!(self.post("/v1/auth/logout", Some(&access), json!({})).await.status, 204);
    }
}

/// A development process, which keeps the mails that it would send, with more to say than anybody should run with.
async fn started(shop: &Shop, collector: &Collector) -> Process {
    // With somebody in the database nothing is seeded.
    shop.user("somebody@example.com", "correct horse battery", Role::Customer).await;
    let setup = shop.setup().with("env", "development").with("mail.smtp_url", "").with("telemetry.log_filter", "debug");
    let setup = setup.with("telemetry.otlp_endpoint", &collector.endpoint).with("telemetry.sample_ratio", "1");
    setup.with("telemetry.service_name", "canary-service").ready().await
}

/// All that a process has said and kept, at its end.
async fn told(mut process: Process, shop: &Shop, collector: &Collector, refusals: &str) -> Told {
    let mut told = Told::default();
    told.add("answers", refusals);
    told.add("metrics", &get(format!("{}/metrics", process.debug)).await.body);
    process.signal(Signal::TERM);
    assert_eq!(process.ended().await, Some(0));
    told.add("log", &process.stdout());
    told.add("standard error", &process.stderr());
    told.add("traces", &collector.text());
    told.add_tables(shop);
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_an_account_is_said_or_kept_anywhere_but_in_its_mails() {
    let shop = Shop::new().await;
    let collector = Collector::start().await;
    let process = started(&shop, &collector).await;
    let mut visitor = Visitor {
        process: &process,
        shop: &shop,
        refusals: String::new(),
        secrets: [FIRST, SECOND, THIRD, WRONG].map(str::to_owned).into(),
    };
    visitor.live().await;
    let Visitor { refusals, secrets, .. } = visitor;
    let told = told(process, &shop, &collector, &refusals).await;

    // There was something to search.
    assert!(told.at("log").contains("/v1/users/password-reset") && told.at("traces").contains("/v1/auth/refresh"));
    assert!(told.at("table users").contains(EMAIL) && told.at("table events").contains("password"));
    assert!(told.at("table audits").contains("password"));
    for secret in &secrets {
        assert!(secret.starts_with("canary") || secret.len() >= 43, "{secret} could be anything");
    }
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    assert!(secrets.len() >= 14, "{secrets:?}");
    // Mails are kept on a developer's machine alone.
    let told = told.without("table mails");
    told.assert_keeps(&secrets);
    // Whom something is about is in the tables that are about people.
    let leaks = told.leaks(&[EMAIL, NAME]);
    let places: BTreeSet<&str> = leaks.iter().map(|leak| leak.place.as_str()).collect();
    assert!(places.is_subset(&["table audits", "table users"].into()), "{leaks:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_said_or_kept_is_found_in_each_place() {
    const CANARY: &str = "canary-service";
    let shop = Shop::new().await;
    let collector = Collector::start().await;
    let process = started(&shop, &collector).await;
    // Named in the traces by its setting, in the log by a request's id, in an answer by its path.
    let url = format!("{}/{CANARY}", process.url);
    let answer = send(request(Method::GET, url).header("x-request-id", CANARY)).await;
    let tables: Vec<String> = shop.rows(
        "SELECT format('%I', table_name) FROM information_schema.tables WHERE table_schema = 'public' \
         AND table_type = 'BASE TABLE'",
    );
    for table in &tables {
        shop.rows(&format!("ALTER TABLE {table} ADD COLUMN planted text DEFAULT '{CANARY}'"));
    }
    shop.user("another@example.com", "correct horse battery", Role::Customer).await;
    let mut told = told(process, &shop, &collector, &format!("{answer:?}")).await;
    told.add("metrics", CANARY);
    told.add("standard error", CANARY);
    let found: BTreeSet<String> = told.leaks(&[CANARY]).into_iter().map(|leak| leak.place).collect();
    let empty = |place: &str| place.starts_with("table ") && told.at(place).trim().is_empty();
    let expected: BTreeSet<String> = told.places().filter(|place| !empty(place)).map(str::to_owned).collect();
    assert_eq!(found, expected);
    for place in ["answers", "log", "metrics", "traces", "table users", "table audits", "table events"] {
        assert!(found.contains(place), "{place}: {found:?}");
    }
}
