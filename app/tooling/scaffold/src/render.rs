//! The files of a resource, from templates.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use crate::context::Context;
use crate::dsl::{Field, Kind, Resource};
use crate::face::Face;

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
    ("business/domain/{bus}/tests/ground.sql", include_str!("../templates/bus/tests/ground.sql.jinja")),
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
    ("app/domain/{app}/src/seed.rs", include_str!("../templates/app/seed.rs.jinja")),
    ("app/domain/{app}/tests/{app}/main.rs", include_str!("../templates/app/tests/main.rs.jinja")),
    ("app/domain/{app}/tests/{app}/description.rs", include_str!("../templates/app/tests/description.rs.jinja")),
    ("app/domain/{app}/tests/{app}/seed.rs", include_str!("../templates/app/tests/seed.rs.jinja")),
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

/// A body that adds one, as JSON in single quotes of a shell, in which a reference is a variable.
pub(crate) fn example(resource: &Resource) -> String {
    let member = |field| {
        let face = Face::of(field, resource);
        let value = match &face.target {
            Some(target) => format!("\"'\"${}_ID\"'\"", target.base.upper),
            // Code and JSON differ in how they group digits.
            None if face.number_ty.is_empty() => face.json_sample,
            None => face.json_sample.replace('_', ""),
        };
        format!("\"{}\": {value}", face.name)
    };
    format!("{{{}}}", resource.fields.iter().map(member).collect::<Vec<_>>().join(", "))
}

/// The variables in [`example`], each with the path of the list that has what it means.
pub(crate) fn references(resource: &Resource) -> Vec<(String, String)> {
    let reference = |field: &Field| match &field.kind {
        Kind::Ref { many, .. } => {
            let path = format!("/v1/{}", many.snake.replace('_', "-"));
            Some((field.name.upper.clone(), path))
        }
        _ => None,
    };
    resource.fields.iter().filter_map(reference).collect()
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
