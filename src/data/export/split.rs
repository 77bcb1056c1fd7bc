//! The validation split: whole clusters of related rows.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::options::{ExportOptions, SplitBy};
use super::rows::ExportedRow;
use super::similar::{Union, join_similar, shingles};

/// The values of a row that decide about its split.
pub(super) struct Item {
    digest: [u8; 16],
    /// Numbers of its candidates' token sequences.
    sets: Vec<u32>,
    task: u32,
    episode: Option<u32>,
}

/// Relations between rows.
pub(super) struct Relations {
    sets: Vec<Vec<u32>>,
    known: HashMap<[u8; 16], u32>,
    tasks: HashMap<String, u32>,
}

impl Relations {
    pub fn new() -> Self {
        Self {
            sets: Vec::new(),
            known: HashMap::new(),
            tasks: HashMap::new(),
        }
    }

    pub fn item(&mut self, made: &ExportedRow, digest: [u8; 16]) -> Item {
        let sets = made.codes.iter().map(|code| self.set(code)).collect();
        let next = self.tasks.len() as u32;
        Item {
            digest,
            sets,
            task: *self.tasks.entry(made.task_id.clone()).or_insert(next),
            episode: made.episode,
        }
    }

    fn set(&mut self, code: &str) -> u32 {
        let digest = Sha256::digest(code.as_bytes());
        let digest: [u8; 16] = digest[..16].try_into().expect("sixteen of thirty-two");
        if let Some(set) = self.known.get(&digest) {
            return *set;
        }
        let set = self.sets.len() as u32;
        self.sets.push(shingles(code));
        self.known.insert(digest, set);
        set
    }

    /// For each row whether it is in the validation split. The split has at most the requested share, unless the
    /// smallest cluster is larger; a single cluster stays in the training split.
    pub fn held_back(&self, items: &[Item], options: &ExportOptions) -> Vec<bool> {
        let clusters = self.clusters(items, options);
        let mut sizes: HashMap<u32, usize> = HashMap::new();
        let mut order: HashMap<u32, [u8; 32]> = HashMap::new();
        for (item, cluster) in items.iter().zip(&clusters) {
            *sizes.entry(*cluster).or_default() += 1;
            // Random, by the content of the cluster and not by its place.
            let chance: [u8; 32] = Sha256::new()
                .chain_update(options.seed.to_le_bytes())
                .chain_update(item.digest)
                .finalize()
                .into();
            let least = order.entry(*cluster).or_insert(chance);
            *least = chance.min(*least);
        }
        let mut clusters_by_chance: Vec<u32> = sizes.keys().copied().collect();
        clusters_by_chance.sort_by_key(|cluster| order[cluster]);
        let wanted = (items.len() as f64 * options.validation).round() as usize;
        let mut held = std::collections::HashSet::new();
        let mut count = 0;
        if wanted > 0 && clusters_by_chance.len() > 1 {
            for cluster in &clusters_by_chance {
                if count + sizes[cluster] <= wanted {
                    count += sizes[cluster];
                    held.insert(*cluster);
                }
            }
            if held.is_empty() {
                held.extend(
                    clusters_by_chance
                        .iter()
                        .min_by_key(|cluster| (sizes[*cluster], order[*cluster])),
                );
            }
        }
        clusters.iter().map(|cluster| held.contains(cluster)).collect()
    }

    /// For each row the number of its cluster.
    fn clusters(&self, items: &[Item], options: &ExportOptions) -> Vec<u32> {
        let sets = self.sets.len() as u32;
        let tasks = self.tasks.len() as u32;
        let episodes = items
            .iter()
            .filter_map(|item| item.episode)
            .max()
            .map_or(0, |last| last + 1);
        let mut union = Union::new((sets + tasks + episodes) as usize + items.len());
        join_similar(&self.sets, options.similarity, &mut union);
        let first_item = sets + tasks + episodes;
        for (number, item) in items.iter().enumerate() {
            let own = first_item + number as u32;
            for set in &item.sets {
                // Empty code is similar to nothing, not even itself.
                if !self.sets[*set as usize].is_empty() {
                    union.join(own, *set);
                }
            }
            if options.split_by == SplitBy::Task {
                union.join(own, sets + item.task);
            }
            if let Some(episode) = item.episode {
                union.join(own, sets + tasks + episode);
            }
        }
        (0..items.len() as u32)
            .map(|number| union.find(first_item + number))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::export::DataSetKind;

    fn made(task: &str, code: &str) -> ExportedRow {
        ExportedRow {
            value: json!({}),
            task_id: task.to_owned(),
            kind: None,
            codes: vec![code.to_owned()],
            episode: None,
            text: 0,
        }
    }

    /// Code with its own calls, after a common beginning.
    fn code(number: usize, variant: usize) -> String {
        let own: String = (0..40)
            .map(|line| format!("part_{number}_{line} = cq.make_{number}_{line}(width, {variant})\n"))
            .collect();
        format!("import cadquery as cq\nwidth = {variant}\n{own}# {variant}\n")
    }

    fn held(rows: &[(String, String)], options: &ExportOptions) -> Vec<bool> {
        let mut split = Relations::new();
        let items: Vec<Item> = rows
            .iter()
            .enumerate()
            .map(|(number, (task, code))| {
                let mut digest = [0; 16];
                digest[..8].copy_from_slice(&(number as u64).to_le_bytes());
                split.item(&made(task, code), digest)
            })
            .collect();
        split.held_back(&items, options)
    }

    #[test]
    fn similar_rows_are_never_split_and_tasks_only_on_request() {
        let rows: Vec<(String, String)> = (0..100)
            .map(|number| (format!("task {}", number % 10), code(number % 20, number)))
            .collect();
        let options = ExportOptions {
            validation: 0.3,
            ..ExportOptions::new(DataSetKind::Sft)
        };
        let by_task = held(&rows, &options);
        assert_eq!(by_task.iter().filter(|held| **held).count(), 30);
        assert!(
            (0..100).all(|number| by_task[number] == by_task[number % 10]),
            "a task is on both sides"
        );
        assert_ne!(
            by_task,
            held(
                &rows,
                &ExportOptions {
                    seed: 1,
                    ..options.clone()
                }
            )
        );
        let by_code = ExportOptions {
            split_by: SplitBy::Code,
            ..options
        };
        let by_code: Vec<bool> = (0..8)
            .flat_map(|seed| {
                held(
                    &rows,
                    &ExportOptions {
                        seed,
                        ..by_code.clone()
                    },
                )
            })
            .collect();
        for held in by_code.chunks(100) {
            assert_eq!(held.iter().filter(|held| **held).count(), 30);
            assert!(
                (0..100).all(|number| held[number] == held[number % 20]),
                "similar rows are on both sides"
            );
        }
        assert!(
            by_code
                .chunks(100)
                .any(|held| (0..10).any(|task| held[task] != held[task + 10])),
            "tasks were never divided"
        );
    }

    #[test]
    fn a_single_cluster_is_not_split_and_of_two_the_smaller_is_held_back() {
        let mut rows: Vec<(String, String)> =
            (0..9).map(|number| ("a".to_owned(), code(1, number))).collect();
        let options = ExportOptions::new(DataSetKind::Sft);
        assert!(held(&rows, &options).iter().all(|held| !held));
        rows.extend((0..2).map(|number| ("b".to_owned(), code(2, number))));
        let held = held(&rows, &options);
        assert_eq!(held.iter().filter(|held| **held).count(), 2);
        assert!(held[9] && held[10]);
    }
}
