//! A crate as far as statements are concerned: its macros of columns, its constants, its rows, its functions.

use std::collections::HashMap;

use syn::visit::{self, Visit};
use syn::{Expr, Fields, ImplItemFn, Item, ItemConst, ItemFn, ItemMacro, ItemMod, ItemStruct, ItemType, Type};

use crate::sources::{self, Source};
use crate::{Error, Tree};

/// Crates that only tests use.
const TEST_GROUND: &[&str] = &["apitest", "dbtest", "natstest", "otlptest"];

/// A comment with this and a reason, on the line above a field.
const NEVER_NULL: &str = "check: never null:";

/// The rooms whose crates are looked at.
const ROOMS: &[&str] = &["business/domain", "business/sdk", "app/domain", "app/sdk", "app/services", "app/tooling"];

/// A crate.
pub(crate) struct Krate {
    pub(crate) files: Vec<File>,
    /// Structs that are made from rows, by name.
    pub(crate) records: HashMap<String, Record>,
    /// What a name stands for.
    pub(crate) aliases: HashMap<String, Type>,
}

/// A file of a crate.
pub(crate) struct File {
    pub(crate) path: String,
    /// Where texts that are included are read.
    pub(crate) tree: Tree,
    /// The lines, for the remarks that a syntax tree has not.
    pub(crate) lines: Vec<String>,
    /// What each `macro_rules!` without arguments stands for.
    pub(crate) macros: HashMap<String, Expr>,
    /// Constants outside of functions.
    pub(crate) consts: HashMap<String, Expr>,
    pub(crate) functions: Vec<Function>,
}

/// A function or a method.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) signature: syn::Signature,
    pub(crate) block: syn::Block,
}

/// A struct that is made from a row.
pub(crate) struct Record {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) fields: Vec<Field>,
}

/// A field of it.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) kind: Type,
    /// The rest of another struct is read from the same row.
    pub(crate) flatten: bool,
    /// It need not be there.
    pub(crate) default: bool,
    /// A remark above says why its column is never null where it is read.
    pub(crate) never_null: bool,
}

/// Every crate that ships, with statements or without.
pub(crate) fn crates(tree: &Tree) -> Result<Vec<Krate>, Error> {
    let mut found = Vec::new();
    for room in ROOMS {
        for folder in tree.folders(room)? {
            let name = folder.rsplit('/').next().unwrap_or_default();
            if !TEST_GROUND.contains(&name) {
                found.push(krate(tree, &folder)?);
            }
        }
    }
    Ok(found)
}

fn krate(tree: &Tree, folder: &str) -> Result<Krate, Error> {
    let mut krate = Krate { files: Vec::new(), records: HashMap::new(), aliases: HashMap::new() };
    for Source { path, file } in sources::read(tree, folder)? {
        let lines = tree.read(&path)?.lines().map(str::to_owned).collect();
        let file_of = File {
            path,
            tree: tree.clone(),
            lines,
            macros: HashMap::new(),
            consts: HashMap::new(),
            functions: Vec::new(),
        };
        let mut reader = Reader { file: file_of, records: &mut krate.records, aliases: &mut krate.aliases };
        reader.visit_file(&file);
        krate.files.push(reader.file);
    }
    Ok(krate)
}

impl File {
    /// The reason that a line above allows, if one does.
    pub(crate) fn allowed(&self, line: usize) -> Option<String> {
        self.remark(line, super::ALLOWED)
    }

    fn remark(&self, line: usize, word: &str) -> Option<String> {
        let above = self.lines.get(line.checked_sub(2)?)?;
        above.split_once(word).map(|(_, reason)| reason.trim().to_owned()).filter(|reason| !reason.is_empty())
    }
}

struct Reader<'a> {
    file: File,
    records: &'a mut HashMap<String, Record>,
    aliases: &'a mut HashMap<String, Type>,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !sources::is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Const(ItemConst { ident, expr, .. }) = item {
            self.file.consts.insert(ident.to_string(), (**expr).clone());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let (signature, block) = (item.sig.clone(), (*item.block).clone());
        self.file.functions.push(Function { name: signature.ident.to_string(), signature, block });
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.file.consts.insert(item.ident.to_string(), item.expr.clone());
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let (signature, block) = (item.sig.clone(), item.block.clone());
        self.file.functions.push(Function { name: signature.ident.to_string(), signature, block });
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        // `() => { "a, b" };` alone: what takes arguments is no text.
        let Some(name) = &item.ident else { return };
        let arm = item.mac.parse_body_with(|input: syn::parse::ParseStream<'_>| {
            let arguments;
            syn::parenthesized!(arguments in input);
            if !arguments.is_empty() {
                return Err(input.error("it takes arguments"));
            }
            input.parse::<syn::Token![=>]>()?;
            let body;
            syn::braced!(body in input);
            let expression: Expr = body.parse()?;
            input.parse::<Option<syn::Token![;]>>()?;
            Ok(expression)
        });
        if let Ok(expression) = arm {
            self.file.macros.insert(name.to_string(), expression);
        }
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.aliases.insert(item.ident.to_string(), (*item.ty).clone());
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        let derives = item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive"));
        let mut is_record = false;
        for attribute in derives {
            // A derive that does not parse is the compiler's business.
            let _ = attribute.parse_nested_meta(|meta| {
                is_record |= meta.path.segments.last().is_some_and(|segment| segment.ident == "FromRow");
                Ok(())
            });
        }
        if let (true, Fields::Named(fields)) = (is_record, &item.fields) {
            let fields = fields
                .named
                .iter()
                .filter_map(field)
                .map(|field| Field { never_null: self.file.remark(field.line, NEVER_NULL).is_some(), ..field });
            let fields = fields.collect();
            let (path, line) = (self.file.path.clone(), sources::line(item.ident.span()));
            self.records.insert(item.ident.to_string(), Record { path, line, fields });
        }
    }
}

/// The field, with what `#[sqlx(..)]` says of it; `None` for one that no column fills.
fn field(field: &syn::Field) -> Option<Field> {
    let ident = field.ident.as_ref()?;
    let mut found = Field {
        name: ident.to_string(),
        line: sources::line(ident.span()),
        kind: field.ty.clone(),
        flatten: false,
        default: false,
        never_null: false,
    };
    let mut is_skipped = false;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("sqlx")) {
        // As above.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("flatten") {
                found.flatten = true;
            } else if meta.path.is_ident("default") {
                found.default = true;
            } else if meta.path.is_ident("skip") {
                is_skipped = true;
            } else if meta.path.is_ident("rename") {
                found.name = meta.value()?.parse::<syn::LitStr>()?.value();
            }
            Ok(())
        });
    }
    (!is_skipped).then_some(found)
}
