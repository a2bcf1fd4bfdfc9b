//! A text that differs from request to request.

use std::fmt::Write as _;

/// A text with places for what differs: `{{n}}` is the number of the request, `{{uuid}}` a new id (version 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Number,
    Uuid,
}

impl Template {
    /// Reads a text; what is in other braces stays as it is.
    #[must_use]
    pub fn new(text: &str) -> Self {
        const PLACES: [(&str, Piece); 2] = [("{{n}}", Piece::Number), ("{{uuid}}", Piece::Uuid)];
        let mut pieces = Vec::new();
        let mut rest = text;
        let next = |rest: &str| {
            let found = PLACES.into_iter().filter_map(|(mark, piece)| Some((rest.find(mark)?, mark.len(), piece)));
            found.min_by_key(|(at, ..)| *at)
        };
        while let Some((at, length, piece)) = next(rest) {
            let (before, after) = rest.split_at(at);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(piece);
            rest = after.get(length..).unwrap_or_default();
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Self { pieces }
    }

    /// The text of the request with this number.
    #[must_use]
    pub fn text(&self, number: u64) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            // Writing to a string cannot fail.
            let _ = match piece {
                Piece::Text(piece) => text.write_str(piece),
                Piece::Number => write!(text, "{number}"),
                Piece::Uuid => write!(text, "{}", uuid::Uuid::now_v7()),
            };
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_all_else_stays() {
        let template = Template::new("/v1/{{n}}/{x}?{{n}}{{{n}}");
        assert_eq!(template.text(7), "/v1/7/{x}?7{7");
        assert_eq!(Template::new("").text(1), "");
        let id = Template::new("{{uuid}}");
        assert_eq!(id.text(1).len(), 36);
        assert_ne!(id.text(1), id.text(1));
    }
}
