//! Whether the time of a refused sign-in tells who has an account: `cargo run --example login_timing -p authapp`.
//!
//! Sign-ins with an unknown address, with a known one and a wrong password, and with the right password of an account that is
//! not activated, in turn. A quiet machine shows the differences between the tenth percentiles, which noise reaches last.

#![expect(clippy::print_stdout, reason = "an example shows figures")]

use std::time::{Duration, Instant};

use apitest::{Api, PASSWORD, run};
use serde_json::json;
use types::{Email, Name, Password, Roles};
use userbus::{Business, NewUser};

/// Sign-ins of each kind.
const ROUNDS: usize = 300;

const KINDS: [(&str, &str, &str); 3] = [
    ("unknown", "nobody@example.com", PASSWORD),
    ("known", "known@example.com", "wrong horse battery"),
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
        // Passwords of the usual users of a test are hashed at next to no cost.
        let users = Business::new(api.db().clone());
        for (email, activated) in [("known@example.com", true), ("dormant@example.com", false)] {
            if !add(&users, email, activated).await {
                println!("{email} could not be added");
                return;
            }
        }

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

/// Adds a user with the usual password, hashed at the cost of production.
async fn add(users: &Business, email: &str, activated: bool) -> bool {
    let (Ok(name), Ok(email), Ok(password)) = (Name::parse("Ada"), Email::parse(email), Password::parse(PASSWORD))
    else {
        return false;
    };
    users.create(NewUser { name, email, password, roles: Roles::default(), activated }).await.is_ok()
}
