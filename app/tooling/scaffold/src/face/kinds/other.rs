//! UUIDs, documents, lists, references.

use super::{check, grouped};
use crate::dsl::Resource;
use crate::face::{Check, Face, Filter, Index, Invalid, RefusedQuery, Target};
use crate::name::Name;

/// The ids of the two rows that tests find in every table that can be referred to, up to their last digit.
pub(crate) const GROUND: &str = "00000000-0000-7000-8000-00000000000";

impl Face {
    pub(in crate::face) fn uuid(&mut self) {
        self.kind = "uuid";
        self.copies = true;
        self.ty = "Uuid".to_owned();
        self.column("", "Uuid", "uuid");
        self.generated = vec!["gen_random_uuid()".to_owned()];
        let json = |end: &str| format!("\"00000000-0000-4000-8000-0000000000{end}\"");
        let code = |number: &str| format!("Uuid::from_u128(0x4000_8000_0000_0000_0000 + {number})");
        self.samples([code("0xa1"), code("0xa2")], [json("a1"), json("a2"), json("a3")]);
        let number = if self.unique { "number" } else { "number % 4" };
        self.numbers(
            code(&format!("u128::from(({number}).unsigned_abs())")),
            format!("format!(\"00000000-0000-4000-8000-{{:012x}}\", {number})"),
        );
        self.vary = Some("format!(\"00000000-0000-4000-9000-{number:012x}\")".to_owned());
        self.example = "00000000-0000-4000-8000-0000000000a1".to_owned();
        self.refuses(["\"1\"", "\"0000000000004000800000000000000a\"", "1"].map(str::to_owned));
        let one = "00000000-0000-4000-8000-000000000001";
        self.equal("Uuid", one, &format!("{one:?}"));
    }

    pub(in crate::face) fn document(&mut self, table: &str) {
        let name = self.name.clone();
        self.kind = "json";
        self.ty = "Document".to_owned();
        self.column("", "serde_json::Value", "jsonb");
        self.checks.push(check(table, &name, "object", format!("jsonb_typeof({name}) = 'object'")));
        self.violations.push(check(table, &name, "object", format!("{name} = '[]'")));
        self.strange = Some(format!("{name} = '[1]'"));
        self.generated = vec!["'{}'::jsonb".to_owned()];
        let json = |word: &str| format!("{{\"in_word\": \"{word}\", \"in_list\": [1, null]}}");
        let code = |word: &str| format!("document(json!({}))", json(word));
        self.samples([code("some"), code("another")], [json("some"), json("another"), json("changed")]);
        self.numbers("document(json!({\"number\": number % 4}))".to_owned(), "{\"number\": number % 4}".to_owned());
        self.vary = Some("{\"vary\": number}".to_owned());
        self.example = "{}".to_owned();
        self.refuses(["[]", "\"{}\"", "{\"a\": \"\\u{0}\"}", "{\"a\": \"x\".repeat(17_000)}"].map(str::to_owned));
    }

    pub(in crate::face) fn list(&mut self, length: u32, most: u32, table: &str) {
        let (name, pascal) = (self.name.clone(), self.pascal.clone());
        let item = self.singular();
        self.kind = "list";
        self.typed = true;
        self.ty = pascal.clone();
        self.max_code = grouped(most.into());
        self.max_text = length.to_string();
        self.digits = length;
        self.column("", "Vec<String>", "text[]");
        // Rows that get an empty list with the column are not put through the function, which takes longer than the rest.
        self.derived.push(format!(
            "{name}_folded text[] NOT NULL \
             GENERATED ALWAYS AS (CASE cardinality({name}) WHEN 0 THEN '{{}}' ELSE public.fold_texts({name}) END) STORED"
        ));
        let count = format!("cardinality({name}) <= {most} AND array_position({name}, NULL) IS NULL");
        self.checks.push(check(table, &name, "count", count));
        self.violations.push(check(
            table,
            &name,
            "count",
            format!("{name} = array_fill('x'::text, ARRAY[{}])", most + 1),
        ));
        self.violations.push(check(table, &name, "count", format!("{name} = ARRAY[NULL]::text[]")));
        self.strange = Some(format!("{name} = array_fill('x'::text, ARRAY[{}])", most + 5));
        self.indexes.push(Index {
            name: format!("{table}_{name}"),
            on: format!("USING gin ({name}_folded)"),
            purpose: format!("The filter by `{}`", item.snake),
        });
        self.generated = vec!["ARRAY['x' || n % 10]".to_owned()];
        let cut = |word: &str| word.chars().take(length as usize).collect::<String>();
        let [one, other, patch] = ["one", "two", "new"].map(cut);
        let code = |text: &str| format!("{pascal}::parse(vec![{}::parse({text:?}).unwrap()]).unwrap()", item.pascal);
        let json = |text: &str| format!("[{text:?}]");
        self.samples([code(&one), code(&other)], [json(&one), json(&other), json(&patch)]);
        let numbered = if length < 8 { "{}" } else { "Text {}" };
        self.numbers(
            format!(
                "{pascal}::parse(vec![{}::parse(&format!({numbered:?}, number % 4)).unwrap()]).unwrap()",
                item.pascal
            ),
            format!("[format!({numbered:?}, number % 4)]"),
        );
        self.vary = (length >= 4).then(|| "[format!(\"v{number}\")]".to_owned());
        self.example = format!("[{one:?}]");
        self.refuses([
            format!("{one:?}"),
            format!("vec![\"x\".to_owned(); {}]", most + 1),
            "{\"0\": \"x\"}".to_owned(),
        ]);
        if most > 1 {
            self.refuses(["[\"x\", \"X\"]".to_owned()]);
        }
        self.invalid.push(Invalid { below: "/0", json: "\"\"".to_owned() });
        self.invalid.push(Invalid { below: "/0", json: format!("\"x\".repeat({})", length + 1) });
        let (query, shown) = if length < 8 { ("1", "1") } else { ("TEXT%201", "Text 1") };
        self.filter = Some("contains");
        self.filter_ty = item.pascal.clone();
        self.filter_typed = true;
        self.filters.push(Filter {
            query: format!("{}={query}", item.snake),
            selects: format!("ROW[\"{name}\"][0] == {shown:?}"),
        });
        self.invalid_queries.push(RefusedQuery { query: format!("{}=", item.snake), name: item.snake.clone() });
        self.item = Some(item);
    }

    pub(in crate::face) fn reference(&mut self, target: &Name, targets: &Name, resource: &Resource) {
        let name = self.name.clone();
        let (table, row) = (&resource.plural.snake, &resource.name.snake);
        self.kind = "ref";
        self.copies = true;
        self.ty = format!("{}Id", target.pascal);
        let base = Name::of(name.strip_suffix("_id").unwrap_or(&name));
        self.words.clone_from(&base.words);
        self.column("", "Uuid", "uuid");
        let key = format!("FOREIGN KEY ({name}) REFERENCES public.{}", targets.snake);
        self.keys.push(Check { name: format!("{table}_{name}_fkey"), sql: key });
        let owner = if resource.owned { "owner_id, " } else { "" };
        self.indexes.push(Index {
            name: format!("{table}_by_{name}"),
            on: format!("({name}, {owner}created_at, {row}_id)"),
            purpose: format!("The filter by `{name}`, newest first, and what stands in the way of a delete there"),
        });
        self.generated = vec![format!("('{GROUND}' || (1 + n % 2))::uuid")];
        let code = |number: &str| format!("{}::restore(ground({number}))", self.ty);
        let json = |end: char| format!("\"{GROUND}{end}\"");
        // The first of the numbered that is patched has the second.
        let (samples, numbered) = ([code("1"), code("2")], code("1 + number % 2"));
        self.samples(samples, [json('1'), json('2'), json('1')]);
        self.numbers(numbered, format!("format!(\"{GROUND}{{}}\", 1 + number % 2)"));
        self.example = format!("{GROUND}1");
        self.refuses(["\"x\"".to_owned(), "1".to_owned()]);
        let ty = self.ty.clone();
        self.equal(&ty, &format!("{GROUND}1"), &json('1'));
        let bus = format!("{}bus", target.snake.replace('_', ""));
        self.target = Some(Target { one: target.clone(), bus, base });
    }

    /// What one of the list is called.
    fn singular(&self) -> Name {
        let stems = ["ies", "es", "s"].into_iter().filter_map(|end| {
            let stem = self.name.strip_suffix(end).filter(|stem| !stem.is_empty())?;
            Some(Name::of(&if end == "ies" { format!("{stem}y") } else { stem.to_owned() }))
        });
        let mut found = stems.filter(|one| one.plural().snake == self.name && !one.is_word_of_rust());
        found.next().unwrap_or_else(|| Name::of(&format!("{}_item", self.name)))
    }
}
