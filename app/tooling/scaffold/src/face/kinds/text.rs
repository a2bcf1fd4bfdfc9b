//! Text, and what is kept as text.

use super::{check, grouped};
use crate::face::{Face, Filter, Last};

/// What sorts behind every text, in SQL and in code: the last character that there is.
const BEHIND: (&str, &str) = ("E'\\U0010FFFF'", "\"\\u{10ffff}\".to_owned()");

impl Face {
    pub(in crate::face) fn text(&mut self, max: u32, table: &str) {
        let (name, pascal) = (self.name.clone(), self.pascal.clone());
        let cut = |text: String| text.chars().take(max as usize).collect::<String>();
        let [one, other, patch] =
            ["Some", "Another", "Changed"].map(|word| cut(format!("{word} {}", self.words)).trim().to_owned());
        self.kind = "text";
        self.typed = true;
        self.ty = pascal.clone();
        self.max_code = grouped(max.into());
        self.max_text = max.to_string();
        self.shown = Some("as_str");
        self.column("", "String", "text");
        if self.sortable || self.unique {
            self.fold();
        }
        self.checks.push(check(table, &name, "length", format!("char_length({name}) BETWEEN 1 AND {max}")));
        self.violations.push(check(table, &name, "length", format!("{name} = ''")));
        self.violations.push(check(table, &name, "length", format!("{name} = repeat('x', {})", max + 1)));
        self.strange = Some(format!("{name} = E' \\n' || repeat('x', {})", max + 100));
        self.text_key(&format!("{name}_folded"));
        self.generated = vec![format!("left('X' || n, {max})")];
        let parse = |text: &str| format!("{pascal}::parse({text:?}).unwrap()");
        self.samples([parse(&one), parse(&other)], [format!("{one:?}"), format!("{other:?}"), format!("{patch:?}")]);
        let numbered = if max < 12 { "{}" } else { "number {}" };
        let number = if self.unique { "number" } else { "number % 4" };
        self.numbers(
            format!("{pascal}::parse(&format!({numbered:?}, {number})).unwrap()"),
            format!("format!({numbered:?}, {number})"),
        );
        self.vary = (max >= 4).then(|| "format!(\"v{number}\")".to_owned());
        self.example = one;
        self.refuses([
            "\"\"".to_owned(),
            "\" \\u{a0}\"".to_owned(),
            format!("\"x\".repeat({})", max + 1),
            "\"a\\nb\"".to_owned(),
            "1776".to_owned(),
        ]);
        if self.searchable {
            let (query, start) = if max < 12 { ("q=1", "1") } else { ("q=number%201", "number 1") };
            self.filters.push(Filter {
                query: query.to_owned(),
                selects: format!("ROW[\"{name}\"].as_str().is_some_and(|text| text.starts_with({start:?}))"),
            });
        }
    }

    pub(in crate::face) fn email(&mut self, table: &str) {
        let name = self.name.clone();
        self.kind = "email";
        self.ty = "Email".to_owned();
        self.personal = true;
        self.column("", "String", "text COLLATE \"C\"");
        self.checks.push(check(table, &name, "length", format!("char_length({name}) BETWEEN 3 AND 254")));
        self.violations.push(check(table, &name, "length", format!("{name} = ''")));
        self.strange = Some(format!("{name} = repeat('x', 300)"));
        self.text_key(&name);
        self.generated = vec!["'x' || n || '@example.com'".to_owned()];
        let parse = |text: &str| format!("Email::parse({text:?}).unwrap()");
        let [one, other, patch] =
            ["some", "another", "changed"].map(|word| format!("{word}.{}@example.com", self.name.replace('_', ".")));
        self.samples([parse(&one), parse(&other)], [format!("{one:?}"), format!("{other:?}"), format!("{patch:?}")]);
        let number = if self.unique { "number" } else { "number % 4" };
        self.numbers(
            format!("Email::parse(&format!(\"number-{{}}@example.com\", {number})).unwrap()"),
            format!("format!(\"number-{{}}@example.com\", {number})"),
        );
        self.vary = Some("format!(\"vary-{number}@example.com\")".to_owned());
        self.example = "ada@example.com".to_owned();
        self.refuses([
            "\"nobody\"".to_owned(),
            "\"a b@example.com\"".to_owned(),
            "\"a@example\"".to_owned(),
            "format!(\"{}@example.com\", \"x\".repeat(250))".to_owned(),
            "1".to_owned(),
        ]);
        self.equal("Email", "number-1@example.com", "\"number-1@example.com\"");
    }

    pub(in crate::face) fn url(&mut self, table: &str) {
        let name = self.name.clone();
        self.kind = "url";
        self.ty = "HttpUrl".to_owned();
        self.column("", "String", "text COLLATE \"C\"");
        self.checks.push(check(table, &name, "length", format!("char_length({name}) BETWEEN 8 AND 2000")));
        self.violations.push(check(table, &name, "length", format!("{name} = 'x'")));
        self.strange = Some(format!("{name} = repeat('x', 2100)"));
        self.generated = vec!["'https://example.com/' || n".to_owned()];
        let parse = |text: &str| format!("HttpUrl::parse({text:?}).unwrap()");
        let [one, other, patch] = ["some", "another", "changed"].map(|word| format!("https://example.com/{word}"));
        self.samples([parse(&one), parse(&other)], [format!("{one:?}"), format!("{other:?}"), format!("{patch:?}")]);
        let number = if self.unique { "number" } else { "number % 4" };
        self.numbers(
            format!("HttpUrl::parse(&format!(\"https://example.com/{{}}\", {number})).unwrap()"),
            format!("format!(\"https://example.com/{{}}\", {number})"),
        );
        self.vary = Some("format!(\"https://example.com/vary/{number}\")".to_owned());
        self.example = "https://example.com/about".to_owned();
        self.refuses([
            "\"example.com\"".to_owned(),
            "\"ftp://example.com\"".to_owned(),
            "\"https://a b\"".to_owned(),
            "\"javascript:alert(1)\"".to_owned(),
            "format!(\"https://example.com/{}\", \"x\".repeat(2000))".to_owned(),
            "1".to_owned(),
        ]);
    }

    /// How a text places its row in an order.
    pub(in crate::face) fn text_key(&mut self, column: &str) {
        if !self.optional {
            self.key = format!("Key::Text(self.{column}.clone())");
            return;
        }
        let (behind, behind_code) = BEHIND;
        let key = |other: &str| format!("Key::Text(self.{column}.clone().unwrap_or_else(|| {other}))");
        self.last = Some(Last {
            up_sql: format!("coalesce({column}, {behind})"),
            up_key: key(behind_code),
            down_sql: format!("coalesce({column}, '')"),
            down_key: format!("Key::Text(self.{column}.clone().unwrap_or_default())"),
        });
    }
}
