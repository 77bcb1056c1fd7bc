//! A coarser mesh for drawing while the view moves, if the full mesh takes too long.

use std::collections::HashMap;

use super::TriMesh;

/// Joins the vertices of each cell of a grid, `cells` along the longest side of the box, and drops collapsed triangles.
///
/// Returns the mesh, and for each of its triangles the index of the original one. None if no triangle is left, or the
/// mesh is not smaller.
pub fn clustered(mesh: &TriMesh, cells: u32) -> Option<(TriMesh, Vec<u32>)> {
    let bounds = mesh.bbox();
    let longest = bounds.size().into_iter().fold(0.0, f64::max);
    let cell = longest / f64::from(cells.max(1));
    if cell <= 0.0 {
        return None;
    }
    let mut known: HashMap<[i64; 3], u32> = HashMap::new();
    let mut sums: Vec<([f64; 3], f64)> = Vec::new();
    let joined: Vec<u32> = mesh
        .vertices()
        .iter()
        .map(|vertex| {
            let place = std::array::from_fn(|i| ((vertex[i] - bounds.min[i]) / cell).floor() as i64);
            let index = *known.entry(place).or_insert_with(|| {
                sums.push(([0.0; 3], 0.0));
                sums.len() as u32 - 1
            });
            let (sum, count) = &mut sums[index as usize];
            for axis in 0..3 {
                sum[axis] += vertex[axis];
            }
            *count += 1.0;
            index
        })
        .collect();
    let vertices: Vec<[f64; 3]> = sums.iter().map(|(sum, count)| sum.map(|x| x / count)).collect();
    let (mut triangles, mut from) = (Vec::new(), Vec::new());
    for (index, triangle) in mesh.triangles().iter().enumerate() {
        let [a, b, c] = triangle.map(|vertex| joined[vertex as usize]);
        if a != b && b != c && c != a {
            triangles.push([a, b, c]);
            from.push(index as u32);
        }
    }
    if triangles.len() == mesh.triangles().len() {
        return None;
    }
    // Equal means would only merge further vertices; triangles keep their order and number.
    let mesh = TriMesh::new(&vertices, &triangles).ok()?;
    Some((mesh, from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes;

    #[test]
    fn a_fine_mesh_becomes_coarse_in_place() {
        let fine = shapes::vase(300, 200);
        let (coarse, from) = clustered(&fine, 40).unwrap();
        assert_eq!(from.len(), coarse.triangles().len());
        assert!(
            coarse.triangles().len() * 4 < fine.triangles().len(),
            "{}",
            from.len()
        );
        let (a, b) = (fine.bbox(), coarse.bbox());
        let cell = a.size().into_iter().fold(0.0, f64::max) / 40.0;
        for axis in 0..3 {
            assert!((a.min[axis] - b.min[axis]).abs() <= cell && (a.max[axis] - b.max[axis]).abs() <= cell);
        }
        assert!(from.is_sorted());
    }

    #[test]
    fn a_coarse_mesh_is_not_simplified() {
        assert!(clustered(&shapes::block([0.0; 3], [1.0, 1.0, 1.0]), 40).is_none());
    }
}
