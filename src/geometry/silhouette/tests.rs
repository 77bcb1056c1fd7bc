use super::super::TriMesh;
use super::super::shapes::{block, together, vase};
use super::*;

fn draw(mesh: &TriMesh, view: View) -> Silhouette {
    Silhouette::new(&NormalisedMesh::new(mesh), view)
}

/// Set pixels of a row.
fn pixels(silhouette: &Silhouette, row: usize) -> Vec<usize> {
    (0..SIZE)
        .filter(|&x| silhouette.rows[row][x / 64] >> (x % 64) & 1 == 1)
        .collect()
}

/// Each line holds corners, and the result of Pillow: the number of pixels and the FNV-1a hash of row, first and last
/// pixel of each run.
#[test]
fn triangles_are_filled_as_by_pillow() {
    let mut seen = 0;
    for line in include_str!("pillow.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let fields: Vec<&str> = line.split('\t').collect();
        let at = |index: usize| fields[index].parse::<i32>().expect("a coordinate");
        let corners = [0, 1, 2].map(|corner| [at(2 * corner), at(2 * corner + 1)]);
        let mut silhouette = Silhouette::empty();
        silhouette.fill(corners);
        let expected = (fields[6].parse().unwrap(), fields[7].to_owned());
        assert_eq!((silhouette.area(), hash(&silhouette)), expected, "{corners:?}");
        // The order of corners may start anywhere.
        let mut turned = Silhouette::empty();
        turned.fill([corners[1], corners[2], corners[0]]);
        assert_eq!(turned, silhouette, "{corners:?}");
        seen += 1;
    }
    assert!(seen >= 2000, "only {seen} triangles");
}

fn hash(silhouette: &Silhouette) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for (row, words) in silhouette.rows.iter().enumerate() {
        let Some(first) = words.iter().position(|&word| word != 0) else {
            continue;
        };
        let last = words
            .iter()
            .rposition(|&word| word != 0)
            .expect("a word that is not 0");
        let first = 64 * first + words[first].trailing_zeros() as usize;
        let last = 64 * last + 63 - words[last].leading_zeros() as usize;
        let count: u32 = words.iter().map(|word| word.count_ones()).sum();
        assert_eq!(count as usize, last - first + 1, "one run");
        for byte in [row, first, last]
            .iter()
            .flat_map(|&number| (number as u16).to_le_bytes())
        {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[test]
fn a_box_fills_its_rectangle_from_the_lower_left_corner_and_both_rims() {
    // 456 pixels high; x is half of that, y a quarter.
    let mesh = block([0.0; 3], [50.0, 25.0, 100.0]);
    for (view, wide, high) in [
        (View::Front, 229, 457),
        (View::Back, 229, 457),
        (View::Left, 115, 457),
        (View::Top, 457, 229),
    ] {
        let silhouette = draw(&mesh, view);
        assert_eq!(silhouette.area(), wide * high, "{view:?}");
        assert_eq!(pixels(&silhouette, 484).first(), Some(&28), "{view:?}");
        assert_eq!(pixels(&silhouette, 484).len(), wide as usize, "{view:?}");
        assert!(pixels(&silhouette, 485).is_empty(), "{view:?}");
    }
}

#[test]
fn the_isometric_view_turns_by_58_degrees_about_x_then_42_about_z() {
    // A rod along y goes to (-sin 42 cos 58, sin 58), one along z to (sin 42 sin 58, cos 58).
    let rod = |size| draw(&block([0.0; 3], size), View::Isometric);
    let slope = |silhouette: &Silhouette| {
        let middle = |row: usize| {
            let set = pixels(silhouette, row);
            set.iter().sum::<usize>() as f64 / set.len() as f64
        };
        // Rows run downwards.
        (middle(180) - middle(330)) / 150.0
    };
    let (sin_z, (sin_x, cos_x)) = (42f64.to_radians().sin(), 58f64.to_radians().sin_cos());
    assert!((slope(&rod([0.1, 100.0, 0.1])) - -sin_z * cos_x / sin_x).abs() < 0.01);
    assert!((slope(&rod([0.1, 0.1, 100.0])) - sin_z * sin_x / cos_x).abs() < 0.01);
}

#[test]
fn outlines_are_aligned_left_so_that_the_mirrored_view_differs() {
    // A wall on the left of a plate, and the plate made longer on the right.
    let wall = block([0.0; 3], [10.0, 10.0, 100.0]);
    let shape = |length| together(&[wall.clone(), block([0.0; 3], [length, 10.0, 10.0])]);
    let (one, other) = (shape(50.0), shape(100.0));
    let overlap = |view| draw(&one, view).iou(&draw(&other, view));
    assert!(overlap(View::Front) > overlap(View::Back) + 0.1);
}

#[test]
fn a_shape_is_its_own_mirror_image_where_it_is_symmetric() {
    let mesh = block([0.0; 3], [30.0, 20.0, 40.0]);
    assert_eq!(draw(&mesh, View::Front), draw(&mesh, View::Back));
    assert_eq!(draw(&mesh, View::Left), draw(&mesh, View::Right));
}

#[test]
fn an_edge_on_sheet_leaves_a_line_and_matches_itself() {
    let sheet = TriMesh::new(&[[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], &[[0, 1, 2]]).unwrap();
    let front = draw(&sheet, View::Front);
    assert_eq!(front.area(), 457);
    assert_eq!(front.iou(&front), 1.0);
    assert!(front.iou(&draw(&vase(8, 4), View::Front)) < 0.01);
}

#[test]
fn the_order_of_triangles_does_not_matter() {
    let mesh = vase(30, 12);
    let mut triangles = mesh.triangles().to_vec();
    triangles.reverse();
    let reversed = TriMesh::new(mesh.vertices(), &triangles).unwrap();
    for view in View::ALL {
        assert_eq!(draw(&mesh, view), draw(&reversed, view), "{view:?}");
    }
}
