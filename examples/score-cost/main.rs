//! Measures the cost of a full score under grounded-v2, without and with editability, relative to the candidate's own build, on
//! real parts: one worker, no cache.
//!
//! ```text
//! score-cost [ROUNDS]     median of so many rounds per candidate; default 3
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cadforge::adversarial;
use cadforge::assess::{Assessor, Request, Scoring, Timing};
use cadforge::cache::Cache;
use cadforge::executor::{CancelToken, Executor, Priority, WorkerConfig};
use cadforge::reward::{Mode, Profile};
use cadforge::task::{Task, TaskSet};

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .map_or(3, |text| text.parse().expect("a number of rounds"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let program = std::env::current_exe().expect("this program's path");
    let worker = variable("CADFORGE_WORKER").unwrap_or_else(|| program.with_file_name("../cadforge-worker"));
    let python = variable("CADFORGE_PYTHON").unwrap_or_else(|| root.join(".venv/bin/python"));
    let tasks = TaskSet::load(&[root.join("tasks")]).expect("tasks");
    let mut ladders: BTreeMap<String, adversarial::Ladder> =
        adversarial::ladders(&root.join("tests/cases/ladders"))
            .expect("ladders")
            .into_iter()
            .map(|ladder| (ladder.task.clone(), ladder))
            .collect();
    let assessor = Assessor::new(Executor::start(WorkerConfig {
        cache: Cache::off(),
        ..WorkerConfig::new(worker, python, 1)
    }));
    let mut all: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    println!(
        "| task | candidates | build ms | fast ms | full ms | editability ms | fast / build | full / build | all / build |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for task in tasks.iter() {
        let Some(reference) = &task.reference else {
            continue;
        };
        let mut scripts: Vec<String> = task.seeds.values().cloned().collect();
        match ladders.remove(&task.id) {
            Some(ladder) => scripts.extend(ladder.scripts(reference)),
            None => scripts.push(reference.clone()),
        }
        let mut of_task: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for script in &scripts {
            let Some([build, fast, full, editability]) = measure(&assessor, task, script, rounds) else {
                continue;
            };
            let numbers = [
                ("build", build),
                ("fast", fast),
                ("full", full),
                ("fast / build", fast / build),
                ("full / build", full / build),
                ("editability", editability),
                ("all / build", (build + full + editability) / build),
            ];
            for (name, number) in numbers {
                of_task.entry(name).or_default().push(number);
            }
        }
        line(&task.id, &of_task);
        for (name, mut numbers) in of_task {
            all.entry(name).or_default().append(&mut numbers);
        }
    }
    line("**all**", &all);
}

/// Build, fast score, full score and editability, ms; `None` if it does not build.
fn measure(assessor: &Assessor, task: &Task, script: &str, rounds: usize) -> Option<[f64; 4]> {
    let mut numbers: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        for (mode, place) in [(Mode::Fast, 1), (Mode::Full, 2), (Mode::Full, 3)] {
            // The first round prepares the task, so that a candidate's dimensions are changed right after its build.
            let with_editability = place == 3;
            let scoring = Scoring {
                profile: Profile::GroundedV2,
                mode,
                editability: if with_editability { None } else { Some(0) },
                ..Scoring::default()
            };
            let request = Request {
                task,
                code: script.as_bytes(),
                completion: None,
                scoring: &scoring,
                priority: Priority::Batch,
            };
            let evaluation = assessor
                .evaluate(&request, &CancelToken::never())
                .expect("a score");
            if !evaluation.ok {
                return None;
            }
            let Timing {
                run_ms,
                mesh_ms,
                score_ms,
                editability_ms,
                ..
            } = evaluation.timing;
            if with_editability {
                numbers[3].push(editability_ms);
            } else {
                numbers[0].push(run_ms + mesh_ms);
                numbers[place].push(score_ms);
            }
        }
    }
    Some(numbers.map(|mut numbers| median(&mut numbers)))
}

fn line(name: &str, numbers: &BTreeMap<&str, Vec<f64>>) {
    let middle = |name: &str| median(&mut numbers[name].clone());
    println!(
        "| {name} | {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} |",
        numbers["build"].len(),
        middle("build"),
        middle("fast"),
        middle("full"),
        middle("editability"),
        middle("fast / build"),
        middle("full / build"),
        middle("all / build"),
    );
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
