//! Properties that hold for any mesh. The cases of `tests/it/reward.rs` check values.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use cadforge_geometry::TriMesh;
use cadforge_geometry::shapes::{block, together, vase};

const CODE: &str = "def a():\n    return 1\nsize = 3\nfixture = a()\n";

fn reference(mesh: &TriMesh, mesh_file: bool) -> Option<Arc<Reference>> {
    Some(Arc::new(Reference::new(mesh, mesh_file)))
}

fn scored(mesh: &TriMesh, references: &References, mode: Mode, bbox_mm: Option<[f64; 3]>) -> Scored {
    let hints = ["a".to_owned(), "wheel".to_owned()];
    let evidence = Evidence {
        code: CODE,
        mesh,
        semantic_hints: &hints,
        bbox_mm,
        references,
    };
    score(&evidence, mode)
}

fn assert_in_range(scored: &Scored) {
    for component in Component::ALL {
        let value = scored
            .reward
            .component(component)
            .expect("cadforge-v1 measures everything");
        assert!((0.0..=1.0).contains(&value), "{} is {value}", component.key());
    }
    assert!(
        (0.0..=1.0).contains(&scored.reward.total),
        "total is {}",
        scored.reward.total
    );
    // serde_json writes null for numbers that are not finite.
    let details = serde_json::to_value(&scored.details).unwrap();
    let back: Details = serde_json::from_value(details).expect("details without infinities");
    assert_eq!(back.topology, scored.details.topology);
    assert!(scored.notes[0].contains(&format!("total {:.3}", scored.reward.total)));
}

#[track_caller]
fn assert_near(one: &Reward, other: &Reward, tolerance: f64) {
    for component in Component::ALL {
        let (one, other) = (
            one.component(component).unwrap(),
            other.component(component).unwrap(),
        );
        assert!(
            (one - other).abs() <= tolerance,
            "{}: {one} and {other}",
            component.key()
        );
    }
    assert!((one.total - other.total).abs() <= tolerance);
}

/// Arbitrary triangles over a few points: open, crossing, repeated, degenerate.
fn soup(coordinates: impl Strategy<Value = f64> + 'static) -> impl Strategy<Value = TriMesh> {
    let coordinates = coordinates.boxed();
    let point = [coordinates.clone(), coordinates.clone(), coordinates];
    (
        prop::collection::vec(point, 1..20),
        prop::collection::vec([0..20u32, 0..20, 0..20], 1..40),
    )
        .prop_map(|(points, triangles)| {
            let count = points.len() as u32;
            let triangles: Vec<_> = triangles
                .iter()
                .map(|triangle| triangle.map(|index| index % count))
                .collect();
            TriMesh::new(&points, &triangles).expect("finite points")
        })
}

#[test]
fn a_mesh_compared_with_itself_has_the_best_score() {
    for mesh in [vase(60, 30), block([0.0; 3], [1.0, 1.0, 2.0])] {
        for (ideal, file) in [(true, false), (false, true), (true, true)] {
            let references = References {
                ideal: ideal.then(|| reference(&mesh, false)).flatten(),
                mesh: file.then(|| reference(&mesh, true)).flatten(),
            };
            let scored = scored(&mesh, &references, Mode::Full, None);
            assert_eq!(scored.reward.silhouette, Some(1.0));
            let similarity = scored.details.reference_similarity.unwrap();
            for found in [similarity.ideal, similarity.mesh].into_iter().flatten() {
                assert_eq!((found.bbox, found.silhouette), (1.0, 1.0));
                // Two samplings of one surface have some distance.
                assert!(found.chamfer > 0.75, "{}", found.chamfer);
            }
        }
    }
}

#[test]
fn lower_similarity_scores_lower() {
    let vase = vase(60, 30);
    let references = References {
        ideal: reference(&vase, false),
        mesh: None,
    };
    let bumped = together(&[vase.clone(), block([15.0, -2.0, 20.0], [12.0, 4.0, 4.0])]);
    let boxed = block(vase.bbox().min, vase.bbox().size());
    let similarity = |mesh: &TriMesh| {
        scored(mesh, &references, Mode::Full, None)
            .reward
            .reference_similarity
            .unwrap()
    };
    let [same, bumped, boxed] = [&vase, &bumped, &boxed].map(similarity);
    assert!(same > bumped && bumped > boxed, "{same} {bumped} {boxed}");
}

#[test]
fn a_mesh_file_is_turned_and_an_ideal_is_not() {
    let upright = block([0.0; 3], [10.0, 20.0, 60.0]);
    let lying = block([0.0; 3], [60.0, 10.0, 20.0]);
    let bbox = |references: References| {
        let similarity = scored(&upright, &references, Mode::Full, None)
            .details
            .reference_similarity
            .unwrap();
        similarity.ideal.or(similarity.mesh).unwrap().bbox
    };
    assert_eq!(
        bbox(References {
            ideal: None,
            mesh: reference(&lying, true)
        }),
        1.0
    );
    assert!(
        bbox(References {
            ideal: reference(&lying, false),
            mesh: None
        }) < 0.6
    );
}

#[test]
fn fast_mode_measures_no_surface_and_no_outline() {
    let vase = vase(20, 10);
    let references = References {
        ideal: reference(&block([0.0; 3], [1.0; 3]), false),
        mesh: None,
    };
    let scored = scored(&vase, &references, Mode::Fast, None);
    let found = scored.details.reference_similarity.unwrap().ideal.unwrap();
    assert_eq!(found.chamfer_distance, None);
    assert_eq!(scored.details.silhouette.unwrap(), SilhouetteDetails::default());
    assert_eq!(scored.reward.reference_similarity, Some(found.bbox));
    assert_eq!(scored.reward.silhouette, Some(found.bbox));
}

/// The number of cases, or `PROPTEST_CASES` if it is set.
fn cases(cases: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases, ..config }
    }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn every_score_is_finite_and_in_range(
        mesh in soup(prop_oneof![
            4 => -50.0..50.0,
            2 => (-3..4i32).prop_map(f64::from),
            1 => Just(3e38),
            1 => Just(1e-40),
            1 => prop::num::f64::NORMAL.prop_map(|x| x.clamp(-3e38, 3e38)),
        ]),
        other in soup(-50.0..50.0),
        bbox_mm in prop::option::of([0.0..200.0, 0.0..200.0, 0.0..200.0]),
    ) {
        let none = References::default();
        let both = References { ideal: reference(&other, false), mesh: reference(&mesh, true) };
        for references in [none, both] {
            for mode in [Mode::Fast, Mode::Full] {
                assert_in_range(&scored(&mesh, &references, mode, bbox_mm));
                assert_in_range(&scored(&other, &references, mode, bbox_mm));
            }
        }
    }

    #[test]
    fn the_order_of_triangles_and_vertices_does_not_matter(
        mesh in soup(-50.0..50.0),
        seed in prop::collection::vec(any::<u32>(), 40),
    ) {
        let mut order: Vec<usize> = (0..mesh.triangles().len()).collect();
        order.sort_by_key(|&index| seed[index]);
        let triangles: Vec<_> = order
            .iter()
            .map(|&index| {
                let mut triangle = mesh.triangles()[index];
                triangle.rotate_left(seed[index] as usize % 3);
                triangle
            })
            .collect();
        let shuffled = TriMesh::new(mesh.vertices(), &triangles).unwrap();
        let references = References { ideal: reference(&vase(20, 10), false), mesh: None };
        let both = |mode| [&mesh, &shuffled].map(|mesh| scored(mesh, &references, mode, None));
        let [one, other] = both(Mode::Fast);
        assert_near(&one.reward, &other.reward, 1e-9);
        // The sampled points of a surface depend on the order, as in the published scorer.
        let [one, other] = both(Mode::Full);
        prop_assert_eq!(one.details.topology, other.details.topology);
        prop_assert_eq!(one.details.silhouette, other.details.silhouette);
    }

    #[test]
    fn place_and_size_do_not_matter(
        mesh in soup(0.0..50.0),
        scale in 0.05..20.0,
        shift in [-100.0..100.0, -100.0..100.0, -100.0..100.0],
    ) {
        // A nearly flat mesh is scaled up so far that rounding becomes visible.
        let size = mesh.bbox().size();
        prop_assume!(size[2] > 0.05 * size[0].max(size[1]));
        let vertices: Vec<[f64; 3]> = mesh
            .vertices()
            .iter()
            .map(|vertex| std::array::from_fn(|axis| vertex[axis] * scale + shift[axis]))
            .collect();
        let moved = TriMesh::new(&vertices, mesh.triangles()).unwrap();
        prop_assume!(moved.vertices().len() == mesh.vertices().len());
        let references = References { ideal: reference(&vase(20, 10), false), mesh: None };
        let bbox = Some([30.0, 40.0, 50.0]);
        let both = |mode| [&mesh, &moved].map(|mesh| scored(mesh, &references, mode, bbox));
        let [one, other] = both(Mode::Fast);
        assert_near(&one.reward, &other.reward, 1e-6);
        prop_assert_eq!(one.details.topology, other.details.topology);
        // Rounding moves corners that lie between two pixels.
        let [one, other] = both(Mode::Full);
        assert_near(&one.reward, &other.reward, 0.02);
    }

    #[test]
    fn equal_evidence_gives_equal_bits(mesh in soup(-50.0..50.0), other in soup(-50.0..50.0)) {
        let run = || {
            let references = References { ideal: reference(&other, false), mesh: reference(&other, true) };
            scored(&mesh.clone(), &references, Mode::Full, None)
        };
        let one = run();
        let two = std::thread::scope(|scope| scope.spawn(run).join().unwrap());
        prop_assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&two).unwrap());
    }

    #[test]
    fn any_text_scores_without_panic(code in any::<String>()) {
        let mesh = block([0.0; 3], [1.0; 3]);
        let references = References::default();
        let evidence =
            Evidence { code: &code, mesh: &mesh, semantic_hints: &[], bbox_mm: None, references: &references };
        assert_in_range(&score(&evidence, Mode::Fast));
    }
}
