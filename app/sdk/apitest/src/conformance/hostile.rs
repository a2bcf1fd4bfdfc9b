//! Values that someone sends to see what breaks.

use serde_json::{Value, json};

use crate::raw::Raw;
use crate::resource::Resource;

/// Text is data: it is stored and answered to the character, and means nothing to any layer.
pub async fn text_comes_back_as_it_went_in(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let (name, longest) = resource.text;
    let mut tag = item.tag.clone();
    for text in [
        "'; DROP TABLE movies; --".to_owned(),
        "Robert'); DELETE FROM users WHERE ('1'='1".to_owned(),
        "<script>alert(1)</script>".to_owned(),
        "{{7*7}} ${7*7} %s %n $1 $$ :id ?".to_owned(),
        "\\u0000 \\ \" / \\n".to_owned(),
        "日本語 العربية עברית ไทย 🎬👩‍👩‍👧‍👦 e\u{301}".to_owned(),
        "\u{202e}gnikcart\u{202c} \u{200b} \u{feff}x".to_owned(),
        "\u{10ffff}".to_owned(),
        "../../etc/passwd".to_owned(),
        "x".repeat(longest),
        "🎬".repeat(longest),
    ] {
        let patch = api.patch(&item.path).by(resource.writer).if_match(&tag).merge(&json!({name: text}));
        let answer = patch.send().await.expect(200);
        assert_eq!(answer.json()[name], text);
        tag = answer.etag();
        let read = api.get(&item.path).send().await.expect(200);
        assert_eq!(read.json()[name], text);
        api.get(resource.path).send().await.expect(200);
    }
    let long = json!({name: "🎬".repeat(longest + 1)});
    let patch = api.patch(&item.path).by(resource.writer).if_match(&tag).merge(&long);
    patch.send().await.invalid(&[&format!("#/{name}")]);
}

/// 422 or 400 for any value in any member; never a 500, never the words of a parser.
pub async fn strange_values_are_refused_in_words_for_people(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let body = (resource.body)(2);
    // No member takes these numbers, a number or not, however they are written.
    for name in body.as_object().unwrap().keys() {
        for number in ["1e400", "-1e400", "99999999999999999999999999", "-9223372036854775809", "9007199254740993e30"] {
            let mut strange = body.clone();
            strange[name] = json!("NUMBER");
            let text = strange.to_string().replace("\"NUMBER\"", number);
            let create = api.post(resource.path).by(resource.writer).body("application/json", text);
            create.send().await.problem(422, "invalid");
        }
    }
    for name in body.as_object().unwrap().keys() {
        for value in [
            json!({}),
            json!([]),
            json!([[[[]]]]),
            json!({"a": {"b": []}}),
            json!(true),
            json!(-1),
            json!(-0.1),
            json!(1.5),
            json!(""),
            json!(" "),
            json!("\u{7f}"),
            json!("a\r\nSet-Cookie: x"),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(1e300),
            json!([null]),
            json!("x".repeat(100_000)),
            json!(vec![json!(0); 10_000]),
        ] {
            let mut strange = body.clone();
            strange[name] = value.clone();
            let answer = api.post(resource.path).by(resource.writer).json(&strange).send().await;
            // Some of them are no strange value for some members.
            if answer.status() == 201 {
                let path = answer.header("location").to_owned();
                api.delete(path).by(resource.writer).send().await.expect(204);
            } else {
                answer.problem(422, "invalid");
            }
        }
    }
    let many: Value = (0..10_000).map(|n| (format!("m{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    let answer = api.post(resource.path).by(resource.writer).json(&many).send().await.problem(422, "invalid");
    assert!(answer.body().len() < 1024 * 1024, "the answer is no larger than the question");
    item.assert_unchanged(&api).await;
}

/// 200, 400 or 422 for any query.
pub async fn strange_queries_are_refused_or_harmless(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let parameters: Vec<&str> = resource
        .filters
        .iter()
        .filter_map(|filter| filter.query.split('=').next())
        .chain(["limit", "cursor", "page", "sort", "total"])
        .collect();
    for name in parameters {
        for value in [
            "%00",
            "%FF",
            "%",
            "%zz",
            "%0A",
            "'",
            "%27%20OR%201=1--",
            "%3Cscript%3E",
            "-1",
            "1e9",
            "99999999999999999999",
            "NaN",
            "true",
            "null",
            "[]",
            "*",
            "%25",
            "_",
            ":*",
            "%26%7C!()",
            "%5C",
            &"x".repeat(6000),
            "%F0%9F%8E%AC",
            "%ED%A0%80",
        ] {
            let answer = api.get(format!("{}?{name}={value}", resource.path)).send().await;
            match answer.status() {
                200 => {}
                400 => drop(answer.json()),
                _ => drop(answer.problem(422, "invalid")),
            }
        }
        // The same name in other clothes.
        for query in [format!("{name}[]=1"), format!("{name}[$ne]=1"), name.to_owned(), format!("{name}=1&{name}=2;")] {
            let answer = api.get(format!("{}?{query}", resource.path)).send().await;
            assert!(matches!(answer.status(), 200 | 400 | 422), "{answer}");
        }
    }
    let long = format!("{}?limit=1&x={}", resource.path, "y".repeat(20_000));
    let answer = api.get(long).send().await;
    assert!(matches!(answer.status(), 414 | 431), "{answer}");
    item.assert_unchanged(&api).await;
}

/// A 4xx that tells nothing, and nothing happens.
pub async fn strange_paths_and_headers_are_refused_or_harmless(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let path = resource.path;
    for strange in [
        format!("{path}/..%2f..%2fetc%2fpasswd"),
        format!("{path}/%00"),
        format!("{path}/%FF"),
        format!("{path}/%"),
        format!("{path}/'%20OR%201=1"),
        format!("{path}/{}", "9".repeat(3000)),
        format!("/{path}"),
        format!("{path}//"),
        format!("{path};x=1"),
    ] {
        let answer = api.get(&strange).send().await;
        assert!(matches!(answer.status(), 400 | 404), "{answer}");
    }
    // A client of our own would tidy these up.
    for strange in [format!("{path}/../x"), format!("{path}/%2e%2e/x"), format!("{path}\\"), format!("{path}/\u{e9}")] {
        let mut raw = Raw::connect(&api).await;
        raw.send(format!("GET {strange} HTTP/1.1\r\nHost: test\r\n{}Connection: close\r\n\r\n", api.credentials()))
            .await;
        let answers = raw.finish().await;
        assert!(matches!(answers[..], [400 | 404]), "{strange}: {answers:?}");
    }
    for (name, value) in [
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Original-URL", "/admin"),
        ("Range", "bytes=0-10"),
        ("If-None-Match", "\"x"),
        ("Accept-Encoding", ";;;q=x"),
        ("Expect", "200-maybe"),
    ] {
        let answer = api.get(&item.path).header(name, value).send().await;
        assert!(matches!(answer.status(), 200 | 400 | 417), "{answer}");
    }
    item.assert_unchanged(&api).await;
}

/// `Upgrade` is an offer that a server may pass over (RFC 9110, section 7.8).
pub async fn an_offer_of_another_protocol_changes_nothing(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let body = (resource.body)(2).to_string();
    let head = |method: &str, path: &str, protocol: &str| {
        let token = api.token(resource.writer);
        format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n\
             Connection: Upgrade\r\nUpgrade: {protocol}\r\n"
        )
    };
    let create = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for (request, status) in [
        (head("GET", resource.path, "websocket") + "\r\n", 200),
        (head("GET", &item.path, "h2c") + "\r\n", 200),
        (head("POST", resource.path, "websocket") + &create, 201),
        (head("DELETE", &item.path, "websocket") + "\r\n", 204),
    ] {
        let mut raw = Raw::connect(&api).await;
        raw.send(&request).await;
        assert_eq!(raw.finish().await, [status], "{request}");
    }
}
