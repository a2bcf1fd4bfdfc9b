//! What differs from type to type.

mod choice;
mod number;
mod other;
mod text;
mod time;

pub(crate) use self::other::GROUND;
use super::{Check, Face, Invalid, RefusedQuery};

impl Face {
    /// Values that are refused, each as JSON.
    fn refuses(&mut self, values: impl IntoIterator<Item = String>) {
        self.invalid.extend(values.into_iter().map(|json| Invalid { below: "", json }));
    }

    /// Queries that are refused: the bounds of a range, each with a value that is none.
    fn refuses_bounds(&mut self, from: &str, to: &str) {
        for (end, value) in [("from", from), ("to", to)] {
            let name = format!("{}_{end}", self.name);
            self.invalid_queries.push(RefusedQuery { query: format!("{name}={value}"), name });
        }
    }

    /// The values that tests use, as code and as JSON: one, another, a third for patches.
    fn samples(&mut self, code: [String; 2], json: [String; 3]) {
        [self.sample, self.other] = code;
        [self.json_sample, self.json_other, self.json_patch] = json;
    }

    /// The values of many, as code and as JSON, over `number`.
    fn numbers(&mut self, code: String, json: String) {
        (self.numbered, self.json_numbered) = (code, json);
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
