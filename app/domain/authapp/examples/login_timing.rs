//! Whether the time of a refused sign-in tells who has an account: `cargo run --example login_timing -p authapp`.
//!
//! Sign-ins with an unknown address, with a known one and a wrong password, and with the right password of an account that is
//! not activated, in turn. A quiet machine shows the differences between the tenth percentiles, which noise reaches last.

#![expect(clippy::print_stdout, reason = "an example shows figures")]

use std::time::{Duration, Instant};

use apitest::{Api, PASSWORD, Standing, run};
use serde_json::json;
use types::Role;
use userbus::Business;

/// Sign-ins of each kind.
const ROUNDS: usize = 300;

const KINDS: [(&str, &str, &str); 3] = [
    ("unknown", "nobody@example.com", PASSWORD),
    ("known", "customer-0@example.com", "wrong horse battery"),
    ("not activated", "dormant@example.com", PASSWORD),
];

fn main() {
    run(async {
        let api = Api::start_with(1, auth::STATE_LIFETIME, |instance| {
            // At the cost of production: that of tests hides nothing and shows nothing.
            let users = Business::new(instance.db.clone());
            vec![authapp::routes(instance.db, instance.authenticator, users, brakes::Brakes::off())]
        })
        .await;
        let users = Business::new(api.db().clone());
        let dormant = api.add("dormant@example.com", &[Role::Customer], Standing::Dormant).await;
        println!("{} of {} users are not activated", u8::from(!dormant.may_sign_in()), count(&users).await);

        let mut times: [Vec<Duration>; 3] = Default::default();
        // The first ones of each kind warm everything up.
        for round in 0..ROUNDS + 5 {
            for place in 0..KINDS.len() {
                // Each kind comes first, second and third equally often.
                let kind = (place + round) % KINDS.len();
                let (_, email, password) = KINDS[kind];
                let body = json!({"email": email, "password": password});
                let start = Instant::now();
                let answer = api.post("/v1/auth/login").json(&body).send().await;
                let time = start.elapsed();
                answer.problem(401, "unauthorized");
                if round >= 5 {
                    times[kind].push(time);
                }
            }
        }
        for ((kind, ..), times) in KINDS.iter().zip(&mut times) {
            times.sort_unstable();
            println!("{kind:<14} p10 {:>8.3} ms  p50 {:>8.3} ms", at(times, 10), at(times, 50));
        }
        let tenths = times.each_ref().map(|times| at(times, 10));
        let spread = tenths.iter().copied().fold(f64::MIN, f64::max) - tenths.iter().copied().fold(f64::MAX, f64::min);
        println!("the tenth percentiles differ by {spread:.3} ms");
    });
}

/// A percentile of sorted times, in milliseconds.
fn at(times: &[Duration], percent: usize) -> f64 {
    times[times.len() * percent / 100].as_secs_f64() * 1e3
}

async fn count(users: &Business) -> u64 {
    users.count(types::Scope::Any, &userbus::QueryFilter::default()).await.unwrap_or_default()
}
