//! Changes named dimensions of a script, one at a time, and builds the result; at most two builds per dimension.

use sha2::{Digest, Sha256};

use super::cacheable::Cacheable;
use super::parallel;
use cadforge_executor::{Build, CancelToken, Executor, ExecutorError, Priority, RunSpec, is_cacheable};
use cadforge_geometry::Shape;
use cadforge_reward::{MEASURES, Perturbation, Perturbations, measures};
use cadforge_task::dimensions::{Dimension, dimensions};

/// Tries at most `count` dimensions of a script that builds to `whole`.
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
    let before = measures(&whole.mesh);
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(chosen.len());
    let tried = parallel::map(&chosen, threads, |dimension| {
        try_one(dimension, code, &before, spec, executor, cancel)
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
    before: &[f64; MEASURES],
    spec: &RunSpec,
    executor: &Executor,
    cancel: &CancelToken,
) -> Result<Cacheable<Perturbation>, ExecutorError> {
    let mut trial = Perturbation {
        name: dimension.name.clone(),
        response: None,
    };
    let mut all_cacheable = true;
    for value in dimension.perturbed_values() {
        let changed = dimension.with(code, &value);
        let execution = executor.build(changed.as_bytes(), spec, Priority::Batch, cancel)?;
        match execution.build {
            Build::Shape(shape) => {
                let after = measures(&shape.mesh);
                trial.response = Some(std::array::from_fn(|index| after[index] - before[index]));
                if trial.is_live() {
                    break;
                }
            }
            Build::Failed(failure) => all_cacheable &= is_cacheable(Some(&failure)),
        }
    }
    Ok(Cacheable {
        value: trial,
        is_cacheable: all_cacheable,
    })
}
