//! `admin check`: where parts of the tree no longer say the same.

use std::fmt::Write as _;

use clap::CommandFactory as _;
use console::Style;
use drift::{Finding, NewMigrations, Service, Tree, Weight};
use migrate::Migrations;
use serde_json::{Value, json};

use super::derived::derived;
use super::doctor::is_clone;
use super::routes::{tables, unasked};
use crate::cli::{Check, Cli};
use crate::context::{Connected, Context};
use crate::exit::{Exit, Failure};
use crate::output::{Reply, printable};

/// What the checks came to.
#[derive(Default)]
struct Report {
    findings: Vec<Finding>,
    /// What was measured and what was left out, for those who want to know.
    details: Vec<String>,
}

/// What all of them look at.
struct Subject {
    tree: Tree,
    services: Vec<Service>,
    wanted: Vec<drift::Check>,
}

pub(super) async fn run(context: &Context, arguments: Check) -> Result<Reply, Failure> {
    let working = std::env::current_dir()?;
    let root = working.ancestors().find(|folder| is_clone(folder)).ok_or_else(|| {
        Failure::not_found("this folder lies in no clone of the product").mend("change into the clone")
    })?;
    let wanted = if arguments.only.is_empty() { drift::Check::ALL.to_vec() } else { arguments.only.clone() };
    let subject = Subject { tree: Tree::new(root), services: services()?, wanted };
    if arguments.accept {
        accept(&subject)?;
    }
    let wait = context.output.progress(None);
    wait.enable_steady_tick(std::time::Duration::from_millis(100));
    wait.set_message("comparing");
    let mut report = Report::default();
    subject.documents(&mut report)?;
    subject.database(context, &arguments, &mut report).await?;
    wait.finish_and_clear();
    let order = |finding: &Finding| (finding.check, finding.weight, finding.path.clone(), finding.line);
    report.findings.sort_by_key(order);
    report.findings.dedup();
    for detail in &report.details {
        context.output.detail(detail);
    }
    Ok(reply(&subject.wanted, &report))
}

/// Every service with the document that it serves.
fn services() -> Result<Vec<Service>, Failure> {
    let resources = unasked()?;
    let described = |name, about: &mux::About, tables: &[mux::Routes]| {
        let failure = |error: &(dyn std::error::Error + 'static)| Failure::of(Exit::Failed, error);
        let document = mux::describe(about, tables).map_err(|error| failure(&error))?;
        Ok::<_, Failure>(Service {
            name,
            document: serde_json::from_slice(&document).map_err(|error| failure(&error))?,
        })
    };
    Ok(vec![
        described("platform", &platform::about(), &platform::tables(&resources))?,
        described("accounts", &accounts::about(), &accounts::tables(&resources))?,
        described("catalog", &catalog::about(), &catalog::tables(&resources))?,
        described("orders", &orders::about(), &orders::tables(&resources))?,
        described("live", &live::about(), &live::tables(&resources))?,
    ])
}

/// Makes the API as it is the copy that it is compared with, and anew what is made from it.
fn accept(subject: &Subject) -> Result<(), Failure> {
    let Some(platform) = subject.services.first() else { return Ok(()) };
    let mut files = derived(&subject.services)?;
    files.push(drift::Derived { path: drift::COPY.to_owned(), text: drift::accepted(platform) });
    for drift::Derived { path, text } in files {
        let place = subject.tree.root().join(path);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(place, text)?;
    }
    Ok(())
}

impl Subject {
    fn wants(&self, check: drift::Check) -> bool {
        self.wanted.contains(&check)
    }

    /// The checks that need nothing but the clone.
    fn documents(&self, report: &mut Report) -> Result<(), Failure> {
        let tree = &self.tree;
        for check in &self.wanted {
            let found = match check {
                drift::Check::Routes => drift::routes(tree, &self.services)?,
                drift::Check::Openapi => match self.services.first() {
                    Some(platform) => drift::openapi(tree, platform)?,
                    None => Vec::new(),
                },
                drift::Check::Settings => drift::settings(tree, &keys())?,
                drift::Check::Policy => {
                    let page = mux::policy_page(&platform::about(), &tables()?);
                    drift::policy(tree, &drift::Shown { page })?
                }
                drift::Check::Commands => drift::commands(tree, &known()?)?,
                drift::Check::Derived => drift::derived(tree, &derived(&self.services)?)?,
                drift::Check::Files => drift::files(tree)?,
                drift::Check::Schema | drift::Check::Statements | drift::Check::Columns | drift::Check::Migrations => {
                    continue;
                }
            };
            report.findings.extend(found);
        }
        Ok(())
    }

    /// The checks that ask PostgreSQL.
    async fn database(&self, context: &Context, arguments: &Check, report: &mut Report) -> Result<(), Failure> {
        let prepares = self.wants(drift::Check::Statements) || self.wants(drift::Check::Columns);
        let judges = self.wants(drift::Check::Migrations);
        let new =
            if judges { drift::new_since(&self.tree, arguments.since.as_deref())? } else { NewMigrations::default() };
        if judges {
            report.findings.extend(drift::judge(&self.tree, &new)?);
            report.details.push(format!("migrations: {} are newer than {}", new.files.len(), new.since));
        }
        let tries = !new.files.is_empty() && arguments.rows > 0;
        if !(prepares || tries || self.wants(drift::Check::Schema)) {
            return Ok(());
        }
        let connected = context.connect().await?;
        let migrations = Migrations::read(&self.tree.root().join(drift::FOLDER)).await?;
        if self.wants(drift::Check::Schema) {
            let compared = migrations.verify(connected.database.url()).await;
            report.findings.extend(match &compared {
                Err(error @ (migrate::Error::Changed { .. } | migrate::Error::Failed { .. })) => {
                    drift::schema(&self.tree, Err(error))?
                }
                Err(_) => return Err(compared.err().map_or_else(|| Failure::refused(""), Failure::from)),
                Ok(verification) => drift::schema(&self.tree, Ok(verification))?,
            });
        }
        if prepares {
            self.statements(&connected, &migrations, report).await?;
        }
        if tries {
            let (old, new) = migrations.partition(&new.files);
            let trials = rehearsal::locks(connected.database.url(), &old, &new, arguments.rows).await;
            let told = drift::rehearsed(&self.tree, &trials.map_err(|error| failure(&error))?, arguments.lock_limit)?;
            report.findings.extend(told.findings);
            report.details.extend(told.lines);
        }
        Ok(())
    }

    async fn statements(
        &self,
        connected: &Connected,
        migrations: &Migrations,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let mut replayed =
            rehearsal::Replayed::new(connected.database.url(), migrations).await.map_err(|error| failure(&error))?;
        let prepared = drift::statements(&self.tree)?.prepare(&mut replayed).await;
        replayed.leave().await.map_err(|error| failure(&error))?;
        let prepared = prepared?;
        report.details.push(format!(
            "statements: {} texts and {} builders were prepared, {} were not",
            prepared.texts,
            prepared.builders,
            prepared.unprepared.len()
        ));
        report.details.extend(prepared.unprepared.iter().map(|line| format!("not prepared: {line}")));
        if self.wants(drift::Check::Columns) {
            report.findings.extend(drift::columns(&prepared));
        }
        if self.wants(drift::Check::Statements) {
            report.findings.extend(prepared.findings);
        }
        Ok(())
    }
}

fn keys() -> Vec<drift::Key> {
    settings::keys().into_iter().map(|key| drift::Key { variable: key.variable(), name: key.name }).collect()
}

fn known() -> Result<drift::Known, Failure> {
    let mut tables = tables()?;
    let pages = mux::pages(&platform::about(), &tables).map_err(|error| Failure::of(Exit::Failed, &error))?;
    tables.push(pages);
    let routes = tables.iter().flat_map(mux::Routes::iter);
    Ok(drift::Known {
        cli: Cli::command(),
        routes: routes.map(|route| (route.method().to_string(), route.path().to_owned())).collect(),
        api_host: settings::load(&settings::Sources::default())?.settings.web.api_host.to_string(),
    })
}

fn reply(wanted: &[drift::Check], report: &Report) -> Reply {
    let drifts = report.findings.iter().filter(|finding| finding.weight == Weight::Drift).count();
    let one = |finding: &Finding| {
        json!({
            "check": finding.check.as_str(),
            "weight": weight(finding.weight),
            "path": finding.path,
            "line": finding.line,
            "finding": finding.finding,
            "mend": finding.mend,
        })
    };
    let data = json!({
        "drifts": drifts,
        "checks": wanted.iter().map(|check| check.as_str()).collect::<Vec<_>>(),
        "findings": report.findings.iter().map(one).collect::<Value>(),
        "details": report.details,
    });
    let exit = if drifts == 0 { Exit::Done } else { Exit::Drift };
    Reply::document(data, text(wanted, &report.findings, drifts)).with_exit(exit)
}

/// A line for each finding, below its check, with the mend under it.
fn text(wanted: &[drift::Check], findings: &[Finding], drifts: usize) -> String {
    let style = || Style::new().force_styling(console::colors_enabled());
    let mut text = String::new();
    for check in wanted {
        let found: Vec<&Finding> = findings.iter().filter(|finding| finding.check == *check).collect();
        let mark = match found.iter().map(|finding| finding.weight).min() {
            None => style().green().apply_to("✓"),
            Some(Weight::Note) => style().yellow().apply_to("!"),
            Some(Weight::Drift) => style().red().bold().apply_to("✗"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{mark} {:<11} {}",
            style().bold().apply_to(check.as_str()),
            style().dim().apply_to(check.about())
        );
        for finding in found {
            let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
            let note = if finding.weight == Weight::Note { "note: " } else { "" };
            let told = printable(&finding.finding.replace('\n', " "));
            let _ = writeln!(text, "    {}{line}: {note}{told}", printable(&finding.path));
            let _ = writeln!(text, "      {} {}", style().bold().apply_to("→"), printable(&finding.mend));
        }
    }
    let notes = match findings.len() - drifts {
        0 => String::new(),
        1 => ", 1 note".to_owned(),
        more => format!(", {more} notes"),
    };
    let _ = match drifts {
        0 => writeln!(text, "\nno drift{notes}"),
        1 => writeln!(text, "\n1 drift{notes}"),
        more => writeln!(text, "\n{more} drifts{notes}"),
    };
    text
}

fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Drift => "drift",
        Weight::Note => "note",
    }
}

fn failure(error: &rehearsal::Error) -> Failure {
    Failure::of(Exit::Failed, error)
}

impl From<drift::Error> for Failure {
    fn from(error: drift::Error) -> Self {
        let exit = match error {
            drift::Error::Git { .. } => Exit::NotFound,
            _ => Exit::Failed,
        };
        Self::of(exit, &error)
    }
}
