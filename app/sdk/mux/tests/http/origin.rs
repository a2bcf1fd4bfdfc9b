//! Where the changes of a request come from.

use uuid::Uuid;

use crate::harness::{Server, client, settings};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

#[actix_web::test]
async fn changes_come_from_the_caller_their_address_and_the_trace_of_the_request() {
    let ada = Uuid::from_u128(7).to_string();
    for (trusted, address) in [(vec!["127.0.0.0/8".parse().unwrap()], "203.0.113.1"), (vec![], "127.0.0.1")] {
        let server = Server::with(mux::Settings { trusted_proxies: trusted, ..settings() }).await;
        for (credentials, kind, id) in [(Some("Bearer editor"), "user", ada.as_str()), (None, "anonymous", "")] {
            let mut request = client()
                .get(server.url("/v1/origin"))
                .header("traceparent", format!("00-{TRACE_ID}-b7ad6b7169203331-00"))
                .header("x-forwarded-for", "6.6.6.6, 203.0.113.1");
            if let Some(credentials) = credentials {
                request = request.header("authorization", credentials);
            }
            let text = request.send().await.unwrap().text().await.unwrap();
            let parts: Vec<&str> = text.split(' ').collect();
            assert_eq!(parts[..3], [kind, id, address], "{text}");
            assert_eq!(&parts[3][3..35], TRACE_ID, "{text}");
        }
    }
}

#[actix_web::test]
async fn a_request_without_a_trace_begins_one() {
    let server = Server::start().await;
    let mut trace_ids = Vec::new();
    for _ in 0..2 {
        let text = server.get("/v1/origin").await.text().await.unwrap();
        trace_ids.push(text.split(' ').nth(3).unwrap()[3..35].to_owned());
    }
    assert_ne!(trace_ids[0], trace_ids[1]);
}
