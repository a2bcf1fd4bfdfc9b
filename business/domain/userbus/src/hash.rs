//! Hashes of passwords: argon2id, on threads of their own, never more at once than the machine can bear.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use argon2::password_hash::phc;
use argon2::{Argon2, Params, PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use types::Password;

use crate::Error;

/// Hashes and checks passwords. Clones share the bound on the work.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    argon2: Argon2<'static>,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    computed: AtomicU64,
}

/// What a hash costs whoever computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

/// A stored hash, as a PHC string. It has no `Debug` and no `Display`: there is no way for it into a log.
#[derive(Clone)]
pub(crate) struct PasswordHash(String);

/// What a check found.
#[derive(Clone, Copy)]
pub(crate) struct Verdict {
    /// The password is the right one.
    pub(crate) matches: bool,
    /// Its hash was made at another cost than is usual now.
    pub(crate) outdated: bool,
}

/// What came of comparing a password with a stored hash, or of hashing it where there was none.
pub(crate) enum Compared {
    /// There was nothing to compare it with.
    New(PasswordHash),
    /// It is the same password.
    Same,
    /// It is another one.
    Other,
}

/// How many checks may wait for each one that is being done. At 50 to 90 ms each, the last one waits for about a second,
/// which leaves time within a request's deadline.
const WAITING_FOR_EACH: usize = 16;

impl Default for Cost {
    /// What OWASP's password storage cheat sheet asks for at least: 19 MiB, two passes.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

impl Default for Passwords {
    /// At the usual cost, on half of the cores.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let concurrent = (cores / 2).max(1);
        Self::new(Cost::default(), concurrent, concurrent * WAITING_FOR_EACH)
    }
}

impl Passwords {
    /// Hashes at `cost`, raised to the least that argon2 takes, with at most `concurrent` hashes at a time (one at
    /// least) and at most `waiting` more waiting for their turn.
    pub fn new(cost: Cost, concurrent: usize, waiting: usize) -> Self {
        let memory = cost.memory_kib.max(Params::MIN_M_COST);
        let passes = cost.passes.max(Params::MIN_T_COST);
        let params = Params::new(memory, passes, 1, None).unwrap_or_default();
        Self(Arc::new(Inner {
            argon2: Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params),
            permits: Arc::new(Semaphore::new(concurrent.max(1))),
            waiting: AtomicUsize::new(0),
            max_waiting: waiting,
            computed: AtomicU64::new(0),
        }))
    }

    /// How many hashes were computed, to keep one or to compare with one.
    pub fn computed(&self) -> u64 {
        self.0.computed.load(Ordering::Relaxed)
    }

    pub(crate) async fn hash(&self, password: &Password) -> Result<PasswordHash, Error> {
        self.rehash(&SecretString::from(password.expose())).await
    }

    /// Hashes what was typed and found right before, whatever the rules for new passwords are.
    pub(crate) async fn rehash(&self, password: &SecretString) -> Result<PasswordHash, Error> {
        let password = password.clone();
        let hash = self.run(move |argon2| argon2.hash_password(password.expose_secret().as_bytes())).await?;
        hash.map(|hash: phc::PasswordHash| PasswordHash(hash.to_string())).map_err(|_| Error::Hashing)
    }

    /// Checks a password. Without a stored hash the work is the same and nothing matches.
    pub(crate) async fn verify(
        &self,
        password: &SecretString,
        stored: Option<&PasswordHash>,
    ) -> Result<Verdict, Error> {
        let password = password.clone();
        // A hash that can't be read is as good as none.
        let stored = stored.and_then(|stored| phc::PasswordHash::new(&stored.0).ok());
        self.run(move |argon2| {
            let typed = password.expose_secret().as_bytes();
            match stored {
                Some(stored) => Verdict {
                    matches: argon2.verify_password(typed, &stored).is_ok(),
                    outdated: is_outdated(argon2, &stored),
                },
                None => {
                    let _: Result<phc::PasswordHash, _> = argon2.hash_password(typed);
                    Verdict { matches: false, outdated: false }
                }
            }
        })
        .await
    }

    /// Compares a password with the stored hash, or hashes it where there is none: the same work either way, so that
    /// nobody learns from the time which of the two it was.
    pub(crate) async fn compare_or_hash(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<Compared, Error> {
        let Some(stored) = stored else {
            return self.hash(password).await.map(Compared::New);
        };
        let verdict = self.verify(&SecretString::from(password.expose()), Some(stored)).await?;
        Ok(if verdict.matches { Compared::Same } else { Compared::Other })
    }

    /// Runs `work` when it is its turn, on a thread of its own: to make one takes a thousandth of what the hash does, and
    /// the runtime's threads for blocking work stay as they are.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.permit().await?;
        let inner = Arc::clone(&self.0);
        let (answer, answered) = oneshot::channel();
        let hash = move || {
            step_back();
            inner.computed.fetch_add(1, Ordering::Relaxed);
            let outcome = work(&inner.argon2);
            // Held by the thread: work whose caller has gone goes on, and counts.
            drop(permit);
            // Refused when the caller has gone.
            let _ = answer.send(outcome);
        };
        thread::Builder::new().name("password".to_owned()).spawn(hash).map_err(|_| Error::Busy)?;
        answered.await.map_err(|_| Error::Hashing)
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(permit) = Arc::clone(&self.0.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let _place = Place::take(&self.0)?;
        Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| Error::Busy)
    }
}

impl PasswordHash {
    /// In the place of a hash: no password matches it.
    pub(crate) fn locked() -> Self {
        Self("$argon2id$locked".to_owned())
    }

    /// Whether a password may match it.
    pub(crate) fn is_usable(&self) -> bool {
        phc::PasswordHash::new(&self.0).is_ok()
    }

    pub(crate) fn restore(text: String) -> Self {
        Self(text)
    }

    /// The PHC string, for the statement that stores it alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// A place in the queue, given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(inner: &'a Inner) -> Result<Self, Error> {
        let place = Self(&inner.waiting);
        if inner.waiting.fetch_add(1, Ordering::Relaxed) < inner.max_waiting { Ok(place) } else { Err(Error::Busy) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Lets the rest of the process go first, from this thread on. A request that reads takes a millisecond of a processor,
/// and would wait for several while a hash has it: the kernel takes turns by time. Hashes take what is left, a tenth at
/// least. Only Linux knows the priority of a thread; elsewhere there is none to lower.
#[cfg(target_os = "linux")]
fn step_back() {
    // Refused by a sandbox at most; the hash is then as fast as all else.
    let _ = rustix::process::setpriority_process(None, 10);
}

#[cfg(not(target_os = "linux"))]
fn step_back() {}

fn is_outdated(argon2: &Argon2<'_>, stored: &phc::PasswordHash) -> bool {
    let now = argon2.params();
    let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    stored.algorithm.as_str() != "argon2id" || Params::try_from(stored).map_or(true, |then| cost(&then) != cost(now))
}
