//! The keys change while tokens are issued and used at two processes, and no request is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keystore::{Algorithm, KeyStore, State};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use types::Role;

use crate::answer::{Answer, get, request, send};
use crate::process::{PATIENCE, eventually};
use crate::shop::Shop;

const PASSWORD: &str = "correct horse battery";

/// How long a token is valid here.
const LIFETIME: Duration = Duration::from_secs(6);

/// How long a key is published before it signs: processes look at the folder every second.
const LEAD: Duration = Duration::from_secs(8);

/// People who sign in and use their tokens, at either process, until they are told to stop.
struct Crowd {
    stop: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
    people: JoinSet<Vec<String>>,
}

async fn sign_in(url: &str) -> Answer {
    let login = request(Method::POST, format!("{url}/v1/auth/login"));
    send(login.json(&json!({"email": "customer@example.com", "password": PASSWORD}))).await
}

async fn me(url: &str, token: &str) -> Answer {
    send(request(Method::GET, format!("{url}/v1/users/me")).bearer_auth(token)).await
}

fn access_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// The key that signed a token.
fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// Until when a token says that it is good.
fn end(token: &str) -> SystemTime {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_secs(claims["exp"].as_u64().unwrap())
}

async fn published(url: &str) -> Vec<String> {
    let keys = get(format!("{url}/.well-known/jwks.json")).await.json();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

impl Crowd {
    fn gather(urls: &[String; 2]) -> Self {
        let (stop, requests) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut people = JoinSet::new();
        for person in 0..4_usize {
            let (urls, stop, requests) = (urls.clone(), Arc::clone(&stop), Arc::clone(&requests));
            people.spawn(async move {
                let mut refused = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let login = sign_in(&urls[person % 2]).await;
                    requests.fetch_add(1, Ordering::Relaxed);
                    if login.status != 201 {
                        refused.push(format!("{login:?}"));
                        continue;
                    }
                    let token = access_token(&login);
                    // At the other first: it did not sign the token. Then again, when the keys may have changed.
                    for turn in 0..8 {
                        let answer = me(&urls[(person + 1 + turn) % 2], &token).await;
                        requests.fetch_add(1, Ordering::Relaxed);
                        // A busy machine may take longer than the token lasts.
                        if answer.status != 200 && SystemTime::now() < end(&token) {
                            refused.push(format!("{answer:?}"));
                        }
                    }
                }
                refused
            });
        }
        Self { stop, requests, people }
    }

    /// What was refused, after so many requests.
    async fn disperse(self) -> (usize, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        let refused = self.people.join_all().await.concat();
        (self.requests.load(Ordering::Relaxed), refused)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_under_load_and_nobody_is_refused() {
    let shop = Shop::new().await;
    let setup = shop.setup().with("auth.access_ttl", "6s").with("limits.enabled", "false");
    let (one, other) = tokio::join!(setup.ready(), setup.ready());
    let urls = [one.url.clone(), other.url.clone()];
    shop.user("customer@example.com", PASSWORD, Role::Customer).await;
    let keys = KeyStore::open(shop.keys.path()).unwrap();
    let first = keys.snapshot().active().unwrap().kid().to_owned();
    let crowd = Crowd::gather(&urls);

    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let (next, from) = keys.rotate_after(algorithm, LEAD).unwrap();
        for url in &urls {
            let known = eventually(LEAD, async || published(url).await.contains(&next).then_some(()));
            assert!(known.await.is_some(), "the next key should be published before it signs");
        }
        let mut old = None;
        for url in &urls {
            let turned = eventually(PATIENCE, async || {
                let token = access_token(&sign_in(url).await);
                if kid(&token) == next {
                    assert!(SystemTime::now() >= from, "it signs before its time");
                    return Some(());
                }
                old = Some(token);
                None
            });
            assert!(turned.await.is_some(), "{url} should sign with the new key, without a restart");
        }
        // The last token of the old key is good for as long as it says.
        let token = old.expect("a token of the old key");
        while SystemTime::now() < end(&token) {
            for url in &urls {
                let answer = me(url, &token).await;
                assert!(answer.status == 200 || SystemTime::now() >= end(&token), "{answer:?}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    let (requests, refused) = crowd.disperse().await;
    assert!(
        refused.is_empty(),
        "{} of {requests} were refused: {:#?}",
        refused.len(),
        &refused[..refused.len().min(3)]
    );
    assert!(requests > 100, "{requests} requests are no load");

    // The first key signed no more before the last one began: its tokens have expired by now, or soon will have.
    let longest = LIFETIME + Duration::from_secs(2);
    let retired = eventually(PATIENCE, async || {
        let retired = keys.retire_unneeded(longest).unwrap();
        retired.contains(&first).then_some(())
    });
    assert!(retired.await.is_some(), "the first key should be retired after the longest token");
    for url in &urls {
        let gone = eventually(PATIENCE, async || (!published(url).await.contains(&first)).then_some(()));
        assert!(gone.await.is_some(), "a retired key should leave the published ones");
    }
    let states: Vec<State> = keys.snapshot().keys().iter().map(keystore::Key::state).collect();
    assert_eq!(states.first(), Some(&State::Retired));
    let token = access_token(&sign_in(&urls[0]).await);
    assert_eq!(me(&urls[1], &token).await.status, 200);
    one.stop().await;
    other.stop().await;
}
