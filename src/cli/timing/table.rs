//! The table of `--timing`: number and duration of each stage, below the stage that contains it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Record, Records, Track};

/// Stages that took less than this in all, in µs, are shown as one row.
const LEAST_US: u64 = 100;

/// Times of two clocks' ticks may differ by this, in µs.
const SLACK_US: u64 = 2;

/// The kinds of tracks in the order in which they are shown; others follow.
const ORDER: [&str; 5] = ["this program", "queue", "worker", "candidate's process", "reader"];

/// A stage, and those within it.
#[derive(Debug, Default, PartialEq)]
struct Node {
    name: String,
    count: u64,
    us: u64,
    children: Vec<Self>,
}

impl Node {
    /// The child of a name, which is added if it is new.
    fn child(&mut self, name: &str) -> &mut Self {
        let at = self.children.iter().position(|child| child.name == name);
        let at = at.unwrap_or_else(|| {
            self.children.push(Self {
                name: name.to_owned(),
                ..Self::default()
            });
            self.children.len() - 1
        });
        &mut self.children[at]
    }

    fn write(&self, depth: usize, text: &mut String) {
        let (shown, small): (Vec<&Self>, Vec<&Self>) =
            self.children.iter().partition(|child| child.us >= LEAST_US);
        for child in shown {
            row(text, depth, &child.name, child.count, child.us);
            child.write(depth + 1, text);
        }
        if !small.is_empty() {
            let (count, us) = small
                .iter()
                .fold((0, 0), |(count, us), child| (count + child.count, us + child.us));
            row(text, depth, "others, below 0.1 ms", count, us);
        }
    }
}

fn row(text: &mut String, depth: usize, name: &str, count: u64, us: u64) {
    let ms = us as f64 * 1e-3;
    let indented = format!("{:1$}{name}", "", 2 * depth);
    let _ = writeln!(
        text,
        "{indented:<44} {count:>7} {ms:>12.1} {:>10.2}",
        ms / count.max(1) as f64
    );
}

/// With `merged`, statements of all scripts are one row.
pub(super) fn of(records: &Records, merged: bool) -> String {
    let mut tracks: BTreeMap<&Track, Vec<&Record>> = BTreeMap::new();
    for record in &records.stages {
        tracks.entry(&record.track).or_default().push(record);
    }
    let mut kinds: Vec<(&str, Node)> = Vec::new();
    for (track, mut stages) in tracks {
        // Containing stages before those that they contain.
        stages.sort_by_key(|stage| (stage.begin_us, std::cmp::Reverse(stage.us)));
        let at = kinds.iter().position(|(kind, _)| *kind == track.kind());
        let at = at.unwrap_or_else(|| {
            kinds.push((track.kind(), Node::default()));
            kinds.len() - 1
        });
        add(&mut kinds[at].1, &stages, merged);
    }
    kinds.sort_by_key(|(kind, _)| ORDER.iter().position(|known| known == kind));
    let mut text = format!(
        "{:<44} {:>7} {:>12} {:>10}\n",
        "stage", "count", "total ms", "each ms"
    );
    for (kind, root) in &kinds {
        let used: Vec<_> = records.used.iter().filter(|used| used.process == *kind).collect();
        let _ = match used.len() {
            0 => writeln!(text, "{kind}"),
            count => {
                let cpu_ms: f64 = used.iter().map(|used| used.cpu_ms).sum();
                let faults: u64 = used.iter().map(|used| used.minor_faults).sum();
                let each = 1.0 / count as f64;
                writeln!(
                    text,
                    "{kind}: {:.1} ms of processor time and {:.0} page faults each",
                    each * cpu_ms,
                    each * faults as f64
                )
            }
        };
        root.write(1, &mut text);
    }
    text
}

/// Adds the stages of one track, sorted by their begin.
fn add(root: &mut Node, stages: &[&Record], merged: bool) {
    // Names and ends of the stages that contain the next one.
    let mut path: Vec<(&str, u64)> = Vec::new();
    for stage in stages {
        let end_us = stage.begin_us + stage.us;
        path.retain(|(_, end)| stage.begin_us < *end && end_us <= end + SLACK_US);
        let name = match &*stage.name {
            name if merged && name.starts_with("line ") => "statement",
            name => name,
        };
        path.push((name, end_us));
        let node = path.iter().fold(&mut *root, |node, (name, _)| node.child(name));
        node.count += 1;
        node.us += stage.us;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Used;
    use super::*;

    fn stage(process: Option<&str>, name: &str, begin_us: u64, us: u64) -> Record {
        let track = match process {
            Some(process) => Track::Process {
                worker: 7,
                process: process.to_owned(),
            },
            None => Track::Program { thread: 0 },
        };
        Record {
            track,
            name: name.to_owned(),
            begin_us,
            us,
        }
    }

    #[test]
    fn stages_stand_below_the_one_that_contains_them_and_sum_up() {
        let candidate = Some("candidate's process");
        let records = Records {
            stages: vec![
                // Recorded when they end: inner ones first.
                stage(candidate, "Shape.cut", 1_200, 3_000),
                stage(candidate, "line 4", 1_000, 4_000),
                stage(candidate, "Shape.cut", 6_000, 1_000),
                stage(candidate, "line 9", 5_500, 2_500),
                stage(candidate, "code", 900, 7_101),
                stage(candidate, "mesh", 8_001, 50),
                stage(None, "candidate", 0, 12_000),
            ],
            used: vec![Used {
                process: "candidate's process".to_owned(),
                cpu_ms: 8.25,
                minor_faults: 3245,
            }],
            threads: Vec::new(),
        };
        let text = of(&records, false);
        let rows: Vec<Vec<&str>> = text
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(rows[0], ["this", "program"]);
        assert_eq!(rows[1], ["candidate", "1", "12.0", "12.00"]);
        assert_eq!(
            rows[2].join(" "),
            "candidate's process: 8.2 ms of processor time and 3245 page faults each"
        );
        assert_eq!(rows[3], ["code", "1", "7.1", "7.10"]);
        assert_eq!(rows[4], ["line", "4", "1", "4.0", "4.00"]);
        assert_eq!(rows[5], ["Shape.cut", "1", "3.0", "3.00"]);
        assert_eq!(rows[8], ["others,", "below", "0.1", "ms", "1", "0.1", "0.05"]);
        let merged = of(&records, true);
        let line = |text: &str| merged.lines().find(|line| line.contains(text)).map(str::to_owned);
        let words = |line: String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            words(line("statement").unwrap()),
            ["statement", "2", "6.5", "3.25"]
        );
        assert_eq!(
            words(line("Shape.cut").unwrap()),
            ["Shape.cut", "2", "4.0", "2.00"]
        );
    }
}
