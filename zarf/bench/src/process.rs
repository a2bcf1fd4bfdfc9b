//! The processor time and the memory of a process, as the kernel counts them (`proc(5)`, Linux).

use std::fs;
use std::io;
use std::time::Duration;

/// Clock ticks a second in `/proc/PID/stat` (`USER_HZ`, 100 on every Linux in use).
const TICKS: u64 = 100;

/// A process under measurement.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

impl Process {
    /// The processor time that all of its threads took since it began, user and system.
    ///
    /// # Errors
    /// The process is gone.
    pub fn cpu(self) -> io::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The second field is the program's name in parentheses and may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok());
        match (ticks(11), ticks(12)) {
            (Some(user), Some(system)) => Ok(Duration::from_millis((user + system) * 1000 / TICKS)),
            _ => Err(io::Error::other("unreadable stat of the process")),
        }
    }

    /// Its resident memory, in KiB.
    ///
    /// # Errors
    /// The process is gone.
    pub fn resident_kib(self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|value| value.split_whitespace().next())
            .and_then(|kib| kib.parse().ok())
            .ok_or_else(|| io::Error::other("unreadable status of the process"))
    }
}
