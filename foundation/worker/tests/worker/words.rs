//! The word counts of the example.

use std::num::NonZeroUsize;

use tokio::runtime::Handle;
use worker::{Error, Limits, Worker};

#[path = "../../examples/word_frequency/count.rs"]
mod count;
#[path = "../../examples/word_frequency/texts.rs"]
mod texts;

#[tokio::test(flavor = "multi_thread")]
async fn all_ways_count_the_same() {
    let folder = tempfile::tempdir().unwrap();
    texts::write(folder.path(), 20, 300, 7).unwrap();
    let files = count::files(folder.path()).unwrap();
    let counts = count::sequential(&files).unwrap();
    assert_eq!(counts.values().sum::<u64>(), 20 * 300);
    for (running, waiting) in [(1, 0), (2, 0), (3, 5), (40, 40)] {
        let limits = Limits { running: NonZeroUsize::new(running).unwrap(), waiting };
        let worker = Worker::new(limits, Handle::current());
        assert_eq!(count::task_per_file(&worker, &files).await.unwrap(), counts);
        assert_eq!(count::worker_per_core(&worker, &files, running).await.unwrap(), counts);
        assert_eq!(worker.status().ended.finished, 20 + running as u64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_letters_and_digits_of_any_script_in_small_letters() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Elvis, elvis—ELVIS! Née née 68 'comeback'\nРУ ру";
    std::fs::write(folder.path().join("a.txt"), text).unwrap();
    std::fs::write(folder.path().join("b.txt"), b"elvis \xff elvis").unwrap();
    std::fs::create_dir(folder.path().join("no file")).unwrap();
    let mut counts: Vec<_> = count::sequential(&count::files(folder.path()).unwrap()).unwrap().into_iter().collect();
    counts.sort();
    let expected = [("68", 1), ("comeback", 1), ("elvis", 5), ("née", 2), ("ру", 2)];
    assert!(counts.iter().map(|(word, times)| (word.as_str(), *times)).eq(expected), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_is_named_and_a_stop_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let files = [folder.path().join("missing.txt")];
    let worker = crate::worker(2, 2);
    for fault in [
        count::sequential(&files).unwrap_err(),
        count::task_per_file(&worker, &files).await.unwrap_err(),
        count::worker_per_core(&worker, &files, 2).await.unwrap_err(),
    ] {
        assert!(matches!(&fault, count::Fault::Read { path, .. } if *path == files[0]), "{fault}");
    }
    worker.stop(std::time::Duration::ZERO).await;
    let stopped = count::task_per_file(&worker, &files).await.unwrap_err();
    assert!(matches!(stopped, count::Fault::Task(Error::Stopped { begun: false })), "{stopped}");
}
