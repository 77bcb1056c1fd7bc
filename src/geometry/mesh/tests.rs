use proptest::prelude::*;

use super::super::shapes::{block, vase};
use super::*;

#[test]
fn identical_vertices_merge_and_signed_zeros_are_one() {
    let mesh = TriMesh::new(
        &[
            [0.0, 0.0, 0.0],
            [1.0, 0.0, 0.0],
            [0.0, 1.0, 0.0],
            [-0.0, 0.0, -0.0],
            [9.0, 9.0, 9.0],
            [1.0, 1.0, 0.0],
        ],
        &[[0, 1, 2], [3, 1, 5]],
    )
    .unwrap();
    assert_eq!(
        mesh.vertices(),
        [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]
    );
    assert_eq!(mesh.triangles(), [[0, 1, 2], [0, 1, 3]]);
    assert!(mesh.vertices().iter().flatten().all(|x| x.is_sign_positive()));
}

#[test]
fn invalid_buffers_are_refused() {
    let corner = [[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    assert!(TriMesh::new(&corner, &[[0, 1, 2]]).is_ok());
    assert_eq!(TriMesh::new(&corner, &[]), Err(MeshError::Empty));
    assert_eq!(
        TriMesh::new(&corner, &[[0, 1, 2], [0, 1, 3]]),
        Err(MeshError::BadIndex(1))
    );
    for bad in [f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(
            TriMesh::new(&[[0.0; 3], [bad, 0.0, 0.0], [0.0; 3]], &[[0, 1, 2]]),
            Err(MeshError::NotFinite(1))
        );
    }
}

#[test]
fn stl_survives_a_round_trip_in_order() {
    let mesh = block([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]);
    assert_eq!(TriMesh::from_stl(&mesh.to_stl()).unwrap().triangles().len(), 12);
    let once = TriMesh::from_stl(&mesh.to_stl()).unwrap();
    assert_eq!(TriMesh::from_stl(&once.to_stl()).unwrap(), once);
    for index in 0..12 {
        assert_eq!(once.corners(index), mesh.corners(index));
    }
}

#[test]
fn ascii_and_binary_stl_read_the_same() {
    let binary = TriMesh::from_stl(&vase(7, 5).to_stl()).unwrap();
    let ascii = TriMesh::from_stl(ascii_stl(&binary).as_bytes()).unwrap();
    assert_eq!(ascii, binary);
}

#[test]
fn a_binary_stl_may_begin_with_solid() {
    let mut stl = block([0.0; 3], [1.0; 3]).to_stl();
    stl[..6].copy_from_slice(b"solid ");
    assert_eq!(TriMesh::from_stl(&stl).unwrap().triangles().len(), 12);
}

#[test]
fn a_header_with_a_wrong_count_is_refused_with_its_numbers() {
    let mut stl = block([0.0; 3], [1.0; 3]).to_stl();
    stl[80..84].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = TriMesh::from_stl(&stl).unwrap_err().to_string();
    assert!(
        error.contains("4294967295 triangles") && error.contains("it has 684"),
        "{error}"
    );
    stl[80..84].copy_from_slice(&11u32.to_le_bytes());
    assert!(TriMesh::from_stl(&stl).is_err());
}

#[test]
fn a_text_stl_is_recognised_whatever_its_first_line() {
    let facet =
        "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n";
    for first in ["solid part\n", "solid\n", "\n  solid part\n", "SOLID part\n"] {
        let mesh = TriMesh::from_stl(format!("{first}{facet}endsolid part\n").as_bytes());
        assert_eq!(mesh.map(|mesh| mesh.triangles().len()), Ok(1), "{first:?}");
    }
}

#[test]
fn an_stl_with_a_nan_or_nothing_is_refused() {
    let mut stl = block([0.0; 3], [1.0; 3]).to_stl();
    stl[84 + 12 + 12..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(TriMesh::from_stl(&stl), Err(MeshError::NotFinite(1)));
    assert_eq!(TriMesh::from_stl(b"solid\nendsolid\n"), Err(MeshError::Empty));
    let mut empty = vec![0; 80];
    empty.extend([0; 4]);
    assert_eq!(TriMesh::from_stl(&empty), Err(MeshError::Empty));
}

#[test]
fn obj_polygons_become_triangles() {
    let mesh =
        TriMesh::from_obj(b"v 0 0 0\nv 2 0 0\nv 2 3 0\nv 0 3 0\nv 0 0 4\nf 1 2 3 4\no tip\nf -5 -1 -4\n")
            .unwrap();
    assert_eq!(mesh.triangles().len(), 3);
    assert_eq!(mesh.vertices().len(), 5);
    assert_eq!(mesh.bbox().size(), [2.0, 3.0, 4.0]);
    assert!(matches!(
        TriMesh::from_obj(b"v 0 0 0\nf 1 2 3\n"),
        Err(MeshError::Unreadable(_))
    ));
    assert_eq!(TriMesh::from_obj(b"v 0 0 0\n"), Err(MeshError::Empty));
}

#[test]
fn obj_polygons_are_split_in_trimeshs_order() {
    let corners = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 2 0 0\nv 2 1 0.1\nv 3 1 0.1\n";
    let triangles = |faces: &str| {
        let mesh = TriMesh::from_obj(format!("{corners}{faces}").as_bytes()).unwrap();
        let place = |vertex: u32| mesh.vertices()[vertex as usize];
        let corners = corners.lines().map(|line| {
            let numbers: Vec<f64> = line[2..].split(' ').map(|x| x.parse().unwrap()).collect();
            [numbers[0], numbers[1], numbers[2]]
        });
        let corners: Vec<_> = corners.collect();
        // Coordinates as in the file, not rounded to 32 bits.
        let number = |vertex| {
            corners
                .iter()
                .position(|&corner| corner == place(vertex))
                .unwrap()
                + 1
        };
        mesh.triangles()
            .iter()
            .map(|triangle| triangle.map(number))
            .collect::<Vec<_>>()
    };
    // Quads only: all first halves, then all second ones.
    assert_eq!(
        triangles("f 1 2 3 4\nf 2 5 6 3\n"),
        [[1, 2, 3], [2, 5, 6], [3, 4, 1], [6, 3, 2]]
    );
    // Mixed: face by face.
    assert_eq!(
        triangles("f 1 2 3 4\nf 2 5 6\nf 1 2 5 7 6\n"),
        [[1, 2, 3], [3, 4, 1], [2, 5, 6], [1, 2, 5], [1, 5, 7], [1, 7, 6]]
    );
}

#[test]
fn glb_nodes_place_their_meshes() {
    // A scaled child of a moved parent, next to a node without a mesh.
    let json = r#"{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0,2]}],
        "nodes":[{"translation":[10,0,0],"children":[1]},{"scale":[2,2,2],"mesh":0},{"name":"empty"}],
        "meshes":[{"primitives":[{"attributes":{"POSITION":0},"indices":1}]}],
        "accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[1,1,0]},
                     {"bufferView":1,"componentType":5123,"count":3,"type":"SCALAR"}],
        "bufferViews":[{"buffer":0,"byteOffset":0,"byteLength":36},{"buffer":0,"byteOffset":36,"byteLength":6}],
        "buffers":[{"byteLength":44}]}"#;
    let mesh = TriMesh::from_glb(&glb(json, &triangle_buffer())).unwrap();
    assert_eq!(
        mesh.vertices(),
        [[10.0, 0.0, 0.0], [12.0, 0.0, 0.0], [10.0, 2.0, 0.0]]
    );
    assert_eq!(mesh.triangles(), [[0, 1, 2]]);

    for (from, to, part) in [
        (r#""children":[1]"#, r#""children":[0]"#, "twice"),
        (r#""byteLength":36"#, r#""byteLength":24"#, "beyond its buffer"),
        (
            r#""count":3,"type":"SCALAR""#,
            r#""count":4000000000,"type":"SCALAR""#,
            "beyond its buffer",
        ),
        (r#""componentType":5123"#, r#""componentType":5122"#, "type 5122"),
        (r#""indices":1"#, r#""indices":7"#, "accessor 7 does not exist"),
        (
            r#""asset":{"version":"2.0"}"#,
            r#""extensionsRequired":["KHR_draco_mesh_compression"]"#,
            "draco",
        ),
        (
            r#""buffers":[{"#,
            r#""buffers":[{"uri":"x.bin","#,
            "outside the file",
        ),
    ] {
        assert!(json.contains(from), "{from}");
        let error = TriMesh::from_glb(&glb(&json.replace(from, to), &triangle_buffer()))
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{to}: {error}");
    }
}

#[test]
fn the_longest_axis_goes_up() {
    let size = |size: [f64; 3]| block([3.0, -2.0, 7.0], size).longest_axis_up().bbox().size();
    assert_eq!(size([1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]);
    assert_eq!(size([1.0, 3.0, 2.0]), [1.0, 2.0, 3.0]);
    assert_eq!(size([3.0, 1.0, 2.0]), [1.0, 2.0, 3.0]);
    assert_eq!(size([3.0, 3.0, 2.0]), [3.0, 2.0, 3.0]);
    assert_eq!(size([3.0, 1.0, 3.0]), [3.0, 1.0, 3.0]);
}

#[test]
fn unknown_extensions_and_missing_files_are_named() {
    let error = TriMesh::from_file(std::path::Path::new("part.step"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("part.step") && error.contains("hint: use STL, OBJ or GLB"),
        "{error}"
    );
    let error = TriMesh::from_file(std::path::Path::new("no/such.stl"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("no/such.stl"), "{error}");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = TriMesh::from_stl(&bytes);
        let _ = TriMesh::from_obj(&bytes);
        let _ = TriMesh::from_glb(&bytes);
        let _ = TriMesh::from_glb(&[b"glTF\x02\0\0\0", &bytes[..]].concat());
    }

    #[test]
    fn random_words_never_panic(
        words in proptest::collection::vec(
            prop_oneof![
                Just("solid"), Just("endsolid"), Just("facet"), Just("endfacet"), Just("vertex"), Just("v"),
                Just("f"), Just("o"), Just("g"), Just("usemtl"), Just("mtllib"), Just("l"), Just("1/1/1"),
                Just("-1"), Just("0"), Just("2"), Just("1e99"), Just("nan"), Just("99999999999999999999"),
                Just("\n"), Just("\n"), Just("//"), Just("1//2"), Just("vt"), Just("vn")
            ],
            0..60,
        )
    ) {
        let text = words.join(" ");
        let _ = TriMesh::from_obj(text.as_bytes());
        let _ = TriMesh::from_stl(text.as_bytes());
    }

    #[test]
    fn truncated_and_altered_files_never_panic(cut in 0..600usize, at in 0..600usize, byte in any::<u8>()) {
        let mesh = block([0.0; 3], [1.0; 3]);
        let json = r#"{"asset":{"version":"2.0"},"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],
            "meshes":[{"primitives":[{"attributes":{"POSITION":0},"indices":1}]}],
            "accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[1,1,0]},
            {"bufferView":1,"componentType":5123,"count":3,"type":"SCALAR"}],
            "bufferViews":[{"buffer":0,"byteLength":36},{"buffer":0,"byteOffset":36,"byteLength":6}],
            "buffers":[{"byteLength":44}]}"#;
        for file in [mesh.to_stl(), ascii_stl(&mesh).into_bytes(), glb(json, &triangle_buffer())] {
            let mut altered = file.clone();
            if let Some(slot) = altered.get_mut(at) {
                *slot = byte;
            }
            for bytes in [&file[..cut.min(file.len())], &altered] {
                let _ = TriMesh::from_stl(bytes);
                let _ = TriMesh::from_obj(bytes);
                let _ = TriMesh::from_glb(bytes);
            }
        }
    }
}

fn ascii_stl(mesh: &TriMesh) -> String {
    let mut text = String::from("solid a name with vertex in it\r\n");
    for index in 0..mesh.triangles().len() {
        text += "  facet normal 0 0 0\r\n    outer loop\n";
        for [x, y, z] in mesh.corners(index) {
            text += &format!("      vertex {x:e} {y} {z}\n");
        }
        text += "    endloop\n  endfacet\n";
    }
    text + "endsolid\n"
}

fn triangle_buffer() -> Vec<u8> {
    let positions: [f32; 9] = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let mut buffer: Vec<u8> = positions.iter().flat_map(|x| x.to_le_bytes()).collect();
    buffer.extend([0, 0, 1, 0, 2, 0, 0, 0]);
    buffer
}

fn glb(json: &str, buffer: &[u8]) -> Vec<u8> {
    let mut json = json.as_bytes().to_vec();
    json.resize(json.len().next_multiple_of(4), b' ');
    let length = (12 + 8 + json.len() + 8 + buffer.len()) as u32;
    let mut file = b"glTF\x02\0\0\0".to_vec();
    for (kind, chunk) in [(b"JSON", &json[..]), (b"BIN\0", buffer)] {
        if file.len() == 8 {
            file.extend(length.to_le_bytes());
        }
        file.extend((chunk.len() as u32).to_le_bytes());
        file.extend(kind);
        file.extend(chunk);
    }
    file
}
