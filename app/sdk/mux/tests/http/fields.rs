//! The header fields of good answers.

use crate::harness::{ID, Server, client, settings};

#[actix_web::test]
async fn every_answer_has_its_security_fields_and_a_request_id() {
    let server = Server::start().await;
    let answer = server.get(&format!("/v1/things/{ID}")).await;
    let fields = answer.headers();
    assert_eq!(fields["x-content-type-options"], "nosniff");
    assert_eq!(fields["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
    assert_eq!(fields["cache-control"], "private, no-cache");
    assert_eq!(fields["etag"], "\"7\"");
    assert_eq!(fields["x-request-id"].len(), 32);
    assert!(!fields.contains_key("server") && !fields.contains_key("ratelimit"));
}

#[actix_web::test]
async fn a_sane_request_id_is_echoed() {
    let server = Server::start().await;
    let ask = |id: &'static str| client().get(server.url("/health")).header("x-request-id", id).send();
    assert_eq!(ask("my-Request_1.2").await.unwrap().headers()["x-request-id"], "my-Request_1.2");
    assert_ne!(ask("my request").await.unwrap().headers()["x-request-id"], "my request");
}

#[actix_web::test]
async fn a_known_version_is_304_without_a_body() {
    let server = Server::start().await;
    let path = format!("/v1/things/{ID}");
    let ask = |tag: &'static str| client().get(server.url(&path)).header("if-none-match", tag).send();
    for tag in ["\"7\"", "W/\"7\"", "\"1\", \"7\"", "*"] {
        let answer = ask(tag).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["etag"]), (304, &"\"7\"".parse().unwrap()), "{tag}");
        assert!(!answer.headers().contains_key("content-type"));
        assert_eq!(answer.text().await.unwrap(), "");
    }
    assert_eq!(ask("\"6\"").await.unwrap().status(), 200);
}

#[actix_web::test]
async fn a_304_tells_caches_what_the_200_would() {
    let server = Server::start().await;
    for path in
        ["/openapi.json", "/docs/swagger-ui-bundle.js", "/problems", "/v1/things/0190a6e0-7d1c-7c3e-8f4a-3b2a1c0d9e8f"]
    {
        for coding in ["br", "gzip", "identity"] {
            let ask = || client().get(server.url(path)).header("accept-encoding", coding);
            let full = ask().send().await.unwrap();
            let known = ask().header("if-none-match", &full.headers()["etag"]).send().await.unwrap();
            assert_eq!((full.status().as_u16(), known.status().as_u16()), (200, 304), "{path}");
            for field in ["vary", "etag", "cache-control"] {
                assert_eq!(known.headers().get(field), full.headers().get(field), "{path} in {coding}: {field}");
            }
        }
    }
}

#[actix_web::test]
async fn the_reference_is_sent_in_gzip_to_those_alone_who_take_it() {
    let server = Server::start().await;
    let url = server.url("/docs/swagger-ui-bundle.js");
    for (asked, coding) in [
        ("gzip", Some("gzip")),
        ("GZIP;q=0.5, br", Some("gzip")),
        ("gzip;q=0", None),
        ("identity", None),
        ("gzip;q=0.1, identity", None),
        ("x-notgzip", None),
    ] {
        let answer = client().get(&url).header("accept-encoding", asked).send().await.unwrap();
        let found = answer.headers().get("content-encoding").map(|value| value.to_str().unwrap());
        assert_eq!(found, coding, "{asked}");
        assert_eq!(answer.headers().get_all("vary").iter().count(), 1, "{asked}");
    }
}

#[actix_web::test]
async fn bodies_from_1_kib_are_compressed_as_the_client_likes() {
    let server = Server::start().await;
    let ask = |size: usize, coding: &'static str| {
        client().get(server.url(&format!("/v1/large/{size}"))).header("accept-encoding", coding).send()
    };
    for (size, asked, coding) in [
        (1024, "gzip", Some("gzip")),
        (1024, "br", Some("br")),
        (1024, "zstd", Some("zstd")),
        (1024, "gzip;q=0.1, br;q=0.9", Some("br")),
        (1023, "gzip", None),
        (1024, "", None),
        (1024, "identity", None),
        (1024, "deflate", None),
        (1024, "gzip;q=0", None),
        (1024, "*;q=0", None),
        (1024, "nonsense;;", None),
    ] {
        let answer = ask(size, asked).await.unwrap();
        assert_eq!(answer.status(), 200, "{asked}");
        let found = answer.headers().get("content-encoding").map(|value| value.to_str().unwrap());
        assert_eq!(found, coding, "{asked}");
        assert_eq!(answer.headers().contains_key("vary"), size >= 1024, "{asked}");
        let body = answer.bytes().await.unwrap();
        assert_eq!(body.len() < 1023, coding.is_some(), "{asked}");
    }
}

#[actix_web::test]
async fn other_origins_are_told_nothing_unless_they_are_listed() {
    let shut = Server::start().await;
    let answer = client().get(shut.url("/health")).header("origin", "https://shop.example.com").send().await.unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-origin"));

    let open =
        Server::with(mux::Settings { cors_origins: vec!["https://shop.example.com".into()], ..settings() }).await;
    let ask = |origin: &'static str| client().get(open.url("/v1/nothing")).header("origin", origin).send();
    let answer = ask("https://shop.example.com").await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://shop.example.com");
    assert_eq!(answer.status(), 404);
    let crashed =
        client().get(open.url("/v1/panic")).header("origin", "https://shop.example.com").send().await.unwrap();
    assert_eq!(crashed.headers()["access-control-allow-origin"], "https://shop.example.com");
    crate::harness::problem(crashed, 500, "internal").await;
    for origin in ["https://shop.example.com.evil.test", "http://shop.example.com", "null"] {
        let answer = ask(origin).await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{origin}");
    }
}

#[actix_web::test]
async fn a_preflight_is_answered_for_a_listed_origin_alone() {
    let server =
        Server::with(mux::Settings { cors_origins: vec!["https://shop.example.com".into()], ..settings() }).await;
    let ask = |origin: &'static str| {
        let request = client().request(reqwest::Method::OPTIONS, server.url("/v1/things")).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "authorization, content-type, traceparent").send()
    };
    let answer = ask("https://shop.example.com").await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["access-control-allow-methods"].to_str().unwrap().contains("POST"));
    let answer = ask("https://evil.test").await.unwrap();
    crate::harness::problem(answer, 400, "bad-request").await;
}
