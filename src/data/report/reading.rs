//! Reading a run: sums, and eight bytes per candidate.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{GroupNumbers, KindCount, Run, ScaleCount, Segment, TaskNumbers, losses};
use crate::row_format::UNKNOWN_FORMAT;
use crate::summary::share;
use crate::{Content, DataError, Groups, Lines, Row, Summary, compare};
use cadforge_core::failure::Kind;
use cadforge_reward::{self as reward, Profile};

/// Number of segments of a run.
pub(super) const SEGMENTS: usize = 20;

/// One candidate with a reward.
#[derive(Clone, Copy)]
struct Point {
    reward: f32,
    built: Option<bool>,
    kind: Option<Kind>,
}

/// The values of a group.
struct GroupSums {
    call: Option<u64>,
    task: Option<String>,
    profile: Profile,
    rewards: Vec<f64>,
}

impl GroupSums {
    /// `None` without rewards.
    fn numbers(self, line: u64) -> Option<GroupNumbers> {
        let scores: Vec<Option<f64>> = self.rewards.iter().copied().map(Some).collect();
        let compared = compare(&scores, self.profile);
        let spread = compared.spread?;
        let rewards = self.rewards.iter().copied();
        Some(GroupNumbers {
            line,
            reward_call: self.call,
            task_id: self.task,
            rows: self.rewards.len(),
            mean: spread.mean,
            std: spread.std,
            best: rewards.fold(f64::NEG_INFINITY, f64::max),
            informative: compared.informative,
        })
    }
}

pub(super) struct Reading {
    run: Run,
    groups: Groups,
    /// Rewards per group, with values of its first row.
    of_group: Vec<GroupSums>,
    points: Vec<Point>,
    tasks: BTreeMap<String, Summary>,
    summary: Summary,
    /// Scored candidates by profile, digest and mode.
    scales: BTreeMap<[Option<String>; 3], usize>,
    fixtures: usize,
    imports: usize,
}

impl Reading {
    pub(super) fn new(name: String, generations: u32) -> Self {
        Self {
            run: Run {
                name,
                ..Run::default()
            },
            groups: Groups::new(generations),
            of_group: Vec::new(),
            points: Vec::new(),
            tasks: BTreeMap::new(),
            summary: Summary::default(),
            scales: BTreeMap::new(),
            fixtures: 0,
            imports: 0,
        }
    }

    /// Reads a whole file; rows of files with different numbers form no groups.
    pub(super) fn file(&mut self, file: &Path, number: u32) -> Result<(), DataError> {
        let mut lines = Lines::open(file)?;
        while let Some(line) = lines.next_line()? {
            self.row(line.row, file, number, line.number);
        }
        Ok(())
    }

    /// Adds a line of a file; the number of the file keeps groups apart.
    pub(super) fn row(&mut self, row: Result<Row, String>, file: &Path, number: u32, line: u64) {
        let row = match row {
            Ok(row) => row,
            Err(message) => return self.run.malformed.push(file, line, message),
        };
        self.groups.set_file(number);
        match Content::of(&row) {
            Content::Candidate(_) => self.candidate(&row, line),
            Content::Other(_) => {
                self.groups.pass_over(&row);
                self.run.other_rows += 1;
            }
            Content::Header => {}
            Content::Unknown => {
                if !losses(&row, &mut self.run.training) {
                    self.run.malformed.push(file, line, UNKNOWN_FORMAT.to_owned());
                }
            }
        }
    }

    fn candidate(&mut self, row: &Row, line: u64) {
        self.summary.add(row);
        let code = row.code().unwrap_or_default();
        let flag = |key: &str| row.get(key).and_then(Value::as_bool);
        self.fixtures += usize::from(flag("has_fixture").unwrap_or_else(|| reward::assigns_fixture(&code)));
        self.imports +=
            usize::from(flag("has_cadquery_import").unwrap_or_else(|| code.contains("import cadquery")));
        let group = self.groups.push(row, line) as usize;
        if group == self.of_group.len() {
            self.of_group.push(GroupSums {
                call: row.call(),
                task: row.task_id().map(str::to_owned),
                profile: row.profile(),
                rewards: Vec::new(),
            });
        }
        let Some(score) = row.score() else { return };
        let scale = [row.text("profile"), row.profile_digest(), row.text("mode")];
        let scale = scale.map(|part| part.map(str::to_owned));
        *self.scales.entry(scale).or_default() += 1;
        self.of_group[group].rewards.push(score);
        self.points.push(Point {
            reward: score as f32,
            built: row.built(),
            kind: row.kind(),
        });
        self.run.clipped += usize::from(row.clipped());
        if let Some(task) = row.task_id() {
            self.tasks.entry(task.to_owned()).or_default().add(row);
        }
    }

    pub(super) fn run(self) -> Run {
        let Self {
            run,
            groups,
            of_group,
            points,
            tasks,
            summary,
            scales,
            fixtures,
            imports,
        } = self;
        let scale = |([profile, profile_digest, mode], count): ([Option<String>; 3], usize)| ScaleCount {
            profile,
            profile_digest,
            mode,
            count,
        };
        let mut scales: Vec<ScaleCount> = scales.into_iter().map(scale).collect();
        scales.sort_by_key(|scale| std::cmp::Reverse(scale.count));
        let kinds = kinds(&points, None);
        let length = points.len().div_ceil(SEGMENTS).max(1);
        let segment = |(index, points): (usize, &[Point])| {
            let mut summary = Summary::default();
            for point in points {
                summary.add_values(Some(f64::from(point.reward)), None, point.built);
            }
            Segment {
                from: index * length,
                to: index * length + points.len(),
                mean_reward: summary.reward.mean().unwrap_or_default(),
                build_rate: summary.build_rate(),
                kinds: self::kinds(points, Some(&kinds)),
            }
        };
        let over_time = points.chunks(length).enumerate().map(segment).collect();
        let groups: Vec<GroupNumbers> = (0..groups.len())
            .zip(of_group)
            .filter_map(|(group, of)| of.numbers(groups.line(group)))
            .collect();
        let compared = groups.iter().filter(|group| group.rows > 1).count();
        let informative = groups.iter().filter(|group| group.informative).count();
        let task = |(task_id, summary): (String, Summary)| TaskNumbers {
            task_id,
            completions: summary.rows,
            built: summary.built,
            unknown: summary.unknown,
            build_rate: summary.build_rate(),
            mean_reward: summary.reward.mean().unwrap_or_default(),
            best_reward: summary.reward.best().unwrap_or_default(),
        };
        Run {
            completions: summary.rows,
            scored: summary.scored(),
            built: summary.built,
            unknown: summary.unknown,
            build_rate: summary.build_rate(),
            mean_reward: summary.reward.mean(),
            best_reward: summary.reward.best(),
            mean_total: summary.total.mean(),
            best_total: summary.total.best(),
            fixture_rate: share(fixtures, summary.rows),
            import_rate: share(imports, summary.rows),
            kinds,
            scales,
            tasks: tasks.into_iter().map(task).collect(),
            informative_groups: share(informative, compared),
            groups,
            over_time,
            ..run
        }
    }
}

/// Counts of kinds, most frequent first or in the given order.
fn kinds(points: &[Point], order: Option<&[KindCount]>) -> Vec<KindCount> {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for kind in points.iter().filter_map(|point| point.kind) {
        *counts.entry(kind).or_default() += 1;
    }
    if let Some(order) = order {
        return order
            .iter()
            .map(|KindCount { kind, .. }| KindCount {
                kind: *kind,
                count: counts.get(kind).copied().unwrap_or_default(),
            })
            .collect();
    }
    let mut counts: Vec<KindCount> = counts
        .into_iter()
        .map(|(kind, count)| KindCount { kind, count })
        .collect();
    counts.sort_by_key(|entry| std::cmp::Reverse(entry.count));
    counts
}
