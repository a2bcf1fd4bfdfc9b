//! One member, read from left to right.

use crate::dsl::{
    EXACT, Field, Kind, LONGEST_TEXT, MODIFIERS, MOST, MOST_DIGITS, ParseError, TYPES, USUAL_DIGITS, USUAL_LENGTH,
    USUAL_LIST, name,
};
use crate::name::Name;

/// Reads one member.
pub(super) struct Cursor<'a> {
    word: &'a str,
    /// What is left of it.
    rest: &'a str,
    /// The column of its first character.
    start: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(word: &'a str, start: usize) -> Self {
        Self { word, rest: word, start }
    }

    fn column(&self) -> usize {
        self.start + self.word.chars().count() - self.rest.chars().count()
    }

    fn fault<T>(&self, finding: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { column: self.column(), finding: finding.into() })
    }

    fn take(&mut self, symbol: char) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, symbol: char, example: &str) -> Result<(), ParseError> {
        if self.take(symbol) {
            return Ok(());
        }
        let found = self.rest.chars().next().map_or("the end".to_owned(), |c| format!("`{c}`"));
        self.fault(format!("expected `{symbol}` as in `{example}`, found {found}"))
    }

    /// Everything up to one of these.
    fn until(&mut self, ends: &[char]) -> &'a str {
        let (text, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        text
    }

    pub(super) fn field(mut self) -> Result<Field, ParseError> {
        let column = self.column();
        let name = name(self.until(&[':', '(', ')', '?', ',', '=']), column)?;
        self.expect(':', "seats:int")?;
        let kind = self.kind(&name)?;
        let optional = self.take('?');
        let name = match &kind {
            Kind::Ref { .. } => Name::of(&format!("{}_id", name.snake)),
            _ => name,
        };
        let mut field = Field {
            name,
            kind,
            optional,
            sortable: false,
            unique: false,
            searchable: false,
            default: None,
            word: self.word.to_owned(),
        };
        while !self.rest.is_empty() {
            self.expect(',', "seats:int?,sortable")?;
            self.modifier(&mut field)?;
        }
        Ok(field)
    }

    fn kind(&mut self, name: &Name) -> Result<Kind, ParseError> {
        let before = Self { word: self.word, rest: self.rest, start: self.start };
        let word = self.until(&['(', ')', '?', ',', '=', ':']);
        match word {
            "text" => Ok(Kind::Text(match self.take('(') {
                false => USUAL_LENGTH,
                true => {
                    let length = self.number(1, LONGEST_TEXT, &[')'])?;
                    self.expect(')', "text(200)")?;
                    u32::try_from(length).unwrap_or(USUAL_LENGTH)
                }
            })),
            "int" => self.range(i32::MIN.into(), i32::MAX.into()).map(|(min, max)| Kind::Int(min, max)),
            "bigint" => self.range(-EXACT, EXACT).map(|(min, max)| Kind::Bigint(min, max)),
            "enum" => self.variants(),
            "decimal" => {
                let (digits, places) = self.pair("decimal(12,2)", USUAL_DIGITS, (2, MOST_DIGITS), 1)?;
                // One digit before the point at least.
                if places >= digits {
                    return before.fault(format!("expected fewer than {digits} places behind the point"));
                }
                Ok(Kind::Decimal(digits, places))
            }
            "list" => {
                let (length, most) = self.pair("list(50,10)", USUAL_LIST, (1, 200), 1)?;
                if most > 100 {
                    return before.fault("expected at most 100 texts in a list");
                }
                Ok(Kind::List(length, most))
            }
            "ref" => match self.take('(') {
                false => Ok(reference(name.clone())),
                true => {
                    let column = self.column();
                    let target = self.until(&[')']);
                    let target = Name::parse(target).map_err(|finding| ParseError { column, finding })?;
                    self.expect(')', "ref(movie)")?;
                    Ok(reference(target))
                }
            },
            "money" => Ok(Kind::Money),
            "bool" => Ok(Kind::Bool),
            "date" => Ok(Kind::Date),
            "timestamptz" => Ok(Kind::Timestamptz),
            "uuid" => Ok(Kind::Uuid),
            "email" => Ok(Kind::Email),
            "url" => Ok(Kind::Url),
            "json" => Ok(Kind::Json),
            other => before.fault(unknown("a type", other, TYPES)),
        }
    }

    /// Two numbers in brackets, or the usual ones.
    fn pair(
        &mut self,
        example: &str,
        usual: (u32, u32),
        (min, max): (i64, i64),
        least: i64,
    ) -> Result<(u32, u32), ParseError> {
        if !self.take('(') {
            return Ok(usual);
        }
        let one = self.number(min, max, &[',', ')'])?;
        self.expect(',', example)?;
        let other = self.number(least, max, &[')'])?;
        self.expect(')', example)?;
        // Both are small.
        Ok((u32::try_from(one).unwrap_or(usual.0), u32::try_from(other).unwrap_or(usual.1)))
    }

    fn range(&mut self, min: i64, max: i64) -> Result<(i64, i64), ParseError> {
        if !self.take('(') {
            return Ok((0, max));
        }
        let from = self.number(min, max - 1, &['.', ')'])?;
        if !self.rest.starts_with("..") {
            return self.fault("expected `..` as in `int(1..500)`");
        }
        self.rest = &self.rest[2..];
        let to = self.number(from + 1, max, &[')'])?;
        self.expect(')', "int(1..500)")?;
        Ok((from, to))
    }

    fn number(&mut self, min: i64, max: i64, ends: &[char]) -> Result<i64, ParseError> {
        let before = Self { word: self.word, rest: self.rest, start: self.start };
        let text = self.until(ends);
        match text.parse::<i64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            _ => before.fault(format!("expected a number of {min} to {max}, found `{text}`")),
        }
    }

    fn variants(&mut self) -> Result<Kind, ParseError> {
        self.expect('(', "enum(open,closed)")?;
        let mut variants = Vec::new();
        loop {
            let column = self.column();
            let variant = Name::word(self.until(&[',', ')']));
            let variant = variant.map_err(|finding| ParseError { column, finding })?;
            if variants.iter().any(|known: &Name| known.pascal == variant.pascal) {
                return Err(ParseError { column, finding: format!("`{}` is there twice", variant.snake) });
            }
            if ["unknown", "self", "other"].contains(&variant.snake.as_str()) {
                return Err(ParseError { column, finding: format!("`{}` means something else here", variant.snake) });
            }
            variants.push(variant);
            if !self.take(',') {
                break;
            }
        }
        self.expect(')', "enum(open,closed)")?;
        if !(2..=MOST).contains(&variants.len()) {
            return self.fault(format!("expected 2 to {MOST} words in an enumeration"));
        }
        Ok(Kind::Enum(variants))
    }

    fn modifier(&mut self, field: &mut Field) -> Result<(), ParseError> {
        let before = Self { word: self.word, rest: self.rest, start: self.start };
        match self.until(&[',', '=']) {
            "sortable" => field.sortable = true,
            "unique" => field.unique = true,
            "searchable" => field.searchable = true,
            "default" => {
                self.expect('=', "default=5")?;
                let at = Self { word: self.word, rest: self.rest, start: self.start };
                let text = self.until(&[',']);
                field.default = Some(default(&field.kind, text).or_else(|finding| at.fault(finding))?);
            }
            "optional" => return before.fault("a `?` after the type says that a member may be empty"),
            other => return before.fault(unknown("sortable, unique, searchable or default=..", other, MODIFIERS)),
        }
        Ok(())
    }
}

/// A default as JSON.
fn default(kind: &Kind, text: &str) -> Result<String, String> {
    let number = |min: i64, max: i64| match text.parse::<i64>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number.to_string()),
        _ => Err(format!("expected a number of {min} to {max}, found `{text}`")),
    };
    match kind {
        Kind::Int(min, max) | Kind::Bigint(min, max) => number(*min, *max),
        Kind::Bool if ["true", "false"].contains(&text) => Ok(text.to_owned()),
        Kind::Bool => Err(format!("expected true or false, found `{text}`")),
        Kind::Enum(variants) if variants.iter().any(|variant| variant.snake == text) => Ok(format!("{text:?}")),
        Kind::Enum(variants) => {
            let known: Vec<&str> = variants.iter().map(|variant| variant.snake.as_str()).collect();
            Err(unknown("a word of the enumeration", text, &known))
        }
        Kind::Text(max) => {
            let length = text.chars().count();
            let plain = text.chars().all(|c| c.is_ascii_graphic() || c == ' ') && text.trim() == text;
            let fits = plain && length >= 1 && u32::try_from(length).is_ok_and(|length| length <= *max);
            if fits { Ok(format!("{text:?}")) } else { Err(format!("expected ASCII text of 1 to {max} characters")) }
        }
        Kind::Decimal(digits, places) => {
            let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
            let digits_of = |text: &str| text.chars().all(|c| c.is_ascii_digit());
            let fits = digits_of(whole) && digits_of(rest) && (1..=(digits - places) as usize).contains(&whole.len());
            let plain = whole == "0" || !whole.starts_with('0');
            let complete = rest.len() == *places as usize;
            if fits && plain && complete {
                return Ok(format!("{text:?}"));
            }
            Err(format!("expected a number with {places} places behind the point, found `{text}`"))
        }
        Kind::Date => match text.parse::<chrono::NaiveDate>() {
            Ok(date) if date.to_string() == text => Ok(format!("{text:?}")),
            _ => Err(format!("expected a date such as 2030-01-31, found `{text}`")),
        },
        Kind::Money
        | Kind::Timestamptz
        | Kind::Uuid
        | Kind::Email
        | Kind::Url
        | Kind::Json
        | Kind::List(..)
        | Kind::Ref { .. } => Err("there is no default of this type".to_owned()),
    }
}

fn unknown(expected: &str, found: &str, known: &[&str]) -> String {
    let near = known.iter().map(|word| (strsim::damerau_levenshtein(word, found), word)).min();
    match near {
        Some((distance, word)) if distance <= 2 && distance < word.len() => {
            format!("expected {expected}, found `{found}`; did you mean `{word}`?")
        }
        _ => format!("expected {expected}, found `{found}`; there are {}", known.join(", ")),
    }
}

/// A reference whose table is called by the rules of English, until the table's own manifest says otherwise.
fn reference(one: Name) -> Kind {
    let many = one.plural();
    Kind::Ref { one, many }
}
