//! Each answer of the service of accounts, and what it means.

use std::time::Duration;

use apierror::{ApiError, Code};
use peers::{Accounts, Asking, Payee, Payees};
use tokio::time::Instant;
use types::UserId;

use crate::peer::Peer;

const PROBLEM: &str = "content-type: application/problem+json\r\n";

fn accounts(peer: &Peer, path: &str, deadline: Duration) -> Accounts {
    let url = format!("http://{}{path}", peer.address).parse().unwrap();
    Accounts::new(url, deadline).unwrap()
}

async fn find(peer: &Peer, user_id: UserId) -> Result<Option<Payee>, ApiError> {
    let accounts = accounts(peer, "", Duration::from_secs(20));
    accounts.find(&Asking::with("Bearer a.b.c"), user_id).await
}

fn retry_after(error: &ApiError) -> Option<&str> {
    let field = error.headers().iter().find(|(name, _)| name == "retry-after");
    field.and_then(|(_, value)| value.to_str().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_has_the_id_and_the_credentials_of_the_caller() {
    let user_id = UserId::new();
    let peer = Peer::answering(200, "", &format!("{{\"id\": \"{user_id}\", \"name\": \"Ada\", \"later\": 1}}")).await;
    let payee = find(&peer, user_id).await.unwrap();
    assert_eq!(payee, Some(Payee { user_id, name: "Ada".to_owned() }));
    let request = peer.seen().remove(0).to_ascii_lowercase();
    assert!(request.starts_with(&format!("get /v1/users/{user_id}/payee http/1.1\r\n")), "{request}");
    assert!(request.contains("\r\nauthorization: bearer a.b.c\r\n"), "{request}");
    assert!(request.contains("\r\naccept: application/json\r\n"), "{request}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_may_lie_below_a_path() {
    for path in ["/accounts", "/accounts/"] {
        let peer = Peer::answering(404, PROBLEM, "{\"type\": \"/problems/not-found\"}").await;
        let (accounts, user_id) = (accounts(&peer, path, Duration::from_secs(20)), UserId::new());
        assert_eq!(accounts.find(&Asking::with("Bearer a.b.c"), user_id).await.unwrap(), None);
        let request = peer.seen().remove(0);
        assert!(request.starts_with(&format!("GET /accounts/v1/users/{user_id}/payee HTTP")), "{request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_there_is_nobody() {
    let peer = Peer::answering(404, PROBLEM, "{\"type\": \"/problems/not-found\", \"status\": 404}").await;
    assert_eq!(find(&peer, UserId::new()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_has_its_meaning() {
    let not_here = "<html>404</html>";
    for (status, headers, body, code, after, attempts) in [
        (401, "", "{}", Code::Unauthorized, None, 1),
        (403, "", "{}", Code::Forbidden, None, 1),
        (429, "retry-after: 30\r\n", "", Code::Unavailable, Some("30"), 1),
        (503, "retry-after: 30\r\n", "", Code::Unavailable, Some("30"), 1),
        (503, "retry-after: 99999999999999999999\r\n", "", Code::Unavailable, Some("60"), 1),
        (503, "", "", Code::Unavailable, Some("1"), 4),
        (502, "", "", Code::Unavailable, Some("1"), 4),
        (504, "", "", Code::DeadlineExceeded, None, 4),
        (500, "", "{}", Code::Internal, None, 1),
        // No answers to the question: of a proxy, of another program.
        (404, "", not_here, Code::Internal, None, 1),
        (404, PROBLEM, "{\"type\": \"about:blank\"}", Code::Internal, None, 1),
        (302, "location: /sign-in\r\n", "", Code::Internal, None, 1),
        (200, "", not_here, Code::Internal, None, 1),
        (200, "", "{\"id\": 1}", Code::Internal, None, 1),
        (200, "", "{\"id\": \"018f4f5e-0000-7000-8000-000000000000\", \"name\": \"Eve\"}", Code::Internal, None, 1),
    ] {
        let peer = Peer::answering(status, headers, body).await;
        let error = find(&peer, UserId::new()).await.unwrap_err();
        assert_eq!((error.code(), retry_after(&error)), (code, after), "{status} {body}");
        assert_eq!(peer.seen().len(), attempts, "{status} {body}");
        let told = error.cause().unwrap().chain();
        assert!(told.starts_with("accounts ") && !told.contains("a.b.c"), "{told}");
        let challenge = error.headers().iter().any(|(name, _)| name == "www-authenticate");
        assert_eq!(challenge, status == 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_long_is_none() {
    let peer = Peer::answering(200, "", &"a".repeat(100_000)).await;
    let error = find(&peer, UserId::new()).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_port_is_away_for_a_moment() {
    let peer = Peer::silent().await;
    let accounts = accounts(&peer, "", Duration::from_secs(20));
    drop(peer);
    let error = accounts.find(&Asking::with("Bearer a.b.c"), UserId::new()).await.unwrap_err();
    assert_eq!((error.code(), retry_after(&error)), (Code::Unavailable, Some("1")));
    let told = error.cause().unwrap().chain();
    assert!(told.starts_with("accounts did not answer after 4 attempts: the peer cannot be reached"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_silent_is_waited_for_until_the_deadline_that_comes_first() {
    let short = Duration::from_millis(200);
    let peer = Peer::silent().await;
    for (own, of_request) in [(short, Duration::from_secs(60)), (Duration::from_secs(60), short)] {
        let (accounts, asking) = (accounts(&peer, "", own), Asking::with("Bearer a.b.c"));
        let begun = Instant::now();
        let find = accounts.find(&asking, UserId::new());
        let error = sqldb::within(begun + of_request, find).await.unwrap_err();
        assert_eq!((error.code(), retry_after(&error)), (Code::DeadlineExceeded, None));
        let taken = begun.elapsed();
        assert!(taken >= short && taken < short + Duration::from_secs(5), "{taken:?}");
    }
}
