//! Settings on the command line.

use std::time::Duration;

use clap::{Args, FromArgMatches, error::ErrorKind};
use settings::Flags;

use crate::Given;

#[test]
fn help_lists_every_key_with_its_default_its_meaning_and_its_variable() {
    let command = clap::Command::new("program").args(settings::arguments());
    let help = command.try_get_matches_from(["program", "--help"]).unwrap_err();
    assert_eq!(help.kind(), ErrorKind::DisplayHelp);
    let help = help.to_string();
    for key in settings::keys() {
        assert!(help.contains(&format!("--{} <VALUE>", key.name)), "{}", key.name);
        assert!(help.contains(&format!("[default: {}] [variable: {}]", key.default, key.variable())), "{}", key.name);
    }
    let drain = help.split("--web.drain").nth(1).unwrap().split("--web.shutdown").next().unwrap();
    insta::assert_snapshot!(drain, @r#"
        <VALUE>
                 How long requests are still served after SIGTERM while /readyz already answers 503: the time load
                 balancers need to notice.
                 [default: "5s"] [variable: MARQUEE__WEB__DRAIN]
        "#);
}

#[test]
fn a_key_is_a_flag_in_both_spellings() {
    for flag in ["--web.body_timeout=1s", "--web.body-timeout=1s", "--set=web.body_timeout=1s"] {
        let loaded = Given::default().arguments(&[flag]).loaded();
        assert_eq!(loaded.settings.web.body_timeout, Duration::from_secs(1), "{flag}");
    }
}

#[test]
fn a_negative_value_is_a_value_not_a_flag() {
    let errors = Given::default().arguments(&["--db.max_connections", "-1"]).refused();
    assert_eq!(errors.faults().len(), 1, "{errors}");
}

#[test]
fn an_assignment_without_a_value_is_refused_without_repeating_it() {
    let errors = Given::default().arguments(&["--set", "hunter2"]).refused();
    assert!(errors.to_string().contains("KEY=VALUE"), "{errors}");
    assert!(!errors.to_string().contains("hunter2"), "{errors}");
}

#[test]
fn a_program_with_subcommands_takes_the_file_and_set_before_or_after_them() {
    for arguments in [["p", "--set", "web.drain=1s", "show"], ["p", "show", "--set", "web.drain=1s"]] {
        let command = Flags::augment_args(clap::Command::new("p").subcommand(clap::Command::new("show")));
        let flags = Flags::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap();
        assert_eq!(flags.set, ["web.drain=1s"]);
        assert_eq!(flags.keys, vec![]);
    }
}
