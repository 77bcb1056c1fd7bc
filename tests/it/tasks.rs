//! Task folders: invalid ones in `tests/cases/tasks` with their messages, and those that ship with the program.
//!
//! A case is a folder with one task folder and `expected.txt`, which lists all problems in order, with paths relative to the
//! case. A new case is a new folder.

use std::path::{Path, PathBuf};

use cadforge::task::{self, Scale, TaskSet};

use crate::support::{cadforge, expect_exit, json, root};

/// The published tasks: id, level, family, bounding box in mm.
const PUBLISHED: [(&str, &str, &str, [f64; 3]); 24] = [
    (
        "axial_motor_stator_12_slot",
        "medium",
        "electromechanical",
        [180.0, 180.0, 30.0],
    ),
    ("bench_vise_simplified", "hard", "tooling", [280.0, 140.0, 150.0]),
    (
        "bike_accessory_mount_120n",
        "medium",
        "mechanical_fixture",
        [180.0, 80.0, 90.0],
    ),
    (
        "bottle_cage_bike",
        "medium",
        "consumer_product",
        [85.0, 80.0, 150.0],
    ),
    ("cable_clip_snap", "easy", "hardware", [45.0, 28.0, 22.0]),
    ("caster_wheel_fork", "easy", "hardware", [90.0, 80.0, 130.0]),
    (
        "desk_lamp_arm_joint",
        "hard",
        "consumer_product",
        [260.0, 80.0, 180.0],
    ),
    ("drawer_handle_two_bolt", "easy", "hardware", [160.0, 38.0, 40.0]),
    (
        "ergonomic_curvy_chair_1000n",
        "hard",
        "furniture",
        [620.0, 650.0, 1120.0],
    ),
    ("folding_step_stool", "hard", "furniture", [420.0, 360.0, 480.0]),
    ("four_leg_chair_700n", "easy", "furniture", [500.0, 500.0, 900.0]),
    (
        "gearbox_housing_split",
        "hard",
        "mechanical_fixture",
        [260.0, 180.0, 160.0],
    ),
    ("hinge_leaf_barrel", "easy", "hardware", [100.0, 70.0, 12.0]),
    (
        "laptop_riser_vented",
        "medium",
        "consumer_product",
        [320.0, 240.0, 120.0],
    ),
    (
        "lightweight_truss_support_250n",
        "medium",
        "mechanical_fixture",
        [260.0, 80.0, 130.0],
    ),
    ("micro_drone_frame", "hard", "robotics", [180.0, 180.0, 28.0]),
    (
        "phone_stand_adjustable_hinge",
        "medium",
        "consumer_product",
        [120.0, 120.0, 160.0],
    ),
    (
        "pipe_clamp_saddle",
        "medium",
        "mechanical_fixture",
        [160.0, 80.0, 80.0],
    ),
    (
        "robot_gripper_two_finger",
        "hard",
        "robotics",
        [160.0, 120.0, 60.0],
    ),
    ("robot_servo_bracket", "medium", "robotics", [80.0, 60.0, 55.0]),
    (
        "shaft_torque_clamp_120nm",
        "medium",
        "mechanical_fixture",
        [240.0, 90.0, 70.0],
    ),
    (
        "shelf_bracket_triangular_200n",
        "easy",
        "mechanical_fixture",
        [220.0, 60.0, 180.0],
    ),
    ("table_six_leg_500n", "easy", "furniture", [900.0, 600.0, 720.0]),
    (
        "wall_j_hook_120n",
        "easy",
        "mechanical_fixture",
        [160.0, 90.0, 180.0],
    ),
];

/// The cases as (folder, its task folder, expected problems).
fn cases() -> Vec<(PathBuf, PathBuf, String)> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(root().join("tests/cases/tasks")).unwrap() {
        let case = entry.unwrap().path();
        let expected = std::fs::read_to_string(case.join("expected.txt"))
            .unwrap_or_else(|error| panic!("{}: expected.txt: {error}", case.display()));
        let folders = task::folders(&case).unwrap();
        let [folder] = folders.as_slice() else {
            panic!("{} must contain one task folder", case.display())
        };
        cases.push((case.clone(), folder.clone(), expected));
    }
    cases.sort();
    assert!(cases.len() > 40, "only {} cases found", cases.len());
    cases
}

#[test]
fn every_invalid_folder_is_refused_with_file_and_field() {
    let mut wrong = Vec::new();
    for (case, folder, expected) in cases() {
        let problems = task::check_statically(&folder);
        let prefix = format!("{}/", case.display());
        let found: String = problems
            .iter()
            .map(|problem| format!("{problem}\n").replace(&prefix, ""))
            .collect();
        if found != expected {
            wrong.push(format!(
                "{}\n--- expected\n{expected}--- found\n{found}",
                case.display()
            ));
        }
        for problem in &problems {
            let named = problem
                .field
                .as_ref()
                .is_none_or(|field| problem.message.contains(&format!("`{field}`")));
            assert!(named, "the message must name the field: {problem:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_pack_with_an_invalid_folder_is_refused_as_a_whole() {
    for (case, _, expected) in cases() {
        let error = TaskSet::load(&[root().join("tasks"), case.clone()])
            .unwrap_err()
            .to_string();
        let first = expected.lines().next().unwrap();
        assert!(error.contains(first), "{}: {error}", case.display());
    }
}

#[test]
fn list_of_an_invalid_pack_exits_with_2_and_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let case = root().join("tests/cases/tasks/bbox_negative");
    let output = expect_exit(
        cadforge(dir.path()).args(["tasks", "list", "--tasks"]).arg(case),
        2,
    );
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("task.toml: `bbox_mm`") && message.contains("-20.0"),
        "{message}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn list_show_and_check_agree_on_the_tasks() {
    let dir = tempfile::tempdir().unwrap();
    let list = json(&expect_exit(
        cadforge(dir.path()).args(["tasks", "list", "--json"]),
        0,
    ));
    for row in list.as_array().unwrap() {
        let id = row["id"].as_str().unwrap();
        let shown = json(&expect_exit(
            cadforge(dir.path()).args(["tasks", "show", id, "--json"]),
            0,
        ));
        for (key, value) in row.as_object().unwrap() {
            assert_eq!(&shown[key], value, "{id}: {key}");
        }
        let seed = std::fs::read_to_string(root().join("tasks").join(id).join("seeds/weak.py")).unwrap();
        assert_eq!(shown["seed_code"]["weak"], seed.as_str());
        let page = expect_exit(cadforge(dir.path()).args(["tasks", "show", id]), 0);
        assert!(String::from_utf8_lossy(&page.stdout).contains(row["prompt"].as_str().unwrap()));
    }
    let output = expect_exit(cadforge(dir.path()).args(["tasks", "show", "teapot"]), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("caster_wheel_fork"));
    expect_exit(cadforge(dir.path()).args(["tasks", "check", "teapot"]), 2);
}

#[test]
fn check_reports_every_invalid_folder_without_a_worker() {
    let dir = tempfile::tempdir().unwrap();
    let pack = dir.path().join("pack");
    copy(
        &root().join("tests/cases/tasks/bbox_negative/spacer"),
        &pack.join("spacer"),
    );
    copy(
        &root().join("tests/cases/tasks/weak_seed_missing/spacer"),
        &pack.join("bushing"),
    );
    for (id, problems) in [("spacer", 1), ("bushing", 2)] {
        let mut command = cadforge(dir.path());
        // This worker always fails: check must not need one for problems that the files reveal.
        command
            .env("CADFORGE_WORKER", "/bin/false")
            .args(["tasks", "check", id, "--json", "--tasks"])
            .arg(&pack);
        let output = expect_exit(&mut command, 1);
        let checked = &json(&output)[0];
        assert_eq!(checked["id"], id);
        assert_eq!(checked["ok"], false);
        assert_eq!(
            checked["problems"].as_array().unwrap().len(),
            problems,
            "{checked:#}"
        );
    }
}

#[test]
fn shipped_tasks_pass_their_check() {
    let dir = tempfile::tempdir().unwrap();
    let output = expect_exit(cadforge(dir.path()).args(["tasks", "check", "--json"]), 0);
    let checked = json(&output);
    let tasks = checked.as_array().unwrap();
    assert_eq!(tasks.len(), PUBLISHED.len());
    for task in tasks {
        let id = task["id"].as_str().unwrap();
        let total = |file: &str| {
            let total = task["totals"][file].as_f64();
            total.unwrap_or_else(|| panic!("{id} has no {file}"))
        };
        assert_eq!(total("seeds/build_error.py"), -1.0, "{id}");
        let reference = total("reference.py");
        assert!(reference >= 0.9, "{id}: the reference scores {reference:.4}");
        for mode in ["weak", "missing_features", "disconnected", "bad_dimensions"] {
            let seed = total(&format!("seeds/{mode}.py"));
            // The demo tasks use the published weak seeds; every seed must leave room for improvement.
            assert!(
                seed > 0.0 && seed < reference - 0.1,
                "{id}: {mode} scores {seed:.4}"
            );
        }
        if !["caster_wheel_fork", "axial_motor_stator_12_slot"].contains(&id) {
            continue;
        }
        let totals = task["totals"].as_object().unwrap();
        let guided: Vec<f64> = (1..=4)
            .map(|step| totals[&format!("repairs/guided step {step}")].as_f64().unwrap())
            .collect();
        // Demo recordings rise, contain one failure that is repaired, and reach the default target only at their end.
        let mut rising = vec![totals["seeds/weak.py"].as_f64().unwrap()];
        rising.extend(guided.iter().filter(|total| **total > -1.0));
        assert_eq!(rising.len(), 4, "{id}: {guided:?}");
        assert!(rising.is_sorted_by(|a, b| a < b), "{id}: {rising:?}");
        assert!(rising[2] < 0.92 && rising[3] >= 0.92, "{id}: {rising:?}");
    }
}

#[test]
fn shipped_tasks_equal_the_published_ones() {
    let tasks = TaskSet::load(&[root().join("tasks")]).unwrap();
    let found: Vec<_> = tasks
        .iter()
        .map(|task| {
            (
                task.id.as_str(),
                task.level.name(),
                task.family.as_str(),
                task.bbox_mm.unwrap(),
            )
        })
        .collect();
    assert_eq!(found, PUBLISHED);
    for task in tasks.iter() {
        let free = ["caster_wheel_fork", "axial_motor_stator_12_slot"].contains(&task.id.as_str());
        assert_eq!(task.scale == Scale::Free, free, "{}", task.id);
        let modes: Vec<_> = task.seeds.keys().map(String::as_str).collect();
        assert_eq!(
            modes,
            [
                "bad_dimensions",
                "build_error",
                "disconnected",
                "missing_features",
                "weak"
            ],
            "{}",
            task.id
        );
        // If absolute sizes are scored, the prompt must state them.
        for side in task.bbox_mm.unwrap() {
            let is_stated = free || task.prompt.contains(&format!("{side}"));
            assert!(is_stated, "{}: the prompt does not state {side} mm", task.id);
        }
    }
}

#[test]
fn check_perturbs_the_dimensions_of_a_reference_on_request() {
    let dir = tempfile::tempdir().unwrap();
    let pack = dir.path().join("pack");
    copy(
        &root().join("tests/cases/tasks/bbox_negative/spacer"),
        &pack.join("spacer"),
    );
    let card = std::fs::read_to_string(pack.join("spacer/task.toml")).unwrap();
    std::fs::write(pack.join("spacer/task.toml"), card.replace("-20.0", "20.0")).unwrap();
    let reference = "import cadquery as cq\n\nlength = 20.0\nwidth = 20.0\nheight = 10.0\nhole = 4.0\nhole_x = 6.0\n\
                     holes = 2\nspare = 7.0\n\nbody = cq.Workplane().box(length, width, height)\n\
                     places = [(hole_x * i, 0) for i in range(holes)]\n\
                     fixture = body.cut(cq.Workplane().pushPoints(places).circle(hole / 2).extrude(height))\n";
    std::fs::write(pack.join("spacer/reference.py"), reference).unwrap();
    let weak = "import cadquery as cq\nfixture = cq.Workplane().box(9, 5, 3)\n";
    std::fs::write(pack.join("spacer/seeds/weak.py"), weak).unwrap();
    let check = |flags: &[&str], code| {
        let mut command = cadforge(dir.path());
        command
            .args(["tasks", "check", "spacer", "--json"])
            .args(flags)
            .arg("--tasks")
            .arg(&pack);
        json(&expect_exit(&mut command, code))[0]["problems"].clone()
    };
    assert_eq!(check(&[], 0), serde_json::json!([]));
    let problems = check(&["--dimensions"], 1);
    let messages: Vec<_> = problems
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["message"].as_str().unwrap())
        .collect();
    let [message] = messages.as_slice() else {
        panic!("{messages:?}")
    };
    assert!(
        message.contains("`spare`") && message.contains("7.5"),
        "{message}"
    );
}

#[test]
fn check_finds_features_of_the_prompt_that_no_check_measures() {
    let dir = tempfile::tempdir().unwrap();
    let pack = dir.path().join("tasks");
    let folder = pack.join("plate");
    std::fs::create_dir_all(folder.join("seeds")).unwrap();
    std::fs::write(
        folder.join("seeds/weak.py"),
        "import cadquery as cq\nfixture = cq.Workplane().box(9, 5, 3)\n",
    )
    .unwrap();
    std::fs::write(
        folder.join("reference.py"),
        "import cadquery as cq\n\nlength = 60.0\nwidth = 40.0\nheight = 10.0\nhole_diameter = 8.0\ntag_length = 2.0\n\n\n\
         def drill_hole(part):\n    return part.faces(\">Z\").workplane().hole(hole_diameter)\n\n\n\
         def make_tag():\n    return cq.Workplane().box(tag_length, 2, 2).translate((25, 0, 6))\n\n\n\
         def make_rib():\n    return cq.Workplane().box(2, 12, 2).translate((-25, 0, 6))\n\n\n\
         plate = cq.Workplane().box(length, width, height)\n\
         fixture = drill_hole(plate).union(make_tag()).union(make_rib())\n",
    )
    .unwrap();
    let card = |extra: &str| {
        format!(
            "id = \"plate\"\nlevel = \"easy\"\nfamily = \"test\"\nlabel = \"Plate\"\n\
             prompt = \"A plate of 60 x 40 mm with a hole of 8 mm right through it along z, a rib and nothing else.\"\n\
             semantic_hints = [\"plate\"]\nscale = \"mm\"\n{extra}\n\
             checks = [\n\
             {{ name = \"hole\", kind = \"holes\", axis = \"z\", at = [[\"0\", \"0\"]], diameter = 8 }},\n\
             {{ name = \"one solid\", kind = \"solids\", count = 1 }},\n]\n"
        )
    };
    let check = |extra: &str, code| {
        std::fs::write(folder.join("task.toml"), card(extra)).unwrap();
        let mut command = cadforge(dir.path());
        command
            .args(["tasks", "check", "plate", "--mutate", "--json", "--tasks"])
            .arg(&pack);
        json(&expect_exit(&mut command, code))[0].clone()
    };
    let checked = check("", 1);
    let outcome = |name: &str| {
        let mutants = checked["mutants"].as_array().unwrap();
        let mutant = mutants.iter().find(|mutant| mutant["name"] == name);
        let mutant = mutant.unwrap_or_else(|| panic!("{name}: {mutants:#?}"));
        mutant["outcome"].as_str().unwrap()
    };
    assert_eq!(outcome("drill_hole()"), "covered");
    // The prompt names the rib, and not the tag.
    assert_eq!(outcome("union(make_rib())"), "uncovered");
    assert_eq!(outcome("union(make_tag())"), "free");
    assert_eq!(outcome("hole_diameter"), "covered");
    let problems = checked["problems"].as_array().unwrap();
    let [problem] = &problems[..] else {
        panic!("{problems:#?}")
    };
    let message = problem["message"].as_str().unwrap();
    assert!(
        message.contains("`union(make_rib())` (line 23)") && message.contains("`not_asked`"),
        "{message}"
    );

    assert_eq!(check("not_asked = [\"union(make_rib())\"]", 0)["ok"], true);
    let problems = check("not_asked = [\"union(make_rib())\", \"make_lid()\"]", 1)["problems"].clone();
    assert!(
        problems[0]["message"]
            .as_str()
            .unwrap()
            .contains("`make_lid()`, which is no feature"),
        "{problems}"
    );
}

#[test]
fn check_finds_errors_that_only_a_build_reveals() {
    let dir = tempfile::tempdir().unwrap();
    let pack = dir.path().join("pack");
    let source = root().join("tests/cases/tasks/bbox_negative/spacer");
    let card = std::fs::read_to_string(source.join("task.toml"))
        .unwrap()
        .replace("-20.0", "20.0");
    let box_of =
        |height: u32| format!("import cadquery as cq\nfixture = cq.Workplane().box(20, 20, {height})\n");
    copy(&source, &pack.join("spacer"));
    std::fs::write(pack.join("spacer/task.toml"), card).unwrap();
    for (reference, expected) in [
        (box_of(10), None),
        (box_of(11), Some("`bbox_mm`")),
        (box_of(10).replace("box", "boxx"), Some("does not build")),
    ] {
        std::fs::write(pack.join("spacer/reference.py"), &reference).unwrap();
        let code = i32::from(expected.is_some());
        let mut command = cadforge(dir.path());
        command
            .args(["tasks", "check", "spacer", "--json", "--tasks"])
            .arg(&pack);
        let output = expect_exit(&mut command, code);
        let problems = json(&output)[0]["problems"].clone();
        match expected {
            None => assert_eq!(problems, serde_json::json!([])),
            Some(expected) => {
                let message = problems[0]["message"].as_str().unwrap();
                assert!(message.contains(expected), "{reference}: {problems:#}");
                assert!(problems[0]["file"].as_str().unwrap().ends_with("reference.py"));
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
