//! How a resource was described: the manifest of its business crate keeps the line.

use std::path::Path;

use serde::Deserialize;

use crate::dsl::{Resource, parse};
use crate::name::Name;
use crate::plan::PlanError;
use crate::tree;

/// What `[package.metadata.resource]` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    name: String,
    plural: String,
    members: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    resource: Option<Description>,
}

/// The resource `name` of the clone at `root`, as it is described there.
///
/// # Errors
/// There is none of this name, or its manifest does not describe it.
pub fn find(root: &Path, name: &str) -> Result<Resource, PlanError> {
    let unknown = || PlanError::Unknown(name.to_owned());
    let Name { snake, .. } = Name::parse(name).map_err(|_| unknown())?;
    let path = format!("business/domain/{}bus/Cargo.toml", snake.replace('_', ""));
    if !root.join(&path).exists() {
        return Err(unknown());
    }
    let resource = read(&path, &tree::read(root, &path)?)?;
    if resource.name.snake == snake { Ok(resource) } else { Err(unknown()) }
}

/// What the manifest at `path` describes.
fn read(path: &str, text: &str) -> Result<Resource, PlanError> {
    let undescribed = |finding: String| PlanError::Undescribed { path: path.to_owned(), finding };
    let manifest: Manifest = toml::from_str(text).map_err(|error| undescribed(error.message().to_owned()))?;
    let description = manifest.package.metadata.and_then(|metadata| metadata.resource);
    let Description { name, plural, members } =
        description.ok_or_else(|| undescribed("it has no [package.metadata.resource]".to_owned()))?;
    let mut words = vec![name.as_str()];
    words.extend(members.iter().map(String::as_str));
    parse(&words, Some(&plural)).map_err(|error| undescribed(error.to_string()))
}
