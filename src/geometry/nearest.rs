//! Distances to the nearest of many points.

/// Points per leaf: below this, looking at all is faster than descending.
const LEAF: usize = 8;

/// A k-d tree over a fixed set of points.
///
/// Built from the points alone (no randomness), so that equal points give equal distances to the last bit.
#[derive(Clone, Debug)]
pub struct NearestPoints {
    /// Arranged so that every node is a range and its children are the halves of it.
    points: Vec<[f64; 3]>,
    /// What divides each inner node; the children of node n are 2n + 1 and 2n + 2.
    planes: Vec<Plane>,
}

/// No point of the first child lies above it, none of the second below.
#[derive(Clone, Copy, Debug, Default)]
struct Plane {
    axis: usize,
    at: f64,
}

impl NearestPoints {
    /// Arranges the points.
    pub fn new(points: Vec<[f64; 3]>) -> Self {
        let mut tree = Self {
            points,
            planes: Vec::new(),
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
        if end - start <= LEAF {
            return;
        }
        let size = super::Aabb::around(&self.points[start..end]).size();
        let axis = (0..3)
            .max_by(|&a, &b| size[a].total_cmp(&size[b]))
            .expect("three axes");
        let middle = (end - start) / 2;
        self.points[start..end].select_nth_unstable_by(middle, |a, b| a[axis].total_cmp(&b[axis]));
        if self.planes.len() <= node {
            self.planes.resize(node + 1, Plane::default());
        }
        self.planes[node] = Plane {
            axis,
            at: self.points[start + middle][axis],
        };
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
        let Plane { axis, at } = self.planes[node];
        let middle = start + (end - start) / 2;
        let offset = point[axis] - at;
        let below = (2 * node + 1, start, middle);
        let above = (2 * node + 2, middle, end);
        let [near, far] = if offset < 0.0 {
            [below, above]
        } else {
            [above, below]
        };
        self.search(near.0, near.1, near.2, point, best);
        if offset * offset < *best {
            self.search(far.0, far.1, far.2, point, best);
        }
    }
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
        fn the_tree_finds_what_looking_at_every_point_finds(
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
