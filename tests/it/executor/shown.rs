//! What a script shows: every object with its looks, and which of it is scored.

use cadforge::executor::{Build, CancelToken, Execution, Priority, RunSpec};
use cadforge::failure::Kind;

use super::shared;

fn live(code: &str) -> Execution {
    shared()
        .build(
            code.as_bytes(),
            &RunSpec::default(),
            Priority::Live,
            &CancelToken::never(),
        )
        .unwrap_or_else(|error| panic!("{error}\n{code}"))
}

/// Name, colour in bytes, opacity in per cent, whether it is scored, and the size of its box in whole mm.
type Seen = (String, Option<[u8; 3]>, u32, bool, [i64; 3]);

fn seen(code: &str) -> Vec<Seen> {
    let execution = live(code);
    let scene = execution
        .scene
        .unwrap_or_else(|| panic!("nothing to see: {:?}", execution.build));
    let look = |object: &cadforge::geometry::SceneObject| {
        let bytes = |color: [f32; 3]| color.map(|channel| (channel * 255.0).round() as u8);
        let bounds = object.bounds().expect("something to see");
        (
            object.name.clone().unwrap_or_default(),
            object.color.map(bytes),
            (object.opacity * 100.0).round() as u32,
            object.is_scored,
            bounds.size().map(|side| side.round() as i64),
        )
    };
    scene.objects.iter().map(look).collect()
}

const RED: Option<[u8; 3]> = Some([255, 0, 0]);
const GREEN: Option<[u8; 3]> = Some([0, 255, 0]);
const BLUE: Option<[u8; 3]> = Some([0, 0, 255]);

#[test]
fn every_object_of_a_live_run_comes_with_its_looks() {
    let seen = seen(
        r##"
import cadquery as cq
plate = cq.Workplane().box(20, 20, 2)
pin = cq.Workplane().rect(2, 4).extrude(8)
show_object(plate, name="plate", options={"color": "red", "alpha": 0.25})
show_object([pin, pin.translate((6, 0, 0))], name="pins", options={"color": (0, 128, 255)})
debug(pin)
whole = (
    cq.Assembly()
    .add(plate, name="base", color=cq.Color(0, 1, 0, 0.5))
    .add(pin, name="knob", loc=cq.Location((0, 0, 1)), color=cq.Color("blue"))
)
show_object(whole, name="whole")
"##,
    );
    let expected: [Seen; 5] = [
        // CQ-editor's alpha is a transparency.
        ("plate".to_owned(), RED, 75, false, [20, 20, 2]),
        ("pins".to_owned(), Some([0, 128, 255]), 100, false, [8, 4, 8]),
        ("pin".to_owned(), None, 35, false, [2, 4, 8]),
        ("base".to_owned(), GREEN, 50, true, [20, 20, 2]),
        ("knob".to_owned(), BLUE, 100, true, [2, 4, 8]),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn ocp_vscodes_alpha_is_an_opacity() {
    let one = seen(
        r##"
import cadquery as cq
from ocp_vscode import show, show_object
part = cq.Workplane().box(2, 3, 4)
show_object(part, options={"color": "#ff8000", "alpha": 0.25})
"##,
    );
    assert_eq!(
        one,
        [("part".to_owned(), Some([255, 128, 0]), 25, true, [2, 3, 4])]
    );
    let several = seen(
        r##"
import cadquery as cq
from ocp_vscode import show
one, other = cq.Workplane().box(2, 3, 4), cq.Workplane().box(5, 6, 7)
show(one, other, names=["first", "second"], colors=["red", "blue"], alphas=[0.4, 1.0])
"##,
    );
    let expected: [Seen; 2] = [
        ("first".to_owned(), RED, 40, false, [2, 3, 4]),
        ("second".to_owned(), BLUE, 100, true, [5, 6, 7]),
    ];
    assert_eq!(several, expected);
}

#[test]
fn colours_are_understood_in_every_form() {
    for (color, bytes) in [
        ("'Crimson'", Some([220, 20, 60])),
        ("'orange'", Some([255, 165, 0])),
        ("'#0080ff'", Some([0, 128, 255])),
        ("'#0080ff40'", Some([0, 128, 255])),
        ("(1.0, 0.5, 0.0)", Some([255, 128, 0])),
        ("[10, 20, 30]", Some([10, 20, 30])),
        ("cq.Color(0.2, 0.4, 0.6)", Some([51, 102, 153])),
        ("'no such colour'", None),
        ("object()", None),
    ] {
        let code = format!(
            "import cadquery as cq\npart = cq.Workplane().box(1, 2, 3)\nshow_object(part, options={{'color': {color}}})\n\
             show_object(part, name='last')\n"
        );
        assert_eq!(seen(&code)[0].1, bytes, "{color}");
    }
}

#[test]
fn one_part_in_its_usual_looks_is_no_scene() {
    let plain = "import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";
    assert!(live(plain).scene.is_none());
    assert!(live(&format!("{plain}show_object(fixture)\n")).scene.is_none());
}

const EXPORTED: &str = r#"
import cadquery as cq
bracket = cq.Workplane().box(60, 40, 4)
r = bracket.faces(">Z").workplane().hole(6)
cq.exporters.export(r, "out/part.step")
"#;

fn failure(execution: &Execution) -> (Kind, &str) {
    match &execution.build {
        Build::Failed(failure) => (failure.kind, &failure.message),
        Build::Shape(_) => panic!("it was scored"),
    }
}

#[test]
fn a_part_that_is_only_written_to_a_file_is_displayed_to_whoever_looks_and_scored_for_nobody() {
    let run = |priority| {
        shared()
            .build(
                EXPORTED.as_bytes(),
                &RunSpec::default(),
                priority,
                &CancelToken::never(),
            )
            .unwrap()
    };
    let (live, batch) = (run(Priority::Live), run(Priority::Batch));
    assert_eq!(failure(&live), failure(&batch), "looking changes no result");
    let (kind, message) = failure(&live);
    assert_eq!(kind, Kind::MissingFixture);
    assert!(
        message.contains("`r` was only written to a file, on line 5"),
        "{message}"
    );
    let part = live.unscored.as_ref().expect("something to look at");
    assert_eq!(part.mesh.bbox().size().map(f64::round), [60.0, 40.0, 4.0]);
    assert!(part.facts.volume < 60.0 * 40.0 * 4.0 - 100.0, "with its hole");
    assert!(batch.unscored.is_none());
}

#[test]
fn what_cannot_be_displayed_fails_alike_for_all() {
    let empty = "import cadquery as cq\ntry:\n    cq.exporters.export(cq.Workplane(), 'part.stl')\nexcept Exception:\n    pass\n";
    let execution = live(empty);
    let (kind, message) = failure(&execution);
    assert!(
        kind == Kind::MissingFixture && message.contains("only written to a file"),
        "{message}"
    );
    assert!(execution.unscored.is_none());
    // What has something to score shows that.
    let scored = live(&format!("{EXPORTED}fixture = bracket\n"));
    assert!(scored.unscored.is_none() && matches!(scored.build, Build::Shape(_)));
}
