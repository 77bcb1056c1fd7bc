//! GIF export: the seed beside each step in turn, while both rotate once.
//!
//! Rendered without a window, so it needs EGL. One palette for all frames, and frames that store only changed pixels, keep it
//! small.

use std::sync::Arc;

use super::{Timeline, TimelineStep};
use crate::geometry::Shape;
use crate::render::{Headless, Preset, Projection, Shot, ShotPane, Tone};

const SIZE: [u32; 2] = [720, 360];
/// Minimum number of frames per step; an animation of few steps gets more, so that it completes a turn.
const FRAMES: usize = 8;
/// Minimum number of frames.
const MIN_FRAMES: usize = 48;
/// Display time of a frame in hundredths of a second.
const DELAY: u16 = 10;
/// Number of colours chosen by frequency.
const COMMON: usize = 160;
/// Index of the colour that leaves a pixel unchanged.
const TRANSPARENT: u8 = 255;

/// Animation of a timeline.
///
/// # Errors
/// If no shape was built, or nothing can be rendered without a window.
pub fn animation(timeline: &Timeline, progress: &dyn Fn(f32)) -> Result<Vec<u8>, String> {
    let scenes = scenes(timeline);
    let Some(seed) = scenes.first() else {
        return Err("no step has built yet\nhint: run a step first".to_owned());
    };
    // The seed is displayed at the left all the time and needs no scene.
    let steps = if scenes.len() > 1 {
        &scenes[1..]
    } else {
        &scenes[..]
    };
    let each = FRAMES.max(MIN_FRAMES.div_ceil(steps.len()));
    let count = each * steps.len();
    let mut headless = Headless::new().map_err(|error| error.to_string())?;
    let mut frames = Vec::with_capacity(count);
    for index in 0..count {
        let scene = &steps[index / each];
        let panes = [
            ShotPane {
                title: &seed.title,
                tone: Tone::Seed,
                shape: seed.shape,
                scene: None,
            },
            ShotPane {
                title: &scene.title,
                tone: Tone::Step,
                shape: scene.shape,
                scene: None,
            },
        ];
        // An animation with only the seed shows it once.
        let panes = if scenes.len() == 1 {
            &panes[..1]
        } else {
            &panes[..]
        };
        let shot = Shot {
            panes,
            size: SIZE,
            preset: Preset::Isometric,
            projection: Projection::Perspective,
            turn: Some(360.0 * index as f32 / count as f32),
            dark: true,
        };
        let image = headless.draw(&shot).map_err(|error| error.to_string())?;
        frames.push(image.into_raw());
        progress(0.9 * (index + 1) as f32 / count as f32);
    }
    let file = encode(&frames)?;
    progress(1.0);
    Ok(file)
}

/// The seed beside the step on screen, as a PNG.
///
/// # Errors
/// As [`animation`].
pub(super) fn picture(timeline: &Timeline) -> Result<Vec<u8>, String> {
    let chosen = [0, timeline.selected];
    let shown = if timeline.selected == 0 {
        &chosen[..1]
    } else {
        &chosen[..]
    };
    let panes: Vec<_> = shown
        .iter()
        .filter_map(|index| {
            let step = timeline.steps.get(*index)?;
            Some(ShotPane {
                title: &step.title,
                tone: if *index == 0 { Tone::Seed } else { Tone::Step },
                shape: step.shape.as_ref()?,
                scene: None,
            })
        })
        .collect();
    if panes.is_empty() {
        return Err("no step has built yet\nhint: run a step first".to_owned());
    }
    let mut headless = Headless::new().map_err(|error| error.to_string())?;
    let shot = Shot {
        panes: &panes,
        size: [1600, 900],
        preset: Preset::Isometric,
        projection: Projection::Perspective,
        turn: None,
        dark: true,
    };
    let image = headless.draw(&shot).map_err(|error| error.to_string())?;
    let mut file = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut file, image::ImageFormat::Png)
        .map_err(|error| format!("the picture could not be written: {error}"))?;
    Ok(file.into_inner())
}

struct Scene<'a> {
    title: String,
    shape: &'a Arc<Shape>,
}

/// Scenes: every step that built, named with its total; the seed has none where there are steps.
fn scenes(timeline: &Timeline) -> Vec<Scene<'_>> {
    let built = |step: &&TimelineStep| step.failure.is_none() && step.shape.is_some();
    let scene = |step: &'_ TimelineStep| {
        let total = step.total.map_or(String::new(), |total| format!(" · {total:.3}"));
        format!("{}{total}", step.title)
    };
    timeline
        .steps
        .iter()
        .filter(built)
        .filter_map(|step| {
            Some(Scene {
                title: scene(step),
                shape: step.shape.as_ref()?,
            })
        })
        .collect()
}

/// Encodes frames of RGBA pixels, [`SIZE`] each.
fn encode(frames: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let palette = Colours::of(frames);
    let fail = |error: gif::EncodingError| format!("the picture could not be written: {error}");
    let mut file = Vec::new();
    let [width, height] = SIZE.map(|side| side as u16);
    let mut encoder = gif::Encoder::new(&mut file, width, height, &palette.bytes()).map_err(fail)?;
    encoder.set_repeat(gif::Repeat::Infinite).map_err(fail)?;
    let mut before: Option<Vec<u8>> = None;
    for pixels in frames {
        let indices: Vec<u8> = pixels.chunks_exact(4).map(|pixel| palette.index(pixel)).collect();
        let shown = match &before {
            Some(before) => {
                let pairs = indices.iter().zip(before);
                pairs
                    .map(|(new, old)| if new == old { TRANSPARENT } else { *new })
                    .collect()
            }
            None => indices.clone(),
        };
        let frame = gif::Frame {
            width,
            height,
            delay: DELAY,
            dispose: gif::DisposalMethod::Keep,
            transparent: Some(TRANSPARENT),
            buffer: shown.into(),
            ..gif::Frame::default()
        };
        encoder.write_frame(&frame).map_err(fail)?;
        before = Some(indices);
    }
    drop(encoder);
    Ok(file)
}

/// Palette of an animation: 255 colours for all pixels, with 5 bits per channel.
struct Colours {
    chosen: Vec<[u8; 3]>,
    /// Index of the nearest colour for each of 32,768.
    nearest: Vec<u8>,
}

impl Colours {
    fn of(frames: &[Vec<u8>]) -> Self {
        let mut cells = vec![(0_u64, [0_u64; 3]); 1 << 15];
        for pixel in frames.iter().flat_map(|pixels| pixels.chunks_exact(4)) {
            let (count, sum) = &mut cells[cell(pixel)];
            *count += 1;
            for (channel, total) in sum.iter_mut().enumerate() {
                *total += u64::from(pixel[channel]);
            }
        }
        let mut order: Vec<usize> = (0..cells.len()).filter(|at| cells[*at].0 > 0).collect();
        order.sort_by_key(|at| (std::cmp::Reverse(cells[*at].0), *at));
        let mean = |at: usize| {
            let (count, sum) = cells[at];
            sum.map(|total| (total / count.max(1)) as u8)
        };
        let means: Vec<[u8; 3]> = order.iter().map(|at| mean(*at)).collect();
        // First the most frequent colours, then repeatedly the one farthest from all chosen.
        let common = order.len().min(COMMON);
        let mut places: Vec<usize> = (0..common).collect();
        let mut off: Vec<u32> = means
            .iter()
            .map(|color| {
                means[..common]
                    .iter()
                    .map(|other| squared_distance(*color, *other))
                    .min()
                    .unwrap_or(0)
            })
            .collect();
        while places.len() < usize::from(TRANSPARENT) {
            let worth = |place: usize| f64::from(off[place]) * (cells[order[place]].0 as f64).sqrt();
            let Some(next) = (0..off.len()).max_by(|a, b| worth(*a).total_cmp(&worth(*b))) else {
                break;
            };
            if off[next] == 0 {
                break;
            }
            places.push(next);
            for (known, color) in off.iter_mut().zip(&means) {
                *known = (*known).min(squared_distance(*color, means[next]));
            }
        }
        let chosen: Vec<[u8; 3]> = places.iter().map(|place| means[*place]).collect();
        let mut nearest = vec![0; cells.len()];
        for (at, color) in order.iter().zip(&means) {
            let best = (0..chosen.len()).min_by_key(|index| squared_distance(*color, chosen[*index]));
            nearest[*at] = best.map_or(0, |index| index as u8);
        }
        Self { chosen, nearest }
    }

    fn index(&self, pixel: &[u8]) -> u8 {
        self.nearest[cell(pixel)]
    }

    fn bytes(&self) -> Vec<u8> {
        // The length that the index of the transparent colour requires.
        let mut bytes: Vec<u8> = self.chosen.iter().flatten().copied().collect();
        bytes.resize(3 * 256, 0);
        bytes
    }
}

fn cell(pixel: &[u8]) -> usize {
    let [r, g, b] = [0, 1, 2].map(|channel| usize::from(pixel[channel] >> 3));
    r << 10 | g << 5 | b
}

/// Squared distance of two colours.
fn squared_distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    (0..3)
        .map(|channel| u32::from(a[channel].abs_diff(b[channel])).pow(2))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_animation_keeps_its_colours_and_encodes_only_changes() {
        let area = (SIZE[0] * SIZE[1]) as usize;
        let flat = |color: [u8; 3]| -> Vec<u8> { [color[0], color[1], color[2], 255].repeat(area) };
        let first = flat([23, 26, 31]);
        let mut second = first.clone();
        second[400..404].copy_from_slice(&[97, 168, 158, 255]);
        let file = encode(&[first.clone(), second]).unwrap();
        assert!(file.len() < 20_000, "{} bytes", file.len());
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(file.as_slice()).unwrap();
        let one = decoder.read_next_frame().unwrap().unwrap().buffer.to_vec();
        assert_eq!(&one[..4], &[23, 26, 31, 255]);
        let two = decoder.read_next_frame().unwrap().unwrap().buffer.to_vec();
        let changed: Vec<_> = two.chunks_exact(4).filter(|pixel| pixel[3] != 0).collect();
        assert_eq!(changed, [&[97, 168, 158, 255]]);
        assert!(decoder.read_next_frame().unwrap().is_none());
    }

    #[test]
    fn excess_colours_map_to_near_palette_entries() {
        let area = (SIZE[0] * SIZE[1]) as usize;
        let many: Vec<u8> = (0..area)
            .flat_map(|at| [(at % 256) as u8, (at / 256 % 256) as u8, 90, 255])
            .collect();
        let colours = Colours::of(&[many]);
        assert_eq!(colours.chosen.len(), 255);
        let index = usize::from(colours.index(&[200, 40, 90, 255]));
        let [r, g, b] = colours.chosen[index];
        assert!(
            r.abs_diff(200) < 40 && g.abs_diff(40) < 40 && b.abs_diff(90) < 9,
            "{r} {g} {b}"
        );
    }
}
