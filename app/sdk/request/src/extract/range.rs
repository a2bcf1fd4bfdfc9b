//! Which part of a file is asked for (RFC 9110, sections 13 and 14).

use std::future::{Ready, ready};
use std::ops::Range;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use apierror::ApiError;
use etag::{Condition, EntityTag};

/// The fields `If-None-Match`, `Range` and `If-Range`: what a client has of a file, and what it wants.
///
/// One that is malformed asks for nothing. Of several ranges at once none is honoured: the answer is the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    known: Option<Condition>,
    /// The range, unless `If-Range` cannot be read.
    range: Option<Wanted>,
    /// The range counts for this version only.
    only_of: Option<Condition>,
}

/// What to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Nothing: the client has this version.
    Known,
    /// Everything.
    Whole,
    /// These bytes, which are not empty.
    Bytes(Range<u64>),
    /// Nothing: the range lies outside of the file.
    Outside,
}

/// A range, before it is known how long the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    From(u64),
    /// Both ends included.
    Between(u64, u64),
    Last(u64),
}

impl Selection {
    /// What to answer of a file of this size and version.
    pub fn of(&self, tag: &EntityTag, size: u64) -> Part {
        if self.known.as_ref().is_some_and(|known| !etag::if_none_match(known, Some(tag))) {
            return Part::Known;
        }
        let is_of_this = self.only_of.as_ref().is_none_or(|only_of| etag::if_match(only_of, Some(tag)));
        match self.range.filter(|_| is_of_this) {
            None => Part::Whole,
            Some(wanted) => wanted.within(size).map_or(Part::Outside, Part::Bytes),
        }
    }

    fn read(method: &Method, headers: &HeaderMap) -> Self {
        let known = condition(headers, &header::IF_NONE_MATCH);
        // A range has a meaning for GET alone (section 14.2).
        let range = one(headers, &header::RANGE).filter(|_| method == Method::GET).and_then(Wanted::parse);
        if !headers.contains_key(header::IF_RANGE) {
            return Self { known, range, only_of: None };
        }
        // A date, or anything else that is no tag, names no version of a file that has a tag.
        let only_of = one(headers, &header::IF_RANGE).and_then(|value| Condition::parse([value]).ok());
        match only_of {
            Some(Condition::Tags(tags)) if tags.len() == 1 => {
                Self { known, range, only_of: Some(Condition::Tags(tags)) }
            }
            _ => Self { known, range: None, only_of: None },
        }
    }
}

impl Wanted {
    /// Reads a field that asks for one range of bytes.
    fn parse(value: &[u8]) -> Option<Self> {
        let (unit, set) = str::from_utf8(value).ok()?.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = set.trim_matches([' ', '\t']).split_once('-')?;
        match (first, last) {
            ("", last) => number(last).map(Self::Last),
            (first, "") => number(first).map(Self::From),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::Between(first, last))
            }
        }
    }

    /// The range in a file of this size; `None` when nothing of it is there.
    fn within(self, size: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From(first) => first..size,
            Self::Between(first, last) => first..size.min(last.saturating_add(1)),
            Self::Last(count) => size.saturating_sub(count)..size,
        };
        (!range.is_empty()).then_some(range)
    }
}

impl FromRequest for Selection {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::read(request.method(), request.headers())))
    }
}

/// Digits; more than can be counted are as good as the most that can.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// A field that came once.
fn one<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h [u8]> {
    let mut lines = headers.get_all(name);
    let line = lines.next()?;
    lines.next().is_none().then(|| line.as_bytes())
}

fn condition(headers: &HeaderMap, name: &header::HeaderName) -> Option<Condition> {
    let mut lines = headers.get_all(name).map(|value| value.as_bytes()).peekable();
    lines.peek()?;
    Condition::parse(lines).ok()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn selection(method: &Method, fields: &[(HeaderName, &str)]) -> Selection {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        Selection::read(method, &headers)
    }

    fn tag() -> EntityTag {
        EntityTag::of_digest(&[0xab])
    }

    fn part(range: &str, size: u64) -> Part {
        selection(&Method::GET, &[(header::RANGE, range)]).of(&tag(), size)
    }

    #[test]
    fn one_range_is_read_as_rfc_9110_has_it() {
        for (range, expected) in [
            ("bytes=0-0", Part::Bytes(0..1)),
            ("bytes=0-499", Part::Bytes(0..100)),
            ("bytes=99-", Part::Bytes(99..100)),
            ("bytes=-1", Part::Bytes(99..100)),
            ("bytes=-1000", Part::Bytes(0..100)),
            ("BYTES=10-19", Part::Bytes(10..20)),
            ("bytes=0-99999999999999999999999", Part::Bytes(0..100)),
            ("bytes=100-", Part::Outside),
            ("bytes=99999999999999999999999-", Part::Outside),
            ("bytes=-0", Part::Outside),
            ("bytes=2-1", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=1 -2", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("bytes", Part::Whole),
        ] {
            assert_eq!(part(range, 100), expected, "{range}");
        }
    }

    #[test]
    fn a_range_is_for_get_and_comes_once() {
        let fields = [(header::RANGE, "bytes=0-1")];
        assert_eq!(selection(&Method::HEAD, &fields).of(&tag(), 9), Part::Whole);
        let fields = [(header::RANGE, "bytes=0-1"), (header::RANGE, "bytes=2-3")];
        assert_eq!(selection(&Method::GET, &fields).of(&tag(), 9), Part::Whole);
    }

    #[test]
    fn a_range_of_another_version_is_the_whole_of_this_one() {
        for (condition, expected) in [
            ("\"ab\"", Part::Bytes(0..2)),
            ("W/\"ab\"", Part::Whole),
            ("\"cd\"", Part::Whole),
            ("\"ab\", \"cd\"", Part::Whole),
            ("*", Part::Whole),
            ("Sat, 29 Oct 1994 19:43:31 GMT", Part::Whole),
        ] {
            let fields = [(header::RANGE, "bytes=0-1"), (header::IF_RANGE, condition)];
            assert_eq!(selection(&Method::GET, &fields).of(&tag(), 9), expected, "{condition}");
        }
    }

    #[test]
    fn who_has_the_version_gets_nothing_whatever_range_is_asked_for() {
        for known in ["\"ab\"", "W/\"ab\"", "*", "\"x\", \"ab\""] {
            let fields = [(header::RANGE, "bytes=50-"), (header::IF_NONE_MATCH, known)];
            assert_eq!(selection(&Method::GET, &fields).of(&tag(), 9), Part::Known, "{known}");
        }
        let fields = [(header::IF_NONE_MATCH, "\"x\"")];
        assert_eq!(selection(&Method::GET, &fields).of(&tag(), 9), Part::Whole);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_lies_within_the_file(range in "(bytes=)?[0-9]{0,22}-?[0-9]{0,22}[ -~]{0,4}", size in any::<u64>()) {
            match part(&range, size) {
                Part::Bytes(bytes) => prop_assert!(!bytes.is_empty() && bytes.end <= size),
                Part::Whole | Part::Outside => {}
                Part::Known => prop_assert!(false),
            }
        }

        #[test]
        fn a_range_of_two_ends_is_what_a_slice_is(first in 0_u64..300, length in 1_u64..300, size in 0_u64..300) {
            let expected = match first < size {
                true => Part::Bytes(first..size.min(first + length)),
                false => Part::Outside,
            };
            prop_assert_eq!(part(&format!("bytes={first}-{}", first + length - 1), size), expected);
        }

        #[test]
        fn the_last_bytes_are_the_end_of_the_file(count in 1_u64..300, size in 1_u64..300) {
            prop_assert_eq!(part(&format!("bytes=-{count}"), size), Part::Bytes(size.saturating_sub(count)..size));
        }
    }
}
