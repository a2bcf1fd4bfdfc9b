//! A text in pieces: code, literals, comments.

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Code,
    /// A text in quotes, with them.
    Literal,
    Comment,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    /// TOML, or what has comments and texts as it does.
    Toml,
    Sql,
    /// Nothing is known of it.
    Other,
}

impl Language {
    pub(crate) fn of(path: &str) -> Self {
        match path.rsplit('.').next() {
            Some("rs") => Self::Rust,
            Some("toml" | "yaml" | "yml" | "sh") => Self::Toml,
            Some("sql") => Self::Sql,
            _ => Self::Other,
        }
    }
}

/// The pieces of `text`, which is all of it.
pub(crate) fn pieces(text: &str, language: Language) -> impl Iterator<Item = (Place, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (place, length) = match special(rest, language) {
            Some(found) => found,
            None => (Place::Code, code(rest, language)),
        };
        let (piece, more) = rest.split_at(length);
        rest = more;
        Some((place, piece))
    })
}

/// The length of the code up to the next piece of another kind.
fn code(rest: &str, language: Language) -> usize {
    let mut at = 0;
    while at < rest.len() {
        let here = &rest[at..];
        if special(here, language).is_some() {
            break;
        }
        // A character of code may be a quote, and `r` may be the end of a name.
        let word = here.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(here.len());
        at += word.max(here.chars().next().map_or(1, char::len_utf8)).max(character(here, language));
    }
    at.min(rest.len())
}

/// The comment or the literal that starts here, with its length.
fn special(rest: &str, language: Language) -> Option<(Place, usize)> {
    let line = || rest.find('\n').unwrap_or(rest.len());
    let to = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    match language {
        Language::Rust if rest.starts_with("//") => Some((Place::Comment, line())),
        Language::Rust if rest.starts_with("/*") => Some((Place::Comment, to("*/", 2))),
        Language::Rust if rest.starts_with("r\"") => Some((Place::Literal, to("\"", 2))),
        Language::Rust if rest.starts_with("r#\"") => Some((Place::Literal, to("\"#", 3))),
        Language::Rust | Language::Toml if rest.starts_with('"') => Some((Place::Literal, quoted(rest))),
        Language::Toml if rest.starts_with('#') => Some((Place::Comment, line())),
        Language::Toml | Language::Sql if rest.starts_with('\'') => Some((Place::Literal, to("'", 1))),
        Language::Sql if rest.starts_with("--") => Some((Place::Comment, line())),
        _ => None,
    }
}

/// The length of a text in quotes.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// The length of a character in quotes, zero for anything else such as a lifetime.
fn character(rest: &str, language: Language) -> usize {
    let Some(inner) = rest.strip_prefix('\'').filter(|_| language == Language::Rust) else { return 0 };
    let mut chars = inner.char_indices();
    let end = match chars.next() {
        Some((_, '\\')) => inner[2.min(inner.len())..].find('\'').map(|at| at + 2),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at),
        None => None,
    };
    end.map_or(0, |end| end + 2)
}
