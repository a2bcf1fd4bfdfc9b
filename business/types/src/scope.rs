//! How much of what belongs to people a query may show.

use crate::id::UserId;

/// How far one caller may go.
///
/// Every query of what belongs to a user takes one, so that no caller of a business can forget whose rows they may see.
/// What lies outside of it is answered as what does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// To what belongs to this user.
    Own(UserId),
    /// To everything.
    Any,
}

impl Scope {
    /// Whether what belongs to `owner` is within it.
    pub fn covers(self, owner: UserId) -> bool {
        self.owner().is_none_or(|user_id| user_id == owner)
    }

    /// The user whose things alone are within it; `None` for everything.
    pub fn owner(self) -> Option<UserId> {
        match self {
            Self::Own(user_id) => Some(user_id),
            Self::Any => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_s_own_things_are_within_and_nobody_else_s() {
        let user_id = UserId::new();
        assert!(Scope::Own(user_id).covers(user_id) && !Scope::Own(user_id).covers(UserId::new()));
        assert!(Scope::Any.covers(user_id));
    }
}
