//! Which rows of a file are candidates for one prompt.
//!
//! A reward call is a batch, not a group: published calls mix tasks. Rows belong together by their `group_id`, else by equal
//! prompts within a call, else as runs of one task that are cut after as many rows as the trainer generates for a prompt. Steps of
//! a repair loop belong together when they were made of the same one.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{Row, RowFormat};
use cadforge_reward::{self as reward, Advantages, Profile};

/// Completions for a prompt where nobody says otherwise: what TRL generates.
pub const DEFAULT_GENERATIONS: u32 = 8;

/// The groups of a file, in the order of their first rows. Takes 4 bytes a row and some 60 a group.
#[derive(Debug)]
pub struct Groups {
    generations: u32,
    groups: Vec<Group>,
    of_row: Vec<u32>,
    /// Groups that later rows may still belong to, by what they share.
    named: HashMap<[u8; 16], u32>,
    /// The last row's group, if the next row may go on with it.
    run: Option<([u8; 16], u32)>,
}

/// Rows for one prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Line of its first row, counted from 1: its id where the rows give none.
    pub line: u64,
    /// How many rows it has.
    pub rows: u32,
    /// Index of its last row.
    pub last: u32,
}

impl Groups {
    /// No rows yet; runs of a task are cut after so many rows, at least 1.
    pub fn new(generations: u32) -> Self {
        Self {
            generations: generations.max(1),
            groups: Vec::new(),
            of_row: Vec::new(),
            named: HashMap::new(),
            run: None,
        }
    }

    /// Adds the next row, which stands in that line, and returns the index of its group.
    pub fn push(&mut self, row: &Row, line: u64) -> u32 {
        let prompt = row.prompt();
        let (call, task) = (row.call(), row.task_id());
        let is_step = RowFormat::of(row) == Some(RowFormat::Step);
        let (key, named) = match (row.get("group_id"), prompt.is_empty(), call) {
            (Some(id), _, _) => (digest(&("id", id)), true),
            // Steps that were made of the same one.
            (None, _, _) if is_step => (digest(&("parent", task, row.count("parent"))), true),
            (None, false, Some(call)) => (digest(&("prompt", call, prompt)), true),
            (None, _, _) => (digest(&("run", call, task, prompt)), false),
        };
        let known = if named {
            self.named.get(&key).copied()
        } else {
            self.run
                .filter(|(of, group)| *of == key && self.groups[*group as usize].rows < self.generations)
                .map(|(_, group)| group)
        };
        let row = self.of_row.len() as u32;
        let group = known.unwrap_or_else(|| {
            self.groups.push(Group {
                line,
                rows: 0,
                last: row,
            });
            self.groups.len() as u32 - 1
        });
        if named {
            self.named.insert(key, group);
            self.run = None;
        } else {
            self.run = Some((key, group));
        }
        let entry = &mut self.groups[group as usize];
        entry.rows += 1;
        entry.last = row;
        self.of_row.push(group);
        group
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.of_row.len()
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Line of the first row of a group.
    pub fn line(&self, group: usize) -> u64 {
        self.groups[group].line
    }

    /// The group of a row, with its index.
    pub fn of(&self, row: usize) -> (u32, Group) {
        let group = self.of_row[row];
        (group, self.groups[group as usize])
    }

    /// The rows of one of `shards` parts of about equal size, which follow one another and cut no group. Parts may be empty.
    pub fn shard(&self, index: u32, shards: u32) -> std::ops::Range<usize> {
        let cut = |part: u32| {
            let ideal = (self.rows() as u64 * u64::from(part)).div_ceil(u64::from(shards)) as usize;
            self.boundary(ideal)
        };
        cut(index)..cut(index + 1)
    }

    /// The first row at or behind `row` before which no group is open.
    pub fn boundary(&self, row: usize) -> usize {
        let mut last = 0;
        for index in 0..self.rows() {
            if index >= row && index >= last {
                return index;
            }
            last = last.max(self.of(index).1.last as usize + 1);
        }
        self.rows()
    }

    /// The last row at or before `row` before which no group is open.
    pub fn boundary_before(&self, row: usize) -> usize {
        let (mut last, mut found) = (0, 0);
        for index in 0..=row.min(self.rows()) {
            if index >= last {
                found = index;
            }
            if index < self.rows() {
                last = last.max(self.of(index).1.last as usize + 1);
            }
        }
        found
    }
}

/// What is shared, as a key.
fn digest(parts: &impl serde::Serialize) -> [u8; 16] {
    let bytes = serde_json::to_vec(parts).expect("plain data");
    let digest = Sha256::digest(&bytes);
    digest[..16].try_into().expect("sixteen of thirty-two")
}

/// How the scores of a group lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, of a sample (n - 1); 0 for a single one.
    pub std: f64,
}

impl Spread {
    /// Of some scores; `None` without any.
    pub fn of(scores: &[f64]) -> Option<Self> {
        if scores.is_empty() {
            return None;
        }
        let count = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / count;
        let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
        Some(Self {
            mean,
            std: (squares / (count - 1.0).max(1.0)).sqrt(),
        })
    }
}

/// What the scores of a group say of its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// How the scores lie; `None` without any.
    pub spread: Option<Spread>,
    /// Advantage of each row; rows without a score have none.
    pub advantages: Vec<Option<f64>>,
    /// Whether the scores differ enough to learn from, as the profile has it.
    pub informative: bool,
}

/// Compares the scores of a group, as the profile has it.
pub fn compare(scores: &[Option<f64>], profile: Profile) -> Compared {
    let known: Vec<f64> = scores.iter().copied().flatten().collect();
    let Advantages { values, informative } = reward::advantages(&known, profile);
    let mut values = values.into_iter();
    Compared {
        spread: Spread::of(&known),
        advantages: scores
            .iter()
            .map(|score| score.and_then(|_| values.next()))
            .collect(),
        informative,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn groups(rows: &[serde_json::Value], generations: u32) -> Groups {
        let mut groups = Groups::new(generations);
        for (index, row) in rows.iter().enumerate() {
            groups.push(&Row::parse(row.to_string().as_bytes()).unwrap(), index as u64 + 1);
        }
        groups
    }

    fn indices(groups: &Groups) -> Vec<u32> {
        (0..groups.rows()).map(|row| groups.of(row).0).collect()
    }

    #[test]
    fn a_group_is_named_or_asked_alike_or_a_run() {
        let by_name = ["a", "b", "a", "b"].map(|id| json!({"group_id": id, "task_id": "t"}));
        assert_eq!(indices(&groups(&by_name, 8)), [0, 1, 0, 1]);
        // A call mixes prompts, and the next call may ask the same again.
        let asked = [(1, "p"), (1, "q"), (1, "p"), (2, "p")]
            .map(|(call, prompt)| json!({"reward_call": call, "prompt": prompt, "task_id": "t"}));
        assert_eq!(indices(&groups(&asked, 8)), [0, 1, 0, 2]);
        let steps = [None, Some(0), Some(0), Some(1)].map(
            |parent| json!({"step": 1, "origin": "rules", "code": "x", "task_id": "t", "parent": parent}),
        );
        assert_eq!(indices(&groups(&steps, 8)), [0, 1, 1, 2]);
        let runs = [(1, "t"), (1, "t"), (1, "t"), (1, "u"), (1, "t"), (2, "t")]
            .map(|(call, task)| json!({"reward_call": call, "task_id": task}));
        assert_eq!(indices(&groups(&runs, 2)), [0, 0, 1, 2, 3, 4]);
        assert_eq!(indices(&groups(&runs, 8)), [0, 0, 0, 1, 2, 3]);
        assert_eq!(
            groups(&runs, 8).of(1).1,
            Group {
                line: 1,
                rows: 3,
                last: 2
            }
        );
    }

    #[test]
    fn spread_is_that_of_a_sample_and_rows_without_a_score_stay_out() {
        let advantages = |scores: &[Option<f64>]| compare(scores, Profile::CadforgeV1);
        let compared = advantages(&[Some(1.0), None, Some(2.0), Some(3.0)]);
        assert_eq!(compared.spread, Some(Spread { mean: 2.0, std: 1.0 }));
        let expected = [Some(-1.0 / 1.0001), None, Some(0.0), Some(1.0 / 1.0001)];
        assert_eq!(compared.advantages, expected);
        assert!(compared.informative);
        let lone = advantages(&[Some(0.4)]);
        assert_eq!(lone.spread, Some(Spread { mean: 0.4, std: 0.0 }));
        assert_eq!((lone.advantages, lone.informative), (vec![Some(0.0)], false));
        let none = advantages(&[None]);
        assert_eq!((none.spread, none.advantages), (None, vec![None]));
    }

    #[test]
    fn grounded_groups_that_hardly_differ_teach_little_and_say_so() {
        let compared = compare(&[Some(0.50), None, Some(0.51)], Profile::GroundedV2);
        assert!(!compared.informative);
        assert!(compared.advantages[0].unwrap().abs() < 0.06, "{compared:?}");
        assert_eq!(compared.advantages[1], None);
        let compared = compare(&[Some(0.1), Some(0.9)], Profile::GroundedV2);
        assert!(compared.informative);
        assert!(compared.advantages[1].unwrap() > 0.5, "{compared:?}");
    }

    proptest! {
        #[test]
        fn shards_make_up_the_file_and_cut_no_group(ids in prop::collection::vec(0u8..12, 0..60), shards in 1u32..7) {
            let rows: Vec<_> = ids.iter().map(|id| json!({"group_id": id})).collect();
            let groups = groups(&rows, 8);
            let mut next = 0;
            let mut seen = std::collections::BTreeMap::new();
            for index in 0..shards {
                let part = groups.shard(index, shards);
                prop_assert_eq!(part.start, next);
                next = part.end;
                for row in part {
                    let shard = *seen.entry(groups.of(row).0).or_insert(index);
                    prop_assert_eq!(shard, index);
                }
            }
            prop_assert_eq!(next, rows.len());
            for row in 0..=rows.len() {
                let before = groups.boundary_before(row);
                prop_assert!(before <= row && groups.boundary(before) == before && groups.boundary(row) >= row);
                prop_assert!((before + 1..=row).all(|other| groups.boundary(other) != other));
            }
        }
    }
}
