//! The only place that writes to standard output or standard error.
//!
//! Standard output gets the answer, alone: text for people, or with `--json` one JSON document. Standard error gets
//! everything else. Colours are for terminals, and `NO_COLOR` turns them off.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use console::Style;
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::table::Table;

/// Where the answer of a command goes, and in which form.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

/// The answer of a command, in both forms.
#[derive(Debug)]
pub(crate) struct Reply {
    data: Value,
    text: Text,
    exit: Exit,
}

#[derive(Debug)]
enum Text {
    Lines(String),
    Table(Table),
    /// What a program reads: neither altered nor silenced.
    Document(Vec<u8>),
}

impl Reply {
    /// A sentence or a few.
    pub(crate) fn lines(data: Value, text: impl Into<String>) -> Self {
        Self { data, text: Text::Lines(text.into()), exit: Exit::Done }
    }

    /// A table.
    pub(crate) fn table(data: Value, table: Table) -> Self {
        Self { data, text: Text::Table(table), exit: Exit::Done }
    }

    /// A text for another program; `--json` gives `data`.
    pub(crate) fn document(data: Value, text: impl Into<Vec<u8>>) -> Self {
        Self { data, text: Text::Document(text.into()), exit: Exit::Done }
    }

    /// No answer but the exit code: another program has spoken.
    pub(crate) fn silent(exit: Exit) -> Self {
        Self { data: Value::Null, text: Text::Lines(String::new()), exit }
    }

    /// The same, with another exit code.
    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

impl Output {
    /// Writes the answer, and tells what the run came to.
    pub(crate) fn reply(&self, reply: Reply) -> Exit {
        let bytes = match reply.text {
            _ if self.json && reply.data.is_null() => Vec::new(),
            _ if self.json => format!("{:#}\n", reply.data).into_bytes(),
            Text::Document(bytes) => bytes,
            // Quiet is for scripts that want the exit code: a table is an answer, a sentence is talk.
            Text::Lines(_) if self.quiet => Vec::new(),
            Text::Lines(text) => ended(printable(&text)).into_bytes(),
            Text::Table(table) => {
                let header = if console::colors_enabled() { Style::new().bold() } else { Style::new() };
                table.render(&header).into_bytes()
            }
        };
        match write(io::stdout().lock(), &bytes) {
            Ok(()) => reply.exit,
            Err(error) => self.failure(&Failure::of(Exit::Failed, &error).context("the answer could not be written")),
        }
    }

    /// Writes why there is no answer.
    pub(crate) fn failure(&self, failure: &Failure) -> Exit {
        let text = if self.json {
            let body = json!({
                "error": failure.message,
                "causes": failure.causes,
                "mend": failure.mend,
                "exit": failure.exit as u8,
            });
            format!("{body}\n")
        } else {
            let red =
                if console::colors_enabled_stderr() { Style::new().for_stderr().red().bold() } else { Style::new() };
            let mut text = format!("{} {}\n", red.apply_to("error:"), printable(&failure.message));
            for cause in &failure.causes {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "  because: {}", printable(cause));
            }
            if let Some(mend) = &failure.mend {
                let _ = writeln!(text, "  try: {}", printable(mend));
            }
            text
        };
        // With standard error gone, there is nobody left to tell.
        let _ = write(io::stderr().lock(), text.as_bytes());
        failure.exit
    }

    /// A remark beside the answer, silenced by `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            let _ = write(io::stderr().lock(), ended(printable(text)).as_bytes());
        }
    }

    /// A remark for those who asked for more (`--verbose`).
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            let _ = write(io::stderr().lock(), ended(printable(text)).as_bytes());
        }
    }

    /// Help, version, and complaints about the command line.
    pub(crate) fn clap(error: &clap::Error) -> Exit {
        let _ = error.print();
        if error.use_stderr() { Exit::Usage } else { Exit::Done }
    }

    /// A progress bar on a terminal; elsewhere nothing.
    pub(crate) fn progress(&self, length: Option<u64>) -> indicatif::ProgressBar {
        if self.quiet || self.json || !io::stderr().is_terminal() {
            return indicatif::ProgressBar::hidden();
        }
        let (bar, template) = match length {
            Some(length) => {
                (indicatif::ProgressBar::new(length), "{bar:40} {percent:>3} %  {msg}  {elapsed}, {eta} to go")
            }
            None => (indicatif::ProgressBar::new_spinner(), "{spinner} {msg}  {elapsed}"),
        };
        // The templates are constants; the fallback is indicatif's own look.
        let style = indicatif::ProgressStyle::with_template(template);
        bar.with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
    }
}

/// Asks for a password on the terminal, without showing it. `None` without a terminal.
pub(crate) fn ask_password(prompt: &str) -> io::Result<Option<String>> {
    let terminal = console::Term::stderr();
    if !io::stdin().is_terminal() || !terminal.is_term() {
        return Ok(None);
    }
    terminal.write_str(prompt)?;
    terminal.read_secure_line().map(Some)
}

/// Text from outside must not steer the terminal: control characters are shown, not sent, and so are those that turn the
/// direction of what follows (UAX #9), which would let one name look like another.
pub(crate) fn printable(text: &str) -> String {
    let turns =
        |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if (c.is_control() && c != '\n') || turns(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn write(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
    match to.write_all(bytes).and_then(|()| to.flush()) {
        // The reader has seen enough, as in `admin routes | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
