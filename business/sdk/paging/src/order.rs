//! The order of a list.

/// Which end of a column comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The largest first.
    Descending,
}

/// The order of a list by fields of the kind `F`, the most significant first.
///
/// The id follows as the last term in [`OrderBy::tie_break`]'s direction, so that no two rows are equal: without
/// that a page could repeat or skip rows. An order by no field is an order by the id alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderBy<F> {
    terms: Vec<(F, Direction)>,
}

impl Direction {
    /// The keyword of SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }

    /// The operator that selects what comes after a key: `>` or `<`.
    pub const fn after(self) -> &'static str {
        match self {
            Self::Ascending => ">",
            Self::Descending => "<",
        }
    }
}

impl<F: Copy + PartialEq> OrderBy<F> {
    /// An order by these terms. A field that was named before cannot order anything any more and is left out.
    pub fn new(terms: impl IntoIterator<Item = (F, Direction)>) -> Self {
        let mut order = Self { terms: Vec::new() };
        for (field, direction) in terms {
            if order.terms.iter().all(|(known, _)| *known != field) {
                order.terms.push((field, direction));
            }
        }
        order
    }

    /// An order by one field.
    pub fn by(field: F, direction: Direction) -> Self {
        Self { terms: vec![(field, direction)] }
    }

    /// The terms, without the id.
    pub fn terms(&self) -> &[(F, Direction)] {
        &self.terms
    }

    /// The direction of the id: that of the last term, so that an index over (field, id) serves both directions.
    pub fn tie_break(&self) -> Direction {
        self.terms.last().map_or(Direction::Ascending, |(_, direction)| *direction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_follows_in_the_direction_of_the_last_term() {
        assert_eq!(OrderBy::<char>::new([]).tie_break(), Direction::Ascending);
        let order = OrderBy::new([('a', Direction::Ascending), ('b', Direction::Descending)]);
        assert_eq!(order.tie_break(), Direction::Descending);
    }

    #[test]
    fn a_field_named_again_has_no_effect() {
        let order =
            OrderBy::new([('a', Direction::Descending), ('b', Direction::Ascending), ('a', Direction::Ascending)]);
        assert_eq!(order.terms(), [('a', Direction::Descending), ('b', Direction::Ascending)]);
    }
}
