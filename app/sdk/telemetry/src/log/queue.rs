//! A bounded queue of log lines that never makes a request wait.

use std::{
    io, mem,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Lines beyond this many bytes are dropped: the output is slower than the program.
const CAPACITY: usize = 4 << 20;

/// How long the writer waits for company of a first line. A wake-up and a write for each line would cost more
/// than all else a line costs.
const LINGER: Duration = Duration::from_millis(5);

/// Takes lines; a thread of its own writes them.
#[derive(Clone)]
pub(crate) struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    pending: Mutex<Pending>,
    /// Tells the writer of a first line, or of the end.
    wake: Condvar,
    /// Tells `close` of the last write.
    finished: Condvar,
    lost: AtomicU64,
}

#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    lines: u64,
    /// Lines that the writer holds.
    writing: u64,
    closed: bool,
    finished: bool,
}

impl Queue {
    pub(crate) fn start(writer: Box<dyn io::Write + Send>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let writing = Arc::clone(&shared);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || writing.write(writer))?;
        Ok(Self(shared))
    }

    /// Takes a line, its line feed included; drops and counts it when the queue is full or closed.
    pub(crate) fn push(&self, line: &[u8]) {
        let mut pending = self.0.lock();
        if pending.closed || pending.bytes.len() + line.len() > CAPACITY {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let first = pending.bytes.is_empty();
        pending.bytes.extend_from_slice(line);
        pending.lines += 1;
        drop(pending);
        if first {
            self.0.wake.notify_one();
        }
    }

    /// Writes what is left, and returns how many lines were lost since the start.
    pub(crate) fn close(&self, timeout: Duration) -> u64 {
        let deadline = Instant::now() + timeout;
        let mut pending = self.0.lock();
        pending.closed = true;
        self.0.wake.notify_one();
        while !pending.finished {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.0.finished.wait_timeout(pending, left);
            pending = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        self.0.lost.load(Ordering::Relaxed) + pending.lines + pending.writing
    }

    /// The count of lost lines, as a metric.
    pub(crate) fn losses(&self) -> Box<dyn Fn() + Send + Sync> {
        let queue = self.clone();
        Box::new(move || {
            metrics::counter!("log_lines_lost_total").absolute(queue.0.lost.load(Ordering::Relaxed));
        })
    }
}

impl Shared {
    /// A panic while the lock is held leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut writer: Box<dyn io::Write + Send>) {
        let mut batch = Vec::new();
        while self.take(&mut batch) {
            let written = writer.write_all(&batch).and_then(|()| writer.flush());
            batch.clear();
            let mut pending = self.lock();
            let lines = mem::take(&mut pending.writing);
            drop(pending);
            if written.is_err() {
                self.lost.fetch_add(lines, Ordering::Relaxed);
            }
        }
        self.lock().finished = true;
        self.finished.notify_all();
    }

    /// Waits for lines and moves them to `batch`; false when there are none left and none will come.
    fn take(&self, batch: &mut Vec<u8>) -> bool {
        let mut pending = self.lock();
        while pending.bytes.is_empty() && !pending.closed {
            pending = self.wake.wait(pending).unwrap_or_else(PoisonError::into_inner);
        }
        if !pending.closed {
            let waited = self.wake.wait_timeout_while(pending, LINGER, |pending| !pending.closed);
            pending = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        mem::swap(&mut pending.bytes, batch);
        pending.writing = mem::take(&mut pending.lines);
        !batch.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A writer that waits for permission before each write, as a full pipe does.
    struct Gate {
        open: mpsc::Receiver<()>,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl io::Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.open.recv().map_err(io::Error::other)?;
            self.written.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gate() -> (Queue, mpsc::Sender<()>, mpsc::Receiver<Vec<u8>>) {
        let ((opener, open), (written, seen)) = (mpsc::channel(), mpsc::channel());
        (Queue::start(Box::new(Gate { open, written })).unwrap(), opener, seen)
    }

    #[test]
    fn every_line_is_written_in_order_before_close_returns() {
        let (queue, opener, seen) = gate();
        for _ in 0..1_000 {
            opener.send(()).unwrap();
        }
        for number in 0..10_000 {
            queue.push(format!("{number}\n").as_bytes());
        }
        assert_eq!(queue.close(Duration::from_secs(10)), 0);
        let text = String::from_utf8(seen.try_iter().flatten().collect()).unwrap();
        assert!(text.lines().map(|line| line.parse::<u32>().unwrap()).eq(0..10_000));
    }

    #[test]
    fn a_stuck_output_makes_nobody_wait_and_its_losses_are_counted() {
        let (queue, opener, _seen) = gate();
        let line = [b'x'; 1024];
        let begun = Instant::now();
        for _ in 0..20_000 {
            queue.push(&line);
        }
        let elapsed = begun.elapsed();
        // At most two buffers are held: the one being written, and the one that fills.
        let dropped = queue.0.lost.load(Ordering::Relaxed);
        assert!(dropped >= 20_000 - 2 * (CAPACITY as u64 / 1024), "{dropped}");
        let begun = Instant::now();
        assert_eq!(queue.close(Duration::from_millis(50)), 20_000);
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(elapsed < Duration::from_secs(5));
        drop(opener);
    }

    #[test]
    fn an_output_that_fails_loses_lines_and_is_tried_again() {
        let (queue, opener, seen) = gate();
        drop(seen);
        opener.send(()).unwrap();
        queue.push(b"1\n");
        assert_eq!(queue.close(Duration::from_secs(10)), 1);
        queue.push(b"2\n");
        assert_eq!(queue.close(Duration::from_secs(10)), 2);
    }
}
