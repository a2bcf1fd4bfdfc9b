//! A small workspace in a temporary folder, sound until something is planted in it.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be built fails its test")]

use std::collections::BTreeMap;
use std::fs;

use arch::{Rule, Violation};
use tempfile::TempDir;

/// A workspace that is read by the real `cargo metadata`.
pub(crate) struct Fixture {
    folder: TempDir,
    /// The manifests by folder: they are written when the fixture is checked.
    manifests: BTreeMap<String, Manifest>,
}

struct Manifest {
    name: String,
    head: String,
    lints: String,
    /// Section, dependency as it is written.
    dependencies: Vec<(String, String)>,
}

const OUTSIDE: &[&str] = &[
    "actix-web",
    "anyhow",
    "argon2",
    "clap",
    "config",
    "deadpool",
    "jsonwebtoken",
    "reqwest",
    "sqlx",
    "thiserror",
    "tracing",
    "tracing-subscriber",
];

impl Fixture {
    /// One domain through every layer, with the ground under it.
    pub(crate) fn sound() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), manifests: BTreeMap::new() }
            .has("foundation/problem")
            .has("foundation/keystore")
            .has("business/types")
            .has("business/sdk/sqldb")
            .has("business/sdk/migrate")
            .has("business/sdk/dbtest")
            .has("business/domain/moviebus")
            // A departure that is listed, so that it is not spent.
            .writes("business/domain/moviebus/src/stock.rs", "")
            .has("app/sdk/mux")
            .has("app/sdk/service")
            .has("app/sdk/apitest")
            .has("app/domain/movieapp")
            .has("app/services/catalog")
            .has("app/tooling/admin")
            .has("zarf/bench")
            .depends("business/sdk/sqldb", "dependencies", "sqlx")
            .depends("business/sdk/sqldb", "dependencies", "deadpool")
            .depends("business/sdk/sqldb", "dev-dependencies", "dbtest")
            .depends("business/sdk/migrate", "dependencies", "sqldb")
            .depends("business/sdk/dbtest", "dependencies", "migrate")
            .depends("business/domain/moviebus", "dependencies", "sqldb")
            .depends("business/domain/moviebus", "dependencies", "sqlx")
            .depends("business/domain/moviebus", "dependencies", "types")
            .depends("business/domain/moviebus", "dev-dependencies", "dbtest")
            .depends("app/sdk/mux", "dependencies", "actix-web")
            .depends("app/sdk/mux", "dependencies", "problem")
            .depends("app/sdk/mux", "dev-dependencies", "reqwest")
            .depends("app/sdk/service", "dependencies", "mux")
            .depends("app/sdk/service", "dependencies", "anyhow")
            .depends("app/sdk/apitest", "dependencies", "dbtest")
            .depends("app/sdk/apitest", "dependencies", "reqwest")
            .depends("app/domain/movieapp", "dependencies", "moviebus")
            .depends("app/domain/movieapp", "dependencies", "mux")
            .depends("app/domain/movieapp", "dev-dependencies", "apitest")
            // An edge that is listed, so that it is not spent.
            .depends("app/tooling/admin", "dependencies", "catalog")
            .depends("app/services/catalog", "dependencies", "movieapp")
            .depends("app/services/catalog", "dependencies", "service")
            .depends("app/services/catalog", "dependencies", "tracing")
            .depends("app/tooling/admin", "dependencies", "moviebus")
            .depends("app/tooling/admin", "dependencies", "clap")
            .depends("zarf/bench", "dependencies", "dbtest")
            .depends("zarf/bench", "dependencies", "sqlx")
            .writes("business/domain/moviebus/src/lib.rs", "//! Films.\nmod model;\nmod store;\n")
            .writes("business/domain/moviebus/src/model.rs", "")
            .writes("business/domain/moviebus/src/store.rs", "")
            .writes("business/sdk/migrate/migrations/0001_movies.sql", "")
            .writes("business/sdk/migrate/migrations/0002_users.sql", "")
            .writes("app/domain/movieapp/src/route.rs", "")
            .writes("app/domain/movieapp/src/model.rs", "")
            .writes("app/domain/movieapp/src/filter.rs", "")
            .writes("app/domain/movieapp/src/error.rs", "")
    }

    /// Adds a crate that breaks no rule by itself.
    pub(crate) fn has(mut self, folder: &str) -> Self {
        let name = folder.rsplit('/').next().unwrap().to_owned();
        let manifest = Manifest {
            head: format!("name = \"{name}\"\ndescription = \"One purpose.\"\nedition = \"2024\"\n"),
            name,
            lints: "[lints]\nworkspace = true\n".to_owned(),
            dependencies: Vec::new(),
        };
        self.manifests.insert(folder.to_owned(), manifest);
        self.writes(&format!("{folder}/src/lib.rs"), "")
    }

    /// Adds a dependency that is taken from the workspace.
    pub(crate) fn depends(self, folder: &str, section: &str, on: &str) -> Self {
        self.depends_as(folder, section, &format!("{on}.workspace = true"))
    }

    /// Adds a dependency as it is written.
    pub(crate) fn depends_as(mut self, folder: &str, section: &str, line: &str) -> Self {
        self.manifests.get_mut(folder).unwrap().dependencies.push((section.to_owned(), line.to_owned()));
        self
    }

    /// Takes a dependency on a crate away.
    pub(crate) fn drops(mut self, folder: &str, on: &str) -> Self {
        self.manifests.get_mut(folder).unwrap().dependencies.retain(|(_, line)| !line.starts_with(&format!("{on}.")));
        self
    }

    /// Replaces text in a manifest's `[package]` and `[lints]`.
    pub(crate) fn says(mut self, folder: &str, old: &str, new: &str) -> Self {
        let manifest = self.manifests.get_mut(folder).unwrap();
        assert!(manifest.head.contains(old) || manifest.lints.contains(old), "the fixture does not say {old}");
        manifest.head = manifest.head.replace(old, new);
        manifest.lints = manifest.lints.replace(old, new);
        self
    }

    /// Writes a file.
    pub(crate) fn writes(self, file: &str, text: &str) -> Self {
        let path = self.folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Deletes a file.
    pub(crate) fn deletes(self, file: &str) -> Self {
        fs::remove_file(self.folder.path().join(file)).unwrap();
        self
    }

    /// The violations of the workspace.
    pub(crate) fn check(&self) -> Vec<Violation> {
        self.write_manifests();
        arch::check(self.folder.path()).unwrap()
    }

    /// The violations are these and no others: the rule, the place, a part of the finding.
    #[track_caller]
    pub(crate) fn finds(&self, expected: &[(Rule, &str, &str)]) {
        let found = self.check();
        let listed: Vec<String> = found.iter().map(ToString::to_string).collect();
        let listed = listed.join("\n");
        assert_eq!(found.len(), expected.len(), "{listed}");
        for (rule, place, finding) in expected {
            let is_it = |violation: &&Violation| {
                violation.rule == *rule && violation.place == *place && violation.finding.contains(finding)
            };
            assert!(found.iter().any(|violation| is_it(&violation)), "no {rule:?} at {place} ({finding}) in\n{listed}");
        }
    }

    fn write_manifests(&self) {
        let members: Vec<&String> = self.manifests.keys().collect();
        let inside =
            self.manifests.iter().map(|(folder, manifest)| format!("{} = {{ path = \"{folder}\" }}\n", manifest.name));
        let outside = OUTSIDE.iter().map(|name| format!("{name} = \"1\"\n"));
        let declared: String = inside.chain(outside).collect();
        let root = format!(
            "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n
[workspace.lints.rust]\nunsafe_code = \"forbid\"\n
[workspace.dependencies]\n{declared}"
        );
        fs::write(self.folder.path().join("Cargo.toml"), root).unwrap();
        for (folder, manifest) in &self.manifests {
            let mut text = format!("[package]\n{}\n{}\n", manifest.head, manifest.lints);
            let mut sections: Vec<&String> = manifest.dependencies.iter().map(|(section, _)| section).collect();
            sections.sort();
            sections.dedup();
            for section in sections {
                let lines = manifest.dependencies.iter().filter(|(own, _)| own == section);
                let lines: Vec<&str> = lines.map(|(_, line)| line.as_str()).collect();
                text.push_str(&format!("[{section}]\n{}\n", lines.join("\n")));
            }
            fs::write(self.folder.path().join(folder).join("Cargo.toml"), text).unwrap();
        }
    }
}
