//! Which passwords are too easy to guess: common ones, and those made of what everybody knows of their user.

use std::collections::HashSet;
use std::sync::LazyLock;

use types::{Email, Name, Password};

/// Why a password is too easy to guess, in words for whoever chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// It is one of those that many people choose, or nearly.
    #[error("must not be a common password, even with digits or punctuation added")]
    Common,
    /// It repeats itself or runs along the alphabet or the keyboard.
    #[error("must not be a pattern, such as a repetition or a run along the keyboard")]
    Pattern,
    /// Without the user's name and address and the product's name there is little left of it.
    #[error("must not consist mainly of your name, your mail address or the name of this service")]
    Personal,
}

/// What the service is called, which guessers try first.
const PRODUCT: &str = "marquee";

/// The fewest characters that make a part of a name worth looking for: shorter ones are in any password by chance.
const SHORTEST_TERM: usize = 3;

/// The fewest characters that must be left without the terms, digits and punctuation at the ends aside.
const SUBSTANCE: usize = 5;

/// The fewest different characters of a password.
const FEWEST_DIFFERENT: usize = 5;

/// The fewest characters that count as a run.
const SHORTEST_RUN: usize = 4;

/// What fingers and memory run along, in either direction.
const RUNS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
];

/// In lower case. See `data/README.md` for where they are from.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../data/common-passwords.txt").lines().collect());

/// Whether nobody guesses `password` soon who knows the user's address and name. Case never matters.
///
/// # Errors
/// What makes it easy to guess.
pub(crate) fn check(password: &Password, email: &Email, name: &Name) -> Result<(), Weakness> {
    let password = password.expose().to_lowercase();
    if is_common(&password) {
        return Err(Weakness::Common);
    }
    if is_pattern(&password) {
        return Err(Weakness::Pattern);
    }
    let rest = without(&password, &terms(email, name));
    if rest.len() < password.len()
        && (inner(&rest).chars().count() < SUBSTANCE || is_common(&rest) || is_pattern(&rest))
    {
        return Err(Weakness::Personal);
    }
    Ok(())
}

/// Whether it is a common password: as it is, without what people add to it, or several times over.
fn is_common(text: &str) -> bool {
    let (bare, start) = (inner(text), text.trim_end_matches(|c: char| !c.is_alphabetic()));
    let digits = text.trim_matches(|c: char| !c.is_alphanumeric());
    [text, digits, start, bare, unit(text), unit(bare)].iter().any(|form| COMMON.contains(form))
}

/// Whether there is nothing in it but few characters, or runs.
fn is_pattern(text: &str) -> bool {
    let different: HashSet<char> = text.chars().collect();
    different.len() < FEWEST_DIFFERENT || without_runs(text).chars().count() * 3 < text.chars().count()
}

/// What is left without the runs.
fn without_runs(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let (mut rest, mut at) = (String::new(), 0);
    while let Some(c) = text.get(at) {
        let length = RUNS.iter().map(|run| run_length(&text[at..], run)).max().unwrap_or(0);
        if length >= SHORTEST_RUN {
            at += length;
        } else {
            rest.push(*c);
            at += 1;
        }
    }
    rest
}

/// How many characters at the start of `text` follow each other in `run`, in either direction.
fn run_length(text: &[char], run: &str) -> usize {
    let length = |run: &[char]| {
        let starts = (0..run.len()).filter(|start| run.get(*start) == text.first());
        starts.map(|start| text.iter().zip(&run[start..]).take_while(|(a, b)| a == b).count()).max().unwrap_or(0)
    };
    let mut run: Vec<char> = run.chars().collect();
    let forward = length(&run);
    run.reverse();
    forward.max(length(&run))
}

/// What everybody knows: the address, its parts, the words of the name, the product; the longest first.
fn terms(email: &Email, name: &Name) -> Vec<String> {
    let address = email.as_str().to_lowercase();
    let name = name.as_str().to_lowercase();
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    // Of a domain's name the top level tells nothing.
    let company = domain.rsplit_once('.').map_or(domain, |(company, _)| company);
    let words = |text: &str| text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    let joined: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut terms =
        vec![PRODUCT.to_owned(), address.clone(), local.to_owned(), domain.to_owned(), name.clone(), joined];
    terms.extend(words(local));
    terms.extend(words(company));
    terms.extend(words(&name));
    terms.retain(|term| term.chars().count() >= SHORTEST_TERM);
    terms.sort_by_key(|term| std::cmp::Reverse(term.len()));
    terms
}

/// What is left when every term is cut out.
fn without(text: &str, terms: &[String]) -> String {
    terms.iter().fold(text.to_owned(), |rest, term| rest.replace(term.as_str(), ""))
}

/// Without digits and punctuation at the ends, which is where people add them.
fn inner(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphabetic())
}

/// The part that the text repeats; the text itself if it repeats none.
fn unit(text: &str) -> &str {
    let ends = text.char_indices().map(|(end, _)| end).filter(|end| *end > 0 && text.len().is_multiple_of(*end));
    let mut units = ends.map(|end| &text[..end]).filter(|unit| unit.repeat(text.len() / unit.len()) == text);
    units.next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judged(password: &str) -> Result<(), Weakness> {
        let email = Email::parse("ada.lovelace@analytical-engine.example").unwrap();
        check(&Password::parse(password).unwrap(), &email, &Name::parse("Ada Byron-King").unwrap())
    }

    #[test]
    fn the_list_has_thousands_of_common_passwords_in_one_form() {
        assert!(COMMON.len() > 20_000, "{}", COMMON.len());
        assert!(COMMON.iter().filter(|word| word.chars().count() >= Password::MIN).count() > 2000);
        for word in COMMON.iter() {
            assert!(
                word.len() >= 4 && word.is_ascii() && *word == word.to_lowercase() && word.trim() == *word,
                "{word:?}"
            );
        }
    }

    #[test]
    fn every_listed_password_is_refused_in_any_case_and_with_what_people_add() {
        for word in COMMON.iter() {
            let mut forms = vec![word.to_string(), word.to_uppercase()];
            if word.trim_matches(|c: char| !c.is_alphanumeric()).len() == word.len() {
                forms.extend([format!("{word}!!"), format!("?{word}.")]);
            }
            if word.ends_with(|c: char| c.is_ascii_lowercase()) {
                forms.extend([format!("{word}2024!"), format!("{word}_1234567890")]);
            }
            if !word.contains(|c: char| !c.is_ascii_lowercase()) {
                forms.extend([format!("1_{word}")]);
            }
            for form in forms {
                if let Ok(password) = Password::parse(&form) {
                    let email = Email::parse("zz@example.com").unwrap();
                    let judged = check(&password, &email, &Name::parse("Zz").unwrap());
                    assert!(judged.is_err(), "{form} was taken");
                }
            }
        }
    }

    #[test]
    fn what_many_people_choose_is_refused() {
        for password in [
            "password123",
            "PassWord123!",
            "1234567890",
            "0987654321",
            "qwertyuiop",
            "Qwertyuiop1!",
            "iloveyou2024",
            "administrator",
            "Administrator1",
            "princess!!!!",
            "!!!princess!!!",
            "passwordpassword",
            "PasswordPassword1",
            "dragondragon",
            "1q2w3e4r5t6y",
            "qwerty123456",
        ] {
            assert_eq!(judged(password), Err(Weakness::Common), "{password}");
        }
    }

    #[test]
    fn patterns_are_refused() {
        for password in [
            "aaaaaaaaaaaa",
            "abababababab",
            "abcdefghijklm",
            "zyxwvutsrqpon",
            "98765432109876",
            "20202020202020",
            "1qaz2wsx3edc4rfv",
            "asdfghjklqwertyuiop",
            "abcd1234efgh5678",
            "          ",
        ] {
            assert!(judged(password).is_err(), "{password} was taken");
        }
    }

    #[test]
    fn what_everybody_knows_of_a_user_does_not_make_a_password() {
        for password in [
            "marquee2024",
            "Marquee!Marquee!",
            "MarqueeMarquee1",
            "ada.lovelace@analytical-engine.example",
            "Ada.Lovelace",
            "adalovelace1815",
            "lovelace-ada-1",
            "AdaByronKing",
            "byron-king-1234",
            "analytical-engine",
            "engine.analytical!",
            "marquee-lovelace",
            "marquee-password",
            "lovelace123456",
            "xyz-lovelace",
        ] {
            assert_eq!(judged(password), Err(Weakness::Personal), "{password}");
        }
    }

    #[test]
    fn other_passwords_are_taken() {
        for password in [
            "marquee-dev-only",
            "correct horse battery",
            "canary-correct-horse",
            "another long one",
            "Vn7#kq!2pXz9",
            "lovelace wrote the first one",
            "der Zug nach Kyritz fährt",
            "日本語のパスワードです",
            "x9$ada!Qm2&tR",
            "tigger eats spiced honey",
        ] {
            assert_eq!(judged(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn a_short_name_and_a_short_address_forbid_nothing_by_chance() {
        let email = Email::parse("a@b.cd").unwrap();
        let password = Password::parse("baobab calabash").unwrap();
        assert_eq!(check(&password, &email, &Name::parse("A B").unwrap()), Ok(()));
    }

    proptest! {
        #[test]
        fn no_password_panics_and_case_never_matters(text in "\\PC{10,40}", name in "\\PC{1,20}") {
            let email = Email::parse("ada@example.com").unwrap();
            let Ok(name) = Name::parse(&name) else { return Ok(()) };
            let judged = |text: &str| Password::parse(text).map(|password| check(&password, &email, &name));
            let lower = text.to_lowercase();
            if lower == lower.to_uppercase().to_lowercase() {
                prop_assert_eq!(judged(&text), judged(&lower));
            }
        }

        #[test]
        fn random_passwords_are_taken(text in "[a-z]{5}[A-Z0-9]{8}[a-z]{5}") {
            prop_assert_eq!(judged(&text), Ok(()));
        }
    }
}
