//! The line that describes a resource: `screening starts_at:timestamptz seats:int(1..500) note:text?`.

use crate::name::Name;

/// A resource as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What one of it is called.
    pub name: Name,
    /// What several of it are called.
    pub plural: Name,
    /// Its members, in the order of the representation.
    pub fields: Vec<Field>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// What it holds.
    pub kind: Kind,
    /// It may be empty.
    pub optional: bool,
    /// Lists can be sorted by it.
    pub sortable: bool,
    /// What it is when a new one does not say, as JSON.
    pub default: Option<String>,
    /// The word of the line, as it was typed.
    pub word: String,
}

/// What a member holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line of text of up to so many characters.
    Text(u32),
    /// An integer of 32 bits, in a range.
    Int(i64, i64),
    /// An integer of 64 bits, in a range.
    Bigint(i64, i64),
    /// An amount of money, zero or more, with its currency.
    Money,
    /// True or false.
    Bool,
    /// A moment.
    Timestamptz,
    /// One of these words.
    Enum(Vec<Name>),
}

/// The line makes no resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {finding}")]
pub struct ParseError {
    /// Where, in characters from 1 on, with a space between the words of the line.
    pub column: usize,
    /// What is wrong, and what was expected.
    pub finding: String,
}

/// The characters of a text without a length of its own.
const USUAL_LENGTH: u32 = 200;
/// The most characters of a text.
const LONGEST_TEXT: i64 = 10_000;
/// The integers that every reader of JSON takes exactly (RFC 8259, section 6).
const EXACT: i64 = (1 << 53) - 1;
/// The most members, the most words of an enumeration.
const MOST: usize = 30;

const TYPES: &[&str] = &["text", "int", "bigint", "money", "bool", "timestamptz", "enum"];
/// Types that are meant to be there, and are not yet.
const FUTURE_TYPES: &[&str] = &["ref", "decimal", "date", "uuid", "email", "url", "json", "list"];
const MODIFIERS: &[&str] = &["sortable", "default"];
const FUTURE_MODIFIERS: &[&str] = &["unique", "searchable", "optional"];

/// Members that every resource has, and words that lists use.
const TAKEN: &[&str] = &[
    "id",
    "version",
    "created_at",
    "updated_at",
    "limit",
    "cursor",
    "page",
    "sort",
    "total",
    "next",
    "items",
    "q",
    "db",
    "tx",
    "sql",
    "row",
    "before",
    "after",
    "update",
    "change",
    "object",
    "money",
    "now",
    "keep",
];

/// Types that the code of a resource uses under these names.
const TAKEN_TYPES: &[&str] = &[
    "App",
    "Body",
    "Box",
    "Business",
    "Change",
    "Collection",
    "Currency",
    "Data",
    "Db",
    "Direction",
    "Empty",
    "Entity",
    "Err",
    "Error",
    "Field",
    "FieldError",
    "Fields",
    "Id",
    "Idempotent",
    "IfMatch",
    "Key",
    "Keys",
    "Keyset",
    "LineError",
    "List",
    "Money",
    "None",
    "Object",
    "Ok",
    "Option",
    "OrderBy",
    "OrderField",
    "Page",
    "Parameters",
    "Params",
    "Patch",
    "Permission",
    "Query",
    "QueryBuilder",
    "QueryFilter",
    "RangeError",
    "Result",
    "Routes",
    "Row",
    "Self",
    "Serialize",
    "Shown",
    "Slice",
    "Some",
    "Sorting",
    "Store",
    "String",
    "Term",
    "Timestamp",
    "Uuid",
    "Value",
    "Vec",
    "Version",
];

/// Reads the words of the line: the name, then the members. `plural` is for nouns that do not follow the rules.
///
/// # Errors
/// The first fault, with its column.
pub fn parse(words: &[&str], plural: Option<&str>) -> Result<Resource, ParseError> {
    let fault = |column, finding: String| ParseError { column, finding };
    let Some((first, rest)) = words.split_first() else {
        return Err(fault(1, "expected the name of a resource, such as screening".to_owned()));
    };
    let name = name(first, 1)?;
    let plural = match plural {
        None => name.plural(),
        Some(plural) => Name::parse(plural).map_err(|finding| fault(1, format!("--plural: {finding}")))?,
    };
    if plural == name {
        return Err(fault(1, format!("one and several are both called `{first}`: choose another --plural")));
    }
    let mut column = first.chars().count() + 2;
    let mut fields: Vec<Field> = Vec::new();
    for word in rest {
        let field = Cursor::new(word, column).field()?;
        check(&field, &fields, &name, &plural).map_err(|finding| fault(column, finding))?;
        fields.push(field);
        column += word.chars().count() + 1;
    }
    if fields.len() < 2 {
        return Err(fault(column, "expected two members or more, such as seats:int(1..500)".to_owned()));
    }
    if fields.len() > MOST {
        return Err(fault(column, format!("expected at most {MOST} members")));
    }
    if fields.iter().all(|field| matches!(field.kind, Kind::Text(_)) && !field.sortable) {
        let finding = "lists have nothing to filter or sort by: mark a member `,sortable`".to_owned();
        return Err(fault(column, finding));
    }
    Ok(Resource { name, plural, fields })
}

fn name(text: &str, column: usize) -> Result<Name, ParseError> {
    let name = Name::parse(text).map_err(|finding| ParseError { column, finding })?;
    match name.reserved() {
        Some(what) => Err(ParseError { column, finding: format!("`{text}` is {what}: choose another name") }),
        None => Ok(name),
    }
}

/// What a member may not be beside the others.
fn check(field: &Field, others: &[Field], name: &Name, plural: &Name) -> Result<(), String> {
    let snake = &field.name.snake;
    if others.iter().any(|other| other.name == field.name) {
        return Err(format!("there are two members `{snake}`"));
    }
    // `seats_from` is the filter of `seats`, `price_amount` a column of `price`.
    let derived = |of: &Name, name: &Name| {
        ["_from", "_to", "_amount", "_currency", "_id"].iter().any(|end| format!("{}{end}", of.snake) == name.snake)
    };
    if others.iter().any(|other| derived(&other.name, &field.name) || derived(&field.name, &other.name))
        || derived(name, &field.name)
        || TAKEN.contains(&snake.as_str())
    {
        return Err(format!("`{snake}` means something else here already: choose another name"));
    }
    let types = ["", "New", "Update"].map(|prefix| format!("{prefix}{}", name.pascal));
    if TAKEN_TYPES.contains(&field.name.pascal.as_str())
        || types.contains(&field.name.pascal)
        || *field.name.pascal == format!("{}Query", name.pascal)
        || field.name == *plural
    {
        return Err(format!("a type `{}` is there already: choose another name", field.name.pascal));
    }
    if field.optional && matches!(field.kind, Kind::Money) {
        return Err(format!("`{snake}`: money that may be empty can't be generated yet"));
    }
    if field.optional && field.sortable {
        return Err(format!("`{snake}`: a member that may be empty can't be made sortable yet"));
    }
    if field.optional && field.default.is_some() {
        return Err(format!("`{snake}`: a member has a default or may be empty, not both"));
    }
    if field.sortable && matches!(field.kind, Kind::Bool) {
        return Err(format!("`{snake}`: true and false make no order worth an index: lists are filtered by it"));
    }
    Ok(())
}

/// Reads one member.
struct Cursor<'a> {
    word: &'a str,
    /// What is left of it.
    rest: &'a str,
    /// The column of its first character.
    start: usize,
}

impl<'a> Cursor<'a> {
    fn new(word: &'a str, start: usize) -> Self {
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

    fn field(mut self) -> Result<Field, ParseError> {
        let column = self.column();
        let name = name(self.until(&[':', '(', ')', '?', ',', '=']), column)?;
        self.expect(':', "seats:int")?;
        let kind = self.kind()?;
        let optional = self.take('?');
        let mut field = Field { name, kind, optional, sortable: false, default: None, word: self.word.to_owned() };
        while !self.rest.is_empty() {
            self.expect(',', "seats:int?,sortable")?;
            self.modifier(&mut field)?;
        }
        Ok(field)
    }

    fn kind(&mut self) -> Result<Kind, ParseError> {
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
            "money" => Ok(Kind::Money),
            "bool" => Ok(Kind::Bool),
            "timestamptz" => Ok(Kind::Timestamptz),
            future if FUTURE_TYPES.contains(&future) => {
                before.fault(format!("the type `{future}` can't be generated yet; there are {}", TYPES.join(", ")))
            }
            other => {
                let known: Vec<&str> = TYPES.iter().chain(FUTURE_TYPES).copied().collect();
                before.fault(unknown("a type", other, TYPES, &known))
            }
        }
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
            let variant = Name::parse(self.until(&[',', ')']));
            let variant = variant.map_err(|finding| ParseError { column, finding })?;
            if variants.contains(&variant) {
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
            "default" => {
                self.expect('=', "default=5")?;
                let at = Self { word: self.word, rest: self.rest, start: self.start };
                let text = self.until(&[',']);
                field.default = Some(default(&field.kind, text).or_else(|finding| at.fault(finding))?);
            }
            future if FUTURE_MODIFIERS.contains(&future) => {
                let finding = match future {
                    "optional" => "a `?` after the type says that a member may be empty".to_owned(),
                    _ => format!("`{future}` can't be generated yet; there are sortable, default=.."),
                };
                return before.fault(finding);
            }
            other => {
                let known: Vec<&str> = MODIFIERS.iter().chain(FUTURE_MODIFIERS).copied().collect();
                return before.fault(unknown("sortable or default=..", other, MODIFIERS, &known));
            }
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
            Err(unknown("a word of the enumeration", text, &known, &known))
        }
        Kind::Text(max) => {
            let length = text.chars().count();
            let plain = text.chars().all(|c| c.is_ascii_graphic() || c == ' ') && text.trim() == text;
            let fits = plain && length >= 1 && u32::try_from(length).is_ok_and(|length| length <= *max);
            if fits { Ok(format!("{text:?}")) } else { Err(format!("expected ASCII text of 1 to {max} characters")) }
        }
        Kind::Money | Kind::Timestamptz => Err("a default of this type can't be generated yet".to_owned()),
    }
}

fn unknown(expected: &str, found: &str, listed: &[&str], known: &[&str]) -> String {
    let near = known.iter().map(|word| (strsim::damerau_levenshtein(word, found), word)).min();
    match near {
        Some((distance, word)) if distance <= 2 && distance < word.len() => {
            format!("expected {expected}, found `{found}`; did you mean `{word}`?")
        }
        _ => format!("expected {expected}, found `{found}`; there are {}", listed.join(", ")),
    }
}
