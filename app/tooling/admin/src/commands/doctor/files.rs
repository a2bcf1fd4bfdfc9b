//! Files with secrets: signing keys, `.env`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use keystore::KeyStore;
use settings::Environment;

use super::toolchain::version;
use super::{Check, Patient, chain};

const GROUP: &str = "files";

/// What others than owner and group may do with a file.
const OTHERS: u32 = 0o007;

pub(super) async fn checks(patient: &Patient) -> Vec<Check> {
    let mut checks = keys(patient);
    checks.extend(dotenv(patient).await);
    checks
}

fn keys(patient: &Patient) -> Vec<Check> {
    const NAME: &str = "signing keys";
    let folder = patient.working.join(&patient.settings.auth.keys_dir);
    let shown = folder.display();
    let store = match KeyStore::open(&folder) {
        Ok(store) => store,
        Err(error) => {
            let mend = format!("put the file back from a backup; or end all tokens: mv {shown} {shown}.damaged");
            return vec![Check::bad(GROUP, NAME, chain(&error)).mend(mend)];
        }
    };
    let snapshot = store.snapshot();
    let active = snapshot.active().map(|key| key.kid().to_owned());
    let mut checks = vec![match active {
        Some(kid) => Check::good(GROUP, NAME, format!("{shown}: {kid} signs")),
        None if patient.settings.env == Environment::Development => {
            Check::good(GROUP, NAME, format!("{shown}: none yet; the first start makes one"))
        }
        None => Check::bad(GROUP, NAME, format!("{shown}: no key signs")).mend("admin keys generate"),
    }];
    let open: Vec<PathBuf> = private_keys(&folder).into_iter().filter(|file| is_open(file)).collect();
    if let Some(first) = open.first() {
        let found = format!("{} can be read by every user: whoever read it can sign tokens", first.display());
        checks.push(
            Check::bad(GROUP, "their permissions", found).mend(format!("chmod 600 {shown}/*.pem && admin keys rotate")),
        );
    }
    checks
}

fn private_keys(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|file| file.extension().is_some_and(|found| found == "pem")).collect()
}

fn is_open(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|facts| facts.permissions().mode() & OTHERS != 0)
}

/// What it says was read with the settings; here is who else can read it.
async fn dotenv(patient: &Patient) -> Option<Check> {
    const NAME: &str = ".env";
    let file = patient.working.join(NAME);
    let shown = file.display().to_string();
    if !file.exists() {
        return None;
    }
    if patient.settings.env == Environment::Production {
        return Some(Check::remark(GROUP, NAME, "it is there, and not read in production").mend(format!("rm {shown}")));
    }
    let arguments = ["-C", patient.working.to_str().unwrap_or("."), "ls-files", "--error-unmatch", NAME];
    if version("git", &arguments).await.is_ok() {
        let mend = "git rm --cached .env, and change what was secret in it";
        return Some(Check::bad(GROUP, NAME, "it is committed: everybody with the repository has it").mend(mend));
    }
    if is_open(&file) {
        let found = "it can be read by every user of this machine";
        return Some(Check::remark(GROUP, NAME, found).mend(format!("chmod 600 {shown}")));
    }
    Some(Check::good(GROUP, NAME, "read, not committed, closed to others"))
}
