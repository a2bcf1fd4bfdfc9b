//! Each rule, on a statement that breaks it and on one that does not.

use super::*;

/// The lines of what a migration breaks, with the rule that its mend names.
#[track_caller]
fn broken_by(text: &str) -> Vec<(usize, String)> {
    let findings = judge(&[("0011_planted.sql".to_owned(), text.to_owned())]);
    let rule = |finding: &Finding| {
        let name = finding.mend.split_once(ALLOWED).map(|(_, rest)| rest.split(':').next().unwrap_or_default());
        (finding.line.unwrap(), name.unwrap_or("unparsed").to_owned())
    };
    findings.iter().map(rule).collect()
}

#[test]
fn what_breaks_the_previous_release_or_holds_a_lock_is_told_by_its_rule() {
    for (sql, rule) in [
        ("DROP TABLE public.movies", "drop"),
        ("DROP VIEW films", "drop"),
        ("TRUNCATE movies", "drop"),
        ("ALTER TABLE public.movies DROP COLUMN year", "drop"),
        ("ALTER TABLE movies RENAME COLUMN year TO released", "rename"),
        ("ALTER TABLE movies RENAME TO films", "rename"),
        ("ALTER TABLE movies ALTER COLUMN stock TYPE bigint", "type"),
        ("ALTER TABLE movies ALTER COLUMN director SET NOT NULL", "not-null"),
        ("ALTER TABLE movies ADD COLUMN studio text NOT NULL", "not-null"),
        ("ALTER TABLE movies ADD COLUMN code uuid NOT NULL DEFAULT gen_random_uuid()", "rewrite"),
        ("ALTER TABLE movies ADD COLUMN seen timestamptz DEFAULT clock_timestamp()", "rewrite"),
        ("ALTER TABLE movies ADD COLUMN twice integer GENERATED ALWAYS AS (stock * 2) STORED", "rewrite"),
        ("ALTER TABLE movies ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY", "rewrite"),
        ("ALTER TABLE movies ADD COLUMN place bigserial", "rewrite"),
        ("ALTER TABLE movies ADD COLUMN code text UNIQUE", "constraint"),
        ("ALTER TABLE movies ADD CONSTRAINT movies_stock CHECK (stock < 9)", "constraint"),
        ("ALTER TABLE movies ADD CONSTRAINT m FOREIGN KEY (a) REFERENCES users (user_id)", "constraint"),
        ("ALTER TABLE movies ADD CONSTRAINT movies_code UNIQUE (title)", "constraint"),
        ("CREATE INDEX movies_by_stock ON public.movies (stock)", "index"),
        ("UPDATE movies SET stock = 0", "backfill"),
        ("LOCK TABLE movies IN ACCESS EXCLUSIVE MODE", "lock"),
    ] {
        assert_eq!(broken_by(&format!("-- Why.\n{sql};\n")), [(2, rule.to_owned())], "{sql}");
    }
}

#[test]
fn what_nobody_notices_is_let_be() {
    for sql in [
        "ALTER TABLE movies ADD COLUMN studio text",
        "ALTER TABLE movies ADD COLUMN studio text NOT NULL DEFAULT 'none'",
        "ALTER TABLE movies ADD COLUMN seen timestamptz NOT NULL DEFAULT now()",
        "ALTER TABLE movies ADD CONSTRAINT movies_stock CHECK (stock < 9) NOT VALID",
        "ALTER TABLE movies VALIDATE CONSTRAINT movies_stock",
        "ALTER TABLE movies DROP CONSTRAINT movies_stock",
        "ALTER TABLE movies ALTER COLUMN stock SET DEFAULT 0",
        "CREATE INDEX CONCURRENTLY movies_by_stock ON movies (stock)",
        "DROP INDEX movies_by_stock",
        "UPDATE movies SET stock = 0 WHERE stock < 0",
    ] {
        assert_eq!(broken_by(&format!("{sql};")), [], "{sql}");
    }
}

#[test]
fn a_table_that_is_new_itself_may_be_changed_at_will() {
    let sql = "CREATE TABLE public.cinemas (id uuid NOT NULL);
        CREATE INDEX cinemas_by_id ON public.cinemas (id);
        ALTER TABLE public.cinemas ADD COLUMN name text NOT NULL;
        ALTER TABLE public.cinemas ADD CONSTRAINT cinemas_pkey PRIMARY KEY (id);
        UPDATE public.cinemas SET name = '';
        DROP TABLE public.cinemas;";
    assert_eq!(broken_by(sql), []);
}

#[test]
fn a_table_that_is_new_is_new_by_any_name() {
    let sql = "CREATE TABLE public.screens (screen_id uuid NOT NULL);
        ALTER TABLE public.screens RENAME TO halls;
        ALTER TABLE public.halls RENAME TO rooms;
        ALTER TABLE public.rooms RENAME COLUMN screen_id TO room_id;";
    assert_eq!(broken_by(sql), []);
}

#[test]
fn a_view_under_the_old_name_keeps_the_columns_that_it_has() {
    let sql = "ALTER TABLE public.movies RENAME TO films;
        ALTER TABLE public.films RENAME COLUMN movie_id TO film_id;
        ALTER TABLE public.films RENAME COLUMN title TO name;
        CREATE VIEW public.movies AS SELECT film_id AS movie_id, year FROM public.films;
        ALTER TABLE public.films DROP COLUMN year;";
    assert_eq!(broken_by(sql), [(3, "rename".to_owned()), (5, "drop".to_owned())]);
    let twice = "ALTER TABLE movies RENAME TO films;
        ALTER TABLE films RENAME TO titles;
        ALTER TABLE titles RENAME COLUMN movie_id TO title_id;
        CREATE VIEW movies AS SELECT title_id AS movie_id FROM titles;";
    assert_eq!(broken_by(twice), []);
    let other = "ALTER TABLE movies RENAME TO films;\nCREATE VIEW movie AS SELECT * FROM films;";
    assert_eq!(broken_by(other), [(1, "rename".to_owned())]);
}

#[test]
fn a_reviewed_exception_has_the_rule_and_a_reason() {
    let with =
        |remark: &str| broken_by(&format!("ALTER TABLE a ADD COLUMN b text;\n-- {remark}\nDROP TABLE movies;\n"));
    assert_eq!(with("check: allow drop: nobody has used it since 1.4"), []);
    for remark in ["check: allow drop:", "check: allow drop", "check: allow rename: nobody uses it", "nobody uses it"] {
        assert_eq!(with(remark), [(3, "drop".to_owned())], "{remark}");
    }
    // It is for its own statement alone.
    assert_eq!(broken_by("-- check: allow drop: gone\nDROP TABLE a;\nDROP TABLE b;\n"), [(3, "drop".to_owned())]);
}

#[test]
fn what_cannot_be_parsed_is_noted_and_the_rest_is_judged() {
    let sql = "ALTER TABLE movies FLY;\nDROP TABLE movies;\n";
    let findings = judge(&[("0011_planted.sql".to_owned(), sql.to_owned())]);
    let weights: Vec<_> = findings.iter().map(|finding| (finding.line, finding.weight)).collect();
    assert_eq!(weights, [(Some(1), crate::Weight::Note), (Some(2), crate::Weight::Drift)]);
}
