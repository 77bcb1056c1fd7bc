//! Properties of the whole score, on a table of blocks.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::{Check, Requirements, Scale, read_checks};
use cadforge_geometry::{TriMesh, shapes};

/// The checks of a table.
const CHECKS: [&str; 4] = [
    r#"name = "four legs"
    kind = "islands"
    axis = "z"
    between = [0.1, 0.7]
    count = 4
    share = 0.001"#,
    r#"name = "table top"
    kind = "face"
    axis = "z"
    at = 44
    share = 0.8"#,
    r#"name = "envelope"
    kind = "envelope""#,
    r#"name = "secret room"
    hidden = true
    kind = "region"
    min = [10, 10, 1]
    max = [90, 50, 39]
    is = "empty"
    share = 0.95"#,
];

fn checks() -> Vec<Check> {
    let tables = CHECKS.map(|check| check.parse().expect("TOML"));
    let mut problems = Vec::new();
    let checks = read_checks(tables.to_vec(), Path::new("task.toml"), &mut problems);
    assert_eq!(problems, []);
    checks
}

fn task(checks: &[Check]) -> Requirements<'_> {
    Requirements {
        bbox_mm: Some([100.0, 60.0, 44.0]),
        scale: Scale::Mm,
        axis: None,
        checks,
        dimensions: 12,
    }
}

/// Top and legs; legs extend into the top: they look connected, and are separate solids to the kernel.
fn table(legs: usize) -> Shape {
    shapes::blocks(&parts(legs))
}

fn parts(legs: usize) -> Vec<([f64; 3], [f64; 3])> {
    let mut parts = vec![([0.0, 0.0, 40.0], [100.0, 60.0, 4.0])];
    let corners = [[0.0, 0.0], [94.0, 0.0], [0.0, 54.0], [94.0, 54.0]];
    parts.extend(
        corners
            .iter()
            .take(legs)
            .map(|[x, y]| ([*x, *y, 0.0], [6.0, 6.0, 40.0])),
    );
    parts
}

fn baselines() -> TaskBaselines {
    let reference = table(4);
    TaskBaselines::new(&task(&checks()), &[&reference], Comparison::Own, None)
}

fn scored(shape: &Shape, mode: Mode) -> Scored {
    let baselines = baselines();
    score(
        &GroundedEvidence {
            shape,
            baselines: &baselines,
            perturbations: None,
            cost: None,
        },
        mode,
    )
}

#[test]
fn the_reference_has_full_scores_and_a_block_almost_none() {
    for mode in [Mode::Fast, Mode::Full] {
        let own = scored(&table(4), mode).reward;
        assert_eq!((own.semantic_parts, own.total), (Some(1.0), 1.0), "{mode:?}");
        let block = scored(&shapes::blocks(&[([0.0; 3], [100.0, 60.0, 44.0])]), mode).reward;
        assert!(block.total < 0.3, "{mode:?}: {block:?}");
    }
}

#[test]
fn every_leg_raises_the_total() {
    let totals: Vec<f64> = (0..=4)
        .map(|legs| scored(&table(legs), Mode::Full).reward.total)
        .collect();
    assert!(totals.windows(2).all(|pair| pair[0] < pair[1]), "{totals:?}");
}

#[test]
fn notes_state_measurements_and_never_name_hidden_checks() {
    let scored = scored(&shapes::blocks(&[([0.0; 3], [100.0, 60.0, 44.0])]), Mode::Full);
    let text = format!("{:?} {:?}", scored.notes, scored.details);
    assert!(text.contains("four legs") && !text.contains("secret"), "{text}");
    assert!(
        scored
            .notes
            .iter()
            .any(|note| note.contains("four legs (costs") && note.contains("1, asked for 4 pieces")),
        "{:?}",
        scored.notes
    );
    let checks = scored.details.grounded.unwrap().checks.unwrap();
    assert_eq!((checks.list.len(), checks.hidden), (3, Some(0.0)));
}

#[test]
fn a_wrong_scale_costs_in_proportion_to_the_error() {
    let whole = table(4);
    let scaled = |by: f64| {
        let mut shape = whole.clone();
        shape.mesh = whole.mesh.placed(&Placement::moved(by, [0.0; 3], [0.0; 3]));
        shape
    };
    for (error, least) in [(0.03, 0.8), (0.05, 0.6), (0.10, 0.4)] {
        for by in [1.0 - error, 1.0 + error] {
            let total = scored(&scaled(by), Mode::Full).reward.total;
            assert!((least..0.95).contains(&total), "{by}: {total}");
        }
    }
    let ladder: Vec<f64> = [1.0, 1.01, 1.02, 1.04, 1.08, 1.16, 1.25, 1.5]
        .iter()
        .map(|&by| scored(&scaled(by), Mode::Full).reward.total)
        .collect();
    assert!(ladder.windows(2).all(|pair| pair[0] > pair[1]), "{ladder:?}");
    let notes = scored(&scaled(1.05), Mode::Full).notes;
    assert!(
        notes.iter().any(|note| note.contains("5.0 % too large")),
        "{notes:?}"
    );
    // A longer table is no scale error: it needs another number, not another unit.
    let longer = shapes::blocks(&[([0.0, 0.0, 40.0], [106.0, 60.0, 4.0])]);
    let pose = scored(&longer, Mode::Full).details.grounded.unwrap().pose;
    assert_eq!((pose.scale, pose.factor), (1.0, 1.0));
}

#[test]
fn each_missed_check_lowers_the_score_of_all() {
    let baselines = baselines();
    let checks = |legs| {
        let details = scored(&table(legs), Mode::Full).details.grounded.unwrap();
        details.checks.unwrap()
    };
    assert_eq!((checks(4).factor, checks(4).earned), (1.0, 1.0));
    // Three legs: one check misses, and its factor multiplies the mean.
    let three = checks(3);
    let missed = three.list[0].score;
    assert!((three.factor - (0.8 + 0.2 * missed)).abs() < 1e-12, "{three:?}");
    let mean = 1.0 - baselines.weights()[0] * (1.0 - missed);
    assert!((three.earned - mean * three.factor).abs() < 1e-12, "{three:?}");
}

#[test]
fn the_reference_that_fits_best_decides() {
    // A table on four legs, and one on two slabs.
    let legs = table(4);
    let slabs = shapes::blocks(&[
        ([0.0, 0.0, 40.0], [100.0, 60.0, 4.0]),
        ([0.0, 0.0, 0.0], [6.0, 60.0, 40.0]),
        ([94.0, 0.0, 0.0], [6.0, 60.0, 40.0]),
    ]);
    let checks: Vec<Check> = checks()
        .into_iter()
        .filter(|check| check.name != "four legs")
        .collect();
    let both = TaskBaselines::new(&task(&checks), &[&legs, &slabs], Comparison::Own, None);
    let one = TaskBaselines::new(&task(&checks), &[&legs], Comparison::Own, None);
    let of = |baselines: &TaskBaselines, shape: &Shape| {
        let evidence = GroundedEvidence {
            shape,
            baselines,
            perturbations: None,
            cost: None,
        };
        let scored = score(&evidence, Mode::Full);
        (
            scored.reward.total,
            scored.details.grounded.unwrap().pose.reference,
        )
    };
    assert_eq!((of(&both, &legs), of(&both, &slabs)), ((1.0, 0), (1.0, 1)));
    assert!(of(&one, &slabs).0 < 0.9, "{:?}", of(&one, &slabs));
}

#[test]
fn without_checks_fast_mode_compares_volumes() {
    let whole = table(4);
    let baselines = TaskBaselines::new(&task(&[]), &[&whole], Comparison::Own, None);
    let of = |shape: &Shape| {
        let evidence = GroundedEvidence {
            shape,
            baselines: &baselines,
            perturbations: None,
            cost: None,
        };
        score(&evidence, Mode::Fast).reward.total
    };
    let totals: Vec<f64> = (0..=4).map(|legs| of(&table(legs))).collect();
    assert!(totals.windows(2).all(|pair| pair[0] < pair[1]), "{totals:?}");
    assert_eq!(totals[4], 1.0);
    assert!(of(&shapes::blocks(&[([0.0; 3], [100.0, 60.0, 44.0])])) < 0.2);
}

#[test]
fn a_rotated_table_has_its_price_and_a_small_one_loses_nearly_all() {
    let whole = table(4);
    let moved = |placement: Placement| {
        let mut shape = whole.clone();
        shape.mesh = whole.mesh.placed(&placement);
        shape
    };
    let center = whole.mesh.bbox().center();
    // About z, onto a side, and onto its head.
    for (axis, quarters, price) in [(2, 1, 0.9), (0, 1, 0.8), (0, 2, 0.8)] {
        let turned = Placement::turn_about(axis, quarters, 1.0, center, center);
        let total = scored(&moved(turned), Mode::Full).reward.total;
        assert!((total - price).abs() < 0.02, "{axis} {quarters}: {total}");
    }
    let small = scored(&moved(Placement::moved(0.001, [0.0; 3], [0.0; 3])), Mode::Full)
        .reward
        .total;
    assert!(small < 0.35, "{small}");
    let away = scored(
        &moved(Placement::moved(1.0, [0.0; 3], [500.0, 0.0, 0.0])),
        Mode::Full,
    )
    .reward
    .total;
    assert!(away > 0.98, "{away}");
}

#[test]
fn doubled_loose_and_floating_parts_cost_a_tenth_or_more() {
    let parts = [
        ([0.0, 0.0, 40.0], [100.0, 60.0, 4.0]),
        ([0.0, 0.0, 0.0], [6.0, 6.0, 40.0]),
    ];
    let honest = scored(&shapes::blocks(&parts), Mode::Full).reward.total;
    let doubled = scored(&shapes::blocks(&[parts[0], parts[1], parts[0]]), Mode::Full)
        .reward
        .total;
    let mut stray = shapes::blocks(&parts);
    stray.facts.loose = 1;
    let stray = scored(&stray, Mode::Full).reward.total;
    let floating = scored(
        &shapes::blocks(&[parts[0], parts[1], ([60.0, 30.0, 0.0], [6.0, 6.0, 30.0])]),
        Mode::Full,
    )
    .reward
    .total;
    for (what, total) in [("doubled", doubled), ("stray", stray), ("floating", floating)] {
        assert!(total < 0.9 * honest, "{what}: {total} of {honest}");
    }
}

#[test]
fn excess_over_the_box_costs_its_share() {
    let mut blocks = parts(4);
    blocks.push(([100.0, 25.0, 40.0], [20.0, 4.0, 4.0]));
    let shape = shapes::blocks(&blocks);
    let bare = table(4);
    let of = |task: &Requirements<'_>| {
        let baselines = TaskBaselines::new(task, &[&bare], Comparison::Own, None);
        let evidence = GroundedEvidence {
            shape: &shape,
            baselines: &baselines,
            perturbations: None,
            cost: None,
        };
        score(&evidence, Mode::Full)
    };
    let checks = checks();
    let given = of(&task(&checks));
    let free = of(&Requirements {
        scale: Scale::Free,
        ..task(&checks)
    });
    assert!(given.reward.total < free.reward.total - 0.1, "{given:?} {free:?}");
    let fit = given.details.grounded.unwrap().fit.unwrap();
    assert_eq!((fit.axis, (100.0 * fit.over).round()), ('x', 20.0));
    assert!(
        given
            .notes
            .iter()
            .any(|note| note.starts_with("fit (costs") && note.contains("20 % longer along the task's x")),
        "{:?}",
        given.notes
    );
    assert_eq!(free.details.grounded.unwrap().fit, None);
}

#[test]
fn without_a_reference_the_checks_get_its_weight() {
    let whole = table(4);
    let baselines = TaskBaselines::new(&task(&checks()), &[&whole], Comparison::Nothing, None);
    let reward = score(
        &GroundedEvidence {
            shape: &whole,
            baselines: &baselines,
            perturbations: None,
            cost: Some(8.0),
        },
        Mode::Full,
    )
    .reward;
    assert_eq!(
        (reward.reference_similarity, reward.silhouette, reward.editability),
        (None, None, None)
    );
    assert_eq!((reward.total, reward.efficiency), (1.0, Some(1.0 - 1.0 / 3.0)));
}

#[test]
fn checks_that_a_block_or_a_shell_passes_have_little_weight() {
    let baselines = baselines();
    let [legs, top, envelope, room] = [0, 1, 2, 3].map(|index| baselines.weights()[index]);
    assert!((baselines.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(
        [top, envelope, room].iter().all(|weight| *weight < 0.2 * legs),
        "{:?}",
        baselines.weights()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn scores_are_in_range_and_the_order_of_triangles_does_not_matter(
        blocks in prop::collection::vec((prop::array::uniform3(0.0..90.0f64), prop::array::uniform3(1.0..40.0f64)), 1..4),
        turn in 0usize..12,
    ) {
        let shape = shapes::blocks(&blocks);
        let one = scored(&shape, Mode::Full);
        for component in crate::Component::ALL {
            prop_assert!(one.reward.component(component).is_none_or(|value| (0.0..=1.0).contains(&value)));
        }
        prop_assert_eq!(&one, &scored(&shape, Mode::Full));
        // Within a solid only; the order determines the solid of each triangle.
        let mut triangles = shape.mesh.triangles().to_vec();
        for solid in triangles.chunks_mut(12) {
            solid.rotate_left(turn);
        }
        let mut other = shape.clone();
        other.mesh = TriMesh::new(shape.mesh.vertices(), &triangles).unwrap();
        prop_assert!((scored(&other, Mode::Full).reward.total - one.reward.total).abs() < 1e-9);
    }

    /// The optimiser relies on this: it skips the perturbations of candidates that score too low without them.
    #[test]
    fn perturbations_never_raise_the_total(
        blocks in prop::collection::vec((prop::array::uniform3(0.0..90.0f64), prop::array::uniform3(1.0..40.0f64)), 1..5),
        turn in (0usize..3, 0u32..4),
        honest in 0usize..5,
        responses in prop::collection::vec(
            prop::option::of(prop::array::uniform14(prop_oneof![Just(0.0), -1.0..1.0f64])),
            0..12,
        ),
        spare in 0usize..4,
        of_reference in 0usize..12,
    ) {
        // A table with some legs, or random blocks; upright or rotated.
        let mut shape = if honest > 0 { table(honest) } else { shapes::blocks(&blocks) };
        let center = shape.mesh.bbox().center();
        shape.mesh = shape.mesh.placed(&Placement::turn_about(turn.0, turn.1, 1.0, center, center));
        let perturbations = |responses: &[Option<[f64; MEASURES]>]| Perturbations {
            named: responses.len() + spare,
            perturbations: responses.iter().map(|response| Perturbation {
                name: "d".to_owned(),
                effect: if response.is_some() { Effect::Regular } else { Effect::Dead },
                response: *response,
            }).collect(),
        };
        let reference = table(4);
        let checks = checks();
        let task = Requirements { dimensions: of_reference, ..task(&checks) };
        let baselines = TaskBaselines::new(&task, &[&reference], Comparison::Own, None);
        let tried = perturbations(&responses);
        for mode in [Mode::Fast, Mode::Full] {
            let total = |perturbations| score(&GroundedEvidence { shape: &shape, baselines: &baselines, perturbations, cost: None }, mode).reward.total;
            let (with, without) = (total(Some(&tried)), total(None));
            prop_assert!(with <= without + 1e-12, "{mode:?}: {with} with rebuilds, {without} without");
        }
    }
}
