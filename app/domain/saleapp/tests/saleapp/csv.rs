//! Sales for spreadsheets.

use apitest::{Answer, Api, run};
use types::Role;

use crate::sold::{FILMS, buyer, order};

/// A download, by somebody who may.
async fn download(api: &Api, query: &str) -> Answer {
    api.get(format!("/v1/sales{query}")).by(Role::Support).header("accept", "text/csv").send().await
}

fn lines(answer: &Answer) -> Vec<String> {
    let text = String::from_utf8(answer.body().to_vec()).unwrap();
    assert!(text.ends_with("\r\n"), "{text:?}");
    text.trim_end_matches("\r\n").split("\r\n").map(str::to_owned).collect()
}

#[test]
fn a_download_has_every_sale_as_rfc_4180_has_it() {
    run(async {
        let api = Api::start(1, saleapp::routes).await;
        api.spoil(FILMS).await;
        let gone = types::UserId::new();
        let first = order(&api, gone, &[(3, 2)]).await;
        let buyer = buyer(&api).await;
        let second = order(&api, buyer, &[(1, 3), (2, 1)]).await;
        let sheet = download(&api, "?sort=created_at").await.expect(200);
        for (field, value) in [
            ("content-type", "text/csv; charset=utf-8; header=present"),
            ("content-disposition", "attachment; filename=\"sales.csv\""),
            ("cache-control", "no-store"),
            ("link", "</v1/sales?sort=created_at>; rel=\"alternate\"; type=\"application/json\""),
        ] {
            assert_eq!(sheet.header(field), value);
        }
        let (one, two) = ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002");
        let three = "00000000-0000-0000-0000-000000000003";
        let moment = |order: &orderbus::Order| mux::reply::rfc3339(order.created_at);
        let email = "'=1+1@example.com";
        let name = "Somebody";
        let listed = api.get("/v1/sales").by(Role::Support).send().await.json();
        assert_eq!(lines(&sheet), [
            "order_id,place,status,created_at,buyer_id,buyer_name,buyer_email,movie_id,movie_title,quantity,price,amount,\
             order_total,currency"
                .to_owned(),
            format!("{},1,pending,{},{gone},,,{three},Film 3,2,503,1006,1006,EUR", first.id, moment(&first)),
            format!(
                "{},1,pending,{},{buyer},{name},{email},{one},\"Say \"\"hi\"\", and go\",3,501,1503,2005,USD",
                second.id,
                moment(&second)
            ),
            format!("{},2,pending,{},{buyer},{name},{email},{two},Film 2,1,502,502,2005,USD", second.id, moment(&second)),
        ].map(|line| line.replace(name, listed["items"][0]["buyer"]["name"].as_str().unwrap())));
        let some = download(&api, "?currency=EUR").await.expect(200);
        assert_eq!((lines(&some).len(), lines(&some)[1].clone()), (2, lines(&sheet)[1].clone()));
        assert_eq!(lines(&download(&api, "?currency=JPY").await.expect(200)), [lines(&sheet)[0].clone()]);
    });
}

#[test]
fn who_likes_csv_better_than_json_gets_it() {
    run(async {
        let api = Api::start(1, saleapp::routes).await;
        for (accept, media_type) in [
            ("text/csv", "text/csv; charset=utf-8; header=present"),
            ("text/*", "text/csv; charset=utf-8; header=present"),
            ("text/csv, application/json;q=0.9", "text/csv; charset=utf-8; header=present"),
            ("text/csv;q=0.9, application/json", "application/json"),
            ("text/csv;q=0.5, */*", "application/json"),
            ("*/*", "application/json"),
            ("application/*, text/csv;q=0.1", "application/json"),
            ("text/csv;q=0, */*;q=0.1", "application/json"),
        ] {
            let answer = api.get("/v1/sales").by(Role::Support).header("accept", accept).send().await.expect(200);
            assert_eq!(answer.header("content-type"), media_type, "{accept}");
        }
        for accept in ["text/html", "application/pdf, image/*", "text/csv;q=0"] {
            let answer = api.get("/v1/sales").by(Role::Support).header("accept", accept).send().await;
            answer.problem(406, "not-acceptable");
        }
        let totals = api.get("/v1/sales/totals?by=film").by(Role::Support).header("accept", "text/csv").send().await;
        totals.problem(406, "not-acceptable");
        let head =
            api.request("HEAD", "/v1/sales").by(Role::Support).header("accept", "text/csv").send().await.expect(200);
        assert_eq!(head.header("content-type"), "text/csv; charset=utf-8; header=present");
    });
}

#[test]
fn a_download_has_no_pages_and_no_patience_with_what_is_no_parameter() {
    run(async {
        let api = Api::start(1, saleapp::routes).await;
        download(&api, "?limit=10&page=2&total=true&cursor=x").await.invalid(&["?cursor", "?limit", "?page", "?total"]);
        download(&api, "?status=sold&colour=red&sort=title").await.invalid(&["?colour", "?sort", "?status"]);
    });
}

#[test]
fn a_download_is_compressed_for_who_takes_that() {
    run(async {
        let api = Api::start(1, saleapp::routes).await;
        let request = api.get("/v1/sales").by(Role::Support).header("accept", "text/csv");
        let answer = request.header("accept-encoding", "gzip").send().await.expect(200);
        assert_eq!(answer.header("content-encoding"), "gzip");
        assert!(answer.body().starts_with(&[0x1f, 0x8b]));
    });
}
