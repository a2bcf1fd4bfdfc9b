//! What a member is in each place: code, tables, tests.

mod code;
mod kinds;

pub(crate) use self::kinds::GROUND;

use serde::Serialize;

use crate::dsl::{Field, Kind, Resource};
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
    pub(crate) unique: bool,
    pub(crate) searchable: bool,
    /// A patch of it is merged into what is there.
    pub(crate) merges: bool,
    /// It says something of a person.
    pub(crate) personal: bool,
    /// Its type is copied without more ado.
    pub(crate) copies: bool,
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
    pub(crate) pattern: String,
    pub(crate) digits: u32,
    pub(crate) places: u32,
    pub(crate) variants: Vec<Name>,
    /// What a list holds.
    pub(crate) item: Option<Name>,
    /// What a reference leads to.
    pub(crate) target: Option<Target>,
    /// The method that `changes::shown!` calls.
    pub(crate) shown: Option<&'static str>,

    pub(crate) columns: Vec<Column>,
    /// Columns that the database derives, as SQL.
    pub(crate) derived: Vec<String>,
    pub(crate) checks: Vec<Check>,
    /// Keys, each as its name and its SQL.
    pub(crate) keys: Vec<Check>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) violations: Vec<Check>,
    /// Values that break the rules of today.
    pub(crate) strange: Option<String>,
    /// Lists are ordered by a folded copy.
    pub(crate) folded: bool,
    pub(crate) order_sql: String,
    pub(crate) key: String,
    /// Where empty ones come last: the expression and the key ascending, then descending.
    pub(crate) last: Option<Last>,
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
    /// A value for each number, as JSON; none where there are not enough of them.
    pub(crate) vary: Option<String>,

    /// Attributes of its schema in a representation.
    /// A row of a development machine, over `number`.
    pub(crate) seed: String,
    pub(crate) schema_format: &'static str,
    /// The visibility of its field, which a query may read, too.
    pub(crate) vis: &'static str,
    /// What makes a filter's value one that can be bound.
    pub(crate) filter_bind: &'static str,
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

/// What a reference leads to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) one: Name,
    /// The crate of its rules.
    pub(crate) bus: String,
    /// What the reference is called, without its `_id`.
    pub(crate) base: Name,
}

/// How an order has empty members last in both directions, which takes two expressions and two indexes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Last {
    pub(crate) up_sql: String,
    pub(crate) up_key: String,
    pub(crate) down_sql: String,
    pub(crate) down_key: String,
}

/// An index, with what it is on.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) on: String,
    pub(crate) purpose: String,
}

/// A column of the table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: String,
    pub(crate) sql: String,
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
    /// The face of `field` in `resource`.
    pub(crate) fn of(field: &Field, resource: &Resource) -> Self {
        let table = resource.plural.snake.as_str();
        let Name { snake, upper, pascal, words } = field.name.clone();
        let mut face = Self {
            optional: field.optional,
            required: !field.optional && field.default.is_none() && !matches!(field.kind, Kind::List(..) | Kind::Json),
            sortable: field.sortable,
            unique: field.unique,
            searchable: field.searchable,
            merges: field.kind.merges(),
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
            Kind::Decimal(digits, places) => face.decimal(*digits, *places),
            Kind::Money => face.money(table),
            Kind::Bool => face.boolean(),
            Kind::Date => face.date(),
            Kind::Timestamptz => face.moment(),
            Kind::Uuid => face.uuid(),
            Kind::Enum(variants) => face.choice(variants, table),
            Kind::Email => face.email(table),
            Kind::Url => face.url(table),
            Kind::Json => face.document(table),
            Kind::List(length, most) => face.list(*length, *most, table),
            Kind::Ref { one, many } => face.reference(one, many, resource),
        }
        face.indexed(resource);
        face.finish(&resource.name.snake);
        face
    }

    /// The keys and indexes that follow from what lists do with it.
    fn indexed(&mut self, resource: &Resource) {
        let (table, row, name) = (&resource.plural.snake, &resource.name.snake, self.name.clone());
        let owner = if resource.owned { "owner_id, " } else { "" };
        if self.unique {
            let sql = format!("UNIQUE ({owner}{})", self.order_sql);
            self.keys.push(Check { name: format!("{table}_{name}_key"), sql });
        }
        if !self.sortable {
            self.last = None;
            return;
        }
        let terms = match &self.last {
            None => vec![(String::new(), self.order_sql.clone())],
            Some(last) => vec![
                ("_ascending".to_owned(), format!("({})", last.up_sql)),
                ("_descending".to_owned(), format!("({})", last.down_sql)),
            ],
        };
        for (end, term) in terms {
            let purpose = format!("The order by `{name}`, with the id that breaks ties");
            let index = |prefix: &str, owner: &str| Index {
                name: format!("{table}_by_{prefix}{name}{end}"),
                on: format!("({owner}{term}, {row}_id)"),
                purpose: purpose.clone(),
            };
            self.indexes.push(index("", ""));
            if resource.owned {
                self.indexes.push(index("owner_", owner));
            }
        }
    }

    fn column(&mut self, end: &str, ty: &str, sql: &str) {
        let ty = if self.optional { format!("Option<{ty}>") } else { ty.to_owned() };
        self.columns.push(Column { name: format!("{}{end}", self.name), ty, sql: sql.to_owned() });
    }

    /// A copy in the form in which it is compared, kept by the database: cut to what an index entry can hold.
    fn fold(&mut self) {
        let name = &self.name;
        let end = if self.optional { "" } else { " NOT NULL" };
        self.derived.push(format!(
            "{name}_folded text COLLATE \"C\"{end} GENERATED ALWAYS AS (left(public.fold_text({name}), 200)) STORED"
        ));
        self.folded = true;
        self.order_sql = format!("{name}_folded");
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
        self.compare = match (self.kind, self.optional) {
            ("money", false) => format!("ROW.{name}.money().amount.cmp(&pattern.{name}.money().amount)"),
            ("money", true) => {
                let amount = |place: &str| format!("{place}.{name}.map(|own| own.money().amount)");
                format!("{}.cmp(&{})", amount("ROW"), amount("pattern"))
            }
            _ => format!("ROW.{name}.cmp(&pattern.{name})"),
        };
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
}
