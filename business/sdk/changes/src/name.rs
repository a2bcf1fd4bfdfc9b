//! The names of what changes and of what happens to it.

use std::fmt;

/// The longest name, in characters.
const LONGEST: usize = 50;

/// What a domain's rows are called in audits and events, such as `movie`.
///
/// ```
/// const ENTITY: changes::Entity = changes::Entity::new("movie");
/// ```
///
/// A name that is none does not compile:
///
/// ```compile_fail,E0080
/// const ENTITY: changes::Entity = changes::Entity::new("Movie");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entity(&'static str);

/// What happened to a row, as a verb of the past, such as `updated` or `password_changed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action(&'static str);

impl Entity {
    /// A name: 1 to 50 lower-case letters and underscores, a letter first. Make it a constant.
    ///
    /// # Panics
    /// The text is no such name; in a constant that is an error of the compiler.
    pub const fn new(name: &'static str) -> Self {
        assert!(is_name(name), "an entity's name has 1 to 50 lower-case letters and underscores");
        Self(name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl Action {
    /// The row came into being.
    pub const CREATED: Self = Self::new("created");
    /// The row changed.
    pub const UPDATED: Self = Self::new("updated");
    /// The row is gone.
    pub const DELETED: Self = Self::new("deleted");

    /// A verb of a domain: 1 to 50 lower-case letters and underscores, a letter first. Make it a constant.
    ///
    /// # Panics
    /// The text is no such verb; in a constant that is an error of the compiler.
    pub const fn new(verb: &'static str) -> Self {
        assert!(is_name(verb), "an action's name has 1 to 50 lower-case letters and underscores");
        Self(verb)
    }

    /// The verb.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

const fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > LONGEST || !bytes[0].is_ascii_lowercase() {
        return false;
    }
    // A `for` is not allowed in a constant.
    let mut at = 1;
    while at < bytes.len() {
        if !(bytes[at].is_ascii_lowercase() || bytes[at] == b'_') {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_of_lower_case_letters_and_underscores() {
        for name in ["a", "movie", "password_changed", &"a".repeat(50)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "_a", "Movie", "a-b", "a b", "a1", "ä", &"a".repeat(51)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
