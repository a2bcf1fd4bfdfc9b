//! What operators learn of stores that fail.

use std::io::Write;
use std::sync::{Mutex, Once};

use apitest::{Raw, run};

use crate::faults;
use crate::ground::image;

/// What this process has logged since somebody asked.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::fmt().with_ansi(false).with_writer(|| Log).init());
}

/// The lines that have all of these.
fn lines(parts: &[&str]) -> usize {
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    log.lines().filter(|line| parts.iter().all(|part| line.contains(part))).count()
}

#[test]
fn a_store_that_does_not_take_a_medium_is_told_of_once() {
    listen();
    run(async {
        let (ground, how) = faults::ground(["logged one", "logged two", "logged three"]).await;
        how[2].take(std::time::Duration::from_millis(300));
        how[1].take(std::time::Duration::from_millis(300));
        how[0].die();
        ground.upload(&image(200_000)).await.expect(201);
        assert_eq!(lines(&["WARN", "store=\"logged one\"", "it was told to fail"]), 1);
        assert_eq!(lines(&["WARN", "store=\"logged two\""]) + lines(&["WARN", "store=\"logged three\""]), 0);
    });
}

#[test]
fn a_medium_that_breaks_off_while_it_is_read_is_told_of() {
    listen();
    run(async {
        let (ground, how) = faults::ground(["one", "two", "three"]).await;
        let link = ground.link(&image(20_000)).await;
        let medium_id = link.split(['/', '?']).nth(3).unwrap();
        how.iter().for_each(|how| how.break_after(1500));
        let mut raw = Raw::connect(&ground.api).await;
        raw.send(format!("GET {link} HTTP/1.1\r\nHost: films\r\nConnection: close\r\n\r\n")).await;
        raw.finish().await;
        assert_eq!(lines(&["WARN", medium_id, "it was told to fail"]), 1);
    });
}
