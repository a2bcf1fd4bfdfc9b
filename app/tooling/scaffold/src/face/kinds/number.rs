//! Numbers and money.

use super::{check, grouped};
use crate::face::{Face, Invalid, Last};

impl Face {
    pub(in crate::face) fn integer(&mut self, kind: &'static str, min: i64, max: i64, table: &str) {
        let (name, pascal) = (self.name.clone(), self.pascal.clone());
        let (number_ty, most) = if kind == "int" { ("i32", i64::from(i32::MAX)) } else { ("i64", i64::MAX) };
        self.kind = kind;
        self.typed = true;
        self.copies = true;
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
        if self.optional {
            let (cast, map) = if kind == "int" { ("::bigint", ".map_or(") } else { ("", ".unwrap_or(") };
            let into = if kind == "int" { ", i64::from" } else { "" };
            let key = |other: i64| format!("Key::Int(self.{name}{map}{}{into}))", grouped(other));
            self.last = Some(Last {
                up_sql: format!("coalesce({name}{cast}, {})", max + 1),
                up_key: key(max + 1),
                down_sql: format!("coalesce({name}{cast}, {})", min - 1),
                down_key: key(min - 1),
            });
        }
        // How many values the numbered have.
        let values = (max - min).saturating_add(1).min(5);
        self.generated = vec![if self.unique { format!("{min} + n") } else { format!("{min} + n % {values}") }];
        self.filter_typed = true;
        let parse = |number: String| format!("{pascal}::parse({number}).unwrap()");
        // Those that are unique keep away from the numbered.
        let shift = if self.unique { 900 } else { 0 };
        self.samples(
            [parse(grouped(min + shift + 1)), parse(grouped(min + shift))],
            // The first of the numbered that is patched has `min + 1`.
            [grouped(min + shift + 1), grouped(min + shift), grouped(min + shift)],
        );
        let number = if self.unique { "number".to_owned() } else { format!("number % {values}") };
        let (code, json) = match min {
            0 => (number.clone(), number),
            1.. => (format!("{} + {number}", grouped(min)), format!("{} + {number}", grouped(min))),
            _ => (format!("{number} - {}", grouped(-min)), format!("({number}) as i64 - {}", grouped(-min))),
        };
        self.numbers(parse(code), json);
        // As many as there are rules for, away from the numbered.
        self.vary = (max - min >= 300 + shift).then(|| {
            let start = min + shift + 10;
            let places = if start < 0 { format!("- {}", grouped(-start)) } else { format!("+ {}", grouped(start)) };
            format!("number as i64 {places}")
        });
        self.example = (min + 1).to_string();
        self.refuses([
            format!("{}_i64", grouped(min - 1)),
            format!("{}_i64", grouped(max + 1)),
            "\"1\"".to_owned(),
            format!("{min}.5"),
        ]);
        let middle = if values >= 3 { min + 2 } else { min + 1 };
        let low = if values >= 3 { middle } else { min };
        self.range(
            number_ty,
            &format!("{name}\"].as_i64()"),
            &[(middle.to_string(), grouped(middle)), (low.to_string(), grouped(low))],
        );
        self.filter_of_pattern = self.of_pattern("|own| own.number()", ".number()");
        self.refuses_bounds("x", "1.5");
    }

    pub(in crate::face) fn decimal(&mut self, digits: u32, places: u32) {
        let (name, pascal) = (self.name.clone(), self.pascal.clone());
        self.kind = "decimal";
        self.typed = true;
        self.copies = true;
        self.ty = pascal.clone();
        (self.digits, self.places) = (digits, places);
        let whole = digits - places;
        let more = if whole > 1 { format!("[0-9]{{0,{}}}", whole - 1) } else { String::new() };
        self.pattern = format!("^-?(0|[1-9]{more})(\\.[0-9]{{1,{places}}})?$");
        self.max_text = format!("{whole} digits before the point and {places} behind it");
        self.column("", "Decimal", &format!("numeric({digits}, {places})"));
        self.key = format!("Key::Decimal(self.{name})");
        if self.optional {
            let beyond = 10_i64.pow(whole);
            let key = |sign: &str| {
                format!("Key::Decimal(self.{name}.unwrap_or(Decimal::from({sign}{}_i64)))", grouped(beyond))
            };
            self.last = Some(Last {
                up_sql: format!("coalesce({name}, {beyond})"),
                up_key: key(""),
                down_sql: format!("coalesce({name}, -{beyond})"),
                down_key: key("-"),
            });
        }
        self.generated = vec!["n % 9 + 0.5".to_owned()];
        let half = format!("5{}", "0".repeat(places as usize - 1));
        let text = |number: u32| format!("{number}.{half}");
        let parse = |text: String| format!("{pascal}::parse({text:?}).unwrap()");
        self.samples(
            [parse(text(1)), parse(text(2))],
            [format!("{:?}", text(1)), format!("{:?}", text(2)), format!("{:?}", text(9))],
        );
        self.numbers(
            format!("{pascal}::parse(&format!(\"{{}}.{half}\", number % 5)).unwrap()"),
            format!("format!(\"{{}}.{half}\", number % 5)"),
        );
        self.vary = (whole >= 3).then(|| format!("format!(\"{{}}.{half}\", 100 + number)"));
        self.example = text(1);
        self.refuses([
            "1.5".to_owned(),
            "\"1,5\"".to_owned(),
            "\"01.5\"".to_owned(),
            "\"1e1\"".to_owned(),
            format!("\"1{}\"", "0".repeat(whole as usize)),
            format!("\"0.0{}1\"", "0".repeat(places as usize - 1)),
        ]);
        self.filter_typed = true;
        let number = "as_str().and_then(|text| text.parse::<f64>().ok())";
        let bound = (text(2), "2.5".to_owned());
        self.range("Decimal", &format!("{name}\"].{number}"), &[bound.clone(), bound]);
        self.filter_of_pattern = self.of_pattern("|own| own.number()", ".number()");
        self.refuses_bounds("x", "1e9");
    }

    pub(in crate::face) fn money(&mut self, table: &str) {
        let (name, pascal) = (self.name.clone(), self.pascal.clone());
        self.kind = "money";
        self.typed = true;
        self.copies = true;
        self.ty = pascal.clone();
        self.column("_amount", "i64", "bigint");
        self.column("_currency", "String", "text");
        self.checks.push(check(table, &name, "range", format!("{name}_amount BETWEEN 0 AND 999999999999")));
        self.checks.push(check(table, &name, "currency", format!("{name}_currency ~ '^[A-Z]{{3}}$'")));
        if self.optional {
            let whole = format!("({name}_amount IS NULL) = ({name}_currency IS NULL)");
            self.checks.push(check(table, &name, "whole", whole));
            self.violations.push(check(table, &name, "whole", format!("{name}_amount = NULL")));
        }
        self.violations.push(check(table, &name, "range", format!("{name}_amount = -1")));
        self.violations.push(check(table, &name, "range", format!("{name}_amount = 1000000000000")));
        self.violations.push(check(table, &name, "currency", format!("{name}_currency = 'usd'")));
        self.strange = Some(format!("{name}_amount = -5, {name}_currency = '€'"));
        self.order_sql = format!("{name}_amount");
        self.key = format!("Key::Int(self.{name}_amount)");
        if self.optional {
            let key = |other: &str| format!("Key::Int(self.{name}_amount.unwrap_or({other}))");
            self.last = Some(Last {
                up_sql: format!("coalesce({name}_amount, 1000000000000)"),
                up_key: key("1_000_000_000_000"),
                down_sql: format!("coalesce({name}_amount, -1)"),
                down_key: key("-1"),
            });
        }
        self.generated = vec!["n % 1000".to_owned(), "'USD'".to_owned()];
        let parse = |amount: &str| format!("{pascal}::parse(cents({amount})).unwrap()");
        let json = |amount: &str| format!("{{\"amount\": {amount}, \"currency\": \"USD\"}}");
        self.samples([parse("999"), parse("500")], [json("999"), json("500"), "{\"amount\": 1}".to_owned()]);
        self.numbers(parse("number % 7 * 200"), json("number % 7 * 200"));
        self.vary = Some("{\"amount\": 100_000 + number, \"currency\": \"USD\"}".to_owned());
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
        self.filter_of_pattern = self.of_pattern("|own| own.money().amount", ".money().amount");
        self.refuses_bounds("-1", "1.5");
    }
}
