//! Requests that are refused before anyone looks at what they want.

use serde_json::json;
use types::Role;

use crate::raw::Raw;
use crate::resource::Resource;

/// 401 with a challenge. It comes before everything else that may be wrong with the request.
pub async fn nobody_writes_without_credentials(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let body = (resource.body)(2);
    for request in [
        api.post(resource.path).json(&body),
        api.post(resource.path).body("text/plain", "{"),
        api.patch(&item.path).if_match(&item.tag).merge(&json!({})),
        api.patch(&item.path),
        api.delete(&item.path),
    ] {
        let refused = request.send().await.problem(401, "unauthorized");
        assert!(!refused.header("www-authenticate").contains("error="), "no credentials are no error (RFC 6750)");
    }
    item.assert_unchanged(&api).await;
}

/// 403, whether the item is there or not.
pub async fn who_may_not_write_is_told_so(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let missing = format!("{}/{}", resource.path, uuid::Uuid::now_v7());
    for request in [
        api.post(resource.path).json(&(resource.body)(2)),
        api.patch(&item.path).if_match(&item.tag).merge(&json!({})),
        api.delete(&item.path),
        api.delete(&missing),
    ] {
        request.by(resource.reader).send().await.problem(403, "forbidden");
    }
    item.assert_unchanged(&api).await;
}

/// One answer for all of them, on public routes too.
pub async fn bad_credentials_are_refused_alike(resource: &Resource) {
    let api = resource.start(1).await;
    let good = api.token(resource.writer).to_owned();
    let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
    let other = api.people.token(Role::Admin, 1).split('.').nth(1).unwrap().to_owned();
    parts[1] = other;
    for bad in [
        "Bearer".to_owned(),
        "Bearer x".to_owned(),
        "Basic YTpi".to_owned(),
        good.clone(),
        format!("Bearer {}", parts.join(".")),
        format!("Bearer {good}x"),
        format!("Bearer {}", &good[..good.len() - 1]),
        format!("Bearer {}", "a".repeat(8000)),
        // {"alg":"none"}
        format!("Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", good.split('.').nth(1).unwrap()),
    ] {
        for request in [api.post(resource.path).json(&(resource.body)(1)), api.get(resource.path)] {
            let refused = request.header("Authorization", &bad).send().await.problem(401, "unauthorized");
            assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""), "{refused}");
            assert!(!refused.to_string().contains(&good), "the token comes back");
        }
    }
}

/// 404 for an id that is not there, for what is no id, for a path that leads nowhere.
pub async fn what_is_not_there_is_not_found(resource: &Resource) {
    let api = resource.start(1).await;
    let path = resource.path;
    let id = uuid::Uuid::now_v7();
    for id in
        [id.to_string(), "1".into(), "null".into(), id.simple().to_string(), format!("%7B{id}%7D"), "a%2Fb".into()]
    {
        let path = format!("{path}/{id}");
        api.get(&path).send().await.problem(404, "not-found");
        api.delete(&path).by(resource.writer).send().await.problem(404, "not-found");
        let patch = api.patch(&path).by(resource.writer).if_match("\"1\"").merge(&json!({}));
        patch.send().await.problem(404, "not-found");
    }
    for path in
        [format!("{path}/"), format!("{path}/{id}/x"), format!("{path}x"), "/".into(), "/v1".into(), "/.env".into()]
    {
        api.get(path).send().await.problem(404, "not-found");
    }
}

/// 406. No `Accept`, ranges and `*/*` take what there is.
pub async fn a_client_that_accepts_no_json_is_told_so(resource: &Resource) {
    let api = resource.start(1).await;
    for accepted in ["application/json", "*/*", "application/*", "text/html, application/json;q=0.1", ""] {
        api.get(resource.path).header("Accept", accepted).send().await.expect(200);
    }
    for refused in ["text/html", "application/xml", "application/json;q=0, text/csv"] {
        api.get(resource.path).header("Accept", refused).send().await.problem(406, "not-acceptable");
    }
    let create = api.post(resource.path).by(resource.writer).json(&(resource.body)(1));
    create.header("Accept", "text/html").send().await.problem(406, "not-acceptable");
    let list = api.get(resource.path).send().await.expect(200);
    assert_eq!(list.json()["items"], json!([]), "nothing was created");
}

/// 415 with `Accept`, or `Accept-Patch` (RFC 5789).
pub async fn another_media_type_is_refused_with_those_that_are_taken(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let body = (resource.body)(2).to_string();
    for media_type in [
        "text/plain",
        "application/xml",
        "application/json; charset=utf-16",
        "application/jsonx",
        "multipart/form-data",
        "",
    ] {
        let create = api.post(resource.path).by(resource.writer).body(media_type, body.clone());
        let refused = create.send().await.problem(415, "unsupported-media-type");
        assert!(refused.header("accept").contains("application/json"));
    }
    let coded = api.post(resource.path).by(resource.writer).body("application/json", body.clone());
    coded.header("Content-Encoding", "gzip").send().await.problem(415, "unsupported-media-type");
    for media_type in ["application/json", "application/JSON; charset=UTF-8"] {
        let create =
            api.post(resource.path).by(resource.writer).body(media_type, (resource.body)(media_type.len()).to_string());
        create.send().await.expect(201);
    }
    for media_type in ["text/plain", "application/json-patch+json"] {
        let patch = api.patch(&item.path).by(resource.writer).if_match(&item.tag).body(media_type, "{}");
        let refused = patch.send().await.problem(415, "unsupported-media-type");
        assert!(refused.header("accept-patch").contains("application/merge-patch+json"));
    }
    item.assert_unchanged(&api).await;
}

/// 413 above 1 MiB, declared or found out.
pub async fn too_large_a_body_is_refused(resource: &Resource) {
    let api = resource.start(1).await;
    let limit = 1024 * 1024;
    let body = (resource.body)(1).to_string();
    let full = format!("{body}{}", " ".repeat(limit - body.len()));
    api.post(resource.path).by(resource.writer).body("application/json", full.clone()).send().await.expect(201);
    let token = api.token(resource.writer);
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n",
        resource.path
    );
    let mut declared = Raw::connect(&api).await;
    declared.send(format!("{head}Content-Length: {}\r\n\r\n", limit + 1)).await;
    assert_eq!(declared.finish().await, [413]);
    let mut found_out = Raw::connect(&api).await;
    found_out.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{full} ", limit + 1)).await;
    assert_eq!(found_out.finish().await, [413]);
}

/// Half a request gets 400 or nothing, and the service goes on.
pub async fn broken_requests_are_answered_or_cut(resource: &Resource) {
    let api = resource.start(1).await;
    let path = resource.path;
    let token = api.token(resource.writer).to_owned();
    let post = format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    );
    for broken in [
        "\r\n\r\n".to_owned(),
        "GARBAGE\r\n\r\n".to_owned(),
        format!("GET {path}"),
        format!("GET {path} HTTP/1.1\r\nHost: te"),
        format!("GET {path} HTTP/9.9\r\nHost: test\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: test\r\nBad Header: x\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: test\r\nX: {}\r\n\r\n", "x".repeat(300_000)),
        format!("{post}Content-Length: 50\r\n\r\n{{\"title\":"),
        format!("{post}Content-Length: -1\r\n\r\n{{}}"),
        format!("{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"),
        format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"),
        format!("{post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ] {
        let mut raw = Raw::connect(&api).await;
        raw.try_send(&broken).await;
        let answers = raw.finish().await;
        let shown: String = broken.chars().take(80).collect();
        assert!(answers.iter().all(|status| (400..500).contains(status) || *status == 505), "{shown:?}: {answers:?}");
    }
    let list = api.get(path).send().await.expect(200);
    assert_eq!(list.json()["items"], json!([]), "nothing was created");
}
