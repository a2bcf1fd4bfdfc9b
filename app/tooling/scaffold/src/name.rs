//! Names in the forms in which code, tables and prose write them.

use serde::Serialize;

/// The longest name: the names of constraints that are made of two of them fit into the 63 bytes of PostgreSQL.
const LONGEST: usize = 24;

/// A name, such as `price_list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Name {
    /// `price_list`
    pub snake: String,
    /// `PRICE_LIST`
    pub upper: String,
    /// `PriceList`
    pub pascal: String,
    /// `price list`
    pub words: String,
}

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// Why it is none, in words for the person who typed it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let name = Self::word(text)?;
        // `v_1` and `v1` would both be `V1`.
        if text.split('_').any(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(format!("each word of a name starts with a letter, those of `{text}` do not"));
        }
        Ok(name)
    }

    /// Reads a word of an enumeration, such as `pg_13`.
    pub(crate) fn word(text: &str) -> Result<Self, String> {
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
        let plain = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !starts || !plain || text.ends_with('_') || text.contains("__") {
            return Err(format!("expected a name in lower case such as price_list, found `{text}`"));
        }
        if text.len() > LONGEST {
            return Err(format!("`{text}` is longer than {LONGEST} characters"));
        }
        Ok(Self::of(text))
    }

    pub(crate) fn of(snake: &str) -> Self {
        let capital = |word: &str| {
            let (first, rest) = word.split_at(1.min(word.len()));
            first.to_ascii_uppercase() + rest
        };
        Self {
            snake: snake.to_owned(),
            upper: snake.to_ascii_uppercase(),
            pascal: snake.split('_').map(capital).collect(),
            words: snake.replace('_', " "),
        }
    }

    /// The name of several, by the rules of English; `--plural` is for the exceptions.
    pub fn plural(&self) -> Self {
        let snake = &self.snake;
        let consonant_y = snake.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
        let plural = match consonant_y {
            Some(stem) => format!("{stem}ies"),
            None if ["s", "x", "z", "ch", "sh"].iter().any(|end| snake.ends_with(end)) => format!("{snake}es"),
            None => format!("{snake}s"),
        };
        Self::of(&plural)
    }

    /// The article before the name.
    pub fn article(&self) -> &'static str {
        let long_u = ["uni", "use", "usa", "eu"].iter().any(|start| self.snake.starts_with(start));
        if self.snake.starts_with(['a', 'e', 'i', 'o', 'u']) && !long_u { "an" } else { "a" }
    }

    /// Whether no module and no binding may be called this.
    pub(crate) fn is_word_of_rust(&self) -> bool {
        RUST.contains(&self.snake.as_str())
    }

    /// Whether no table and no column may be called this without quotes.
    pub(crate) fn is_word_of_sql(&self) -> bool {
        SQL.contains(&self.snake.as_str())
    }
}

/// Keywords, strict and reserved, and the names that a crate can't have.
const RUST: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "bool",
    "box",
    "break",
    "char",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "str",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "union",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// What PostgreSQL does not take for the name of a column without quotes, or takes for something else.
const SQL: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "end",
    "except",
    "exists",
    "fetch",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "having",
    "ilike",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "nullif",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "unique",
    "user",
    "using",
    "values",
    "variadic",
    "verbose",
    "when",
    "window",
    "with",
];
