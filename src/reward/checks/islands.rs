//! Separate pieces of a slice, or holes in it: legs, teeth, slots, openings.

use super::{Measure, counted, letter, mm, percent};
use crate::reward::specimen::{Frame, Specimen};
use crate::task::checks::Ask;

/// Slices that are tried where any place of a range will do.
const SLICES: u32 = 21;

/// Measures [`Ask::Islands`].
pub(super) fn measure(ask: &Ask, specimen: &Specimen, frame: &Frame) -> Measure {
    let Ask::Islands {
        axis,
        between,
        shares,
        count,
        voids,
        share,
    } = *ask
    else {
        unreachable!("only islands come here")
    };
    let least = share * frame.side(axis);
    let places: Vec<f64> = if between[0] == between[1] {
        vec![between[0]]
    } else {
        (0..SLICES)
            .map(|step| between[0] + (between[1] - between[0]) * f64::from(step) / f64::from(SLICES - 1))
            .collect()
    };
    let counted_at = |place: &f64| {
        let at = if shares { frame.place(axis, *place) } else { *place };
        let slice = specimen.volume.slice(axis, at);
        let found = if voids {
            slice.voids(least)
        } else {
            slice.islands(least)
        };
        (counted(found.len(), count as usize), found.len(), at)
    };
    let best = places
        .iter()
        .map(counted_at)
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let (score, found, at) = best.expect("at least one slice");
    let noun = match (voids, count) {
        (false, 1) => "piece",
        (false, _) => "pieces",
        (true, 1) => "opening",
        (true, _) => "openings",
    };
    let place = if places.len() == 1 {
        format!("at {} = {}", letter(axis), mm(at))
    } else if shares {
        format!(
            "somewhere from {} to {} of the {} extent",
            percent(between[0]),
            percent(between[1]),
            letter(axis)
        )
    } else {
        format!(
            "somewhere from {} = {} to {}",
            letter(axis),
            mm(between[0]),
            mm(between[1])
        )
    };
    let mut center = frame.bbox.center();
    center[axis] = at;
    Measure {
        score,
        measured: format!("{found}"),
        asked: format!("{count} {noun} in the slice across {} {place}", letter(axis)),
        place: Some(center),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_blocks;
    use crate::task::checks::Ask;

    #[test]
    fn a_table_of_four_legs_passes_and_one_of_three_does_not() {
        let top = ([0.0, 0.0, 90.0], [100.0, 100.0, 10.0]);
        let leg = |x: f64, y: f64| ([x, y, 0.0], [10.0, 10.0, 90.0]);
        let ask = |count| Ask::Islands {
            axis: 2,
            between: [0.2, 0.6],
            shares: true,
            count,
            voids: false,
            share: 0.001,
        };
        let four = [
            top,
            leg(0.0, 0.0),
            leg(90.0, 0.0),
            leg(0.0, 90.0),
            leg(90.0, 90.0),
        ];
        assert_eq!(check_blocks(ask(4), &four).score, 1.0);
        assert!(check_blocks(ask(4), &four[..4]).score < 0.5);
        assert_eq!(check_blocks(ask(4), &four[..4]).measured, "3");
    }

    #[test]
    fn a_frame_has_one_opening_and_a_plate_none() {
        let side = |x: f64, y: f64, w: f64, h: f64| ([x, y, 0.0], [w, h, 5.0]);
        let ask = Ask::Islands {
            axis: 2,
            between: [2.5, 2.5],
            shares: false,
            count: 1,
            voids: true,
            share: 0.01,
        };
        let frame = [
            side(0.0, 0.0, 50.0, 10.0),
            side(0.0, 40.0, 50.0, 10.0),
            side(0.0, 10.0, 10.0, 30.0),
            side(40.0, 10.0, 10.0, 30.0),
        ];
        assert_eq!(check_blocks(ask.clone(), &frame).score, 1.0);
        assert_eq!(check_blocks(ask, &[side(0.0, 0.0, 50.0, 50.0)]).score, 0.0);
    }
}
