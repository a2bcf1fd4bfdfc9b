//! One name in place of another, in every form, in code, texts and comments.
//!
//! What is generated follows from its templates; this is for what a team wrote beside it, so that a merge finds both
//! under the same names.

use std::collections::BTreeSet;

use crate::dsl::Resource;
use crate::lexer::{Language, Place, pieces};
use crate::name::Name;
use crate::plan::PlanError;
use crate::render::{Names, capital};

/// A change of names.
pub(crate) struct Renaming {
    old: Forms,
    new: Forms,
    /// Identifiers of the generated code that have nothing to do with the name, such as `order_by` in that of orders.
    kept: BTreeSet<String>,
}

/// The forms of a name.
struct Forms {
    one: Name,
    many: Name,
    crates: [String; 2],
    path: String,
}

impl Renaming {
    /// From `old` to `new`.
    pub(crate) fn of(old: &Resource, new: &Resource) -> Self {
        Self { old: Forms::of(old), new: Forms::of(new), kept: BTreeSet::new() }
    }

    /// From `old` to `new` in the code that is theirs alone. `files` gives what is generated for a resource.
    ///
    /// # Errors
    /// A template is wrong.
    pub(crate) fn within(
        old: &Resource,
        new: &Resource,
        files: impl Fn(&Resource) -> Result<Vec<(String, String)>, PlanError>,
    ) -> Result<Self, PlanError> {
        // Under a name that nothing else has, what stays the same is not of the name.
        let nobody = Resource { name: Name::of("zqone"), plural: Name::of("zqmany"), ..old.clone() };
        let identifiers = |resource| Ok::<_, PlanError>(identifiers(&files(resource)?));
        let (mine, others) = (identifiers(old)?, identifiers(&nobody)?);
        Ok(Self { kept: mine.intersection(&others).cloned().collect(), ..Self::of(old, new) })
    }

    /// `text` under the new name.
    pub(crate) fn apply(&self, path: &str, text: &str) -> String {
        pieces(text, Language::of(path)).map(|(place, piece)| self.piece(place, piece)).collect()
    }

    /// `text` for people under the new name.
    pub(crate) fn prose(&self, text: &str) -> String {
        self.piece(Place::Comment, text)
    }

    /// A path under the new name.
    pub(crate) fn path(&self, path: &str) -> String {
        self.piece(Place::Code, path)
    }

    fn piece(&self, place: Place, piece: &str) -> String {
        let (mut text, mut at, mut code) = (String::new(), 0, !is_prose(place, piece));
        while let Some(first) = piece[at..].chars().next() {
            let rest = &piece[at..];
            if !is_word(first) {
                // Comments have code in backticks.
                code ^= place == Place::Comment && first == '`';
                text.push(first);
                at += first.len_utf8();
                continue;
            }
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let known = if text.ends_with("/v1/") { self.in_path(rest) } else { None };
            let known = known.or_else(|| self.in_prose(rest, code));
            if let Some((length, new)) = known {
                text.push_str(&new);
                at += length;
            } else {
                text.push_str(&self.identifier(&rest[..length]));
                at += length;
            }
        }
        text
    }

    fn in_path(&self, rest: &str) -> Option<(usize, String)> {
        let old = &self.old.path;
        let ends = |c: char| !is_word(c) && c != '-';
        let whole = rest.strip_prefix(old.as_str())?.chars().next().is_none_or(ends);
        whole.then(|| (old.len(), self.new.path.clone()))
    }

    /// The name in words, with the article before it. In code only where it has several words.
    fn in_prose(&self, rest: &str, code: bool) -> Option<(usize, String)> {
        let (old, new) = (&self.old, &self.new);
        for (from, to) in [(&old.many, &new.many), (&old.one, &new.one)] {
            let single = !from.words.contains(' ');
            if single && code {
                continue;
            }
            let (a, b) = (&from.words, &to.words);
            let forms = [
                (format!("{} {a}", from.article()), format!("{} {b}", to.article())),
                (format!("{} {a}", capital(from.article())), format!("{} {b}", capital(to.article()))),
                (a.clone(), b.clone()),
                (capital(a), capital(b)),
            ];
            for (a, b) in forms {
                let whole = |rest: &str| rest.chars().next().is_none_or(|c| !is_word(c));
                if rest.strip_prefix(a.as_str()).is_some_and(whole) {
                    return Some((a.len(), b));
                }
            }
        }
        None
    }

    fn identifier(&self, word: &str) -> String {
        if self.kept.contains(word) {
            return word.to_owned();
        }
        for (old, new) in self.old.crates.iter().zip(&self.new.crates) {
            if word == old {
                return new.clone();
            }
        }
        let snake = |name: &Name| name.snake.clone();
        let upper = |name: &Name| name.upper.clone();
        let word = self.parts(word, snake, |before, after| before.is_none_or(is_border) && after.is_none_or(is_border));
        let word =
            self.parts(&word, upper, |before, after| before.is_none_or(is_border) && after.is_none_or(is_border));
        let pascal = |name: &Name| name.pascal.clone();
        // The next part of such a name begins with a capital.
        self.parts(&word, pascal, |before, after| {
            before.is_none_or(|c| !c.is_ascii_uppercase()) && after.is_none_or(|c| !c.is_ascii_lowercase())
        })
    }

    /// `word` with one form of the name replaced where it is a part of its own.
    fn parts(
        &self,
        word: &str,
        form: impl Fn(&Name) -> String,
        apart: impl Fn(Option<char>, Option<char>) -> bool,
    ) -> String {
        let mut text = String::new();
        let mut at = 0;
        'word: while let Some(first) = word[at..].chars().next() {
            for (old, new) in [(&self.old.many, &self.new.many), (&self.old.one, &self.new.one)] {
                let (old, new) = (form(old), form(new));
                let before = word[..at].chars().next_back();
                let rest = word[at..].strip_prefix(old.as_str());
                if rest.is_some_and(|rest| apart(before, rest.chars().next())) {
                    text.push_str(&new);
                    at += old.len();
                    continue 'word;
                }
            }
            text.push(first);
            at += first.len_utf8();
        }
        text
    }
}

impl Forms {
    fn of(resource: &Resource) -> Self {
        let Names { bus, app, path } = Names::of(resource);
        Self { one: resource.name.clone(), many: resource.plural.clone(), crates: [bus, app], path }
    }
}

/// Whether it is for people. A text is not when it is one word, or has a statement of SQL.
fn is_prose(place: Place, piece: &str) -> bool {
    const SQL: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "FROM", "WHERE", "TABLE", "VALUES", "SET"];
    let mut words = piece.split(|c: char| !is_word(c));
    place == Place::Comment || place == Place::Literal && piece.contains(' ') && !words.any(|word| SQL.contains(&word))
}

/// The words of the code.
fn identifiers(files: &[(String, String)]) -> BTreeSet<String> {
    let pieces = files.iter().flat_map(|(path, text)| pieces(text, Language::of(path)));
    let words =
        pieces.filter(|(place, piece)| !is_prose(*place, piece)).flat_map(|(_, piece)| piece.split(|c| !is_word(c)));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_border(c: char) -> bool {
    c == '_' || c.is_ascii_digit()
}
