//! The figures of a run, as a table and as a plot.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Result, ensure};

/// One contender at one operation: the median of its rounds.
pub struct Figure {
    /// What was asked.
    pub operation: &'static str,
    /// Who answered.
    pub contender: &'static str,
    /// Requests sent altogether, the warm-up included; none to pgbench.
    pub requests: u64,
    /// Processor time of the server's process for one request, in microseconds; none for pgbench.
    pub cpu_us: Option<f64>,
    /// Requests a second.
    pub rate: f64,
    /// Half of the answers were faster.
    pub p50: Option<Duration>,
    /// 99 of 100 answers were faster.
    pub p99: Option<Duration>,
    /// Resident memory afterwards, in MiB.
    pub memory_mib: Option<f64>,
}

/// The table in Markdown; the ratio is that of processor time to the contender named `base` at the same operation.
pub fn table(figures: &[Figure], base: &str) -> String {
    let mut text = String::from(
        "| operation | contender | CPU a request, us | ratio | requests/s | p50, ms | p99, ms | memory, MiB |\n\
         |---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for figure in figures {
        let of_base = figures.iter().find(|other| other.operation == figure.operation && other.contender == base);
        let ratio = of_base.and_then(|base| Some(figure.cpu_us? / base.cpu_us?));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.0} | {} | {} | {} |",
            figure.operation,
            figure.contender,
            number(figure.cpu_us, 1),
            number(ratio, 2),
            figure.rate,
            number(figure.p50.map(milliseconds), 2),
            number(figure.p99.map(milliseconds), 2),
            number(figure.memory_mib, 1),
        );
    }
    text
}

/// What the service wrote and sent beside its answers to `requests`: proof that everything was on.
///
/// # Errors
/// Fewer traces or less of a log than is claimed: the figures would be those of another program.
pub fn telemetry(spans: u64, log_bytes: u64, requests: u64) -> Result<String> {
    let (share, line) = (spans as f64 / requests as f64, log_bytes as f64 / requests as f64);
    ensure!((0.04..0.06).contains(&share), "{spans} spans of {requests} requests were recorded, which is not 5 %");
    ensure!(line > 100.0, "{log_bytes} bytes of log for {requests} requests is not a line for each");
    Ok(format!(
        "Beside its answers to {requests} requests the service wrote {line:.0} bytes of log for each and recorded {spans} \
         traces ({:.1} %).\n",
        share * 100.0
    ))
}

/// A bar of processor time for each contender at each operation.
pub fn plot(figures: &[Figure]) -> String {
    const COLOURS: [&str; 3] = ["#c2410c", "#0f766e", "#64748b"];
    const LEFT: f64 = 190.0;
    const WIDTH: f64 = 520.0;
    const BAR: f64 = 18.0;
    const GAP: f64 = 14.0;
    let bars: Vec<&Figure> = figures.iter().filter(|figure| figure.cpu_us.is_some()).collect();
    let most = bars.iter().filter_map(|figure| figure.cpu_us).fold(1.0, f64::max);
    let mut contenders: Vec<&str> = Vec::new();
    let (mut body, mut y, mut last) = (String::new(), 56.0, "");
    for figure in bars {
        let cpu = figure.cpu_us.unwrap_or_default();
        let colour = contenders.iter().position(|name| *name == figure.contender).unwrap_or_else(|| {
            contenders.push(figure.contender);
            contenders.len() - 1
        });
        if figure.operation != last {
            y += if last.is_empty() { 0.0 } else { GAP };
            last = figure.operation;
        }
        let width = cpu / most * WIDTH;
        let (middle, end) = (y + BAR * 0.72, LEFT + width + 6.0);
        let _ = writeln!(
            body,
            "<text x=\"{:.0}\" y=\"{middle:.0}\" text-anchor=\"end\">{}: {}</text>\
             <rect x=\"{LEFT:.0}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"{:.0}\" fill=\"{}\"/>\
             <text x=\"{end:.0}\" y=\"{middle:.0}\">{cpu:.1}</text>",
            LEFT - 8.0,
            figure.operation,
            figure.contender,
            BAR - 3.0,
            COLOURS[colour % COLOURS.len()],
        );
        y += BAR;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 {:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"30\" font-size=\"16\">Processor time of the server's process for one request, microseconds</text>\n\
         {body}</svg>\n",
        y + 20.0
    )
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
