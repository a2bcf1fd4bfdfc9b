//! Bodies that are refused, and why.

use serde_json::{Map, Value, json};

use crate::resource::{Resource, assign};

/// 400: not one JSON value in UTF-8, or a member twice.
pub async fn what_is_no_json_cannot_be_parsed(resource: &Resource) {
    let api = resource.start(1).await;
    let good = (resource.body)(1).to_string();
    let (open, _) = good.split_at(good.len() - 1);
    let (text, _) = resource.text;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for broken in [
        String::new(),
        " ".to_owned(),
        "{".to_owned(),
        open.to_owned(),
        format!("{good}{good}"),
        format!("{good} x"),
        format!("\u{feff}{good}"),
        format!("{open},}}"),
        format!("{open},\"{text}\":\"twice\"}}"),
        format!("{open},\"x\":{{\"y\":1,\"y\":2}}}}"),
        format!("{open},\"x\":NaN}}"),
        format!("{open},\"x\":01}}"),
        format!("{open},\"x\":'a'}}"),
        format!("{open},\"x\":\"\\ud800\"}}"),
        format!("{open},\"x\":\"a\nb\"}}"),
        format!("{open},\"x\":{deep}}}"),
        deep.clone(),
    ] {
        let create = api.post(resource.path).by(resource.writer).body("application/json", broken);
        create.send().await.problem(400, "bad-request");
    }
    for bytes in [&b"{\"a\": \"\xff\"}"[..], b"\xff\xfe{\x00}\x00", b"\x00"] {
        let create = api.post(resource.path).by(resource.writer).body("application/json", bytes);
        create.send().await.problem(400, "bad-request");
    }
    for value in ["null", "[]", "1", "\"x\"", "true"] {
        let create = api.post(resource.path).by(resource.writer).body("application/json", value);
        create.send().await.invalid(&["#"]);
    }
}

/// 422 with every pointer.
pub async fn every_missing_member_is_named(resource: &Resource) {
    let api = resource.start(1).await;
    let places: Vec<_> = resource.required.iter().map(|name| format!("#/{name}")).collect();
    let places: Vec<_> = places.iter().map(String::as_str).collect();
    api.post(resource.path).by(resource.writer).json(&json!({})).send().await.invalid(&places);
    for name in resource.required {
        let mut body = (resource.body)(1);
        body.as_object_mut().unwrap().remove(*name);
        let create = api.post(resource.path).by(resource.writer).json(&body);
        create.send().await.invalid(&[&format!("#/{name}")]);
    }
}

/// On create and on update alike, where items are updated.
pub async fn every_bad_value_is_refused_at_its_place(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    for (pointer, value) in (resource.invalid)() {
        let place = format!("#{pointer}");
        let mut body = (resource.body)(2);
        assign(&mut body, pointer, value.clone());
        let create = api.post(resource.path).by(resource.writer).json(&body);
        let refused = create.send().await.problem(422, "invalid");
        assert_eq!(refused.refused(), std::slice::from_ref(&place), "{pointer} {value}");
        if !resource.is_patched() {
            continue;
        }
        let mut patch = json!({});
        let member = pointer.split('/').nth(1).unwrap();
        let whole = (resource.body)(2)[member].clone();
        if whole.is_array() {
            // A list is patched whole.
            patch[member] = whole;
        }
        assign(&mut patch, pointer, value.clone());
        let update = api.patch(&item.path).by(resource.writer).if_match(&item.tag).merge(&patch);
        let refused = update.send().await.problem(422, "invalid");
        assert_eq!(refused.refused(), [place], "{pointer} {value}");
    }
    item.assert_unchanged(&api).await;
    let list = api.get(format!("{}?total=true", resource.path)).send().await.expect(200);
    assert_eq!(list.json()["total"], 1, "nothing was created");
}

/// One bad value for each member, an unknown member, in one answer.
pub async fn all_errors_are_told_at_once(resource: &Resource) {
    let api = resource.start(1).await;
    let mut body = (resource.body)(1);
    let mut places = Vec::new();
    for (pointer, value) in (resource.invalid)() {
        let top = pointer.split('/').nth(1).unwrap().to_owned();
        if places.iter().all(|(known, _)| *known != top) {
            assign(&mut body, pointer, value);
            places.push((top, format!("#{pointer}")));
        }
    }
    body["surplus"] = json!(1);
    places.push(("surplus".to_owned(), "#/surplus".to_owned()));
    assert!(places.len() > 2, "a resource has several members");
    let places: Vec<_> = places.iter().map(|(_, place)| place.as_str()).collect();
    api.post(resource.path).by(resource.writer).json(&body).send().await.invalid(&places);
}

/// 422; the names of members are escaped (RFC 6901, section 6).
pub async fn unknown_members_are_refused(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    for name in ["surplus", "id", "version", "created_at", "updated_at", "__proto__", ""] {
        let mut body = (resource.body)(2);
        body[name] = json!("x");
        let place = format!("#/{name}");
        api.post(resource.path).by(resource.writer).json(&body).send().await.invalid(&[&place]);
        if resource.is_patched() {
            let patch = api.patch(&item.path).by(resource.writer).if_match(&item.tag).merge(&json!({name: null}));
            patch.send().await.invalid(&[&place]);
        }
    }
    let mut body = (resource.body)(2);
    body["a/b~c"] = json!(1);
    api.post(resource.path).by(resource.writer).json(&body).send().await.invalid(&["#/a~1b~0c"]);
    item.assert_unchanged(&api).await;
}

/// 422: PostgreSQL can't keep it, and nobody means it.
pub async fn nul_in_text_is_refused(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let (name, _) = resource.text;
    for text in ["\u{0}", "a\u{0}b", "a\u{0}"] {
        let place = format!("#/{name}");
        let mut body = (resource.body)(2);
        body[name] = json!(text);
        api.post(resource.path).by(resource.writer).json(&body).send().await.invalid(&[&place]);
        let patch = api.patch(&item.path).by(resource.writer).if_match(&item.tag).merge(&json!({name: text}));
        patch.send().await.invalid(&[&place]);
    }
}

/// Null is no value for a member that has to have one.
pub async fn null_clears_nothing_that_is_needed(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    for name in (resource.body)(2).as_object().unwrap().keys() {
        if resource.nullable.contains(&name.as_str()) {
            continue;
        }
        let place = format!("#/{name}");
        let patch = api.patch(&item.path).by(resource.writer).if_match(&item.tag).merge(&json!({name: null}));
        patch.send().await.invalid(&[&place]);
        let mut body = (resource.body)(2);
        body[name] = Value::Null;
        api.post(resource.path).by(resource.writer).json(&body).send().await.invalid(&[&place]);
    }
    item.assert_unchanged(&api).await;
}

/// Absent and null are the same to a create; the representation has null.
pub async fn members_that_may_be_empty_may_be_left_out(resource: &Resource) {
    let api = resource.start(1).await;
    for (number, null) in [(1, false), (2, true)] {
        let mut body: Map<String, Value> = (resource.body)(number).as_object().unwrap().clone();
        for name in resource.nullable {
            body.remove(*name);
            if null {
                body.insert((*name).to_owned(), Value::Null);
            }
        }
        let created = api.post(resource.path).by(resource.writer).json(&Value::Object(body)).send().await.expect(201);
        for name in resource.nullable {
            assert_eq!(created.json()[name], Value::Null, "{name}");
        }
    }
}
