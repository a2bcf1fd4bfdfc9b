//! One line of text, the rule behind names and titles.

/// Why a text is not an acceptable line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Nothing but white space.
    #[error("must not be blank")]
    Blank,
    /// Longer than the limit.
    #[error("must be 1 to {max} characters long")]
    TooLong {
        /// The limit, in Unicode scalar values.
        max: usize,
    },
    /// A line break, a tabulator, U+0000 or another control character.
    #[error("must not contain control characters")]
    Control,
}

/// Takes untrusted `text` as one line of 1 to `max` characters (Unicode scalar values), without white space around it.
///
/// # Errors
/// The text is blank, too long or has control characters.
pub fn line(text: &str, max: usize) -> Result<String, LineError> {
    // Refused before trimming: a trailing line break is a fault of the sender, not decoration.
    if text.chars().any(char::is_control) {
        return Err(LineError::Control);
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(LineError::Blank);
    }
    if text.chars().count() > max {
        return Err(LineError::TooLong { max });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_trimmed_counted_in_characters_and_free_of_control_characters() {
        assert_eq!(line("  Amélie ", 6), Ok("Amélie".to_owned()));
        assert_eq!(line("Amélie!", 6), Err(LineError::TooLong { max: 6 }));
        assert_eq!(line(" \u{a0} ", 6), Err(LineError::Blank));
        assert_eq!(line("a\u{0}b", 6), Err(LineError::Control));
        assert_eq!(line("ab\n", 6), Err(LineError::Control));
    }

    proptest! {
        #[test]
        fn what_a_line_accepts_it_accepts_again_unchanged(text in "\\PC{0,20}") {
            if let Ok(once) = line(&text, 12) {
                prop_assert_eq!(line(&once, 12), Ok(once));
            }
        }
    }
}
