//! The three things a partial update can say of a member that may be empty.

/// What to do with a stored optional value (RFC 7396: absent, null, a value).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Empty it.
    Clear,
    /// Store this value.
    Set(T),
}

impl<T> Patch<T> {
    /// The value after the update, given the one `before` it.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}
