//! Changes named dimensions of a script, one at a time, and builds the result; two builds per dimension, up to four where
//! one fails.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::cacheable::Cacheable;
use super::parallel;
use cadforge_executor::{Build, CancelToken, Executor, ExecutorError, Priority, RunSpec, is_cacheable};
use cadforge_geometry::Shape;
use cadforge_reward::{Perturbation, PerturbationStep, Perturbations};
use cadforge_task::dimensions::{Dimension, Step, dimensions};

/// Perturbs at most `count` dimensions of a script that builds to `whole`.
pub(super) fn run(
    code: &str,
    whole: &Shape,
    count: u32,
    spec: &RunSpec,
    executor: &Executor,
    cancel: &CancelToken,
) -> Result<Cacheable<Perturbations>, ExecutorError> {
    let all = dimensions(code);
    let chosen = choose(&all, whole, count as usize);
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(chosen.len());
    let tried = parallel::map(&chosen, threads, |dimension| {
        try_one(dimension, code, whole, spec, executor, cancel)
    })?;
    let mut is_cacheable = true;
    let perturbations = tried.into_iter().map(|trial| trial.take(&mut is_cacheable));
    let value = Perturbations {
        named: all.len(),
        perturbations: perturbations.collect(),
    };
    Ok(Cacheable { value, is_cacheable })
}

/// Chooses `count` dimensions by a hash of the built shape, so that comments and names do not affect the choice.
fn choose<'a>(all: &'a [Dimension], whole: &Shape, count: usize) -> Vec<&'a Dimension> {
    if all.len() <= count {
        return all.iter().collect();
    }
    let seed = Sha256::digest(&whole.stl);
    let draw = |index: usize| {
        let mut hash = Sha256::new();
        hash.update(seed);
        hash.update((index as u64).to_le_bytes());
        hash.finalize()
    };
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|&index| draw(index));
    order.truncate(count);
    order.sort_unstable();
    order.into_iter().map(|index| &all[index]).collect()
}

fn try_one(
    dimension: &Dimension,
    code: &str,
    whole: &Shape,
    spec: &RunSpec,
    executor: &Executor,
    cancel: &CancelToken,
) -> Result<Cacheable<Perturbation>, ExecutorError> {
    let mut all_cacheable = true;
    let mut built: HashMap<String, Option<Arc<Shape>>> = HashMap::new();
    let mut build = |value: &str| {
        if let Some(known) = built.get(value) {
            return Ok::<_, ExecutorError>(known.clone());
        }
        let changed = dimension.with(code, value);
        let execution = executor.build(changed.as_bytes(), spec, Priority::Batch, cancel)?;
        let shape = match execution.build {
            Build::Shape(shape) => Some(shape),
            Build::Failed(failure) => {
                all_cacheable &= is_cacheable(Some(&failure));
                None
            }
        };
        built.insert(value.to_owned(), shape.clone());
        Ok(shape)
    };
    let mut best: Option<Perturbation> = None;
    for [large, small] in dimension.steps() {
        let shapes = [build(&large.value)?, build(&small.value)?];
        let step = |index: usize, step: &Step| PerturbationStep {
            size: step.size,
            shape: shapes[index].as_deref(),
        };
        let steps = [step(0, &large), step(1, &small)];
        let found = Perturbation::new(&dimension.name, whole, steps, dimension.is_whole());
        let both_build = shapes.iter().all(Option::is_some);
        if best.as_ref().is_none_or(|best| found.effect > best.effect) {
            best = Some(found);
        }
        // The other pairs are only for steps that do not build.
        if both_build {
            break;
        }
    }
    Ok(Cacheable {
        value: best.expect("a dimension has steps"),
        is_cacheable: all_cacheable,
    })
}
