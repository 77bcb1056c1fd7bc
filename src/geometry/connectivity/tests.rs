use super::super::TriMesh;
use super::super::shapes::{block, together, vase, without};
use super::*;

fn of(mesh: &TriMesh) -> Connectivity {
    Connectivity::of(&NormalisedMesh::new(mesh))
}

#[test]
fn a_closed_box_has_no_defects() {
    let Connectivity {
        boundary_edges,
        non_manifold_edges,
        degenerate_faces,
        watertight,
        components,
        cavities,
    } = of(&block([0.0; 3], [1.0, 2.0, 3.0]));
    assert_eq!((boundary_edges, non_manifold_edges, degenerate_faces), (0, 0, 0));
    assert!(watertight);
    assert_eq!((components.len(), cavities), (1, 0));
    // The height of 3 becomes 1000.
    for (actual, expected) in components[0]
        .size()
        .iter()
        .zip([1000.0 / 3.0, 2000.0 / 3.0, 1000.0])
    {
        assert!((actual - expected).abs() < 1e-9, "{actual} instead of {expected}");
    }
}

#[test]
fn a_missing_triangle_leaves_three_open_edges() {
    let open = of(&without(&block([0.0; 3], [1.0; 3]), &[4]));
    assert_eq!((open.boundary_edges, open.non_manifold_edges), (3, 0));
    assert!(!open.watertight);
    assert_eq!(open.components.len(), 1);
}

#[test]
fn a_repeated_triangle_makes_three_edges_of_three_faces_and_a_component() {
    let mesh = block([0.0; 3], [1.0; 3]);
    let mut triangles = mesh.triangles().to_vec();
    triangles.push(triangles[0]);
    let twice = of(&TriMesh::new(mesh.vertices(), &triangles).unwrap());
    assert_eq!((twice.boundary_edges, twice.non_manifold_edges), (0, 3));
    assert!(!twice.watertight);
    assert_eq!(twice.components.len(), 3);
}

#[test]
fn boxes_that_share_an_edge_stay_two_components() {
    let touching = of(&together(&[
        block([0.0; 3], [1.0; 3]),
        block([1.0, 1.0, 0.0], [1.0; 3]),
    ]));
    assert_eq!((touching.boundary_edges, touching.non_manifold_edges), (0, 1));
    assert!(!touching.watertight);
    assert_eq!(touching.components.len(), 2);
}

#[test]
fn a_triangle_without_area_is_degenerate_and_its_folded_edge_counts_twice() {
    let mesh = TriMesh::new(
        &[[0.0; 3], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        &[[0, 1, 1], [0, 1, 2]],
    )
    .unwrap();
    let folded = of(&mesh);
    assert_eq!(folded.degenerate_faces, 1);
    // (1, 1) once, (0, 1) three times, (1, 2) and (0, 2) once.
    assert_eq!((folded.boundary_edges, folded.non_manifold_edges), (3, 1));
}

#[test]
fn components_come_in_the_order_of_their_first_triangle() {
    let boxes = [
        block([9.0, 0.0, 0.0], [1.0; 3]),
        block([0.0; 3], [1.0; 3]),
        block([5.0, 0.0, 0.0], [1.0; 3]),
    ];
    let centers: Vec<f64> = of(&together(&boxes))
        .components
        .iter()
        .map(|aabb| aabb.center()[0])
        .collect();
    assert!(centers[0] > centers[2] && centers[2] > centers[1], "{centers:?}");
}

#[test]
fn a_vase_is_closed() {
    let vase = of(&vase(30, 20));
    assert!(vase.watertight);
    assert_eq!(vase.components.len(), 1);
}

#[test]
fn an_inner_shell_is_a_cavity_unless_it_is_open_or_a_separate_body() {
    let outer = block([0.0; 3], [10.0; 3]);
    let inner = block([2.0; 3], [3.0; 3]);
    let inwards: Vec<[u32; 3]> = inner.triangles().iter().map(|&[a, b, c]| [a, c, b]).collect();
    let shell = TriMesh::new(inner.vertices(), &inwards).unwrap();
    assert_eq!(of(&together(&[outer.clone(), shell.clone()])).cavities, 1);
    assert_eq!(of(&together(&[outer.clone(), without(&shell, &[3])])).cavities, 0);
    assert_eq!(of(&together(&[outer, inner])).cavities, 0);
    // A body that is inside out as a whole has none.
    assert_eq!(of(&shell).cavities, 0);
}
