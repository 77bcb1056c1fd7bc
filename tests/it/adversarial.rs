//! The attacks and ladders in `tests/cases`, scored under grounded-v2.
//!
//! Editability rebuilds are off here but for attacks on editability.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use cadforge::adversarial::{attacks, ladders};
use cadforge::assess::{Assessor, Evaluation, Request, Scoring, parallel};
use cadforge::executor::{CancelToken, Executor, WorkerConfig};
use cadforge::reward::Profile;
use cadforge::task::{Level, Scale, Task, TaskSet};

use crate::support::{python, root, worker};

/// How much more than its known total an attack may have that exceeds its limit.
const KNOWN_SLACK: f64 = 0.005;

fn tasks() -> TaskSet {
    TaskSet::load(&[root().join("tasks")]).unwrap()
}

fn assessor() -> Assessor {
    static ASSESSOR: OnceLock<Mutex<Assessor>> = OnceLock::new();
    let start = || {
        Mutex::new(Assessor::new(Executor::start(WorkerConfig::new(
            worker(),
            python(),
            2,
        ))))
    };
    ASSESSOR.get_or_init(start).lock().unwrap().clone()
}

fn totals(jobs: &[(&Task, String)]) -> Vec<f64> {
    let totals = evaluations(jobs).into_iter().map(|found| found.reward.total);
    totals.collect()
}

fn evaluations(jobs: &[(&Task, String)]) -> Vec<Evaluation> {
    evaluations_with(jobs, Some(0))
}

fn evaluations_with(jobs: &[(&Task, String)], editability: Option<u32>) -> Vec<Evaluation> {
    let scoring = Scoring {
        profile: Profile::GroundedV2,
        editability,
        ..Scoring::default()
    };
    let assessor = assessor();
    let evaluate = |(task, code): &(&Task, String)| {
        let request = Request::batch(task, code.as_bytes(), &scoring);
        assessor.evaluate(&request, &CancelToken::never())
    };
    parallel::map(jobs, 2, evaluate).unwrap()
}

#[test]
fn no_attack_on_an_easy_task_exceeds_its_limit() {
    check_attacks(|task| task.level == Level::Easy);
}

#[test]
#[ignore = "a hundred builds of parts that take seconds: part of the soak"]
fn no_attack_on_a_harder_task_exceeds_its_limit() {
    check_attacks(|task| task.level != Level::Easy);
}

fn check_attacks(chosen: impl Fn(&Task) -> bool) {
    let tasks = tasks();
    let mut attacks = attacks(&root().join("tests/cases/attacks")).unwrap();
    attacks.retain(|attack| chosen(tasks.get(&attack.task).unwrap()));
    assert!(attacks.len() >= 40, "{}", attacks.len());
    let mut jobs: Vec<(&Task, String)> = Vec::new();
    let mut seed_and_reference: BTreeMap<&str, usize> = BTreeMap::new();
    for attack in &attacks {
        let task: &Task = tasks.get(&attack.task).unwrap();
        seed_and_reference.entry(task.id.as_str()).or_insert_with(|| {
            jobs.push((task, task.weak_seed().to_owned()));
            jobs.push((task, task.reference.clone().unwrap()));
            jobs.len() - 2
        });
    }
    let first = jobs.len();
    for attack in &attacks {
        let task: &Task = tasks.get(&attack.task).unwrap();
        jobs.push((task, attack.script(task.reference.as_deref().unwrap()).unwrap()));
    }
    let totals = totals(&jobs);
    let mut wrong = Vec::new();
    for (index, attack) in attacks.iter().enumerate() {
        let at = seed_and_reference[attack.task.as_str()];
        let most = attack.most(totals[at], totals[at + 1]);
        let total = if attack.rebuilds {
            evaluations_with(&jobs[first + index..=first + index], None)[0]
                .reward
                .total
        } else {
            totals[first + index]
        };
        let problem = match attack.exceeds {
            None if total > most => format!("{total:.4}, the limit is {most:.4}"),
            // A known fault must not grow, and its mark goes when it is mended.
            Some(known) if total > known + KNOWN_SLACK => format!("{total:.4}, {known:.4} is known"),
            Some(_) if total <= most => format!("{total:.4} is within the limit now: remove `exceeds`"),
            _ => continue,
        };
        wrong.push(format!("{}: {problem} ({})", attack.name, attack.trick));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Parts by engineers who knew the prompt alone; the file's name begins with the task's id.
#[test]
fn honest_parts_of_another_design_reach_three_quarters() {
    let tasks = tasks();
    let folder = root().join("tests/cases/honest");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert!(files.len() >= 10, "{files:?}");
    let job = |file: &String| -> (&Task, String) {
        let id = file.split('.').next().unwrap();
        let code = std::fs::read_to_string(folder.join(file)).unwrap();
        (tasks.get(id).unwrap(), code)
    };
    let jobs: Vec<(&Task, String)> = files.iter().map(job).collect();
    let low: Vec<String> = files
        .iter()
        .zip(totals(&jobs))
        .filter(|(_, total)| *total < 0.75)
        .map(|(file, total)| format!("{file}: {total:.4}"))
        .collect();
    assert!(low.is_empty(), "{}", low.join("\n"));
}

#[test]
fn a_wrong_scale_keeps_a_share_on_each_easy_task() {
    check_scales(|task| task.level == Level::Easy);
}

#[test]
#[ignore = "a hundred builds: part of the soak"]
fn a_wrong_scale_keeps_a_share_on_each_harder_task() {
    check_scales(|task| task.level != Level::Easy);
}

/// 3 % off keeps 0.8, 5 % 0.6, and 10 % 0.4, larger or smaller.
fn check_scales(chosen: impl Fn(&Task) -> bool) {
    let tasks = tasks();
    let shares = [
        (1.1, 0.4),
        (1.05, 0.6),
        (1.03, 0.8),
        (0.97, 0.8),
        (0.95, 0.6),
        (0.9, 0.4),
    ];
    let scaled = |task: &Task, by: f64| {
        let reference = task.reference.as_deref().unwrap();
        format!(
            "{reference}\nparts = fixture.vals() if hasattr(fixture, 'vals') else [fixture]\n\
             fixture = cq.Workplane().newObject([part.scale({by}) for part in parts])\n"
        )
    };
    let chosen: Vec<&Task> = tasks
        .iter()
        .map(AsRef::as_ref)
        .filter(|task| chosen(task))
        .collect();
    assert!(!chosen.is_empty());
    let jobs: Vec<(&Task, String)> = chosen
        .iter()
        .flat_map(|task| shares.map(|(by, _)| (*task, scaled(task, by))))
        .collect();
    let mut wrong = Vec::new();
    for (task, totals) in chosen.iter().zip(totals(&jobs).chunks_exact(shares.len())) {
        let keeps = totals
            .iter()
            .zip(shares)
            .all(|(total, (_, least))| *total >= least);
        let free = task.scale == Scale::Free;
        // Larger errors cost more, except where the scale is free.
        let rises = totals[..3].windows(2).all(|pair| pair[0] < pair[1])
            && totals[3..].windows(2).all(|pair| pair[0] > pair[1]);
        if !keeps || !free && (!rises || totals[2] > 0.95) {
            wrong.push(format!("{}: {totals:.3?}", task.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each shape of `tests/cases/closed` has full topology. Without one face it does not, neither as loose faces nor as a solid.
#[test]
fn closed_shapes_have_full_topology_and_open_ones_do_not() {
    let tasks = tasks();
    let task: &Task = tasks.get("wall_j_hook_120n").unwrap();
    let shapes = std::fs::read_to_string(root().join("tests/cases/closed/shapes.tsv")).unwrap();
    let shapes: Vec<(&str, &str)> = shapes
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').expect("name, tab, expression"))
        .collect();
    assert!(shapes.len() >= 10);
    let endings = [
        "fixture = shape",
        "fixture = cq.Workplane(obj=cq.Compound.makeCompound(shape.faces().vals()[1:]))",
        "fixture = cq.Workplane(obj=cq.Solid.makeSolid(cq.Shell.makeShell(shape.faces().vals()[1:])))",
    ];
    let script = |shape, ending| format!("import cadquery as cq\nshape = {shape}\n{ending}\n");
    let jobs: Vec<(&Task, String)> = shapes
        .iter()
        .flat_map(|(_, shape)| endings.map(|ending| (task, script(shape, ending))))
        .collect();
    let found = evaluations(&jobs);
    for ((name, _), found) in shapes.iter().zip(found.chunks_exact(endings.len())) {
        let topology = |index: usize| found[index].reward.topology;
        assert_eq!(topology(0), Some(1.0), "{name}: {:?}", found[0].notes);
        // A sphere or a torus has one face: without it nothing is left, and there is no topology.
        for index in [1, 2] {
            let open_topology = topology(index).unwrap_or(0.0);
            assert!(open_topology <= 0.6, "{name}, ending {index}: {open_topology}");
        }
    }
}

#[test]
fn scores_rise_along_each_easy_ladder() {
    check_ladders(|task| task.level == Level::Easy);
}

#[test]
#[ignore = "a hundred builds: part of the soak"]
fn scores_rise_along_each_harder_ladder() {
    check_ladders(|task| task.level != Level::Easy);
}

fn check_ladders(chosen: impl Fn(&Task) -> bool) {
    let tasks = tasks();
    let mut ladders = ladders(&root().join("tests/cases/ladders")).unwrap();
    assert_eq!(ladders.len(), tasks.iter().count(), "every task has a ladder");
    ladders.retain(|ladder| chosen(tasks.get(&ladder.task).unwrap()));
    assert!(!ladders.is_empty());
    let mut jobs: Vec<(&Task, String)> = Vec::new();
    for ladder in &ladders {
        let task: &Task = tasks.get(&ladder.task).unwrap();
        let scripts = ladder.scripts(task.reference.as_deref().unwrap());
        assert!(
            scripts.len() >= 5,
            "{} has {} stages",
            ladder.task,
            scripts.len() - 1
        );
        jobs.extend(scripts.into_iter().map(|script| (task, script)));
    }
    let found = evaluations(&jobs);
    let mut wrong = Vec::new();
    let mut at = 0;
    for ladder in &ladders {
        let evaluations = &found[at..=at + ladder.stages.len()];
        at += evaluations.len();
        let stages: Vec<f64> = evaluations.iter().map(|stage| stage.reward.total).collect();
        if !evaluations[stages.len() - 1].is_done(None) {
            wrong.push(format!(
                "{}: the reference does not reach the target",
                ladder.task
            ));
        }
        let reference = stages[stages.len() - 1];
        if reference < 0.95 || stages.windows(2).any(|pair| pair[0] >= pair[1]) {
            wrong.push(format!("{}: {stages:.3?}", ladder.task));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
