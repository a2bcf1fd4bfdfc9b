//! Reading one item.

use reqwest::header;
use serde_json::Value;

use crate::conformance::Item;
use crate::raw::Raw;
use crate::resource::Resource;
use crate::split::split_is_wanted;

/// 201 with `Location` and `ETag`; what is read there, on any instance, is what was answered.
pub async fn an_item_is_read_under_its_location(resource: &Resource) {
    let api = resource.start(2).await;
    let body = (resource.body)(1);
    let created = api.post(resource.path).by(resource.writer).json(&body).send().await.expect(201);
    let item = Item::of(created);
    assert!(item.path.starts_with(resource.path), "{}", item.path);
    assert!(item.path.ends_with(item.value["id"].as_str().unwrap()), "{}", item.path);
    for (name, sent) in body.as_object().unwrap() {
        assert!(holds(&item.value[name], sent), "{name}: {} of {sent}", item.value[name]);
    }
    assert_eq!(item.value["version"], 1);
    assert_eq!(item.value["created_at"], item.value["updated_at"]);
    let moment = item.value["created_at"].as_str().unwrap();
    assert!(moment.len() == 27 && moment.ends_with('Z'), "{moment}: RFC 3339 in UTC, with six digits of the second");
    for instance in 0..2 {
        for path in [item.path.clone(), item.path.to_uppercase().replace(&resource.path.to_uppercase(), resource.path)]
        {
            let read = api.get(path).on(instance).send().await.expect(200);
            assert_eq!((read.etag(), read.json()), (item.tag.clone(), item.value.clone()));
        }
    }
}

/// `If-None-Match` compares weakly, takes a list and `*` (RFC 9110, section 13.1.2).
pub async fn a_client_that_has_the_version_gets_304(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let tag = &item.tag;
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let answer = api.get(&item.path).header("If-None-Match", &known).send().await.expect(304);
        assert_eq!(answer.etag(), *tag, "{known}");
    }
    for unknown in ["\"x\"", "\"2\", \"3\"", "\"\"", "1"] {
        api.get(&item.path).header("If-None-Match", unknown).send().await.expect(200);
    }
}

/// The fields of GET, and no body.
pub async fn head_answers_as_get_without_a_body(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    for path in [item.path.as_str(), resource.path] {
        let get = api.get(path).send().await.expect(200);
        let head = api.request("HEAD", path).send().await.expect(200);
        for name in ["content-type", "content-length", "etag", "link", "cache-control"] {
            assert_eq!(head.optional_header(name), get.optional_header(name), "{path}: {name}");
        }
    }
    api.request("HEAD", format!("{}/{}", resource.path, uuid::Uuid::now_v7())).send().await.expect(404);
}

/// `Allow` in both cases; 405 for a method that is not in it, an unknown one included.
pub async fn options_and_other_methods_name_what_is_allowed(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    for (path, allowed) in [
        (resource.path.to_owned(), ["GET", "HEAD", "OPTIONS", "POST"].as_slice()),
        (item.path.clone(), &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH"]),
    ] {
        let names = |allow: &str| {
            let mut names: Vec<_> = allow.split(',').map(|name| name.trim().to_owned()).collect();
            names.sort_unstable();
            names
        };
        let options = api.request("OPTIONS", &path).send().await.expect(204);
        assert_eq!(names(options.header("allow")), allowed, "{path}");
        for method in ["PUT", "TRACE", "PROPFIND", "BREW"] {
            if method == "TRACE" && split_is_wanted() {
                // nginx refuses it before it knows whose path this is, with whatever it hands on at all.
                let refused = api.request(method, &path).send().await.problem(405, "method-not-allowed");
                assert!(!names(refused.header("allow")).contains(&method.to_owned()), "{path}");
                continue;
            }
            let refused = api.request(method, &path).send().await.problem(405, "method-not-allowed");
            assert_eq!(names(refused.header("allow")), allowed, "{method} {path}");
        }
    }
    item.assert_unchanged(&api).await;
}

/// From 1 KiB, in a coding that the client takes, with `Vary`.
pub async fn a_representation_can_be_compressed(resource: &Resource) {
    let api = resource.start(1).await;
    for number in 0..20 {
        resource.create(&api, number).await;
    }
    let plain = api.get(resource.path).send().await.expect(200);
    assert!(plain.body().len() > 1024);
    assert_eq!(plain.optional_header("content-encoding"), None);
    assert!(plain.header("vary").to_ascii_lowercase().contains("accept-encoding"));
    for coding in ["gzip", "br", "zstd"] {
        let packed = api.get(resource.path).header(header::ACCEPT_ENCODING.as_str(), coding).send().await.expect(200);
        assert_eq!(packed.header("content-encoding"), coding);
        assert!(packed.header("vary").to_ascii_lowercase().contains("accept-encoding"));
        assert!(packed.body().len() < plain.body().len(), "{coding}");
    }
    for unknown in ["snappy", "identity", "gzip;q=0", ""] {
        let answer = api.get(resource.path).header(header::ACCEPT_ENCODING.as_str(), unknown).send().await.expect(200);
        assert_eq!(answer.json(), plain.json(), "{unknown}");
    }
}

/// A sane `X-Request-Id` comes back, another one is replaced; `traceparent` is continued into problems.
pub async fn request_and_trace_ids_are_kept(resource: &Resource) {
    let api = resource.start(1).await;
    let kept = api.get(resource.path).header("X-Request-Id", "order-66.a_b").send().await.expect(200);
    assert_eq!(kept.header("x-request-id"), "order-66.a_b");
    for insane in ["a b", "<script>", "", &"x".repeat(1000), "a\"b"] {
        let made = api.get(resource.path).header("X-Request-Id", insane).send().await.expect(200);
        assert_ne!(made.header("x-request-id"), insane);
    }
    let missing = format!("{}/{}", resource.path, uuid::Uuid::now_v7());
    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    let traced = api
        .get(&missing)
        .header("traceparent", format!("00-{trace_id}-b7ad6b7169203331-01"))
        .send()
        .await
        .problem(404, "not-found");
    assert_eq!(traced.json()["trace_id"], trace_id);
    for broken in ["00-0-0-0", &format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)), "zz"] {
        let answer = api.get(&missing).header("traceparent", broken).send().await.problem(404, "not-found");
        assert_ne!(answer.json()["trace_id"], "0".repeat(32));
    }
    // Two requests on one connection are two answers.
    let mut raw = Raw::connect(&api).await;
    let request = format!("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", resource.path, api.credentials());
    raw.send(format!("{request}{request}")).await;
    assert_eq!(raw.finish().await, [200, 200]);
}

/// Whether what was sent is in what is shown, which may have more members.
fn holds(shown: &Value, sent: &Value) -> bool {
    match (shown, sent) {
        (Value::Object(shown), Value::Object(sent)) => {
            sent.iter().all(|(name, sent)| shown.get(name).is_some_and(|shown| holds(shown, sent)))
        }
        (Value::Array(shown), Value::Array(sent)) => {
            shown.len() == sent.len() && shown.iter().zip(sent).all(|(shown, sent)| holds(shown, sent))
        }
        _ => shown == sent,
    }
}
