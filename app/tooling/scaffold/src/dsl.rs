//! The line that describes a resource: `screening starts_at:timestamptz seats:int(1..500) note:text?`.

mod cursor;
mod taken;

use crate::dsl::cursor::Cursor;
use crate::dsl::taken::{TAKEN, TAKEN_TYPES};
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
    /// Each belongs to the user who added it.
    pub owned: bool,
    /// The service that serves it beside the platform; the catalogue's if none is chosen.
    pub service: Option<String>,
    /// The business crates whose tables have to have rows before it can refer to them, in that order. The clone says
    /// which: a line alone has none.
    pub grounds: Vec<String>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; that of a reference ends with `_id`.
    pub name: Name,
    /// What it holds.
    pub kind: Kind,
    /// It may be empty.
    pub optional: bool,
    /// Lists can be sorted by it.
    pub sortable: bool,
    /// No two have the same.
    pub unique: bool,
    /// Lists can be searched for words in it.
    pub searchable: bool,
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
    /// A number of so many digits, so many of them behind the point.
    Decimal(u32, u32),
    /// An amount of money, zero or more, with its currency.
    Money,
    /// True or false.
    Bool,
    /// A day.
    Date,
    /// A moment.
    Timestamptz,
    /// A UUID that names nothing here.
    Uuid,
    /// One of these words.
    Enum(Vec<Name>),
    /// A mail address.
    Email,
    /// An address of the web.
    Url,
    /// A JSON object.
    Json,
    /// Lines of text, each of up to so many characters, and so many of them at most.
    List(u32, u32),
    /// One of these resources.
    Ref {
        /// What one is called.
        one: Name,
        /// What several are called.
        many: Name,
    },
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
/// The most words of an enumeration.
const MOST: usize = 30;
/// The most members: the files of a resource stay below the 500 lines that `zarf/arch` allows.
const MOST_MEMBERS: usize = 18;

/// The digits of a number with decimal places that does not say how many, and the most that one has.
const USUAL_DIGITS: (u32, u32) = (12, 2);
const MOST_DIGITS: i64 = 18;
/// The characters and the number of texts of a list that does not say.
const USUAL_LIST: (u32, u32) = (50, 10);
/// The longest text that is unique: as much of it as an index entry holds.
const LONGEST_UNIQUE: u32 = 200;

const SHORTEST_UNIQUE: u32 = 8;
const FEWEST_UNIQUE: i64 = 100_000;

const TYPES: &[&str] = &[
    "text",
    "int",
    "bigint",
    "decimal",
    "money",
    "bool",
    "date",
    "timestamptz",
    "uuid",
    "enum",
    "email",
    "url",
    "json",
    "list",
    "ref",
];
const MODIFIERS: &[&str] = &["sortable", "unique", "searchable", "default"];

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
    // One of them is never named alone in SQL: there is a table `orders`, and a column `order_id`.
    if plural.is_word_of_sql() {
        return Err(fault(1, format!("`{}` is a reserved word of SQL: choose another --plural", plural.snake)));
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
    if fields.len() > MOST_MEMBERS {
        let finding = format!("expected at most {MOST_MEMBERS} members: what has more is two things");
        return Err(fault(column, finding));
    }
    if !fields.iter().any(|field| field.sortable || field.searchable || field.kind.filters()) {
        let finding = "lists have nothing to filter or sort by: mark a member `,sortable`".to_owned();
        return Err(fault(column, finding));
    }
    if fields.iter().all(|field| field.kind.merges() || field.unique) {
        let finding = "expected a member that may repeat, and is neither money nor JSON, such as name:text".to_owned();
        return Err(fault(column, finding));
    }
    Ok(Resource { name, plural, fields, owned: false, service: None, grounds: Vec::new() })
}

impl Kind {
    /// Whether lists are filtered by it without more ado.
    pub(crate) fn filters(&self) -> bool {
        !matches!(self, Self::Text(_) | Self::Url | Self::Json)
    }

    /// Whether a patch is merged into what is there, member by member.
    pub(crate) fn merges(&self) -> bool {
        matches!(self, Self::Money | Self::Json)
    }

    /// Why no list is ordered by it, if so.
    fn unordered(&self) -> Option<&'static str> {
        match self {
            Self::Bool => Some("true and false make no order worth an index: lists are filtered by it"),
            Self::Uuid | Self::Ref { .. } => Some("a UUID means nothing to who reads a list: lists are filtered by it"),
            Self::Url | Self::Json | Self::List(..) => Some("it has no order that means anything"),
            _ => None,
        }
    }

    /// Why it can't be unique, if so.
    fn repeats(&self) -> Option<String> {
        match self {
            Self::Text(max) if *max > LONGEST_UNIQUE => {
                Some(format!("a text that is unique has at most {LONGEST_UNIQUE} characters"))
            }
            Self::Text(max) if *max < SHORTEST_UNIQUE => {
                Some(format!("a text that is unique has {SHORTEST_UNIQUE} characters or more to be so"))
            }
            Self::Int(min, max) | Self::Bigint(min, max) if max - min < FEWEST_UNIQUE => {
                Some(format!("a number that is unique has {FEWEST_UNIQUE} values or more to be so"))
            }
            Self::Text(_) | Self::Int(..) | Self::Bigint(..) | Self::Uuid | Self::Email | Self::Url => None,
            _ => Some("unique can be text, int, bigint, uuid, email and url".to_owned()),
        }
    }
}

fn name(text: &str, column: usize) -> Result<Name, ParseError> {
    let name = Name::parse(text).map_err(|finding| ParseError { column, finding })?;
    if name.is_word_of_rust() {
        return Err(ParseError { column, finding: format!("`{text}` is a word of Rust: choose another name") });
    }
    Ok(name)
}

/// What a member may not be beside the others.
fn check(field: &Field, others: &[Field], name: &Name, plural: &Name) -> Result<(), String> {
    let snake = &field.name.snake;
    if others.iter().any(|other| other.name == field.name) {
        return Err(format!("there are two members `{snake}`"));
    }
    if field.name.is_word_of_sql() && !matches!(field.kind, Kind::Ref { .. }) {
        return Err(format!("`{snake}` is a reserved word of SQL: choose another name"));
    }
    // `seats_from` is the filter of `seats`, `price_amount` a column of `price`.
    let derived = |of: &Name, name: &Name| {
        ["_from", "_to", "_amount", "_currency", "_id", "_folded"]
            .iter()
            .any(|end| format!("{}{end}", of.snake) == name.snake)
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
    if field.optional && field.default.is_some() {
        return Err(format!("`{snake}`: a member has a default or may be empty, not both"));
    }
    if field.optional && matches!(field.kind, Kind::List(..) | Kind::Json) {
        return Err(format!("`{snake}`: an empty one says that there is none"));
    }
    if let Some(reason) = field.kind.unordered().filter(|_| field.sortable) {
        return Err(format!("`{snake}`: {reason}"));
    }
    if let Some(reason) = field.kind.repeats().filter(|_| field.unique) {
        return Err(format!("`{snake}`: {reason}"));
    }
    if field.unique && field.default.is_some() {
        return Err(format!("`{snake}`: a second one would have the same default"));
    }
    if matches!(&field.kind, Kind::Ref { one, .. } if one == name) {
        return Err(format!("`{snake}`: a reference to its own kind can't be generated: write it by hand"));
    }
    if field.searchable && !matches!(field.kind, Kind::Text(_)) {
        return Err(format!("`{snake}`: searchable is text"));
    }
    Ok(())
}
