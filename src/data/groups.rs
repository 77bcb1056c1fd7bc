//! Groups of rows: candidates of the same prompt.
//!
//! A reward call is a batch, not a group: published calls mix tasks. Rows form a group by `group_id`, else by equal
//! prompts within a call, else as consecutive rows of one task, at most as many as the trainer generates per prompt.
//! Steps of a repair loop with the same parent form a group. Rows of different files never do.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{Row, RowFormat};
use cadforge_reward::{self as reward, Advantages, Profile};

/// Completions per prompt by default, as in TRL.
pub const DEFAULT_GENERATIONS: u32 = 8;

/// The groups of a file, in the order of their first rows. Takes 4 bytes per row and some 60 per group.
#[derive(Debug)]
pub struct Groups {
    generations: u32,
    /// Number of the file of the next row.
    file: u32,
    groups: Vec<Group>,
    of_row: Vec<u32>,
    /// Groups that later rows may join, by key.
    named: HashMap<[u8; 16], u32>,
    /// The last row's group, if the next row may join it.
    run: Option<([u8; 16], u32)>,
}

/// A group of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Line of its first row, counted from 1; the group's id if rows have none.
    pub line: u64,
    /// Number of rows.
    pub rows: u32,
    /// Index of its last row.
    pub last: u32,
}

impl Groups {
    /// No rows yet; consecutive rows of a task form groups of at most `generations`, at least 1.
    pub fn new(generations: u32) -> Self {
        Self {
            generations: generations.max(1),
            file: 0,
            groups: Vec::new(),
            of_row: Vec::new(),
            named: HashMap::new(),
            run: None,
        }
    }

    /// Sets the number of the file that the next rows come from; ids and prompts are compared within a file only.
    pub fn set_file(&mut self, file: u32) {
        self.file = file;
    }

    /// Adds the next row, on the given line, and returns the index of its group.
    pub fn push(&mut self, row: &Row, line: u64) -> u32 {
        let (key, named) = self.key(row);
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

    /// Passes over a row that the reader does not count. It separates the rows around it as if it were counted, so that readers that
    /// count different rows form the same groups.
    pub fn pass_over(&mut self, row: &Row) {
        let (key, named) = self.key(row);
        if named || self.run.is_some_and(|(of, _)| of != key) {
            self.run = None;
        }
    }

    /// The key of a row's group, and whether rows may join it that do not follow one another.
    fn key(&self, row: &Row) -> ([u8; 16], bool) {
        let prompt = row.prompt();
        let (file, call, task) = (self.file, row.call(), row.task_id());
        // Most rows have no origin: their format costs more to tell.
        let is_step = row.get("origin").is_some() && RowFormat::of(row) == Some(RowFormat::Step);
        match (row.get("group_id"), prompt.is_empty(), call) {
            (Some(id), _, _) => (digest(&("id", file, id)), true),
            // Steps with the same parent.
            (None, _, _) if is_step => (digest(&("parent", file, task, row.count("parent"))), true),
            (None, false, Some(call)) => (digest(&("prompt", file, call, prompt)), true),
            (None, _, _) => (digest(&("run", file, call, task, prompt)), false),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.of_row.len()
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there are no rows.
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

    /// The rows of one of `shards` parts of about equal size. Parts are consecutive and split no group; they may be
    /// empty.
    pub fn shard(&self, index: u32, shards: u32) -> std::ops::Range<usize> {
        let cut = |part: u32| {
            let ideal = (self.rows() as u64 * u64::from(part)).div_ceil(u64::from(shards)) as usize;
            self.boundary(ideal)
        };
        cut(index)..cut(index + 1)
    }

    /// The first row at or after `row` before which no group is open.
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
}

/// A hash of the key of a group.
fn digest(parts: &impl serde::Serialize) -> [u8; 16] {
    let bytes = serde_json::to_vec(parts).expect("plain data");
    let digest = Sha256::digest(&bytes);
    digest[..16].try_into().expect("sixteen of thirty-two")
}

/// Mean and deviation of the scores of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Their mean.
    pub mean: f64,
    /// Standard deviation of a sample (n - 1); 0 for a single score.
    pub std: f64,
}

/// Comparison of the scores of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Mean and deviation; `None` without scores.
    pub spread: Option<Spread>,
    /// Advantage of each row; `None` for rows without a score.
    pub advantages: Vec<Option<f64>>,
    /// Whether the scores differ enough to learn from, under the profile.
    pub informative: bool,
}

/// Compares the scores of a group under a profile.
pub fn compare(scores: &[Option<f64>], profile: Profile) -> Compared {
    let known: Vec<f64> = scores.iter().copied().flatten().collect();
    let Advantages {
        mean,
        std,
        values,
        informative,
    } = reward::advantages(&known, profile);
    let mut values = values.into_iter();
    Compared {
        spread: (!known.is_empty()).then_some(Spread { mean, std }),
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
    fn groups_are_formed_by_id_or_prompt_or_consecutive_task() {
        let by_name = ["a", "b", "a", "b"].map(|id| json!({"group_id": id, "task_id": "t"}));
        assert_eq!(indices(&groups(&by_name, 8)), [0, 1, 0, 1]);
        // A call mixes prompts, and the next call may repeat one.
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
    fn rows_of_two_files_form_no_group() {
        for row in [
            json!({"group_id": "a"}),
            json!({"reward_call": 1, "prompt": "p"}),
            json!({"task_id": "t", "code": "x"}),
        ] {
            let row = Row::parse(row.to_string().as_bytes()).unwrap();
            let mut groups = Groups::new(8);
            groups.push(&row, 1);
            assert_eq!(groups.push(&row, 2), 0);
            groups.set_file(1);
            assert_eq!(groups.push(&row, 1), 1);
        }
    }

    #[test]
    fn a_row_that_is_passed_over_separates_others_as_if_it_were_counted() {
        let code = json!({"task_id": "t", "code": "x"});
        let parse = |row: &serde_json::Value| Row::parse(row.to_string().as_bytes()).unwrap();
        for (between, joined) in [
            (json!({"task_id": "t", "code": "y"}), true),
            (json!({"task_id": "u", "code": "y"}), false),
            (json!({"task_id": "t", "code": "y", "group_id": 1}), false),
            (
                json!({"task_id": "t", "prompt": "p", "chosen": "a", "rejected": "b"}),
                false,
            ),
        ] {
            let mut passed = Groups::new(8);
            passed.push(&parse(&code), 1);
            passed.pass_over(&parse(&between));
            passed.push(&parse(&code), 3);
            assert_eq!(passed.of(1).0 == 0, joined, "{between}");
            let counted = groups(&[code.clone(), between, code.clone()], 8);
            assert_eq!(counted.of(2).0 == 0, joined);
        }
    }

    #[test]
    fn spread_is_of_a_sample_and_ignores_rows_without_a_score() {
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
    fn grounded_groups_with_small_differences_are_uninformative() {
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
        fn shards_cover_the_file_and_split_no_group(ids in prop::collection::vec(0u8..12, 0..60), shards in 1u32..7) {
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
                let boundary = groups.boundary(row);
                prop_assert!(boundary >= row && groups.boundary(boundary) == boundary);
                prop_assert!((row..boundary).all(|other| groups.boundary(other) != other));
            }
        }
    }
}
