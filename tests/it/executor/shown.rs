//! Displayed objects of a script: their appearance, and which of them is scored.

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

/// Name, colour in bytes, opacity in per cent, whether it is scored, and extents of its bounding box in whole mm.
type Displayed = (String, Option<[u8; 3]>, u32, bool, [i64; 3]);

fn displayed(code: &str) -> Vec<Displayed> {
    let execution = live(code);
    let scene = execution
        .scene
        .unwrap_or_else(|| panic!("no scene: {:?}", execution.build));
    let appearance = |object: &cadforge::geometry::SceneObject| {
        let bytes = |color: [f32; 3]| color.map(|channel| (channel * 255.0).round() as u8);
        let bounds = object.bounds().expect("an object with an extent");
        (
            object.name.clone().unwrap_or_default(),
            object.color.map(bytes),
            (object.opacity * 100.0).round() as u32,
            object.is_scored,
            bounds.size().map(|side| side.round() as i64),
        )
    };
    scene.objects.iter().map(appearance).collect()
}

const RED: Option<[u8; 3]> = Some([255, 0, 0]);
const GREEN: Option<[u8; 3]> = Some([0, 255, 0]);
const BLUE: Option<[u8; 3]> = Some([0, 0, 255]);

#[test]
fn a_live_run_returns_every_object_with_its_appearance() {
    let displayed = displayed(
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
    let expected: [Displayed; 5] = [
        // In CQ-editor, `alpha` is a transparency.
        ("plate".to_owned(), RED, 75, false, [20, 20, 2]),
        ("pins".to_owned(), Some([0, 128, 255]), 100, false, [8, 4, 8]),
        ("pin".to_owned(), None, 35, false, [2, 4, 8]),
        ("base".to_owned(), GREEN, 50, true, [20, 20, 2]),
        ("knob".to_owned(), BLUE, 100, true, [2, 4, 8]),
    ];
    assert_eq!(displayed, expected);
}

#[test]
fn ocp_vscodes_alpha_is_an_opacity() {
    let one = displayed(
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
    let several = displayed(
        r##"
import cadquery as cq
from ocp_vscode import show
one, other = cq.Workplane().box(2, 3, 4), cq.Workplane().box(5, 6, 7)
show(one, other, names=["first", "second"], colors=["red", "blue"], alphas=[0.4, 1.0])
"##,
    );
    let expected: [Displayed; 2] = [
        ("first".to_owned(), RED, 40, false, [2, 3, 4]),
        ("second".to_owned(), BLUE, 100, true, [5, 6, 7]),
    ];
    assert_eq!(several, expected);
}

#[test]
fn every_colour_format_is_accepted() {
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
        assert_eq!(displayed(&code)[0].1, bytes, "{color}");
    }
}

#[test]
fn one_part_with_default_appearance_is_not_a_scene() {
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
        Build::Shape(_) => panic!("the part is scored"),
    }
}

#[test]
fn an_exported_part_is_displayed_in_live_runs_and_never_scored() {
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
    assert_eq!(failure(&live), failure(&batch), "displaying changes no result");
    let (kind, message) = failure(&live);
    assert_eq!(kind, Kind::MissingFixture);
    assert!(
        message.contains("`r` was only written to a file, on line 5"),
        "{message}"
    );
    let part = live.unscored.as_ref().expect("a part to display");
    assert_eq!(part.mesh.bbox().size().map(f64::round), [60.0, 40.0, 4.0]);
    assert!(
        part.facts.volume < 60.0 * 40.0 * 4.0 - 100.0,
        "the part with its hole"
    );
    assert!(batch.unscored.is_none());
}

#[test]
fn an_exported_part_is_not_displayed_if_it_is_empty_or_another_is_scored() {
    let empty = "import cadquery as cq\ntry:\n    cq.exporters.export(cq.Workplane(), 'part.stl')\nexcept Exception:\n    pass\n";
    let execution = live(empty);
    let (kind, message) = failure(&execution);
    assert!(
        kind == Kind::MissingFixture && message.contains("only written to a file"),
        "{message}"
    );
    assert!(execution.unscored.is_none());
    // If another object is scored, that one is displayed.
    let scored = live(&format!("{EXPORTED}fixture = bracket\n"));
    assert!(scored.unscored.is_none() && matches!(scored.build, Build::Shape(_)));
}
