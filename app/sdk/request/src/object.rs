//! Bodies: objects with known members.

use std::borrow::Cow;
use std::collections::BTreeMap;

use types::Patch;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder};

use crate::field::{Components, Field, Schema};
use crate::json::Value;
use crate::place::Place;
use crate::report::Report;

/// A JSON object that a request carries.
pub trait Body: Sized + 'static {
    /// The name of its schema in the API description.
    const NAME: &'static str;

    /// Reads the members. `None` if and only if a getter gave `None`, which has then reported why.
    ///
    /// Every getter has to be called before the first `?`: it finds all errors at once, and it describes the body.
    fn read(object: &mut Object<'_>) -> Option<Self>;
}

/// An object that is being read, or described.
pub struct Object<'r>(Mode<'r>);

enum Mode<'r> {
    Reading { members: BTreeMap<Cow<'r, str>, Value<'r>>, place: &'r Place<'r>, report: &'r mut Report, form: bool },
    Describing { members: Vec<(&'static str, Schema, bool)>, components: &'r mut Components },
}

/// A member that may be missing.
enum Member<T> {
    Absent,
    Null,
    Value(T),
}

/// What a getter takes besides a value.
#[derive(Default)]
struct Rule {
    required: bool,
    nullable: bool,
    default: Option<serde_json::Value>,
}

/// The longest name of an unknown member that is sent back.
const MAX_NAME: usize = 128;

/// The schema of `B`. Objects within it are references to [`components_of`].
pub fn schema_of<B: Body>() -> utoipa::openapi::Schema {
    let mut components = Components::new();
    describe_into::<B>(&mut components)
}

/// The schemas of `B` and of every object within it, by their names.
pub fn components_of<B: Body>() -> Vec<(String, utoipa::openapi::Schema)> {
    let mut components = Components::new();
    describe::<B>(&mut components);
    components.into_iter().collect()
}

impl Object<'_> {
    /// A member that has to be there and not be null.
    pub fn required<T>(&mut self, name: &'static str, field: &Field<T>) -> Option<T> {
        match self.member(name, field, Rule { required: true, ..Rule::default() })? {
            Member::Value(value) => Some(value),
            Member::Absent | Member::Null => None,
        }
    }

    /// A member that may be missing or null, which is the same.
    pub fn nullable<T>(&mut self, name: &'static str, field: &Field<T>) -> Option<Option<T>> {
        match self.member(name, field, Rule { nullable: true, ..Rule::default() })? {
            Member::Value(value) => Some(Some(value)),
            Member::Absent | Member::Null => Some(None),
        }
    }

    /// A member that may be missing and stands for `default` then. The default is read as if it had been sent.
    pub fn defaulted<T>(
        &mut self,
        name: &'static str,
        field: &Field<T>,
        default: impl Into<serde_json::Value>,
    ) -> Option<T> {
        match self.member(name, field, Rule { default: Some(default.into()), ..Rule::default() })? {
            Member::Value(value) => Some(value),
            Member::Absent | Member::Null => None,
        }
    }

    /// A member of a merge patch (RFC 7396) that cannot be cleared: absent keeps, a value sets.
    pub fn patch<T>(&mut self, name: &'static str, field: &Field<T>) -> Option<Option<T>> {
        match self.member(name, field, Rule::default())? {
            Member::Value(value) => Some(Some(value)),
            Member::Absent | Member::Null => Some(None),
        }
    }

    /// A member of a merge patch (RFC 7396): absent keeps, null clears, a value sets.
    pub fn patch_nullable<T>(&mut self, name: &'static str, field: &Field<T>) -> Option<Patch<T>> {
        Some(match self.member(name, field, Rule { nullable: true, ..Rule::default() })? {
            Member::Absent => Patch::Keep,
            Member::Null => Patch::Clear,
            Member::Value(value) => Patch::Set(value),
        })
    }

    /// Refuses the member `name` for a reason that lies in several members together.
    ///
    /// Call it after every getter. Whatever `read` gives then is dropped.
    pub fn refuse(&mut self, name: &'static str, words: impl Into<String>) {
        if let Mode::Reading { place, report, .. } = &mut self.0 {
            report.add(|| Place::Member(place, name).error(words));
        }
    }

    /// Refuses one item of the list `name`, counted from 0, for a reason that lies in several items together.
    ///
    /// Call it after every getter. Whatever `read` gives then is dropped.
    pub fn refuse_item(&mut self, name: &'static str, index: usize, words: impl Into<String>) {
        if let Mode::Reading { place, report, .. } = &mut self.0 {
            report.add(|| Place::Item(&Place::Member(place, name), index).error(words));
        }
    }

    fn member<T>(&mut self, name: &'static str, field: &Field<T>, rule: Rule) -> Option<Member<T>> {
        match &mut self.0 {
            Mode::Describing { members, components } => {
                let schema = field.schema(rule.nullable, rule.default, components);
                members.push((name, schema, rule.required));
                None
            }
            Mode::Reading { members, place, report, form } => {
                let place = Place::Member(place, name);
                let value = match (members.remove(name), rule.default) {
                    (Some(Value::Null), _) if rule.nullable => return Some(Member::Null),
                    (Some(value), _) => value,
                    (None, Some(default)) => Value::from(default),
                    (None, None) if rule.required => {
                        report.add(|| place.error("is required"));
                        return None;
                    }
                    (None, None) => return Some(Member::Absent),
                };
                // All that a form has is text, which stands for what the field is.
                let value = match &value {
                    Value::Text(text) if *form => field.value_of(text),
                    _ => value,
                };
                field.read(value, &place, report).map(Member::Value)
            }
        }
    }

    /// Reports what no getter asked for.
    fn refuse_the_rest(self) {
        let Mode::Reading { members, place, report, .. } = self.0 else { return };
        for name in members.keys() {
            report.add(|| {
                if name.len() <= MAX_NAME {
                    Place::Member(place, name).error("is not a member of this resource")
                } else {
                    place.error("has a member with a very long name, which is not one of this resource")
                }
            });
        }
    }
}

/// Reads a body from the value at `place`.
pub(crate) fn read_value<B: Body>(value: Value<'_>, place: &Place<'_>, report: &mut Report) -> Option<B> {
    let Value::Object(members) = value else {
        report.add(|| place.error("must be an object"));
        return None;
    };
    read_members(members, place, report, false)
}

/// Reads a body from the members of a form.
pub(crate) fn read_form<B: Body>(texts: BTreeMap<Cow<'_, str>, Cow<'_, str>>, report: &mut Report) -> Option<B> {
    let members = texts.into_iter().map(|(name, text)| (name, Value::Text(text))).collect();
    read_members(members, &Place::Body, report, true)
}

fn read_members<B: Body>(
    members: BTreeMap<Cow<'_, str>, Value<'_>>,
    place: &Place<'_>,
    report: &mut Report,
    form: bool,
) -> Option<B> {
    let mut object = Object(Mode::Reading { members, place, report, form });
    let body = B::read(&mut object);
    object.refuse_the_rest();
    body
}

/// Adds the schemas of `B` and of every object within it.
pub(crate) fn describe<B: Body>(components: &mut Components) {
    // Taken before its members are described: one that holds itself would not end.
    components.insert(B::NAME.to_owned(), ObjectBuilder::new().build().into());
    let schema = describe_into::<B>(components);
    components.insert(B::NAME.to_owned(), schema);
}

fn describe_into<B: Body>(components: &mut Components) -> utoipa::openapi::Schema {
    let mut object = Object(Mode::Describing { members: Vec::new(), components });
    // Gives nothing: every getter only takes notes.
    let _ = B::read(&mut object);
    let mut schema = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)));
    if let Mode::Describing { members, .. } = object.0 {
        for (name, member, required) in members {
            schema = schema.property(name, member);
            if required {
                schema = schema.required(name);
            }
        }
    }
    schema.build().into()
}
