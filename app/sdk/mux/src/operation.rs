//! What a route does, in the words and shapes of the API description.

use actix_web::http::StatusCode;
use apierror::Code;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr, Required};

/// What a route does; the starting point is [`operation`].
#[derive(Clone)]
pub struct Operation {
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<BodyShape>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) failures: Vec<Code>,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
    pub(crate) if_match: Option<Need>,
    pub(crate) reads_query: bool,
    pub(crate) is_tagged: bool,
    pub(crate) is_replayed: bool,
}

/// Whether a header field has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It may be left out.
    Optional,
    /// A request without it is refused.
    Required,
}

/// A request's body.
#[derive(Clone)]
pub(crate) struct BodyShape {
    pub(crate) media_types: &'static [&'static str],
    /// The schema among the components; a body without one is bytes, which are not read before the handler asks for them.
    pub(crate) schema: Option<String>,
    pub(crate) example: Option<Value>,
}

/// A good answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) description: &'static str,
    /// The media types, and the schema that they have in common.
    pub(crate) content: Option<(Vec<&'static str>, Option<RefOr<Schema>>)>,
    /// Other media types that it comes in when the client asks for one: text.
    pub(crate) also: Vec<&'static str>,
    pub(crate) example: Option<Value>,
    pub(crate) has_location: bool,
    pub(crate) has_links: bool,
    pub(crate) links: Vec<Follow>,
    pub(crate) headers: Vec<(&'static str, &'static str, &'static str)>,
}

/// An operation that can follow an answer.
#[derive(Clone)]
pub(crate) struct Follow {
    pub(crate) operation: &'static str,
    pub(crate) parameter: &'static str,
    pub(crate) value: &'static str,
}

/// Begins an operation. `id` is unique in the whole API, `summary` is a heading.
pub fn operation(id: &'static str, summary: &'static str) -> Operation {
    Operation {
        id,
        summary,
        description: None,
        parameters: Vec::new(),
        body: None,
        answers: Vec::new(),
        failures: Vec::new(),
        schemas: Vec::new(),
        if_match: None,
        reads_query: false,
        is_tagged: false,
        is_replayed: false,
    }
}

impl Operation {
    /// Its id.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Its heading.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// Says more than the heading.
    #[must_use]
    pub fn describe(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Adds a parameter of the query, the path or the header. The path's parameters that are not added are UUIDs.
    #[must_use]
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.reads_query |= parameter.parameter_in == ParameterIn::Query;
        self.parameters.push(parameter);
        self
    }

    /// Takes these parameters in the query.
    #[must_use]
    pub fn query<Q: request::Parameters>(mut self) -> Self {
        self.reads_query = true;
        self.parameters.extend(request::parameters_of::<Q>());
        self
    }

    /// Takes a JSON body.
    #[must_use]
    pub fn body<B: request::Body>(self) -> Self {
        self.body_of::<B>(&["application/json"])
    }

    /// Takes a JSON body, or the same members as a form.
    #[must_use]
    pub fn body_or_form<B: request::Body>(self) -> Self {
        self.body_of::<B>(&["application/json", "application/x-www-form-urlencoded"])
    }

    /// Takes a merge patch (RFC 7396).
    #[must_use]
    pub fn merge_patch<B: request::Body>(self) -> Self {
        self.body_of::<B>(&["application/merge-patch+json", "application/json"])
    }

    /// Takes a body of bytes in one of these media types, which the handler reads as a stream
    /// ([`request::Streamed`]): it has its own limits of size and time, and no statement waits for its client.
    #[must_use]
    pub fn streams(mut self, media_types: &'static [&'static str]) -> Self {
        self.body = Some(BodyShape { media_types, schema: None, example: None });
        self
    }

    /// Shows a body that is taken.
    #[must_use]
    pub fn body_example(mut self, example: Value) -> Self {
        if let Some(body) = &mut self.body {
            body.example = Some(example);
        }
        self
    }

    /// Answers `status` with a JSON representation.
    #[must_use]
    pub fn responds_json<T: ToSchema>(mut self, status: u16) -> Self {
        let name = T::name().into_owned();
        T::schemas(&mut self.schemas);
        self.schemas.push((name.clone(), T::schema()));
        let schema = RefOr::Ref(Ref::from_schema_name(name));
        self.answer(status, Some((vec!["application/json"], Some(schema))))
    }

    /// Answers `status` with a body of another media type.
    #[must_use]
    pub fn responds(self, status: u16, media_type: &'static str) -> Self {
        self.answer(status, Some((vec![media_type], Some(text()))))
    }

    /// Answers `status` with a stream of this media type. A schema describes a whole, which it never is.
    #[must_use]
    pub fn responds_stream(self, status: u16, media_type: &'static str) -> Self {
        self.answer(status, Some((vec![media_type], None)))
    }

    /// The answer added last comes as text of this media type as well, for clients that like that better.
    #[must_use]
    pub fn or(mut self, media_type: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.also.push(media_type);
        }
        self
    }

    /// Answers `status` with bytes in one of these media types.
    #[must_use]
    pub fn responds_bytes(self, status: u16, media_types: &[&'static str]) -> Self {
        self.answer(status, Some((media_types.to_vec(), Some(bytes()))))
    }

    /// The answer added last has this header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, description: &'static str, example: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push((name, description, example));
        }
        self
    }

    /// Answers `status` without a body.
    #[must_use]
    pub fn responds_empty(self, status: u16) -> Self {
        self.answer(status, None)
    }

    /// Shows the body of the answer added last.
    #[must_use]
    pub fn example(mut self, example: Value) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.example = Some(example);
        }
        self
    }

    /// The answer added last names the new resource in `Location`.
    #[must_use]
    pub fn located(mut self) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.has_location = true;
        }
        self
    }

    /// The answer added last leads to other pages in `Link`.
    #[must_use]
    pub fn paged(mut self) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.has_links = true;
        }
        self
    }

    /// After the answer added last, `operation` can be called with this value, a runtime expression such as
    /// `$response.body#/id`, as `parameter`.
    #[must_use]
    pub fn link(mut self, operation: &'static str, parameter: &'static str, value: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.links.push(Follow { operation, parameter, value });
        }
        self
    }

    /// The representation has an `ETag`; on a GET, `If-None-Match` gives 304.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        self.is_tagged = true;
        self
    }

    /// Heeds `If-Match`.
    #[must_use]
    pub fn if_match(mut self, need: Need) -> Self {
        self.if_match = Some(need);
        self
    }

    /// Heeds `Idempotency-Key`.
    #[must_use]
    pub fn idempotent(mut self, need: Need) -> Self {
        self.is_replayed = true;
        let key =
            ObjectBuilder::new().schema_type(Type::String).pattern(Some(request::IdempotencyKey::PATTERN)).build();
        self.failures.push(Code::Conflict);
        self.failures.push(Code::Invalid);
        self.parameter(
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(need.into())
                .description(Some(
                    "A value of the client's choice that is the same for every attempt at this \
                     request, and for no other request. A repetition within 24 hours is answered \
                     with the first answer.",
                ))
                .schema(Some(key))
                .example(Some(Value::from("9f8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d")))
                .build(),
        )
    }

    /// Can be refused with this code, besides those that follow from what the route takes and who may call it.
    #[must_use]
    pub fn refuses(mut self, code: Code) -> Self {
        self.failures.push(code);
        self
    }

    /// The media types of its good answers.
    pub(crate) fn produces(&self) -> Vec<&'static str> {
        let mut produces: Vec<&'static str> = self
            .answers
            .iter()
            .flat_map(|answer| {
                let own = answer.content.iter().flat_map(|content| content.0.iter().copied());
                own.chain(answer.also.iter().copied())
            })
            .collect();
        produces.dedup();
        produces
    }

    fn body_of<B: request::Body>(mut self, media_types: &'static [&'static str]) -> Self {
        let components = request::components_of::<B>();
        self.schemas.extend(components.into_iter().map(|(name, schema)| (name, RefOr::T(schema))));
        self.body = Some(BodyShape { media_types, schema: Some(B::NAME.to_owned()), example: None });
        self
    }

    fn answer(mut self, status: u16, content: Option<(Vec<&'static str>, Option<RefOr<Schema>>)>) -> Self {
        self.answers.push(Answer {
            status,
            description: phrase(status),
            content,
            also: Vec::new(),
            example: None,
            has_location: false,
            has_links: false,
            links: Vec::new(),
            headers: Vec::new(),
        });
        self
    }
}

impl From<Need> for Required {
    fn from(need: Need) -> Self {
        match need {
            Need::Optional => Self::False,
            Need::Required => Self::True,
        }
    }
}

/// The schema of any text.
pub(crate) fn text() -> RefOr<Schema> {
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).build()))
}

/// Bytes, as clients are generated for them.
pub(crate) fn bytes() -> RefOr<Schema> {
    let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).format(Some(binary)).build()))
}

fn phrase(status: u16) -> &'static str {
    match StatusCode::from_u16(status) {
        Ok(StatusCode::OK) => "The representation.",
        Ok(StatusCode::CREATED) => "Created; the new representation.",
        Ok(StatusCode::ACCEPTED) => "Taken; the work goes on after this answer.",
        Ok(StatusCode::NO_CONTENT) => "Done.",
        Ok(StatusCode::PARTIAL_CONTENT) => "The part that was asked for.",
        Ok(StatusCode::PERMANENT_REDIRECT) => "It is at the place that `Location` names.",
        _ => "Done.",
    }
}
