//! The media types of bodies.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::mime::{self, Mime};
use apierror::{ApiError, Code};

use crate::extract::payload;

/// What a body may be.
#[derive(Clone, Copy)]
pub(crate) enum Media {
    /// `application/json`.
    Json,
    /// `application/merge-patch+json` (RFC 7396), or `application/json`.
    MergePatch,
    /// `application/json`, or `application/x-www-form-urlencoded` (the URL standard of the WHATWG).
    JsonOrForm,
}

const JSON: &[u8] = b"application/json";
const MERGE_PATCH: &[u8] = b"application/merge-patch+json";
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

impl Media {
    /// Passes when the header names a body of this kind, in UTF-8 and without a coding.
    ///
    /// # Errors
    /// 415, with the field that tells what is taken.
    pub(crate) fn check(self, headers: &HeaderMap) -> Result<(), ApiError> {
        payload::check_coding(headers)?;
        let mut types = headers.get_all(header::CONTENT_TYPE);
        match (types.next(), types.next()) {
            (Some(value), None) if self.takes(value.as_bytes()) => Ok(()),
            _ => Err(self.refusal()),
        }
    }

    /// Whether the header names a form.
    pub(crate) fn is_form(headers: &HeaderMap) -> bool {
        let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = value.and_then(|text| text.parse::<Mime>().ok());
        media.is_some_and(|media| media.essence_str() == mime::APPLICATION_WWW_FORM_URLENCODED.essence_str())
    }

    fn takes(self, value: &[u8]) -> bool {
        // What nearly every client sends.
        if value == JSON || (value == MERGE_PATCH && matches!(self, Self::MergePatch)) {
            return true;
        }
        let Some(media) = str::from_utf8(value).ok().and_then(|text| text.parse::<Mime>().ok()) else {
            return false;
        };
        let known = match (media.type_(), media.subtype(), media.suffix()) {
            (mime::APPLICATION, mime::JSON, None) => true,
            (mime::APPLICATION, mime::WWW_FORM_URLENCODED, None) => matches!(self, Self::JsonOrForm),
            (mime::APPLICATION, subtype, Some(mime::JSON)) => {
                subtype == "merge-patch" && matches!(self, Self::MergePatch)
            }
            _ => false,
        };
        // JSON has no parameters (RFC 8259, section 11); a charset is common all the same, and others do no harm.
        known && media.params().filter(|(name, _)| *name == mime::CHARSET).all(|(_, set)| set == mime::UTF_8)
    }

    fn refusal(self) -> ApiError {
        let (name, value, words) = match self {
            Self::Json => (header::ACCEPT, "application/json", "the body has to be application/json"),
            Self::JsonOrForm => (
                header::ACCEPT,
                "application/json, application/x-www-form-urlencoded",
                "the body has to be application/json or application/x-www-form-urlencoded",
            ),
            Self::MergePatch => (
                ACCEPT_PATCH,
                "application/merge-patch+json, application/json",
                "the body has to be application/merge-patch+json or application/json",
            ),
        };
        ApiError::new(Code::UnsupportedMediaType).with_detail(words).with_header(name, HeaderValue::from_static(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(media: Media, value: &str) -> bool {
        media.takes(value.as_bytes())
    }

    #[test]
    fn json_is_taken_in_any_spelling_and_in_utf_8_alone() {
        for value in [
            "application/json",
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json; charset=\"UTF-8\"",
            "application/json; profile=x",
        ] {
            assert!(takes(Media::Json, value), "{value}");
        }
        for value in [
            "",
            "json",
            "text/plain",
            "text/json",
            "application/json; charset=latin1",
            "application/json; charset=utf-16",
            "application/json; charset=utf-8; charset=latin1",
            "application/problem+json",
            "application/merge-patch+json",
            "application/x-www-form-urlencoded",
            "application/json, text/plain",
            "*/*",
        ] {
            assert!(!takes(Media::Json, value), "{value}");
        }
    }

    #[test]
    fn a_form_is_taken_beside_json_where_it_may_come() {
        for value in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded; charset=utf-8"] {
            assert!(takes(Media::JsonOrForm, value), "{value}");
        }
        assert!(takes(Media::JsonOrForm, "application/json"));
        for value in ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=latin1"] {
            assert!(!takes(Media::JsonOrForm, value), "{value}");
        }
    }

    #[test]
    fn a_patch_is_a_merge_patch_or_json() {
        for value in ["application/merge-patch+json", "application/Merge-Patch+JSON; charset=utf-8", "application/json"]
        {
            assert!(takes(Media::MergePatch, value), "{value}");
        }
        for value in ["application/json-patch+json", "application/merge-patch", "text/merge-patch+json"] {
            assert!(!takes(Media::MergePatch, value), "{value}");
        }
    }
}
