//! Creates under an idempotency key (draft-ietf-httpapi-idempotency-key-header).

use futures_util::future::join_all;
use serde_json::json;

use crate::api::Api;
use crate::resource::Resource;

/// The same status, header fields and body; `Idempotent-Replayed` tells which it is.
pub async fn a_repeated_create_happens_once_on_any_instance(resource: &Resource) {
    let api = resource.start(2).await;
    let create = |instance, key: &str| {
        api.post(resource.path).on(instance).by(resource.writer).key(key).json(&(resource.body)(1))
    };
    let first = create(0, "\"one\"").send().await.expect(201);
    assert_eq!(first.optional_header("idempotent-replayed"), None);
    // The bare form of a key is the same key.
    for (instance, key) in [(0, "\"one\""), (1, "\"one\""), (1, "one")] {
        let again = create(instance, key).send().await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.body(), first.body());
        for name in ["location", "etag", "content-type", "cache-control"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
    }
    assert_eq!(total(&api, resource).await, 1);
    // The answer is what was said then, not what is there now.
    let path = first.header("location").to_owned();
    api.delete(&path).by(resource.writer).send().await.expect(204);
    create(1, "one").send().await.expect(201);
    assert_eq!(total(&api, resource).await, 0);
}

/// One of them creates; the others get its answer, or 409 while it is under way.
pub async fn many_creates_under_one_key_at_once_happen_once(resource: &Resource) {
    let api = resource.start(2).await;
    let body = (resource.body)(1);
    let creates =
        (0..40).map(|n| api.post(resource.path).on(n % 2).by(resource.writer).key("\"k\"").json(&body).send());
    let (mut fresh, mut replayed) = (Vec::new(), Vec::new());
    for answer in join_all(creates).await {
        match (answer.status(), answer.optional_header("idempotent-replayed")) {
            (201, None) => fresh.push(answer.body().to_vec()),
            (201, Some(_)) => replayed.push(answer.body().to_vec()),
            _ => drop(answer.problem(409, "conflict")),
        }
    }
    assert_eq!(fresh.len(), 1);
    assert!(replayed.iter().all(|body| *body == fresh[0]));
    assert_eq!(total(&api, resource).await, 1);
}

/// 422 for another payload; another caller's key is another key.
pub async fn a_key_belongs_to_its_caller_and_its_payload(resource: &Resource) {
    let api = resource.start(2).await;
    let create = |number| api.post(resource.path).key("\"k\"").json(&(resource.body)(number));
    let first = create(1).by(resource.writer).send().await.expect(201);
    create(2).by(resource.writer).on(1).send().await.problem(422, "idempotency-key-reused");
    let other = create(3).by_second(resource.writer).on(1).send().await.expect(201);
    assert_eq!(other.optional_header("idempotent-replayed"), None);
    assert_ne!(other.json()["id"], first.json()["id"]);
    create(1).send().await.problem(401, "unauthorized");
    create(1).by(resource.reader).send().await.problem(403, "forbidden");
    assert_eq!(total(&api, resource).await, 2);
}

/// 400, and nothing is created.
pub async fn a_malformed_key_is_refused(resource: &Resource) {
    let api = resource.start(1).await;
    for key in ["", "\"\"", "\"open", "a b", "\"a\", \"b\"", "\u{e9}", &"x".repeat(256)] {
        let create = api.post(resource.path).by(resource.writer).key(key).json(&(resource.body)(1));
        create.send().await.problem(400, "bad-request");
    }
    let twice = api.post(resource.path).by(resource.writer).key("a").key("b").json(&(resource.body)(1));
    twice.send().await.problem(400, "bad-request");
    assert_eq!(total(&api, resource).await, 0);
    let longest = "x".repeat(255);
    let create = api.post(resource.path).by(resource.writer).key(&longest).json(&(resource.body)(1));
    create.send().await.expect(201);
}

/// Nothing happened, so there is nothing to repeat: the client mends its request and keeps the key.
pub async fn a_create_that_was_refused_leaves_its_key_free(resource: &Resource) {
    let api = resource.start(1).await;
    let create = || api.post(resource.path).by(resource.writer).key("\"k\"");
    create().json(&json!({})).send().await.problem(422, "invalid");
    create().body("application/json", "{").send().await.problem(400, "bad-request");
    let created = create().json(&(resource.body)(1)).send().await.expect(201);
    assert_eq!(created.optional_header("idempotent-replayed"), None);
}

/// 400, and nothing is created.
pub async fn a_create_needs_a_key(resource: &Resource) {
    let api = resource.start(1).await;
    let create = api.post(resource.path).by(resource.writer).no_key().json(&(resource.body)(1));
    create.send().await.problem(400, "bad-request");
    assert_eq!(total(&api, resource).await, 0);
}

async fn total(api: &Api, resource: &Resource) -> i64 {
    let list = api.get(format!("{}?total=true", resource.path)).send().await.expect(200);
    list.json()["total"].as_i64().unwrap()
}
