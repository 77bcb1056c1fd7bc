//! View cube: displays the viewing direction, and turns the view on a click.

use egui::{Align2, Color32, FontId, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};
use three_d::{InnerSpace, Vec3, vec3};

use super::modes::ViewCommand;
use crate::render::{Camera, Palette, Preset};

/// Side length on the screen including margins, points.
pub const SIZE: f32 = 74.0;
/// Half of the cube's edge, points.
const HALF: f32 = 20.0;

const SIDES: [(Preset, [f32; 3], [f32; 3]); 6] = [
    (Preset::Front, [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]),
    (Preset::Back, [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]),
    (Preset::Left, [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]),
    (Preset::Right, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    (Preset::Top, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]),
    (Preset::Bottom, [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]),
];

/// Draws the cube centred at `middle`; returns the view to turn to if it was clicked.
pub fn show(ui: &Ui, camera: &Camera, palette: &Palette, middle: Pos2) -> Option<ViewCommand> {
    let place = Rect::from_center_size(middle, vec2(SIZE, SIZE));
    let response = ui.interact(place, ui.scope_id().with("view cube"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "View cube"));
    let (right, up, back) = (camera.right(), camera.up(), camera.towards_eye());
    let flat = |v: Vec3| middle + vec2(v.dot(right), -v.dot(up)) * HALF;
    let pointer = response.hover_pos();
    let mut wanted = None;
    for (preset, normal, across) in SIDES {
        let (normal, across) = (vec(normal), vec(across));
        let turned = normal.dot(back);
        // Seen from behind or nearly edge-on.
        if turned < 0.04 {
            continue;
        }
        let over = normal.cross(across);
        let corners: Vec<Pos2> = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
            .into_iter()
            .map(|(x, y)| flat(normal + across * x + over * y))
            .collect();
        let over_it = pointer.is_some_and(|at| within(&corners, at));
        if over_it {
            wanted = Some(preset);
        }
        let fill = palette.raised.lerp_to_gamma(palette.text, 0.04 + 0.10 * turned);
        let fill = if over_it {
            fill.lerp_to_gamma(palette.accent, 0.45)
        } else {
            fill
        };
        let edge = palette.line.lerp_to_gamma(palette.text, 0.22);
        let middle_of_side = flat(normal);
        ui.painter()
            .add(Shape::convex_polygon(corners, fill, Stroke::new(1.0, edge)));
        if turned > 0.42 {
            let color: Color32 = if over_it { palette.text } else { palette.dim };
            let font = FontId::proportional(9.0);
            ui.painter()
                .text(middle_of_side, Align2::CENTER_CENTER, preset.name(), font, color);
        }
    }
    let clicked = response.clicked();
    let response = match wanted {
        Some(preset) => response.on_hover_text(format!("view from the {}", preset.name().to_lowercase())),
        None => response.on_hover_text("isometric view"),
    };
    if clicked {
        // A click beside the faces selects the isometric view.
        return Some(ViewCommand::Orient(wanted.unwrap_or(Preset::Isometric)));
    }
    // The keyboard cycles through the standard views.
    if response.has_focus() && ui.input(|input| input.key_pressed(egui::Key::Space)) {
        let here = camera
            .preset()
            .and_then(|preset| Preset::ALL.iter().position(|other| *other == preset));
        let next = here.map_or(0, |here| (here + 1) % Preset::ALL.len());
        return Some(ViewCommand::Orient(Preset::ALL[next]));
    }
    None
}

fn vec([x, y, z]: [f32; 3]) -> Vec3 {
    vec3(x, y, z)
}

/// Whether a convex polygon contains a point.
fn within(corners: &[Pos2], at: Pos2) -> bool {
    let mut signs = (0..corners.len()).map(|i| {
        let (a, b) = (corners[i], corners[(i + 1) % corners.len()]);
        (b.x - a.x) * (at.y - a.y) - (b.y - a.y) * (at.x - a.x) > 0.0
    });
    let first = signs.next();
    signs.all(|sign| Some(sign) == first)
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn a_polygon_contains_its_centre_in_both_orientations() {
        let mut square = vec![pos2(0.0, 0.0), pos2(4.0, 0.0), pos2(4.0, 4.0), pos2(0.0, 4.0)];
        for _ in 0..2 {
            assert!(within(&square, pos2(2.0, 1.0)));
            assert!(!within(&square, pos2(5.0, 1.0)));
            square.reverse();
        }
    }
}
