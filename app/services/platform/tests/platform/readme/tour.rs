//! The commands of a tour, in one shell, one after the other.

use std::path::Path;
use std::process::{Command, Stdio};

/// Between the outputs of two commands.
const BORDER: &str = "======== next stop ========";

/// Where a tour takes place.
pub(crate) struct Ground<'a> {
    /// Where the shell begins.
    pub(crate) folder: &'a Path,
    /// What the commands know besides.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Addresses as they are written, and the ones that stand for them here.
    pub(crate) places: Vec<(&'static str, String)>,
}

/// What came of the commands.
pub(crate) struct Told {
    /// The output of each.
    pub(crate) outputs: Vec<String>,
    /// What all of them said beside it.
    pub(crate) errors: String,
}

/// Runs the commands. The first that fails ends the tour, and so does a name that nobody gave.
pub(crate) fn run(commands: &[&str], ground: &Ground) -> Told {
    let border = format!("\nprintf '\\n{BORDER}\\n'\n");
    let places: Vec<(&str, &str)> = ground.places.iter().map(|(written, here)| (*written, here.as_str())).collect();
    let script = replaced(&commands.join(&border), &places);
    // What a tour left running ends with it.
    let script = format!("trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n{script}");
    let output = Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-c", &script])
        .current_dir(ground.folder)
        .envs(ground.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let places: Vec<(&str, &str)> = places.into_iter().map(|(written, here)| (here, written)).collect();
    let text = replaced(&String::from_utf8(output.stdout).unwrap(), &places);
    let outputs: Vec<String> = text.split(BORDER).map(|output| output.trim_matches('\n').to_owned()).collect();
    let last = commands[outputs.len() - 1];
    let said = || format!("{}\n{errors}\n{}", outputs[outputs.len() - 1], logs(ground.folder));
    assert!(output.status.success(), "the tour ended with\n{last}\n{}", said());
    assert_eq!(outputs.len(), commands.len());
    Told { outputs, errors }
}

/// The text with each of `pairs` in place of its first. What was put in is not looked at again: a port may begin as another.
fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
    let mark = |index| format!("\u{1}{index}\u{1}");
    let marked =
        pairs.iter().enumerate().fold(text.to_owned(), |text, (index, (from, _))| text.replace(from, &mark(index)));
    pairs.iter().enumerate().fold(marked, |text, (index, (_, to))| text.replace(&mark(index), to))
}

/// The ends of the logs that the commands wrote, in the folder or one below.
fn logs(folder: &Path) -> String {
    let inside = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = inside(folder).flat_map(|path| if path.is_dir() { inside(&path).collect() } else { vec![path] });
    let logs = files.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    let ends = logs.map(|path| {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        format!("==> {} <==\n{}\n", path.display(), lines[lines.len().saturating_sub(200)..].join("\n"))
    });
    ends.collect()
}
