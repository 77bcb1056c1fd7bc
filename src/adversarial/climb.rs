//! A hill climber over scripts, guided by totals alone.

use rand_pcg::Pcg64;

use super::mutate::{Script, below};
use cadforge_task::Task;

/// Scripts per request.
const BATCH: usize = 8;
/// Rounds without gain before the climber goes back, to the best script or to a start, with equal probability.
const STALLED_ROUNDS: u32 = 25;

/// A running climb.
#[derive(Debug)]
pub struct Climber<'a> {
    task: &'a Task,
    random: Pcg64,
    starts: Vec<Script>,
    current: (Script, f64),
    best: (Script, f64),
    idle: u32,
    evaluated: usize,
    steps: Vec<Step>,
}

/// A script that scored higher than all before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Number of evaluations by then.
    pub evaluated: usize,
    /// Its total.
    pub total: f64,
}

/// Result of a climb.
#[derive(Clone, Debug, PartialEq)]
pub struct Climb {
    /// The best script.
    pub code: String,
    /// Its total.
    pub total: f64,
    /// Number of evaluations.
    pub evaluated: usize,
    /// The improvements, in order.
    pub steps: Vec<Step>,
}

impl<'a> Climber<'a> {
    /// Starts from the weak seed, and from a box.
    pub fn new(task: &'a Task, seed: u64) -> Self {
        let [x, y, z] = task.bbox_mm.unwrap_or([100.0; 3]);
        let block = format!(
            "import cadquery as cq\n\nfixture = cq.Workplane(\"XY\").box({x:?}, {y:?}, {z:?}).translate((0, 0, {:?}))",
            z / 2.0
        );
        let starts = vec![Script::of(task.weak_seed()), Script::of(&block)];
        Self {
            task,
            random: Pcg64::new(u128::from(seed), 0x5eed),
            current: (starts[0].clone(), f64::NEG_INFINITY),
            best: (starts[0].clone(), f64::NEG_INFINITY),
            starts,
            idle: 0,
            evaluated: 0,
            steps: Vec::new(),
        }
    }

    /// The next scripts to evaluate.
    pub fn ask(&mut self) -> Vec<Script> {
        if self.evaluated == 0 {
            return self.starts.clone();
        }
        if self.idle >= STALLED_ROUNDS {
            self.idle = 0;
            self.current = if below(&mut self.random, 2) == 0 {
                self.best.clone()
            } else {
                let start = below(&mut self.random, self.starts.len());
                (self.starts[start].clone(), f64::NEG_INFINITY)
            };
        }
        let mut batch = Vec::with_capacity(BATCH);
        for _ in 0..BATCH {
            let mut child = self.current.0.clone();
            for _ in 0..=below(&mut self.random, 3) {
                child = child.mutated(self.task, &mut self.random);
            }
            batch.push(child);
        }
        batch
    }

    /// Receives their totals, in the same order.
    pub fn tell(&mut self, scripts: Vec<Script>, totals: &[f64]) {
        let before = self.current.1;
        for (script, &total) in scripts.into_iter().zip(totals) {
            self.evaluated += 1;
            if total > self.best.1 {
                self.best = (script.clone(), total);
                self.steps.push(Step {
                    evaluated: self.evaluated,
                    total,
                });
            }
            // Equal totals are accepted too, to cross plateaus.
            if total >= self.current.1 {
                self.current = (script, total);
            }
        }
        self.idle = if self.current.1 > before + 1e-9 {
            0
        } else {
            self.idle + 1
        };
    }

    /// The total that the next script must reach to be accepted; lower totals have no effect.
    pub fn current(&self) -> f64 {
        self.current.1
    }

    /// Number of evaluations so far.
    pub fn evaluated(&self) -> usize {
        self.evaluated
    }

    /// The result.
    pub fn finish(self) -> Climb {
        Climb {
            code: self.best.0.code(),
            total: self.best.1,
            evaluated: self.evaluated,
            steps: self.steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use cadforge_task::{Level, Scale};

    fn task() -> Task {
        Task {
            id: "spacer".to_owned(),
            level: Level::Easy,
            family: "hardware".to_owned(),
            label: "Spacer".to_owned(),
            prompt: "A spacer of 20 mm.".to_owned(),
            semantic_hints: vec!["spacer".to_owned()],
            bbox_mm: Some([20.0, 20.0, 10.0]),
            scale: Scale::Mm,
            axis: None,
            checks: Vec::new(),
            seeds: BTreeMap::from([("weak".to_owned(), "fixture = None\n".to_owned())]),
            reference: None,
            further_references: BTreeMap::new(),
            reference_mesh: None,
            not_asked: Vec::new(),
            repairs: Vec::new(),
            dir: "spacer".into(),
            version: String::new(),
        }
    }

    /// A reward that words increase.
    fn word_reward(code: &str) -> f64 {
        code.matches("spacer").count() as f64
    }

    #[test]
    fn totals_below_the_current_one_are_equivalent() {
        let climb = |below: fn(f64, f64) -> f64| {
            let task = task();
            let mut climber = Climber::new(&task, 3);
            while climber.evaluated() < 400 {
                let scripts = climber.ask();
                let mut most = climber.current();
                let mut totals = Vec::new();
                for script in &scripts {
                    let total = word_reward(&script.code());
                    totals.push(if total < most { below(total, most) } else { total });
                    most = most.max(total);
                }
                climber.tell(scripts, &totals);
            }
            climber.finish()
        };
        assert_eq!(climb(|total, _| total), climb(|_, most| most - 1e-9));
        assert_ne!(
            climb(|total, _| total),
            climb(|_, most| most + 1e-9),
            "the results differ"
        );
    }

    #[test]
    fn the_climber_finds_a_reward_and_is_deterministic() {
        let climb = |seed| {
            let task = task();
            let mut climber = Climber::new(&task, seed);
            while climber.evaluated() < 400 {
                let scripts = climber.ask();
                let totals: Vec<f64> = scripts.iter().map(|script| word_reward(&script.code())).collect();
                climber.tell(scripts, &totals);
            }
            climber.finish()
        };
        let found = climb(7);
        assert!(found.total >= 10.0, "{found:?}");
        assert_eq!(found, climb(7));
        assert!(found.steps.windows(2).all(|pair| pair[0].total < pair[1].total));
    }
}
