//! The table of routes of media.

use std::time::Duration;

use apierror::Code;
use auth::Permission;
use mux::{Collection, Need, Routes, operation};
use request::StreamLimits;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::filter::{LinkQuery, MediumQuery};
use crate::model::{File, Medium};
use crate::{App, create, query, query_by_id};

/// What an operator may choose about uploads.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The most bytes of one.
    pub max_size: u64,
    /// How long a client may send nothing.
    pub idle: Duration,
}

impl From<&settings::Settings> for Settings {
    fn from(settings: &settings::Settings) -> Self {
        Self { max_size: settings.media.max_size.bytes() as u64, idle: settings.web.body_timeout }
    }
}

/// The routes of the media that `media` has, of films that are kept in `db`.
pub fn routes(db: sqldb::Db, media: mediabus::Business, settings: Settings) -> Routes {
    Routes::new("media", "The posters and trailers of films.")
        .post(
            "/v1/movies/{id}/media",
            Permission::MediaWrite,
            operation("create_medium", "Upload a poster or a trailer")
                .describe(
                    "The body is the file, sent as it is. An image is a poster, a video a trailer; the first bytes have to \
                     be those of the type that `Content-Type` names. It is written to all stores at once, and answered as soon \
                     as the first one has it. Who sends less than 32 KiB a second, or nothing for as long as a body may take \
                     (`web.body_timeout`), is answered 408; what breaks off leaves nothing behind. An `Idempotency-Key` is heeded \
                     when the whole file has come: its fingerprint is that of the bytes.",
                )
                .idempotent(Need::Optional)
                .streams(File::TYPES)
                .responds_json::<Medium>(201)
                .located()
                .refuses(Code::NotFound)
                .refuses(Code::BadGateway),
            create,
        )
        .get(
            "/v1/movies/{id}/media",
            Permission::MediaRead,
            operation("query_media", "List the posters and trailers of a film")
                .describe("The newest come first, unless a `sort` says otherwise. Each has a fresh link.")
                .query::<MediumQuery>()
                .responds_json::<Collection<Medium>>(200)
                .paged()
                .refuses(Code::NotFound),
            query,
        )
        .get(
            "/v1/media/{id}",
            Permission::MediaRead,
            operation("query_medium_by_id", "Read a poster or a trailer")
                .describe(
                    "By the link that `url` of a medium is: whoever has it may read until it expires. One range of bytes \
                     can be asked for.",
                )
                .query::<LinkQuery>()
                .parameter(field("Range", "One range of bytes. Of several, none is heeded.", "bytes=0-1023"))
                .parameter(field("If-Range", "The version that the range is of, as `ETag` gave it.", "\"0a9f\""))
                .responds_bytes(200, File::TYPES)
                .header("Accept-Ranges", "What ranges are counted in.", "bytes")
                .header("Content-Disposition", "What to call the file.", "inline; filename=\"0190a6e0.jpg\"")
                .responds_bytes(206, File::TYPES)
                .header("Accept-Ranges", "What ranges are counted in.", "bytes")
                .header("Content-Disposition", "What to call the file.", "inline; filename=\"0190a6e0.jpg\"")
                .header("Content-Range", "Which bytes these are, of how many.", "bytes 0-1023/4096")
                .tagged()
                .refuses(Code::InvalidLink)
                .refuses(Code::NotFound)
                .refuses(Code::RangeNotSatisfiable)
                .refuses(Code::BadGateway),
            query_by_id,
        )
        .extractor_data(StreamLimits::<File>::new(settings.max_size, settings.idle))
        .data(App { movies: moviebus::Business::new(db.clone()), db, media })
}

/// A header field that may be left out.
fn field(name: &str, description: &str, example: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Need::Optional.into())
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .example(Some(serde_json::Value::from(example)))
        .build()
}
