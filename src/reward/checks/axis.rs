//! Axes and the coordinates across them.

/// The point at a position along an axis, given its two coordinates across it.
pub(super) fn point(axis: usize, at: [f64; 2], along: f64) -> [f64; 3] {
    let mut point = [0.0; 3];
    let [first, second] = across(axis);
    point[axis] = along;
    point[first] = at[0];
    point[second] = at[1];
    point
}

/// The two other axes, in the order x, y, z.
pub(super) fn across(axis: usize) -> [usize; 2] {
    match axis {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    }
}

pub(super) fn letter(axis: usize) -> char {
    ['x', 'y', 'z'][axis]
}
