//! What the general rules need to know about a resource.

use mux::Routes;
use serde_json::Value;
use sqldb::Db;
use types::Role;

use crate::api::Api;

/// A resource: a collection with items that are created, read, changed and removed.
pub struct Resource {
    /// Its routes, on a database.
    pub routes: fn(Db) -> Routes,
    /// The path of the collection, such as `/v1/movies`.
    pub path: &'static str,
    /// SQL that comes before the first item: what items refer to. It may be empty.
    pub ground: &'static str,
    /// Anyone reads it, without credentials.
    pub public: bool,
    /// A role that may write.
    pub writer: Role,
    /// A role that may not write, and reads everything.
    pub reader: Role,
    /// A body that creates an item, with every member and without an empty one. Another one for each number: no rule
    /// of uniqueness stands between two of them.
    pub body: fn(usize) -> Value,
    /// The members without which nothing is created.
    pub required: &'static [&'static str],
    /// The members that a merge patch may clear.
    pub nullable: &'static [&'static str],
    /// A member of free text that is unique to no item, with the most characters it takes: 64 or more.
    pub text: (&'static str, usize),
    /// A patch that gives one member another value for each number from 0 to 200, none of which `body` has.
    pub vary: fn(usize) -> Value,
    /// Values that are refused: the pointer to the member, the value.
    pub invalid: fn() -> Vec<(&'static str, Value)>,
    /// Patches that change an item made of `body`; none where items are not patched.
    pub patches: fn() -> Vec<Value>,
    /// What a list can be sorted by.
    pub sorts: &'static [Sort],
    /// Filters, each with a query that selects some items made of `body` and not all.
    pub filters: &'static [Filter],
    /// Queries that are refused, with the parameter at fault.
    pub invalid_queries: &'static [(&'static str, &'static str)],
}

/// A field of a sort.
pub struct Sort {
    /// Its name in the query.
    pub name: &'static str,
    /// Where its value stands in a representation. Texts compare without regard to case; null comes last.
    pub pointer: &'static str,
}

/// A filter of a list.
pub struct Filter {
    /// The query, such as `year_from=2000`.
    pub query: &'static str,
    /// Whether it selects an item.
    pub selects: fn(&Value) -> bool,
}

/// A list, as the general rules of lists know it. Every [`Resource`] is one.
pub trait List {
    /// The routes, on a database.
    fn routes(&self) -> fn(Db) -> Routes;
    /// The path of the list.
    fn path(&self) -> &'static str;
    /// SQL that comes before the first item.
    fn ground(&self) -> &'static str {
        ""
    }
    /// A query that leaves out what was not filled in by the test; empty where there is nothing else.
    fn scope(&self) -> &'static str {
        ""
    }
    /// A role that may read it; none where anyone may.
    fn reader(&self) -> Option<Role> {
        None
    }
    /// Fills in so many items, numbered from 0.
    fn fill(&self, api: &Api, items: usize) -> impl Future<Output = ()>;
    /// What it can be sorted by. The default order is another one than by the last of them, ascending.
    fn sorts(&self) -> &'static [Sort];
    /// Filters, each with a query that selects some of the items and not all.
    fn filters(&self) -> &'static [Filter];
    /// Queries that are refused, with the parameter at fault.
    fn invalid_queries(&self) -> &'static [(&'static str, &'static str)];
}

impl List for Resource {
    fn routes(&self) -> fn(Db) -> Routes {
        self.routes
    }

    fn path(&self) -> &'static str {
        self.path
    }

    fn ground(&self) -> &'static str {
        self.ground
    }

    fn reader(&self) -> Option<Role> {
        (!self.public).then_some(self.reader)
    }

    async fn fill(&self, api: &Api, items: usize) {
        for number in 0..items {
            self.create(api, number).await;
        }
    }

    fn sorts(&self) -> &'static [Sort] {
        self.sorts
    }

    fn filters(&self) -> &'static [Filter] {
        self.filters
    }

    fn invalid_queries(&self) -> &'static [(&'static str, &'static str)] {
        self.invalid_queries
    }
}

/// `target` with the merge patch `patch` (RFC 7396, section 2).
pub fn merge(target: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut merged = target.as_object().cloned().unwrap_or_default();
    for (name, value) in patch {
        if value.is_null() {
            merged.remove(name);
        } else {
            let before = merged.get(name).cloned().unwrap_or_default();
            merged.insert(name.clone(), self::merge(&before, value));
        }
    }
    Value::Object(merged)
}

/// Puts `value` into the object at `pointer`, and makes the objects on the way there.
pub(crate) fn assign(object: &mut Value, pointer: &str, value: Value) {
    let mut names = pointer.split('/').skip(1).peekable();
    let mut place = object;
    while let Some(name) = names.next() {
        // An index leads into a list that is there.
        place = match (name.parse::<usize>(), place.is_array()) {
            (Ok(index), true) => &mut place[index],
            _ => &mut place[name],
        };
        if names.peek().is_some() && place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
    }
    *place = value;
}
