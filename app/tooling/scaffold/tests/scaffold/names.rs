//! Names in every form.

use proptest::prelude::*;
use scaffold::Name;

#[test]
fn a_name_has_its_forms() {
    let name = Name::parse("price_list").unwrap();
    let forms = [name.snake.as_str(), &name.upper, &name.pascal, &name.words];
    assert_eq!(forms, ["price_list", "PRICE_LIST", "PriceList", "price list"]);
}

#[test]
fn several_are_called_as_english_has_it() {
    for (one, several) in [
        ("screening", "screenings"),
        ("box", "boxes"),
        ("branch", "branches"),
        ("gallery", "galleries"),
        ("day", "days"),
        ("price_list", "price_lists"),
    ] {
        assert_eq!(Name::parse(one).unwrap().plural().snake, several);
    }
}

#[test]
fn the_article_fits_the_name() {
    for (name, article) in [("order", "an"), ("screening", "a"), ("unit", "a"), ("item", "an")] {
        assert_eq!(Name::parse(name).unwrap().article(), article, "{name}");
    }
}

#[test]
fn what_is_no_name_is_refused() {
    for text in ["", "Screening", "1a", "a-b", "a__b", "a_", "_a", "v_1", "é", &"a".repeat(25)] {
        assert!(Name::parse(text).is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn two_names_differ_in_every_form(one in "[a-z]{1,4}(_[a-z]{1,4}){0,2}", other in "[a-z]{1,4}(_[a-z]{1,4}){0,2}") {
        prop_assume!(one != other);
        let (one, other) = (Name::parse(&one).unwrap(), Name::parse(&other).unwrap());
        prop_assert_ne!(one.pascal, other.pascal);
        prop_assert_ne!(one.words, other.words);
    }
}
