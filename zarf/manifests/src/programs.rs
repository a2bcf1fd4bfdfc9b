//! The programs that manifests start, and how each reads its settings.

use std::ffi::OsString;

use assembly::Service;
use settings::{Environment, Errors, Flags, Sources};

/// The services whose own rules are known here, beside those that hold for every program.
const SERVICES: &[&Service] = &[&accounts::SERVICE, &catalog::SERVICE, &orders::SERVICE, &live::SERVICE];

/// What all images of the product are called, before their name.
const OURS: &str = "marquee/";

/// The name of the program in an image; none when the image is not one of the product.
pub(crate) fn program_of(image: &str) -> Option<&str> {
    let image = image.split('@').next().unwrap_or_default();
    let at = image.find(OURS)?;
    let is_ours = at == 0 || image.as_bytes().get(at - 1) == Some(&b'/');
    let name = image.get(at + OURS.len()..)?;
    // The gateway is nginx.
    Some(name.split(':').next().unwrap_or(name)).filter(|name| is_ours && *name != "gateway")
}

/// Whether a program serves until it is stopped.
pub(crate) fn serves(program: &str) -> bool {
    program != "admin"
}

/// Reads settings as the program would.
pub(crate) fn load(program: &str, sources: &Sources) -> Result<settings::Loaded, Errors> {
    match SERVICES.iter().find(|service| service.name == program) {
        Some(service) => assembly::load(service, sources),
        None => settings::load(sources),
    }
}

/// What a program says to these variables and this file of settings: its settings, and what is wrong or worth a warning.
pub(crate) fn said(
    program: &str,
    variables: &[(String, String)],
    file: Option<&str>,
) -> Result<(Option<settings::Settings>, Vec<String>), std::io::Error> {
    let written = file
        .map(|text| {
            let file = tempfile::NamedTempFile::new()?;
            std::fs::write(file.path(), text)?;
            Ok::<_, std::io::Error>(file)
        })
        .transpose()?;
    let flags = Flags { config: written.as_ref().map(|file| file.path().to_owned()), ..Flags::default() };
    let environment = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
    Ok(match load(program, &Sources { flags, environment, dotenv: None }) {
        Ok(loaded) => {
            let in_production = loaded.settings.env == Environment::Production;
            // It is behind the NetworkPolicy `deny-all`, for whoever scrapes.
            let known = |warning: &String| warning.starts_with("web.debug_host is not a loopback address");
            // A program that serves nobody signs nothing, and is nobody's issuer.
            let spared = |warning: &String| !serves(program) && warning.starts_with("auth.");
            let warnings =
                loaded.warnings.iter().filter(|warning| in_production && !known(warning) && !spared(warning));
            let mut told: Vec<String> = warnings.cloned().collect();
            if loaded.settings.db.url.is_none() && !told.iter().any(|warning| warning.contains("db.url")) {
                told.push("db.url is not set: it would start a database of its own".to_owned());
            }
            (Some(loaded.settings), told)
        }
        // The first line counts the others.
        Err(errors) => (None, errors.to_string().lines().skip(1).map(|line| line.trim().to_owned()).collect()),
    })
}
