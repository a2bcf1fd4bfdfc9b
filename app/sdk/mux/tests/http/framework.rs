//! What the framework answers by itself is a problem document like any other.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::{ID, Server, check_problem, client, parts, problem, read_to_end};

#[actix_web::test]
async fn each_refusal_is_a_problem_with_its_fields() {
    let server = Server::start().await;
    let thing = server.url(&format!("/v1/things/{ID}"));
    let things = server.url("/v1/things");
    let client = client();
    let json = "application/json";
    let editor = |request: reqwest::RequestBuilder| request.header("authorization", "Bearer editor");
    let cases = [
        ("no such path", client.get(server.url("/v1/nothing")), 404, "not-found"),
        ("a trailing slash", client.get(server.url("/v1/things/")), 404, "not-found"),
        ("no such id", client.get(server.url("/v1/things/7")), 404, "not-found"),
        ("bad percent-encoding", client.get(server.url("/v1/things/%zz")), 400, "bad-request"),
        ("a path that is no UTF-8", client.get(server.url("/v1/things/%ff")), 400, "bad-request"),
        ("method", client.put(&thing), 405, "method-not-allowed"),
        ("unknown method", client.request("BREW".parse().unwrap(), &thing), 405, "method-not-allowed"),
        ("TRACE", client.request(reqwest::Method::TRACE, &thing), 405, "method-not-allowed"),
        ("Accept", client.get(&thing).header("accept", "text/html"), 406, "not-acceptable"),
        ("long URI", client.get(format!("{thing}?{}", "a".repeat(9000))), 414, "uri-too-long"),
        ("nobody", client.post(&things).header("content-type", json).body("{}"), 401, "unauthorized"),
        ("bad token", client.get(&thing).header("authorization", "Bearer x"), 401, "unauthorized"),
        ("not allowed", client.post(&things).header("authorization", "Bearer customer"), 403, "forbidden"),
        ("media type", editor(client.post(&things)).body("x"), 415, "unsupported-media-type"),
        ("no JSON", editor(client.post(&things)).header("content-type", json).body("{"), 400, "bad-request"),
        ("invalid", editor(client.post(&things)).header("content-type", json).body("{}"), 422, "invalid"),
        (
            "no If-Match",
            editor(client.patch(&thing)).header("content-type", json).body("{}"),
            428,
            "precondition-required",
        ),
        ("panic", client.get(server.url("/v1/panic")), 500, "internal"),
        ("fault", client.get(server.url("/v1/fault")), 500, "internal"),
    ];
    for (what, request, status, slug) in cases {
        let answer = request.send().await.unwrap();
        for field in ["x-request-id", "x-content-type-options", "content-security-policy"] {
            assert!(answer.headers().contains_key(field), "{what}: {field}");
        }
        assert!(!answer.headers().contains_key("server"), "{what}");
        let with = match status {
            401 => Some("www-authenticate"),
            405 => Some("allow"),
            415 => Some("accept"),
            _ => None,
        };
        assert!(with.is_none_or(|field| answer.headers().contains_key(field)), "{what}: {with:?}");
        let problem = problem(answer, status, slug).await;
        assert!(!problem.to_string().contains("secret"), "{what}: {problem}");
    }
}

#[actix_web::test]
async fn a_problem_reads_like_this() {
    let server = Server::start().await;
    let request = client().post(server.url("/v1/things?secret=1")).header("authorization", "Bearer editor");
    let request = request.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    let answer = request.header("content-type", "application/json").body(r#"{"nam":1}"#).send().await.unwrap();
    insta::assert_json_snapshot!(problem(answer, 422, "invalid").await);
}

#[actix_web::test]
async fn what_the_parser_refuses_is_a_problem_too() {
    let server = Server::start().await;
    let long = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "a".repeat(200_000));
    let cases: [(&[u8], u16, &str); 9] = [
        (b"nonsense\r\n\r\n", 400, "bad-request"),
        (b"GET /a b HTTP/1.1\r\nhost: a\r\n\r\n", 400, "bad-request"),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400, "bad-request"),
        (b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n", 400, "bad-request"),
        (
            b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "bad-request",
        ),
        (b"GET /health HTTP/1.1\r\nconnection: close\r\n\r\n", 400, "bad-request"),
        (b"GET /health HTTP/1.1\r\nconnection: close\r\nhost: a\r\nhost: b\r\n\r\n", 400, "bad-request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad-request"),
        (long.as_bytes(), 431, "header-fields-too-large"),
    ];
    for (request, status, slug) in cases {
        let answer = server.raw(request).await;
        let (found, head, body) = parts(&answer);
        assert_eq!(found, status, "{answer}");
        assert!(head.contains("content-type: application/problem+json"), "{answer}");
        assert!(head.contains("connection: close") && head.contains("x-request-id: "), "{answer}");
        check_problem(body, status, slug);
    }
}

#[actix_web::test]
async fn a_host_that_is_none_is_refused() {
    let server = Server::start().await;
    let ask = async |host: &str| {
        let request = format!("GET /health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        server.raw(request.as_bytes()).await
    };
    for host in ["", "a", "a.example:3000", "127.0.0.1:80", "[::1]:3000"] {
        assert_eq!(parts(&ask(host).await).0, 200, "{host}");
    }
    for host in ["a b", "a/b", "me@a", "a:b:c", "http://a", "a#b"] {
        let answer = ask(host).await;
        assert_eq!(parts(&answer).0, 400, "{host}");
        check_problem(parts(&answer).2, 400, "bad-request");
    }
}

#[actix_web::test]
async fn a_good_request_is_answered_before_the_refusal_of_the_next() {
    let server = Server::start().await;
    let answers = server.raw(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\nnonsense\r\n\r\n").await;
    let (status, _, rest) = parts(&answers);
    assert_eq!(status, 200);
    let refusal = rest.strip_prefix("well").expect(rest);
    check_problem(parts(refusal).2, 400, "bad-request");
}

#[actix_web::test]
async fn a_head_that_drips_is_408_also_on_a_connection_that_was_used() {
    let server = Server::start().await;
    for used in [false, true] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        if used {
            stream.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        }
        let (mut reader, mut writer) = stream.split();
        let drip = async {
            for byte in b"GET /health HTTP/1.1\r\nhost: ".iter().cycle().take(60) {
                tokio::time::sleep(Duration::from_millis(100)).await;
                if writer.write_all(&[*byte]).await.is_err() {
                    return;
                }
            }
            panic!("the connection should have been closed");
        };
        let read = async {
            let mut bytes = Vec::new();
            tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut bytes).await.unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let answer = tokio::select! { answer = read => answer, () = drip => unreachable!() };
        let refusal = &answer[answer.rfind("HTTP/1.1").unwrap()..];
        check_problem(parts(refusal).2, 408, "request-timeout");
    }
}

#[actix_web::test]
async fn a_connection_may_pause_between_requests() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /health HTTP/1.1\r\nho").await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(b"st: a\r\n\r\n").await.unwrap();
        // Longer than a head may take.
        tokio::time::sleep(Duration::from_millis(1200)).await;
    }
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    assert_eq!(read_to_end(&mut stream).await.matches("HTTP/1.1 200 OK").count(), 3);
}

#[actix_web::test]
async fn options_and_405_tell_the_methods_in_order() {
    let server = Server::start().await;
    let thing = server.url(&format!("/v1/things/{ID}"));
    let answer = client().request(reqwest::Method::OPTIONS, &thing).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["allow"]),
        (204, &"GET, HEAD, OPTIONS, PATCH".parse().unwrap())
    );
    let answer = client().delete(&thing).send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "GET, HEAD, OPTIONS, PATCH");
    let answer = client().put(server.url("/v1/things")).send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "OPTIONS, POST");
}

#[actix_web::test]
async fn head_is_get_without_the_body() {
    let server = Server::start().await;
    let path = format!("/v1/things/{ID}");
    let get = server.get(&path).await;
    let answer = server.raw(format!("HEAD {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").as_bytes()).await;
    let (status, head, body) = parts(&answer);
    assert_eq!((status, body), (200, ""));
    assert!(head.contains(&format!("content-length: {}", get.content_length().unwrap())), "{head}");
    assert!(head.contains("etag: \"7\""), "{head}");
    let missing = server.raw(b"HEAD /v1/nothing HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert_eq!((parts(&missing).0, parts(&missing).2), (404, ""));
}

#[actix_web::test]
async fn an_answered_request_whose_body_never_comes_does_not_hold_the_connection() {
    let server = Server::start().await;
    for fields in ["Transfer-Encoding: chunked", "Content-Length: 100"] {
        // Read to the end of the connection, which the client leaves open.
        let answer = server.raw(format!("POST /v1/nothing HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{fields}: {answer}");
    }
}

#[actix_web::test]
async fn expect_continue_is_honoured() {
    let server = Server::start().await;
    let request = b"POST /v1/things HTTP/1.1\r\nhost: a\r\nauthorization: Bearer editor\r\nconnection: close\r\n\
        content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 12\r\n\r\n{\"name\":\"ab\"}";
    let answer = server.raw(&request[..]).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\n"), "{answer}");
}
