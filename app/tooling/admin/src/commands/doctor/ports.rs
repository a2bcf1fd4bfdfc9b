//! The addresses that a service listens on: free, or held by whom.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use super::{Check, Patient};

const GROUP: &str = "ports";

/// Programs of the product: that they hold their own port is no fault.
const OURS: [&str; 5] = ["platform", "accounts", "catalog", "orders", "live"];

/// A process.
struct Holder {
    pid: u32,
    name: String,
}

pub(super) fn checks(patient: &Patient) -> Vec<Check> {
    let web = &patient.settings.web;
    [("web.api_host", web.api_host), ("web.debug_host", web.debug_host)].map(|(key, at)| check(key, at)).to_vec()
}

fn check(key: &str, address: SocketAddr) -> Check {
    let elsewhere = format!("another address, as --set {key}={}:0, which takes a free port", address.ip());
    match TcpListener::bind(address) {
        Ok(_) => Check::good(GROUP, key, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => match holder(address) {
            Some(Holder { pid, name }) if OURS.contains(&name.as_str()) => {
                Check::remark(GROUP, key, format!("{address} is in use: {name} runs, as process {pid}"))
            }
            Some(Holder { pid, name }) => Check::bad(GROUP, key, format!("{address} is held by {name}, process {pid}"))
                .mend(format!("kill {pid}, or {elsewhere}")),
            None => Check::bad(GROUP, key, format!("{address} is held by another program"))
                .mend(format!("`lsof -nPi :{}` as root names it; or {elsewhere}", address.port())),
        },
        Err(error) => Check::bad(GROUP, key, format!("{address}: {error}")).mend(elsewhere),
    }
}

/// Who listens there. Linux tells it in /proc; of other users' processes to root alone.
fn holder(address: SocketAddr) -> Option<Holder> {
    let inodes: Vec<String> =
        ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().flat_map(|table| listeners(table, address.port())).collect();
    let sockets: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        let holds = |file: fs::DirEntry| {
            fs::read_link(file.path())
                .is_ok_and(|link| sockets.iter().any(|socket| link.as_os_str() == socket.as_str()))
        };
        if files.flatten().any(holds) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(Holder { pid, name: name.trim().to_owned() });
        }
    }
    None
}

/// The inodes of the sockets that listen on the port (proc_net_tcp: the state `0A` is LISTEN).
fn listeners(table: &str, port: u16) -> Vec<String> {
    let text = fs::read_to_string(table).unwrap_or_default();
    let end = format!(":{port:04X}");
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        (local.ends_with(&end) && *state == "0A").then(|| (*inode).to_owned())
    };
    text.lines().skip(1).filter_map(inode).collect()
}
