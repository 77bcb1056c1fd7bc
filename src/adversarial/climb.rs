//! A hill climber over scripts: keeps what scores higher, whatever it is.

use rand_pcg::Pcg64;

use super::mutate::{Script, below};
use cadforge_core::task::Task;

/// Children that are asked for at once.
const BROOD: usize = 8;
/// Rounds without gain after which the climber goes back: to the best script as often as to one that it started from.
const PATIENCE: u32 = 25;

/// A climb under way.
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

/// A script that was better than all before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// After how many evaluations.
    pub evaluated: usize,
    /// Its total.
    pub total: f64,
}

/// What a climb came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Climb {
    /// The best script.
    pub code: String,
    /// Its total.
    pub total: f64,
    /// Evaluations made.
    pub evaluated: usize,
    /// How it got there.
    pub steps: Vec<Step>,
}

impl<'a> Climber<'a> {
    /// Starts from the weak seed, or from a box.
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

    /// Scripts to be evaluated next.
    pub fn ask(&mut self) -> Vec<Script> {
        if self.evaluated == 0 {
            return self.starts.clone();
        }
        if self.idle >= PATIENCE {
            self.idle = 0;
            self.current = if below(&mut self.random, 2) == 0 {
                self.best.clone()
            } else {
                let start = below(&mut self.random, self.starts.len());
                (self.starts[start].clone(), f64::NEG_INFINITY)
            };
        }
        let mut brood = Vec::with_capacity(BROOD);
        for _ in 0..BROOD {
            let mut child = self.current.0.clone();
            for _ in 0..=below(&mut self.random, 3) {
                child = child.mutated(self.task, &mut self.random);
            }
            brood.push(child);
        }
        brood
    }

    /// Their totals, in the same order.
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
            // Equals are taken too: a plateau is walked on.
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

    /// The total that the next script has to reach to be gone on from; lower ones change nothing.
    pub fn current(&self) -> f64 {
        self.current.1
    }

    /// Evaluations made so far.
    pub fn evaluated(&self) -> usize {
        self.evaluated
    }

    /// What it came to.
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
    use cadforge_core::task::{Level, Scale};

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
            reference_mesh: None,
            repairs: Vec::new(),
            dir: "spacer".into(),
            version: String::new(),
        }
    }

    /// A reward that can be talked into something.
    fn talkative(code: &str) -> f64 {
        code.matches("spacer").count() as f64
    }

    #[test]
    fn a_total_below_the_current_one_may_be_any_other_below_it() {
        let climb = |below: fn(f64, f64) -> f64| {
            let task = task();
            let mut climber = Climber::new(&task, 3);
            while climber.evaluated() < 400 {
                let scripts = climber.ask();
                let mut most = climber.current();
                let mut totals = Vec::new();
                for script in &scripts {
                    let total = talkative(&script.code());
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
            "it would be seen"
        );
    }

    #[test]
    fn what_pays_is_found_and_the_same_seed_finds_the_same() {
        let climb = |seed| {
            let task = task();
            let mut climber = Climber::new(&task, seed);
            while climber.evaluated() < 400 {
                let scripts = climber.ask();
                let totals: Vec<f64> = scripts.iter().map(|script| talkative(&script.code())).collect();
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
