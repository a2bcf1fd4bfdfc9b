//! A medium, what it takes to make one, and the values that only media have.

use types::{MediaId, MovieId, Timestamp};

/// A poster or a trailer of a film. It never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Medium {
    /// Identifies the medium.
    pub id: MediaId,
    /// The film.
    pub movie_id: MovieId,
    /// What it is to the film.
    pub kind: Kind,
    /// What it consists of.
    pub content_type: ContentType,
    /// How many bytes.
    pub size: u64,
    /// SHA-256 of them.
    pub sha256: Digest,
    /// When a store had all of it.
    pub created_at: Timestamp,
}

/// What a new medium is, before its bytes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMedium {
    /// The film.
    pub movie_id: MovieId,
    /// What it consists of.
    pub content_type: ContentType,
}

/// What a medium is to its film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `poster`: an image.
    Poster,
    /// `trailer`: a video.
    Trailer,
    /// Stored by another release, and not known to this one.
    Unknown,
}

/// What media consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/webp`
    Webp,
    /// `video/mp4`
    Mp4,
    /// `video/webm`
    Webm,
    /// Stored by another release, and not known to this one.
    Unknown,
}

/// SHA-256 of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 32]);

/// The text is no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of poster, trailer")]
pub struct KindError;

/// The text is no content type of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of image/jpeg, image/png, image/webp, video/mp4, video/webm")]
pub struct ContentTypeError;

impl Kind {
    /// Every kind that there is.
    pub const ALL: [Self; 2] = [Self::Poster, Self::Trailer];

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no kind.
    pub fn parse(text: &str) -> Result<Self, KindError> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(KindError)
    }

    /// Takes stored text; what this release does not know reads as [`Self::Unknown`].
    pub fn restore(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::Unknown)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Poster => "poster",
            Self::Trailer => "trailer",
            Self::Unknown => "unknown",
        }
    }
}

impl ContentType {
    /// Every content type that can be given.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Webp, Self::Mp4, Self::Webm];

    /// How many of its first bytes show what a file is.
    pub const TELLING: usize = 64;

    /// Reads untrusted text, in lower case and without parameters.
    ///
    /// # Errors
    /// The text is none of them.
    pub fn parse(text: &str) -> Result<Self, ContentTypeError> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(ContentTypeError)
    }

    /// Takes stored text; what this release does not know reads as [`Self::Unknown`].
    pub fn restore(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::Unknown)
    }

    /// Its name. One that is not known is bytes, which no browser interprets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
            Self::Unknown => "application/octet-stream",
        }
    }

    /// What a file of it is usually called, after the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Mp4 => "mp4",
            Self::Webm => "webm",
            Self::Unknown => "bin",
        }
    }

    /// What a medium of it is to its film: an image is a poster, a video a trailer.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Jpeg | Self::Png | Self::Webp => Kind::Poster,
            Self::Mp4 | Self::Webm => Kind::Trailer,
            Self::Unknown => Kind::Unknown,
        }
    }

    /// Whether a file that begins so is one of it. `begin` has [`Self::TELLING`] bytes, unless the file is shorter.
    pub fn begins(self, begin: &[u8]) -> bool {
        match self {
            Self::Jpeg => begin.starts_with(&[0xff, 0xd8, 0xff]),
            Self::Png => begin.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Webp => begin.starts_with(b"RIFF") && begin.get(8..12) == Some(b"WEBP"),
            // The first box is the type of the file (ISO/IEC 14496-12); that of a film of Apple's is another format.
            Self::Mp4 => begin.get(4..8) == Some(b"ftyp") && begin.get(8..12).is_some_and(|brand| brand != b"qt  "),
            // EBML, whose head names the type of the document.
            Self::Webm => {
                begin.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) && begin.windows(4).any(|window| window == b"webm")
            }
            Self::Unknown => false,
        }
    }
}

impl Digest {
    /// Takes a digest.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Takes a stored digest; one of another length reads as zeros, which nothing has.
    pub fn restore(bytes: &[u8]) -> Self {
        Self(bytes.try_into().unwrap_or_default())
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// In hexadecimal digits.
    pub fn hex(&self) -> String {
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default()).collect()
    }
}
