//! What the API says of itself.

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use auth::{Grant, Permission};
use mux::{About, Access, BuildError, Builder, Routes, Whole, operation};
use serde_json::Value;
use types::Role;

use crate::harness::{Server, client};

#[actix_web::test]
async fn the_description_is_served_and_kept_by_its_tag() {
    let server = Server::start().await;
    let answer = server.get("/openapi.json").await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    let tag = answer.headers()["etag"].clone();
    let document: Value = answer.json().await.unwrap();
    insta::assert_json_snapshot!(document["paths"]["/v1/things/{id}"]["patch"]);
    insta::assert_json_snapshot!(document["components"]["responses"]["TooManyRequests"]);
    let again = client().get(server.url("/openapi.json")).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
}

#[actix_web::test]
async fn every_reference_in_the_description_leads_somewhere_and_every_component_is_used() {
    let server = Server::start().await;
    let text = server.get("/openapi.json").await.text().await.unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let references: Vec<&str> =
        text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for reference in &references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(references.contains(&format!("/components/{kind}/{name}").as_str()), "{name}");
        }
    }
}

#[actix_web::test]
async fn a_problem_answers_to_its_own_schema() {
    let server = Server::start().await;
    let document: Value = server.get("/openapi.json").await.json().await.unwrap();
    let mut schema = document["components"]["schemas"]["Problem"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let request = client().post(server.url("/v1/things")).header("authorization", "Bearer editor");
    let answer = request.header("content-type", "application/json").body("{}").send().await.unwrap();
    let problem: Value = answer.json().await.unwrap();
    assert!(validator.is_valid(&problem), "{problem}");
}

#[actix_web::test]
async fn the_reference_needs_nothing_from_elsewhere() {
    let server = Server::start().await;
    assert_eq!(server.get("/docs").await.headers()["location"], "/docs/");
    let page = server.get("/docs/").await;
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
    let html = page.text().await.unwrap();
    for part in html.split(['"', '\'']).filter(|part| part.ends_with(".js") || part.ends_with(".css")) {
        assert!(!part.contains("//"), "{part}");
        let file = server.get(&format!("/docs/{}", part.trim_start_matches("./"))).await;
        assert_eq!(file.status(), 200, "{part}");
        assert!(!file.bytes().await.unwrap().starts_with(&[0x1f, 0x8b]), "{part} was not asked for as gzip");
    }
    let initializer = server.get("/docs/swagger-initializer.js").await.text().await.unwrap();
    assert!(initializer.contains("/openapi.json") && initializer.contains("none"), "{initializer}");
    assert_eq!(server.get("/docs/nothing").await.status(), 404);
}

/// As a reader of the page sees it: words between tags.
fn words(html: &str) -> Vec<&str> {
    let texts = html.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim());
    texts.filter(|text| !text.is_empty()).collect()
}

#[actix_web::test]
async fn the_policy_has_a_page_that_the_reference_leads_to() {
    let server = Server::start().await;
    let document: Value = server.get("/openapi.json").await.json().await.unwrap();
    let description = document["info"]["description"].as_str().unwrap();
    let (_, link) = description.split_once("[The policy](").expect(description);
    let page = server.get(link.split(')').next().unwrap()).await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(!html.contains("<script") && !html.contains("//"), "{html}");

    let shown = words(&html);
    let header = shown.iter().position(|word| *word == "permission").unwrap();
    let columns: Vec<Option<Role>> = shown[header + 1..]
        .iter()
        .map_while(|word| match *word {
            "anonymous" => Some(None),
            role => Role::ALL.into_iter().find(|known| known.to_string() == role).map(Some),
        })
        .collect();
    assert_eq!(columns.len(), 1 + Role::ALL.len());
    for permission in Permission::ALL {
        let row = shown.iter().position(|word| *word == permission.as_str()).expect("a row for each permission");
        assert_eq!(shown[row + 1], permission.description());
        for (column, cell) in columns.iter().zip(&shown[row + 2..]) {
            let public = permission.row().anonymous;
            let granted = column.map_or(public, |role| permission.row().of(role).max(public));
            let expected = match granted {
                Grant::None => "no",
                Grant::Own => "own",
                Grant::Any => "any",
            };
            assert_eq!(*cell, expected, "{permission} {column:?}");
        }
    }
    assert!(shown.contains(&"PATCH /v1/things/{id}") && shown.contains(&"GET /health"));
}

#[actix_web::test]
async fn one_of_several_services_may_speak_for_all_of_them() {
    let whole = Whole { description: "{\"openapi\":\"3.1.0\"}", policy: "<!doctype html>all of it" };
    let api = Builder::new(about(), Nobody, mux::Settings::default()).speaks_for(whole).build().unwrap();
    let service = init_service(api.app()).await;
    for (path, content, text) in [
        ("/openapi.json", "application/json", whole.description),
        ("/docs/policy", "text/html; charset=utf-8", whole.policy),
    ] {
        let ask = || TestRequest::get().uri(path).insert_header(("host", "localhost"));
        let answer = call_service(&service, ask().to_request()).await;
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        assert_eq!(answer.headers().get("content-type").unwrap(), content);
        let tag = answer.headers().get("etag").unwrap().clone();
        assert_eq!(read_body(answer).await, text);
        let again = ask().insert_header(("if-none-match", tag)).to_request();
        assert_eq!(call_service(&service, again).await.status().as_u16(), 304, "{path}");
    }
}

#[actix_web::test]
async fn every_kind_of_problem_has_its_page() {
    let server = Server::start().await;
    let index = server.get("/problems").await.text().await.unwrap();
    for code in apierror::Code::ALL {
        let path = format!("/problems/{}", code.slug());
        assert!(index.contains(&path), "{path}");
        let page = server.get(&path).await;
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        assert!(page.text().await.unwrap().contains(code.title()));
    }
    crate::harness::problem(server.get("/problems/unknown").await, 404, "not-found").await;
}

async fn handler() -> &'static str {
    ""
}

fn about() -> About {
    let contact = (String::new(), String::new());
    About { title: String::new(), version: String::new(), description: String::new(), contact }
}

#[test]
fn routes_that_clash_are_refused() {
    let build = |routes: Routes| Builder::new(about(), Nobody, mux::Settings::default()).routes(routes).build();
    let one = || Routes::new("a", "a").get("/a/{id}", Access::Open, operation("one", "One"), handler);
    let twice = build(one().get("/a/{id}", Access::Open, operation("two", "Two"), handler));
    assert!(matches!(twice, Err(BuildError::RoutedTwice { .. })));
    let same = build(one().get("/a/{other}", Access::Open, operation("two", "Two"), handler));
    assert!(matches!(same, Err(BuildError::SamePath { .. })));
    let id = build(one().get("/b", Access::Open, operation("one", "One"), handler));
    assert!(matches!(id, Err(BuildError::SameOperation { .. })));
    let shape = operation("two", "Two").responds_json::<elsewhere::Shape>(200);
    let schemas = Routes::new("s", "S")
        .get("/c", Access::Open, operation("three", "Three").responds_json::<Shape>(200), handler)
        .get("/d", Access::Open, shape, handler);
    assert!(matches!(build(schemas), Err(BuildError::SameSchema { name }) if name == "Shape"));
}

#[test]
fn lists_of_different_things_have_schemas_of_their_own() {
    let tables = [Routes::new("t", "T")
        .get("/a", Access::Open, operation("one", "One").responds_json::<mux::Collection<Shape>>(200), handler)
        .get("/b", Access::Open, operation("two", "Two").responds_json::<mux::Collection<Size>>(200), handler)];
    let document: Value = serde_json::from_slice(&mux::describe(&about(), &tables).unwrap()).unwrap();
    for (path, item) in [("/a", "Shape"), ("/b", "Size")] {
        let schema = &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let list = document.pointer(&schema["$ref"].as_str().unwrap()[1..]).unwrap();
        assert_eq!(list["properties"]["items"]["items"]["$ref"], format!("#/components/schemas/{item}"), "{path}");
    }
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described")]
struct Shape {
    corners: u8,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described")]
struct Size {
    metres: u8,
}

mod elsewhere {
    #[derive(utoipa::ToSchema)]
    #[expect(dead_code, reason = "only described")]
    pub(super) struct Shape {
        colour: String,
    }
}

struct Nobody;

impl mux::Authenticate for Nobody {
    fn authenticate<'r>(
        &'r self,
        _: &'r actix_web::http::header::HeaderMap,
    ) -> futures_util::future::LocalBoxFuture<'r, Result<auth::Caller, apierror::ApiError>> {
        Box::pin(async { Ok(auth::Caller::Anonymous) })
    }
}
