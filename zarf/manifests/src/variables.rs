//! Variables and files of settings are what the program knows, wants, and takes: each program's settings are loaded as it does.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::object::{self, Pod, at, items};
use crate::programs::{program_of, said, serves};
use crate::{Error, Finding, Overlay, Rule};

/// The key of a Secret that programs read by `--config`.
const FILE: &str = "settings.toml";

/// A folder of keys, which has other files each time.
const KEYS: &str = "signing-keys";

/// The settings that a pod's program gets.
pub(crate) struct Loaded {
    /// The pod, as `Deployment/accounts`.
    pub(crate) owner: String,
    /// Whether it serves until it is stopped.
    pub(crate) serves: bool,
    pub(crate) settings: settings::Settings,
}

/// The templates of the secrets of development: secret, key, text.
pub(crate) fn templates(root: &Path) -> Result<Vec<(String, String, String)>, Error> {
    let mut files = Vec::new();
    let folder = root.join("zarf/k8s/secrets");
    let read = |path: &Path| {
        let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        entries.map_err(|source| Error::Read { path: path.to_owned(), source })
    };
    for secret in read(&folder)? {
        for key in read(&secret.path())? {
            let names = [secret.file_name(), key.file_name()].map(|name| name.to_string_lossy().into_owned());
            let [secret, key_name] = names;
            files.push((secret, key_name, crate::text(&key.path())?));
        }
    }
    files.sort();
    Ok(files)
}

/// The keys of a secret with the templates of their texts, wherever it comes from; none when there is no such secret.
fn secret(overlay: &Overlay, name: &str) -> Option<BTreeMap<String, String>> {
    let vaulted = overlay.of("ExternalSecret").find(|secret| at(secret, "/spec/target/name") == name);
    if let Some(vaulted) = vaulted {
        return Some(object::labels(vaulted, "/spec/target/template/data"));
    }
    let files = overlay.files.iter().filter(|(secret, ..)| secret == name);
    let keys: BTreeMap<_, _> = files.map(|(_, key, text)| (key.clone(), text.clone())).collect();
    (!keys.is_empty()).then_some(keys)
}

/// The names of the keys of a secret; none when there is no such secret.
pub(crate) fn keys_of(overlay: &Overlay, name: &str) -> Option<Vec<String>> {
    let is_made = name == KEYS && !overlay.files.is_empty();
    secret(overlay, name).map(|keys| keys.into_keys().collect()).or_else(|| is_made.then(Vec::new))
}

/// A template with something in place of each of its values, that the program can take for one.
pub(crate) fn filled(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        text.push_str(before);
        text.push_str(match name.trim().trim_start_matches('.') {
            "smtp_url" => "smtps://user:sample@mail.example.com:465",
            "store_url" => "s3://key:sample@bucket/media?region=eu-central-1",
            "provider_url" => "https://provider.example.com",
            "notice_secret" => "whsec_c2FtcGxlc2FtcGxlc2FtcGxlc2FtcGxl",
            _ => "sample",
        });
        rest = after;
    }
    text.push_str(rest);
    text
}

/// The file of settings that a container is told to read.
fn file_of(overlay: &Overlay, pod: &Pod, container: &Value) -> Result<Option<String>, String> {
    let arguments: Vec<&str> = items(container, "/args").filter_map(Value::as_str).collect();
    let Some(path) = arguments.iter().position(|one| *one == "--config").and_then(|at| arguments.get(at + 1)) else {
        return Ok(None);
    };
    let (folder, key) = path.rsplit_once('/').unwrap_or_default();
    let mount = items(container, "/volumeMounts").find(|mount| at(mount, "/mountPath") == folder);
    let volume =
        mount.and_then(|mount| items(&pod.spec, "/volumes").find(|volume| at(volume, "/name") == at(mount, "/name")));
    let name = volume.map(|volume| at(volume, "/secret/secretName")).unwrap_or_default();
    match secret(overlay, name).and_then(|keys| keys.get(key).cloned()) {
        Some(template) => Ok(Some(filled(&template))),
        None => Err(format!("no secret is mounted with {path}")),
    }
}

pub(crate) fn check(overlay: &Overlay, pods: &[Pod], findings: &mut Vec<Finding>) -> Vec<Loaded> {
    let mut loaded = Vec::new();
    for pod in pods.iter().filter(|pod| !pod.foreign) {
        for container in pod.containers() {
            let Some(program) = program_of(at(container, "/image")) else {
                continue;
            };
            let place = overlay.place_of(pod);
            let variables = variables(overlay, container);
            secrets_in_the_open(&place, &variables, findings);
            let file = file_of(overlay, pod, container).unwrap_or_else(|what| {
                findings.push(Finding::new(Rule::Settings, &place, what));
                None
            });
            match said(program, &variables, file.as_deref()) {
                Ok((settings, told)) => {
                    findings.extend(told.into_iter().map(|what| Finding::new(Rule::Settings, &place, what)));
                    if let Some(settings) = settings {
                        loaded.push(Loaded { owner: pod.owner.clone(), serves: serves(program), settings });
                    }
                }
                Err(error) => findings.push(Finding::new(Rule::Settings, &place, error.to_string())),
            }
        }
    }
    // What no program reads is misleading, or a typing error in the name of the map.
    for (secret, key, text) in &overlay.files {
        if key == FILE && toml::from_str::<toml::Table>(&filled(text)).is_err() {
            findings.push(Finding::new(Rule::Settings, format!("zarf/k8s/secrets/{secret}/{key}"), "it is no TOML"));
        }
    }
    loaded
}

/// What a secret is for is said in files: variables are inherited, dumped, logged, and these are in git.
pub(crate) fn secrets_in_the_open(place: &str, variables: &[(String, String)], findings: &mut Vec<Finding>) {
    let secret = settings::keys().into_iter().filter(|key| key.secret).map(|key| key.variable()).collect::<Vec<_>>();
    for (name, value) in variables {
        // A folder in place of a store of objects has no password in it.
        if secret.contains(name) && !value.starts_with("file:///") {
            let what = format!("{name} is secret, and belongs into a file");
            findings.push(Finding::new(Rule::Secret, place, what));
        }
    }
}

/// The variables of a container, as its program sees them; those of the product alone.
fn variables(overlay: &Overlay, container: &Value) -> Vec<(String, String)> {
    let mut variables = BTreeMap::new();
    for from in items(container, "/envFrom") {
        if let Some(map) = overlay.get("ConfigMap", at(from, "/configMapRef/name")) {
            variables.extend(object::labels(map, "/data"));
        }
    }
    for variable in items(container, "/env") {
        // What the cluster fills in is a number: cores or bytes.
        let value = variable.get("value").and_then(Value::as_str).unwrap_or("1");
        variables.insert(at(variable, "/name").to_owned(), value.to_owned());
    }
    variables.into_iter().collect()
}
