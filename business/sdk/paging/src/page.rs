//! What part of a list is asked for, and the part that is found.

use crate::key::Keys;

/// The part of a list that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The most items of the page; at least 1.
    pub limit: u32,
    /// Where the page starts.
    pub position: Position,
    /// Whether to count the whole list too.
    pub total: bool,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// At the start of the list.
    Start,
    /// After the row with these keys.
    After(Keys),
    /// After `limit * (number - 1)` rows: classic pages, numbered from 1. Their cost grows with the number.
    Number(u32),
}

/// The part of a list that is found.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The keys of the last item when more follow.
    pub next: Option<Keys>,
    /// The size of the whole list, if it was asked for.
    pub total: Option<u64>,
}

impl Page {
    /// The first page, of at most `limit` items.
    pub fn first(limit: u32) -> Self {
        Self { limit, position: Position::Start, total: false }
    }

    /// How many rows to fetch: one more than the limit, which tells whether more follow.
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// How many rows to skip.
    pub fn offset(&self) -> i64 {
        match self.position {
            Position::Number(number) => i64::from(number.saturating_sub(1)).saturating_mul(i64::from(self.limit)),
            Position::Start | Position::After(_) => 0,
        }
    }

    /// The keys after which the page starts.
    pub fn after(&self) -> Option<&Keys> {
        match &self.position {
            Position::After(keys) => Some(keys),
            Position::Start | Position::Number(_) => None,
        }
    }
}

impl<T> Slice<T> {
    /// Cuts `rows`, of which [`Page::fetch`] were asked for, to the page. `keys` gives the keys of an item.
    pub fn cut(mut rows: Vec<T>, page: &Page, total: Option<u64>, keys: impl FnOnce(&T) -> Keys) -> Self {
        let limit = page.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(keys) } else { None };
        Self { items: rows, next, total }
    }

    /// The same part with each item converted.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Slice<U> {
        Slice { items: self.items.into_iter().map(convert).collect(), next: self.next, total: self.total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;
    use uuid::Uuid;

    fn keys(item: &i64) -> Keys {
        Keys { values: vec![Key::Int(*item)], id: Uuid::nil() }
    }

    #[test]
    fn one_row_more_than_the_limit_means_that_more_follow() {
        let page = Page::first(2);
        assert_eq!(page.fetch(), 3);
        let slice = Slice::cut(vec![1, 2, 3], &page, Some(9), keys);
        assert_eq!(slice.items, [1, 2]);
        assert_eq!(slice.next, Some(keys(&2)), "the last item that is shown");
        assert_eq!(slice.total, Some(9));
    }

    #[test]
    fn the_last_page_has_no_next_even_when_it_is_full() {
        for rows in [vec![], vec![1], vec![1, 2]] {
            assert_eq!(Slice::cut(rows, &Page::first(2), None, keys).next, None);
        }
    }

    #[test]
    fn numbered_pages_skip_the_pages_before_them_without_overflow() {
        let page = |number| Page { limit: u32::MAX, position: Position::Number(number), total: true };
        assert_eq!(page(0).offset(), 0);
        assert_eq!(page(1).offset(), 0);
        assert_eq!(page(3).offset(), 2 * i64::from(u32::MAX));
        assert_eq!(page(u32::MAX).offset(), i64::MAX);
    }
}
