//! Distances between boxes and their nearest neighbours.

use super::Aabb;

/// For each box the distance to the nearest other one: the Euclidean norm of the separations along the axes, 0 for
/// boxes that overlap or touch. Empty for fewer than two boxes.
///
/// A tree over the boxes avoids quadratic time for thousands of loose triangles.
pub fn nearest_gaps(boxes: &[Aabb]) -> Vec<f64> {
    if boxes.len() < 2 {
        return Vec::new();
    }
    let tree = BoxTree::new(boxes);
    let mut gaps = vec![0.0; boxes.len()];
    // Queries in the tree's order find the data of the previous query in the processor's cache.
    for (position, entry) in tree.entries.iter().enumerate() {
        gaps[entry.index as usize] = tree.nearest_squared(position).sqrt();
    }
    gaps
}

const LEAF: usize = 8;

struct BoxTree {
    /// Sorted so that every node is a range and its children are the halves of it.
    entries: Vec<Entry>,
    /// The hull of each node; the children of node n are 2n + 1 and 2n + 2.
    hulls: Vec<Aabb>,
}

#[derive(Clone, Copy)]
struct Entry {
    aabb: Aabb,
    index: u32,
}

impl BoxTree {
    fn new(boxes: &[Aabb]) -> Self {
        let entries = boxes.iter().enumerate().map(|(index, &aabb)| Entry {
            aabb,
            index: index as u32,
        });
        let mut tree = Self {
            entries: entries.collect(),
            hulls: Vec::new(),
        };
        tree.build(0, 0, boxes.len());
        tree
    }

    fn build(&mut self, node: usize, start: usize, end: usize) {
        let mut hull = Aabb::EMPTY;
        let mut middles = Aabb::EMPTY;
        for Entry { aabb, .. } in &self.entries[start..end] {
            hull.include(aabb.min);
            hull.include(aabb.max);
            middles.include(aabb.center());
        }
        if self.hulls.len() <= node {
            self.hulls.resize(node + 1, Aabb::EMPTY);
        }
        self.hulls[node] = hull;
        if end - start > LEAF {
            let size = middles.size();
            let axis = (0..3)
                .max_by(|&a, &b| size[a].total_cmp(&size[b]))
                .expect("three axes");
            let middle = (end - start) / 2;
            let key = |entry: &Entry| entry.aabb.center()[axis];
            self.entries[start..end].select_nth_unstable_by(middle, |a, b| key(a).total_cmp(&key(b)));
            self.build(2 * node + 1, start, start + middle);
            self.build(2 * node + 2, start + middle, end);
        }
    }

    fn nearest_squared(&self, position: usize) -> f64 {
        let mut best = f64::INFINITY;
        self.search(0, 0, self.entries.len(), position, &mut best);
        best
    }

    fn search(&self, node: usize, start: usize, end: usize, position: usize, best: &mut f64) {
        let own = &self.entries[position].aabb;
        if end - start <= LEAF {
            for (offset, other) in self.entries[start..end].iter().enumerate() {
                if start + offset != position {
                    *best = best.min(separation_squared(own, &other.aabb));
                }
            }
            return;
        }
        let middle = start + (end - start) / 2;
        let below = (2 * node + 1, start, middle);
        let above = (2 * node + 2, middle, end);
        let [to_below, to_above] = [below, above].map(|child| separation_squared(own, &self.hulls[child.0]));
        // If both halves are near, the own half is first: it holds the neighbours.
        let order = if to_above < to_below || (to_above == to_below && position >= middle) {
            [(to_above, above), (to_below, below)]
        } else {
            [(to_below, below), (to_above, above)]
        };
        for (distance, (child, start, end)) in order {
            // A touching box, at distance 0, ends the search.
            if distance < *best {
                self.search(child, start, end, position, best);
            }
        }
    }
}

fn separation_squared(one: &Aabb, other: &Aabb) -> f64 {
    (0..3)
        .map(|axis| {
            (other.min[axis] - one.max[axis])
                .max(one.min[axis] - other.max[axis])
                .max(0.0)
        })
        .map(|gap| gap * gap)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube(x: f64, y: f64, z: f64) -> Aabb {
        Aabb {
            min: [x, y, z],
            max: [x + 1.0, y + 1.0, z + 1.0],
        }
    }

    #[test]
    fn touching_boxes_have_no_gap_and_distant_ones_the_euclidean_one() {
        assert_eq!(nearest_gaps(&[cube(0., 0., 0.), cube(1., 0., 0.)]), [0.0, 0.0]);
        assert_eq!(nearest_gaps(&[cube(0., 0., 0.), cube(4., 5., 0.)]), [5.0, 5.0]);
        assert!(nearest_gaps(&[cube(0., 0., 0.)]).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn the_tree_agrees_with_an_exhaustive_search(
            corners in proptest::collection::vec((0..40, 0..40, 0..40), 2..80)
        ) {
            let boxes: Vec<_> =
                corners.iter().map(|&(x, y, z)| cube(f64::from(x), f64::from(y), f64::from(z))).collect();
            let brute: Vec<f64> = (0..boxes.len())
                .map(|i| {
                    let others = (0..boxes.len()).filter(|&j| j != i);
                    others.map(|j| separation_squared(&boxes[i], &boxes[j])).fold(f64::INFINITY, f64::min).sqrt()
                })
                .collect();
            proptest::prop_assert_eq!(nearest_gaps(&boxes), brute);
        }
    }
}
