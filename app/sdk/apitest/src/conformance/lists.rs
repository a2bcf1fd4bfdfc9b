//! Lists: pages, orders, filters.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::api::Api;
use crate::resource::{List, Resource};
use crate::sending::Request;

/// More than two pages of seven, and not a multiple of it.
const ITEMS: usize = 24;

/// By every field, in both directions.
pub async fn pages_by_cursor_are_the_whole_list_in_order(list: &impl List) {
    let api = filled(list).await;
    for sort in list.sorts() {
        for (sign, descending) in [("", false), ("-", true)] {
            let query = format!("sort={sign}{}", sort.name);
            let whole = items(&page(&api, list, &format!("{query}&limit=100")).await);
            assert_eq!(whole.len(), ITEMS, "{query}");
            for pair in whole.windows(2) {
                let (one, next) = (pair[0].pointer(sort.pointer).unwrap(), pair[1].pointer(sort.pointer).unwrap());
                let ordering = compare(one, next, descending);
                assert!(ordering.is_le(), "{query}: {one} before {next}");
            }
            assert_eq!(walk(&api, list, &query, 7).await, whole, "{query}");
            assert_eq!(walk(&api, list, &query, 1).await, whole, "{query}");
        }
    }
    let all: Vec<_> = list.sorts().iter().map(|sort| sort.name).collect();
    let query = format!("sort=-{}", all.join(",-"));
    assert_eq!(walk(&api, list, &query, 5).await, items(&page(&api, list, &format!("{query}&limit=100")).await));
    let default = walk(&api, list, "", 7).await;
    assert_eq!(default, items(&page(&api, list, "limit=100").await));
    assert_eq!(items(&page(&api, list, "").await).len(), 20, "the default limit");
}

/// `page` gives classic pages with `total`.
pub async fn pages_by_number_are_the_same_list(list: &impl List) {
    let api = filled(list).await;
    let whole = items(&page(&api, list, "limit=100").await);
    for (index, chunk) in whole.chunks(7).enumerate() {
        let numbered = page(&api, list, &format!("limit=7&page={}", index + 1)).await;
        assert_eq!(items(&numbered), chunk);
        assert_eq!(numbered["total"], ITEMS);
    }
    let beyond = page(&api, list, "limit=7&page=1000").await;
    assert_eq!(beyond, json!({"items": [], "next": null, "total": ITEMS}));
    assert_eq!(page(&api, list, "limit=1&total=true").await["total"], ITEMS);
    assert_eq!(page(&api, list, "limit=1").await.get("total"), None);
}

/// `Link` (RFC 8288) leads where the cursor does, and back to the start, on any instance.
pub async fn links_lead_through_the_list(list: &impl List) {
    let api = filled(list).await;
    for start in [target(list, "limit=7"), target(list, "limit=7&page=1")] {
        let mut path = start.clone();
        let mut walked = Vec::new();
        for instance in [0, 1].into_iter().cycle().take(20) {
            let answer = read(&api, list, &path).on(instance).send().await.expect(200);
            walked.extend(items(&answer.json()));
            let links = links(answer.header("link"));
            let of = |rel: &str| links.iter().find(|(known, _)| known == rel).map(|(_, target)| target.clone());
            let first = read(&api, list, &of("first").expect("always there")).send().await.expect(200).json();
            assert_eq!(items(&first), items(&read(&api, list, &start).send().await.expect(200).json()));
            assert_eq!(of("next").is_some(), !answer.json()["next"].is_null(), "{answer}");
            match of("next") {
                Some(next) => path = next,
                None => break,
            }
        }
        assert_eq!(walked, items(&page(&api, list, "limit=100").await), "{start}");
    }
}

/// Every item that it selects and no other; with a sort and a cursor as well.
pub async fn a_filter_selects_what_it_says(list: &impl List) {
    let api = filled(list).await;
    let whole = items(&page(&api, list, "limit=100").await);
    for filter in list.filters() {
        let expected = whole.iter().filter(|item| (filter.selects)(item)).count();
        assert!((1..ITEMS).contains(&expected), "{}: selects {expected} of {ITEMS}", filter.query);
        for sort in list.sorts() {
            let query = format!("{}&sort=-{}", filter.query, sort.name);
            let walked = walk(&api, list, &query, 3).await;
            assert!(walked.iter().all(filter.selects), "{query}");
            assert_eq!(walked.len(), expected, "{query}");
        }
        let total = page(&api, list, &format!("{}&total=true&limit=1", filter.query)).await;
        assert_eq!(total["total"], expected, "{}", filter.query);
    }
}

/// 400 when it was tampered with, made up, or issued for another filter or sort.
pub async fn a_cursor_is_good_for_its_own_list_only(list: &impl List) {
    let api = filled(list).await;
    let first = page(&api, list, "limit=5").await;
    let cursor = first["next"].as_str().unwrap().to_owned();
    page(&api, list, &format!("limit=9&cursor={cursor}")).await;
    let sort = list.sorts()[list.sorts().len() - 1].name;
    // A list without filters is another one by its sort alone.
    let sorted = format!("sort=-{}", list.sorts()[0].name);
    let filter = list.filters().first().map_or(sorted.as_str(), |filter| filter.query);
    let mut flipped = cursor.clone().into_bytes();
    let middle = flipped.len() / 2;
    flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
    for query in [
        format!("cursor={}", String::from_utf8(flipped).unwrap()),
        format!("cursor={}", &cursor[1..]),
        format!("cursor={cursor}A"),
        format!("cursor={cursor}%3D"),
        "cursor=x".to_owned(),
        "cursor=%F0%9F%8E%AC".to_owned(),
        format!("cursor={cursor}&sort={sort}"),
        format!("cursor={cursor}&{filter}"),
    ] {
        let answer = read(&api, list, &target(list, &query)).send().await;
        answer.problem(400, "invalid-cursor");
    }
}

/// 422, each under its name, all in one answer.
pub async fn bad_parameters_are_all_named(list: &impl List) {
    let api = Api::start(1, list.routes()).await;
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=1.5", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=99999999999", "page"),
        ("total=1", "total"),
        ("total=TRUE", "total"),
        ("sort=", "sort"),
        ("sort=password", "sort"),
        ("sort=id;drop", "sort"),
        ("sort=,", "sort"),
        ("cursor=", "cursor"),
        ("surplus=1", "surplus"),
        ("Limit=1", "Limit"),
    ]
    .iter()
    .chain(list.invalid_queries())
    {
        let answer = read(&api, list, &target(list, query)).send().await;
        answer.invalid(&[&format!("?{parameter}")]);
    }
    let answer = read(&api, list, &target(list, "limit=0&sort=x&surplus=1&total=maybe")).send().await;
    answer.invalid(&["?limit", "?sort", "?surplus", "?total"]);
}

/// The next page starts where the last one ended, not so many rows further.
pub async fn a_row_that_comes_or_goes_moves_no_other(resource: &Resource) {
    let api = filled(resource).await;
    let whole = items(&page(&api, resource, "limit=100").await);
    let first = page(&api, resource, "limit=5").await;
    let last = &items(&first)[4];
    let gone = format!("{}/{}", resource.path, last["id"].as_str().unwrap());
    api.delete(gone).by(resource.writer).send().await.expect(204);
    let cursor = first["next"].as_str().unwrap();
    let second = page(&api, resource, &format!("limit=5&cursor={cursor}")).await;
    assert_eq!(items(&second), whole[5..10]);
}

async fn filled(list: &impl List) -> Api {
    let api = Api::start(2, list.routes()).await;
    api.spoil(list.ground()).await;
    list.fill(&api, ITEMS).await;
    api
}

/// The list under a query.
fn target(list: &impl List, query: &str) -> String {
    let and = if list.scope().is_empty() || query.is_empty() { "" } else { "&" };
    format!("{}?{}{and}{query}", list.path(), list.scope())
}

/// A request for what is under `path`, by somebody who may read the list.
fn read<'a>(api: &'a Api, list: &impl List, path: &str) -> Request<'a> {
    let request = api.get(path);
    match list.reader() {
        Some(role) => request.by(role),
        None => request,
    }
}

async fn page(api: &Api, list: &impl List, query: &str) -> Value {
    read(api, list, &target(list, query)).send().await.expect(200).json()
}

/// The whole list by cursor, from both instances in turn.
async fn walk(api: &Api, list: &impl List, query: &str, limit: usize) -> Vec<Value> {
    let mut walked = Vec::new();
    let mut cursor = String::new();
    for instance in [0, 1].into_iter().cycle().take(2 * ITEMS) {
        let path = target(list, &format!("{query}&limit={limit}{cursor}"));
        let page = read(api, list, &path).on(instance).send().await.expect(200).json();
        assert!(items(&page).len() <= limit);
        walked.extend(items(&page));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return walked,
        }
    }
    panic!("the pages do not end");
}

fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap().clone()
}

/// The targets of a `Link` field, by their relation.
fn links(field: &str) -> Vec<(String, String)> {
    let link = |part: &str| {
        let (target, rel) = part.trim().strip_prefix('<')?.split_once(">; rel=\"")?;
        Some((rel.strip_suffix('"')?.to_owned(), target.to_owned()))
    };
    field.split(", ").map(|part| link(part).unwrap_or_else(|| panic!("{field}"))).collect()
}

fn compare(one: &Value, other: &Value, descending: bool) -> Ordering {
    let ordering = match (one, other) {
        // Unknown comes last in both directions.
        (Value::Null, other) => return if other.is_null() { Ordering::Equal } else { Ordering::Greater },
        (_, Value::Null) => return Ordering::Less,
        (Value::Number(one), Value::Number(other)) => one.as_f64().unwrap().total_cmp(&other.as_f64().unwrap()),
        (one, other) => one.as_str().unwrap().to_lowercase().cmp(&other.as_str().unwrap().to_lowercase()),
    };
    if descending { ordering.reverse() } else { ordering }
}
