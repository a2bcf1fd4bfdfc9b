//! How a resource was described: the manifest of its business crate keeps the line.

use std::path::Path;

use serde::Deserialize;

use crate::dsl::{Kind, Resource, parse};
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
    #[serde(default)]
    owned: bool,
    service: Option<String>,
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
    if resource.name.snake == snake { resolved(root, resource) } else { Err(unknown()) }
}

/// What the manifest at `path` describes.
fn read(path: &str, text: &str) -> Result<Resource, PlanError> {
    let undescribed = |finding: String| PlanError::Undescribed { path: path.to_owned(), finding };
    let manifest: Manifest = toml::from_str(text).map_err(|error| undescribed(error.message().to_owned()))?;
    let description = manifest.package.metadata.and_then(|metadata| metadata.resource);
    let Description { name, plural, members, owned, service } =
        description.ok_or_else(|| undescribed("it has no [package.metadata.resource]".to_owned()))?;
    let mut words = vec![name.as_str()];
    words.extend(members.iter().map(String::as_str));
    let resource = parse(&words, Some(&plural)).map_err(|error| undescribed(error.to_string()))?;
    Ok(Resource { owned, service, ..resource })
}

/// `resource` with what the resources that it refers to say of themselves: what several are called, what has to be there
/// before them.
///
/// # Errors
/// One of them is not described, belongs to users, or lays no ground for the tests of others.
pub(crate) fn resolved(root: &Path, mut resource: Resource) -> Result<Resource, PlanError> {
    resource.grounds.clear();
    for field in &mut resource.fields {
        let Kind::Ref { one, many } = &mut field.kind else { continue };
        let target = find(root, &one.snake).map_err(|error| match error {
            PlanError::Unknown(name) => PlanError::Impossible(format!(
                "there is no resource `{name}` that `{}` could refer to",
                field.name.snake
            )),
            other => other,
        })?;
        if target.owned {
            let words = &target.plural.words;
            return Err(PlanError::Impossible(format!(
                "{words} belong to users, and whose a {} may refer to has to be said by hand",
                resource.name.words
            )));
        }
        let bus = format!("{}bus", one.snake.replace('_', ""));
        let ground = format!("business/domain/{bus}/tests/ground.sql");
        if !root.join(&ground).exists() {
            return Err(PlanError::Impossible(format!(
                "{ground} is not there: two rows with the ids ..01 and ..02, for the tests of what refers to {}",
                target.plural.words
            )));
        }
        many.clone_from(&target.plural);
        for ground in target.grounds.into_iter().chain([bus]) {
            if !resource.grounds.contains(&ground) {
                resource.grounds.push(ground);
            }
        }
    }
    Ok(resource)
}
