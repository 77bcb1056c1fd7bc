//! Distances to the nearest of many points.

use super::Aabb;

/// Points per leaf: for fewer points a linear search is faster than descending.
const LEAF: usize = 8;

/// A tree of boxes over a fixed set of points.
///
/// Built from the points alone, without randomness, so that equal points give equal bits. Boxes in place of dividing
/// planes: queries from far away, as between different shapes, cost a fifth.
#[derive(Clone, Debug)]
pub struct NearestPoints {
    /// Sorted so that every node is a range and its children are the halves of it.
    points: Vec<[f64; 3]>,
    /// The box of each node; the children of node n are 2n + 1 and 2n + 2.
    boxes: Vec<Aabb>,
}

impl NearestPoints {
    /// Builds the tree.
    pub fn new(points: Vec<[f64; 3]>) -> Self {
        let mut tree = Self {
            points,
            boxes: Vec::new(),
        };
        let end = tree.points.len();
        tree.build(0, 0, end);
        tree
    }

    /// Euclidean distance to the nearest point; infinite if there is none.
    pub fn distance(&self, point: [f64; 3]) -> f64 {
        let mut best = f64::INFINITY;
        self.search(0, 0, self.points.len(), point, &mut best);
        best.sqrt()
    }

    /// Mean of [`Self::distance`] over some points, summed in their order.
    pub fn mean_distance(&self, points: &[[f64; 3]]) -> f64 {
        points.iter().map(|&point| self.distance(point)).sum::<f64>() / points.len() as f64
    }

    fn build(&mut self, node: usize, start: usize, end: usize) {
        let aabb = Aabb::around(&self.points[start..end]);
        if self.boxes.len() <= node {
            self.boxes.resize(node + 1, Aabb::EMPTY);
        }
        self.boxes[node] = aabb;
        if end - start <= LEAF {
            return;
        }
        let size = aabb.size();
        let axis = (0..3)
            .max_by(|&a, &b| size[a].total_cmp(&size[b]))
            .expect("three axes");
        let middle = (end - start) / 2;
        self.points[start..end].select_nth_unstable_by(middle, |a, b| a[axis].total_cmp(&b[axis]));
        self.build(2 * node + 1, start, start + middle);
        self.build(2 * node + 2, start + middle, end);
    }

    fn search(&self, node: usize, start: usize, end: usize, point: [f64; 3], best: &mut f64) {
        if end - start <= LEAF {
            for other in &self.points[start..end] {
                *best = best.min(squared_distance(*other, point));
            }
            return;
        }
        let middle = start + (end - start) / 2;
        let below = (2 * node + 1, start, middle);
        let above = (2 * node + 2, middle, end);
        let [to_below, to_above] =
            [below, above].map(|child| squared_distance_to_box(point, &self.boxes[child.0]));
        let order = if to_above < to_below {
            [(to_above, above), (to_below, below)]
        } else {
            [(to_below, below), (to_above, above)]
        };
        for (distance, (child, start, end)) in order {
            if distance < *best {
                self.search(child, start, end, point, best);
            }
        }
    }
}

fn squared_distance_to_box(point: [f64; 3], aabb: &Aabb) -> f64 {
    let [x, y, z]: [f64; 3] = std::array::from_fn(|axis| {
        (aabb.min[axis] - point[axis])
            .max(point[axis] - aabb.max[axis])
            .max(0.0)
    });
    x * x + y * y + z * z
}

fn squared_distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let [x, y, z]: [f64; 3] = std::array::from_fn(|axis| a[axis] - b[axis]);
    x * x + y * y + z * z
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_points_are_infinitely_far() {
        assert_eq!(NearestPoints::new(Vec::new()).distance([0.0; 3]), f64::INFINITY);
    }

    proptest! {
        #[test]
        fn the_tree_agrees_with_an_exhaustive_search(
            // Coarse coordinates make many ties and duplicates.
            points in proptest::collection::vec([-9i32..9, -9..9, -9..9], 1..200),
            query in [-12i32..12, -12..12, -12..12],
        ) {
            let points: Vec<[f64; 3]> = points.iter().map(|p| p.map(f64::from)).collect();
            let query = query.map(f64::from);
            let brute = points.iter().map(|&p| squared_distance(p, query)).fold(f64::INFINITY, f64::min).sqrt();
            prop_assert_eq!(NearestPoints::new(points).distance(query), brute);
        }
    }
}
