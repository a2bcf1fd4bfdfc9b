//! The keys of a folder, read into memory.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::error::Error;
use crate::folder::{Folder, Stamp};
use crate::index::{Entry, Index, Make, State};
use crate::jwk::Jwk;
use crate::jws::{Invalid, Parts};
use crate::key::SigningKey;

/// A folder of keys. Cheap to clone; clones see the same keys.
///
/// Reading is by [`KeyStore::snapshot`], from memory. What other programs change in the folder is seen after
/// [`KeyStore::reload`].
#[derive(Clone)]
pub struct KeyStore(Arc<Inner>);

struct Inner {
    folder: Folder,
    current: RwLock<Arc<Snapshot>>,
}

/// The keys of a folder at one moment.
pub struct Snapshot {
    generation: u64,
    stamp: Stamp,
    keys: Vec<Key>,
    /// When the next key begins to sign.
    turns_at: Option<u64>,
}

/// A key of the folder.
pub struct Key {
    kid: String,
    algorithm: Algorithm,
    state: State,
    created_at: SystemTime,
    signs_from: Option<SystemTime>,
    passive_since: Option<SystemTime>,
    retired_at: Option<SystemTime>,
    /// `None` once retired.
    pair: Option<(SigningKey, Jwk)>,
}

/// What a token says, once its signature is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The id of the key that signed it.
    pub kid: String,
    /// The payload.
    pub payload: Vec<u8>,
}

/// How often a folder is read that changes while it is read.
const ATTEMPTS: u32 = 5;

impl KeyStore {
    /// Reads the keys of a folder. One that is empty or not there has no keys.
    ///
    /// # Errors
    /// The folder can't be read, or a key in it is damaged.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let folder = Folder::new(path);
        let current = RwLock::new(Arc::new(Snapshot::load(&folder, 1)?));
        Ok(Self(Arc::new(Inner { folder, current })))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.folder.path()
    }

    /// The keys as they were last read.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the folder again if it has changed, or if it is a key's turn to sign, which costs one look at a file's time
    /// when it has not. Answers whether it was read.
    ///
    /// # Errors
    /// The folder can't be read, or a key in it is damaged. The keys read before stay in use.
    pub fn reload(&self) -> Result<bool, Error> {
        let (found, known) = (self.0.folder.stamp()?, self.snapshot());
        let is_due = known.turns_at.is_some_and(|turn| turn <= seconds(SystemTime::now()));
        if found == known.stamp && !is_due {
            return Ok(false);
        }
        // Nobody empties a folder on purpose: it is unmounted, or being replaced.
        if found.is_nothing() && !known.keys.is_empty() {
            return Err(Error::damaged(self.path(), "the index of its keys is gone"));
        }
        self.load()?;
        Ok(true)
    }

    /// Makes a key. It is active if no other is, and waits as standby else.
    ///
    /// # Errors
    /// The folder can't be written, or keys for `algorithm` can't be made.
    pub fn generate(&self, algorithm: Algorithm) -> Result<String, Error> {
        self.change(|index, now, write| {
            let kid = write(algorithm)?;
            let state = if index.active().is_some() { State::Standby } else { State::Active };
            index.add(&kid, algorithm, state, now);
            Ok(kid)
        })
    }

    /// Gives the id of the active key; makes one if there is none.
    ///
    /// # Errors
    /// The folder can't be written, or keys for `algorithm` can't be made.
    pub fn ensure_active(&self, algorithm: Algorithm) -> Result<String, Error> {
        if let Some(active) = self.snapshot().active() {
            return Ok(active.kid.clone());
        }
        self.change(|index, now, write| {
            // Another program may have been faster.
            if let Some(active) = index.active() {
                return Ok(active.kid.clone());
            }
            let kid = write(algorithm)?;
            index.add(&kid, algorithm, State::Active, now);
            Ok(kid)
        })
    }

    /// Changes the active key at once and answers the id of the new one: the key that has waited longest as standby, or a
    /// new one for `algorithm`. The old one verifies what it signed until it is retired.
    ///
    /// Who verifies by a copy of the keys that is older than the new key refuses what it signs: a program on the same
    /// folder until its next [`KeyStore::reload`], others for as long as they keep what was published to them.
    /// [`KeyStore::rotate_after`] waits for them.
    ///
    /// # Errors
    /// The folder can't be written, or keys for `algorithm` can't be made.
    pub fn rotate(&self, algorithm: Algorithm) -> Result<String, Error> {
        self.change(|index, now, write| {
            let kid = index.next(algorithm, now, write)?;
            index.activate(&kid, now);
            Ok(kid)
        })
    }

    /// Publishes the next key now, and lets it sign once it has been published for `lead`. Answers its id, and that
    /// moment. It is the key that has waited longest as standby, which may have waited long enough, or a new one for
    /// `algorithm`; asked again before the moment, it is the same one.
    ///
    /// Every program on the folder changes over at its first [`KeyStore::reload`] after the moment, and whoever verifies
    /// knows the new key by then.
    ///
    /// # Errors
    /// The folder can't be written, or keys for `algorithm` can't be made.
    pub fn rotate_after(&self, algorithm: Algorithm, lead: Duration) -> Result<(String, SystemTime), Error> {
        self.change(|index, now, write| {
            let kid = index.next(algorithm, now, write)?;
            let is_first = index.active().is_none();
            let mut from = now;
            for entry in index.keys.iter_mut().filter(|entry| entry.kid == kid && !is_first) {
                let published = entry.created_at.saturating_add(lead.as_secs());
                from = entry.signs_from.unwrap_or(published).max(now);
                entry.signs_from = Some(from);
            }
            if from == now {
                index.activate(&kid, now);
            }
            Ok((kid, moment(from)))
        })
    }

    /// Ends a key: it leaves the published keys, nothing it signed is valid any more, and its private part is removed.
    ///
    /// `longest_token` is how long a token stays valid: a key that signed more recently is still needed. Zero ends it
    /// at once, as a key that was stolen must be.
    ///
    /// # Errors
    /// The key is not known, is active, or is still needed; or the folder can't be written.
    pub fn retire(&self, kid: &str, longest_token: Duration) -> Result<(), Error> {
        self.change(|index, now, _| {
            let entry = index.keys.iter_mut().find(|entry| entry.kid == kid);
            let entry = entry.ok_or_else(|| Error::UnknownKey { kid: kid.to_owned() })?;
            if entry.state == State::Active {
                return Err(Error::Active { kid: kid.to_owned() });
            }
            if let Some(remaining) = entry.still_needed(now, longest_token) {
                return Err(Error::StillNeeded { kid: kid.to_owned(), remaining });
            }
            entry.retire(now);
            Ok(())
        })
    }

    /// Ends every key that [`KeyStore::retire`] would end, and answers their ids.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn retire_unneeded(&self, longest_token: Duration) -> Result<Vec<String>, Error> {
        self.change(|index, now, _| {
            let mut retired = Vec::new();
            for entry in index.keys.iter_mut().filter(|entry| entry.state == State::Passive) {
                if entry.still_needed(now, longest_token).is_none() {
                    entry.retire(now);
                    retired.push(entry.kid.clone());
                }
            }
            Ok(retired)
        })
    }

    /// Changes the folder under its lock, then reads it. `edit` gets the index, the time, and a way to make a key.
    fn change<T>(&self, edit: impl FnOnce(&mut Index, u64, Make<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let locked = self.0.folder.lock()?;
        let before = self.0.folder.index()?;
        let (mut after, now) = (before.clone(), seconds(SystemTime::now()));
        after.settle(now);
        let outcome = edit(&mut after, now, &|algorithm| {
            let key = SigningKey::generate(algorithm)?;
            locked.write_pem(key.kid(), &key.to_pem())?;
            Ok(key.kid().to_owned())
        })?;
        if after != before {
            locked.write_index(&after)?;
        }
        // After the index: whoever finds a key named there finds its file. Those left by a crash go now.
        for entry in after.keys.iter().filter(|entry| entry.state == State::Retired) {
            locked.remove_pem(&entry.kid)?;
        }
        drop(locked);
        self.load()?;
        Ok(outcome)
    }

    fn load(&self) -> Result<(), Error> {
        // Loaded under the lock: of two threads, the one that read the older folder must not be the last to store it.
        let mut current = self.0.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(Snapshot::load(&self.0.folder, current.generation + 1)?);
        Ok(())
    }
}

impl Snapshot {
    /// Grows with every change that was read: what was verified under an older number has to be verified again.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Every key, the oldest first, retired ones included.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The key that signs.
    pub fn active(&self) -> Option<&Key> {
        self.keys.iter().find(|key| key.state == State::Active)
    }

    /// The public parts of the keys that are in use (RFC 7517, section 5).
    pub fn jwks(&self) -> Value {
        json!(JwkSet { keys: self.keys.iter().filter_map(Key::public).cloned().collect() })
    }

    /// Signs `claims` with the active key, as a token of type `typ` in compact form (RFC 7515).
    ///
    /// # Errors
    /// No key is active.
    pub fn sign(&self, typ: &str, claims: &[u8]) -> Result<String, Error> {
        let key = self.active().ok_or(Error::NoActiveKey)?;
        let (private, _) = key.pair.as_ref().ok_or(Error::NoActiveKey)?;
        private.sign(typ, claims)
    }

    /// Verifies a token of type `typ` (`at+jwt` stands for `application/at+jwt` too; RFC 7515, section 4.1.9).
    ///
    /// # Errors
    /// The token is malformed, of another type, not by the algorithm of the key it names, or not signed by it.
    pub fn verify(&self, typ: &str, token: &str) -> Result<Verified, Invalid> {
        let parts = Parts::read(token)?;
        let kid = parts.header.kid.ok_or(Invalid::UnknownKey)?;
        let key = self.keys.iter().find(|key| key.kid == kid).ok_or(Invalid::UnknownKey)?;
        let (_, public) = key.pair.as_ref().ok_or(Invalid::UnknownKey)?;
        if key.algorithm != parts.header.algorithm {
            return Err(Invalid::Algorithm);
        }
        if !parts.header.typ.is_some_and(|found| is_type(&found, typ)) {
            return Err(Invalid::Type);
        }
        if parts.payload.is_empty() {
            return Err(Invalid::Malformed);
        }
        if !public.verifies(key.algorithm, parts.signed, parts.signature) {
            return Err(Invalid::Signature);
        }
        Ok(Verified { kid, payload: parts.payload })
    }

    fn load(folder: &Folder, generation: u64) -> Result<Self, Error> {
        let mut attempt = 1;
        loop {
            // The stamp first: a change after it is seen by the next reload.
            let stamp = folder.stamp()?;
            let mut index = folder.index()?;
            index.settle(seconds(SystemTime::now()));
            let turns_at = index.keys.iter().filter_map(|entry| entry.signs_from).min();
            let keys = index.keys.into_iter().map(|entry| Key::load(folder, entry)).collect();
            match keys {
                Ok(keys) => return Ok(Self { generation, stamp, keys, turns_at }),
                // A key that was retired after the index was read has no file.
                Err(_) if attempt < ATTEMPTS && folder.stamp()? != stamp => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Key {
    /// Its id: the thumbprint of its public part (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Its one algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What it is used for at present.
    pub fn state(&self) -> State {
        self.state
    }

    /// When it was made, in whole seconds.
    pub fn created_at(&self) -> SystemTime {
        self.created_at
    }

    /// From when on it signs, while it waits for that.
    pub fn signs_from(&self) -> Option<SystemTime> {
        self.signs_from
    }

    /// Since when it signs no more.
    pub fn passive_since(&self) -> Option<SystemTime> {
        self.passive_since
    }

    /// When it was retired.
    pub fn retired_at(&self) -> Option<SystemTime> {
        self.retired_at
    }

    /// Its public part (RFC 7517); `None` once retired.
    pub fn jwk(&self) -> Option<Value> {
        self.public().map(|jwk| json!(jwk))
    }

    fn public(&self) -> Option<&jsonwebtoken::jwk::Jwk> {
        self.pair.as_ref().map(|(private, _)| private.public())
    }

    fn load(folder: &Folder, entry: Entry) -> Result<Self, Error> {
        let path = folder.pem(&entry.kid);
        let damaged = |reason| Error::damaged(&path, reason);
        let algorithm = Algorithm::parse(&entry.alg).ok_or_else(|| damaged("its algorithm is not known"))?;
        let pair = if entry.state == State::Retired {
            None
        } else {
            let pem = std::fs::read(&path).map_err(Error::io("read", &path))?;
            let pair = SigningKey::from_pem(algorithm, &pem);
            let pair = pair.ok_or_else(|| damaged("it is no private key for the algorithm in the index"))?;
            if pair.kid() != entry.kid {
                return Err(damaged("it is another key than the one it is named by"));
            }
            let public = Jwk::of(pair.public()).map_err(|_| Error::Crypto)?;
            Some((pair, public))
        };
        Ok(Self {
            kid: entry.kid,
            algorithm,
            state: entry.state,
            created_at: moment(entry.created_at),
            signs_from: entry.signs_from.map(moment),
            passive_since: entry.passive_since.map(moment),
            retired_at: entry.retired_at.map(moment),
            pair,
        })
    }
}

/// Shows the id alone: no key, private or public, gets into a log.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kid", &self.kid).field("state", &self.state).finish_non_exhaustive()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("generation", &self.generation)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyStore").field(&self.path()).finish()
    }
}

/// Media types are compared without case, and `application/` may be left out when nothing else has a slash.
fn is_type(found: &str, wanted: &str) -> bool {
    let found = match found.split_at_checked("application/".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
        _ => found,
    };
    found.eq_ignore_ascii_case(wanted)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn moment(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}
