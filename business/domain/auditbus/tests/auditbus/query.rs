//! Which audits are found, in what order.

use std::time::Duration;

use auditbus::{Actor, ActorKind, AuditId, Error, OrderField, QueryFilter, TraceId, Word};
use changes::{Action, Origin};
use chrono::TimeDelta;
use paging::{Direction, OrderBy, Page, Position};
use serde_json::json;
use types::UserId;

use crate::ground::{OTHER, THING, ThingId, all, business, change, origin};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test]
async fn an_audit_is_read_as_the_change_left_it() {
    let (database, audits) = business().await;
    let (user_id, id) = (UserId::new(), ThingId::new());
    let from = origin(changes::Actor::User(user_id), "2001:db8::7", TRACE);
    change(&database.db(), from, THING, id, Action::UPDATED).await;

    let [audit] = &all(&audits, &QueryFilter::default()).await[..] else { panic!("one audit") };
    assert_eq!(audit.actor, Actor::User(user_id));
    assert_eq!((audit.entity.as_str(), audit.entity_id, audit.action.as_str()), ("thing", id.uuid(), "updated"));
    assert_eq!(audit.difference, json!({ "number": { "before": 1, "after": 2 } }));
    assert_eq!(audit.trace_id.as_deref(), Some(TRACE));
    assert_eq!(audit.address.unwrap().to_string(), "2001:db8::7");
    assert_eq!(&audits.query_by_id(audit.id).await.unwrap(), audit);
    assert!(matches!(audits.query_by_id(AuditId::new()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn each_condition_selects_what_it_says_and_all_of_them_hold() {
    let (database, audits) = business().await;
    let db = database.db();
    let (ada, one, two) = (UserId::new(), ThingId::new(), ThingId::new());
    let user = || origin(changes::Actor::User(ada), "192.0.2.1", TRACE);
    change(&db, Origin::new(changes::Actor::Operator("grace".into())), THING, one, Action::CREATED).await;
    change(&db, user(), THING, one, Action::UPDATED).await;
    change(&db, user(), OTHER, two, Action::UPDATED).await;
    change(&db, Origin::new(changes::Actor::Anonymous), THING, two, Action::DELETED).await;
    change(&db, Origin::system("jobs"), OTHER, one, Action::DELETED).await;

    let word = |text| Some(Word::parse(text).unwrap());
    let filter = QueryFilter::default;
    for (filter, expected) in [
        (filter(), 5),
        (QueryFilter { entity: word("thing"), ..filter() }, 3),
        (QueryFilter { entity: word("nothing"), ..filter() }, 0),
        (QueryFilter { entity_id: Some(one.uuid()), ..filter() }, 3),
        (QueryFilter { action: word("deleted"), ..filter() }, 2),
        (QueryFilter { actor: Some(ActorKind::Anonymous), ..filter() }, 1),
        (QueryFilter { actor: Some(ActorKind::User), ..filter() }, 2),
        (QueryFilter { actor: Some(ActorKind::Operator), ..filter() }, 1),
        (QueryFilter { actor: Some(ActorKind::System), ..filter() }, 1),
        (QueryFilter { actor_id: Some(ada), ..filter() }, 2),
        (QueryFilter { actor_id: Some(UserId::new()), ..filter() }, 0),
        (QueryFilter { trace_id: Some(TraceId::parse(TRACE).unwrap()), ..filter() }, 2),
        (QueryFilter { address: Some([192, 0, 2, 1].into()), ..filter() }, 2),
        (QueryFilter { address: Some([192, 0, 2, 2].into()), ..filter() }, 0),
        (QueryFilter { entity: word("thing"), entity_id: Some(one.uuid()), actor_id: Some(ada), ..filter() }, 1),
    ] {
        assert_eq!(all(&audits, &filter).await.len(), expected, "{filter:?}");
        assert_eq!(audits.count(&filter).await.unwrap(), expected as u64, "{filter:?}");
    }
}

#[tokio::test]
async fn a_span_of_time_has_its_beginning_and_not_its_end_to_the_microsecond() {
    let (database, audits) = business().await;
    for _ in 0..3 {
        change(&database.db(), Origin::UNKNOWN, THING, ThingId::new(), Action::CREATED).await;
        // Another millisecond, another time.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let newest_first = all(&audits, &QueryFilter::default()).await;
    let time = newest_first[1].occurred_at;
    let micro = TimeDelta::microseconds(1);
    for (from, to, expected) in [
        (Some(time), None, 2),
        (Some(time + micro), None, 1),
        (Some(time - micro), None, 2),
        (None, Some(time), 1),
        (None, Some(time + micro), 2),
        (None, Some(time - micro), 1),
        (Some(time), Some(time), 0),
        (Some(time), Some(time + micro), 1),
        (Some(chrono::DateTime::UNIX_EPOCH - TimeDelta::days(40_000)), None, 3),
        (None, Some(chrono::DateTime::UNIX_EPOCH - TimeDelta::days(40_000)), 0),
        (None, Some(chrono::DateTime::<chrono::Utc>::MAX_UTC), 3),
    ] {
        let found = all(&audits, &QueryFilter { from, to, ..QueryFilter::default() }).await;
        assert_eq!(found.len(), expected, "{from:?} {to:?}");
    }
}

#[tokio::test]
async fn pages_lead_through_the_list_in_the_order_of_time_in_both_directions() {
    let (database, audits) = business().await;
    for _ in 0..23 {
        change(&database.db(), Origin::UNKNOWN, THING, ThingId::new(), Action::CREATED).await;
    }
    let newest_first = all(&audits, &QueryFilter::default()).await;
    assert!(newest_first.is_sorted_by(|one, next| one.occurred_at >= next.occurred_at));
    for direction in [Direction::Ascending, Direction::Descending] {
        let mut page = Page { total: true, ..Page::first(5) };
        let mut walked = Vec::new();
        loop {
            let order = OrderBy::by(OrderField::OccurredAt, direction);
            let slice = audits.query(&QueryFilter::default(), order, &page).await.unwrap();
            assert_eq!(slice.total, Some(23));
            walked.extend(slice.items);
            let Some(keys) = slice.next else { break };
            page.position = Position::After(keys);
        }
        if direction == Direction::Ascending {
            walked.reverse();
        }
        assert_eq!(walked, newest_first, "{direction:?}");
    }
}

#[tokio::test]
async fn a_row_that_a_newer_release_wrote_is_read() {
    let (database, audits) = business().await;
    let mut conn = database.connect().await;
    let sql = "
        ALTER TABLE audits DROP CONSTRAINT audits_actor_known;
        INSERT INTO audits (audit_id, occurred_at, actor_kind, entity, entity_id, action, version, difference)
        VALUES ('00000000-03e8-7000-8000-000000000000', to_timestamp(1), 'robot', 'cinema', gen_random_uuid(), 'rebuilt', 3, '{}')";
    sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    let [audit] = &all(&audits, &QueryFilter::default()).await[..] else { panic!("one audit") };
    assert_eq!(audit.actor, Actor::System("robot".into()));
    let first = OrderBy::by(OrderField::OccurredAt, Direction::Ascending);
    assert_eq!(audits.query(&QueryFilter::default(), first, &Page::first(1)).await.unwrap().items[0], *audit);
}
