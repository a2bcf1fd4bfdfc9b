//! Sessions, seen and ended.

use apitest::{Answer, run};
use insta::assert_json_snapshot;
use types::{Role, SessionId};

use crate::ground::{login, refresh, refused_soon, session_id, sessions, start, with_ada};

#[test]
fn ones_sessions_are_listed_with_what_tells_them_apart() {
    run(async {
        let api = with_ada(1).await;
        login(&api, "customer-0@example.com").await;
        let body = serde_json::json!({"email": "ada@example.com", "password": apitest::PASSWORD});
        let phone = api.post("/v1/auth/login").header("User-Agent", "Marquee for phones/1.0").json(&body);
        phone.send().await.expect(201);
        let laptop = login(&api, "ada@example.com").await;
        let list =
            api.get("/v1/auth/sessions?sort=created_at&total=true").bearer(&laptop.access).send().await.expect(200);
        assert_eq!(list.header("cache-control"), "no-store");
        assert_json_snapshot!(list.shown());
    });
}

#[test]
fn pages_give_each_session_once() {
    run(async {
        let api = with_ada(1).await;
        let mut access = String::new();
        for _ in 0..5 {
            access = login(&api, "ada@example.com").await.access;
        }
        for sort in ["", "&sort=created_at", "&sort=-created_at", "&sort=last_used_at,-created_at"] {
            let mut path = format!("/v1/auth/sessions?limit=2{sort}");
            let mut walked = Vec::new();
            loop {
                let page = api.get(&path).bearer(&access).send().await.expect(200).json();
                walked.extend(page["items"].as_array().unwrap().iter().map(|session| session["id"].to_string()));
                let serde_json::Value::String(next) = &page["next"] else { break };
                path = format!("/v1/auth/sessions?limit=2{sort}&cursor={next}");
            }
            walked.sort_unstable();
            walked.dedup();
            assert_eq!(walked.len(), 5, "{sort}");
        }
        let bad = api.get("/v1/auth/sessions?sort=address&limit=0&user_id=1").bearer(&access).send().await;
        bad.invalid(&["?limit", "?sort", "?user_id"]);
    });
}

#[test]
fn who_signs_out_is_out_on_every_instance_and_stays_in_elsewhere() {
    run(async {
        let api = with_ada(2).await;
        let (here, elsewhere) = (login(&api, "ada@example.com").await, login(&api, "ada@example.com").await);
        for instance in [0, 1] {
            // Known to both, so that both have something to forget.
            api.get("/v1/auth/sessions").on(instance).bearer(&here.access).send().await.expect(200);
        }
        let out = api.post("/v1/auth/logout").bearer(&here.access).send().await.expect(204);
        assert_eq!(out.header("cache-control"), "no-store");
        refresh(&api, 1, &here.refresh).await.problem(401, "unauthorized");
        refused_soon(&api, 2, &here.access).await;
        api.post("/v1/auth/logout").bearer(&here.access).send().await.problem(401, "unauthorized");
        assert_eq!(sessions(&api, &elsewhere.access).await.len(), 1);
        refresh(&api, 1, &elsewhere.refresh).await.expect(201);
    });
}

#[test]
fn signing_out_twice_at_once_is_signing_out() {
    run(async {
        let api = with_ada(2).await;
        let tokens = login(&api, "ada@example.com").await;
        for instance in [0, 1] {
            api.get("/v1/auth/sessions").on(instance).bearer(&tokens.access).send().await.expect(200);
        }
        let out = |instance| api.post("/v1/auth/logout").on(instance).bearer(&tokens.access).send();
        let (one, other): (Answer, Answer) = tokio::join!(out(0), out(1));
        assert_eq!((one.status(), other.status()), (204, 204));
    });
}

#[test]
fn a_token_without_a_session_cannot_be_signed_out() {
    run(async {
        let api = start(1).await;
        api.post("/v1/auth/logout").by(Role::Customer).send().await.problem(409, "conflict");
        assert_eq!(sessions(&api, api.token(Role::Customer)).await, [serde_json::Value::Null; 0]);
    });
}

#[test]
fn a_session_is_ended_from_another() {
    run(async {
        let api = with_ada(2).await;
        let (lost, here) = (login(&api, "ada@example.com").await, login(&api, "ada@example.com").await);
        let path = format!("/v1/auth/sessions/{}", session_id(&api, &lost.access).await);
        let ended = api.delete(&path).bearer(&here.access).send().await.expect(204);
        assert_eq!(ended.header("cache-control"), "no-store");
        api.delete(&path).bearer(&here.access).send().await.problem(404, "not-found");
        refresh(&api, 0, &lost.refresh).await.problem(401, "unauthorized");
        refused_soon(&api, 2, &lost.access).await;
        refresh(&api, 0, &here.refresh).await.expect(201);
        let own = format!("/v1/auth/sessions/{}", session_id(&api, &here.access).await);
        api.delete(&own).bearer(&here.access).send().await.expect(204);
        refused_soon(&api, 2, &here.access).await;
    });
}

#[test]
fn nobody_sees_or_ends_the_session_of_somebody_else() {
    run(async {
        let api = with_ada(1).await;
        let ada = login(&api, "ada@example.com").await;
        let id = session_id(&api, &ada.access).await;
        let path = format!("/v1/auth/sessions/{id}");
        let missing = format!("/v1/auth/sessions/{}", SessionId::new());
        for role in Role::ALL {
            let seen = sessions(&api, api.token(role)).await;
            assert!(seen.iter().all(|session| session["id"] != id.as_str()), "{role}");
            let hidden = api.delete(&path).by(role).send().await.problem(404, "not-found").json();
            let absent = api.delete(&missing).by(role).send().await.problem(404, "not-found").json();
            assert_eq!(hidden["detail"], absent["detail"], "{role}");
        }
        api.delete("/v1/auth/sessions/no-uuid").by(Role::Customer).send().await.problem(404, "not-found");
        refresh(&api, 0, &ada.refresh).await.expect(201);
    });
}

#[test]
fn without_credentials_there_are_no_sessions() {
    run(async {
        let api = start(1).await;
        for request in [
            api.get("/v1/auth/sessions"),
            api.delete(format!("/v1/auth/sessions/{}", SessionId::new())),
            api.post("/v1/auth/logout"),
        ] {
            let answer = request.send().await.problem(401, "unauthorized");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"marquee\"");
        }
    });
}
