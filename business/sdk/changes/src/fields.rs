//! The members of a row that may be told of, and how two states of a row differ.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::change::Change;
use crate::shown::Shown;

/// The members of a row, as far as they may be told of.
///
/// Name them as the API does: who reads an audit knows them from there.
#[derive(Clone, Default, PartialEq)]
pub struct Fields(Vec<Field>);

#[derive(Clone, PartialEq)]
struct Field {
    name: &'static str,
    kind: Kind,
    value: Value,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Public,
    Personal,
    /// It has no value: that it is there says that something changed.
    Marker,
}

/// A member that differs.
struct Member<'f> {
    name: &'static str,
    kind: Kind,
    before: &'f Value,
    after: &'f Value,
}

/// What an audit says of a change: `{"year": {"before": 1999, "after": 2000}}`.
pub(crate) struct Difference<'c>(pub(crate) &'c Change);

/// What an event says of a change: `{"fields": {"year": 2000, ..}, "changed": ["year"]}`.
pub(crate) struct Announcement<'c>(pub(crate) &'c Change);

impl Fields {
    /// No members yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member that whoever may read the row may see: in audits and events.
    #[must_use]
    pub fn field(self, name: &'static str, value: &(impl Shown + ?Sized)) -> Self {
        self.with(name, Kind::Public, value.show())
    }

    /// Adds a member that says something of a person: in audits, from which it is removed with the person
    /// ([`erase`](crate::erase)); never in events.
    #[must_use]
    pub fn personal(self, name: &'static str, value: &(impl Shown + ?Sized)) -> Self {
        self.with(name, Kind::Personal, value.show())
    }

    /// Says that a member changed whose value nobody sees: put it to the fields after the change.
    #[must_use]
    pub fn changed(self, name: &'static str) -> Self {
        self.with(name, Kind::Marker, Value::Null)
    }

    fn with(mut self, name: &'static str, kind: Kind, value: Value) -> Self {
        // One for most rows: growing from nothing would move them several times.
        self.0.reserve_exact(if self.0.capacity() == 0 { 16 } else { 0 });
        self.0.push(Field { name, kind, value });
        self
    }

    /// The member of this name, most likely at this place.
    fn find(&self, at: usize, name: &str) -> Option<&Field> {
        let here = self.0.get(at).filter(|field| field.name == name);
        here.or_else(|| self.0.iter().find(|field| field.name == name))
    }
}

/// Names alone: a log must not have what an audit may have.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|field| field.name)).finish()
    }
}

/// The members that the change changed.
fn differing(change: &Change) -> impl Iterator<Item = Member<'_>> {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let now = after.into_iter().flat_map(|fields| fields.0.iter().enumerate()).map(move |(at, field)| {
        let earlier = before.and_then(|fields| fields.find(at, field.name));
        let kind =
            if earlier.is_some_and(|earlier| earlier.kind == Kind::Personal) { Kind::Personal } else { field.kind };
        Member {
            name: field.name,
            kind,
            before: earlier.map_or(&Value::Null, |field| &field.value),
            after: &field.value,
        }
    });
    let gone = before.into_iter().flat_map(|fields| &fields.0);
    let gone = gone.filter(move |field| after.is_none_or(|after| after.find(usize::MAX, field.name).is_none()));
    let gone = gone.filter(|field| field.kind != Kind::Marker);
    now.chain(gone.map(|field| Member {
        name: field.name,
        kind: field.kind,
        before: &field.value,
        after: &Value::Null,
    }))
    .filter(|member| member.kind == Kind::Marker || member.before != member.after)
}

/// Whether the change differs from nothing.
pub(crate) fn has_difference(change: &Change) -> bool {
    differing(change).next().is_some()
}

impl Serialize for Difference<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(differing(self.0).map(|member| (member.name, member)))
    }
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.kind {
            Kind::Marker => map.serialize_entry("changed", &true)?,
            Kind::Public | Kind::Personal => {
                map.serialize_entry("before", self.before)?;
                map.serialize_entry("after", self.after)?;
                if self.kind == Kind::Personal {
                    map.serialize_entry("personal", &true)?;
                }
            }
        }
        map.end()
    }
}

impl Serialize for Announcement<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("fields", &self.0.after.as_ref().map(Public))?;
        map.serialize_entry("changed", &differing(self.0).map(|member| member.name).collect::<Vec<_>>())?;
        map.end()
    }
}

/// The members that whoever may read the row may see.
struct Public<'f>(&'f Fields);

impl Serialize for Public<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let public = self.0.0.iter().filter(|field| field.kind == Kind::Public);
        serializer.collect_map(public.map(|field| (field.name, &field.value)))
    }
}
