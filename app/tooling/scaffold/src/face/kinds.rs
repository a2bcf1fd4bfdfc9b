//! What differs from type to type.

use super::{Check, Face, Invalid, RefusedQuery};
use crate::name::Name;

impl Face {
    pub(super) fn text(&mut self, max: u32, table: &str) {
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
        self.checks.push(check(table, &name, "length", format!("char_length({name}) BETWEEN 1 AND {max}")));
        self.violations.push(check(table, &name, "length", format!("{name} = ''")));
        self.violations.push(check(table, &name, "length", format!("{name} = repeat('x', {})", max + 1)));
        self.strange = Some(format!("{name} = E' \\n' || repeat('x', {})", max + 100));
        self.folded = self.sortable;
        if self.sortable {
            self.order_sql = format!("{name}_folded");
        }
        self.key = format!("Key::Text(self.{name}_folded.clone())");
        self.generated = vec![format!("left('X' || n, {max})")];
        self.order = format!("a.{name}.as_str().to_lowercase().cmp(&b.{name}.as_str().to_lowercase())");
        let parse = |text: &str| format!("{pascal}::parse({text:?}).unwrap()");
        (self.sample, self.other) = (parse(&one), parse(&other));
        let numbered = if max < 12 { "{}" } else { "number {}" };
        self.numbered = format!("{pascal}::parse(&format!({numbered:?}, number % 4)).unwrap()");
        self.json_numbered = format!("format!({numbered:?}, number % 4)");
        self.example = one.clone();
        (self.json_sample, self.json_other, self.json_patch) =
            (format!("{one:?}"), format!("{other:?}"), format!("{patch:?}"));
        for json in [
            "\"\"".to_owned(),
            "\" \\u{a0}\"".to_owned(),
            format!("\"x\".repeat({})", max + 1),
            "\"a\\nb\"".to_owned(),
            "1776".to_owned(),
        ] {
            self.invalid.push(Invalid { below: "", json });
        }
    }

    pub(super) fn integer(&mut self, kind: &'static str, min: i64, max: i64, table: &str) {
        let (name, pascal) = (self.name.clone(), self.pascal.clone());
        let (number_ty, most) = if kind == "int" { ("i32", i64::from(i32::MAX)) } else { ("i64", i64::MAX) };
        self.kind = kind;
        self.typed = true;
        self.ty = pascal.clone();
        self.number_ty = number_ty;
        (self.min_code, self.max_code) = (grouped(min), grouped(max));
        (self.min_text, self.max_text) = (min.to_string(), max.to_string());
        self.shown = Some("number");
        self.column("", number_ty, if kind == "int" { "integer" } else { "bigint" });
        self.checks.push(check(table, &name, "range", format!("{name} BETWEEN {min} AND {max}")));
        if min > i64::from(i32::MIN) {
            self.violations.push(check(table, &name, "range", format!("{name} = {}", min - 1)));
        }
        if max < most {
            self.violations.push(check(table, &name, "range", format!("{name} = {}", max + 1)));
        }
        self.strange = self.violations.first().map(|violation| violation.sql.clone());
        self.key = format!("Key::Int(self.{name}{})", if kind == "int" { ".into()" } else { "" });
        // How many values the numbered have.
        let values = (max - min).saturating_add(1).min(5);
        self.generated = vec![format!("{min} + n % {values}")];
        self.filter_typed = true;
        self.order = format!("a.{name}.cmp(&b.{name})");
        let parse = |number: String| format!("{pascal}::parse({number}).unwrap()");
        (self.sample, self.other) = (parse(grouped(min + 1)), parse(grouped(min)));
        (self.numbered, self.json_numbered) = match min {
            0 => (parse(format!("number % {values}")), format!("number % {values}")),
            1.. => (
                parse(format!("{} + number % {values}", grouped(min))),
                format!("{} + number % {values}", grouped(min)),
            ),
            _ => (
                parse(format!("number % {values} - {}", grouped(-min))),
                format!("(number % {values}) as i64 - {}", grouped(-min)),
            ),
        };
        self.example = (min + 1).to_string();
        (self.json_sample, self.json_other) = (grouped(min + 1), grouped(min));
        // The first of the numbered that is patched has `min + 1`.
        self.json_patch = grouped(min);
        for json in [
            format!("{}_i64", grouped(min - 1)),
            format!("{}_i64", grouped(max + 1)),
            "\"1\"".to_owned(),
            format!("{min}.5"),
        ] {
            self.invalid.push(Invalid { below: "", json });
        }
        let middle = if values >= 3 { min + 2 } else { min + 1 };
        let low = if values >= 3 { middle } else { min };
        self.range(
            number_ty,
            &format!("{name}\"].as_i64()"),
            &[(middle.to_string(), grouped(middle)), (low.to_string(), grouped(low))],
        );
        self.filter_of_pattern = self.of_pattern("|own| own.number()", ".number()");
        for (end, value) in [("from", "x"), ("to", "1.5")] {
            self.invalid_queries
                .push(RefusedQuery { query: format!("{name}_{end}={value}"), name: format!("{name}_{end}") });
        }
    }

    pub(super) fn money(&mut self, table: &str) {
        let (name, pascal) = (self.name.clone(), self.pascal.clone());
        self.kind = "money";
        self.typed = true;
        self.ty = pascal.clone();
        self.column("_amount", "i64", "bigint");
        self.column("_currency", "String", "text");
        self.checks.push(check(table, &name, "range", format!("{name}_amount BETWEEN 0 AND 999999999999")));
        self.checks.push(check(table, &name, "currency", format!("{name}_currency ~ '^[A-Z]{{3}}$'")));
        self.violations.push(check(table, &name, "range", format!("{name}_amount = -1")));
        self.violations.push(check(table, &name, "range", format!("{name}_amount = 1000000000000")));
        self.violations.push(check(table, &name, "currency", format!("{name}_currency = 'usd'")));
        self.strange = Some(format!("{name}_amount = -5, {name}_currency = '€'"));
        self.order_sql = format!("{name}_amount");
        self.key = format!("Key::Int(self.{name}_amount)");
        self.generated = vec!["n % 1000".to_owned(), "'USD'".to_owned()];
        self.order = format!("a.{name}.money().amount.cmp(&b.{name}.money().amount)");
        let parse = |amount: &str| format!("{pascal}::parse(cents({amount})).unwrap()");
        (self.sample, self.other, self.numbered) = (parse("999"), parse("500"), parse("number % 7 * 200"));
        let json = |amount: &str| format!("{{\"amount\": {amount}, \"currency\": \"USD\"}}");
        (self.json_sample, self.json_other, self.json_numbered) = (json("999"), json("500"), json("number % 7 * 200"));
        self.json_patch = "{\"amount\": 1}".to_owned();
        self.example = "999".to_owned();
        self.pointer = format!("/{name}/amount");
        for (below, json) in [
            ("", "9.99"),
            ("/amount", "-1"),
            ("/amount", "1_000_000_000_000_i64"),
            ("/amount", "\"999\""),
            ("/currency", "\"usd\""),
            ("/currency", "\"XXX\""),
        ] {
            self.invalid.push(Invalid { below, json: json.to_owned() });
        }
        let bound = ("600".to_owned(), "600".to_owned());
        self.range("i64", &format!("{name}\"][\"amount\"].as_i64()"), &[bound.clone(), bound]);
        self.filter_typed = true;
        self.filter_of_pattern = format!("Some(pattern.{name}.money().amount)");
        self.invalid_queries.push(RefusedQuery { query: format!("{name}_from=-1"), name: format!("{name}_from") });
        self.invalid_queries.push(RefusedQuery { query: format!("{name}_to=1.5"), name: format!("{name}_to") });
    }

    pub(super) fn boolean(&mut self) {
        self.kind = "bool";
        self.ty = "bool".to_owned();
        self.column("", "bool", "boolean");
        self.generated = vec!["n % 2 = 0".to_owned()];
        (self.sample, self.other, self.numbered) =
            ("true".to_owned(), "false".to_owned(), "number % 2 == 0".to_owned());
        (self.json_sample, self.json_other, self.json_numbered) =
            ("true".to_owned(), "false".to_owned(), "number.is_multiple_of(2)".to_owned());
        // The first of the numbered that is patched has false.
        self.json_patch = "true".to_owned();
        for json in ["\"true\"", "0"] {
            self.invalid.push(Invalid { below: "", json: json.to_owned() });
        }
        self.equal("bool", "true", "true");
    }

    pub(super) fn moment(&mut self) {
        let name = self.name.clone();
        self.kind = "timestamptz";
        self.ty = "Timestamp".to_owned();
        self.column("", "Timestamp", "timestamptz");
        self.key = format!("Key::Time(self.{name})");
        self.generated = vec!["now() + n % 100 * interval '1 hour'".to_owned()];
        self.order = format!("a.{name}.cmp(&b.{name})");
        (self.sample, self.other) = ("evening(1)".to_owned(), "evening(2)".to_owned());
        self.numbered = "evening(1 + number % 4)".to_owned();
        let json = |day: &str| format!("\"2030-01-{day}T20:00:00.000000Z\"");
        (self.json_sample, self.json_other, self.json_patch) = (json("01"), json("02"), json("09"));
        self.json_numbered = "format!(\"2030-01-0{}T20:00:00.000000Z\", 1 + number % 4)".to_owned();
        self.example = "2030-01-01T20:00:00Z".to_owned();
        for json in ["\"tomorrow\"", "\"2030-01-01\"", "\"2030-01-01 20:00:00Z\"", "\"2030-02-30T20:00:00Z\"", "0"] {
            self.invalid.push(Invalid { below: "", json: json.to_owned() });
        }
        let bound = ("2030-01-02T20:00:00Z".to_owned(), "\"2030-01-02T20:00:00.000000Z\"".to_owned());
        self.range("Timestamp", &format!("{name}\"].as_str()"), &[bound.clone(), bound]);
        self.filter_of_pattern = match self.optional {
            true => format!("pattern.{name}"),
            false => format!("Some(pattern.{name})"),
        };
        for end in ["from", "to"] {
            self.invalid_queries
                .push(RefusedQuery { query: format!("{name}_{end}=today"), name: format!("{name}_{end}") });
        }
    }

    pub(super) fn choice(&mut self, variants: &[Name], table: &str) {
        let (name, pascal) = (self.name.clone(), self.pascal.clone());
        self.kind = "enum";
        self.typed = true;
        self.ty = pascal.clone();
        self.variants = variants.to_vec();
        self.shown = Some("as_str");
        self.column("", "String", "text COLLATE \"C\"");
        let list = |quote: char| {
            let quoted: Vec<String> =
                variants.iter().map(|variant| format!("{quote}{}{quote}", variant.snake)).collect();
            quoted.join(", ")
        };
        self.checks.push(check(table, &name, "known", format!("{name} IN ({})", list('\''))));
        self.violations.push(check(table, &name, "known", format!("{name} = 'surplus'")));
        self.strange = Some(format!("{name} = 'surplus'"));
        self.key = format!("Key::Text(self.{name}.clone())");
        self.generated = vec![format!("(ARRAY[{}])[1 + n % {}]", list('\''), variants.len())];
        self.order = format!("a.{name}.as_str().cmp(b.{name}.as_str())");
        let of = |variant: &Name| format!("{pascal}::{}", variant.pascal);
        (self.sample, self.other) = (of(&variants[0]), of(&variants[1]));
        self.numbered = format!("{pascal}::ALL[(number % {}) as usize]", variants.len());
        self.json_numbered = format!("([{}][number % {}])", list('"'), variants.len());
        // The first of the numbered that is patched has the second.
        (self.json_sample, self.json_other) = (format!("{:?}", variants[0].snake), format!("{:?}", variants[1].snake));
        self.json_patch = self.json_sample.clone();
        for json in ["\"surplus\"".to_owned(), format!("{:?}", variants[0].pascal), "1".to_owned()] {
            self.invalid.push(Invalid { below: "", json });
        }
        self.filter_typed = true;
        self.equal(&pascal, &variants[0].snake, &format!("{:?}", variants[0].snake));
    }
}

fn check(table: &str, name: &str, end: &str, sql: String) -> Check {
    Check { name: format!("{table}_{name}_{end}"), sql }
}

/// A number as code has it, with its digits in groups where there are many.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let sign = if number < 0 { "-" } else { "" };
    if digits.len() < 5 {
        return format!("{sign}{digits}");
    }
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    format!("{sign}{text}")
}
