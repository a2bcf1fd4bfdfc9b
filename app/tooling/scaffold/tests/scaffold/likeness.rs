//! Films are what the templates are checked against: what is generated from their description has the shape of what was
//! written by hand.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use syn::{ImplItem, Item};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

/// The files whose shape is compared: all of both crates but what films alone have.
const FILES: &[&str] = &[
    "business/domain/moviebus/src/lib.rs",
    "business/domain/moviebus/src/event.rs",
    "business/domain/moviebus/src/filter.rs",
    "business/domain/moviebus/src/model.rs",
    "business/domain/moviebus/src/store.rs",
    "app/domain/movieapp/src/lib.rs",
    "app/domain/movieapp/src/error.rs",
    "app/domain/movieapp/src/filter.rs",
    "app/domain/movieapp/src/model.rs",
    "app/domain/movieapp/src/route.rs",
];

/// When this fails, a template and the films went apart: give the other what the one has got. What they differ by on
/// purpose is in the snapshot; it may become shorter.
#[test]
fn what_is_generated_has_the_shape_of_what_was_written_by_hand() {
    let generated = scaffold::generated(Path::new(ROOT), "movie").unwrap();
    let mut differences = String::new();
    let (mut alike, mut apart) = (0, 0);
    for path in FILES {
        let written = shape(&std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap());
        let (_, text) = generated.iter().find(|(known, _)| known == path).expect(path);
        let generated = shape(text);
        alike += written.intersection(&generated).count();
        apart += written.symmetric_difference(&generated).count();
        let _ = writeln!(differences, "{path}");
        for (side, items) in
            [("by hand", written.difference(&generated)), ("generated", generated.difference(&written))]
        {
            for item in items {
                let _ = writeln!(differences, "  {side}: {item}");
            }
        }
    }
    assert!(alike > apart, "{alike} items are alike, {apart} are not");
    insta::assert_snapshot!(differences);
}

/// What a file has, each with its signature: the bodies are its own.
fn shape(text: &str) -> BTreeSet<String> {
    let file = syn::parse_file(text).unwrap();
    file.items.iter().flat_map(of_item).collect()
}

fn of_item(item: &Item) -> Vec<String> {
    match item {
        Item::Mod(item) => vec![format!("mod {}", item.ident)],
        Item::Struct(item) => vec![format!("{} struct {}", text(&item.vis), item.ident)],
        Item::Enum(item) => {
            let variants = item.variants.iter().map(|variant| format!("{}::{}", item.ident, variant.ident));
            variants.chain([format!("{} enum {}", text(&item.vis), item.ident)]).collect()
        }
        Item::Const(item) => vec![format!("{} const {}", text(&item.vis), item.ident)],
        Item::Static(item) => vec![format!("{} static {}", text(&item.vis), item.ident)],
        Item::Macro(item) => vec![format!("macro {}", text(&item.mac.path))],
        Item::Fn(item) => vec![format!("{} {}", text(&item.vis), text(&item.sig))],
        Item::Impl(item) => {
            let of = match &item.trait_ {
                Some((path, _)) => format!("{} for {}", text(path), text(&item.self_ty)),
                None => text(&item.self_ty),
            };
            let methods = item.items.iter().filter_map(|inner| match inner {
                ImplItem::Fn(method) => Some(format!("{of}: {} {}", text(&method.vis), text(&method.sig))),
                ImplItem::Const(inner) => Some(format!("{of}: const {}", inner.ident)),
                _ => None,
            });
            methods.collect()
        }
        _ => Vec::new(),
    }
}

fn text(code: &impl quote::ToTokens) -> String {
    code.to_token_stream().to_string()
}
