//! The parameters of every list: limit, cursor or page, total, sort.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::http::Uri;
use apierror::{ApiError, Code};
use paging::{Binding, Cursors, Direction, Keys, OrderBy, Page, Position};
use serde_json::Value;
use utoipa::openapi::path::ParameterStyle;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};

use crate::field::{self, Field};
use crate::params::{Params, Reading, documented};
use crate::place::Place;
use crate::uri;

/// The fields that a list can be sorted by, under their names in the query.
pub struct Sorting<F: 'static> {
    /// Name and field.
    pub fields: &'static [(&'static str, F)],
    /// The order without a `sort`, of fields that are among `fields`.
    pub default: &'static [(F, Direction)],
}

/// What part of a list is asked for, in what order.
#[derive(Debug)]
pub struct List<F> {
    /// The page.
    pub page: Page,
    /// The order.
    pub order_by: OrderBy<F>,
    /// What the answer needs to lead to the next page.
    pub continuation: Continuation,
}

/// Makes the cursor of the next page, and the links to it.
#[derive(Debug)]
pub struct Continuation {
    cursors: Cursors,
    binding: Binding,
    uri: Uri,
    /// The number of this page, when it is asked for by number.
    number: Option<u32>,
}

/// The cursors of the application's lists, once the secret behind them is known.
///
/// Replicas share that secret through the database, which may come up after the service: until then lists are answered
/// 503. Its clones are one.
#[derive(Clone, Debug, Default)]
pub struct ListKey(Arc<OnceLock<Cursors>>);

impl ListKey {
    /// Makes the cursors known. They stay as they are: a second secret is passed over.
    pub fn set(&self, cursors: Cursors) {
        let _ = self.0.set(cursors);
    }

    /// Whether lists can be answered.
    pub fn is_known(&self) -> bool {
        self.cursors().is_some()
    }

    fn cursors(&self) -> Option<&Cursors> {
        self.0.get()
    }
}

impl From<Cursors> for ListKey {
    fn from(cursors: Cursors) -> Self {
        let key = Self::default();
        key.set(cursors);
        key
    }
}

static LIMIT: Field<u32> =
    field::integer(1..=100, |number| Ok(u32::try_from(number)?)).describe("The most items of the page.");
static PAGE: Field<u32> = field::integer(1..=1_000_000, |number| Ok(u32::try_from(number)?))
    .describe("The number of the page, instead of `cursor`. Its cost grows with the number; `total` comes with it.");
static CURSOR: Field<String> = field::text(1..=8192, |text| Ok(text.to_owned()))
    .pattern("^[A-Za-z0-9_-]+$")
    .describe("The `next` of the page before, sent with the same filter and the same `sort`.");
const TOTAL: &str = "Whether to count the whole list.";
const SORT: &str = "The order, the most significant field first; a minus sign means descending. \
    A field that was named before has no effect.";

impl Params<'_> {
    /// The parameters `limit`, `cursor`, `page`, `total` and `sort`.
    pub fn list<F: Copy + PartialEq>(&mut self, sorting: &Sorting<F>) -> Option<List<F>> {
        let limit = self.defaulted("limit", &LIMIT, 20);
        let cursor = self.optional("cursor", &CURSOR);
        let number = self.optional("page", &PAGE);
        let total = self.flag("total", TOTAL);
        let order_by = self.sort(sorting);
        let reading = self.reading()?;
        let (limit, cursor, number, total, order_by) = (limit?, cursor?, number?, total?, order_by?);

        let cursors = match reading.list_key.map(ListKey::cursors) {
            Some(Some(cursors)) => cursors,
            Some(None) => {
                reading.failure = Some(ApiError::unavailable(Duration::from_secs(1)));
                return None;
            }
            None => {
                reading.failure = Some(ApiError::internal(NoListKey));
                return None;
            }
        };
        let binding = reading.binding(sorting, &order_by);
        let position = match (cursor, number) {
            (None, None) => Position::Start,
            (None, Some(number)) => Position::Number(number),
            (Some(_), Some(_)) => {
                reading.report.add(|| Place::Parameter("page").error("must not be given with cursor"));
                return None;
            }
            (Some(cursor), None) => match cursors.read(&binding, &cursor) {
                // More of them where an id alone does not tell two rows apart.
                Ok(keys) if keys.values.len() >= order_by.terms().len() => Position::After(keys),
                _ => {
                    reading.failure = Some(ApiError::new(Code::InvalidCursor));
                    return None;
                }
            },
        };
        let uri = reading.uri.clone();
        Some(List {
            page: Page { limit, position, total: total || number.is_some() },
            order_by,
            continuation: Continuation { cursors: cursors.clone(), binding, uri, number },
        })
    }

    /// The parameter `sort` alone, for what answers the whole list.
    pub fn sort<F: Copy + PartialEq>(&mut self, sorting: &Sorting<F>) -> Option<OrderBy<F>> {
        self.document(|| sorting.parameter());
        let reading = self.reading()?;
        let Some(text) = reading.take_one("sort")? else {
            return Some(OrderBy::new(sorting.default.iter().copied()));
        };
        match sorting.parse(text) {
            Ok(order_by) => Some(order_by),
            Err(words) => {
                reading.report.add(|| Place::Parameter("sort").error(words));
                None
            }
        }
    }
}

impl<F: Copy + PartialEq> Sorting<F> {
    fn parse(&self, text: &str) -> Result<OrderBy<F>, String> {
        let mut terms = Vec::new();
        for term in text.split(',') {
            let (name, direction) = match term.strip_prefix('-') {
                Some(name) => (name, Direction::Descending),
                None => (term, Direction::Ascending),
            };
            let Some((_, field)) = self.fields.iter().find(|(known, _)| *known == name) else {
                let names: Vec<_> = self.fields.iter().map(|(name, _)| *name).collect();
                return Err(format!(
                    "must be {}, separated by commas, with a minus sign before a field for descending",
                    names.join(", ")
                ));
            };
            if terms.contains(&(*field, direction)) {
                return Err("must not name a field twice".to_owned());
            }
            terms.push((*field, direction));
        }
        Ok(OrderBy::new(terms))
    }

    /// The names of an order's terms; a field that has none in the query is named by nothing but its place.
    fn names(&self, order_by: &OrderBy<F>) -> impl Iterator<Item = (&'static str, Direction)> {
        order_by.terms().iter().map(|(field, direction)| {
            let name = self.fields.iter().find(|(_, known)| known == field).map_or("", |(name, _)| name);
            (name, *direction)
        })
    }

    /// `sort` is an array, separated by commas: that is what OpenAPI has a style for.
    fn parameter(&self) -> utoipa::openapi::path::Parameter {
        let values = self.fields.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("-{name}")]);
        let item = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values));
        let default = OrderBy::new(self.default.iter().copied());
        let default: Vec<_> = self
            .names(&default)
            .map(|(name, direction)| match direction {
                Direction::Ascending => Value::from(name),
                Direction::Descending => Value::from(format!("-{name}")),
            })
            .collect();
        let schema = ArrayBuilder::new()
            .items(item)
            .min_items(Some(1))
            .unique_items(true)
            .default(Some(Value::from(default)))
            .build();
        documented("sort", utoipa::openapi::Schema::from(schema).into(), Some(SORT))
            .style(Some(ParameterStyle::Form))
            .explode(Some(false))
            .build()
    }
}

impl Reading<'_> {
    /// Binds cursors to the path, the order and every parameter but those of the page. The order of the parameters does not
    /// count, and a `sort` that spells out the default is the default.
    fn binding<F: Copy + PartialEq>(&self, sorting: &Sorting<F>, order_by: &OrderBy<F>) -> Binding {
        let mut binding = Binding::new(self.uri.path());
        for (name, direction) in sorting.names(order_by) {
            binding.add(name);
            binding.add(direction.sql());
        }
        let mut filter: Vec<_> = self.all.iter().filter(|(name, _)| !is_page(name) && name != "sort").collect();
        filter.sort_unstable();
        // Ends the order, so that no filter reads as a part of it.
        binding.add("?");
        for (name, value) in filter {
            binding.add(name);
            binding.add(value);
        }
        binding
    }
}

impl Continuation {
    /// The cursor that continues the list after the row with `keys`.
    pub fn cursor(&self, keys: &Keys) -> String {
        self.cursors.issue(&self.binding, keys)
    }

    /// The value of the `Link` field (RFC 8288): rel `first`, and `next` when there is a cursor to it.
    pub fn link(&self, next: Option<&str>) -> String {
        let pages = self.number.map(|number| (String::from("1"), (u64::from(number) + 1).to_string()));
        let (first, next) = match (&pages, next) {
            (Some((first, after)), next) => (Some(("page", first.as_str())), next.map(|_| ("page", after.as_str()))),
            (None, next) => (None, next.map(|cursor| ("cursor", cursor))),
        };
        let mut link = self.reference(first, "first");
        if next.is_some() {
            link.push_str(", ");
            link.push_str(&self.reference(next, "next"));
        }
        link
    }

    /// This request's target at another place of the list.
    fn reference(&self, position: Option<(&str, &str)>, rel: &str) -> String {
        // It was decoded before the list was read.
        let all = uri::pairs(self.uri.query().unwrap_or_default()).unwrap_or_default();
        let kept = all
            .iter()
            .filter(|(name, _)| name != "cursor" && name != "page")
            .map(|(name, value)| (name.as_ref(), value.as_ref()));
        let mut link = format!("<{}", self.uri.path());
        for (index, (name, value)) in kept.chain(position).enumerate() {
            link.push(if index == 0 { '?' } else { '&' });
            uri::push_encoded(&mut link, name);
            link.push('=');
            uri::push_encoded(&mut link, value);
        }
        link.push_str(">; rel=\"");
        link.push_str(rel);
        link.push('"');
        link
    }
}

fn is_page(name: &str) -> bool {
    matches!(name, "limit" | "cursor" | "page" | "total")
}

#[derive(Debug, thiserror::Error)]
#[error("the application has no `request::ListKey` among its data")]
struct NoListKey;
