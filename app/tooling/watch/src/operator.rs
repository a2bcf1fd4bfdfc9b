//! The rules once more, as the Prometheus Operator wants them: a PrometheusRule for each file.

/// One object for each named file of rules.
pub(crate) fn objects(files: &[(&str, &str)]) -> String {
    let mut text = String::from(
        "# Made by `admin check --accept` from zarf/observability/rules: the same rules, as objects of the Prometheus Operator.\n",
    );
    for (at, (name, rules)) in files.iter().enumerate() {
        if at > 0 {
            text.push_str("---\n");
        }
        text.push_str("apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: marquee-");
        text.push_str(name);
        text.push_str("\nspec:\n");
        for line in rules.lines() {
            if !line.is_empty() {
                text.push_str("  ");
                text.push_str(line);
            }
            text.push('\n');
        }
    }
    text
}
