//! What follows from the type of a member, in code.

use crate::face::Face;

impl Face {
    /// What follows from the rest.
    pub(super) fn finish(&mut self, row: &str) {
        let (name, ty) = (self.name.clone(), self.ty.clone());
        self.model_ty = if self.optional { format!("Option<{ty}>") } else { ty.clone() };
        self.stored(&name, &ty);
        self.shown_in_json(row, &name, &ty);
        (self.shown_sample, self.shown_other) = match self.kind {
            "timestamptz" => ("\"2030-01-01T20:00:00Z\"".to_owned(), "\"2030-01-02T20:00:00Z\"".to_owned()),
            _ => (self.json_sample.clone(), self.json_other.clone()),
        };
        self.schema_format = match self.kind {
            "timestamptz" => "format = DateTime",
            "date" => "format = Date",
            "email" => "format = \"email\"",
            "url" => "format = \"uri\"",
            "json" => "value_type = Object",
            _ => "",
        };
        if matches!(self.kind, "uuid" | "ref" | "email") {
            self.vis = "pub(crate) ";
        }
        self.filter_bind = match self.kind {
            "enum" => ".as_str()",
            "email" => ".as_str().to_owned()",
            "ref" => ".uuid()",
            _ => "",
        };
        self.seed = self.seeded();
        if self.optional {
            self.null = ".describe(\"Null when there is none.\")".to_owned();
        }
        let upper = &self.upper;
        let (new, patch) = if self.kind == "money" { ("NEW_", "UPDATE_") } else { ("", "") };
        self.read = match (&self.default, self.kind) {
            (Some(default), _) => format!("object.defaulted(\"{name}\", &{upper}, {default})"),
            (None, "list") => format!("object.defaulted(\"{name}\", &{upper}, Vec::<String>::new())"),
            (None, "json") => format!("object.defaulted(\"{name}\", &{upper}, json!({{}}))"),
            (None, _) if self.optional => format!("object.nullable(\"{name}\", &{new}{upper})"),
            (None, _) => format!("object.required(\"{name}\", &{new}{upper})"),
        };
        let verb = if self.optional { "patch_nullable" } else { "patch" };
        self.read_patch = format!("object.{verb}(\"{name}\", &{patch}{upper})");
        for text in [&mut self.compare, &mut self.compare_present] {
            *text = text.replace("ROW", row);
        }
        for filter in &mut self.filters {
            filter.selects = filter.selects.replace("ROW", row);
        }
        self.ordered();
    }

    /// A value of a row that a development machine starts with. What is restored is not checked again.
    fn seeded(&self) -> String {
        let (name, ty) = (&self.name, &self.ty);
        let value = match self.kind {
            "text" if self.example.len() < 12 => format!("{ty}::restore(number.to_string())"),
            "text" => format!("{ty}::restore(format!(\"{} {{number}}\"))", self.capital_words()),
            "int" | "bigint" if self.unique => format!("{ty}::restore({} + {ty}::MIN)", self.number("number")),
            "int" | "bigint" => format!("{ty}::restore({ty}::MIN + 1)"),
            "decimal" => format!("{ty}::restore(Decimal::new(number.into(), {ty}::PLACES))"),
            "money" => {
                format!("{ty}::restore(Money {{ amount: 899 + 100 * i64::from(number), currency: Currency::USD }})")
            }
            "bool" => "number % 2 == 0".to_owned(),
            "date" => "types::now().date_naive()".to_owned(),
            "timestamptz" => "types::now()".to_owned(),
            "uuid" => "Uuid::now_v7()".to_owned(),
            "enum" => format!("{ty}::{}", self.variants.first().map(|word| word.pascal.as_str()).unwrap_or_default()),
            "email" => format!("Email::restore(format!(\"{name}-{{number}}@example.com\"))"),
            "url" => "HttpUrl::restore(format!(\"https://example.com/{number}\"))".to_owned(),
            "json" => "Document::restore(json!({}))".to_owned(),
            "list" => format!("{ty}::restore(vec![\"one\".to_owned()])"),
            _ => self.target.as_ref().map(|target| format!("{}.id", target.one.snake)).unwrap_or_default(),
        };
        if self.optional { format!("Some({value})") } else { value }
    }

    fn number(&self, number: &str) -> String {
        if self.kind == "bigint" { format!("i64::from({number})") } else { number.to_owned() }
    }

    fn capital_words(&self) -> String {
        crate::render::capital(&self.words)
    }

    /// The method that gives what a column holds; none where the value itself does.
    fn method(&self) -> Option<&'static str> {
        match self.kind {
            "text" | "enum" | "email" | "url" => Some("as_str"),
            "int" | "bigint" | "decimal" => Some("number"),
            "json" => Some("value"),
            "ref" => Some("uuid"),
            _ => None,
        }
    }

    /// `place`, a value or a place for one, as what a column holds.
    fn mapped(&self, place: &str) -> String {
        let by_ref = if self.copies { "" } else { ".as_ref()" };
        match self.method() {
            Some(method) => format!("{place}{by_ref}.map({}::{method})", self.ty),
            None => place.to_owned(),
        }
    }

    /// What is bound, and what is made of a row.
    fn stored(&mut self, name: &str, ty: &str) {
        match (self.kind, self.optional) {
            ("money", false) => {
                self.binds =
                    vec![format!("{name}.money().amount"), format!("{name}.money().currency.as_str().to_owned()")];
                self.update_binds = vec![
                    format!("{name}.map(|money| money.amount)"),
                    format!("{name}.map(|money| money.currency.as_str().to_owned())"),
                ];
                self.restore = format!(
                    "{ty}::restore(Money {{ amount: row.{name}_amount, currency: Currency::restore(&row.{name}_currency) }})"
                );
            }
            ("money", true) => {
                let (amount, currency) = (
                    format!("{name}.map(|own| own.money().amount)"),
                    format!("{name}.map(|own| own.money().currency.as_str().to_owned())"),
                );
                self.binds = vec![amount.clone(), currency.clone()];
                self.update_binds = vec![format!("keep_{name}"), amount, format!("keep_{name}"), currency];
                self.restore = format!(
                    "row.{name}_amount.zip(row.{name}_currency.as_deref()).map(|(amount, currency)| \
                     {ty}::restore(Money {{ amount, currency: Currency::restore(currency) }}))"
                );
            }
            ("list", _) => {
                self.binds = vec![format!("{name}.texts()")];
                self.update_binds = vec![format!("update.{name}.as_ref().map({ty}::texts)")];
                self.restore = format!("{ty}::restore(row.{name})");
            }
            (_, optional) => {
                let plain =
                    |place: &str| self.method().map_or(place.to_owned(), |method| format!("{place}.{method}()"));
                self.binds = vec![if optional { self.mapped(name) } else { plain(name) }];
                self.update_binds = match optional {
                    true => vec![format!("keep_{name}"), self.mapped(name)],
                    false => vec![self.mapped(&format!("update.{name}"))],
                };
                self.restore = match (self.kind, optional) {
                    ("enum", true) => format!("row.{name}.as_deref().map({ty}::restore)"),
                    ("enum", false) => format!("{ty}::restore(&row.{name})"),
                    (_, true) if self.method().is_some() => format!("row.{name}.map({ty}::restore)"),
                    (_, false) if self.method().is_some() => format!("{ty}::restore(row.{name})"),
                    _ => format!("row.{name}"),
                };
            }
        }
    }

    /// The type of the member in a representation, and the expression.
    fn shown_in_json(&mut self, row: &str, name: &str, ty: &str) {
        let place = format!("{row}.{name}");
        // An expression over `OWN`, and whether that is a reference.
        let (json_ty, of_own) = match self.kind {
            "text" | "email" | "url" => ("String", "OWN.as_str().to_owned()"),
            "decimal" => ("String", "OWN.number().to_string()"),
            "date" => ("String", "OWN.to_string()"),
            "timestamptz" => ("String", "rfc3339(OWN)"),
            "money" => ("Money", "OWN.money().into()"),
            "enum" => ("&'static str", "OWN.as_str()"),
            "json" => ("Value", "OWN.value().clone()"),
            "list" => ("Vec<String>", "OWN.texts()"),
            "uuid" => ("Uuid", "OWN"),
            "ref" => ("Uuid", "OWN.uuid()"),
            "bool" => ("bool", "OWN"),
            _ => (self.number_ty, "OWN.number()"),
        };
        self.json_ty = if self.optional { format!("Option<{json_ty}>") } else { json_ty.to_owned() };
        self.json = match (self.kind, self.optional) {
            (_, false) => of_own.replace("OWN", &place),
            ("bool" | "uuid", true) => place,
            ("timestamptz", true) => format!("{place}.map(rfc3339)"),
            ("enum", true) => format!("{place}.map({ty}::as_str)"),
            ("int" | "bigint", true) => format!("{place}.map({ty}::number)"),
            ("ref", true) => format!("{place}.map({ty}::uuid)"),
            (_, true) => {
                let by_ref = if self.copies { "" } else { ".as_ref()" };
                format!("{place}{by_ref}.map(|own| {})", of_own.replace("OWN", "own"))
            }
        };
    }

    /// How tests compare two by it: empty ones come last in both directions.
    fn ordered(&mut self) {
        let name = &self.name;
        let compared = match self.kind {
            "text" => "OWN.as_str().to_lowercase()",
            "enum" | "email" => "OWN.as_str().to_owned()",
            "money" => "OWN.money().amount",
            _ => "OWN",
        };
        let of = |row: &str| compared.replace("OWN", &format!("{row}.{name}"));
        self.order = match self.optional {
            false => format!("turn({}.cmp(&{}), direction)", of("a"), of("b")),
            true => {
                let by_ref = if self.copies { "" } else { ".as_ref()" };
                let of = |row: &str| match compared {
                    "OWN" => format!("{row}.{name}"),
                    _ => format!("{row}.{name}{by_ref}.map(|own| {})", compared.replace("OWN", "own")),
                };
                format!("present_first({}, {}, direction)", of("a"), of("b"))
            }
        };
    }
}
