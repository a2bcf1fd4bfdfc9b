//! The compose file, by the same rules.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::object::{at, items};
use crate::programs::{program_of, said, serves};
use crate::{Error, Finding, Overlay, Rule, images, life, variables};

const PLACE: &str = "zarf/compose/compose.yaml";

/// Who may do what nobody else may: the collector reads the logs of containers, which are root's.
const MAY: &[(&str, &str)] = &[("collector", "DAC_READ_SEARCH")];

/// The compose file, and the templates of the secrets that it mounts.
#[derive(Clone, Debug)]
pub struct Compose {
    /// The file.
    pub file: Value,
    /// The files of each secret: secret, key, text of its template.
    pub files: Vec<(String, String, String)>,
}

impl Compose {
    /// Reads the compose file.
    ///
    /// # Errors
    /// It cannot be read, or is no YAML.
    pub fn read(root: &Path) -> Result<Self, Error> {
        let file = crate::documents(&root.join(PLACE))?.into_iter().next().unwrap_or_default();
        Ok(Self { file, files: variables::templates(root)? })
    }

    /// Every broken rule.
    pub fn judge(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let services = self.file.get("services").and_then(Value::as_object).into_iter().flatten();
        for (name, service) in services {
            let place = format!("{PLACE}: {name}");
            confined(&place, name, service, &mut findings);
            let image = with_defaults(at(service, "/image"));
            if let Some(what) = images::judge(&image, false) {
                findings.push(Finding::new(Rule::Image, &place, format!("{image}: {what}")));
            }
            self.references(&place, service, &mut findings);
            if let Some(program) = program_of(&image) {
                self.program(program, &place, service, &mut findings);
            }
        }
        findings
    }

    /// Images of others that development has in another version in Kubernetes.
    pub fn compare(&self, dev: &Overlay) -> Vec<Finding> {
        let versions = images::versions(dev);
        let services = self.file.get("services").and_then(Value::as_object).into_iter().flatten();
        let of_service = |(name, service): (&String, &Value)| {
            let (image, tag) = images::parts(at(service, "/image"));
            let other = versions.get(image).filter(|other| *other != tag)?;
            let what = format!("{image} is {tag} here, and {other} in Kubernetes");
            Some(Finding::new(Rule::Image, format!("{PLACE}: {name}"), what))
        };
        services.filter_map(of_service).collect()
    }

    fn references(&self, place: &str, service: &Value, findings: &mut Vec<Finding>) {
        for kind in ["secrets", "configs"] {
            for source in items(service, &format!("/{kind}")) {
                let name = source.as_str().unwrap_or_else(|| at(source, "/source"));
                if self.file.pointer(&format!("/{kind}/{name}")).is_none() {
                    findings.push(Finding::new(Rule::Reference, place, format!("{kind} has no {name}")));
                }
            }
        }
        let needed = service.get("depends_on").and_then(Value::as_object).into_iter().flatten();
        for (other, _) in needed {
            if self.file.pointer(&format!("/services/{other}")).is_none() {
                findings.push(Finding::new(Rule::Reference, place, format!("there is no service {other}")));
            }
        }
    }

    fn program(&self, program: &str, place: &str, service: &Value, findings: &mut Vec<Finding>) {
        let variables: BTreeMap<String, String> = crate::object::labels(service, "/environment");
        let variables: Vec<_> = variables.into_iter().map(|(name, value)| (name, with_defaults(&value))).collect();
        variables::secrets_in_the_open(place, &variables, findings);
        // The file that `--config` names is a secret of this name, which is made from a template.
        let source = items(service, "/secrets").find(|one| at(one, "/target") == "settings.toml");
        let source = source.map(|one| at(one, "/source")).unwrap_or_default();
        let path = at(&self.file, &format!("/secrets/{source}/file"));
        let template =
            self.files.iter().find(|(secret, key, _)| path.ends_with(&format!(".marquee/secrets/{secret}/{key}")));
        let Some((_, _, template)) = template else {
            findings.push(Finding::new(Rule::Settings, place, "no secret is mounted with its settings"));
            return;
        };
        let told = said(program, &variables, Some(&variables::filled(template)));
        let (settings, told) = told.unwrap_or_else(|error| (None, vec![error.to_string()]));
        findings.extend(told.into_iter().map(|what| Finding::new(Rule::Settings, place, what)));
        let wants = |of: &str, condition: &str| at(service, &format!("/depends_on/{of}/condition")) == condition;
        if !serves(program) {
            if !wants("postgres", "service_healthy") {
                findings.push(Finding::new(Rule::Order, place, "it does not wait for the database"));
            }
            return;
        }
        if !wants("migrate", "service_completed_successfully") {
            findings.push(Finding::new(Rule::Order, place, "it does not wait for the migrations"));
        }
        if let Some(settings) = settings {
            let needs = settings.web.drain + settings.web.shutdown + life::AFTERWARDS;
            let grace = at(service, "/stop_grace_period").trim_end_matches('s').parse().unwrap_or(10);
            if needs >= Duration::from_secs(grace) {
                let what = format!("it may take {needs:?} to stop, and is killed after {grace} s");
                findings.push(Finding::new(Rule::Grace, place, what));
            }
        }
    }
}

/// A text as it is when nobody sets the variables of `${NAME:-default}`.
fn with_defaults(text: &str) -> String {
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap_or((part, ""));
        whole.push_str(variable.split_once(":-").map_or("", |(_, default)| default));
        whole.push_str(rest);
    }
    whole
}

fn confined(place: &str, name: &str, service: &Value, findings: &mut Vec<Finding>) {
    let added: Vec<&str> = items(service, "/cap_add").filter_map(Value::as_str).collect();
    let may: Vec<&str> = MAY.iter().filter(|(who, _)| *who == name).map(|(_, what)| *what).collect();
    let wants = [
        ("read_only", service.get("read_only") == Some(&json!(true))),
        ("cap_drop: [ALL]", service.get("cap_drop") == Some(&json!(["ALL"])) && added == may),
        ("no-new-privileges", items(service, "/security_opt").any(|option| option == "no-new-privileges:true")),
        ("no network of the host", service.get("network_mode").is_none() && service.get("privileged").is_none()),
    ];
    for (what, _) in wants.iter().filter(|(_, holds)| !holds) {
        findings.push(Finding::new(Rule::Restricted, place, format!("it has to have {what}")));
    }
    for port in items(service, "/ports").filter_map(Value::as_str) {
        if !port.starts_with("127.0.0.1:") {
            findings.push(Finding::new(Rule::Restricted, place, format!("{port} is open to the whole network")));
        }
    }
}
