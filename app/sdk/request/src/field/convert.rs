//! From an untrusted value to a `T`.

use crate::field::{Bound, Field, Items, Kind, Refusal, Values};
use crate::json::{Value, integral};
use crate::place::Place;
use crate::report::Report;

impl<T> Field<T> {
    /// Converts `value`; `None` when a refusal was reported.
    pub(crate) fn read(&self, value: Value<'_>, place: &Place<'_>, report: &mut Report) -> Option<T> {
        let result = match (&self.kind, value) {
            // Null is told apart from a wrong type: it is what clients send most often for "nothing".
            (_, Value::Null) => Err(Refusal::new("must not be null")),
            (Kind::List { items, count, unique }, Value::List(values)) => {
                return read_list(*items, *count, *unique, values, place, report);
            }
            (Kind::Object { read, .. }, value @ Value::Object(_)) => return read(value, place, report),
            (Kind::Text { length, parse }, Value::Text(text)) => check_text(&text, *length).and_then(|()| parse(&text)),
            (Kind::Choice { values, parse }, Value::Text(text)) => {
                check_choice(values, &text).and_then(|()| parse(&text))
            }
            (Kind::Integer { min, max, parse }, Value::Int(number)) => {
                check_integer(number, *min, max.now()).and_then(|()| parse(number))
            }
            (Kind::Integer { min, max, parse }, Value::Float(number)) => {
                to_integer(number, *min, max.now()).and_then(parse)
            }
            #[expect(clippy::cast_precision_loss, reason = "a number of JSON is a double to most who write it")]
            (Kind::Number { min, max, parse }, Value::Int(number)) => {
                check_number(number as f64, *min, *max).and_then(parse)
            }
            (Kind::Number { min, max, parse }, Value::Float(number)) => {
                check_number(number, *min, *max).and_then(parse)
            }
            (Kind::Boolean { parse }, Value::Bool(value)) => parse(value),
            (Kind::Document { parse }, value @ Value::Object(_)) => {
                types::Document::parse(value.into()).map_err(Refusal::from).and_then(parse)
            }
            (kind, _) => Err(kind.wrong_type()),
        };
        match result {
            Ok(value) => Some(value),
            Err(Refusal(words)) => {
                report.add(|| place.error(words));
                None
            }
        }
    }

    /// The value that the text of a query stands for. A text that fits no number stays text, which is refused as one.
    pub(crate) fn value_of<'v>(&self, text: &'v str) -> Value<'v> {
        match &self.kind {
            Kind::Integer { .. } | Kind::Number { .. } => number_of(text).unwrap_or(Value::Text(text.into())),
            Kind::Boolean { .. } => match text {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => Value::Text(text.into()),
            },
            Kind::List { items, .. } => Value::List(vec![items.value_of(text)]),
            Kind::Text { .. } | Kind::Choice { .. } | Kind::Document { .. } | Kind::Object { .. } => {
                Value::Text(text.into())
            }
        }
    }

    /// The value that the texts of a repeated parameter stand for.
    pub(crate) fn value_of_all<'v>(&self, texts: Vec<&'v str>) -> Value<'v> {
        match &self.kind {
            Kind::List { items, .. } => Value::List(texts.into_iter().map(|text| items.value_of(text)).collect()),
            _ => Value::List(texts.into_iter().map(|text| self.value_of(text)).collect()),
        }
    }
}

impl<U> Items<Vec<U>> for Field<U> {
    fn read(&self, values: Vec<Value<'_>>, place: &Place<'_>, report: &mut Report) -> Option<Vec<U>> {
        let count = values.len();
        let items: Vec<U> = values
            .into_iter()
            .enumerate()
            .filter_map(|(index, value)| self.read(value, &Place::Item(place, index), report))
            .collect();
        (items.len() == count).then_some(items)
    }

    fn value_of<'v>(&self, text: &'v str) -> Value<'v> {
        self.value_of(text)
    }

    fn schema(&self, components: &mut crate::field::Components) -> crate::field::Schema {
        self.schema(false, None, components)
    }
}

impl<T> Kind<T> {
    fn wrong_type(&self) -> Refusal {
        Refusal::new(match self {
            Self::Text { .. } => "must be a string",
            Self::Choice { values: Values::Listed(values), .. } => return one_of(values),
            Self::Choice { .. } => "must be a string",
            Self::Integer { .. } => "must be an integer",
            Self::Number { .. } => "must be a number",
            Self::Boolean { .. } => "must be true or false",
            Self::List { .. } => "must be an array",
            Self::Document { .. } | Self::Object { .. } => "must be an object",
        })
    }
}

impl Bound {
    pub(crate) fn now(self) -> i64 {
        match self {
            Self::Fixed(max) => max,
            Self::Moving(max) => max(),
        }
    }
}

fn read_list<T>(
    items: &dyn Items<T>,
    (min, max): (usize, usize),
    unique: bool,
    values: Vec<Value<'_>>,
    place: &Place<'_>,
    report: &mut Report,
) -> Option<T> {
    // Before anything that costs more the more items there are.
    if !(min..=max).contains(&values.len()) {
        report.add(|| place.error(count_words(min, max)));
        return None;
    }
    let doubled = if unique { first_doubled(&values) } else { None };
    if let Some(index) = doubled {
        report.add(|| Place::Item(place, index).error("repeats an earlier item"));
    }
    let list = items.read(values, place, report);
    if doubled.is_some() { None } else { list }
}

fn first_doubled(values: &[Value<'_>]) -> Option<usize> {
    (1..values.len()).find(|index| values[..*index].contains(&values[*index]))
}

fn check_text(text: &str, (min, max): (usize, usize)) -> Result<(), Refusal> {
    // PostgreSQL has no text with U+0000.
    if text.contains('\0') {
        return Err(Refusal::new("must not contain U+0000"));
    }
    // A text has at most as many characters as bytes, and at least a quarter.
    let fits = text.len() / 4 <= max && (min..=max).contains(&text.chars().count());
    if fits {
        return Ok(());
    }
    Err(Refusal::new(match (min, max) {
        (min, max) if min == max => format!("must be {max} characters long"),
        (0, max) => format!("must be at most {max} characters long"),
        (min, usize::MAX) => format!("must be at least {min} characters long"),
        (min, max) => format!("must be {min} to {max} characters long"),
    }))
}

fn check_choice(values: &Values, text: &str) -> Result<(), Refusal> {
    match values {
        Values::Listed(values) if !values.contains(&text) => Err(one_of(values)),
        Values::Listed(_) | Values::Many(_) => Ok(()),
    }
}

fn one_of(values: &[&str]) -> Refusal {
    Refusal::new(format!("must be one of {}", values.join(", ")))
}

fn check_integer(number: i64, min: i64, max: i64) -> Result<(), Refusal> {
    if (min..=max).contains(&number) {
        return Ok(());
    }
    Err(Refusal::new(match (min, max) {
        (min, i64::MAX) => format!("must be {min} or greater"),
        (i64::MIN, max) => format!("must be {max} or less"),
        (min, max) => format!("must be {min} to {max}"),
    }))
}

/// Takes `1.0` and `1e2` for the integers that they are (JSON Schema 2020-12, section 6.1.1), and refuses `1.5`.
fn to_integer(number: f64, min: i64, max: i64) -> Result<i64, Refusal> {
    if number.fract() != 0.0 {
        return Err(Refusal::new("must be an integer"));
    }
    match integral(number) {
        Some(number) => check_integer(number, min, max).map(|()| number),
        None => {
            // Saturates: what is larger than 64 bits is out of range by more than it tells.
            #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
            check_integer(number as i64, min, max)?;
            Err(Refusal::new("must be an integer without fraction and exponent"))
        }
    }
}

fn check_number(number: f64, min: f64, max: f64) -> Result<f64, Refusal> {
    if (min..=max).contains(&number) { Ok(number) } else { Err(Refusal::new(format!("must be {min} to {max}"))) }
}

fn count_words(min: usize, max: usize) -> String {
    match (min, max) {
        (0, max) => format!("must have at most {max} items"),
        (min, usize::MAX) => format!("must have at least {min} items"),
        (min, max) => format!("must have {min} to {max} items"),
    }
}

/// A number in JSON's grammar, which has neither a plus sign, nor leading zeros, nor names for what is no number.
fn number_of(text: &str) -> Option<Value<'static>> {
    // `serde_json` would skip white space around it.
    let bare = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
    if !bare {
        return None;
    }
    serde_json::from_str::<serde_json::Value>(text).ok().map(Value::from)
}
