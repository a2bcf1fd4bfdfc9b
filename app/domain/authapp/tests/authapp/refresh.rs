//! POST /v1/auth/refresh.

use apitest::{PASSWORD, Standing, run};
use futures_util::future::join_all;
use serde_json::{Value, json};
use types::{Role, Scope, SecretToken};

use crate::ground::{login, pair, refresh, refused_soon, session_id, sessions, start, with_ada};

#[test]
fn a_session_goes_on_by_refreshing_on_any_instance() {
    run(async {
        let api = with_ada(2).await;
        let mut tokens = login(&api, "ada@example.com").await;
        let session = session_id(&api, &tokens.access).await;
        for instance in [1, 0, 1, 0] {
            let answer = refresh(&api, instance, &tokens.refresh).await.expect(201);
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.json().as_object().unwrap().len(), 4);
            let next = pair(&answer);
            assert!(next.access != tokens.access && next.refresh != tokens.refresh);
            assert_eq!(session_id(&api, &next.access).await, session, "it is the same session");
            assert_eq!(sessions(&api, &tokens.access).await.len(), 1, "the access token before works until it expires");
            tokens = next;
        }
    });
}

#[test]
fn a_spent_token_that_comes_again_ends_its_session_and_no_other() {
    run(async {
        let api = with_ada(2).await;
        let (stolen, other) = (login(&api, "ada@example.com").await, login(&api, "ada@example.com").await);
        let next = pair(&refresh(&api, 0, &stolen.refresh).await.expect(201));
        assert_eq!(sessions(&api, &other.access).await.len(), 2);

        refresh(&api, 1, &stolen.refresh).await.problem(401, "unauthorized");
        // Although that was refused, what it found out is kept.
        assert_eq!(sessions(&api, &other.access).await.len(), 1);
        for token in [&next.refresh, &stolen.refresh] {
            refresh(&api, 0, token).await.problem(401, "unauthorized");
        }
        refused_soon(&api, 2, &next.access).await;
        refused_soon(&api, 2, &stolen.access).await;
        refresh(&api, 0, &other.refresh).await.expect(201);
    });
}

#[test]
fn of_fifty_refreshes_with_one_token_at_once_one_is_answered_and_the_session_ends() {
    run(async {
        let api = with_ada(2).await;
        let tokens = login(&api, "ada@example.com").await;
        let attempts = (0..50).map(|number| refresh(&api, number % 2, &tokens.refresh));
        let mut won = Vec::new();
        for answer in join_all(attempts).await {
            match answer.status() {
                201 => won.push(pair(&answer)),
                _ => drop(answer.problem(401, "unauthorized")),
            }
        }
        assert_eq!(won.len(), 1);
        refresh(&api, 0, &won[0].refresh).await.problem(401, "unauthorized");
        refused_soon(&api, 2, &won[0].access).await;
    });
}

#[test]
fn what_is_no_refresh_token_is_refused_alike() {
    run(async {
        let api = with_ada(1).await;
        let tokens = login(&api, "ada@example.com").await;
        let spent = tokens.refresh.clone();
        refresh(&api, 0, &spent).await.expect(201);
        let good = login(&api, "ada@example.com").await;
        let ended = login(&api, "ada@example.com").await;
        api.post("/v1/auth/logout").bearer(&ended.access).send().await.expect(204);
        let mut seen = Vec::new();
        for token in [
            spent.as_str(),
            ended.refresh.as_str(),
            SecretToken::generate().unwrap().expose().as_str(),
            good.access.as_str(),
            "",
            " ",
            "null",
            "A",
            &"A".repeat(43),
            &"A".repeat(1024),
            &format!("{}=", good.refresh),
            &format!(" {}", good.refresh),
            &format!("{}\n", good.refresh),
            &good.refresh[..42],
            &format!("{}A", good.refresh),
            &good.refresh.to_lowercase(),
            "' OR '1'='1",
            "\u{feff}",
            "é",
        ] {
            let answer = refresh(&api, 0, token).await.problem(401, "unauthorized");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"marquee\"");
            seen.push(answer.without_ids());
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
        refresh(&api, 0, &good.refresh).await.expect(201);
    });
}

#[test]
fn what_has_not_the_shape_of_a_refresh_is_told_so() {
    run(async {
        let api = start(1).await;
        let send = async |body: Value| api.post("/v1/auth/refresh").json(&body).send().await;
        send(json!({})).await.invalid(&["#/refresh_token"]);
        send(json!({"refresh_token": null})).await.invalid(&["#/refresh_token"]);
        send(json!({"refresh_token": 7})).await.invalid(&["#/refresh_token"]);
        send(json!({"refresh_token": ["x"]})).await.invalid(&["#/refresh_token"]);
        send(json!({"refresh_token": "a\u{0}"})).await.invalid(&["#/refresh_token"]);
        send(json!({"refresh_token": "A".repeat(1025)})).await.invalid(&["#/refresh_token"]);
        send(json!({"refresh_token": "A", "grant_type": "refresh_token"})).await.invalid(&["#/grant_type"]);
        send(json!("A")).await.invalid(&["#"]);
        let form = api.post("/v1/auth/refresh").body("application/x-www-form-urlencoded", "refresh_token=A");
        form.send().await.problem(415, "unsupported-media-type");
    });
}

#[test]
fn a_token_whose_successor_could_not_be_handed_out_is_not_spent() {
    run(async {
        let api = with_ada(1).await;
        let tokens = login(&api, "ada@example.com").await;
        let users = userbus::Business::new(api.db().clone());
        let ada = types::Email::parse("ada@example.com").unwrap();
        // Only the account: the session is left as it is.
        let user = users.disable(&users.query_by_email(Scope::Any, &ada).await.unwrap()).await.unwrap();
        for _ in 0..2 {
            refresh(&api, 0, &tokens.refresh).await.problem(401, "unauthorized");
        }
        users.enable(&user).await.unwrap();
        refresh(&api, 0, &tokens.refresh).await.expect(201);
    });
}

#[test]
fn the_new_access_token_has_the_roles_of_the_moment() {
    run(async {
        let api = start(1).await;
        let user = api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
        let tokens = login(&api, "ada@example.com").await;
        let users = userbus::Business::new(api.db().clone());
        users.grant(&user, Role::Editor).await.unwrap();
        let next = pair(&refresh(&api, 0, &tokens.refresh).await.expect(201));
        let payload = next.access.split('.').nth(1).unwrap();
        use base64::Engine as _;
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["roles"], json!(["editor", "customer"]));
        assert_eq!(claims["sid"], session_id(&api, &next.access).await);
    });
}

#[test]
fn no_password_gets_in_where_a_token_is_asked_for() {
    run(async {
        let api = with_ada(1).await;
        refresh(&api, 0, PASSWORD).await.problem(401, "unauthorized");
        // And the other way round.
        let tokens = login(&api, "ada@example.com").await;
        let body = json!({"email": "ada@example.com", "password": tokens.refresh});
        api.post("/v1/auth/login").json(&body).send().await.problem(401, "unauthorized");
        for token in [&tokens.refresh, &PASSWORD.to_owned()] {
            let bearer = api.get("/v1/auth/sessions").bearer(token);
            bearer.send().await.problem(401, "unauthorized");
        }
    });
}
