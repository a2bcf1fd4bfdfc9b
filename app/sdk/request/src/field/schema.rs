//! The JSON Schema of a field.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};

use crate::field::{ANY_LENGTH, Field, Kind, NO_NUL, Values};

/// A schema, or a reference to one of the components.
pub(crate) type Schema = RefOr<utoipa::openapi::Schema>;

/// The schemas of objects, by name.
pub(crate) type Components = BTreeMap<String, utoipa::openapi::Schema>;

impl<T> Field<T> {
    /// The schema of the value; those of objects within it go to `components`.
    pub(crate) fn schema(&self, nullable: bool, default: Option<Value>, components: &mut Components) -> Schema {
        match &self.kind {
            Kind::List { items, count, unique } => {
                let list = ArrayBuilder::new()
                    .schema_type(schema_type(Type::Array, nullable))
                    .items(items.schema(components))
                    .min_items((count.0 > 0).then_some(count.0))
                    .max_items((count.1 < usize::MAX).then_some(count.1))
                    .unique_items(*unique)
                    .description(self.description)
                    .default(default)
                    .examples(self.example_value());
                RefOr::T(list.build().into())
            }
            Kind::Object { name, describe, .. } => {
                if !components.contains_key(*name) {
                    describe(components);
                }
                reference(name, nullable, self.description)
            }
            Kind::Document { .. } => {
                if !components.contains_key(ANY_VALUE) {
                    components.insert(ANY_VALUE.to_owned(), any_value());
                }
                RefOr::T(members(self.scalar(nullable, default)).build().into())
            }
            _ => RefOr::T(self.scalar(nullable, default).build().into()),
        }
    }

    fn scalar(&self, nullable: bool, default: Option<Value>) -> ObjectBuilder {
        let scalar = ObjectBuilder::new()
            .description(self.description)
            .default(default)
            .examples(self.example_value())
            .format(self.format.map(|format| SchemaFormat::Custom(format.to_owned())))
            .pattern(self.documented_pattern());
        // Written only when set: `false` would be noise in every schema.
        let scalar = if self.write_only { scalar.write_only(true) } else { scalar };
        match &self.kind {
            Kind::Text { length, .. } => scalar
                .schema_type(schema_type(Type::String, nullable))
                .min_length((length.0 > 0).then_some(length.0))
                .max_length((length.1 < usize::MAX).then_some(length.1)),
            Kind::Choice { values, .. } => {
                // JSON Schema's `enum` holds for null too.
                let null = nullable.then_some(Value::Null);
                let values = values.all().into_iter().map(Value::from).chain(null);
                scalar.schema_type(schema_type(Type::String, nullable)).enum_values(Some(values))
            }
            Kind::Integer { min, max, .. } => scalar
                .schema_type(schema_type(Type::Integer, nullable))
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
                .minimum((*min > i64::MIN).then_some(*min))
                .maximum((max.now() < i64::MAX).then_some(max.now())),
            Kind::Number { min, max, .. } => scalar
                .schema_type(schema_type(Type::Number, nullable))
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
                .minimum(min.is_finite().then_some(*min))
                .maximum(max.is_finite().then_some(*max)),
            Kind::Boolean { .. } => scalar.schema_type(schema_type(Type::Boolean, nullable)),
            Kind::Document { .. } => scalar.schema_type(schema_type(Type::Object, nullable)),
            // `schema` has its own arms for these.
            Kind::List { .. } | Kind::Object { .. } => scalar,
        }
    }

    fn example_value(&self) -> Option<Value> {
        let example = self.example?;
        let text = || Value::from(example);
        Some(match &self.kind {
            // The film 1984 has a title, not a number.
            Kind::Text { .. } | Kind::Choice { .. } => text(),
            _ => serde_json::from_str(example).unwrap_or_else(|_| text()),
        })
    }

    fn documented_pattern(&self) -> Option<&'static str> {
        match &self.kind {
            // Where the format says what the text is, it says enough.
            Kind::Text { length, .. } if *length != ANY_LENGTH => self.pattern.or(Some(NO_NUL)),
            _ => self.pattern,
        }
    }

    /// Whether the value is a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List { .. })
    }

    /// The description.
    pub(crate) fn description(&self) -> Option<&'static str> {
        self.description
    }
}

impl Values {
    fn all(&self) -> Vec<&'static str> {
        match self {
            Self::Listed(values) => values.to_vec(),
            Self::Many(values) => values(),
        }
    }
}

fn reference(name: &str, nullable: bool, description: Option<&str>) -> Schema {
    let mut reference = Ref::from_schema_name(name);
    if let Some(description) = description {
        reference.description = description.to_owned();
    }
    if !nullable {
        return RefOr::Ref(reference);
    }
    let null = ObjectBuilder::new().schema_type(Type::Null);
    RefOr::T(OneOfBuilder::new().item(reference).item(null).build().into())
}

/// The component of what a document may hold.
const ANY_VALUE: &str = "AnyValue";

/// Any JSON value, without U+0000 in its texts and names: PostgreSQL keeps none in a `jsonb` either.
fn any_value() -> utoipa::openapi::Schema {
    let of = |kind| ObjectBuilder::new().schema_type(kind);
    OneOfBuilder::new()
        .description(Some("Any JSON value without U+0000."))
        .item(of(Type::Null))
        .item(of(Type::Boolean))
        .item(of(Type::Number))
        .item(of(Type::String).pattern(Some(NO_NUL)))
        .item(ArrayBuilder::new().items(Ref::from_schema_name(ANY_VALUE)))
        .item(members(of(Type::Object)))
        .build()
        .into()
}

/// Lets an object have any members.
fn members(object: ObjectBuilder) -> ObjectBuilder {
    let name = ObjectBuilder::new().schema_type(Type::String).pattern(Some(NO_NUL)).build();
    object.property_names(Some(name)).additional_properties(Some(Ref::from_schema_name(ANY_VALUE)))
}

fn schema_type(of: Type, nullable: bool) -> SchemaType {
    if nullable { SchemaType::Array(vec![of, Type::Null]) } else { SchemaType::Type(of) }
}
