//! Changes named dimensions of a script and has the results measured, while a worker holds the script.
//!
//! Dimensions are tried in batches of three, until the score would hardly change by more. A batch takes a large step of each
//! dimension, and a small one of all together ([`Combination`]); only if that does not show that each acts in proportion, small
//! steps one at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::cacheable::Cacheable;
use cadforge_executor::{CancelToken, Executor, ExecutorError, Priority, RunSpec, Variants, Vary};
use cadforge_geometry::MassProperties;
use cadforge_reward::{Combination, Perturbation, PerturbationStep, Perturbations};
use cadforge_task::dimensions::{Dimension, dimensions, with_all};

/// Dimensions that are tried at once.
const BATCH: usize = 3;

/// Perturbs the dimensions of a script that builds.
pub(super) fn run(
    trials: &Arc<Trials>,
    spec: &RunSpec,
    priority: Priority,
    executor: &Executor,
    cancel: &CancelToken,
) -> Result<Cacheable<Perturbations>, ExecutorError> {
    let mut is_cacheable = true;
    if !trials.dimensions.is_empty() {
        let vary: Arc<dyn Vary> = trials.clone();
        let execution =
            executor.build_with_variants(trials.code.as_bytes(), &vary, spec, priority, cancel)?;
        is_cacheable = execution.cacheable;
    }
    Ok(Cacheable {
        value: trials.result(),
        is_cacheable,
    })
}

/// The dimensions of a script to try, and what is known about them.
pub(super) struct Trials {
    code: String,
    /// Number of all named dimensions.
    named: usize,
    /// In the order in which they are tried.
    dimensions: Vec<Dimension>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the first variants were chosen.
    began: Option<Instant>,
    /// Time until the last ones had run.
    took: Duration,
    perturbations: Vec<Perturbation>,
    batch: Batch,
}

/// Dimensions that are tried at once.
#[derive(Default)]
struct Batch {
    trials: Vec<Trial>,
    round: Round,
    /// Index of the trial of each variant that was asked for.
    asked: Vec<usize>,
    /// Whether a number of solids or faces has changed, of which reuse may be the cause.
    reuse_may_fail: bool,
}

/// What was asked for last.
#[derive(Debug, Default)]
enum Round {
    #[default]
    Large,
    /// A large step the other way, where the first does not build.
    LargeBack,
    /// A small step of several dimensions at once.
    Combined(Combination),
    /// A small step against the large one.
    Small,
    /// The large step again without reuse, where it has changed the numbers of solids or faces and the small one has not: reuse
    /// may be the cause.
    LargeAlone,
    /// A small step the same way, where that against the large one does not build.
    SmallOn,
    Done,
}

impl Round {
    fn reuses(&self, reuse_may_fail: bool) -> bool {
        match self {
            Self::Large | Self::LargeBack | Self::Combined(_) => true,
            Self::Small | Self::SmallOn => !reuse_may_fail,
            Self::LargeAlone | Self::Done => false,
        }
    }
}

/// What is known about one dimension.
#[derive(Default)]
struct Trial {
    /// Step and part of the last large step.
    large: (f64, Option<MassProperties>),
    small: (f64, Option<MassProperties>),
    result: Option<Perturbation>,
}

impl Trials {
    /// Of at most `count` dimensions.
    pub(super) fn new(code: &str, count: u32) -> Arc<Self> {
        let all = dimensions(code);
        Arc::new(Self {
            code: code.to_owned(),
            named: all.len(),
            dimensions: choose(&all, count as usize),
            state: Mutex::default(),
        })
    }

    /// Whether there is nothing to try.
    pub(super) fn is_empty(&self) -> bool {
        self.dimensions.is_empty()
    }

    /// What was found.
    pub(super) fn result(&self) -> Perturbations {
        Perturbations {
            named: self.named,
            perturbations: self.state().perturbations.clone(),
        }
    }

    /// Time that the variants took, in ms.
    pub(super) fn milliseconds(&self) -> f64 {
        self.state().took.as_secs_f64() * 1e3
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The dimensions of the current batch.
    fn current(&self, done: &[Perturbation]) -> &[Dimension] {
        let from = done.len();
        &self.dimensions[from..self.dimensions.len().min(from + BATCH)]
    }

    fn is_settled(&self, found: &[Perturbation]) -> bool {
        let perturbations = Perturbations {
            named: self.named,
            perturbations: found.to_vec(),
        };
        perturbations.is_settled()
    }

    /// The script with one dimension changed.
    fn variant(&self, dimension: &Dimension, size: f64) -> Vec<u8> {
        dimension
            .with(&self.code, &dimension.stepped(size).value)
            .into_bytes()
    }
}

impl Vary for Trials {
    fn next(&self, nominal: &MassProperties, changed: &[Option<MassProperties>]) -> Variants {
        let mut state = self.state();
        let began = *state.began.get_or_insert_with(Instant::now);
        state.took = began.elapsed();
        let State {
            perturbations, batch, ..
        } = &mut *state;
        if changed.is_empty() {
            perturbations.clear();
            *batch = Batch::of(self.current(perturbations));
        } else {
            batch.record(nominal, changed, self.current(perturbations));
            batch.round = batch.next_round(nominal, self.current(perturbations));
        }
        loop {
            let scripts = batch.variants(self, nominal, self.current(perturbations));
            if !scripts.is_empty() {
                let reuse = batch.round.reuses(batch.reuse_may_fail);
                return Variants { scripts, reuse };
            }
            if !matches!(batch.round, Round::Done) {
                batch.round = batch.next_round(nominal, self.current(perturbations));
                continue;
            }
            let done = std::mem::take(batch).finish(nominal, self.current(perturbations));
            perturbations.extend(done);
            if perturbations.len() == self.dimensions.len() || self.is_settled(perturbations) {
                return Variants::default();
            }
            *batch = Batch::of(self.current(perturbations));
        }
    }
}

impl Batch {
    fn of(dimensions: &[Dimension]) -> Self {
        Self {
            trials: dimensions.iter().map(|_| Trial::default()).collect(),
            ..Self::default()
        }
    }

    /// The variants of the round; notes to which trial each belongs.
    fn variants(&mut self, of: &Trials, nominal: &MassProperties, dimensions: &[Dimension]) -> Vec<Vec<u8>> {
        self.asked.clear();
        if let Round::Combined(combination) = &self.round {
            let changes: Vec<(&Dimension, String)> = combination
                .parts
                .iter()
                .zip(dimensions)
                .zip(&self.trials)
                .filter_map(|((part, dimension), trial)| {
                    let size = -(*part)? * trial.large.0;
                    Some((dimension, dimension.stepped(size).value))
                })
                .collect();
            // One alone is tried by its own small step.
            return if changes.len() < 2 {
                Vec::new()
            } else {
                vec![with_all(&of.code, &changes).into_bytes()]
            };
        }
        let mut variants = Vec::new();
        for (index, (trial, dimension)) in self.trials.iter_mut().zip(dimensions).enumerate() {
            let small = || dimension.small_step().copysign(trial.large.0);
            let size = match self.round {
                Round::Large => dimension.large_step(),
                Round::LargeBack if trial.large.1.is_none() => -dimension.large_step(),
                Round::Small if trial.result.is_none() => -small(),
                Round::LargeAlone
                    if trial.result.is_none()
                        && differs_in_number(trial.large.1.as_ref(), nominal)
                        && !differs_in_number(trial.small.1.as_ref(), nominal) =>
                {
                    trial.large.0
                }
                Round::SmallOn if trial.result.is_none() && trial.small.1.is_none() => small(),
                _ => continue,
            };
            match self.round {
                Round::Large | Round::LargeBack | Round::LargeAlone => trial.large.0 = size,
                _ => trial.small.0 = size,
            }
            self.asked.push(index);
            variants.push(of.variant(dimension, size));
        }
        variants
    }

    /// Records what the variants of the round built.
    fn record(
        &mut self,
        nominal: &MassProperties,
        changed: &[Option<MassProperties>],
        dimensions: &[Dimension],
    ) {
        if let (Round::Combined(combination), [combined]) = (&self.round, changed) {
            let large: Vec<_> = self.trials.iter().map(|trial| trial.large.1.as_ref()).collect();
            self.reuse_may_fail |= differs_in_number(combined.as_ref(), nominal);
            let confirmed = combined
                .as_ref()
                .is_some_and(|combined| combination.confirms(nominal, &large, combined));
            if confirmed {
                let confirmed: Vec<Option<Perturbation>> = combination
                    .parts
                    .iter()
                    .zip(&large)
                    .zip(dimensions)
                    .map(|((part, large), dimension)| {
                        part.and(*large)
                            .map(|large| Perturbation::confirmed(&dimension.name, nominal, large))
                    })
                    .collect();
                for (trial, confirmed) in self.trials.iter_mut().zip(confirmed) {
                    trial.result = trial.result.take().or(confirmed);
                }
            }
            return;
        }
        for (&index, part) in self.asked.iter().zip(changed) {
            let trial = &mut self.trials[index];
            match self.round {
                Round::Large | Round::LargeBack | Round::LargeAlone => trial.large.1 = *part,
                _ => trial.small.1 = *part,
            }
        }
    }

    fn next_round(&mut self, nominal: &MassProperties, dimensions: &[Dimension]) -> Round {
        match self.round {
            Round::Large => Round::LargeBack,
            Round::LargeBack => {
                // Without any effect of a large step, a small one decides nothing.
                for (trial, dimension) in self.trials.iter_mut().zip(dimensions) {
                    let alone = trial.perturbation(nominal, dimension);
                    if !alone.is_change() {
                        trial.result = Some(alone);
                    }
                }
                let large: Vec<_> = self
                    .trials
                    .iter()
                    .zip(dimensions)
                    .map(|(trial, dimension)| {
                        let large = trial.large.1.as_ref();
                        large.filter(|_| trial.result.is_none() && !dimension.may_be_a_count())
                    })
                    .collect();
                Round::Combined(Combination::new(nominal, &large))
            }
            Round::Combined(_) => {
                let unsure = |trial: &Trial| {
                    trial.result.is_none() && differs_in_number(trial.large.1.as_ref(), nominal)
                };
                self.reuse_may_fail |= self.trials.iter().any(unsure);
                Round::Small
            }
            Round::Small => Round::LargeAlone,
            Round::LargeAlone => Round::SmallOn,
            Round::SmallOn | Round::Done => Round::Done,
        }
    }

    fn finish(self, nominal: &MassProperties, dimensions: &[Dimension]) -> Vec<Perturbation> {
        let trials = self.trials.into_iter().zip(dimensions);
        trials
            .map(|(mut trial, dimension)| {
                let result = trial.result.take();
                result.unwrap_or_else(|| trial.perturbation(nominal, dimension))
            })
            .collect()
    }
}

/// Whether a variant has another number of solids or faces than the candidate.
fn differs_in_number(part: Option<&MassProperties>, nominal: &MassProperties) -> bool {
    part.is_some_and(|part| part.faces != nominal.faces || part.solids != nominal.solids)
}

impl Trial {
    /// By its own large and small step.
    fn perturbation(&self, nominal: &MassProperties, dimension: &Dimension) -> Perturbation {
        let steps = [&self.large, &self.small].map(|(size, part)| PerturbationStep {
            size: *size,
            mass: part.as_ref(),
        });
        Perturbation::new(&dimension.name, nominal, steps, dimension.is_whole())
    }
}

/// The order in which dimensions are tried: by a hash of the numbers, so that comments, names and the order of lines have no
/// effect.
fn choose(all: &[Dimension], count: usize) -> Vec<Dimension> {
    let mut numbers: Vec<&str> = all.iter().map(|dimension| dimension.literal.as_str()).collect();
    numbers.sort_unstable();
    let seed = Sha256::digest(numbers.join(" "));
    let draw = |dimension: &Dimension| {
        let mut hash = Sha256::new();
        hash.update(seed);
        hash.update(dimension.literal.as_bytes());
        hash.finalize()
    };
    let mut chosen: Vec<_> = all.iter().map(|dimension| (draw(dimension), dimension)).collect();
    chosen.sort_by_key(|(draw, _)| *draw);
    chosen
        .into_iter()
        .take(count)
        .map(|(_, dimension)| dimension.clone())
        .collect()
}

#[cfg(test)]
mod tests;
