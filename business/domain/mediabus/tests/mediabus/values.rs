//! Values that only media have.

use mediabus::{ContentType, Digest, Kind};
use proptest::prelude::*;

/// The first bytes of files as cameras, encoders and browsers write them.
const FILES: [(ContentType, &[u8]); 8] = [
    (ContentType::Jpeg, b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    (ContentType::Jpeg, b"\xff\xd8\xff\xe1\x00\x18Exif"),
    (ContentType::Png, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    (ContentType::Webp, b"RIFF\x24\x00\x00\x00WEBPVP8 "),
    (ContentType::Mp4, b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"),
    (ContentType::Mp4, b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00"),
    (
        ContentType::Webm,
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm",
    ),
    (
        ContentType::Webm,
        b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm",
    ),
];

#[test]
fn a_file_is_what_its_first_bytes_say_and_nothing_else() {
    for (content_type, begin) in FILES {
        for known in ContentType::ALL {
            assert_eq!(known.begins(begin), known == content_type, "{known:?} {begin:?}");
        }
    }
    let others: [&[u8]; 8] = [
        b"",
        b"<html><script>",
        b"GIF89a",
        b"%PDF-1.7",
        b"RIFF\x24\x00\x00\x00WAVE",
        b"\x00\x00\x00\x14ftypqt  ",
        b"\x1a\x45\xdf\xa3\x42\x82\x88matroska",
        b"PK\x03\x04",
    ];
    for other in others {
        assert!(!ContentType::ALL.iter().any(|known| known.begins(other)), "{other:?}");
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Ok(kind));
    }
    for content_type in ContentType::ALL {
        assert_eq!(ContentType::parse(content_type.as_str()), Ok(content_type));
        assert!(Kind::ALL.contains(&content_type.kind()));
    }
    for text in ["", "image/svg+xml", "text/html", "IMAGE/PNG", "image/png; x=y"] {
        assert!(ContentType::parse(text).is_err(), "{text}");
    }
    assert_eq!(Digest::new([0xa9; 32]).hex(), "a9".repeat(32));
    assert_eq!(Digest::restore(b"short"), Digest::new([0; 32]));
}

proptest! {
    #[test]
    fn no_bytes_are_two_things_at_once(begin in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(ContentType::ALL.iter().filter(|known| known.begins(&begin)).count() <= 1);
    }
}
