//! The table and the plot, and what is asked of a run before it may have any.

use std::time::Duration;

use bench::load::Round;
use bench::process::Process;
use bench::report::{self, Figure};

fn figure(operation: &'static str, contender: &'static str, cpu_us: Option<f64>) -> Figure {
    let time = cpu_us.map(|_| Duration::from_micros(1500));
    Figure {
        operation,
        contender,
        requests: 1000,
        cpu_us,
        rate: 1234.5,
        p50: time,
        p99: time,
        memory_mib: cpu_us.map(|_| 30.04),
    }
}

#[test]
fn the_ratio_is_to_the_base_at_the_same_operation() {
    let figures = [
        figure("get", "bare", Some(100.0)),
        figure("get", "service", Some(150.0)),
        figure("list", "bare", Some(400.0)),
        figure("list", "service", Some(500.0)),
        figure("list", "pgbench", None),
    ];
    let table = report::table(&figures, "bare");
    let lines: Vec<&str> = table.lines().skip(2).collect();
    assert_eq!(
        lines,
        [
            "| get | bare | 100.0 | 1.00 | 1234 | 1.50 | 1.50 | 30.0 |",
            "| get | service | 150.0 | 1.50 | 1234 | 1.50 | 1.50 | 30.0 |",
            "| list | bare | 400.0 | 1.00 | 1234 | 1.50 | 1.50 | 30.0 |",
            "| list | service | 500.0 | 1.25 | 1234 | 1.50 | 1.50 | 30.0 |",
            "| list | pgbench | - | - | 1234 | - | - | - |",
        ]
    );
    let columns = |line: &str| line.matches('|').count();
    assert!(table.lines().all(|line| columns(line) == columns(lines[0])), "{table}");
}

#[test]
fn the_plot_has_a_bar_for_each_contender_with_a_figure() {
    let figures =
        [figure("get", "bare", Some(100.0)), figure("get", "service", Some(200.0)), figure("get", "pgbench", None)];
    let plot = report::plot(&figures);
    // The ground is a rectangle too.
    assert_eq!(plot.matches("<rect").count(), 1 + 2);
    assert!(plot.contains("width=\"260.0\"") && plot.contains("width=\"520.0\""), "{plot}");
    assert!(!plot.contains("pgbench"));
}

#[test]
fn a_run_without_its_traces_or_its_log_has_no_report() {
    assert!(report::telemetry(50, 300_000, 1000).unwrap().contains("(5.0 %)"));
    assert!(report::telemetry(0, 300_000, 1000).is_err());
    assert!(report::telemetry(1000, 300_000, 1000).is_err());
    assert!(report::telemetry(50, 0, 1000).is_err());
}

#[test]
fn quantiles_are_those_of_the_sorted_times() {
    let latencies = (0..=100).map(Duration::from_millis).collect();
    let round = Round { requests: 101, took: Duration::from_secs(2), latencies };
    assert_eq!(round.quantile(0.5), Duration::from_millis(50));
    assert_eq!(round.quantile(0.99), Duration::from_millis(99));
    assert!((round.rate() - 50.5).abs() < 1e-9);
}

#[test]
fn the_processor_time_of_a_process_is_its_own_work() {
    let process = Process(std::process::id());
    let before = process.cpu().unwrap();
    let end = std::time::Instant::now() + Duration::from_millis(300);
    let mut number = 1_u64;
    while std::time::Instant::now() < end {
        number = std::hint::black_box(number.wrapping_mul(31));
    }
    assert!(process.cpu().unwrap() > before);
    assert!(process.resident_kib().unwrap() > 1000);
}
