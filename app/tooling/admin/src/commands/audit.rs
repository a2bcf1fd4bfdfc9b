//! `admin audit`.

use auditbus::{Actor, Audit, Business, OrderField, QueryFilter};
use paging::{Direction, OrderBy, Page};
use serde_json::{Value, json};
use types::{Timestamp, UserId};

use crate::cli;
use crate::context::{Connected, Context};
use crate::exit::Failure;
use crate::output::Reply;
use crate::table::{Table, shortened};

/// The most characters of a difference, and of a value in it, that a table shows.
const LONGEST: (usize, usize) = (120, 40);

pub(super) async fn run(context: &Context, arguments: cli::Audit) -> Result<Reply, Failure> {
    let connected = context.connect().await?;
    let limit = arguments.limit;
    let filter = filter(&connected, arguments).await?;
    let order_by = OrderBy::by(OrderField::OccurredAt, Direction::Descending);
    let page = Business::new(connected.db.clone()).query(&filter, order_by, &Page::first(limit)).await?;
    if page.next.is_some() {
        context.output.note(&format!("there are more than {limit}; --limit N shows more"));
    }
    let mut table = Table::new(&["when", "who", "from", "trace", "did", "row", "difference"], "no changes");
    for audit in &page.items {
        let address = audit.address.map(|address| address.to_string()).unwrap_or_default();
        table.row([
            &moment(&audit.occurred_at),
            &who(&audit.actor),
            &address,
            audit.trace_id.as_deref().unwrap_or_default(),
            &audit.action,
            &format!("{} {}", audit.entity, audit.entity_id),
            &difference(&audit.difference),
        ]);
    }
    Ok(Reply::table(page.items.iter().map(json).collect(), table))
}

async fn filter(connected: &Connected, arguments: cli::Audit) -> Result<QueryFilter, Failure> {
    let actor_id = match arguments.actor_id.as_deref().map(|user| (user, UserId::parse(user))) {
        Some((_, Ok(user_id))) => Some(user_id),
        Some((user, Err(_))) => Some(super::users::find(&userbus::Business::new(connected.db.clone()), user).await?.id),
        None => None,
    };
    Ok(QueryFilter {
        entity: arguments.entity,
        entity_id: arguments.entity_id,
        action: arguments.action,
        actor: arguments.actor,
        actor_id,
        trace_id: arguments.trace_id,
        address: arguments.address.map(|address| address.to_canonical()),
        from: arguments.from,
        to: arguments.to,
    })
}

fn who(actor: &Actor) -> String {
    let kind = actor.kind().as_str();
    match (actor.user_id(), actor.name()) {
        (Some(user_id), _) => format!("{kind} {user_id}"),
        (None, Some(name)) => format!("{kind} {name}"),
        (None, None) => kind.to_owned(),
    }
}

/// What changed, in a line: `stock 7 -> 6, director was "Ridley Scott"`.
fn difference(difference: &Value) -> String {
    let members = difference.as_object().into_iter().flatten();
    let parts: Vec<String> = members.map(|(name, member)| format!("{name} {}", change(member))).collect();
    shortened(&parts.join(", "), LONGEST.0)
}

fn change(member: &Value) -> String {
    let value = |when: &str| match &member[when] {
        Value::Null => None,
        value => Some(shortened(&value.to_string(), LONGEST.1)),
    };
    match (value("before"), value("after")) {
        (None, None) if member["erased"] == true => "(erased)".to_owned(),
        (None, None) => "changed".to_owned(),
        (None, Some(after)) => format!("= {after}"),
        (Some(before), None) => format!("was {before}"),
        (Some(before), Some(after)) => format!("{before} -> {after}"),
    }
}

/// As the API shows it.
fn json(audit: &Audit) -> Value {
    json!({
        "id": audit.id.to_string(),
        "occurred_at": moment(&audit.occurred_at),
        "actor": {
            "kind": audit.actor.kind().as_str(),
            "id": audit.actor.user_id().map(|user_id| user_id.to_string()),
            "name": audit.actor.name(),
        },
        "entity": audit.entity,
        "entity_id": audit.entity_id,
        "action": audit.action,
        "version": audit.version.number(),
        "difference": audit.difference,
        "trace_id": audit.trace_id,
        "address": audit.address,
    })
}

/// To the millisecond, in which the order of changes shows.
fn moment(at: &Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

impl From<auditbus::Error> for Failure {
    fn from(error: auditbus::Error) -> Self {
        match error {
            auditbus::Error::NotFound => Self::not_found(error.to_string()),
            auditbus::Error::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_in_a_line() {
        for (value, line) in [
            (json!({}), ""),
            (json!({ "stock": { "before": 7, "after": 6 } }), "stock 7 -> 6"),
            (json!({ "director": { "before": "A", "after": null } }), r#"director was "A""#),
            (json!({ "title": { "before": null, "after": "B" } }), r#"title = "B""#),
            (json!({ "email": { "personal": true, "erased": true } }), "email (erased)"),
            (json!({ "password": { "changed": true } }), "password changed"),
            (json!({ "a": { "before": false, "after": true }, "b": { "after": [1] } }), "a false -> true, b = [1]"),
        ] {
            assert_eq!(difference(&value), line);
        }
        let long = difference(&json!({ "title": { "after": "ä".repeat(500) } }));
        assert_eq!(long.chars().count(), "title = ".len() + LONGEST.1, "{long}");
    }
}
