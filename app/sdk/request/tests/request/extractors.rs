//! The arguments of handlers, through a real application.

use std::time::Duration;

use actix_web::dev::ServiceResponse;
use actix_web::http::{StatusCode, header};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use apierror::ApiError;
use request::{
    Empty, Id, IdempotencyKey, Idempotent, IfMatch, IfNoneMatch, Json, Limits, MergePatch, OptionalIfMatch, Query,
    RequiredIdempotent,
};
use types::Version;

use crate::film::{FilmPatch, FilmQuery, NewFilm};

const CURRENT: i64 = 7;

pub(crate) const FILM: &str = r#"{"title": "Alien", "year": 1979, "price": {"amount": 999, "currency": "EUR"}}"#;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(Limits { size: 1000, time: Duration::from_millis(300) })
        .app_data(request::ListKey::from(paging::Cursors::new(&[7; 32])))
        .route("/films", web::get().to(async |_: Query<FilmQuery>| HttpResponse::Ok()))
        .route("/films", web::post().to(async |Json(film): Json<NewFilm>| HttpResponse::Created().body(film.title)))
        .route("/films/{id}", web::get().to(get))
        .route("/films/{id}", web::patch().to(patch))
        .route("/films/{id}", web::delete().to(delete))
        .route("/ping", web::post().to(async |_: Empty| HttpResponse::Ok().body("pong")))
        .route("/orders", web::post().to(order))
        .route("/payments", web::post().to(pay));
}

async fn get(Id(id): Id<types::MovieId>, known: IfNoneMatch) -> HttpResponse {
    if known.has(Version::restore(CURRENT)) {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().body(id.to_string())
    }
}

async fn patch(
    _: Id<types::MovieId>,
    condition: IfMatch,
    MergePatch(_): MergePatch<FilmPatch>,
) -> Result<HttpResponse, ApiError> {
    condition.check(Version::restore(CURRENT))?;
    Ok(HttpResponse::Ok().finish())
}

async fn delete(_: Id<types::MovieId>, condition: OptionalIfMatch) -> Result<HttpResponse, ApiError> {
    let expected = condition.expect(Version::restore(CURRENT))?;
    let expected = expected.map_or_else(|| "any".to_owned(), |version| version.to_string());
    Ok(HttpResponse::NoContent().insert_header(("expected", expected)).finish())
}

async fn order(order: Idempotent<NewFilm>) -> HttpResponse {
    match order.keyed {
        Some(keyed) => HttpResponse::Created().body(format!("{} {:?}", keyed.key.as_str(), keyed.fingerprint)),
        None => HttpResponse::Created().body("no key"),
    }
}

async fn pay(payment: RequiredIdempotent<NewFilm>) -> HttpResponse {
    HttpResponse::Created().body(payment.keyed.key.as_str().to_owned())
}

async fn call(request: TestRequest) -> ServiceResponse {
    let app = init_service(App::new().configure(routes)).await;
    call_service(&app, request.to_request()).await
}

async fn status(request: TestRequest) -> u16 {
    call(request).await.status().as_u16()
}

async fn body(request: TestRequest) -> String {
    let response = call(request).await;
    assert!(response.status().is_success(), "{response:?}");
    String::from_utf8(actix_web::test::read_body(response).await.to_vec()).unwrap()
}

fn post(uri: &str) -> TestRequest {
    TestRequest::post().uri(uri).insert_header((header::CONTENT_TYPE, "application/json")).set_payload(FILM)
}

fn film(method: TestRequest) -> TestRequest {
    method.uri("/films/01890a5d-ac96-774b-bcce-b302099a8057")
}

fn patch_film(kind: &str) -> TestRequest {
    film(TestRequest::patch())
        .insert_header((header::IF_MATCH, "\"7\""))
        .insert_header((header::CONTENT_TYPE, kind))
        .set_payload("{}")
}

#[actix_web::test]
async fn json_is_taken_and_other_media_types_are_refused_with_what_is() {
    assert_eq!(body(post("/films")).await, "Alien");
    for kind in
        ["text/plain", "application/json; charset=utf-16", "application/merge-patch+json", "", "multipart/form-data"]
    {
        let request = TestRequest::post().uri("/films").insert_header((header::CONTENT_TYPE, kind)).set_payload(FILM);
        let response = call(request).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        assert_eq!(response.headers().get(header::ACCEPT).unwrap(), "application/json");
    }
    assert_eq!(status(TestRequest::post().uri("/films").set_payload(FILM)).await, 415, "no media type");
    let twice = post("/films").append_header((header::CONTENT_TYPE, "text/plain"));
    assert_eq!(status(twice).await, 415, "two media types");
}

#[actix_web::test]
async fn a_patch_is_a_merge_patch_or_json() {
    for kind in ["application/merge-patch+json", "application/json", "application/json; charset=UTF-8"] {
        assert_eq!(status(patch_film(kind)).await, 200, "{kind}");
    }
    for kind in ["application/json-patch+json", "text/plain"] {
        let response = call(patch_film(kind)).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        let accepted = response.headers().get("accept-patch").unwrap();
        assert_eq!(accepted, "application/merge-patch+json, application/json");
    }
}

#[actix_web::test]
async fn a_coded_body_is_refused_and_identity_is_no_coding() {
    for coding in ["gzip", "br", "deflate", "identity, gzip", "x", ""] {
        let response = call(post("/films").insert_header((header::CONTENT_ENCODING, coding))).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{coding}");
        assert_eq!(response.headers().get(header::ACCEPT_ENCODING).unwrap(), "identity");
    }
    assert_eq!(status(post("/films").insert_header((header::CONTENT_ENCODING, "Identity"))).await, 201);
}

#[actix_web::test]
async fn bodies_are_malformed_or_invalid() {
    for (payload, expected) in [("", 400), ("{", 400), ("{} {}", 400), ("[]", 422), ("{}", 422)] {
        assert_eq!(status(post("/films").set_payload(payload)).await, expected, "{payload}");
    }
}

#[actix_web::test]
async fn a_body_above_the_limit_is_too_large() {
    let of = |size: usize| format!("{FILM}{}", " ".repeat(size - FILM.len()));
    assert_eq!(status(post("/films").set_payload(of(1000))).await, 201);
    assert_eq!(status(post("/films").set_payload(of(1001))).await, 413);
}

#[actix_web::test]
async fn an_id_is_a_uuid_or_names_nothing() {
    assert_eq!(body(film(TestRequest::get())).await, "01890a5d-ac96-774b-bcce-b302099a8057");
    let upper = TestRequest::get().uri("/films/01890A5D-AC96-774B-BCCE-B302099A8057");
    assert_eq!(body(upper).await, "01890a5d-ac96-774b-bcce-b302099a8057");
    for id in ["1", "x", "01890a5dac96774bbcceb302099a8057", "%7B01890a5d-ac96-774b-bcce-b302099a8057%7D", "%00", "%ff"]
    {
        assert_eq!(status(TestRequest::get().uri(&format!("/films/{id}"))).await, 404, "{id}");
    }
}

#[actix_web::test]
async fn a_change_has_to_name_the_version_it_is_based_on() {
    for (field, expected) in [
        (Some("\"7\""), 200),
        (Some("\"6\", \"7\""), 200),
        (Some("*"), 200),
        (Some("\"6\""), 412),
        (Some("W/\"7\""), 412),
        (Some("\"07\""), 412),
        (Some("\"x\""), 412),
        (Some("7"), 400),
        (Some(""), 400),
        (Some("\"7"), 400),
        (None, 428),
    ] {
        let request = film(TestRequest::patch())
            .insert_header((header::CONTENT_TYPE, "application/merge-patch+json"))
            .set_payload("{}");
        let request = match field {
            Some(field) => request.insert_header((header::IF_MATCH, field)),
            None => request,
        };
        assert_eq!(status(request).await, expected, "{field:?}");
    }
}

#[actix_web::test]
async fn a_delete_honours_the_version_when_it_is_named() {
    assert_eq!(status(film(TestRequest::delete())).await, 204);
    for (field, expected) in [("\"7\"", 204), ("*", 204), ("\"6\"", 412), ("W/\"7\"", 412), ("7", 400)] {
        let request = film(TestRequest::delete()).insert_header((header::IF_MATCH, field));
        assert_eq!(status(request).await, expected, "{field}");
    }
}

#[actix_web::test]
async fn a_delete_that_names_a_version_has_to_meet_it_when_it_is_done() {
    for (field, expected) in [(None, "any"), (Some("\"7\""), "7"), (Some("*"), "7")] {
        let request = field
            .into_iter()
            .fold(film(TestRequest::delete()), |request, field| request.insert_header((header::IF_MATCH, field)));
        assert_eq!(call(request).await.headers().get("expected").unwrap(), expected, "{field:?}");
    }
}

#[actix_web::test]
async fn a_client_that_has_the_version_does_not_get_it_again() {
    for (field, expected) in
        [("\"7\"", 304), ("W/\"7\"", 304), ("\"1\", \"7\"", 304), ("*", 304), ("\"8\"", 200), ("7", 200), ("", 200)]
    {
        let request = film(TestRequest::get()).insert_header((header::IF_NONE_MATCH, field));
        assert_eq!(status(request).await, expected, "{field}");
    }
}

#[actix_web::test]
async fn an_idempotency_key_is_a_string_or_a_bare_token() {
    let keyed = |key: &str| post("/payments").insert_header(("idempotency-key", key));
    let long = "k".repeat(255);
    for (field, key) in [
        ("\"8e03978e\"", "8e03978e"),
        ("8e03978e-40d5", "8e03978e-40d5"),
        ("\"a,b;c\"", "a,b;c"),
        (r#""a\"b\\c""#, r#"a"b\c"#),
        ("a+b/c==", "a+b/c=="),
        (&long, &long),
    ] {
        assert_eq!(body(keyed(field)).await, key, "{field}");
    }
    let too_long = "k".repeat(256);
    for field in
        ["", "\"\"", "\"a", "a\"", "a b", "\"a b\"", "a,b", "\"a\";x=1", r#""a\b""#, "\"a\"\"b\"", "\u{e9}", &too_long]
    {
        assert_eq!(status(keyed(field)).await, 400, "{field}");
    }
    assert_eq!(status(post("/payments")).await, 400, "required");
    assert_eq!(status(keyed("a").append_header(("idempotency-key", "b"))).await, 400, "two keys");
    assert_eq!(body(post("/orders")).await, "no key", "optional");
    assert_eq!(status(post("/orders").insert_header(("idempotency-key", "\"a"))).await, 400);
}

#[actix_web::test]
async fn a_fingerprint_tells_payloads_and_paths_apart() {
    let order =
        |payload: &'static str| body(post("/orders").insert_header(("idempotency-key", "k")).set_payload(payload));
    let other = r#"{"title": "Aliens", "year": 1986, "price": {"amount": 999, "currency": "EUR"}}"#;
    assert_eq!(order(FILM).await, order(FILM).await);
    assert_ne!(order(FILM).await, order(other).await);
}

#[actix_web::test]
async fn a_key_reads_the_same_quoted_and_bare() {
    assert_eq!(IdempotencyKey::parse(b"\"abc\""), IdempotencyKey::parse(b" abc "));
}

#[actix_web::test]
async fn a_list_without_the_keys_of_its_cursors_is_a_fault_of_the_service() {
    let app =
        init_service(App::new().route("/films", web::get().to(async |_: Query<FilmQuery>| HttpResponse::Ok()))).await;
    let response = call_service(&app, TestRequest::get().uri("/films").to_request()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
