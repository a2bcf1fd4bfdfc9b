//! Lines over an axis, as SVG that needs no script.

use std::fmt::Write as _;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;

/// How many times the least value the greatest is, from where on the scale is logarithmic.
const LOGARITHMIC_FROM: f64 = 40.0;

/// One plot.
pub(crate) struct Chart<'a> {
    /// What it shows, for those who do not see it.
    pub(crate) title: &'a str,
    pub(crate) series: Vec<Series<'a>>,
    /// A value that is not to be passed, with its name.
    pub(crate) limit: Option<(f64, String)>,
    /// The end of the horizontal axis, which begins at 0.
    pub(crate) end: f64,
    /// Its ticks, with their labels.
    pub(crate) ticks: Vec<(f64, String)>,
    /// How a value is written.
    pub(crate) unit: fn(f64) -> String,
    /// Whether the vertical axis may be logarithmic.
    pub(crate) logarithmic: bool,
    /// What is said where the pointer rests: from, to, text.
    pub(crate) notes: Vec<(f64, f64, String)>,
}

/// One line; a value that is not finite is a gap in it.
pub(crate) struct Series<'a> {
    pub(crate) name: &'a str,
    /// Of the style sheet: its colour.
    pub(crate) class: &'a str,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Chart<'_> {
    /// The plot with its legend; nothing when there is nothing to show.
    pub(crate) fn html(&self) -> String {
        let Some(scale) = Scale::of(self) else { return String::new() };
        let mut svg = format!("<figure><figcaption>{}<span class=\"legend\">", escaped(self.title));
        // Writing to a string cannot fail.
        let _ = self.write(&mut svg, &scale);
        svg
    }

    fn write(&self, out: &mut String, scale: &Scale) -> std::fmt::Result {
        for series in &self.series {
            write!(out, "<span class=\"{}\"><i></i>{}</span>", series.class, escaped(series.name))?;
        }
        if let Some((_, name)) = &self.limit {
            write!(out, "<span class=\"limit\"><i></i>{}</span>", escaped(name))?;
        }
        write!(
            out,
            "</span></figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            escaped(self.title)
        )?;
        for value in scale.ticks() {
            let y = scale.y(value);
            write!(out, "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>", WIDTH - RIGHT)?;
            write!(
                out,
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                escaped(&(self.unit)(value))
            )?;
        }
        for (at, label) in &self.ticks {
            let (x, y) = (scale.x(*at), HEIGHT - BOTTOM);
            write!(out, "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{y}\"/>")?;
            write!(out, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", y + 17.0, escaped(label))?;
        }
        if let Some((value, _)) = &self.limit {
            let y = scale.y(*value);
            write!(out, "<line class=\"limit\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>", WIDTH - RIGHT)?;
        }
        for series in &self.series {
            let d = scale.path(&series.points);
            write!(out, "<path class=\"{}\" d=\"{d}\"/>", series.class)?;
        }
        for (from, to, text) in &self.notes {
            let (x, width) = (scale.x(*from), (scale.x(*to) - scale.x(*from)).max(1.0));
            write!(
                out,
                "<rect class=\"note\" x=\"{x:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{}\"><title>{}</title></rect>",
                HEIGHT - TOP - BOTTOM,
                escaped(text)
            )?;
        }
        write!(out, "</svg></figure>")
    }
}

/// From values to places.
struct Scale {
    end: f64,
    least: f64,
    most: f64,
    logarithmic: bool,
}

impl Scale {
    fn of(chart: &Chart<'_>) -> Option<Self> {
        let values = || {
            let points = chart.series.iter().flat_map(|series| series.points.iter().map(|(_, value)| *value));
            points.filter(|value| value.is_finite())
        };
        values().next()?;
        let limit = chart.limit.as_ref().map_or(0.0, |(value, _)| *value);
        let most = values().fold(limit, f64::max);
        let least = values().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        let logarithmic = chart.logarithmic && least.is_finite() && most / least > LOGARITHMIC_FROM;
        let end = chart.end.max(f64::MIN_POSITIVE);
        Some(if logarithmic {
            Self { end, least, most: most * 1.1, logarithmic }
        } else {
            // A line along the upper edge would be taken for the frame.
            Self { end, least: 0.0, most: if most > 0.0 { most * 1.08 } else { 1.0 }, logarithmic }
        })
    }

    fn x(&self, at: f64) -> f64 {
        LEFT + (at / self.end).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(self.least) / self.least).ln() / (self.most / self.least).ln()
        } else {
            value / self.most
        };
        TOP + (1.0 - share.clamp(0.0, 1.0)) * (HEIGHT - TOP - BOTTOM)
    }

    /// Round values, about four; on a logarithmic scale those of each decade.
    fn ticks(&self) -> Vec<f64> {
        // Parsed, so that they are the shortest decimals: 0.03, not 0.030000000000000002.
        let rounded = |value: f64| format!("{value:.6}").parse().unwrap_or(value);
        let decades = || (-6..10).map(|power| 10_f64.powi(power));
        let inside = |value: &f64| *value >= self.least && *value <= self.most;
        if self.logarithmic {
            let many = (self.most / self.least).log10() > 3.0;
            let steps: &[f64] = if many { &[1.0] } else { &[1.0, 3.0] };
            return decades()
                .flat_map(|decade| steps.iter().map(move |step| decade * step))
                .filter(inside)
                .map(rounded)
                .collect();
        }
        let steps = decades().flat_map(|decade| [1.0, 2.0, 5.0].map(|step| decade * step));
        let step = steps.into_iter().find(|step| self.most / step <= 4.5).unwrap_or(self.most);
        (0..6).map(|number| f64::from(number) * step).filter(inside).map(rounded).collect()
    }

    fn path(&self, points: &[(f64, f64)]) -> String {
        let mut path = String::new();
        let mut pen_is_down = false;
        let single = points.iter().filter(|(_, value)| value.is_finite()).count() == 1;
        for (at, value) in points {
            if value.is_finite() {
                let command = if pen_is_down { 'L' } else { 'M' };
                // Writing to a string cannot fail.
                let _ = write!(path, "{command}{:.1} {:.1}", self.x(*at), self.y(*value));
                if single {
                    let _ = write!(path, "h2");
                }
            }
            pen_is_down = value.is_finite();
        }
        path
    }
}

/// Ticks of a time axis of so many seconds.
pub(crate) fn seconds(end: f64) -> Vec<(f64, String)> {
    const STEPS: [f64; 15] =
        [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0];
    let step = STEPS.into_iter().find(|step| end / step <= 10.0).unwrap_or(7200.0);
    let ticks = (0..).map(|number| f64::from(number) * step).take_while(|at| *at <= end);
    let label = |at: f64| match step {
        step if step >= 60.0 => format!("{:.0} min", at / 60.0),
        step if step >= 1.0 => format!("{at:.0} s"),
        _ => format!("{at:.1} s"),
    };
    ticks.map(|at| (at, label(at))).collect()
}

/// Text as HTML has it.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> Chart<'static> {
        Chart {
            title: "a <b>",
            series: vec![Series { name: "p99", class: "c1", points }],
            limit: None,
            end: 10.0,
            ticks: seconds(10.0),
            unit: |value| format!("{value}"),
            logarithmic: true,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_gap_stays_a_gap_and_nothing_to_show_shows_nothing() {
        let html = chart(vec![(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 1.0), (4.0, 1.0)]).html();
        let path = html.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 2), "{path}");
        assert!(html.contains("a &lt;b&gt;") && !html.contains("<b>"));
        assert_eq!(chart(vec![(0.0, f64::NAN)]).html(), "");
    }

    #[test]
    fn a_wide_range_is_shown_on_a_logarithmic_scale() {
        let scale = |points| Scale::of(&chart(points)).unwrap();
        let narrow = scale(vec![(0.0, 2.0), (1.0, 10.0)]);
        assert_eq!(narrow.ticks(), [0.0, 5.0, 10.0]);
        let wide = scale(vec![(0.0, 1.0), (1.0, 1000.0)]);
        assert_eq!(wide.ticks(), [1.0, 10.0, 100.0, 1000.0]);
        assert!(wide.y(1.0) > wide.y(10.0) && wide.y(10.0) > wide.y(1000.0));
        assert!(narrow.y(f64::MAX) >= TOP && narrow.y(0.0) <= HEIGHT - BOTTOM);
    }
}
