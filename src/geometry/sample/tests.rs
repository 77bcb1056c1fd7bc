use super::super::TriMesh;
use super::super::shapes::{block, vase};
use super::*;

#[test]
fn random_numbers_equal_those_of_numpys_default_rng_0() {
    // numpy.random.default_rng(0).random(3)
    let mut random = Pcg64::new(STATE, STREAM);
    let expected = [0.6369616873214543, 0.2697867137638703, 0.04097352393619469];
    assert_eq!([(); 3].map(|()| unit(&mut random)), expected);
}

#[test]
fn samples_lie_on_the_surface_and_spread_by_area() {
    let mesh = NormalisedMesh::new(&block([0.0; 3], [1.0, 1.0, 2.0]));
    let samples = sample_surface(&mesh, 3000);
    let (min, max) = (mesh.bbox().min, mesh.bbox().max);
    for point in &samples {
        let on_a_face = (0..3)
            .any(|axis| (point[axis] - min[axis]).abs() < 1e-9 || (point[axis] - max[axis]).abs() < 1e-9);
        assert!(on_a_face, "{point:?}");
    }
    // Two caps of ten units of area: 600 expected, with a deviation of 22.
    let caps = samples
        .iter()
        .filter(|point| point[2] < 1e-9 || point[2] > 1000.0 - 1e-9)
        .count();
    assert!((500..700).contains(&caps), "{caps}");
}

#[test]
fn the_order_of_triangles_matters_to_trimeshs_samples_only() {
    let mesh = vase(20, 9);
    let mut triangles = mesh.triangles().to_vec();
    triangles.reverse();
    for (index, triangle) in triangles.iter_mut().enumerate() {
        triangle.rotate_left(index % 3);
    }
    let shuffled = TriMesh::new(mesh.vertices(), &triangles).unwrap();
    assert_ne!(shuffled.vertices(), mesh.vertices());
    let [one, other] = [&mesh, &shuffled].map(|mesh| surface_points(mesh, 500));
    assert_eq!(one, other);
    // For cadforge-v1 it does matter, as in trimesh.
    let [one, other] = [&mesh, &shuffled].map(|mesh| sample_surface(&NormalisedMesh::new(mesh), 500));
    assert_ne!(one, other);
}

#[test]
fn a_mesh_without_area_still_has_samples() {
    let line = TriMesh::new(&[[0.0; 3], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]], &[[0, 1, 2]]).unwrap();
    let samples = sample_surface(&NormalisedMesh::new(&line), 10);
    assert!(samples.iter().flatten().all(|x| x.is_finite()));
}

/// `trimesh.sample.sample_surface(mesh, 3, seed=0)` of trimesh 5.2.0 on a tetrahedron.
#[test]
fn samples_equal_those_of_trimesh() {
    let vertices = [
        [0.0, 0.0, 0.0],
        [300.0, 0.0, 0.0],
        [0.0, 200.0, 0.0],
        [0.0, 0.0, 1000.0],
    ];
    let triangles = [[2, 1, 0], [0, 1, 3], [1, 2, 3], [3, 2, 0]];
    let mesh = TriMesh::new(&vertices, &triangles).unwrap();
    let samples = sample(&(0..4).map(|index| mesh.corners(index)).collect::<Vec<_>>(), 3);
    let expected = [
        [51.06063758135954, 3.305527105705819, 813.2702392002724],
        [26.173326816683485, 0.0, 393.36422423282016],
        [81.15103170480047, 54.62431048988424, 0.0],
    ];
    for (sample, expected) in samples.iter().zip(expected) {
        for axis in 0..3 {
            assert!((sample[axis] - expected[axis]).abs() < 1e-9, "{samples:?}");
        }
    }
}
