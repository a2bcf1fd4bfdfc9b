//! Guessing from all over the world, at two processes behind a load balancer.

use reqwest::Method;
use serde_json::{Value, json};
use types::Role;

use crate::answer::{Answer, request, send};
use crate::process::Process;
use crate::shop::Shop;

const PASSWORD: &str = "correct horse battery";
const HOME: &str = "198.51.100.7";

/// A sign-in through the load balancer, from this address.
async fn sign_in(process: &Process, address: &str, email: &str, password: &str) -> Answer {
    let login = request(Method::POST, format!("{}/v1/auth/login", process.url)).header("x-forwarded-for", address);
    send(login.json(&json!({ "email": email, "password": password }))).await
}

/// Guesses at an account from so many addresses, at both processes in turn, until nothing but refusals come; answers
/// how many guesses were looked at, and the last refusal.
async fn storm(replicas: &[Process; 2], email: &str, addresses: usize) -> (usize, Value) {
    let (mut taken, mut refusals, mut last) = (0, 0, Value::Null);
    for number in 0.. {
        let address = format!("203.0.113.{}", number % addresses);
        let answer = sign_in(&replicas[number % 2], &address, email, "wrong horse battery").await;
        match answer.status {
            401 => (taken, refusals) = (taken + 1, 0),
            _ => {
                last = answer.assert_problem(429);
                assert_eq!(last["type"], "/problems/quota-exceeded");
                let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=30).contains(&seconds), "{answer:?}");
                refusals += 1;
            }
        }
        if refusals == addresses {
            break;
        }
        assert!(number < 1000, "nothing brakes");
    }
    last["trace_id"] = Value::Null;
    (taken, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_world_guesses_in_vain_and_the_owner_signs_in() {
    let shop = Shop::new().await;
    let setup = shop.setup().with("web.trusted_proxies", "127.0.0.1");
    let (one, other) = tokio::join!(setup.ready(), setup.ready());
    let replicas = [one, other];
    shop.user("ada@example.com", PASSWORD, Role::Customer).await;
    assert_eq!(sign_in(&replicas[0], HOME, "ada@example.com", PASSWORD).await.status, 201);

    let (taken, known) = storm(&replicas, "ada@example.com", 30).await;
    assert!((20..40).contains(&taken), "{taken} guesses from 30 addresses");
    // Nobody learns from it whether there is such an account.
    let (taken_of_nobody, unknown) = storm(&replicas, "nobody@example.com", 30).await;
    assert!((20..40).contains(&taken_of_nobody), "{taken_of_nobody}");
    assert_eq!(known, unknown);

    // At home nothing of it is felt, a mistyped password included, at either process.
    for replica in &replicas {
        sign_in(replica, HOME, "ada@example.com", "correct house battery").await.assert_problem(401);
        let in_now = sign_in(replica, HOME, "Ada@Example.com", PASSWORD).await;
        assert_eq!(in_now.status, 201, "{in_now:?}");
    }
    // What somebody writes left of their address takes them nowhere.
    let (taken, _) = storm(&replicas, "ada@example.com", 1).await;
    assert!(taken <= 3, "{taken}");
    let lie = format!("{HOME}, 203.0.113.1");
    sign_in(&replicas[0], &lie, "ada@example.com", PASSWORD).await.assert_problem(429);
    for replica in replicas {
        replica.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_switches_the_limits_off_has_no_brakes() {
    let shop = Shop::new().await;
    let process = shop.setup().with("limits.enabled", "false").ready().await;
    for _ in 0..25 {
        sign_in(&process, HOME, "nobody@example.com", PASSWORD).await.assert_problem(401);
    }
    process.stop().await;
}
