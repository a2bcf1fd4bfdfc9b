//! Metrics in Prometheus' text exposition format (version 0.0.4), read back.
//!
//! What cannot be read is left out: whoever reads wants the rest.

/// One line: a metric with its labels and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'t> {
    /// The name of the metric.
    pub name: &'t str,
    /// Its labels, their values as they are written: `\"`, `\\` and `\n` stay.
    pub labels: Vec<(&'t str, &'t str)>,
    /// Its value, which may be no number (`NaN`) or infinite.
    pub value: f64,
}

impl<'t> Point<'t> {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&'t str> {
        self.labels.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// The lines of a text that hold a value.
pub fn points(text: &str) -> impl Iterator<Item = Point<'_>> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(point)
}

fn point(line: &str) -> Option<Point<'_>> {
    let (series, value) = match line.rfind('}') {
        Some(end) => (line.get(..=end)?, line.get(end + 1..)?.trim()),
        None => line.split_once(' ')?,
    };
    // The time may follow.
    let value = value.split_whitespace().next()?.parse().ok()?;
    let Some((name, labels)) = series.split_once('{') else {
        return Some(Point { name: series, labels: Vec::new(), value });
    };
    Some(Point { name, labels: pairs(labels.strip_suffix('}')?), value })
}

/// `a="b",c="d"`; a value may hold a comma, a brace, and a quote after a backslash.
fn pairs(mut text: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    while let Some((name, rest)) = text.split_once("=\"") {
        let mut is_escaped = false;
        let end = rest.char_indices().find(|(_, c)| {
            let is_end = *c == '"' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            is_end
        });
        let Some((end, _)) = end else { break };
        let (value, after) = rest.split_at(end);
        pairs.push((name, value));
        text = after.trim_start_matches(['"', ',']);
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_their_labels() {
        let text = "# HELP a b\n# TYPE a counter\na 1\na_seconds{route=\"/v1/{id},x\",status=\"200\"} 2.5\n\
                    b{l=\"say \\\"no\\\"\"} NaN\nbroken\n\nc{} 7 1395066363000\n";
        let read: Vec<_> = points(text).collect();
        assert_eq!(read.len(), 4, "{read:?}");
        assert_eq!(read[0], Point { name: "a", labels: Vec::new(), value: 1.0 });
        assert_eq!(read[1].label("route"), Some("/v1/{id},x"));
        assert_eq!(read[1].label("status"), Some("200"));
        assert_eq!(read[1].value, 2.5);
        assert_eq!(read[2].label("l"), Some("say \\\"no\\\""));
        assert_eq!((read[3].name, read[3].value), ("c", 7.0));
    }
}
