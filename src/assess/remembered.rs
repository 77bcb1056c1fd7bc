//! Evaluations kept in the cache: an unchanged candidate is neither built nor scored again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Evaluation, FORMAT, ReferenceChoice, Request, Scoring};
use crate::cache::{Cache, Key, KeyBuilder};
use crate::executor::{Executor, is_lasting, stamp};
use crate::geometry::Shape;
use crate::reward::Shaping;

/// Goes up with every change of what an entry holds.
const ENTRY_FORMAT: u32 = 1;

/// An evaluation with what ties it to a shape.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) evaluation: Evaluation,
    /// Of the STL that it speaks of: code that asks for the time may build something else the next time.
    stl: Option<[u8; 32]>,
}

impl Known {
    pub(super) fn new(evaluation: Evaluation, shape: Option<&Shape>) -> Self {
        Self {
            evaluation,
            stl: shape.map(|shape| Sha256::digest(&shape.stl).into()),
        }
    }

    /// Whether it speaks of this shape.
    pub(super) fn is_of(&self, shape: &Shape) -> bool {
        self.stl == Some(Sha256::digest(&shape.stl).into())
    }

    /// The evaluation that is kept under this key.
    pub(super) fn load(cache: &Cache, key: &Key) -> Option<Self> {
        let payload = cache.get(key)?;
        let known = serde_json::from_slice(&payload).ok();
        if known.is_none() {
            cache.forget(key);
        }
        known
    }

    /// Keeps it, if equal code would come to the same end again.
    pub(super) fn store(&self, cache: &Cache, key: &Key) {
        if is_lasting(self.evaluation.failure.as_ref())
            && let Ok(payload) = serde_json::to_vec(self)
        {
            cache.put(key, payload);
        }
    }
}

/// What an evaluation depends on; `None` where nothing is kept, or the reference cannot be read.
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
        limits,
    } = scoring;
    let mut key = KeyBuilder::default()
        .part("evaluation", &ENTRY_FORMAT.to_le_bytes())
        .part("format", &FORMAT.to_le_bytes())
        // The code, its limits, the programs and what they run on.
        .part("build", executor.key(code, limits)?.bytes())
        .part("task", task.id.as_bytes())
        .part("task_version", task.version.as_bytes())
        .part("profile", format!("{profile:?}").as_bytes())
        .part("mode", format!("{mode:?}").as_bytes())
        .part("shaping", format!("{shaping:?}").as_bytes());
    if *shaping != Shaping::None {
        key = key.optional("completion", completion.map(str::as_bytes));
    }
    key = match reference {
        ReferenceChoice::None => key.part("reference", b"none"),
        ReferenceChoice::Task => {
            let mesh = task.reference_mesh.as_deref();
            let digest = mesh.map(|path| digests.of(path)).transpose().ok()?;
            // The version holds them too, as they were when the task was read.
            key.part("reference", b"task")
                .optional("code", task.reference.as_deref().map(str::as_bytes))
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

/// Hashes of files, each read again only when the system says that it was changed.
#[derive(Debug, Default)]
pub(super) struct Digests(Mutex<BTreeMap<PathBuf, (Vec<u8>, [u8; 32])>>);

impl Digests {
    fn of(&self, path: &Path) -> std::io::Result<[u8; 32]> {
        let stamp = stamp(&fs::metadata(path)?);
        let known = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(path)
            .cloned();
        if let Some((of, digest)) = known
            && of == stamp
        {
            return Ok(digest);
        }
        let mut file = File::open(path)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read => hash.update(&buffer[..read]),
            }
        }
        let digest = hash.finalize().into();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), (stamp, digest));
        Ok(digest)
    }
}
