//! Evaluations in the cache: an unchanged candidate is neither built nor scored again.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Evaluation, FORMAT, ReferenceChoice, Request, Scoring};
use cadforge_core::cache::digests::Digests;
use cadforge_core::cache::{Cache, Key, KeyBuilder};
use cadforge_executor::{Executor, is_cacheable};
use cadforge_geometry::Shape;
use cadforge_reward::{Profile, Shaping};

/// Increases with every change of the format of an entry.
const ENTRY_FORMAT: u32 = 3;

/// An evaluation, with the digest of its shape.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CachedEvaluation {
    pub(super) evaluation: Evaluation,
    /// Digest of its STL: code that reads the time may build another shape the next time.
    stl: Option<[u8; 32]>,
}

impl CachedEvaluation {
    pub(super) fn new(evaluation: Evaluation, shape: Option<&Shape>) -> Self {
        Self {
            evaluation,
            stl: shape.map(|shape| Sha256::digest(&shape.stl).into()),
        }
    }

    /// Whether it belongs to this shape.
    pub(super) fn is_of(&self, shape: &Shape) -> bool {
        self.stl == Some(Sha256::digest(&shape.stl).into())
    }

    /// The cached evaluation with this key.
    pub(super) fn load(cache: &Cache, key: &Key) -> Option<Self> {
        let payload = cache.get(key)?;
        let known = serde_json::from_slice(&payload).ok();
        if known.is_none() {
            cache.forget(key);
        }
        known
    }

    /// Caches it, if equal code would have the same result again.
    pub(super) fn store(&self, cache: &Cache, key: &Key) {
        if is_cacheable(self.evaluation.failure.as_ref())
            && let Ok(payload) = serde_json::to_vec(self)
        {
            cache.put(key, payload);
        }
    }
}

/// Hash of everything that an evaluation depends on; `None` if caching is off, or the reference cannot be read.
pub(super) fn key(request: &Request<'_>, executor: &Executor, digests: &Digests) -> Option<Key> {
    let Request {
        task,
        code,
        completion,
        scoring,
        priority: _,
    } = *request;
    let Scoring {
        profile,
        mode,
        shaping,
        reference,
        limits: _,
        project: _,
        editability: _,
    } = scoring;
    let mut key = KeyBuilder::default()
        .part("evaluation", &ENTRY_FORMAT.to_le_bytes())
        .part("format", &FORMAT.to_le_bytes())
        // Sources of this crate and the rewards; the build's key covers the crates below.
        .part("sources", env!("CADFORGE_SOURCES").as_bytes())
        // Code, limits, readable files, programs and the environment.
        .part("build", executor.key(code, &request.run_spec().ok()?)?.bytes())
        .part("task", task.id.as_bytes())
        .part("task_version", task.version.as_bytes())
        .part("profile", profile.digest().as_bytes())
        .part("mode", format!("{mode:?}").as_bytes())
        .part("shaping", format!("{shaping:?}").as_bytes());
    if *profile == Profile::GroundedV2 {
        key = key
            .part("trials", &scoring.perturbation_count().to_le_bytes())
            .optional("weak_seed", task.seeds.get("weak").map(String::as_bytes));
    }
    if *shaping != Shaping::None {
        key = key.optional("completion", completion.map(str::as_bytes));
    }
    key = match reference {
        ReferenceChoice::None => key.part("reference", b"none"),
        ReferenceChoice::Task => {
            let mesh = task.reference_mesh.as_deref();
            let digest = mesh.map(|path| digests.of(path)).transpose().ok()?;
            // The version covers them too, but as they were when the task was read.
            key.part("reference", b"task")
                .optional("code", task.reference.as_deref().map(str::as_bytes))
                .parts(
                    "further_reference",
                    task.further_references.values().map(String::as_bytes),
                )
                .optional("mesh", digest.as_ref().map(<[u8; 32]>::as_slice))
        }
        ReferenceChoice::File(path) => {
            let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
            key.part("reference", b"file")
                .part("extension", extension.as_encoded_bytes())
                .part("content", &digests.of(path).ok()?)
        }
    };
    Some(key.key())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use clap::ValueEnum as _;

    use super::*;
    use cadforge_core::cache::Bounds;
    use cadforge_executor::{Limits, Priority, WorkerConfig};
    use cadforge_reward::{Mode, Profile};
    use cadforge_task::{Level, Scale, Task};

    fn executor(folder: &Path) -> Executor {
        Executor::start(WorkerConfig {
            cache: Cache::open(folder.join("cache"), Bounds::default()),
            ..WorkerConfig::new("worker".into(), "venv/bin/python".into(), 1)
        })
    }

    fn task() -> Task {
        Task {
            id: "cube".to_owned(),
            level: Level::Easy,
            family: "hardware".to_owned(),
            label: "Cube".to_owned(),
            prompt: "Design a cube.".to_owned(),
            semantic_hints: vec!["cube".to_owned()],
            bbox_mm: None,
            scale: Scale::Mm,
            axis: None,
            checks: Vec::new(),
            seeds: BTreeMap::new(),
            reference: Some("fixture = 1\n".to_owned()),
            further_references: BTreeMap::new(),
            reference_mesh: None,
            not_asked: Vec::new(),
            repairs: Vec::new(),
            dir: "packs/cube".into(),
            version: "0".repeat(12),
        }
    }

    /// Changes one input of a result.
    type Change = fn(&mut Task, &mut String, &mut Option<String>, &mut Scoring);

    #[test]
    fn every_input_of_a_result_changes_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let (executor, digests) = (executor(folder.path()), Digests::default());
        let key_after = |change: Change| {
            let (mut task, mut code, mut completion) = (task(), "fixture = 1\n".to_owned(), None);
            let mut scoring = Scoring::default();
            change(&mut task, &mut code, &mut completion, &mut scoring);
            let request = Request {
                task: &task,
                code: code.as_bytes(),
                completion: completion.as_deref(),
                scoring: &scoring,
                priority: Priority::Live,
            };
            key(&request, &executor, &digests).unwrap()
        };
        let changes: [Change; 15] = [
            |_, _, _, _| {},
            |_, code, _, _| code.push(' '),
            |task, _, _, _| task.id.push('s'),
            |task, _, _, _| task.version.replace_range(..1, "1"),
            |task, _, _, _| task.reference = None,
            |task, _, _, _| task.reference = Some(String::new()),
            |task, _, _, _| {
                task.further_references.insert("other".to_owned(), String::new());
            },
            |_, _, _, scoring| scoring.reference = ReferenceChoice::None,
            |_, _, _, scoring| scoring.limits.cpu_s = 7.0,
            |_, _, _, scoring| scoring.limits.memory_mb = 7,
            |_, _, _, scoring| scoring.limits.output_bytes = 7,
            |_, _, _, scoring| scoring.limits.triangles = 7,
            |_, _, _, scoring| scoring.mode = Mode::Fast,
            |_, _, _, scoring| scoring.shaping = Shaping::Strict,
            |_, _, completion, scoring| {
                scoring.shaping = Shaping::Strict;
                *completion = Some("```".to_owned());
            },
        ];
        let keys: Vec<Key> = changes.into_iter().map(key_after).collect();
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "change {at} changes nothing");
        }
        // Completion, priority and the task's label have no effect.
        let same: [Change; 2] = [
            |_, _, completion, _| *completion = Some("```".to_owned()),
            |task, _, _, _| task.label.push('s'),
        ];
        for change in same {
            assert_eq!(key_after(change), keys[0]);
        }
    }

    #[test]
    fn profiles_modes_and_shapings_have_different_keys() {
        let folder = tempfile::tempdir().unwrap();
        let (executor, digests, task) = (executor(folder.path()), Digests::default(), task());
        let mut keys = Vec::new();
        for &profile in Profile::value_variants() {
            for &mode in Mode::value_variants() {
                for &shaping in Shaping::value_variants() {
                    let scoring = Scoring {
                        profile,
                        mode,
                        shaping,
                        ..Scoring::default()
                    };
                    let request = Request::batch(&task, b"fixture = 1\n", &scoring);
                    let key = key(&request, &executor, &digests).unwrap();
                    assert!(!keys.contains(&key), "{profile:?} {mode:?} {shaping:?}");
                    keys.push(key);
                }
            }
        }
    }

    #[test]
    fn a_reference_file_is_identified_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let (executor, digests, task) = (executor(folder.path()), Digests::default(), task());
        let key_against = |path: &Path| {
            let scoring = Scoring {
                reference: ReferenceChoice::File(path.to_owned()),
                limits: Limits::default(),
                ..Scoring::default()
            };
            let request = Request::batch(&task, b"fixture = 1\n", &scoring);
            key(&request, &executor, &digests)
        };
        let [one, copy, other] = ["one.py", "copy.PY", "one.stl"].map(|name| folder.path().join(name));
        assert_eq!(key_against(&one), None, "it cannot be read");
        for path in [&one, &copy, &other] {
            fs::write(path, "fixture = 2\n").unwrap();
        }
        let before = key_against(&one).unwrap();
        assert_eq!(key_against(&copy), Some(before));
        assert_ne!(key_against(&other), Some(before));
        // As long as before, and written at the same time.
        fs::write(&one, "fixture = 3\n").unwrap();
        assert_ne!(key_against(&one), Some(before));
    }
}
