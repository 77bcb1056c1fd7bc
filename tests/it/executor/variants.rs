//! Variants of a candidate are run in its process, reuse its results, and are measured like builds of their own.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Mutex};

use cadforge::executor::{
    Build, CancelToken, Execution, Executor, ExecutorError, Limits, Priority, RunSpec, Variants, Vary,
};
use cadforge::geometry::MassProperties;
use cadforge::task::dimensions::dimensions;

use super::{run_with, shape, start};
use crate::support::root;

/// Asks for fixed variants, and keeps what they build.
struct Fixed {
    requests: Mutex<VecDeque<Variants>>,
    found: Mutex<Vec<Option<MassProperties>>>,
    nominal: Mutex<Option<MassProperties>>,
}

impl Fixed {
    fn new(requests: impl IntoIterator<Item = Variants>) -> Arc<Self> {
        Arc::new(Self {
            requests: Mutex::new(requests.into_iter().collect()),
            found: Mutex::default(),
            nominal: Mutex::default(),
        })
    }
}

impl Vary for Fixed {
    fn next(&self, nominal: &MassProperties, changed: &[Option<MassProperties>]) -> Variants {
        *self.nominal.lock().unwrap() = Some(*nominal);
        self.found.lock().unwrap().extend_from_slice(changed);
        self.requests.lock().unwrap().pop_front().unwrap_or_default()
    }
}

fn request(reuse: bool, scripts: &[String]) -> Variants {
    Variants {
        scripts: scripts.iter().map(|script| script.clone().into_bytes()).collect(),
        reuse,
    }
}

fn vary(
    executor: &Executor,
    code: &str,
    limits: Limits,
    requests: Vec<Variants>,
) -> (Execution, Vec<Option<MassProperties>>, Option<MassProperties>) {
    let fixed = Fixed::new(requests);
    let vary: Arc<dyn Vary> = fixed.clone();
    let execution = executor
        .build_with_variants(
            code.as_bytes(),
            &vary,
            &RunSpec::from(limits),
            Priority::Batch,
            &CancelToken::never(),
        )
        .unwrap();
    let (found, nominal) = (
        fixed.found.lock().unwrap().clone(),
        *fixed.nominal.lock().unwrap(),
    );
    (execution, found, nominal)
}

fn box_of(length: f64, more: &str) -> String {
    format!(
        "import cadquery as cq\nlength = {length:?}\n{more}\nfixture = cq.Workplane().box(length, 20, 30)\n"
    )
}

fn volume(part: Option<&MassProperties>) -> Option<f64> {
    part.map(|part| (part.volume * 1e6).round() / 1e6)
}

/// Scripts of the tasks, up to `limit`, with `count` of their dimensions changed by a large step.
fn changed_references(limit: usize, count: usize) -> Vec<(String, Vec<String>)> {
    let mut tasks: Vec<_> = fs::read_dir(root().join("tasks")).unwrap().flatten().collect();
    tasks.sort_by_key(fs::DirEntry::file_name);
    let codes = tasks
        .iter()
        .filter_map(|task| fs::read_to_string(task.path().join("reference.py")).ok());
    let changed = codes.take(limit).map(|code| {
        let all = dimensions(&code);
        let every = (all.len() / count).max(1);
        let variants = all.iter().step_by(every).take(count);
        let variants = variants
            .map(|dimension| dimension.with(&code, &dimension.stepped(dimension.large_step()).value))
            .collect();
        (code, variants)
    });
    changed.collect()
}

fn check_references(limit: usize, count: usize) {
    let executor = start(1);
    for (code, variants) in changed_references(limit, count) {
        let alone = shape(run_with(&executor, &code, &Limits::default()));
        let (execution, found, nominal) = vary(
            &executor,
            &code,
            Limits::default(),
            vec![request(true, &variants)],
        );
        // That results were recorded must not show in the part.
        assert_eq!(shape(execution).stl, alone.stl);
        let nominal = nominal.unwrap();
        assert!((nominal.volume - alone.facts.volume).abs() <= 1e-9 * alone.facts.volume);
        assert_eq!(nominal.faces, alone.facts.faces);
        for (variant, found) in variants.iter().zip(&found) {
            match (run_with(&executor, variant, &Limits::default()).build, found) {
                (Build::Shape(built), Some(found)) => {
                    let error = (found.volume - built.facts.volume).abs() / built.facts.volume;
                    assert!(error < 1e-7, "{error} in the volume of {variant}");
                    let error = (found.area - built.facts.area).abs() / built.facts.area;
                    assert!(error < 1e-7, "{error} in the area of {variant}");
                    assert_eq!(found.solids, built.facts.solids);
                }
                (Build::Failed(_), None) => {}
                (built, found) => panic!("{built:?} alone, {found:?} as a variant of its script:\n{variant}"),
            }
        }
    }
}

#[test]
fn variants_have_the_mass_of_their_own_builds_and_the_candidate_its_mesh() {
    check_references(3, 2);
}

#[test]
#[ignore = "minutes: run by `make soak`"]
fn all_references_have_the_mass_of_their_own_builds() {
    check_references(usize::MAX, 5);
}

#[test]
fn a_variant_that_does_not_build_affects_no_other_and_prints_nothing() {
    let code = box_of(10.0, "print('nominal')");
    let variants = [
        box_of(11.0, "print('changed')"),
        box_of(12.0, "raise ValueError"),
        box_of(13.0, "def"),
        box_of(14.0, "fixture = None\ncq = None"),
        box_of(15.0, "import sys; sys.exit(3)"),
        box_of(16.0, "show_object(cq.Workplane().box(1, 1, 1))"),
        box_of(17.0, ""),
    ];
    let (execution, found, nominal) = vary(
        &start(1),
        &code,
        Limits::default(),
        vec![request(true, &variants)],
    );
    assert_eq!(execution.stdout, "nominal\n");
    assert_eq!(execution.stderr, "");
    assert!(execution.cacheable);
    assert_eq!(volume(nominal.as_ref()), Some(6000.0));
    let volumes: Vec<_> = found.iter().map(|part| volume(part.as_ref())).collect();
    assert_eq!(
        volumes,
        [Some(6600.0), None, None, None, None, Some(1.0), Some(10200.0)]
    );
}

#[test]
fn a_variant_that_ends_its_process_is_not_cached_and_the_rest_runs_in_another() {
    let limits = Limits {
        cpu_s: 1.0,
        ..Limits::default()
    };
    let variants = [
        box_of(11.0, "while True: pass"),
        box_of(12.0, ""),
        box_of(13.0, "import os; os._exit(0)"),
        box_of(14.0, ""),
    ];
    let (execution, found, _) = vary(
        &start(1),
        &box_of(10.0, ""),
        limits,
        vec![request(true, &variants)],
    );
    assert!(!execution.cacheable);
    assert_eq!(shape(execution).facts.faces, 6);
    let volumes: Vec<_> = found.iter().map(|part| volume(part.as_ref())).collect();
    assert_eq!(volumes, [None, Some(7200.0), None, Some(8400.0)]);
}

#[test]
fn requests_follow_each_other_with_and_without_reuse() {
    let requests = vec![
        request(true, &[box_of(11.0, ""), box_of(11.0, "")]),
        request(false, &[box_of(11.0, "")]),
        request(true, &[box_of(12.0, "")]),
    ];
    let (_, found, _) = vary(&start(1), &box_of(10.0, ""), Limits::default(), requests);
    let volumes: Vec<_> = found.iter().map(|part| volume(part.as_ref())).collect();
    assert_eq!(volumes, [Some(6600.0), Some(6600.0), Some(6600.0), Some(7200.0)]);
}

#[test]
fn equal_operations_of_one_script_stay_different_shapes() {
    // Two equal pegs, of which a variant moves one: as one shape of the kernel they would be fused as one.
    let pegs = |shift: f64| {
        format!(
            "import cadquery as cq\nshift = {shift:?}\nplate = cq.Workplane().box(60, 60, 4)\n\
             def peg():\n    return cq.Workplane().cylinder(20, 3)\n\
             fixture = plate.union(peg().translate((shift, 0, 10))).union(peg().translate((-20, 0, 10)))\n"
        )
    };
    let executor = start(1);
    let (_, found, _) = vary(
        &executor,
        &pegs(20.0),
        Limits::default(),
        vec![request(true, &[pegs(15.0)])],
    );
    let alone = shape(run_with(&executor, &pegs(15.0), &Limits::default()));
    let found = found[0].unwrap();
    assert!((found.volume - alone.facts.volume).abs() < 1e-6);
    assert_eq!(
        (found.faces, found.solids),
        (alone.facts.faces, alone.facts.solids)
    );
}

#[test]
fn a_candidate_that_fails_has_no_variants() {
    let fixed = Fixed::new([request(true, &[box_of(11.0, "")])]);
    let vary: Arc<dyn Vary> = fixed.clone();
    let execution = start(1)
        .build_with_variants(
            b"fixture = 1",
            &vary,
            &RunSpec::default(),
            Priority::Batch,
            &CancelToken::never(),
        )
        .unwrap();
    assert!(matches!(execution.build, Build::Failed(_)));
    assert_eq!(fixed.requests.lock().unwrap().len(), 1);
}

#[test]
fn cancelling_ends_a_variant_and_frees_the_worker() {
    let executor = start(1);
    let (source, token) = CancelToken::pair();
    let endless = Fixed::new([request(true, &[box_of(11.0, "while True: pass")])]);
    let waiting = std::thread::spawn({
        let (executor, endless): (_, Arc<dyn Vary>) = (executor.clone(), endless.clone());
        move || {
            executor.build_with_variants(
                box_of(10.0, "").as_bytes(),
                &endless,
                &RunSpec::default(),
                Priority::Batch,
                &token,
            )
        }
    });
    while endless.nominal.lock().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    drop(source);
    assert!(matches!(waiting.join().unwrap(), Err(ExecutorError::Cancelled)));
    shape(run_with(&executor, &box_of(10.0, ""), &Limits::default()));
    assert_eq!(executor.status().restarts, 0);
}
