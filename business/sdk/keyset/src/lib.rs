//! The order of a list, with the place where a page of it begins, as SQL.
//!
//! A page begins after the keys of the row that ended the page before (keyset pagination), so that it costs the same
//! wherever it is. Every domain's store builds its lists with this.

use paging::{Direction, Key, Keys};
use sqlx::{Postgres, QueryBuilder};

/// The order of a list: expressions with their directions, then the id, which breaks ties.
#[derive(Clone, Debug)]
pub struct Keyset {
    /// The expressions that indexes hold, to the letter. The last is the id.
    terms: Vec<(&'static str, Direction)>,
}

impl Keyset {
    /// The order by `terms`, then by the column `id` in the direction `tie_break`. Columns of several tables have their tables'
    /// names before them.
    pub fn new(
        terms: impl IntoIterator<Item = (&'static str, Direction)>,
        id: &'static str,
        tie_break: Direction,
    ) -> Self {
        Self { terms: terms.into_iter().chain([(id, tie_break)]).collect() }
    }

    /// Adds ` AND ..`: only what comes after the row with `keys`.
    ///
    /// Terms of one direction compare as a row, which an index answers whole. Terms of both directions can't, nor those of
    /// several tables, which would be compared after they are joined: the first one bounds the part of the index that is
    /// read, and the rest decides among its ties.
    pub fn push_after(&self, sql: &mut QueryBuilder<Postgres>, keys: &Keys) {
        let values = keys.values.iter().cloned().chain([Key::Uuid(keys.id)]);
        let terms: Vec<(&str, Direction, Key)> =
            self.terms.iter().zip(values).map(|(&(term, direction), key)| (term, direction, key)).collect();
        let Some((first, direction, key)) = terms.first().cloned() else { return };
        if terms.iter().all(|(term, other, _)| *other == direction && table(term) == table(first)) {
            let names: Vec<&str> = terms.iter().map(|(term, ..)| *term).collect();
            sql.push(" AND (").push(names.join(", ")).push(") ").push(direction.after()).push(" (");
            for (place, (.., key)) in terms.into_iter().enumerate() {
                sql.push(if place == 0 { "" } else { ", " });
                push_key(sql, key);
            }
            sql.push(")");
            return;
        }
        sql.push(" AND ").push(first).push(" ").push(direction.after()).push("= ");
        push_key(sql, key);
        let depth = terms.len();
        for (place, (term, direction, key)) in terms.into_iter().enumerate() {
            sql.push(" AND (").push(term).push(" ").push(direction.after()).push(" ");
            push_key(sql, key.clone());
            if place + 1 < depth {
                sql.push(" OR ").push(term).push(" = ");
                push_key(sql, key);
            }
        }
        sql.push(")".repeat(depth));
    }

    /// Adds ` ORDER BY ..`.
    pub fn push_order(&self, sql: &mut QueryBuilder<Postgres>) {
        for (place, (term, direction)) in self.terms.iter().enumerate() {
            sql.push(if place == 0 { " ORDER BY " } else { ", " }).push(term).push(" ").push(direction.sql());
        }
    }
}

/// The table that the first column of a term is said to be of.
fn table(term: &str) -> Option<&str> {
    term.split_once('.').map(|(table, _)| table.trim_start_matches('('))
}

fn push_key(sql: &mut QueryBuilder<Postgres>, key: Key) {
    match key {
        Key::Null => sql.push("NULL"),
        Key::Text(text) => sql.push_bind(text),
        Key::Int(number) => sql.push_bind(number),
        Key::Float(number) => sql.push_bind(number),
        Key::Time(time) => sql.push_bind(time),
        Key::Uuid(uuid) => sql.push_bind(uuid),
        Key::Date(date) => sql.push_bind(date),
        Key::Decimal(number) => sql.push_bind(number),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const UP: Direction = Direction::Ascending;
    const DOWN: Direction = Direction::Descending;

    fn text(keyset: &Keyset, values: Vec<Key>) -> String {
        let mut sql = QueryBuilder::new("SELECT id FROM films WHERE true");
        keyset.push_after(&mut sql, &Keys { values, id: Uuid::from_u128(7) });
        keyset.push_order(&mut sql);
        sql.sql().as_str().to_owned()
    }

    #[test]
    fn terms_of_one_direction_compare_as_a_row() {
        let text = text(&Keyset::new([("year", DOWN)], "id", DOWN), vec![Key::Int(1979)]);
        assert_eq!(text, "SELECT id FROM films WHERE true AND (year, id) < ($1, $2) ORDER BY year DESC, id DESC");
    }

    #[test]
    fn terms_of_both_directions_are_bounded_by_the_first() {
        let text = text(
            &Keyset::new([("year", UP), ("title", DOWN)], "id", DOWN),
            vec![Key::Int(1979), Key::Text("alien".to_owned())],
        );
        assert_eq!(
            text,
            "SELECT id FROM films WHERE true AND year >= $1 AND (year > $2 OR year = $3 AND (title < $4 OR title = $5 \
             AND (id < $6))) ORDER BY year ASC, title DESC, id DESC"
        );
    }

    #[test]
    fn terms_of_several_tables_are_bounded_by_the_first() {
        let of = |term| text(&Keyset::new([(term, DOWN)], "films.id", DOWN), vec![Key::Int(1979)]);
        assert_eq!(
            of("sales.year"),
            "SELECT id FROM films WHERE true AND sales.year <= $1 AND (sales.year < $2 OR sales.year = $3 AND (films.id < $4)) \
             ORDER BY sales.year DESC, films.id DESC"
        );
        assert!(of("(films.year + 1)").contains(" AND ((films.year + 1), films.id) < ($1, $2) "));
    }

    #[test]
    fn without_terms_the_id_alone_orders() {
        let text = text(&Keyset::new([], "id", UP), Vec::new());
        assert_eq!(text, "SELECT id FROM films WHERE true AND (id) > ($1) ORDER BY id ASC");
    }
}
