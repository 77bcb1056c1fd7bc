//! Section of a shape by a plane, as rows of spans: its pieces, and the holes in them.

/// Rows of spans of material, one pitch apart.
#[derive(Clone, Debug)]
pub struct Slice {
    rows: Vec<Vec<[f64; 2]>>,
    pitch: f64,
}

/// A connected piece of a slice, or a hole in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Area in mm².
    pub area: f64,
    /// Extent along the spans, in mm.
    pub along: [f64; 2],
    /// Extent across them, in row indices.
    pub across: [usize; 2],
}

impl Slice {
    /// Builds a slice from rows with their positions, which must be evenly spaced.
    pub fn new(rows: Vec<(f64, Vec<[f64; 2]>)>) -> Self {
        let pitch = match rows.as_slice() {
            [(first, _), (second, _), ..] => second - first,
            _ => 0.0,
        };
        Self {
            rows: rows.into_iter().map(|(_, spans)| spans).collect(),
            pitch,
        }
    }

    /// Area of material, mm².
    pub fn area(&self) -> f64 {
        self.pitch
            * self
                .rows
                .iter()
                .flatten()
                .map(|[from, to]| to - from)
                .sum::<f64>()
    }

    /// Connected pieces with an area of at least `least` mm².
    pub fn islands(&self, least: f64) -> Vec<Piece> {
        pieces(&self.rows, self.pitch, least)
    }

    /// Holes with an area of at least `least` mm²: empty areas enclosed by material.
    pub fn voids(&self, least: f64) -> Vec<Piece> {
        let ends = |pick: fn([f64; 2]) -> f64| self.rows.iter().flatten().map(move |span| pick(*span));
        let low = ends(|span| span[0]).fold(f64::INFINITY, f64::min) - 1.0;
        let high = ends(|span| span[1]).fold(f64::NEG_INFINITY, f64::max) + 1.0;
        if low > high {
            return Vec::new();
        }
        let complement = |spans: &Vec<[f64; 2]>| {
            let mut from = low;
            let mut gaps = Vec::with_capacity(spans.len() + 1);
            for [start, end] in spans {
                gaps.push([from, *start]);
                from = *end;
            }
            gaps.push([from, high]);
            gaps
        };
        let mut rows = vec![vec![[low, high]]];
        rows.extend(self.rows.iter().map(complement));
        rows.push(vec![[low, high]]);
        let mut found = pieces(&rows, self.pitch, least);
        found.retain(|piece| piece.along[0] > low && piece.along[1] < high);
        found
    }
}

/// Joins overlapping spans of neighbouring rows.
fn pieces(rows: &[Vec<[f64; 2]>], pitch: f64, least: f64) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut parent: Vec<usize> = Vec::new();
    let mut above: Vec<([f64; 2], usize)> = Vec::new();
    for (row, spans) in rows.iter().enumerate() {
        let mut current = Vec::with_capacity(spans.len());
        for span in spans {
            let own = found.len();
            found.push(Piece {
                area: pitch * (span[1] - span[0]),
                along: *span,
                across: [row, row],
            });
            parent.push(own);
            for (other, index) in &above {
                if other[0] < span[1] && span[0] < other[1] {
                    let (one, other) = (root(&mut parent, own), root(&mut parent, *index));
                    parent[one.max(other)] = one.min(other);
                }
            }
            current.push((*span, own));
        }
        above = current;
    }
    for index in (0..found.len()).rev() {
        let top = root(&mut parent, index);
        if top != index {
            let part = found[index];
            let whole = &mut found[top];
            whole.area += part.area;
            whole.along = [
                whole.along[0].min(part.along[0]),
                whole.along[1].max(part.along[1]),
            ];
            whole.across = [
                whole.across[0].min(part.across[0]),
                whole.across[1].max(part.across[1]),
            ];
        }
    }
    let is_root = |index: &usize| parent[*index] == *index && found[*index].area >= least;
    (0..found.len())
        .filter(is_root)
        .map(|index| found[index])
        .collect()
}

fn root(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(rows: &[&[[f64; 2]]]) -> Slice {
        Slice::new(
            rows.iter()
                .enumerate()
                .map(|(at, spans)| (at as f64, spans.to_vec()))
                .collect(),
        )
    }

    #[test]
    fn a_ring_is_one_piece_with_one_hole_and_a_cut_ring_has_none() {
        let ring = slice(&[&[[0.0, 9.0]], &[[0.0, 3.0], [6.0, 9.0]], &[[0.0, 9.0]]]);
        assert_eq!((ring.islands(0.0).len(), ring.voids(0.0).len()), (1, 1));
        assert_eq!(ring.voids(0.0)[0].area, 3.0);
        assert_eq!((ring.area(), ring.islands(0.0)[0].area), (24.0, 24.0));
        let open = slice(&[
            &[[0.0, 9.0]],
            &[[0.0, 3.0], [6.0, 9.0]],
            &[[0.0, 3.0], [6.0, 9.0]],
        ]);
        assert_eq!((open.islands(0.0).len(), open.voids(0.0).len()), (1, 0));
    }

    #[test]
    fn pieces_that_meet_later_are_one_and_specks_do_not_count() {
        let fork = slice(&[
            &[[0.0, 1.0], [5.0, 6.0]],
            &[[0.0, 1.0], [5.0, 6.0]],
            &[[0.0, 6.0]],
        ]);
        assert_eq!(fork.islands(0.0).len(), 1);
        assert_eq!(fork.islands(0.0)[0].across, [0, 2]);
        let apart = slice(&[&[[0.0, 1.0], [5.0, 6.0]], &[[0.0, 1.0], [5.0, 5.1]]]);
        assert_eq!((apart.islands(0.0).len(), apart.islands(1.5).len()), (2, 1));
        assert!(slice(&[]).voids(0.0).is_empty());
    }
}
