//! What is sent, and what comes back.

use outbound::{Call, Error, Method, Options, StatusCode};

use crate::server::{Act, Server, status, text};
use crate::{client, get, options, soon};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_says_what_it_was_given_and_gets_the_whole_answer() {
    let server = Server::always(Act::Say(text(201, "location: /films/1\r\n", "{\"id\": 1}"))).await;
    let call = Call::new(Method::POST, server.url("/films?draft=true"))
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .unwrap()
        .header("authorization", "Bearer abc")
        .unwrap()
        .body("{\"title\": \"Stalker\"}");
    let answer = client().call(call, soon()).await.unwrap();
    assert_eq!((answer.status, answer.attempts), (StatusCode::CREATED, 1));
    assert_eq!(answer.headers["location"], "/films/1");
    assert_eq!(answer.body, "{\"id\": 1}");
    let request = server.seen().remove(0).to_ascii_lowercase();
    assert!(request.starts_with("post /films?draft=true http/1.1\r\n"), "{request}");
    assert!(request.contains("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"), "{request}");
    assert!(request.contains("authorization: bearer abc\r\n"), "{request}");
    assert!(request.contains("user-agent: outbound/"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"title\": \"stalker\"}"), "{request}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_kept() {
    let server = Server::always(status(200, "")).await;
    let client = client();
    for _ in 0..40 {
        get(&client, &server).await.unwrap();
    }
    // A request that comes before the last connection is put back opens another.
    assert_eq!(server.seen().len(), 40);
    assert!(server.connections() < 10, "{} connections", server.connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_peer_are_answers() {
    let client = client();
    for code in [400, 401, 404, 409, 422, 500, 501] {
        let server = Server::always(status(code, "why")).await;
        let answer = get(&client, &server).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (code, b"why".as_slice()));
        assert_eq!(server.seen().len(), 1, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let elsewhere = Server::always(status(200, "")).await;
    for code in [301, 302, 303, 307, 308] {
        let server = Server::always(Act::Say(text(code, &format!("location: {}\r\n", elsewhere.url("/")), ""))).await;
        let call = Call::get(server.url("/")).header("authorization", "Bearer abc").unwrap();
        assert_eq!(client().call(call, soon()).await.unwrap().status.as_u16(), code);
    }
    assert_eq!(elsewhere.seen().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_taken_up_to_its_limit() {
    let limits = Options { longest_body: 1_000, ..options() };
    let client = outbound::Client::new(limits).unwrap();
    for (length, taken) in [(0, true), (999, true), (1_000, true), (1_001, false)] {
        let server = Server::always(status(200, &"a".repeat(length))).await;
        let got = get(&client, &server).await;
        match got {
            Ok(answer) => assert!(taken && answer.body.len() == length, "{length}"),
            Err(error @ Error::BodyTooLarge { status: StatusCode::OK, limit: 1_000, .. }) => {
                assert!(!taken && error.may_have_happened(), "{length}");
            }
            Err(error) => panic!("{length}: {error:?}"),
        }
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end_is_cut_off() {
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"] {
        let server = Server::always(Act::SayWithoutEnd(head.to_owned())).await;
        let error = get(&client(), &server).await.unwrap_err();
        assert!(matches!(error, Error::BodyTooLarge { limit: 1_048_576, .. }), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_is_none_of_http_is_refused() {
    let call = Call::get(outbound::Url::parse("ftp://127.0.0.1/").unwrap());
    let error = client().call(call, soon()).await.unwrap_err();
    assert!(matches!(error, Error::Unsendable { .. }) && !error.may_have_happened(), "{error:?}");
}
