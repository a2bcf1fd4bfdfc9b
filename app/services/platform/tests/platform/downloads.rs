//! Sales downloaded from a process: many of them, by clients that leave, that do not read, whose download is cut off.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use types::Role;

use crate::answer::{get, request, send};
use crate::process::{PATIENCE, Process, eventually};
use crate::shop::Shop;

/// Sales of the large shop; a million with `SALES_TEST_ROWS=1000000`.
#[expect(clippy::disallowed_methods, reason = "a test is told by the environment how much it shall do")]
fn rows() -> u64 {
    std::env::var("SALES_TEST_ROWS").map_or(200_000, |rows| rows.parse().unwrap())
}

/// More than the sockets hold: some 20 MB.
const MORE_THAN_FITS: u64 = 100_000;

/// Statements and transactions of the program in the server.
const AT_WORK: &str = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() \
    AND application_name = 'marquee-platform' AND (state <> 'idle' OR xact_start IS NOT NULL)";

/// Fills the shop with orders of two lines each, from a hundred buyers, of whom every second has an account.
async fn fill(shop: &Shop, sales: u64) {
    shop.database
        .execute(format!(
            "INSERT INTO users (user_id, name, email, password_hash, roles, enabled, version, created_at, updated_at)
             SELECT lpad(n::text, 32, '0')::uuid, 'Buyer \"' || n || '\"', 'buyer-' || n || '@example.com', '$argon2id$',
                 '{{customer}}', true, 1, now(), now() FROM generate_series(1, 50) AS n;
             INSERT INTO orders (order_id, owner_id, status, total_amount, total_currency, version, created_at, updated_at)
             SELECT md5(n::text)::uuid, lpad((1 + n % 100)::text, 32, '0')::uuid, 'paid', 3 * (n % 1000), 'USD', 1,
                 now() - n * interval '1 second', now() FROM generate_series(1, {orders}) AS n;
             INSERT INTO order_items (order_id, place, movie_id, title, quantity, price_amount, price_currency)
             SELECT md5(n::text)::uuid, place, lpad((n % 50 + place)::text, 32, '0')::uuid, 'Film, the ' || n % 50, place, n % 1000, 'USD'
             FROM generate_series(1, {orders}) AS n, generate_series(1, 2) AS place;
             ANALYZE users, orders, order_items",
            orders = sales / 2
        ))
        .await;
}

/// A shop with so many sales, a process on it, and somebody who may see them.
async fn shop(sales: u64) -> (Shop, Process, String) {
    let shop = Shop::new().await;
    fill(&shop, sales).await;
    let token = shop.token(&shop.user("support@example.com", "correct horse battery", Role::Support).await);
    let process = shop.setup().with("limits.enabled", "false").ready().await;
    (shop, process, token)
}

/// A download of which nothing has been read yet but the beginning.
fn begun(process: &Process, token: &str) -> TcpStream {
    let mut socket = TcpStream::connect(process.address()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let ask = format!(
        "GET /v1/sales HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nAccept: text/csv\r\n\r\n"
    );
    socket.write_all(ask.as_bytes()).unwrap();
    let mut beginning = [0; 4096];
    socket.read_exact(&mut beginning).unwrap();
    assert!(beginning.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&beginning));
    socket
}

/// Waits until the server does nothing more for the program.
async fn until_quiet(shop: &Shop) {
    let quiet = eventually(PATIENCE, async || shop.rows(AT_WORK).is_empty().then_some(())).await;
    assert!(quiet.is_some(), "still at work: {:?}", shop.rows(AT_WORK));
}

fn errors(process: &Process) -> Vec<serde_json::Value> {
    process.log().into_iter().filter(|line| line["level"] == "ERROR").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_of_many_sales_is_whole_and_takes_little_memory() {
    let (shop, process, token) = shop(rows()).await;
    let download = |query: &str| {
        request(http(), format!("{}/v1/sales{query}", process.url))
            .bearer_auth(&token)
            .header("accept", "text/csv")
            .timeout(Duration::from_secs(600))
    };
    // A small one first, for what is there from then on.
    send(download("?status=refunded")).await;
    let (before, start) = (process.peak_kib(), Instant::now());
    let mut response = download("").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (mut sales, mut bytes, mut amounts, mut rest) = (None, 0_usize, 0_u64, Vec::new());
    while let Some(chunk) = response.chunk().await.unwrap() {
        bytes += chunk.len();
        rest.extend_from_slice(&chunk);
        let end = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in String::from_utf8(rest.drain(..end).collect()).unwrap().lines() {
            // The first line has the names of the columns.
            let Some(sales) = sales.as_mut() else {
                sales = Some(0_u64);
                continue;
            };
            *sales += 1;
            amounts += line.rsplit(',').nth(2).unwrap().parse::<u64>().unwrap();
        }
    }
    let (took, grown) = (start.elapsed(), process.peak_kib() - before);
    assert!(rest.is_empty());
    let said = shop.rows("SELECT count(*) || ' ' || sum(quantity * price_amount) FROM order_items");
    println!("{} sales, {bytes} bytes in {took:?}, {grown} KiB more", rows());
    assert_eq!(format!("{} {amounts}", sales.unwrap()), said[0]);
    assert!(grown < 32 * 1024, "{grown} KiB more for {bytes} bytes");
    until_quiet(&shop).await;
    assert_eq!(errors(&process), Vec::<serde_json::Value>::new());
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_midway_holds_nothing_and_is_no_error() {
    let (shop, process, token) = shop(MORE_THAN_FITS).await;
    // More often than there are connections.
    for _ in 0..6 {
        let socket = begun(&process, &token);
        assert_eq!(shop.rows(AT_WORK).len(), 1, "the download is under way");
        drop(socket);
        until_quiet(&shop).await;
    }
    assert_eq!(get(format!("{}/readyz", process.url)).await.status, 200);
    assert_eq!(errors(&process), Vec::<serde_json::Value>::new());
    let refused = process.log().into_iter().filter(|line| line["status"].as_u64().is_some_and(|status| status >= 500));
    assert_eq!(refused.count(), 0);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_read_nothing_leave_connections_to_everybody_else() {
    let (shop, process, token) = shop(MORE_THAN_FITS).await;
    let ask = || request(http(), format!("{}/v1/sales?limit=1", process.url)).bearer_auth(&token);
    let stalled = [begun(&process, &token), begun(&process, &token)];
    for _ in 0..20 {
        assert_eq!(send(ask()).await.status, 200);
    }
    let another = request(http(), format!("{}/v1/sales", process.url)).bearer_auth(&token).header("accept", "text/csv");
    send(another).await.assert_problem(503);
    drop(stalled);
    until_quiet(&shop).await;
    drop(begun(&process, &token));
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_fails_midway_is_cut_off_and_told_once() {
    let (shop, process, token) = shop(MORE_THAN_FITS).await;
    let mut socket = begun(&process, &token);
    let ended = shop.rows(&AT_WORK.replace("pid::text", "pg_terminate_backend(pid)::text"));
    assert_eq!(ended, ["true"]);
    let mut rest = Vec::new();
    // Closed, or reset: either way the last chunk, which is empty, never comes.
    let _ = tokio::task::block_in_place(|| socket.read_to_end(&mut rest));
    assert!(rest.len() > 10_000, "{} bytes", rest.len());
    assert!(!rest.ends_with(b"0\r\n\r\n"), "a whole answer");
    process.logged("download broken off").await;
    assert_eq!(errors(&process).len(), 1, "{:?}", errors(&process));
    // The next one is whole.
    let next = request(http(), format!("{}/v1/sales?status=refunded", process.url)).bearer_auth(&token);
    assert_eq!(send(next.header("accept", "text/csv")).await.status, 200);
    process.stop().await;
}

fn http() -> reqwest::Method {
    reqwest::Method::GET
}
