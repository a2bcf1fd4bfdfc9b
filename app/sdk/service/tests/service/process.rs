//! An example of this crate, as a process.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running process, and its log as it comes.
pub(crate) struct Process {
    pub(crate) child: Child,
    lines: mpsc::Receiver<Value>,
    pub(crate) url: String,
    pub(crate) debug: String,
}

pub(crate) fn command(example: &str, settings: &[&str]) -> Command {
    // Examples are built beside the tests.
    let tests = std::env::current_exe().unwrap();
    let mut command = Command::new(tests.parent().unwrap().parent().unwrap().join("examples").join(example));
    command.args(["web.api_host=127.0.0.1:0", "web.debug_host=127.0.0.1:0", "web.workers=1"]);
    command.args(["telemetry.log_format=json"]).args(settings);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Process {
    pub(crate) fn start(example: &str, settings: &[&str]) -> Self {
        let mut child = command(example, settings).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).expect(&line));
            }
        });
        let mut process = Self { child, lines, url: String::new(), debug: String::new() };
        let ready = process.wait_for("ready");
        process.url = ready["url"].as_str().unwrap().to_owned();
        process.debug = ready["debug"].as_str().unwrap().to_owned();
        process
    }

    pub(crate) fn wait_for(&self, message: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(10)).expect(message);
            if line["message"].as_str().is_some_and(|text| text.starts_with(message)) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub(crate) fn exit(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(15), "it should have ended");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) async fn status(url: &str, path: &str) -> u16 {
    reqwest::get(format!("{url}{path}")).await.unwrap().status().as_u16()
}
