//! The services as processes of their own, several of each, behind the gateway: the same contract in another shape.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mux::Routes;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

/// How long a process may take until it serves, on a machine that builds at the same time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where nobody listens.
const NOWHERE: &str = "127.0.0.1:9";

/// What is behind the gateway, as its upstreams are called. The accounts run as in development: they keep mails, and have
/// nothing that they would seed beside what a test brings.
const SERVICES: [(&str, &str); 4] =
    [("accounts", "development"), ("catalog", "production"), ("orders", "production"), ("live", "production")];

/// Services behind a gateway, ended with this value.
pub struct Split {
    gateway: Option<Child>,
    services: Vec<Replica>,
    address: SocketAddr,
    /// What the processes work with.
    settings: Vec<(String, String)>,
    /// What the processes wrote.
    folder: TempDir,
}

/// One process of a service.
struct Replica {
    name: &'static str,
    environment: &'static str,
    child: Child,
    log: PathBuf,
    /// Where it serves, and where it shows its inside.
    places: Option<(SocketAddr, SocketAddr)>,
}

/// Whether the API under test is to be the services behind the gateway, and not one application within the test.
#[expect(clippy::disallowed_methods, reason = "the shape is a matter of the test run: no program has such a setting")]
pub fn split_is_wanted() -> bool {
    std::env::var("MARQUEE_TEST_SHAPE").is_ok_and(|shape| shape == "split")
}

impl Split {
    /// So many replicas of each service.
    pub async fn all(replicas: usize, settings: &[(&str, String)]) -> Self {
        Self::of(SERVICES.iter().map(|(name, _)| (*name).to_owned()).collect(), replicas, settings).await
    }

    /// So many replicas of each service that has one of the paths of `tables`.
    pub(crate) async fn start(replicas: usize, tables: &[Routes], settings: &[(&str, String)]) -> Self {
        Self::of(owners(tables), replicas, settings).await
    }

    async fn of(needed: BTreeSet<String>, replicas: usize, settings: &[(&str, String)]) -> Self {
        let folder = TempDir::new().unwrap();
        // nginx gives its work to a user who may not read a folder of ours.
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let mut split = Self { gateway: None, services: Vec::new(), address, settings, folder };
        for (name, environment) in SERVICES.into_iter().filter(|(name, _)| needed.contains(*name)) {
            for replica in 0..replicas {
                let log = split.folder.path().join(format!("{name}-{replica}.log"));
                let child = split.service(name, environment, &log, None);
                split.services.push(Replica { name, environment, child, log, places: None });
            }
        }
        for replica in &mut split.services {
            replica.places = Some(serves_at(&replica.log).await);
        }
        split.open_gateway().await;
        split
    }

    /// Stops a replica as an orchestrator does, and starts another in its place.
    pub async fn restart(&mut self, service: &str, number: usize) {
        let at = self.services.iter().enumerate().filter(|(_, replica)| replica.name == service).nth(number).unwrap().0;
        kill_process(Pid::from_child(&self.services[at].child), Signal::TERM).unwrap();
        let started = Instant::now();
        while self.services[at].child.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < PATIENCE, "{service} does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let Replica { name, environment, places, .. } = self.services[at];
        let log = self.folder.path().join(format!("{name}-{}.log", uuid::Uuid::now_v7()));
        let child = self.service(name, environment, &log, places);
        serves_at(&log).await;
        self.services[at] = Replica { name, environment, child, log, places };
    }

    /// Kills every replica of a service.
    pub fn kill(&mut self, service: &str) {
        for replica in self.services.iter_mut().filter(|replica| replica.name == service) {
            let _ = replica.child.kill();
            let _ = replica.child.wait();
        }
    }

    /// Kills one replica of a service.
    pub fn kill_one(&mut self, service: &str) {
        let replica = self.services.iter_mut().find(|replica| replica.name == service).unwrap();
        let _ = replica.child.kill();
        let _ = replica.child.wait();
    }

    /// The debug listener of the first replica of a service.
    pub fn debug_address(&self, service: &str) -> SocketAddr {
        let replica = self.services.iter().find(|replica| replica.name == service);
        replica.and_then(|replica| replica.places).expect("a service that was started").1
    }

    /// Where the gateway listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts nginx as `zarf/gateway` has it, but for where it and the services are, and how much one client may ask for.
    async fn open_gateway(&mut self) {
        let (gateway, openapi) = (self.folder.path().join("gateway"), self.folder.path().join("openapi"));
        fs::create_dir_all(gateway.join("run")).unwrap();
        fs::create_dir_all(&openapi).unwrap();
        let root = Path::new(ROOT);
        fs::copy(root.join("zarf/openapi/platform.json"), openapi.join("platform.json")).unwrap();
        for file in fs::read_dir(root.join("zarf/gateway")).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), gateway.join(file.file_name())).unwrap();
        }
        let mut upstreams = fs::read_to_string(gateway.join("upstreams.conf")).unwrap();
        for (name, _) in SERVICES {
            let replicas = self.services.iter().filter(|replica| replica.name == name);
            let mut places: Vec<String> = replicas.filter_map(|replica| Some(replica.places?.0.to_string())).collect();
            if places.is_empty() {
                places.push(NOWHERE.to_owned());
            }
            let servers: String = places.iter().map(|place| format!("server {place} max_fails=0; ")).collect();
            let named = format!("server {name}:3000 max_fails=0;");
            assert!(upstreams.contains(&named), "upstreams.conf has no {named}");
            upstreams = upstreams.replace(&named, &servers);
        }
        fs::write(gateway.join("upstreams.conf"), upstreams).unwrap();
        // Every test is a client of this machine.
        let limits = fs::read_to_string(gateway.join("rates.conf")).unwrap().replace("rate=500r/s", "rate=100000r/s");
        fs::write(gateway.join("rates.conf"), limits).unwrap();
        let started = Instant::now();
        loop {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
            fs::write(gateway.join("listen.conf"), format!("listen {free};\n")).unwrap();
            let log = File::create(self.folder.path().join("gateway.log")).unwrap();
            let mut nginx = Command::new("nginx");
            nginx.args(["-c", "nginx.conf", "-g", "daemon off; worker_shutdown_timeout 1s;", "-p"]).arg(&gateway);
            nginx.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin");
            nginx.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
            let mut child = nginx.spawn().expect("nginx (zarf/dev/install.sh nginx)");
            let is_open = loop {
                // Its own word: somebody else may have taken the port in the meantime, and answer.
                if gateway.join("run/nginx.pid").exists() && TcpStream::connect(free).is_ok() {
                    break child.try_wait().unwrap().is_none();
                }
                if child.try_wait().unwrap().is_some() || started.elapsed() > PATIENCE {
                    break false;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            };
            if is_open {
                (self.gateway, self.address) = (Some(child), free);
                return;
            }
            // Somebody else may have taken the port in the meantime.
            let said = || fs::read_to_string(self.folder.path().join("gateway.log")).unwrap_or_default();
            assert!(started.elapsed() < PATIENCE && said().contains("in use"), "nginx does not serve: {}", said());
        }
    }

    /// Starts a process, at these addresses or at free ones.
    fn service(&self, name: &str, environment: &str, log: &Path, at: Option<(SocketAddr, SocketAddr)>) -> Child {
        let (folder, free) = (self.folder.path(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let (public, debug) = at.unwrap_or((free, free));
        let (public, debug) = (public.to_string(), debug.to_string());
        let own = folder.join(name);
        fs::create_dir_all(&own).unwrap();
        let mut command = Command::new(program(name));
        command.env_clear().current_dir(&own).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        let media = format!("file://{}", folder.join("media").display());
        let all = [
            ("env", environment),
            ("web.api_host", &public),
            ("web.debug_host", &debug),
            ("web.workers", "2"),
            ("web.trusted_proxies", "127.0.0.1"),
            ("db.min_connections", "0"),
            ("db.max_connections", "4"),
            ("db.max_waiters", "1000"),
            ("db.acquire_timeout", "10s"),
            ("db.deadline", "10s"),
            ("limits.enabled", "false"),
            ("telemetry.log_format", "json"),
            ("mail.from", "Marquee <no-reply@marquee.test>"),
            ("media.stores", &media),
        ];
        let given = self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        for (key, value) in all.into_iter().chain(given) {
            command.env(format!("MARQUEE__{}", key.replace('.', "__").to_uppercase()), value);
        }
        let log = File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command.spawn().unwrap()
    }

    /// What the processes said, for somebody who wonders.
    fn said(&self) -> String {
        let files = fs::read_dir(self.folder.path()).into_iter().flatten().flatten().map(|entry| entry.path());
        let logs = files.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
        let ends = logs.map(|path| {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<&str> = text.lines().filter(|line| !line.contains("\"level\":\"INFO\"")).collect();
            format!("==> {} <==\n{}\n", path.display(), lines[lines.len().saturating_sub(30)..].join("\n"))
        });
        ends.collect()
    }
}

impl Drop for Split {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), self.said().as_bytes());
        }
        for service in &mut self.services {
            let _ = service.child.kill();
        }
        // Killed, it would leave its workers behind.
        if let Some(gateway) = &self.gateway {
            let _ = kill_process(Pid::from_child(gateway), Signal::TERM);
        }
        let services = self.services.iter_mut().map(|replica| &mut replica.child);
        for child in services.chain(&mut self.gateway) {
            let _ = child.wait();
        }
    }
}

/// The services that have a path of `tables`, as the routes of the gateway say it.
fn owners(tables: &[Routes]) -> BTreeSet<String> {
    let routes = fs::read_to_string(Path::new(ROOT).join("zarf/gateway/routes.conf")).unwrap();
    let owner = |path: &str| {
        let root = path.split('/').take(3).collect::<Vec<_>>().join("/");
        let location = routes.lines().find(|line| {
            let place = line.split_whitespace().find(|word| word.starts_with('/'));
            place.is_some_and(|place| [path, &root].contains(&place.trim_end_matches('/')))
        });
        let location = location.unwrap_or_else(|| panic!("{path} has no location: `admin check --accept`"));
        let (_, name) = location.split_once("proxy_pass http://").unwrap();
        name.split(';').next().unwrap().to_owned()
    };
    tables
        .iter()
        .flat_map(Routes::iter)
        .filter(|route| route.access() != mux::Access::Exempt)
        .map(|route| owner(route.path()))
        .collect()
}

/// A program of the workspace, which lies beside the folder of the tests. `make test` builds all of them before; it is built
/// here where one package is tested alone.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join(name);
    if !program.exists() {
        let build = Command::new(env!("CARGO")).args(["build", "--bin", name]).current_dir(ROOT).status().unwrap();
        assert!(build.success(), "{name} is not built");
    }
    program
}

/// Waits for the line of the log that says that it is ready, and where.
async fn serves_at(log: &Path) -> (SocketAddr, SocketAddr) {
    let started = Instant::now();
    loop {
        let text = fs::read_to_string(log).unwrap();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut ready = lines.filter(|line| line["message"] == "ready");
        if let Some(line) = ready.next() {
            let at = |key: &str| line[key].as_str().unwrap().trim_start_matches("http://").parse().unwrap();
            return (at("url"), at("debug"));
        }
        assert!(started.elapsed() < PATIENCE, "{} does not say that it is ready:\n{text}", log.display());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
