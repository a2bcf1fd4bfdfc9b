//! A file of rows, read one row at a time: JSON lines, or one JSON array.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

/// The longest row, in bytes; a longer one is passed over and reported.
pub const LONGEST: usize = 1024 * 1024;

/// The members of one row.
pub type Members = BTreeMap<String, Value>;

/// One row of the file.
#[derive(Debug)]
pub struct Row {
    /// Where it begins, counted from 1.
    pub line: u64,
    /// What it says, or why that is no row.
    pub members: Result<Members, String>,
}

/// Why a file can't be read to its end. The rows before are good.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system failed to read.
    #[error("line {line}: cannot be read")]
    Io {
        /// How far reading came.
        line: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The file ends where an array is open.
    #[error("line {line}: the file ends inside its array")]
    Truncated {
        /// Where the last row begins.
        line: u64,
    },
    /// Something comes after the array.
    #[error("line {line}: text after the end of the array")]
    Trailing {
        /// Where.
        line: u64,
    },
}

/// The rows of `source`. It holds one row in memory, whatever the size of the file.
///
/// The first character that is not white space tells the form: `[` opens an array, anything else is JSON lines.
#[derive(Debug)]
pub struct Rows<R> {
    source: R,
    form: Form,
    /// The line of the next byte.
    line: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Unknown,
    Lines,
    /// In the array, before its first element or after a comma.
    Array {
        is_first: bool,
    },
    /// After the array.
    Closed,
    Ended,
}

impl<R: BufRead> Rows<R> {
    /// Reads from `source`.
    pub fn new(source: R) -> Self {
        Self { source, form: Form::Unknown, line: 1 }
    }

    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        if self.form == Form::Unknown {
            self.skip_byte_order_mark()?;
            self.form = match self.skip_white_space()? {
                Some(b'[') => {
                    self.bump()?;
                    Form::Array { is_first: true }
                }
                Some(_) => Form::Lines,
                None => Form::Ended,
            };
        }
        match self.form {
            Form::Lines => self.next_line(),
            Form::Array { is_first } => self.next_element(is_first),
            Form::Closed => self.check_end(),
            Form::Unknown | Form::Ended => Ok(None),
        }
    }

    fn next_line(&mut self) -> Result<Option<Row>, ReadError> {
        if self.skip_white_space()?.is_none() {
            return Ok(None);
        }
        let (line, mut text) = (self.line, Text::default());
        while let Some(byte) = self.bump()?.filter(|byte| *byte != b'\n') {
            text.push(byte);
        }
        Ok(Some(text.into_row(line)))
    }

    fn next_element(&mut self, is_first: bool) -> Result<Option<Row>, ReadError> {
        let next = self.skip_white_space()?;
        if is_first && next == Some(b']') {
            self.bump()?;
            return self.check_end();
        }
        let (line, mut text) = (self.line, Text::default());
        let (mut depth, mut in_string, mut escaped) = (0_u64, false, false);
        loop {
            let Some(byte) = self.peek()? else {
                return Err(ReadError::Truncated { line });
            };
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => depth += 1,
                b',' | b']' if depth == 0 => {
                    self.bump()?;
                    self.form = if byte == b',' { Form::Array { is_first: false } } else { Form::Closed };
                    return Ok(Some(text.into_row(line)));
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            text.push(byte);
            self.bump()?;
        }
    }

    fn check_end(&mut self) -> Result<Option<Row>, ReadError> {
        self.form = Form::Ended;
        match self.skip_white_space()? {
            None => Ok(None),
            Some(_) => Err(ReadError::Trailing { line: self.line }),
        }
    }

    /// RFC 8259, section 8.1: a reader may ignore one.
    fn skip_byte_order_mark(&mut self) -> Result<(), ReadError> {
        let buffer = self.source.fill_buf().map_err(|source| ReadError::Io { line: 1, source })?;
        if buffer.starts_with(b"\xef\xbb\xbf") {
            self.source.consume(3);
        }
        Ok(())
    }

    fn skip_white_space(&mut self) -> Result<Option<u8>, ReadError> {
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(Some(byte));
            }
            self.bump()?;
        }
        Ok(None)
    }

    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            match self.source.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(ReadError::Io { line: self.line, source }),
            }
        }
    }

    fn bump(&mut self) -> Result<Option<u8>, ReadError> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.source.consume(1);
        }
        if byte == Some(b'\n') {
            self.line += 1;
        }
        Ok(byte)
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<Row, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_row();
        if next.is_err() {
            self.form = Form::Ended;
        }
        next.transpose()
    }
}

/// The text of one row, up to the limit.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    is_too_long: bool,
}

impl Text {
    fn push(&mut self, byte: u8) {
        if self.bytes.len() < LONGEST {
            self.bytes.push(byte);
        } else {
            self.is_too_long = true;
        }
    }

    fn into_row(self, line: u64) -> Row {
        let members = if self.is_too_long { Err(format!("longer than {LONGEST} bytes")) } else { parse(&self.bytes) };
        Row { line, members }
    }
}

fn parse(bytes: &[u8]) -> Result<Members, String> {
    let text = str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    match serde_json::from_str::<Unique>(text) {
        Ok(Unique(members)) => Ok(members),
        Err(error) if error.is_data() => {
            let text = error.to_string();
            // The position is that in the row's own text, which nobody sees.
            Err(text.split(" at line ").next().unwrap_or_default().to_owned())
        }
        Err(error) if error.line() > 1 => {
            Err(format!("not JSON at character {} of the row's line {}", error.column(), error.line()))
        }
        Err(error) => Err(format!("not JSON at character {}", error.column())),
    }
}

/// An object of which no member comes twice: of two values neither is known to be the right one.
struct Unique(Members);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut members = Members::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if members.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format_args!("member {name:?} comes twice")));
            }
        }
        Ok(Unique(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<String> {
        Rows::new(text.as_bytes())
            .map(|row| match row {
                Ok(Row { line, members: Ok(members) }) => {
                    format!("{line}: {}", serde_json::to_string(&members).unwrap())
                }
                Ok(Row { line, members: Err(reason) }) => format!("{line}! {reason}"),
                Err(error) => format!("error {error}"),
            })
            .collect()
    }

    #[test]
    fn json_lines_and_an_array_give_the_same_rows() {
        let lines = "{\"a\":1}\n\n{\"a\":\"]}\\\",{\"}\n";
        let array = "[\n{\"a\":1},\n\n{\"a\":\"]}\\\",{\"}\n]\n";
        assert_eq!(read(lines), ["1: {\"a\":1}", "3: {\"a\":\"]}\\\",{\"}"]);
        assert_eq!(read(array), ["2: {\"a\":1}", "4: {\"a\":\"]}\\\",{\"}"]);
    }

    #[test]
    fn an_empty_file_and_an_empty_array_have_no_rows() {
        for text in ["", " \n ", "[]", "\u{feff}[ ]\n"] {
            assert_eq!(read(text), [""; 0], "{text:?}");
        }
    }

    #[test]
    fn a_bad_row_is_reported_and_the_next_one_read() {
        let text = "{\"a\":1\n[1]\n7\n{\"a\":1,\"a\":2}\n{\"a\":2}";
        assert_eq!(
            read(text),
            [
                "1! not JSON at character 6",
                "2! invalid type: sequence, expected a JSON object",
                "3! invalid type: integer `7`, expected a JSON object",
                "4! member \"a\" comes twice",
                "5: {\"a\":2}",
            ]
        );
        assert_eq!(read("[{\"a\":},{\"a\":2},]").len(), 3, "a comma too many is a row too many");
    }

    #[test]
    fn a_row_beyond_the_limit_is_passed_over_without_being_kept() {
        let text = format!("{{\"a\":\"{}\"}}\n{{\"a\":2}}", "x".repeat(LONGEST));
        assert_eq!(read(&text), ["1! longer than 1048576 bytes", "2: {\"a\":2}"]);
    }

    #[test]
    fn text_that_is_not_utf8_is_a_bad_row() {
        let rows: Vec<_> = Rows::new(&b"{\"a\":\"\xff\"}\n{}"[..]).map(Result::unwrap).collect();
        assert_eq!(rows[0].members, Err("not UTF-8".to_owned()));
        assert_eq!(rows[1].members, Ok(Members::new()));
    }

    #[test]
    fn an_array_that_does_not_end_as_it_should_is_an_error_after_its_rows() {
        assert_eq!(read("[{\"a\":1},\n{\"a\":"), ["1: {\"a\":1}", "error line 2: the file ends inside its array"]);
        assert_eq!(read("[{\"a\":1}]\n{}"), ["1: {\"a\":1}", "error line 2: text after the end of the array"]);
    }

    proptest! {
        #[test]
        fn no_text_panics_or_reads_for_ever(bytes in prop::collection::vec(prop::sample::select(b"[]{},:\"\\ \n1a\xff".to_vec()), 0..200)) {
            let rows = Rows::new(bytes.as_slice()).count();
            prop_assert!(rows <= bytes.len() + 1);
        }
    }
}
