//! Checks of grounded-v2 as a list: passed or not, measured value, required value.
//!
//! The check under the pointer is passed to the viewport through egui's memory for one frame. The viewport highlights the
//! measured faces, or marks the position if no face was measured. Only the drawing depends on it, so it is not in the state.

use egui::{Align2, Id, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::widgets;
use crate::assess::Evaluation;
use crate::reward::CheckDetails;
use crate::studio::theme::{self, PAD};

/// Height of a check's row, points.
const ROW: f32 = 34.0;
/// Score from which a check has passed.
const PASSED: f64 = 0.999;

/// Geometry measured by the check under the pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct HoveredCheck {
    /// Faces, as numbered in the scored shape.
    pub faces: Vec<u32>,
    /// Position, mm.
    pub place: Option<[f64; 3]>,
    /// Number of triangles of that shape: other shapes number their faces differently.
    pub triangles: usize,
    frame: u64,
}

impl HoveredCheck {
    /// Creates the hovered check of a frame.
    pub fn new(faces: Vec<u32>, place: Option<[f64; 3]>, triangles: usize, frame: u64) -> Self {
        Self {
            faces,
            place,
            triangles,
            frame,
        }
    }
}

/// Draws the checks that are visible to a model; nothing for a score without checks.
pub fn show(evaluation: &Evaluation, ui: &mut Ui) {
    let Some(checks) = evaluation
        .details
        .grounded
        .as_ref()
        .and_then(|grounded| grounded.checks.as_ref())
    else {
        return;
    };
    let palette = theme::of(ui);
    ui.add_space(8.0);
    let passed = checks.list.iter().filter(|check| check.score >= PASSED).count();
    let mut title = format!("{passed} of {} checks pass", checks.list.len());
    if let Some(hidden) = checks.hidden {
        title += &format!(" · hidden {hidden:.2}");
    }
    ui.label(widgets::small(&title, palette));
    let triangles = evaluation
        .details
        .build
        .as_ref()
        .map_or(0, |build| build.triangles);
    for check in &checks.list {
        row(check, triangles, ui);
    }
}

/// Check under the pointer in this or the previous frame.
pub fn pointed(ctx: &egui::Context) -> Option<HoveredCheck> {
    let pointed: HoveredCheck = ctx.data(|data| data.get_temp(Id::unique("pointed check")))?;
    (ctx.cumulative_frame_nr() <= pointed.frame + 1).then_some(pointed)
}

fn row(check: &CheckDetails, triangles: usize, ui: &mut Ui) {
    let palette = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let passed = check.score >= PASSED;
    let color = if passed { palette.good } else { palette.bad };
    if response.hovered() {
        ui.painter()
            .rect_filled(rect.expand2(vec2(PAD, 0.0)), 0.0, palette.raised);
        let frame = ui.ctx().cumulative_frame_nr();
        let pointed = HoveredCheck::new(check.faces.clone(), check.place, triangles, frame);
        ui.ctx()
            .data_mut(|data| data.insert_temp(Id::unique("pointed check"), pointed));
        ui.ctx().request_repaint();
    }
    let upper = rect.top() + 10.0;
    ui.painter()
        .circle_filled(pos2(rect.left() + 4.0, upper), 3.5, color);
    let value = widgets::line(ui, widgets::dim(format!("{:.2}", check.score), palette), 40.0);
    let value = widgets::paint_line(ui, pos2(rect.right(), upper), Align2::RIGHT_CENTER, value);
    let left = rect.left() + 14.0;
    let name = widgets::line(
        ui,
        RichText::new(&check.name).color(palette.text),
        value.left() - left - 6.0,
    );
    widgets::paint_line(ui, pos2(left, upper), Align2::LEFT_CENTER, name);
    let text = if passed {
        check.measured.clone()
    } else {
        format!("{} — required: {}", check.measured, check.asked)
    };
    let lower = widgets::line(ui, widgets::small(&text, palette), rect.right() - left);
    widgets::paint_line(ui, pos2(left, rect.bottom() - 9.0), Align2::LEFT_CENTER, lower);
    let verdict = if passed { "passed" } else { "failed" };
    let label = format!(
        "{} {verdict}: {}, required {}",
        check.name, check.measured, check.asked
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    let tooltip = format!(
        "measured: {}\nrequired: {}\nshare of the semantic score: {:.0} %",
        check.measured,
        check.asked,
        100.0 * check.weight
    );
    response.on_hover_text(tooltip);
}

/// Marks the position of a check in a picture.
pub fn mark(painter: &egui::Painter, at: egui::Pos2, palette: &crate::render::Palette) {
    painter.circle_stroke(at, 11.0, egui::Stroke::new(2.0, palette.accent));
    painter.circle_stroke(at, 15.0, egui::Stroke::new(1.0, palette.accent));
    let cross = Rect::from_center_size(at, vec2(6.0, 6.0));
    painter.line_segment(
        [cross.left_center(), cross.right_center()],
        egui::Stroke::new(1.5, palette.accent),
    );
    painter.line_segment(
        [cross.center_top(), cross.center_bottom()],
        egui::Stroke::new(1.5, palette.accent),
    );
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::*;

    fn check(name: &str, faces: &[u32], place: Option<[f64; 3]>) -> CheckDetails {
        CheckDetails {
            name: name.to_owned(),
            kind: "holes".to_owned(),
            score: 1.0,
            weight: 0.5,
            measured: "4 found".to_owned(),
            asked: "4 holes".to_owned(),
            place,
            faces: faces.to_vec(),
        }
    }

    #[test]
    fn the_check_under_the_pointer_provides_its_faces() {
        let seen: Arc<Mutex<Option<HoveredCheck>>> = Arc::default();
        let out = Arc::clone(&seen);
        let checks = [
            check("four holes", &[3, 7], Some([1.0, 2.0, 3.0])),
            check("one solid", &[], None),
        ];
        let mut window = Harness::new_ui(move |ui| {
            for check in &checks {
                row(check, 12, ui);
            }
            *out.lock().unwrap() = pointed(ui.ctx());
        });
        window.run_steps(2);
        assert_eq!(*seen.lock().unwrap(), None);
        window
            .get_by_label("four holes passed: 4 found, required 4 holes")
            .hover();
        window.run_steps(3);
        let found = seen.lock().unwrap().clone().expect("the first check");
        assert_eq!(
            (found.faces, found.place, found.triangles),
            (vec![3, 7], Some([1.0, 2.0, 3.0]), 12)
        );
        window
            .get_by_label("one solid passed: 4 found, required 4 holes")
            .hover();
        window.run_steps(3);
        let found = seen.lock().unwrap().clone().expect("the second check");
        assert_eq!((found.faces, found.place), (Vec::new(), None));
        window.hover_at(pos2(2000.0, 2000.0));
        window.run_steps(4);
        assert_eq!(
            *seen.lock().unwrap(),
            None,
            "it stays lit only while the pointer is there"
        );
    }
}
