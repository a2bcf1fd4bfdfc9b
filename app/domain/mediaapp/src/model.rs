//! Media as JSON, with the only conversions to and from the business.

use mediabus::Link;
use mux::reply::rfc3339;
use request::Streams;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A poster or a trailer of a film.
#[derive(Serialize, ToSchema)]
pub(crate) struct Medium {
    id: Uuid,
    movie_id: Uuid,
    /// `poster`, an image, or `trailer`, a video.
    kind: &'static str,
    content_type: &'static str,
    /// In bytes.
    size: u64,
    /// SHA-256 of the bytes, in hexadecimal digits.
    sha256: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// Where its bytes are, for whoever has this link: a path of this API.
    pub(crate) url: String,
    /// Until when the link is good. Whoever needs it for longer asks for a fresh one.
    #[schema(format = DateTime)]
    url_expires_at: String,
}

/// The bytes of a medium.
pub(crate) struct File;

impl File {
    /// What media consist of.
    pub(crate) const TYPES: &'static [&'static str] =
        &["image/jpeg", "image/png", "image/webp", "video/mp4", "video/webm"];
}

impl Streams for File {
    const MEDIA_TYPES: &'static [&'static str] = Self::TYPES;
}

impl Medium {
    /// The medium, to be read by this link.
    pub(crate) fn new(medium: &mediabus::Medium, link: &Link) -> Self {
        Self {
            id: medium.id.uuid(),
            movie_id: medium.movie_id.uuid(),
            kind: medium.kind.as_str(),
            content_type: medium.content_type.as_str(),
            size: medium.size,
            sha256: medium.sha256.hex(),
            created_at: rfc3339(medium.created_at),
            url: format!("/v1/media/{}?expires={}&signature={}", medium.id, link.expires, link.signature),
            url_expires_at: rfc3339(link.expires_at()),
        }
    }
}

#[cfg(test)]
mod tests {
    use mediabus::ContentType;

    use super::*;

    #[test]
    fn what_is_taken_is_what_the_business_knows() {
        assert_eq!(File::TYPES, ContentType::ALL.map(ContentType::as_str));
    }
}
