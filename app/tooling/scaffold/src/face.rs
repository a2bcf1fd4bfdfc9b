//! What a member is in each place: code, tables, tests.

mod kinds;

use serde::Serialize;

use crate::dsl::{Field, Kind};
use crate::name::Name;

/// A member as the templates see it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Face {
    pub(crate) name: String,
    pub(crate) words: String,
    pub(crate) pascal: String,
    pub(crate) upper: String,
    pub(crate) kind: &'static str,
    pub(crate) optional: bool,
    pub(crate) required: bool,
    pub(crate) sortable: bool,
    pub(crate) default: Option<String>,
    /// It has a type of its own.
    pub(crate) typed: bool,
    pub(crate) ty: String,
    pub(crate) model_ty: String,
    pub(crate) number_ty: &'static str,
    pub(crate) min_code: String,
    pub(crate) max_code: String,
    pub(crate) min_text: String,
    pub(crate) max_text: String,
    pub(crate) variants: Vec<Name>,
    /// The method that `changes::shown!` calls.
    pub(crate) shown: Option<&'static str>,

    pub(crate) columns: Vec<Column>,
    pub(crate) checks: Vec<Check>,
    pub(crate) violations: Vec<Check>,
    /// Values that break the rules of today.
    pub(crate) strange: Option<String>,
    /// Lists are ordered by a folded copy.
    pub(crate) folded: bool,
    pub(crate) order_sql: String,
    pub(crate) key: String,
    /// As an expression over the number of a row.
    pub(crate) generated: Vec<String>,
    pub(crate) binds: Vec<String>,
    pub(crate) update_binds: Vec<String>,
    pub(crate) restore: String,

    pub(crate) filter: Option<&'static str>,
    pub(crate) filter_ty: String,
    pub(crate) filter_typed: bool,
    pub(crate) filter_of_pattern: String,
    pub(crate) compare: String,
    pub(crate) compare_present: String,
    pub(crate) order: String,

    pub(crate) sample: String,
    pub(crate) other: String,
    pub(crate) numbered: String,
    pub(crate) shown_sample: String,
    pub(crate) shown_other: String,

    pub(crate) null: String,
    pub(crate) example: String,
    pub(crate) read: String,
    pub(crate) read_patch: String,
    pub(crate) json_ty: String,
    pub(crate) json: String,
    pub(crate) json_sample: String,
    pub(crate) json_other: String,
    pub(crate) json_patch: String,
    pub(crate) json_numbered: String,
    pub(crate) pointer: String,
    pub(crate) invalid: Vec<Invalid>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) invalid_queries: Vec<RefusedQuery>,
}

/// A column of the table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: String,
    pub(crate) sql: &'static str,
}

/// A constraint, or a change that it refuses.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) sql: String,
}

/// A value that is refused, and where below the member.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Invalid {
    pub(crate) below: &'static str,
    pub(crate) json: String,
}

/// A query that selects some of the numbered.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Filter {
    pub(crate) query: String,
    pub(crate) selects: String,
}

/// A query that is refused, with the parameter at fault.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RefusedQuery {
    pub(crate) query: String,
    pub(crate) name: String,
}

impl Face {
    /// The face of `field` in the table `table`, whose rows are called `row`.
    pub(crate) fn of(field: &Field, row: &Name, table: &str) -> Self {
        let Name { snake, upper, pascal, words } = field.name.clone();
        let mut face = Self {
            optional: field.optional,
            required: !field.optional && field.default.is_none(),
            sortable: field.sortable,
            default: field.default.clone(),
            pointer: format!("/{snake}"),
            order_sql: snake.clone(),
            name: snake,
            words,
            pascal,
            upper,
            ..Self::default()
        };
        match &field.kind {
            Kind::Text(max) => face.text(*max, table),
            Kind::Int(min, max) => face.integer("int", *min, *max, table),
            Kind::Bigint(min, max) => face.integer("bigint", *min, *max, table),
            Kind::Money => face.money(table),
            Kind::Bool => face.boolean(),
            Kind::Timestamptz => face.moment(),
            Kind::Enum(variants) => face.choice(variants, table),
        }
        face.finish(&row.snake);
        face
    }

    fn column(&mut self, end: &str, ty: &str, sql: &'static str) {
        let ty = if self.optional { format!("Option<{ty}>") } else { ty.to_owned() };
        self.columns.push(Column { name: format!("{}{end}", self.name), ty, sql });
    }

    fn equal(&mut self, ty: &str, query: &str, json: &str) {
        let name = &self.name;
        self.filter = Some("equal");
        self.filter_ty = ty.to_owned();
        self.filters.push(Filter { query: format!("{name}={query}"), selects: format!("ROW[\"{name}\"] == {json}") });
        self.invalid_queries.push(RefusedQuery { query: format!("{name}=surplus"), name: name.clone() });
        self.invalid_queries.push(RefusedQuery { query: format!("{name}="), name: name.clone() });
    }

    /// Filters from and to; `bounds` as text of a query and as code.
    fn range(&mut self, ty: &str, value: &str, bounds: &[(String, String); 2]) {
        let name = &self.name;
        self.filter = Some("range");
        self.filter_ty = ty.to_owned();
        let amount = if self.kind == "money" { ".money().amount" } else { "" };
        self.compare = format!("ROW.{name}{amount}.cmp(&pattern.{name}{amount})");
        if self.optional {
            self.compare_present = format!("ROW.{name}.is_some() && ");
        }
        for ((end, sign), (query, code)) in [("from", ">="), ("to", "<=")].into_iter().zip(bounds) {
            self.filters.push(Filter {
                query: format!("{name}_{end}={query}"),
                selects: format!("ROW[\"{value}.is_some_and(|value| value {sign} {code})"),
            });
        }
    }

    fn of_pattern(&self, map: &str, call: &str) -> String {
        let name = &self.name;
        if self.optional { format!("pattern.{name}.map({map})") } else { format!("Some(pattern.{name}{call})") }
    }

    /// What follows from the rest.
    fn finish(&mut self, row: &str) {
        let (name, ty) = (self.name.clone(), self.ty.clone());
        self.model_ty = if self.optional { format!("Option<{ty}>") } else { ty.clone() };
        let method = match self.kind {
            "text" | "enum" => Some("as_str"),
            "int" | "bigint" => Some("number"),
            _ => None,
        };
        let by_ref = if self.kind == "text" { ".as_ref()" } else { "" };
        let mapped = |place: &str| match method {
            Some(method) => format!("{place}{by_ref}.map({ty}::{method})"),
            None => place.to_owned(),
        };
        let plain = |place: &str| method.map_or(place.to_owned(), |method| format!("{place}.{method}()"));
        if self.kind == "money" {
            self.binds = vec![format!("{name}.money().amount"), format!("{name}.money().currency.as_str().to_owned()")];
            self.update_binds = vec![
                format!("{name}.map(|money| money.amount)"),
                format!("{name}.map(|money| money.currency.as_str().to_owned())"),
            ];
            self.restore = format!(
                "{ty}::restore(Money {{ amount: row.{name}_amount, currency: Currency::restore(&row.{name}_currency) }})"
            );
            self.json = format!("{row}.{name}.money().into()");
            self.json_ty = "Money".to_owned();
        } else {
            self.binds = vec![if self.optional { mapped(&name) } else { plain(&name) }];
            self.update_binds = match self.optional {
                true => vec![format!("keep_{name}"), mapped(&name)],
                false => vec![mapped(&format!("update.{name}"))],
            };
            self.restore = match (self.kind, self.optional) {
                ("enum", true) => format!("row.{name}.as_deref().map({ty}::restore)"),
                ("enum", false) => format!("{ty}::restore(&row.{name})"),
                (_, true) if self.typed => format!("row.{name}.map({ty}::restore)"),
                (_, false) if self.typed => format!("{ty}::restore(row.{name})"),
                _ => format!("row.{name}"),
            };
            let (json_ty, json) = self.json_of(row, &name, &mapped, &plain);
            self.json_ty = if self.optional { format!("Option<{json_ty}>") } else { json_ty };
            self.json = json;
        }
        (self.shown_sample, self.shown_other) = match self.kind {
            "timestamptz" => ("\"2030-01-01T20:00:00Z\"".to_owned(), "\"2030-01-02T20:00:00Z\"".to_owned()),
            _ => (self.json_sample.clone(), self.json_other.clone()),
        };
        if self.optional {
            self.null = ".describe(\"Null when there is none.\")".to_owned();
        }
        let upper = &self.upper;
        let (new, patch) = if self.kind == "money" { ("NEW_", "UPDATE_") } else { ("", "") };
        self.read = match &self.default {
            Some(default) => format!("object.defaulted(\"{name}\", &{upper}, {default})"),
            None if self.optional => format!("object.nullable(\"{name}\", &{upper})"),
            None => format!("object.required(\"{name}\", &{new}{upper})"),
        };
        let verb = if self.optional { "patch_nullable" } else { "patch" };
        self.read_patch = format!("object.{verb}(\"{name}\", &{patch}{upper})");
        for text in [&mut self.compare, &mut self.compare_present] {
            *text = text.replace("ROW", row);
        }
        for filter in &mut self.filters {
            filter.selects = filter.selects.replace("ROW", row);
        }
    }

    fn json_of(
        &self,
        row: &str,
        name: &str,
        mapped: &dyn Fn(&str) -> String,
        plain: &dyn Fn(&str) -> String,
    ) -> (String, String) {
        let place = format!("{row}.{name}");
        match (self.kind, self.optional) {
            ("text", true) => {
                let word = "text.as_str().to_owned()";
                ("String".to_owned(), format!("{place}.as_ref().map(|text| {word})"))
            }
            ("text", false) => ("String".to_owned(), format!("{place}.as_str().to_owned()")),
            ("timestamptz", true) => ("String".to_owned(), format!("{place}.map(rfc3339)")),
            ("timestamptz", false) => ("String".to_owned(), format!("rfc3339({place})")),
            (kind, optional) => {
                let ty = match kind {
                    "enum" => "&'static str",
                    "bool" => "bool",
                    _ => self.number_ty,
                };
                (ty.to_owned(), if optional { mapped(&place) } else { plain(&place) })
            }
        }
    }
}
