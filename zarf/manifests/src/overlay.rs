//! An overlay: all objects that are applied together.

use std::path::Path;

use serde_json::Value;

use crate::object::{self, Pod};
use crate::{Error, Finding, Rule, Served, images, life, links, restricted, routes, scale, variables};

/// What kustomize made of an overlay, and the secrets that are made beside it.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// Its name.
    pub name: String,
    /// Its objects.
    pub objects: Vec<Value>,
    /// The files of each secret that is neither in git nor comes out of a vault: secret, key, text of its template.
    pub files: Vec<(String, String, String)>,
}

impl Overlay {
    /// Reads what was rendered of an overlay.
    ///
    /// # Errors
    /// A file cannot be read, or is no YAML.
    pub fn read(root: &Path, name: &str) -> Result<Self, Error> {
        let path = root.join("zarf/k8s/rendered").join(format!("{name}.yaml"));
        let objects = crate::documents(&path)?;
        let files = if name == "dev" { variables::templates(root)? } else { Vec::new() };
        Ok(Self { name: name.to_owned(), objects, files })
    }

    /// Every broken rule.
    pub fn judge(&self, served: &[Served]) -> Vec<Finding> {
        let mut findings = Vec::new();
        let pods = object::pods(&self.objects);
        links::check(self, &pods, &mut findings);
        restricted::check(self, &pods, &mut findings);
        images::check(self, &pods, &mut findings);
        let loaded = variables::check(self, &pods, &mut findings);
        life::check(self, &pods, &loaded, &mut findings);
        scale::check(self, &loaded, &mut findings);
        routes::check(self, served, &mut findings);
        for secret in self.of("Secret") {
            findings.push(Finding::new(
                Rule::Secret,
                self.place(secret),
                "a Secret that is rendered is a secret in git",
            ));
        }
        findings
    }

    /// The objects of a kind.
    pub(crate) fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| object::kind(object) == kind)
    }

    /// The object of this kind and name.
    pub(crate) fn get(&self, kind: &str, name: &str) -> Option<&Value> {
        self.of(kind).find(|object| object::name(object) == name)
    }

    /// Where an object is.
    pub(crate) fn place(&self, object: &Value) -> String {
        format!("{}: {}/{}", self.name, object::kind(object), object::name(object))
    }

    /// Where a pod comes from.
    pub(crate) fn place_of(&self, pod: &Pod) -> String {
        format!("{}: {}", self.name, pod.owner)
    }

    /// Whether it is for anything but a developer's machine.
    pub(crate) fn is_production(&self) -> bool {
        self.name != "dev"
    }
}
