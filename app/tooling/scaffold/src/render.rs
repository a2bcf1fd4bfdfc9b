//! The files of a resource, from templates.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::dsl::{Kind, Resource};
use crate::face::{Column, Face};

/// What the templates see.
#[derive(Serialize)]
struct Context {
    s: String,
    p: String,
    #[serde(rename = "S")]
    one: String,
    #[serde(rename = "P")]
    many: String,
    words: String,
    several: String,
    #[serde(rename = "Several")]
    several_capital: String,
    a: &'static str,
    #[serde(rename = "A")]
    a_capital: &'static str,
    path: String,
    bus: String,
    app: String,
    fields: Vec<Face>,
    /// The words that describe the members, as strings of TOML.
    members: Vec<String>,
    /// The member that tests change when one is enough.
    first: Face,
    money: Option<Face>,
    text: Face,
    integer: Face,
    longest_text: Option<Face>,
    defaults: Vec<Face>,
    /// The general rules that it can be asked by; none for all of them.
    rules: Vec<Group>,
    value_types: Vec<String>,
    order_fields: Vec<String>,
    row_columns: String,
    insert_columns: String,
    insert_values: String,
    sets: Vec<String>,
    now_place: usize,
    generated: String,
    strange: String,
    dropped: String,
    has_money: bool,
    has_timestamp: bool,
    has_text: bool,
    has_enum: bool,
    has_optional: bool,
    has_range: bool,
    has_filter: bool,
    has_typed: bool,
    has_shown: bool,
}

/// Some of the general rules.
#[derive(Serialize)]
struct Group {
    name: String,
    rules: Vec<String>,
}

/// The names of the crates of a resource, and of its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) bus: String,
    pub(crate) app: String,
    pub(crate) path: String,
}

impl Names {
    pub(crate) fn of(resource: &Resource) -> Self {
        let joined = resource.name.snake.replace('_', "");
        Self { bus: format!("{joined}bus"), app: format!("{joined}app"), path: resource.plural.snake.replace('_', "-") }
    }
}

/// Where each template goes; `{bus}`, `{app}`, `{p}` and `{number}` stand for names.
const TEMPLATES: &[(&str, &str)] = &[
    ("business/domain/{bus}/Cargo.toml", include_str!("../templates/bus/Cargo.toml.jinja")),
    ("business/domain/{bus}/src/lib.rs", include_str!("../templates/bus/lib.rs.jinja")),
    ("business/domain/{bus}/src/event.rs", include_str!("../templates/bus/event.rs.jinja")),
    ("business/domain/{bus}/src/filter.rs", include_str!("../templates/bus/filter.rs.jinja")),
    ("business/domain/{bus}/src/model.rs", include_str!("../templates/bus/model.rs.jinja")),
    ("business/domain/{bus}/src/store.rs", include_str!("../templates/bus/store.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/main.rs", include_str!("../templates/bus/tests/main.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/samples.rs", include_str!("../templates/bus/tests/samples.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/changes.rs", include_str!("../templates/bus/tests/changes.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/create.rs", include_str!("../templates/bus/tests/create.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/delete.rs", include_str!("../templates/bus/tests/delete.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/plans.rs", include_str!("../templates/bus/tests/plans.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/query.rs", include_str!("../templates/bus/tests/query.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/rows.rs", include_str!("../templates/bus/tests/rows.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/update.rs", include_str!("../templates/bus/tests/update.rs.jinja")),
    ("business/domain/{bus}/tests/{bus}/values.rs", include_str!("../templates/bus/tests/values.rs.jinja")),
    ("business/sdk/migrate/migrations/{number}_{p}.sql", include_str!("../templates/bus/migration.sql.jinja")),
    ("app/domain/{app}/Cargo.toml", include_str!("../templates/app/Cargo.toml.jinja")),
    ("app/domain/{app}/src/lib.rs", include_str!("../templates/app/lib.rs.jinja")),
    ("app/domain/{app}/src/error.rs", include_str!("../templates/app/error.rs.jinja")),
    ("app/domain/{app}/src/filter.rs", include_str!("../templates/app/filter.rs.jinja")),
    ("app/domain/{app}/src/model.rs", include_str!("../templates/app/model.rs.jinja")),
    ("app/domain/{app}/src/route.rs", include_str!("../templates/app/route.rs.jinja")),
    ("app/domain/{app}/tests/{app}/main.rs", include_str!("../templates/app/tests/main.rs.jinja")),
    ("app/domain/{app}/tests/{app}/description.rs", include_str!("../templates/app/tests/description.rs.jinja")),
    ("app/domain/{app}/tests/{app}/resource.rs", include_str!("../templates/app/tests/resource.rs.jinja")),
    ("app/domain/{app}/tests/{app}/{p}.rs", include_str!("../templates/app/tests/own.rs.jinja")),
    ("app/services/platform/tests/platform/policy/lines/{p}.rs", include_str!("../templates/lines.rs.jinja")),
];

/// Every new file: its path from the root, and its text before it is formatted. `rules` has the source of the general
/// rules.
pub(crate) fn render(resource: &Resource, number: u32, rules: &str) -> Result<Vec<(String, String)>, minijinja::Error> {
    let environment = environment()?;
    let context = Context::of(resource, rules);
    let values = Value::from(Serde(&context));
    let place = |path: &str| {
        path.replace("{bus}", &context.bus)
            .replace("{app}", &context.app)
            .replace("{p}", &context.p)
            .replace("{number}", &format!("{number:04}"))
    };
    TEMPLATES
        .iter()
        .map(|(path, template)| {
            let text = environment.render_named_str(path, template, values.clone())?;
            Ok((place(path), text))
        })
        .collect()
}

/// What renders templates of code and SQL.
pub(crate) fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
        .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
    Ok(environment)
}

/// A body that adds one, as JSON.
pub(crate) fn example(resource: &Resource) -> String {
    let member = |field| {
        let face = Face::of(field, &resource.name, &resource.plural.snake);
        // Code and JSON differ in how they group digits.
        format!(
            "\"{}\": {}",
            face.name,
            face.json_sample.replace('_', if face.number_ty.is_empty() { "_" } else { "" })
        )
    };
    format!("{{{}}}", resource.fields.iter().map(member).collect::<Vec<_>>().join(", "))
}

impl Context {
    fn of(resource: &Resource, rules: &str) -> Self {
        let Names { bus, app, path } = Names::of(resource);
        let (name, plural) = (&resource.name, &resource.plural);
        let fields: Vec<Face> = resource.fields.iter().map(|field| Face::of(field, name, &plural.snake)).collect();
        let having = |kinds: &[&str]| fields.iter().any(|face| kinds.contains(&face.kind));
        // Any member will do where a rule needs one; what has none of the right kind is left out.
        let anything = fields.first().cloned().unwrap_or_default();
        let find = |wanted: &dyn Fn(&Face) -> bool| fields.iter().find(|face| wanted(face)).cloned();
        let lengths = resource.fields.iter().enumerate().filter_map(|(place, field)| match field.kind {
            Kind::Text(max) => Some((max, place)),
            _ => None,
        });
        let (longest, text) = lengths.max_by_key(|(max, _)| *max).map_or((0, None), |(max, at)| (max, fields.get(at)));
        let text = text.cloned();
        let integer = resource.fields.iter().position(|field| {
            matches!(field.kind, Kind::Int(min, max) | Kind::Bigint(min, max) if min <= 0 && max >= 1200 && !field.optional)
        });
        let integer = integer.and_then(|place| fields.get(place)).cloned();
        let columns: Vec<&Column> = fields.iter().flat_map(|face| &face.columns).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let insert_columns = format!("{}_id, {}, version, created_at, updated_at", name.snake, names.join(", "));
        let folded = fields.iter().filter(|face| face.folded).map(|face| format!(", {}_folded", face.name));
        let row_columns = insert_columns.clone() + &folded.collect::<String>();
        let values: Vec<String> = (1..=names.len() + 4).map(|place| format!("${place}")).collect();
        let (sets, now_place) = sets(&fields);
        let with_order = fields.iter().filter(|face| face.sortable).map(|face| face.pascal.clone());
        let strange: Vec<String> = fields.iter().filter_map(|face| face.strange.clone()).collect();
        let checks = fields.iter().filter(|face| face.strange.is_some()).flat_map(|face| &face.checks);
        let dropped: Vec<String> = checks.map(|check| format!("DROP CONSTRAINT {}", check.name)).collect();
        Self {
            s: name.snake.clone(),
            p: plural.snake.clone(),
            one: name.pascal.clone(),
            many: plural.pascal.clone(),
            words: name.words.clone(),
            several: plural.words.clone(),
            several_capital: capital(&plural.words),
            a: name.article(),
            a_capital: if name.article() == "an" { "An" } else { "A" },
            path,
            bus,
            app,
            // The words are plain ASCII, which Rust and TOML quote alike.
            members: resource.fields.iter().map(|field| format!("{:?}", field.word)).collect(),
            first: anything.clone(),
            money: find(&|face| face.kind == "money"),
            rules: rules_without(rules, longest, integer.is_none()),
            longest_text: text.clone(),
            // The name of any member serves the one rule that is left of those that need a text.
            text: text.unwrap_or_else(|| Face { max_code: "1".to_owned(), ..anything.clone() }),
            integer: integer.unwrap_or(anything),
            defaults: fields.iter().filter(|face| face.default.is_some()).cloned().collect(),
            value_types: value_types(&fields),
            order_fields: with_order.chain(["CreatedAt".to_owned()]).collect(),
            row_columns: wrapped(&row_columns),
            insert_columns: wrapped(&insert_columns),
            insert_values: values.join(", "),
            sets,
            now_place,
            generated: wrapped(&fields.iter().flat_map(|face| face.generated.clone()).collect::<Vec<_>>().join(", ")),
            strange: strange.join(", "),
            dropped: dropped.join(", "),
            has_money: having(&["money"]),
            has_timestamp: having(&["timestamptz"]),
            has_text: having(&["text"]),
            has_enum: having(&["enum"]),
            has_range: having(&["int", "bigint", "money"]),
            has_optional: fields.iter().any(|face| face.optional),
            has_filter: fields.iter().any(|face| face.filter.is_some()),
            has_typed: fields.iter().any(|face| face.typed),
            has_shown: fields.iter().any(|face| face.shown.is_some()),
            fields,
        }
    }
}

/// The assignments of an update, and the place of the moment.
fn sets(fields: &[Face]) -> (Vec<String>, usize) {
    let mut place = 3;
    let mut sets = Vec::new();
    for face in fields {
        for Column { name, .. } in &face.columns {
            if face.optional {
                sets.push(format!("{name} = CASE WHEN ${place} THEN {name} ELSE ${} END,", place + 1));
                place += 2;
            } else {
                sets.push(format!("{name} = coalesce(${place}, {name}),"));
                place += 1;
            }
        }
    }
    (sets, place)
}

fn value_types(fields: &[Face]) -> Vec<String> {
    let mut types: Vec<String> = fields.iter().filter(|face| face.typed).map(|face| face.pascal.clone()).collect();
    types.extend(fields.iter().filter(|face| face.kind == "enum").map(|face| format!("{}Error", face.pascal)));
    if fields.iter().any(|face| ["int", "bigint", "money"].contains(&face.kind)) {
        types.push("RangeError".to_owned());
    }
    types
}

/// The general rules, as `apitest` lists them, without those that have nothing to ask with; none when all have.
fn rules_without(source: &str, longest: u32, no_integer: bool) -> Vec<Group> {
    /// The characters of the longest text that is sent and has to come back.
    const SENT: u32 = 64;
    const LONG_TEXT: &[&str] = &["text_comes_back_as_it_went_in"];
    const TEXT: &[&str] = &["nul_in_text_is_refused", "a_bad_patch_changes_nothing"];
    const INTEGER: &[&str] = &[
        "a_stale_patch_changes_nothing",
        "a_bad_patch_changes_nothing",
        "of_two_hundred_patches_at_once_one_wins_for_each_version",
        "a_delete_and_a_patch_of_one_version_do_not_both_happen",
        "strange_values_are_refused_in_words_for_people",
    ];
    let left_out = |rule| {
        longest < SENT && LONG_TEXT.contains(&rule)
            || longest == 0 && TEXT.contains(&rule)
            || no_integer && INTEGER.contains(&rule)
    };
    if longest >= SENT && !no_integer {
        return Vec::new();
    }
    let mut groups: Vec<Group> = Vec::new();
    let list = source.split("@rules $resource;").nth(1).unwrap_or_default();
    for line in list.lines().map(str::trim).take_while(|line| *line != "}") {
        if let Some(name) = line.strip_suffix(": [") {
            groups.push(Group { name: name.to_owned(), rules: Vec::new() });
        } else if let (Some(rule), Some(group)) = (line.strip_suffix(','), groups.last_mut())
            && !left_out(rule)
        {
            group.rules.push(rule.to_owned());
        }
    }
    groups
}

/// A list on lines of about a hundred characters.
pub(crate) fn wrapped(list: &str) -> String {
    let mut text = String::new();
    let mut length = 0;
    for (place, item) in list.split(", ").enumerate() {
        if length + item.len() > 90 {
            text.push_str(",\n");
            length = 0;
        } else if place > 0 {
            text.push_str(", ");
        }
        text.push_str(item);
        length += item.len() + 2;
    }
    text
}

pub(crate) fn capital(words: &str) -> String {
    let (first, rest) = words.split_at(1.min(words.len()));
    first.to_uppercase() + rest
}
