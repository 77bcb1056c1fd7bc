use proptest::prelude::*;

use super::*;
use crate::tests::task;
use cadforge_trajectory::Step;

/// A failed step.
fn failed(code: &str, kind: &str, message: &str, line: Option<u32>) -> Step {
    let zero = [
        "build",
        "topology",
        "contact",
        "semantic_parts",
        "reference_similarity",
        "silhouette",
        "editability",
        "efficiency",
    ];
    let mut reward: serde_json::Map<String, serde_json::Value> =
        zero.iter().map(|key| ((*key).to_owned(), 0.0.into())).collect();
    reward.insert("total".to_owned(), (-1.0).into());
    serde_json::from_value(serde_json::json!({
        "step": 0, "origin": "seed", "parent": null, "format": 1, "task_id": "cube", "profile": "cadforge-v1", "mode": "full", "ok": false,
        "kind": kind, "failure": {"kind": kind, "message": message, "line": line, "traceback": ""}, "reward": reward,
        "notes": [], "details": {}, "bbox": null,
        "timing": {"queue_ms": 0.0, "run_ms": 0.0, "mesh_ms": 0.0, "score_ms": 0.0, "editability_ms": 0.0, "total_ms": 0.0},
        "artifacts": {"dir": null, "code": null, "stl": null, "reward": null}, "stdout": "", "stderr": "",
        "versions": {"cadforge": "", "cadquery": "", "ocp": "", "python": "", "task": ""},
        "code": code, "proposal": null,
    }))
    .expect("a step")
}

pub(super) fn offers(code: &str, kind: &str, message: &str, line: Option<u32>) -> Vec<(String, Edit)> {
    let (task, history) = (task(), [failed(code, kind, message, line)]);
    edits(&ProposalRequest {
        task: &task,
        history: &history,
        head: 0,
        shape: None,
        candidate: 0,
    })
}

/// A step that built, with these notes.
pub(super) fn built(code: &str, notes: &[&str]) -> Step {
    let mut step = failed(code, "low_editability", "", None);
    step.evaluation.ok = true;
    step.evaluation.failure = None;
    step.evaluation.notes = notes.iter().map(|&note| note.to_owned()).collect();
    step
}

/// The edits for code that built, with these notes.
pub(super) fn offers_on(code: &str, notes: &[&str]) -> Vec<(String, Edit)> {
    let (task, history) = (task(), [built(code, notes)]);
    edits(&ProposalRequest {
        task: &task,
        history: &history,
        head: 0,
        shape: None,
        candidate: 0,
    })
}

#[test]
fn a_repeated_mistake_is_one_repair() {
    let code = "import cadquery as cq\na = cq.Workplane().box(1, 1, 1)\nb = a.fuse(a)\nfixture = b.fuse(a)\n";
    let offers = offers(
        code,
        "invented_api",
        "AttributeError: 'Workplane' object has no attribute 'fuse'",
        Some(3),
    );
    assert_eq!(offers[0].0, code.replace("fuse", "union"));
}

#[test]
fn a_module_is_imported_unless_its_name_is_bound() {
    let message = "NameError: name 'PI' is not defined";
    let first = |head: &str| {
        let code = format!("{head}\nfixture = cq.Workplane().circle(PI)\n");
        offers(&code, "undefined_name", message, Some(2)).remove(0).0
    };
    let used = "fixture = cq.Workplane().circle(math.pi)\n";
    let head = "from math import sin";
    assert_eq!(first(head), format!("import math\n{head}\n{used}"));
    assert_eq!(first("import math"), format!("import math\n{used}"));
}

#[test]
fn edits_away_from_the_failure_come_last() {
    let code = "import cadquery as cq\na = cq.Workplane().box(1, 1, 1).edges().fillet(0.1)\nfixture = a.edges().fillet(9)\n";
    let offers = offers(
        code,
        "type_or_value",
        "StdFail_NotDone: BRep_API: command not done",
        Some(3),
    );
    assert!(!offers.is_empty());
    for (changed, edit) in offers.iter().filter(|(_, edit)| edit.rank < FAR) {
        assert!(changed.contains("fillet(0.1)"), "{edit:?}");
    }
}

#[test]
fn candidates_of_a_group_differ_and_nothing_is_proposed_twice() {
    let code = "import cadquery as cq\nfixture = cq.Workplane().box(9, 9, 9).edges().fillet(8)\n";
    let (task, mut history) = (
        task(),
        vec![failed(
            code,
            "type_or_value",
            "StdFail_NotDone: BRep_API",
            Some(2),
        )],
    );
    let mut seen = BTreeSet::new();
    loop {
        let proposal_request = ProposalRequest {
            task: &task,
            history: &history,
            head: 0,
            shape: None,
            candidate: 0,
        };
        let cancel = CancelToken::never();
        let Some(proposed) = Rules.propose(&proposal_request, &mut |_| {}, &cancel).unwrap() else {
            break;
        };
        let second = Rules
            .propose(
                &ProposalRequest {
                    candidate: 1,
                    ..proposal_request
                },
                &mut |_| {},
                &cancel,
            )
            .unwrap();
        assert_ne!(second.map(|second| second.code), Some(proposed.code.clone()));
        assert!(seen.insert(proposed.code.clone()), "twice: {}", proposed.code);
        let mut step = failed(
            &proposed.code,
            "type_or_value",
            "StdFail_NotDone: BRep_API",
            Some(2),
        );
        step.step = history.len();
        step.parent = Some(0);
        history.push(step);
    }
    assert!(seen.len() >= 3, "{seen:?}");
}

/// Kinds with a message of each form that the rules parse.
const FAILURES: [(&str, &str); 18] = [
    ("syntax_closure", "SyntaxError: '(' was never closed"),
    ("syntax_closure", "IndentationError: unexpected indent"),
    ("undefined_name", "NameError: name 'plate' is not defined"),
    (
        "undefined_name",
        "UnboundLocalError: cannot access local variable 'plate' where it is not associated with a value",
    ),
    ("import_error", "ModuleNotFoundError: No module named 'cadquerry'"),
    (
        "import_error",
        "ImportError: cannot import name 'Part' from 'cadquery'",
    ),
    (
        "invented_api",
        "AttributeError: 'Workplane' object has no attribute 'annulus'",
    ),
    (
        "invented_api",
        "AttributeError: module 'cadquery' has no attribute 'box'",
    ),
    (
        "invented_api",
        "AttributeError: 'NoneType' object has no attribute 'cut'",
    ),
    (
        "invented_api",
        "TypeError: Workplane.box() got an unexpected keyword argument 'depth'",
    ),
    (
        "type_or_value",
        "TypeError: Workplane.box() missing 1 required positional argument: 'height'",
    ),
    (
        "type_or_value",
        "TypeError: Workplane.translate() takes 2 positional arguments but 4 were given",
    ),
    ("type_or_value", "ValueError: No pending wires present"),
    (
        "type_or_value",
        "TypeError: Expected three floats, OCC gp_, or 3-tuple",
    ),
    ("type_or_value", "StdFail_NotDone: BRep_API: command not done"),
    ("unknown_build_failure", "ParseException: Expected end of text"),
    (
        "missing_fixture",
        "`fixture` is of type function: only a Workplane",
    ),
    ("empty_geometry", "the object has no faces"),
];

const SAMPLE: &str = "import cadquery as cq\n\nplate_width = 40.0\n\n\ndef make_plate(height):\n    plate = cq.Workplane(\"XY\").box(plate_width, 20, height)\n    return plate.faces(\">Z\").workplane().hole(3).translate(0, 0, 5)\n\n\nfixture = make_plate(5).annulus(3, 2).edges(\"|Z\").fillet(2.0).union(plate)\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// For any text, rules offer edits that fit it and never panic.
    #[test]
    fn rules_accept_any_text(
        cuts in prop::collection::vec((0..400usize, 0..12usize, "[(){}\\[\\],.:=\"'#\\\\\n\t «é−“a-z0-9]{0,4}"), 0..6),
        which in 0..FAILURES.len(),
        line in 1..14u32,
    ) {
        let mut code: Vec<char> = SAMPLE.chars().collect();
        for (at, length, text) in cuts {
            let at = at.min(code.len());
            let end = (at + length).min(code.len());
            code.splice(at..end, text.chars());
        }
        let code: String = code.into_iter().collect();
        let (kind, message) = FAILURES[which];
        let offered = offers(&code, kind, message, Some(line));
        let mut seen = BTreeSet::from([code.clone()]);
        for (changed, _) in offered {
            prop_assert!(seen.insert(changed), "an edit that changes nothing, or twice the same");
        }
    }
}
