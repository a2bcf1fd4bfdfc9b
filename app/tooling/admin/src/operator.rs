//! Who runs the program.

/// The name that the operating system has for the person at the terminal: of whoever became root by `sudo`, their own.
pub(crate) fn name() -> String {
    let uid = uzers::get_current_uid();
    let name = uzers::get_user_by_uid(uid).map(|user| user.name().to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| format!("uid {uid}"));
    #[expect(clippy::disallowed_methods, reason = "who somebody is, is no setting")]
    let behind = std::env::var("SUDO_USER").ok().filter(|behind| uid == 0 && is_name(behind));
    match behind {
        Some(behind) => format!("{behind} (as {name})"),
        None => name,
    }
}

/// Whether the text is what a name of the system looks like: it comes from the environment.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-$".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_runs_this_has_a_name() {
        assert!(!name().is_empty());
    }

    #[test]
    fn a_name_from_the_environment_is_a_name_or_nothing() {
        assert!(is_name("grace.hopper-2"));
        for text in ["", "a b", "grace\nhopper", "\u{1b}[2J", &"a".repeat(65)] {
            assert!(!is_name(text), "{text:?}");
        }
    }
}
