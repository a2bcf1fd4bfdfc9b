//! Every route that changes something leaves a trail: an audit that says who, from where, under which trace, and an event.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use apitest::Standing;
use auditbus::{Actor, Audit, QueryFilter, TraceId};
use auth::{Grant, Permission};
use mux::{Access, Routes};
use paging::{OrderBy, Page};
use types::{Role, UserId};
use uuid::Uuid;

use crate::policy::ground::Ground;
use crate::policy::lines::lines;
use crate::policy::matrix::{Cell, Line, Target};

/// Routes that change no row of a domain while they are asked, with the reason. But for those that read, this list may only
/// become shorter.
const LEAVE_NOTHING: &[(&str, &str)] = &[
    ("refresh", "a session begins and ends, and is told of then; that it is in use every few minutes is no news"),
    ("mail_activation", "a mail is enqueued for any address; the job that writes it makes the token"),
    ("mail_password_reset", "a mail is enqueued for any address; the job that writes it makes the token"),
    ("search_locations", "it reads: what is looked for is more than a query can hold, or comes from a form"),
];

#[test]
fn every_change_of_every_domain_leaves_an_audit_and_an_event() {
    apitest::run(async {
        let ground = Ground::serve(platform::tables).await;
        let excepted: BTreeMap<_, _> = LEAVE_NOTHING.iter().copied().collect();
        let (mut changing, mut faults) = (BTreeSet::new(), Vec::new());
        for route in platform::tables(&ground.resources).iter().flat_map(Routes::iter) {
            let id = route.operation().id();
            if ["GET", "HEAD", "OPTIONS"].contains(&route.method().as_str()) {
                continue;
            }
            changing.insert(id);
            let lines = lines();
            let line = lines.iter().find(|line| line.operation == id).expect(id);
            match (left_by(&ground, line).await, excepted.get(id)) {
                (Ok(0), None) => faults.push(format!("{id} changes something, and nobody knows")),
                (Ok(0), Some(_)) | (Ok(_), None) => {}
                (Ok(_), Some(reason)) => {
                    faults.push(format!("{id} leaves an audit: its exception is spent ({reason})"))
                }
                (Err(audit), _) => faults.push(format!("{id}: this does not say who did it and from where: {audit:?}")),
            }
        }
        let gone = excepted.keys().filter(|id| !changing.contains(*id));
        faults.extend(gone.map(|id| format!("{id} is served no longer: take its exception out")));
        assert!(faults.is_empty(), "{}", faults.join("\n"));

        // Each audit has its event, and each event its audit.
        const COMPARE: &str = "
            DO $$ BEGIN
                ASSERT (SELECT count(*) FROM audits) > 0;
                ASSERT NOT EXISTS (
                    SELECT FROM audits FULL JOIN events ON event_id = audit_id
                    WHERE event_id IS NULL OR audit_id IS NULL OR events.entity_id <> audits.entity_id
                        OR events.action <> audits.action OR events.version <> audits.version
                        OR substr(traceparent, 4, 32) IS DISTINCT FROM trace_id
                );
            END $$";
        ground.api.spoil(COMPARE).await;
    });
}

/// Asks for the route in the way it is meant to be asked, and counts the audits that this left; one that does not say who
/// did it and from where is given instead.
async fn left_by(ground: &Ground, line: &'static Line) -> Result<usize, Audit> {
    let target = *[Target::None, Target::Own, Target::Other].iter().find(|some| line.targets.contains(some)).unwrap();
    let caller = match line.access {
        Access::Needs(permission) if !permission.is_public() => {
            Some(ground.user(whoever_may(permission), Standing::Active).await)
        }
        _ => None,
    };
    let cell = Cell::new(ground, target, caller);
    let mut request = (line.ask)(&cell).await;
    if let Some(caller) = &cell.caller {
        request = request.header("authorization", format!("Bearer {}", ground.token(caller).await));
    }
    // What was prepared until here happened under other traces.
    let trace_id = Uuid::now_v7().simple().to_string();
    let answer = request.header("traceparent", format!("00-{trace_id}-b7ad6b7169203331-00")).send().await;
    assert!((200..300).contains(&answer.status()), "{}: {answer}", line.operation);

    let audits = audits_under(ground, &trace_id).await;
    let caller = cell.caller.as_ref().map(|caller| caller.id);
    match audits.iter().find(|audit| !is_whole(audit, caller)) {
        Some(audit) => Err(audit.clone()),
        None => Ok(audits.len()),
    }
}

/// An admin, unless this is for others to do.
fn whoever_may(permission: Permission) -> Role {
    let may = |role: &Role| permission.row().of(*role) != Grant::None;
    [Role::Admin].into_iter().chain(Role::ALL).find(may).unwrap()
}

/// The audits of the request itself; jobs that it enqueued work under its trace, too.
async fn audits_under(ground: &Ground, trace_id: &str) -> Vec<Audit> {
    let audits = auditbus::Business::new(ground.api.db().clone());
    let filter = QueryFilter { trace_id: Some(TraceId::parse(trace_id).unwrap()), ..QueryFilter::default() };
    let order_by = OrderBy::new(auditbus::DEFAULT_ORDER);
    let found = audits.query(&filter, order_by, &Page::first(100)).await.unwrap().items;
    found.into_iter().filter(|audit| audit.actor != Actor::System("jobs".to_owned())).collect()
}

/// Whether it says that this caller did it, or somebody who is not signed in, from this machine.
fn is_whole(audit: &Audit, caller: Option<UserId>) -> bool {
    let by_whom = match (&audit.actor, caller) {
        (Actor::User(user_id), Some(caller)) => *user_id == caller,
        (Actor::User(_) | Actor::Anonymous, None) => true,
        _ => false,
    };
    by_whom && audit.address == Some(IpAddr::V4(Ipv4Addr::LOCALHOST))
}
