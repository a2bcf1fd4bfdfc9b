//! Folders and installations that cannot be used, and what the user is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pgcluster::{Cluster, Error, Options};

use crate::{folder, options};

#[test]
fn no_postgresql_at_all_names_the_command_that_installs_it() {
    let folder = folder();
    let mut options = options(&folder);
    options.bin_dirs = Some(vec![folder.path().to_owned()]);
    let error = Cluster::start(&options).unwrap_err();
    assert!(matches!(error, Error::NotFound { minimum: 15, .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("no PostgreSQL 15 or newer was found"), "{text}");
    assert!(text.contains("install") && text.contains("db.url"), "{text}");
}

#[test]
fn a_postgresql_that_is_too_old_is_passed_over_and_named() {
    let folder = folder();
    for program in ["postgres", "initdb", "pg_ctl"] {
        let path = folder.path().join(program);
        fs::write(&path, "#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut options = options(&folder);
    options.bin_dirs = Some(vec![folder.path().to_owned()]);
    let text = Cluster::start(&options).unwrap_err().to_string();
    assert!(text.contains("is version 14"), "{text}");
}

#[test]
fn data_of_another_version_are_left_alone() {
    let folder = folder();
    let options = options(&folder);
    Cluster::start(&options).unwrap().stop().unwrap();
    let version = options.data_dir.join("pgdata/PG_VERSION");
    fs::write(&version, "11\n").unwrap();
    let error = Cluster::start(&options).unwrap_err();
    assert!(matches!(error, Error::VersionMismatch { data: 11, .. }), "{error}");
    assert!(error.to_string().contains("install PostgreSQL 11"), "{error}");
}

#[test]
fn a_folder_that_holds_other_things_keeps_its_owner_and_permissions() {
    let folder = folder();
    let mut options = options(&folder);
    options.data_dir = folder.path().to_owned();
    fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    let before = fs::metadata(folder.path()).unwrap();
    let error = Cluster::start(&options).unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error}");
    let after = fs::metadata(folder.path()).unwrap();
    assert_eq!(before.permissions(), after.permissions());
}

#[test]
fn the_folder_of_the_socket_is_closed_to_others() {
    let folder = folder();
    let options = options(&folder);
    let cluster = Cluster::start(&options).unwrap();
    for dir in [options.data_dir.as_path(), cluster.socket().parent().unwrap()] {
        let mode = fs::metadata(dir).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", dir.display());
    }
}

#[test]
fn a_socket_path_that_is_too_long_is_refused_before_anything_is_made() {
    let folder = folder();
    let mut options = options(&folder);
    options.data_dir = folder.path().join("x".repeat(90));
    let error = Cluster::start(&options).unwrap_err();
    assert!(matches!(error, Error::SocketPathTooLong { .. }), "{error}");
    assert!(!options.data_dir.exists());

    // With the socket elsewhere the same folder will do.
    options.socket_dir = Some(folder.path().join("s"));
    Cluster::start(&options).unwrap();
}

#[test]
fn a_folder_that_the_account_of_postgresql_cannot_reach_is_named() {
    if !rustix::process::geteuid().is_root() {
        return; // only root runs PostgreSQL under another account
    }
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let error = Cluster::start(&Options::new(closed.join("deep/c"), "tester")).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Closed { .. }), "{text}");
    assert!(text.contains(closed.to_str().unwrap()) && text.contains("chmod o+x"), "{text}");
    assert!(!closed.join("deep").exists());
}

#[test]
fn a_server_that_does_not_start_says_why() {
    let folder = folder();
    let options = options(&folder).setting("shared_buffers", "plenty");
    let text = Cluster::start(&options).unwrap_err().to_string();
    assert!(text.contains("pg_ctl start failed"), "{text}");
    assert!(text.contains("shared_buffers") && text.contains("plenty"), "{text}");
}
