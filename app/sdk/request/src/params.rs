//! Queries: known parameters of the request's target.

use std::collections::BTreeSet;

use actix_web::http::Uri;
use apierror::ApiError;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};

use crate::field::{self, Components, Field, Schema};
use crate::json::Value;
use crate::list::ListKey;
use crate::place::Place;
use crate::report::Report;
use crate::uri::Pair;

/// The parameters that a query may have.
pub trait Parameters: Sized + 'static {
    /// Reads the parameters. `None` if and only if a getter gave `None`, which has then reported why.
    ///
    /// Every getter has to be called before the first `?`: it finds all errors at once, and it describes the query.
    fn read(params: &mut Params<'_>) -> Option<Self>;
}

/// A query that is being read, or described.
pub struct Params<'r>(Mode<'r>);

enum Mode<'r> {
    Reading(Reading<'r>),
    Describing(Vec<Parameter>),
}

pub(crate) struct Reading<'r> {
    /// The parameters; those that a getter took are `None`.
    rest: Vec<Option<&'r Pair<'r>>>,
    /// All of them, for the binding of a cursor.
    pub(crate) all: &'r [Pair<'r>],
    pub(crate) uri: &'r Uri,
    pub(crate) list_key: Option<&'r ListKey>,
    pub(crate) report: Report,
    /// A failure that is no refusal of a parameter; it counts when every parameter is fine.
    pub(crate) failure: Option<ApiError>,
}

/// The parameters of `Q`, for the API description.
pub fn parameters_of<Q: Parameters>() -> Vec<Parameter> {
    let mut params = Params(Mode::Describing(Vec::new()));
    // Gives nothing: every getter only takes notes.
    let _ = Q::read(&mut params);
    match params.0 {
        Mode::Describing(parameters) => parameters,
        Mode::Reading(_) => Vec::new(),
    }
}

impl<'r> Params<'r> {
    /// A parameter that may be missing.
    pub fn optional<T>(&mut self, name: &'static str, field: &Field<T>) -> Option<Option<T>> {
        self.one(name, field, Required::False, None)
    }

    /// A parameter that has to be there.
    pub fn required<T>(&mut self, name: &'static str, field: &Field<T>) -> Option<T> {
        self.one(name, field, Required::True, None)?
    }

    /// A parameter that may be missing and stands for `default` then. The default is read as if it had been sent.
    pub fn defaulted<T>(
        &mut self,
        name: &'static str,
        field: &Field<T>,
        default: impl Into<serde_json::Value>,
    ) -> Option<T> {
        self.one(name, field, Required::False, Some(default.into()))?
    }

    /// A parameter that may be there several times, such as `genre=Drama&genre=Crime`; no value when it is missing.
    pub fn repeated<T>(&mut self, name: &'static str, field: &Field<Vec<T>>) -> Option<Vec<T>> {
        match &mut self.0 {
            Mode::Describing(parameters) => {
                parameters.push(parameter(name, field, Required::False, None));
                None
            }
            Mode::Reading(reading) => {
                let texts = reading.take(name);
                if texts.is_empty() {
                    return Some(Vec::new());
                }
                field.read(field.value_of_all(texts), &Place::Parameter(name), &mut reading.report)
            }
        }
    }

    /// A parameter that is `true` or `false`, and false when it is missing.
    pub fn flag(&mut self, name: &'static str, description: &'static str) -> Option<bool> {
        self.defaulted(name, &field::boolean().describe(description), false)
    }

    /// Refuses the parameter `name` for a reason that lies in several parameters together.
    ///
    /// Call it after every getter. Whatever `read` gives then is dropped.
    pub fn refuse(&mut self, name: &'static str, words: impl Into<String>) {
        if let Mode::Reading(reading) = &mut self.0 {
            reading.report.add(|| Place::Parameter(name).error(words));
        }
    }

    /// The request that is being read; nothing while describing.
    pub(crate) fn reading(&mut self) -> Option<&mut Reading<'r>> {
        match &mut self.0 {
            Mode::Reading(reading) => Some(reading),
            Mode::Describing(_) => None,
        }
    }

    /// Adds a parameter that is not the value of one field.
    pub(crate) fn document(&mut self, parameter: impl FnOnce() -> Parameter) {
        if let Mode::Describing(parameters) = &mut self.0 {
            parameters.push(parameter());
        }
    }

    fn one<T>(
        &mut self,
        name: &'static str,
        field: &Field<T>,
        required: Required,
        default: Option<serde_json::Value>,
    ) -> Option<Option<T>> {
        match &mut self.0 {
            Mode::Describing(parameters) => {
                parameters.push(parameter(name, field, required, default));
                None
            }
            Mode::Reading(reading) => {
                let place = Place::Parameter(name);
                let value = match (reading.take_one(name)?, default) {
                    (Some(text), _) => field.value_of(text),
                    (None, Some(default)) => Value::from(default),
                    (None, None) if required == Required::True => {
                        reading.report.add(|| place.error("is required"));
                        return None;
                    }
                    (None, None) => return Some(None),
                };
                field.read(value, &place, &mut reading.report).map(Some)
            }
        }
    }
}

impl<'r> Reading<'r> {
    /// The text of the parameter `name`; `None` when it was refused because it is there several times.
    pub(crate) fn take_one(&mut self, name: &'static str) -> Option<Option<&'r str>> {
        let mut texts = self.take(name);
        let text = texts.pop();
        if texts.is_empty() {
            return Some(text);
        }
        self.report.add(|| Place::Parameter(name).error("must not be given more than once"));
        None
    }

    fn take(&mut self, name: &str) -> Vec<&'r str> {
        self.rest
            .iter_mut()
            .filter_map(|slot| slot.take_if(|(found, _)| found == name))
            .map(|(_, text)| text.as_ref())
            .collect()
    }

    fn refuse_the_rest(&mut self) {
        let unknown: BTreeSet<_> = self.rest.iter().flatten().map(|(name, _)| name.as_ref()).collect();
        for name in unknown {
            self.report.add(|| Place::Parameter(name).error("is not a parameter of this request"));
        }
    }
}

/// Reads a query from its parameters.
pub(crate) fn read<'r, Q: Parameters>(
    uri: &'r Uri,
    all: &'r [Pair<'r>],
    list_key: Option<&'r ListKey>,
) -> Result<Q, ApiError> {
    let mut params = Params(Mode::Reading(Reading {
        rest: all.iter().map(Some).collect(),
        all,
        uri,
        list_key,
        report: Report::default(),
        failure: None,
    }));
    let query = Q::read(&mut params);
    let Mode::Reading(mut reading) = params.0 else { return Report::default().finish(query) };
    reading.refuse_the_rest();
    match reading.failure {
        Some(failure) if reading.report.is_empty() => Err(failure),
        _ => reading.report.finish(query),
    }
}

fn parameter<T>(name: &str, field: &Field<T>, required: Required, default: Option<serde_json::Value>) -> Parameter {
    // Objects have no place in a query, so that there are no components.
    let schema = field.schema(false, default, &mut Components::new());
    let parameter = documented(name, schema, field.description()).required(required);
    if field.is_list() {
        parameter.style(Some(ParameterStyle::Form)).explode(Some(true)).build()
    } else {
        parameter.build()
    }
}

pub(crate) fn documented(name: &str, schema: Schema, description: Option<&str>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(description)
        .schema(Some(schema))
}
