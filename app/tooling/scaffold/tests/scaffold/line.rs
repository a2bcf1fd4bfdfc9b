//! The line that describes a resource, and what is said of one that does not.

use proptest::prelude::*;
use scaffold::{Kind, Name, Resource, parse};

/// Every type with every modifier that there is.
const SCREENING: &[&str] = &[
    "screening",
    "starts_at:timestamptz,sortable",
    "seats:int(1..500),sortable,default=100",
    "price:money,sortable",
    "status:enum(planned,open,closed),default=planned",
    "note:text?",
];

fn read(line: &str) -> Result<Resource, String> {
    let words: Vec<&str> = line.split(' ').collect();
    parse(&words, None).map_err(|error| error.to_string())
}

fn kinds(line: &str) -> Vec<Kind> {
    read(line).unwrap().fields.into_iter().map(|field| field.kind).collect()
}

#[test]
fn a_line_is_read_as_it_is_written() {
    let screening = parse(SCREENING, None).unwrap();
    assert_eq!((screening.name.snake.as_str(), screening.plural.snake.as_str()), ("screening", "screenings"));
    let names: Vec<_> = screening.fields.iter().map(|field| field.name.snake.as_str()).collect();
    assert_eq!(names, ["starts_at", "seats", "price", "status", "note"]);
    let sortable: Vec<_> = screening.fields.iter().map(|field| field.sortable).collect();
    assert_eq!(sortable, [true, true, true, false, false]);
    let optional: Vec<_> = screening.fields.iter().map(|field| field.optional).collect();
    assert_eq!(optional, [false, false, false, false, true]);
    let defaults: Vec<_> = screening.fields.iter().map(|field| field.default.as_deref()).collect();
    assert_eq!(defaults, [None, Some("100"), None, Some("\"planned\""), None]);
}

/// There is a table `orders` and a column `order_id`, and no `order` alone.
#[test]
fn an_order_is_a_resource_that_another_can_refer_to() {
    assert_eq!(read("order a:int b:int").unwrap().plural.snake, "orders");
    assert!(read("parcel order:ref weight:int").is_ok());
}

#[test]
fn types_have_bounds_of_their_own() {
    assert_eq!(
        kinds("a b:text c:text(10) d:int e:int(-5..5) f:bigint g:bool"),
        [
            Kind::Text(200),
            Kind::Text(10),
            Kind::Int(0, i32::MAX.into()),
            Kind::Int(-5, 5),
            Kind::Bigint(0, 9_007_199_254_740_991),
            Kind::Bool,
        ]
    );
    let movie = Kind::Ref { one: Name::parse("movie").unwrap(), many: Name::parse("movies").unwrap() };
    assert_eq!(
        kinds("a b:decimal c:decimal(5,1) d:list e:list(9,3) movie:ref sequel:ref(movie) f:json"),
        [
            Kind::Decimal(12, 2),
            Kind::Decimal(5, 1),
            Kind::List(50, 10),
            Kind::List(9, 3),
            movie.clone(),
            movie,
            Kind::Json,
        ]
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (line, told) in [
        ("Screening a:int b:int", "column 1: expected a name in lower case such as price_list, found `Screening`"),
        ("reference a:int b:int", "column 1: `references` is a reserved word of SQL: choose another --plural"),
        ("screening a:int order:int", "column 17: `order` is a reserved word of SQL: choose another name"),
        ("screening type:int b:int", "column 11: `type` is a word of Rust: choose another name"),
        ("screening id:int b:int", "column 11: `id` means something else here already: choose another name"),
        ("screening seats b:int", "column 16: expected `:` as in `seats:int`, found the end"),
        ("screening seats:itn b:int", "column 17: expected a type, found `itn`; did you mean `int`?"),
        (
            "screening seats:colour b:int",
            "column 17: expected a type, found `colour`; there are text, int, bigint, decimal, money, bool, date, \
             timestamptz, uuid, enum, email, url, json, list, ref",
        ),
        ("screening seats:int(500..1) b:int", "column 26: expected a number of 501 to 2147483647, found `1`"),
        (
            "screening seats:int(1-500) b:int",
            "column 21: expected a number of -2147483648 to 2147483646, found `1-500`",
        ),
        ("screening seats:int(1..500 b:int", "column 27: expected `)` as in `int(1..500)`, found the end"),
        ("screening note:text(0) b:int", "column 21: expected a number of 1 to 10000, found `0`"),
        (
            "screening a:int,sortabel b:int",
            "column 17: expected sortable, unique, searchable or default=.., found `sortabel`; did you mean `sortable`?",
        ),
        (
            "screening a:int(1..5),unique b:int",
            "column 11: `a`: a number that is unique has 100000 values or more to be so",
        ),
        ("screening a:money,unique b:int", "column 11: `a`: unique can be text, int, bigint, uuid, email and url"),
        ("screening a:text(201),unique b:int", "column 11: `a`: a text that is unique has at most 200 characters"),
        ("screening a:int,searchable b:int", "column 11: `a`: searchable is text"),
        ("screening a:decimal(4,4) b:int", "column 13: expected fewer than 4 places behind the point"),
        ("screening a:decimal(4) b:int", "column 22: expected `,` as in `decimal(12,2)`, found `)`"),
        ("screening a:list(9,101) b:int", "column 13: expected at most 100 texts in a list"),
        ("screening a:list? b:int", "column 11: `a`: an empty one says that there is none"),
        ("screening a:ref(Movie) b:int", "column 17: expected a name in lower case such as price_list, found `Movie`"),
        (
            "screening a:ref(screening) b:int",
            "column 11: `a_id`: a reference to its own kind can't be generated: write it by hand",
        ),
        (
            "screening movie:ref,sortable b:int",
            "column 11: `movie_id`: a UUID means nothing to who reads a list: lists are filtered by it",
        ),
        (
            "screening a:date,default=2030-02-30 b:int",
            "column 26: expected a date such as 2030-01-31, found `2030-02-30`",
        ),
        (
            "screening a:decimal,default=1.5 b:int",
            "column 29: expected a number with 2 places behind the point, found `1.5`",
        ),
        ("screening a:int(1..5),default=6 b:int", "column 31: expected a number of 1 to 5, found `6`"),
        (
            "screening a:enum(open,closed),default=opne b:int",
            "column 39: expected a word of the enumeration, found `opne`; did you mean `open`?",
        ),
        ("screening a:enum(open,open) b:int", "column 23: `open` is there twice"),
        ("screening a:enum(open) b:int", "column 23: expected 2 to 30 words in an enumeration"),
        ("screening a:enum b:int", "column 17: expected `(` as in `enum(open,closed)`, found the end"),
        ("screening a:int a:int", "column 17: there are two members `a`"),
        ("screening a:int a_from:int", "column 17: `a_from` means something else here already: choose another name"),
        ("screening a:int screening:int", "column 17: a type `Screening` is there already: choose another name"),
        (
            "screening a:text,unique b:money",
            "column 33: expected a member that may repeat, and is neither money nor JSON, such as name:text",
        ),
        ("screening a:int", "column 17: expected two members or more, such as seats:int(1..500)"),
        ("screening a:text b:text", "column 25: lists have nothing to filter or sort by: mark a member `,sortable`"),
    ] {
        assert_eq!(read(line).unwrap_err(), told, "{line}");
    }
}

fn field() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        (1..300_u32).prop_map(|max| format!("text({max})")),
        (-1000..1000_i64, 1..1000_i64).prop_map(|(min, more)| format!("int({min}..{})", min + more)),
        Just("bigint".to_owned()),
        (2..18_u32, 1..18_u32).prop_map(|(digits, places)| format!("decimal({digits},{})", places.min(digits - 1))),
        Just("money".to_owned()),
        Just("date".to_owned()),
        Just("uuid".to_owned()),
        Just("email".to_owned()),
        Just("url".to_owned()),
        Just("bool".to_owned()),
        Just("timestamptz".to_owned()),
        Just("enum(open,closed)".to_owned()),
    ];
    let end = prop_oneof![Just(""), Just("?")];
    ("f[a-z]{1,8}", kind, end).prop_map(|(name, kind, end)| format!("{name}:{kind}{end}"))
}

proptest! {
    #[test]
    fn no_line_panics_and_a_fault_lies_within_it(line in "[a-z:(),.?=0-9 é]{0,60}") {
        let words: Vec<&str> = line.split(' ').collect();
        if let Err(error) = parse(&words, None) {
            prop_assert!((1..=line.chars().count() + 2).contains(&error.column), "{error}");
            prop_assert!(!error.finding.is_empty());
        }
    }

    #[test]
    fn every_line_of_good_members_is_a_resource(fields in prop::collection::vec(field(), 2..8)) {
        let mut words = vec!["screening", "first:bool"];
        words.extend(fields.iter().map(String::as_str));
        match parse(&words, None) {
            Ok(resource) => prop_assert_eq!(resource.fields.len(), fields.len() + 1),
            // Chance gives a name twice, or a word of Rust or SQL.
            Err(error) => prop_assert!(
                ["two members", "word of", "means something", "a type"].iter().any(|known| error.finding.contains(known)),
                "{}", error
            ),
        }
    }
}
