//! What the templates see of a resource.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::dsl::{Kind, Resource};
use crate::face::{Column, Face, GROUND, Target};
use crate::render::{Names, capital, wrapped};

/// What the templates see.
#[derive(Serialize)]
pub(crate) struct Context {
    pub(crate) s: String,
    pub(crate) p: String,
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
    pub(crate) bus: String,
    pub(crate) app: String,
    owned: bool,
    service: Option<String>,
    fields: Vec<Face>,
    /// The words that describe the members, as strings of TOML.
    members: Vec<String>,
    /// The member that tests change when one is enough.
    first: Face,
    money: Option<Face>,
    text: Face,
    longest_text: Option<Face>,
    /// A member with a value for each number.
    varying: Option<Face>,
    defaults: Vec<Face>,
    uniques: Vec<Face>,
    refs: Vec<Face>,
    /// What is referred to, each once.
    targets: Vec<Target>,
    documents: Vec<Face>,
    searchables: Vec<Face>,
    /// What is searched, in words.
    searched: String,
    search_example: String,
    /// A text that is searched has room for a long word.
    has_typo: bool,
    /// The general rules that it can be asked by; none for all of them.
    rules: Vec<Group>,
    value_types: Vec<String>,
    order_fields: Vec<String>,
    /// The errors of a create or an update, in the words of documentation.
    refusals: String,
    imports: Imports,
    sql: Sql,
    /// The crates whose ground has to be laid before a row, and those among them that are referred to.
    grounds: Vec<String>,
    ref_grounds: Vec<String>,
    ground: &'static str,
    has: Has,
}

/// Names that files import from `types` and from the crate's own model.
#[derive(Serialize)]
struct Imports {
    model: BTreeSet<String>,
    store: BTreeSet<String>,
    filter: BTreeSet<String>,
    filter_values: BTreeSet<String>,
    samples: BTreeSet<String>,
    refs: BTreeSet<String>,
    app_seed: BTreeSet<String>,
    app_seed_values: BTreeSet<String>,
    app_model: BTreeSet<String>,
    app_filter: BTreeSet<String>,
    app_filter_values: BTreeSet<String>,
    app_filter_statics: BTreeSet<String>,
}

/// Parts of statements.
#[derive(Serialize)]
struct Sql {
    row_columns: String,
    insert_columns: String,
    insert_values: String,
    sets: Vec<String>,
    now_place: usize,
    generated: String,
    strange: String,
    dropped: String,
    derived: Vec<String>,
    keys: Vec<crate::face::Check>,
}

/// What there is some of.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that a template asks")]
struct Has {
    money: bool,
    merges: bool,
    timestamp: bool,
    date: bool,
    uuid: bool,
    json: bool,
    text: bool,
    list: bool,
    optional: bool,
    range: bool,
    filter: bool,
    search: bool,
    typed: bool,
    shown: bool,
    /// Values that are shown by what they hold.
    wrapped: bool,
    personal: bool,
    /// Orders in which empty members come last, and among them moments.
    last: bool,
    last_moment: bool,
    /// Constraints whose violation means something.
    meaning: bool,
    ground: bool,
    /// Rows of the seed that differ by their number.
    numbered_seed: bool,
}

/// Some of the general rules.
#[derive(Serialize)]
struct Group {
    name: String,
    rules: Vec<String>,
}

impl Context {
    pub(crate) fn of(resource: &Resource, rules: &str) -> Self {
        let Names { bus, app, path } = Names::of(resource);
        let (name, plural) = (&resource.name, &resource.plural);
        let fields: Vec<Face> = resource.fields.iter().map(|field| Face::of(field, resource)).collect();
        let all = |wanted: &dyn Fn(&Face) -> bool| -> Vec<Face> {
            fields.iter().filter(|face| wanted(face)).cloned().collect()
        };
        let find = |wanted: &dyn Fn(&Face) -> bool| fields.iter().find(|face| wanted(face)).cloned();
        // A line without such a member is refused.
        let first = find(&|face| !face.unique && !face.merges).unwrap_or_default();
        let lengths = resource.fields.iter().zip(&fields).filter_map(|(field, face)| match field.kind {
            Kind::Text(max) if !field.unique => Some((max, face)),
            _ => None,
        });
        let (longest, text) = lengths.max_by_key(|(max, _)| *max).map_or((0, None), |(max, face)| (max, Some(face)));
        let text = text.cloned();
        let varying = find(&|face| face.vary.is_some() && !face.unique && !face.merges)
            .or_else(|| find(&|face| face.vary.is_some() && !face.unique))
            .or_else(|| find(&|face| face.vary.is_some()));
        let (uniques, refs) = (all(&|face| face.unique), all(&|face| face.kind == "ref"));
        let searchables = all(&|face| face.searchable);
        let refusals = uniques.iter().map(|face| format!("[`Error::Duplicate{}`], ", face.pascal));
        let unknown = refs.iter().flat_map(|face| &face.target);
        let refusals = refusals.chain(unknown.map(|target| format!("[`Error::Unknown{}`], ", target.base.pascal)));
        let ends_search = resource.fields.iter().find(|field| field.searchable);
        let users = resource.owned.then(|| "userbus".to_owned());
        let with_order = fields.iter().filter(|face| face.sortable).map(|face| face.pascal.clone());
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
            owned: resource.owned,
            service: resource.service.clone(),
            // The words are plain ASCII, which Rust and TOML quote alike.
            members: resource.fields.iter().map(|field| format!("{:?}", field.word)).collect(),
            money: find(&|face| face.kind == "money"),
            rules: rules_without(rules, longest, varying.is_none()),
            longest_text: text.clone(),
            // The name of any member serves the one rule that is left of those that need a text.
            text: text.unwrap_or_else(|| Face { max_code: "1".to_owned(), ..first.clone() }),
            varying,
            first,
            defaults: all(&|face| face.default.is_some()),
            documents: all(&|face| face.kind == "json"),
            searched: searched(&searchables),
            search_example: searchables.first().map(|face| face.example.clone()).unwrap_or_default(),
            has_typo: ends_search.is_some_and(|field| matches!(field.kind, Kind::Text(max) if max >= 13)),
            value_types: value_types(&fields),
            order_fields: with_order.chain(["CreatedAt".to_owned()]).collect(),
            refusals: refusals.collect(),
            imports: Imports::of(resource, &fields),
            sql: Sql::of(resource, &fields),
            grounds: users.into_iter().chain(resource.grounds.iter().cloned()).collect(),
            ref_grounds: resource.grounds.clone(),
            ground: GROUND,
            has: Has::of(resource, &fields),
            targets: targets(&refs),
            uniques,
            refs,
            searchables,
            fields,
        }
    }
}

impl Imports {
    fn of(resource: &Resource, fields: &[Face]) -> Self {
        let kinds = |wanted: &[&str], names: &[&str]| -> Vec<String> {
            let found = fields.iter().any(|face| wanted.contains(&face.kind));
            if found { names.iter().map(|name| (*name).to_owned()).collect() } else { Vec::new() }
        };
        let own = format!("{}Id", resource.name.pascal);
        let refs: BTreeSet<String> =
            fields.iter().filter(|face| face.kind == "ref").map(|face| face.ty.clone()).collect();
        let patch = if fields.iter().any(|face| face.optional) { vec!["Patch".to_owned()] } else { Vec::new() };
        let owner = |names: &[&str]| -> Vec<String> {
            if resource.owned { names.iter().map(|name| (*name).to_owned()).collect() } else { Vec::new() }
        };
        let search = if fields.iter().any(|face| face.searchable) { vec!["LineError".to_owned()] } else { Vec::new() };
        let dates = kinds(&["date"], &["Date"]);
        let moments = kinds(&["timestamptz"], &["Timestamp"]);
        let values = [
            dates.clone(),
            kinds(&["json"], &["Document"]),
            kinds(&["email"], &["Email"]),
            kinds(&["url"], &["HttpUrl"]),
            refs.iter().cloned().collect(),
        ]
        .concat();
        let decimals = kinds(&["decimal"], &["Decimal"]);
        let always = vec![own, "Timestamp".to_owned(), "Version".to_owned()];
        let set = |lists: &[&[String]]| lists.concat().into_iter().collect::<BTreeSet<_>>();
        let pascals = |wanted: &dyn Fn(&Face) -> bool| -> BTreeSet<String> {
            fields.iter().filter(|face| wanted(face)).map(|face| face.pascal.clone()).collect()
        };
        let items = || fields.iter().filter_map(|face| face.item.as_ref());
        let optional_money = fields.iter().any(|face| face.kind == "money" && face.optional);
        Self {
            model: set(&[
                &always,
                &values,
                &patch,
                &owner(&["UserId"]),
                &kinds(&["text", "list"], &["LineError"]),
                &kinds(&["money"], &["Money"]),
                &kinds(&["decimal"], &["Decimal", "DecimalError"]),
            ]),
            store: set(&[
                &always,
                &values,
                &patch,
                &decimals,
                &owner(&["Scope", "UserId"]),
                &kinds(&["money"], &["Currency", "Money"]),
            ]),
            filter: set(&[
                &dates,
                &moments,
                &decimals,
                &search,
                &kinds(&["email"], &["Email"]),
                &refs.iter().cloned().collect::<Vec<_>>(),
            ]),
            filter_values: pascals(&|face| face.kind == "enum")
                .into_iter()
                .chain(items().map(|item| item.pascal.clone()))
                .collect(),
            samples: set(&[&values, &patch, &moments, &owner(&["UserId"]), &kinds(&["money"], &["Currency", "Money"])]),
            refs,
            app_seed: set(&[
                &kinds(&["json"], &["Document"]),
                &kinds(&["email"], &["Email"]),
                &kinds(&["url"], &["HttpUrl"]),
                &kinds(&["money"], &["Currency", "Money"]),
                &decimals,
                &owner(&["Scope"]),
            ]),
            app_seed_values: fields.iter().filter(|face| face.typed).map(|face| face.pascal.clone()).collect(),
            app_model: set(&[
                &values,
                &moments,
                &kinds(&["money"], &["Currency"]),
                if optional_money { &patch } else { &[] },
            ]),
            app_filter: set(&[&dates, &moments, &decimals]),
            app_filter_values: pascals(&|face| ["int", "bigint", "decimal", "money", "enum"].contains(&face.kind))
                .into_iter()
                .chain(search.iter().map(|_| "Search".to_owned()))
                .collect(),
            app_filter_statics: fields
                .iter()
                .filter_map(|face| match face.kind {
                    "enum" => Some(format!("{}_NAMES", face.upper)),
                    "uuid" | "ref" | "email" => Some(face.upper.clone()),
                    _ => face.item.as_ref().map(|item| item.upper.clone()),
                })
                .collect(),
        }
    }
}

impl Sql {
    fn of(resource: &Resource, fields: &[Face]) -> Self {
        let columns: Vec<&Column> = fields.iter().flat_map(|face| &face.columns).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let owner = if resource.owned { "owner_id, " } else { "" };
        let insert =
            format!("{}_id, {owner}{}, version, created_at, updated_at", resource.name.snake, names.join(", "));
        let folded = fields.iter().filter(|face| face.folded && face.sortable);
        let row = insert.clone() + &folded.map(|face| format!(", {}_folded", face.name)).collect::<String>();
        let places = names.len() + 4 + usize::from(resource.owned);
        let values: Vec<String> = (1..=places).map(|place| format!("${place}")).collect();
        let (sets, now_place) = sets(fields);
        let strange: Vec<String> = fields.iter().filter_map(|face| face.strange.clone()).collect();
        let checks = fields.iter().filter(|face| face.strange.is_some()).flat_map(|face| &face.checks);
        let dropped: Vec<String> = checks.map(|check| format!("DROP CONSTRAINT {}", check.name)).collect();
        let generated: Vec<String> = fields.iter().flat_map(|face| face.generated.clone()).collect();
        let mut derived: Vec<String> = fields.iter().flat_map(|face| face.derived.clone()).collect();
        derived.extend(search_columns(fields));
        Self {
            row_columns: wrapped(&row),
            insert_columns: wrapped(&insert),
            insert_values: values.join(", "),
            sets,
            now_place,
            generated: wrapped(&generated.join(", ")),
            strange: strange.join(", "),
            dropped: dropped.join(", "),
            derived,
            keys: fields.iter().flat_map(|face| face.keys.clone()).collect(),
        }
    }
}

impl Has {
    fn of(resource: &Resource, fields: &[Face]) -> Self {
        let kind = |kinds: &[&str]| fields.iter().any(|face| kinds.contains(&face.kind));
        let some = |wanted: &dyn Fn(&Face) -> bool| fields.iter().any(wanted);
        Self {
            money: kind(&["money"]),
            merges: some(&|face| face.merges),
            timestamp: kind(&["timestamptz"]),
            date: kind(&["date"]),
            uuid: kind(&["uuid"]),
            json: kind(&["json"]),
            text: kind(&["text"]),
            list: kind(&["list"]),
            optional: some(&|face| face.optional),
            range: kind(&["int", "bigint", "money"]),
            filter: some(&|face| face.filter.is_some()),
            search: some(&|face| face.searchable),
            typed: some(&|face| face.typed),
            shown: some(&|face| face.shown.is_some()),
            wrapped: kind(&["money", "decimal", "list"]),
            personal: some(&|face| face.personal),
            last: some(&|face| face.last.is_some()),
            last_moment: some(&|face| face.last.is_some() && face.kind == "timestamptz"),
            meaning: resource.owned || some(&|face| face.unique || face.kind == "ref"),
            ground: resource.owned || kind(&["ref"]),
            numbered_seed: some(&|face| face.seed.contains("number")),
        }
    }
}

fn targets(refs: &[Face]) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for target in refs.iter().filter_map(|face| face.target.clone()) {
        if targets.iter().all(|known| known.one != target.one) {
            targets.push(target);
        }
    }
    targets
}

/// The columns that a search reads.
pub(crate) fn search_columns(fields: &[Face]) -> Vec<String> {
    let texts = fields.iter().filter(|face| face.searchable).map(|face| match face.optional {
        true => format!("coalesce({}, '')", face.name),
        false => face.name.clone(),
    });
    let text = texts.collect::<Vec<_>>().join(" || ' ' || ");
    if text.is_empty() {
        return Vec::new();
    }
    let words = format!("public.search_words({text})");
    vec![
        format!("search_text text NOT NULL GENERATED ALWAYS AS ({words}) STORED"),
        format!("search_vector tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', {words})) STORED"),
    ]
}

/// The members that are searched, in words.
fn searched(searchables: &[Face]) -> String {
    let words: Vec<String> = searchables.iter().map(|face| format!("the {}", face.words)).collect();
    words.join(" or ")
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
    types.extend(fields.iter().filter_map(|face| face.item.as_ref()).map(|item| item.pascal.clone()));
    let own_error = fields.iter().filter(|face| ["enum", "list"].contains(&face.kind));
    types.extend(own_error.map(|face| format!("{}Error", face.pascal)));
    if fields.iter().any(|face| ["int", "bigint", "money"].contains(&face.kind)) {
        types.push("RangeError".to_owned());
    }
    types
}

/// The general rules, as `apitest` lists them, without those that have nothing to ask with; none when all have.
fn rules_without(source: &str, longest: u32, nothing_varies: bool) -> Vec<Group> {
    /// The characters of the longest text that is sent and has to come back.
    const SENT: u32 = 64;
    const LONG_TEXT: &[&str] = &["text_comes_back_as_it_went_in"];
    const TEXT: &[&str] = &["nul_in_text_is_refused"];
    const VARYING: &[&str] = &[
        "a_stale_patch_changes_nothing",
        "a_bad_patch_changes_nothing",
        "of_two_hundred_patches_at_once_one_wins_for_each_version",
        "a_delete_and_a_patch_of_one_version_do_not_both_happen",
    ];
    let left_out = |rule| {
        longest < SENT && LONG_TEXT.contains(&rule)
            || longest == 0 && TEXT.contains(&rule)
            || nothing_varies && VARYING.contains(&rule)
    };
    if longest >= SENT && !nothing_varies {
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
