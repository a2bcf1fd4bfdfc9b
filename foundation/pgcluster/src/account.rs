//! Under which account PostgreSQL runs, with folders that account can reach.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// The account that owns the cluster's files and runs its programs.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    uid: u32,
    gid: u32,
    name: String,
    /// Whether it is another than this process's own, which only root can arrange.
    switch: bool,
}

impl Account {
    /// This process's own account, or, for root, the owner of a cluster that exists, else `postgres`, else `nobody`.
    pub(crate) fn for_cluster(base: &Path, pgdata: &Path) -> Result<Self, Error> {
        let uid = rustix::process::geteuid().as_raw();
        let gid = rustix::process::getegid().as_raw();
        let owner = [pgdata, base].iter().find_map(|path| fs::metadata(path).ok());
        if uid != 0 {
            if let Some(owner) = owner.filter(|owner| owner.uid() != uid) {
                return Err(Error::Foreign { data_dir: base.to_owned(), owner: name_of(owner.uid()) });
            }
            return Ok(Self { uid, gid, name: name_of(uid), switch: false });
        }
        if let Some(owner) = owner.filter(|owner| owner.uid() != 0) {
            return Ok(Self { uid: owner.uid(), gid: owner.gid(), name: name_of(owner.uid()), switch: true });
        }
        ["postgres", "nobody"]
            .iter()
            .find_map(uzers::get_user_by_name)
            .map(|user| Self {
                uid: user.uid(),
                gid: user.primary_group_id(),
                name: user.name().to_string_lossy().into_owned(),
                switch: true,
            })
            .ok_or(Error::NoAccount)
    }

    /// A command that runs under this account, detached from the terminal's input and from the caller's settings.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // The caller's folder may be closed to the account.
            .current_dir("/")
            // Messages are matched and shown in English, whatever the host speaks.
            .env("LC_ALL", "C")
            .env_remove("LANGUAGE")
            // Ctrl-C in the terminal is meant for the program, not for its database.
            .process_group(0);
        for variable in ["PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS"] {
            command.env_remove(variable);
        }
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Makes `dir` if it is missing, owned by this account and closed to others.
    pub(crate) fn own_dir(&self, dir: &Path) -> Result<(), Error> {
        if !dir.exists() {
            self.open_parents(dir)?;
            match DirBuilder::new().mode(0o700).create(dir) {
                // Another program came first.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                made => made.map_err(Error::io("create", dir))?,
            }
        }
        let owner = fs::metadata(dir).map_err(Error::io("look at", dir))?;
        if owner.uid() != self.uid {
            if !self.switch {
                return Err(Error::Foreign { data_dir: dir.to_owned(), owner: name_of(owner.uid()) });
            }
            self.own(dir)?;
        }
        if owner.mode() & 0o777 != 0o700 {
            fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(Error::io("close", dir))?;
        }
        Ok(())
    }

    /// Gives a file to this account.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Error> {
        if !self.switch {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid)).map_err(Error::io("change the owner of", path))
    }

    /// Checks that every folder above `dir` lets this account pass.
    pub(crate) fn can_reach(&self, dir: &Path) -> Result<(), Error> {
        if !self.switch {
            return Ok(());
        }
        for folder in dir.ancestors().skip(1) {
            let Ok(meta) = fs::metadata(folder) else {
                continue;
            };
            let class = match meta {
                ref meta if meta.uid() == self.uid => 0o100,
                ref meta if meta.gid() == self.gid => 0o010,
                _ => 0o001,
            };
            if meta.mode() & class == 0 {
                return Err(Error::Closed { folder: folder.to_owned(), account: self.name.clone() });
            }
        }
        Ok(())
    }

    /// Makes the missing folders above `dir` passable, whatever the umask.
    fn open_parents(&self, dir: &Path) -> Result<(), Error> {
        let missing: Vec<&Path> = dir.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(Error::io("create", folder))?,
            }
            if self.switch {
                fs::set_permissions(folder, Permissions::from_mode(0o755)).map_err(Error::io("open", folder))?;
            }
        }
        Ok(())
    }
}

fn name_of(uid: u32) -> String {
    uzers::get_user_by_uid(uid).map_or_else(|| uid.to_string(), |user| user.name().to_string_lossy().into_owned())
}
