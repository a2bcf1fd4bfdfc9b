//! Changing and removing items.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::conformance::Item;
use crate::resource::{Resource, merge};

/// A merge patch (RFC 7396), under either media type; one more version, and nothing else is touched.
pub async fn a_patch_changes_what_it_names(resource: &Resource) {
    let api = resource.start(2).await;
    let mut item = resource.create(&api, 1).await;
    for (number, patch) in (resource.patches)().into_iter().enumerate() {
        let request = api.patch(&item.path).by(resource.writer).if_match(&item.tag).on(number % 2);
        let request = if number % 2 == 0 { request.merge(&patch) } else { request.json(&patch) };
        let answer = request.send().await.expect(200);
        let after = answer.json();
        let mut expected = merged(&item.value, &patch);
        expected["version"] = json!(item.value["version"].as_i64().unwrap() + 1);
        expected["updated_at"] = after["updated_at"].clone();
        assert_eq!(after, expected, "{patch}");
        assert!(after["updated_at"].as_str() > item.value["updated_at"].as_str(), "{patch}");
        assert_ne!(answer.etag(), item.tag, "{patch}");
        item = Item { path: item.path, tag: answer.etag(), value: after };
        item.assert_unchanged(&api).await;
    }
}

/// Absent keeps, null clears, a value sets.
pub async fn a_patch_has_three_states_for_a_member_that_may_be_empty(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let mut tag = item.tag.clone();
    for name in resource.nullable {
        let before = &item.value[name];
        assert_ne!(before, &Value::Null, "a body has every member");
        for (patch, after) in [
            (json!({}), before),
            (json!({*name: null}), &Value::Null),
            (json!({}), &Value::Null),
            (json!({*name: null}), &Value::Null),
            (json!({*name: before}), before),
        ] {
            let answer =
                api.patch(&item.path).by(resource.writer).if_match(&tag).merge(&patch).send().await.expect(200);
            assert_eq!(&answer.json()[name], after, "{patch}");
            tag = answer.etag();
        }
    }
}

/// Neither version nor time move: other clients keep what they have.
pub async fn a_patch_that_changes_nothing_keeps_the_version(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    for patch in [json!({}), (resource.body)(1)] {
        let answer =
            api.patch(&item.path).by(resource.writer).if_match(&item.tag).merge(&patch).send().await.expect(200);
        assert_eq!((answer.etag(), answer.json()), (item.tag.clone(), item.value.clone()), "{patch}");
    }
    item.assert_unchanged(&api).await;
}

/// 428 without `If-Match`, 400 when it is malformed; `*` and a list that has the tag are good.
pub async fn a_patch_needs_the_version_it_is_based_on(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let patch = || api.patch(&item.path).by(resource.writer).merge(&json!({}));
    patch().send().await.problem(428, "precondition-required");
    for malformed in ["1", "\"1", "", "\"1\" \"2\"", "*, \"1\"", "w/\"1\""] {
        patch().if_match(malformed).send().await.problem(400, "bad-request");
    }
    for good in [item.tag.clone(), "*".to_owned(), format!("\"x\", {}", item.tag)] {
        patch().if_match(&good).send().await.expect(200);
    }
    for stale in ["\"0\"", "\"99\"", "\"x\"", &format!("W/{}", item.tag)] {
        patch().if_match(stale).send().await.problem(412, "precondition-failed");
    }
    item.assert_unchanged(&api).await;
}

/// 412, on any instance.
pub async fn a_stale_patch_changes_nothing(resource: &Resource) {
    let api = resource.start(2).await;
    let first = resource.create(&api, 1).await;
    let [one, other] = [0, 1].map(resource.vary);
    let patch = if merged(&first.value, &one) == first.value { other.clone() } else { one.clone() };
    let second = api.patch(&first.path).by(resource.writer).if_match(&first.tag).merge(&patch).send().await.expect(200);
    let second = Item { path: first.path.clone(), tag: second.etag(), value: second.json() };
    for instance in 0..2 {
        for patch in [json!({}), one.clone(), other.clone()] {
            let stale = api.patch(&first.path).on(instance).by(resource.writer).if_match(&first.tag).merge(&patch);
            stale.send().await.problem(412, "precondition-failed");
        }
    }
    second.assert_unchanged(&api).await;
}

/// One bad member, and the good ones have no effect either.
pub async fn a_bad_patch_changes_nothing(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let mut patch = merge(&(resource.vary)(1), &(resource.vary)(2));
    patch["surplus"] = json!(true);
    let update = api.patch(&item.path).by(resource.writer).if_match(&item.tag).merge(&patch);
    update.send().await.invalid(&["#/surplus"]);
    item.assert_unchanged(&api).await;
}

/// RFC 7396 lets a patch replace the whole by what is no object: here that is no resource.
pub async fn a_patch_of_any_other_kind_is_refused(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    for patch in [json!(null), json!([]), json!(1), json!("x"), json!([{"op": "remove", "path": "/stock"}])] {
        let update = api.patch(&item.path).by(resource.writer).if_match(&item.tag).merge(&patch);
        update.send().await.invalid(&["#"]);
    }
    item.assert_unchanged(&api).await;
}

/// Twenty clients on two instances read, then patch what they read, ten times each. For every version there is one
/// winner; who lost left no trace.
pub async fn of_two_hundred_patches_at_once_one_wins_for_each_version(resource: &Resource) {
    let api = resource.start(2).await;
    let item = resource.create(&api, 1).await;
    let client = async |client: usize| {
        let mut won = Vec::new();
        for round in 0..10 {
            let instance = (client + round) % 2;
            let read = api.get(&item.path).on(instance).send().await.expect(200);
            // A value that no other patch sets.
            let patch = (resource.vary)(1 + client * 10 + round);
            let update =
                api.patch(&item.path).on(1 - instance).by(resource.writer).if_match(&read.etag()).merge(&patch);
            let answer = update.send().await;
            match answer.status() {
                200 => {
                    assert_eq!(merged(&answer.json(), &patch), answer.json());
                    won.push((answer.json()["version"].as_i64().unwrap(), patch));
                }
                _ => drop(answer.problem(412, "precondition-failed")),
            }
        }
        won
    };
    let won: Vec<_> = join_all((0..20).map(client)).await.concat();
    let versions: HashSet<_> = won.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions.len(), won.len(), "two patches made one version: {won:?}");
    let now = api.get(&item.path).send().await.expect(200).json();
    assert_eq!(now["version"], won.len() as i64 + 1, "every version has its winner");
    let (_, last) = won.iter().max_by_key(|(version, _)| *version).expect("someone won");
    assert_eq!(merged(&now, last), now);
}

/// 204 once, 404 from then on, on any instance.
pub async fn what_is_deleted_is_gone(resource: &Resource) {
    let api = resource.start(2).await;
    let item = resource.create(&api, 1).await;
    let deletes = (0..10).map(|n| api.delete(&item.path).on(n % 2).by(resource.writer).send());
    let answers = join_all(deletes).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 204).count(), 1, "one of ten removes it");
    for answer in answers.into_iter().filter(|answer| answer.status() != 204) {
        answer.problem(404, "not-found");
    }
    for instance in 0..2 {
        api.get(&item.path).on(instance).send().await.problem(404, "not-found");
        let patch = api.patch(&item.path).on(instance).by(resource.writer).if_match(&item.tag).merge(&json!({}));
        patch.send().await.problem(404, "not-found");
    }
    let list = api.get(resource.path).send().await.expect(200);
    assert_eq!(list.json()["items"], json!([]));
    resource.create(&api, 1).await;
}

/// 412 under another version, and the item stays.
pub async fn a_delete_heeds_the_version_when_it_is_named(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    for stale in ["\"0\"", "\"x\"", &format!("W/{}", item.tag)] {
        let delete = api.delete(&item.path).by(resource.writer).if_match(stale);
        delete.send().await.problem(412, "precondition-failed");
    }
    api.delete(&item.path).by(resource.writer).if_match("x").send().await.problem(400, "bad-request");
    item.assert_unchanged(&api).await;
    api.delete(&item.path).by(resource.writer).if_match(&item.tag).send().await.expect(204);
    api.delete(&item.path).by(resource.writer).if_match("*").send().await.problem(404, "not-found");
}

/// A delete that names a version removes that version, and not the one that a patch makes at the same time.
pub async fn a_delete_and_a_patch_of_one_version_do_not_both_happen(resource: &Resource) {
    let api = resource.start(2).await;
    let contest = async |number: usize| {
        let item = resource.create(&api, number).await;
        let patch = (resource.vary)(number + 100);
        let patch = api.patch(&item.path).on(0).by(resource.writer).if_match(&item.tag).merge(&patch).send();
        let delete = api.delete(&item.path).on(1).by(resource.writer).if_match(&item.tag).send();
        let (patch, delete) = futures_util::future::join(patch, delete).await;
        match (patch.status(), delete.status()) {
            (200, 412) => drop(api.get(&item.path).send().await.expect(200)),
            (404 | 412, 204) => drop(api.get(&item.path).send().await.expect(404)),
            _ => panic!("{patch}\n{delete}"),
        }
    };
    join_all((0..100).map(contest)).await;
}

/// What a representation is after a patch: a member that was cleared is there, and null.
fn merged(before: &Value, patch: &Value) -> Value {
    let mut after = merge(before, patch);
    for (name, value) in patch.as_object().unwrap() {
        if value.is_null() {
            after[name] = Value::Null;
        }
    }
    after
}
