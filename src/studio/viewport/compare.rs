//! Controls of a comparison: the handle of a wipe, the legend of distances.

use egui::{
    Align2, Color32, FontId, Mesh, Painter, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use crate::render::Palette;
use crate::render::heat::Heat;
use crate::render::overlay::MARGIN;

/// Share of the width by which an arrow key moves the handle.
const STEP: f32 = 0.05;

/// Draws the handle of a wipe over `place` and moves it by mouse or arrow keys. `share` is the part of the width to its left.
pub fn wipe(ui: &Ui, palette: &Palette, place: Rect, share: &mut f32) {
    let x = place.left() + place.width() * *share;
    let grip = Rect::from_center_size(pos2(x, place.center().y), vec2(18.0, place.height()));
    let response = ui.interact(grip, ui.scope_id().with("wipe"), Sense::click_and_drag());
    let percent = f64::from((*share * 100.0).round());
    response.widget_info(|| WidgetInfo {
        label: Some("Wipe".to_owned()),
        value: Some(percent),
        ..WidgetInfo::new(Role::Slider)
    });
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.dragged()) {
        *share = ((at.x - place.left()) / place.width().max(1.0)).clamp(0.0, 1.0);
        ui.ctx().request_repaint();
    }
    if response.has_focus() {
        let arrows = egui::EventFilter {
            horizontal_arrows: true,
            ..Default::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        for (key, by) in [(egui::Key::ArrowLeft, -STEP), (egui::Key::ArrowRight, STEP)] {
            if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key)) {
                *share = (*share + by).clamp(0.0, 1.0);
                ui.ctx().request_repaint();
            }
        }
    }
    let active = response.hovered() || response.dragged() || response.has_focus();
    let color = if active { palette.accent } else { palette.dim };
    let painter = ui.painter();
    painter.vline(x, place.y_range(), Stroke::new(1.5, color));
    let knob = Rect::from_center_size(grip.center(), vec2(20.0, 28.0));
    painter.rect(
        knob,
        6.0,
        palette.raised,
        Stroke::new(1.0, color),
        egui::StrokeKind::Inside,
    );
    for side in [-1.0, 1.0] {
        let tip = knob.center() + vec2(side * 6.0, 0.0);
        let arms = [vec2(-side * 3.0, -3.5), vec2(0.0, 0.0), vec2(-side * 3.0, 3.5)];
        painter.line(arms.map(|arm| tip + arm).to_vec(), Stroke::new(1.3, color));
    }
    response.on_hover_cursor(egui::CursorIcon::ResizeHorizontal);
}

/// Draws the legend of distances at the right border of `place`, with labels to its left.
pub fn legend(ui: &Ui, palette: &Palette, place: Rect, span: f32) {
    let height = (place.height() - 20.0).clamp(40.0, 170.0);
    let bar = Rect::from_center_size(
        pos2(place.right() - MARGIN - 5.0, place.center().y),
        vec2(10.0, height),
    );
    let mut mesh = Mesh::default();
    const PARTS: usize = 24;
    for row in 0..=PARTS {
        let share = 1.0 - 2.0 * row as f32 / PARTS as f32;
        let y = bar.top() + bar.height() * row as f32 / PARTS as f32;
        mesh.colored_vertex(pos2(bar.left(), y), palette.heat_at(share));
        mesh.colored_vertex(pos2(bar.right(), y), palette.heat_at(share));
        if row < PARTS {
            let first = 2 * row as u32;
            mesh.add_triangle(first, first + 1, first + 2);
            mesh.add_triangle(first + 1, first + 3, first + 2);
        }
    }
    let painter = ui.painter();
    painter.add(Shape::mesh(mesh));
    let label = |y: f32, text: String, color: Color32| {
        tag(painter, palette, pos2(bar.left() - 6.0, y), &text, color);
    };
    label(bar.top() + 6.0, format!("+{} mm", number(span)), palette.text);
    label(bar.top() + 22.0, "outside".to_owned(), palette.dim);
    label(bar.center().y, "0".to_owned(), palette.text);
    label(bar.bottom() - 22.0, "inside".to_owned(), palette.dim);
    label(bar.bottom() - 6.0, format!("−{} mm", number(span)), palette.text);
    let response = ui.interact(bar.expand(4.0), ui.scope_id().with("legend"), Sense::hover());
    let name = format!("Distance from −{0} to +{0} mm", number(span));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
}

/// Statistics of a heat map in one line.
pub fn summary(heat: &Heat) -> String {
    let signed = |value: f32| {
        let text = number(value.abs());
        if text == "0" {
            text
        } else {
            format!("{}{text}", if value < 0.0 { '−' } else { '+' })
        }
    };
    format!(
        "{} to {} mm · mean {}",
        signed(heat.range[0]),
        signed(heat.range[1]),
        number(heat.mean)
    )
}

/// Small text with its right end at `at`, readable over any shape.
fn tag(painter: &Painter, palette: &Palette, at: egui::Pos2, text: &str, color: Color32) {
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(11.0), color);
    let rect = Align2::RIGHT_CENTER.anchor_size(at, galley.size());
    painter.rect_filled(
        rect.expand2(vec2(4.0, 1.0)),
        3.0,
        palette.background.gamma_multiply(0.8),
    );
    painter.galley(rect.min, galley, color);
}

/// Three significant digits, without trailing zeros.
fn number(value: f32) -> String {
    let digits = if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_signed() {
        assert_eq!(
            [0.004, 0.5, 12.34, 150.2].map(number),
            ["0", "0.5", "12.3", "150"]
        );
        let heat = Heat {
            range: [-0.001, 4.1],
            mean: 1.5,
            ..Heat::default()
        };
        assert_eq!(summary(&heat), "0 to +4.1 mm · mean 1.5");
    }
}
