//! One of a few: true and false, the words of an enumeration.

use super::check;
use crate::face::Face;
use crate::name::Name;

impl Face {
    pub(in crate::face) fn boolean(&mut self) {
        self.kind = "bool";
        self.copies = true;
        self.ty = "bool".to_owned();
        self.column("", "bool", "boolean");
        self.generated = vec!["n % 2 = 0".to_owned()];
        let [yes, no] = ["true", "false"].map(str::to_owned);
        // The first of the numbered that is patched has false.
        self.samples([yes.clone(), no.clone()], [yes.clone(), no, yes]);
        self.numbers("number % 2 == 0".to_owned(), "number.is_multiple_of(2)".to_owned());
        self.refuses(["\"true\"", "0"].map(str::to_owned));
        self.equal("bool", "true", "true");
    }

    pub(in crate::face) fn choice(&mut self, variants: &[Name], table: &str) {
        let (name, pascal) = (self.name.clone(), self.pascal.clone());
        self.kind = "enum";
        self.typed = true;
        self.copies = true;
        self.ty = pascal.clone();
        self.variants = variants.to_vec();
        self.shown = Some("as_str");
        self.column("", "String", "text COLLATE \"C\"");
        let list = |quote: char| {
            let quoted: Vec<String> =
                variants.iter().map(|variant| format!("{quote}{}{quote}", variant.snake)).collect();
            quoted.join(", ")
        };
        self.checks.push(check(table, &name, "known", format!("{name} IN ({})", list('\''))));
        self.violations.push(check(table, &name, "known", format!("{name} = 'surplus'")));
        self.strange = Some(format!("{name} = 'surplus'"));
        self.text_key(&name);
        self.generated = vec![format!("(ARRAY[{}])[1 + n % {}]", list('\''), variants.len())];
        let of = |variant: &Name| format!("{pascal}::{}", variant.pascal);
        let json = |variant: &Name| format!("{:?}", variant.snake);
        // The first of the numbered that is patched has the second.
        let (one, other) = (&variants[0], &variants[1]);
        self.samples([of(one), of(other)], [json(one), json(other), json(one)]);
        self.numbers(
            format!("{pascal}::ALL[(number % {}) as usize]", variants.len()),
            format!("([{}][number % {}])", list('"'), variants.len()),
        );
        self.refuses(["\"surplus\"".to_owned(), format!("{:?}", one.pascal), "1".to_owned()]);
        self.filter_typed = true;
        self.equal(&pascal, &one.snake, &json(one));
    }
}
