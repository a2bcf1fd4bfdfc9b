//! Where PostgreSQL's programs are on this system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;

/// The oldest major version that is accepted.
pub const MINIMUM_VERSION: u32 = 15;

/// A folder with the programs of one PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    /// The folder that holds `postgres`, `initdb`, `pg_ctl`.
    pub dir: PathBuf,
    /// The major version, such as 17.
    pub major: u32,
}

impl Binaries {
    /// All usable PostgreSQLs: the one on `PATH` first, then those of the distributions and of Homebrew, newest first.
    ///
    /// With `only`, nothing but these folders is looked at.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none.
    pub fn find_all(only: Option<&[PathBuf]>) -> Result<Vec<Self>, Error> {
        let mut found = Vec::new();
        let mut rejected = Vec::new();
        for dir in only.map_or_else(candidates, <[PathBuf]>::to_vec) {
            match Self::examine(&dir) {
                Ok(Some(binaries)) if !found.contains(&binaries) => found.push(binaries),
                Ok(_) => {}
                Err(reason) => rejected.push(reason),
            }
        }
        if found.is_empty() {
            return Err(Error::NotFound { minimum: MINIMUM_VERSION, rejected, install: install_command() });
        }
        Ok(found)
    }

    /// The path of one of the programs.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// `None` when there is no PostgreSQL here, an error text when there is one that cannot be used.
    fn examine(dir: &Path) -> Result<Option<Self>, String> {
        // A link in a bin folder leads to where its siblings are; a wrapper script stays where it is.
        let Ok(postgres) = dir.join("postgres").canonicalize() else {
            return Ok(None);
        };
        let is_complete = |dir: &&Path| ["initdb", "pg_ctl"].iter().all(|p| dir.join(p).exists());
        let Some(home) = [postgres.parent(), Some(dir)].into_iter().flatten().find(is_complete) else {
            return Err(format!("{} lacks initdb or pg_ctl", dir.display()));
        };
        let output = Command::new(home.join("postgres"))
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", home.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        match major_version(&text) {
            Some(major) if major >= MINIMUM_VERSION => Ok(Some(Self { dir: home.to_owned(), major })),
            Some(major) => Err(format!("{} is version {major}", home.display())),
            None => Err(format!("{} does not tell its version", home.display())),
        }
    }
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `... 18beta2`.
fn major_version(text: &str) -> Option<u32> {
    let version = text.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

fn candidates() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = on_path().into_iter().collect();
    let mut numbered = Vec::new();
    for (parent, prefix, rest) in [
        ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
        ("/opt/homebrew/opt", "postgresql@", "bin"), // Homebrew, Apple silicon
        ("/usr/local/opt", "postgresql@", "bin"),    // Homebrew, Intel
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
        ("/usr", "pgsql-", "bin"),          // PGDG on Fedora, RHEL
        ("/usr/libexec", "postgresql", ""), // Alpine
        ("/Library/PostgreSQL", "", "bin"), // EDB installer
    ] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(prefix));
            if let Some(major) = number.and_then(|number| number.parse::<u32>().ok()) {
                numbered.push((major, entry.path().join(rest)));
            }
        }
    }
    numbered.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    dirs.extend(numbered.into_iter().map(|(_, dir)| dir));
    dirs.extend(["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin"].map(PathBuf::from));
    dirs
}

/// The shell's own search, so that the environment is read by the one it is meant for.
fn on_path() -> Option<PathBuf> {
    let output = Command::new("/bin/sh").args(["-c", "command -v postgres"]).stdin(Stdio::null()).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_absolute().then(|| path.parent().map(Path::to_owned))?
}

fn install_command() -> String {
    let has = |tool: &str| {
        ["/usr/bin", "/bin", "/opt/homebrew/bin", "/usr/local/bin"].iter().any(|dir| Path::new(dir).join(tool).exists())
    };
    let apt = "sudo apt-get install postgresql postgresql-contrib";
    let dnf = "sudo dnf install postgresql-server postgresql-contrib";
    let brew = "brew install postgresql@17";
    match () {
        () if has("apt-get") => apt.to_owned(),
        () if has("dnf") => dnf.to_owned(),
        () if has("brew") || cfg!(target_os = "macos") => brew.to_owned(),
        () => format!("{apt}`, `{dnf}` or `{brew}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_distributions_print() {
        for (text, major) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta2\n", Some(18)),
            ("postgres (PostgreSQL) 9.6.24", Some(9)),
            ("postgres (EnterpriseDB) 16.1", None),
            ("", None),
        ] {
            assert_eq!(major_version(text), major, "{text}");
        }
    }
}
