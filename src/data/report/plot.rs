//! Plots as SVG, small, with the fonts of the viewer.

use std::fmt::Write as _;

use super::Run;

/// Distinguishable with any colour vision: the palette of Okabe and Ito, then greys, then darker shades of the first.
const COLOURS: [&str; 20] = [
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a800", "#5b5b5b", "#999999",
    "#cccccc", "#003f63", "#8a5f00", "#005f45", "#7d3800", "#7a4864", "#2f6b8c", "#6b6200", "#2b2b2b",
    "#7a7a9a", "#b5c7b5",
];
const WIDTH: f64 = 860.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 220.0;
const TOP: f64 = 40.0;
const PLOT: f64 = 260.0;
const BOTTOM: f64 = 40.0;

/// A curve of a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// Points (x from 0 to 1, y), in the order of x.
    pub points: Vec<(f64, f64)>,
}

/// File names and plots of some runs.
pub fn plots(runs: &[Run]) -> Vec<(String, String)> {
    let runs: Vec<&Run> = runs.iter().filter(|run| !run.over_time.is_empty()).collect();
    if runs.is_empty() {
        return Vec::new();
    }
    let along = |run: &Run, value: &dyn Fn(&super::Segment) -> Option<f64>| Curve {
        name: run.name.clone(),
        points: run
            .over_time
            .iter()
            .filter_map(|stretch| {
                let middle = (stretch.from + stretch.to) as f64 / 2.0;
                Some((middle / run.scored as f64, value(stretch)?))
            })
            .collect(),
    };
    let mut plots = vec![
        (
            "reward.svg".to_owned(),
            curves(
                "Mean reward of candidates over a run",
                &runs
                    .iter()
                    .map(|run| along(run, &|stretch| Some(stretch.mean_reward)))
                    .collect::<Vec<_>>(),
            ),
        ),
        (
            "build_rate.svg".to_owned(),
            curves(
                "Share of candidates that build over a run",
                &runs
                    .iter()
                    .map(|run| along(run, &|stretch| stretch.build_rate))
                    .collect::<Vec<_>>(),
            ),
        ),
        (
            "groups.svg".to_owned(),
            curves(
                "Mean reward of each group over a run",
                &runs.iter().map(|run| of_groups(run)).collect::<Vec<_>>(),
            ),
        ),
    ];
    for (index, run) in runs.iter().enumerate() {
        plots.push((format!("kinds-{}.svg", index + 1), kinds(run)));
        plots.push((format!("tasks-{}.svg", index + 1), tasks(run)));
    }
    plots
}

/// Maximum number of groups per curve; more are averaged with their neighbours.
const SHOWN_GROUPS: usize = 200;

fn of_groups(run: &Run) -> Curve {
    let size = run.groups.len().div_ceil(SHOWN_GROUPS).max(1);
    let count = run.groups.chunks(size).count() as f64;
    let point = |(index, groups): (usize, &[super::GroupNumbers])| {
        let mean = groups.iter().map(|group| group.mean).sum::<f64>() / groups.len() as f64;
        ((index as f64 + 0.5) / count, mean)
    };
    Curve {
        name: run.name.clone(),
        points: run.groups.chunks(size).enumerate().map(point).collect(),
    }
}

/// Curves in one plot, x from the start to the end of a run.
pub fn curves(title: &str, curves: &[Curve]) -> String {
    let values = curves
        .iter()
        .flat_map(|curve| curve.points.iter().map(|(_, y)| *y));
    // Rewards are from -1 to 1; above 0 if everything built.
    let low = if values.fold(0.0_f64, f64::min) < 0.0 {
        -1.0
    } else {
        0.0
    };
    let high = 1.0;
    let mut svg = Svg::new(title, PLOT);
    svg.grid(low, high, |value| format!("{value:.2}"));
    let y = |value: f64| TOP + PLOT * (1.0 - (value - low) / (high - low));
    for (index, curve) in curves.iter().enumerate() {
        let points: Vec<String> = curve
            .points
            .iter()
            .map(|(x, value)| format!("{:.1},{:.1}", LEFT + x * plot_width(), y(*value)))
            .collect();
        let colour = COLOURS[index % COLOURS.len()];
        let _ = writeln!(
            svg.text,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>",
            points.join(" ")
        );
        svg.legend(index, colour, &curve.name);
    }
    svg.label(LEFT, TOP + PLOT + 24.0, "start", "beginning");
    svg.label(LEFT + plot_width(), TOP + PLOT + 24.0, "end", "end of the run");
    svg.end()
}

/// Kinds of a run over time, as shares per segment.
pub fn kinds(run: &Run) -> String {
    let mut svg = Svg::new(&format!("Kinds over time: {}", run.name), PLOT);
    svg.grid(0.0, 1.0, |value| format!("{:.0} %", value * 100.0));
    let width = plot_width() / run.over_time.len() as f64;
    for (column, stretch) in run.over_time.iter().enumerate() {
        let all: usize = stretch.kinds.iter().map(|kind| kind.count).sum();
        let mut from = TOP + PLOT;
        for (index, kind) in stretch.kinds.iter().enumerate() {
            let height = PLOT * kind.count as f64 / all.max(1) as f64;
            if kind.count == 0 {
                continue;
            }
            from -= height;
            let _ = writeln!(
                svg.text,
                "<rect x=\"{:.1}\" y=\"{from:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{}\"><title>{}: {}</title></rect>",
                LEFT + column as f64 * width + 1.0,
                (width - 2.0).max(0.5),
                COLOURS[index % COLOURS.len()],
                kind.kind.name(),
                kind.count
            );
        }
    }
    for (index, kind) in run.kinds.iter().enumerate() {
        svg.legend(
            index,
            COLOURS[index % COLOURS.len()],
            &format!("{} ({})", kind.kind.name(), kind.count),
        );
    }
    svg.label(LEFT, TOP + PLOT + 24.0, "start", "beginning");
    svg.label(LEFT + plot_width(), TOP + PLOT + 24.0, "end", "end of the run");
    svg.end()
}

/// Build rate of each task.
pub fn tasks(run: &Run) -> String {
    const ROW: f64 = 20.0;
    const NAMES: f64 = 260.0;
    let height = ROW * run.tasks.len() as f64;
    let mut svg = Svg::new(&format!("Share that builds, by task: {}", run.name), height);
    let width = WIDTH - NAMES - RIGHT / 2.0;
    for (index, task) in run.tasks.iter().enumerate() {
        let y = TOP + ROW * index as f64;
        svg.label(NAMES - 8.0, y + 14.0, "end", &task.task_id);
        let built = task.build_rate.unwrap_or(0.0);
        for (share, colour) in [(1.0, "#e8e8e8"), (built, COLOURS[2])] {
            let _ = writeln!(
                svg.text,
                "<rect x=\"{NAMES}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
                y + 3.0,
                width * share,
                ROW - 6.0
            );
        }
        let text = match task.build_rate {
            Some(rate) => format!("{:.0} % of {}", rate * 100.0, task.completions - task.unknown),
            None => format!("unknown of {}", task.completions),
        };
        svg.label(NAMES + width + 8.0, y + 14.0, "start", &text);
    }
    svg.end()
}

fn plot_width() -> f64 {
    WIDTH - LEFT - RIGHT
}

struct Svg {
    text: String,
}

impl Svg {
    fn new(title: &str, height: f64) -> Self {
        let height = TOP + height + BOTTOM;
        let mut svg = Self {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" font-family=\"Inter, Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
            ),
        };
        let _ = writeln!(
            svg.text,
            "<text x=\"{LEFT}\" y=\"22\" font-size=\"15\" font-weight=\"600\">{}</text>",
            escape(title)
        );
        svg
    }

    /// Horizontal lines with numbers.
    fn grid(&mut self, low: f64, high: f64, name: impl Fn(f64) -> String) {
        const STEPS: i32 = 4;
        for step in 0..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let y = TOP + PLOT * (1.0 - share);
            let _ = writeln!(
                self.text,
                "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>",
                LEFT + plot_width()
            );
            self.label(LEFT - 8.0, y + 4.0, "end", &name(low + (high - low) * share));
        }
    }

    fn legend(&mut self, index: usize, colour: &str, name: &str) {
        let (x, y) = (WIDTH - RIGHT + 16.0, TOP + 6.0 + 18.0 * index as f64);
        let _ = writeln!(
            self.text,
            "<rect x=\"{x}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>",
            y - 10.0
        );
        let mut shown: String = name.chars().take(28).collect();
        if shown.len() < name.len() {
            shown.push('…');
        }
        self.label(x + 18.0, y, "start", &shown);
    }

    fn label(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let _ = writeln!(
            self.text,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escape(text)
        );
    }

    fn end(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
