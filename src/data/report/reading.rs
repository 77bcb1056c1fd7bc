//! Reading a run: sums, and eight bytes per candidate.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{GroupNumbers, KindCount, MAX_REPORTED, Run, Segment, TaskNumbers, losses};
use crate::{BadLine, DataError, Groups, Lines, Row, RowFormat, Spread};
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

#[derive(Default)]
struct TaskSum {
    rows: usize,
    built: usize,
    unknown: usize,
    sum: f64,
    best: f64,
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
        let Spread { mean, std } = Spread::of(&self.rewards)?;
        let rewards = self.rewards.iter().copied();
        Some(GroupNumbers {
            line,
            reward_call: self.call,
            task_id: self.task,
            rows: self.rewards.len(),
            mean,
            std,
            best: rewards.fold(f64::NEG_INFINITY, f64::max),
            informative: reward::advantages(&self.rewards, self.profile).informative,
        })
    }
}

pub(super) struct Reading {
    run: Run,
    groups: Groups,
    /// Rewards per group, with values of its first row.
    of_group: Vec<GroupSums>,
    points: Vec<Point>,
    tasks: BTreeMap<String, TaskSum>,
    rewards: f64,
    totals: (f64, usize),
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
            rewards: 0.0,
            totals: (0.0, 0),
            fixtures: 0,
            imports: 0,
        }
    }

    /// Reads a whole file.
    pub(super) fn file(&mut self, file: &Path) -> Result<(), DataError> {
        let mut lines = Lines::open(file)?;
        while let Some(line) = lines.next_line()? {
            let number = line.number;
            match line.row {
                Ok(row) => self.row(&row, number),
                Err(message) => self.bad(number, message),
            }
        }
        Ok(())
    }

    pub(super) fn bad(&mut self, line: u64, message: String) {
        self.run.bad_lines += 1;
        if self.run.first_bad_lines.len() < MAX_REPORTED {
            self.run.first_bad_lines.push(BadLine { line, message });
        }
    }

    pub(super) fn row(&mut self, row: &Row, line: u64) {
        if losses(row, &mut self.run.training) {
            return;
        }
        match RowFormat::of(row) {
            Some(
                RowFormat::Completion
                | RowFormat::Evaluation
                | RowFormat::Step
                | RowFormat::Rollout
                | RowFormat::Sft,
            ) => {}
            Some(RowFormat::Preference | RowFormat::Curriculum) => return self.run.other_rows += 1,
            // The header of a trajectory.
            None if line == 1 && row.is_header() => return,
            None => return self.bad(line, "the row has no known format".to_owned()),
        }
        self.run.completions += 1;
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
        let (built, kind) = (row.built(), row.kind());
        self.of_group[group].rewards.push(score);
        self.points.push(Point {
            reward: score as f32,
            built,
            kind,
        });
        self.rewards += score;
        let best = &mut self.run.best_reward;
        *best = Some(best.map_or(score, |best| best.max(score)));
        if let Some(total) = row.total() {
            self.totals = (self.totals.0 + total, self.totals.1 + 1);
            let best = &mut self.run.best_total;
            *best = Some(best.map_or(total, |best| best.max(total)));
        }
        self.run.clipped += usize::from(row.clipped());
        if let Some(task) = row.task_id() {
            let sum = self.tasks.entry(task.to_owned()).or_insert(TaskSum {
                best: f64::NEG_INFINITY,
                ..TaskSum::default()
            });
            sum.rows += 1;
            sum.built += usize::from(built == Some(true));
            sum.unknown += usize::from(built.is_none());
            sum.sum += score;
            sum.best = sum.best.max(score);
        }
    }

    pub(super) fn run(self) -> Run {
        let (scored, completions) = (self.points.len(), self.run.completions);
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let built = built_of(&self.points);
        let unknown = self.points.iter().filter(|point| point.built.is_none()).count();
        let kinds = kinds(&self.points, None);
        let stretch = |(index, points): (usize, &[Point])| Segment {
            from: index * segment_length(scored),
            to: index * segment_length(scored) + points.len(),
            mean_reward: points.iter().map(|point| f64::from(point.reward)).sum::<f64>()
                / points.len() as f64,
            build_rate: share(
                built_of(points),
                points.iter().filter(|point| point.built.is_some()).count(),
            ),
            kinds: self::kinds(points, Some(&kinds)),
        };
        let over_time = self
            .points
            .chunks(segment_length(scored))
            .enumerate()
            .map(stretch)
            .collect();
        let groups: Vec<GroupNumbers> = (0..self.groups.len())
            .zip(self.of_group)
            .filter_map(|(group, of)| of.numbers(self.groups.line(group)))
            .collect();
        let compared = groups.iter().filter(|group| group.rows > 1).count();
        let informative = groups.iter().filter(|group| group.informative).count();
        let task = |(task_id, sum): (String, TaskSum)| TaskNumbers {
            task_id,
            completions: sum.rows,
            built: sum.built,
            unknown: sum.unknown,
            build_rate: share(sum.built, sum.rows - sum.unknown),
            mean_reward: sum.sum / sum.rows as f64,
            best_reward: sum.best,
        };
        Run {
            scored,
            built,
            unknown,
            build_rate: share(built, scored - unknown),
            mean_reward: (scored > 0).then(|| self.rewards / scored as f64),
            mean_total: (self.totals.1 > 0).then(|| self.totals.0 / self.totals.1 as f64),
            fixture_rate: share(self.fixtures, completions),
            import_rate: share(self.imports, completions),
            kinds,
            tasks: self.tasks.into_iter().map(task).collect(),
            informative_groups: share(informative, compared),
            groups,
            over_time,
            ..self.run
        }
    }
}

fn built_of(points: &[Point]) -> usize {
    points.iter().filter(|point| point.built == Some(true)).count()
}

/// Candidates per segment.
fn segment_length(count: usize) -> usize {
    count.div_ceil(SEGMENTS).max(1)
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
