//! The lock file of the workspace: builds take it as it is, so that new crates have to be in it.

use crate::wiring::Missing;

/// Where it is, from the root.
pub(crate) const PATH: &str = "Cargo.lock";

const START: &str = "[[package]]\nname = \"";

/// `lock` with crates of the workspace, each with its manifest, and with `users` depending on the last of them.
pub(crate) fn with(lock: &str, crates: &[(&str, &str)], users: &[&str]) -> Result<String, Missing> {
    let (head, mut packages) = parts(lock)?;
    let user = users.first().copied().unwrap_or_default();
    let version = field(package(&packages, user)?, "version");
    let version = version.ok_or_else(|| Missing("version = ..".to_owned()))?.to_owned();
    for (name, manifest) in crates {
        let mut dependencies: Vec<String> = used(manifest).into_iter().map(|used| reference(&packages, used)).collect();
        dependencies.sort();
        dependencies.dedup();
        packages.push(format!("{name}\"\nversion = \"{version}\"\n{}", list(&dependencies)));
    }
    let last = crates.last().map(|(name, _)| *name);
    for (user, name) in users.iter().zip(last.into_iter().cycle()) {
        let place = packages.iter().position(|package| is(package, user)).unwrap_or_default();
        let package = &mut packages[place];
        let (before, dependencies) =
            package.split_once("dependencies = [\n").ok_or_else(|| Missing(format!("the dependencies of {user}")))?;
        let mut dependencies: Vec<String> = quoted(dependencies).map(str::to_owned).collect();
        dependencies.push(name.to_owned());
        dependencies.sort();
        *package = format!("{before}{}", list(&dependencies));
    }
    Ok(whole(head, packages))
}

/// `lock` with each crate under the name that `name` gives it; those that it gives none are left out.
pub(crate) fn under(lock: &str, new: impl Fn(&str) -> Option<String>) -> Result<String, Missing> {
    let (head, packages) = parts(lock)?;
    let mut kept = Vec::new();
    for package in packages {
        let Some(new_name) = new(name(&package)) else { continue };
        let rest = &package[name(&package).len()..];
        let Some((before, dependencies)) = rest.split_once("dependencies = [\n") else {
            kept.push(format!("{new_name}{rest}"));
            continue;
        };
        let mut dependencies: Vec<String> = quoted(dependencies).filter_map(&new).collect();
        dependencies.sort();
        let list = if dependencies.is_empty() { String::new() } else { list(&dependencies) };
        kept.push(format!("{new_name}{before}{list}").trim_end().to_owned());
    }
    Ok(whole(head, kept))
}

/// `lock` with `krate` depending on all that its manifest names.
pub(crate) fn complete(lock: &str, krate: &str, manifest: &str) -> Result<String, Missing> {
    let (head, mut packages) = parts(lock)?;
    let mut dependencies: Vec<String> = used(manifest).into_iter().map(|used| reference(&packages, used)).collect();
    let place = packages.iter().position(|package| is(package, krate));
    let place = place.ok_or_else(|| Missing(format!("{START}{krate}\"")))?;
    let (before, known) = packages[place].split_once("dependencies = [\n").unwrap_or((&packages[place], ""));
    dependencies.extend(quoted(known).map(str::to_owned));
    dependencies.sort();
    dependencies.dedup();
    packages[place] = format!("{}\n{}", before.trim_end(), list(&dependencies));
    Ok(whole(head, packages))
}

fn parts(lock: &str) -> Result<(&str, Vec<String>), Missing> {
    let (head, rest) = lock.split_once(START).ok_or_else(|| Missing("[[package]]".to_owned()))?;
    Ok((head, rest.split(START).map(|package| package.trim_end().to_owned()).collect()))
}

fn whole(head: &str, mut packages: Vec<String>) -> String {
    packages.sort_by(|a, b| name(a).cmp(name(b)));
    let packages: Vec<String> = packages.iter().map(|package| format!("{START}{package}\n")).collect();
    format!("{head}{}", packages.join("\n"))
}

/// The crates that a manifest names.
fn used(manifest: &str) -> Vec<&str> {
    let dependencies = manifest.split_once("[dependencies]").map_or("", |(_, rest)| rest);
    dependencies.lines().filter_map(|line| line.strip_suffix(".workspace = true")).collect()
}

/// How the lock file names a crate: with the version where it has several of it.
fn reference(packages: &[String], name: &str) -> String {
    if packages.iter().filter(|package| is(package, name)).count() < 2 {
        return name.to_owned();
    }
    // Every crate of the workspace takes the version of the workspace.
    let of_workspace = packages.iter().filter(|package| !package.contains("\nsource = "));
    let mut known = of_workspace.flat_map(|package| quoted(package.split_once('[').map_or("", |(_, list)| list)));
    let found = known.find(|known| known.split(' ').next() == Some(name));
    found.unwrap_or(name).to_owned()
}

fn list(dependencies: &[String]) -> String {
    let lines: String = dependencies.iter().map(|dependency| format!(" \"{dependency}\",\n")).collect();
    format!("dependencies = [\n{lines}]")
}

fn quoted(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","))
}

fn package<'a>(packages: &'a [String], name: &str) -> Result<&'a str, Missing> {
    let found = packages.iter().find(|package| is(package, name));
    found.map(String::as_str).ok_or_else(|| Missing(format!("{START}{name}\"")))
}

fn is(package: &str, wanted: &str) -> bool {
    name(package) == wanted
}

fn name(package: &str) -> &str {
    package.split('"').next().unwrap_or_default()
}

fn field<'a>(package: &'a str, field: &str) -> Option<&'a str> {
    let line = package.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(" = \""))?;
    line.strip_suffix('"')
}
