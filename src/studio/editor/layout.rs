//! Text layout of code: colours, one row per line, and space below the failing line for its message.

use std::sync::Arc;

use egui::emath::GuiRounding as _;
use egui::epaint::text::PlacedRow;
use egui::text::{ByteIndex, LayoutJob, LayoutSection, TextFormat, TextWrapping};
use egui::{Color32, FontId, Galley, Rect, Ui, pos2};

use super::highlight::{Highlight, line_highlights};
use crate::python::tokens::OpenString;
use crate::studio::theme::{self, CODE, CODE_LINE, CodePalette};

/// Space below a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Line, from 0.
    pub after: usize,
    /// Height, points.
    pub height: f32,
}

/// Caches rows by line, so that a frame costs a comparison, and a keystroke the layout of the changed lines.
///
/// egui also caches paragraphs, but only if it gets the whole text in every frame; for thousands of lines that costs more than
/// the rest of the window.
#[derive(Default)]
pub struct CodeLayout {
    /// Laid out in every frame; egui returns another galley when it has discarded its glyphs.
    probe: Option<Arc<Galley>>,
    palette: Option<CodePalette>,
    text: String,
    lines: Vec<Line>,
    plain: Option<Arc<Galley>>,
    gapped: Option<(Arc<Galley>, Gap, Arc<Galley>)>,
}

/// A line with its layout.
struct Line {
    /// String literal left open by the lines before.
    before: Option<OpenString>,
    /// String literal that this line leaves open.
    after: Option<OpenString>,
    galley: Arc<Galley>,
}

impl CodeLayout {
    /// Rows of `code`, one per line, with `gap` inserted.
    pub fn galley(&mut self, ui: &Ui, code: &str, gap: Option<Gap>) -> Arc<Galley> {
        let palette = theme::of(ui).code;
        let probe = ui.fonts_mut(|fonts| fonts.layout_no_wrap("code".to_owned(), face(), palette.text));
        let same = |known: &Arc<Galley>| Arc::ptr_eq(known, &probe);
        if !self.probe.as_ref().is_some_and(same) || self.palette != Some(palette) {
            *self = Self {
                probe: Some(probe),
                palette: Some(palette),
                ..Self::default()
            };
        }
        let plain = match &self.plain {
            Some(plain) if self.text == code => plain.clone(),
            Some(_) | None => {
                self.lay_out(ui, code, palette);
                let plain = Arc::new(self.joined(ui, palette));
                self.plain = Some(plain.clone());
                plain
            }
        };
        let Some(gap) = gap else { return plain };
        match &self.gapped {
            Some((from, known, galley)) if Arc::ptr_eq(from, &plain) && *known == gap => galley.clone(),
            Some(_) | None => {
                let galley = Arc::new(open_gap(&plain, gap));
                self.gapped = Some((plain, gap, galley.clone()));
                galley
            }
        }
    }

    /// Number of lines of `code`.
    pub fn count(&self, code: &str) -> usize {
        if self.text == code && !self.lines.is_empty() {
            self.lines.len()
        } else {
            code.split('\n').count()
        }
    }

    /// Lays out the lines that differ from the cached ones, and following lines that a string now reaches or no longer reaches.
    fn lay_out(&mut self, ui: &Ui, code: &str, palette: CodePalette) {
        let (old, new) = (self.text.as_bytes(), code.as_bytes());
        let (front, back) = if self.lines.is_empty() {
            (0, 0)
        } else {
            common_ends(old, new)
        };
        let unchanged = breaks(&old[old.len() - back..]);
        let mut rest = self.lines.split_off(breaks(&old[..front]));
        let mut tail = rest.split_off(rest.len() - unchanged.min(rest.len()));
        let start = code[..floor(code, front)].rfind('\n').map_or(0, |at| at + 1);
        let changed = breaks(&new[start..]) + 1 - tail.len();
        let mut open = self.lines.last().and_then(|line| line.after);
        for (index, line) in code[start..].split('\n').enumerate() {
            // Lines after the change are unaffected, unless a string before them was opened or closed.
            if let Some(known) = index.checked_sub(changed)
                && tail[known].before == open
            {
                self.lines.extend(tail.drain(known..));
                break;
            }
            let (coloured, after) = line_highlights(line, open);
            let job = job(line, &coloured, &palette);
            let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
            self.lines.push(Line {
                before: open,
                after,
                galley,
            });
            open = after;
        }
        self.text.clear();
        self.text.push_str(code);
    }

    /// Joins all lines into one galley.
    fn joined(&self, ui: &Ui, palette: CodePalette) -> Galley {
        // The rows have their own colours; a job without a section would count as empty and not be painted.
        let format = TextFormat::simple(face(), palette.text);
        let whole = Arc::new(LayoutJob::single_section(self.text.clone(), format));
        let scale = ui.pixels_per_point();
        let mut galley = Galley::concat(whole, &[], scale);
        galley.rows.reserve_exact(self.lines.len());
        for (index, line) in self.lines.iter().enumerate() {
            let Some(row) = line.galley.rows.first() else {
                continue;
            };
            let pos = pos2(0.0, galley.rect.height()).round_to_pixels(scale);
            galley.mesh_bounds |= row.row.visuals.mesh_bounds.translate(pos.to_vec2());
            galley.rect |= Rect::from_min_size(pos, row.row.size);
            galley.rows.push(PlacedRow {
                pos,
                row: Arc::clone(&row.row),
                ends_with_newline: index + 1 < self.lines.len(),
            });
        }
        // Vertex counts stay 0: they only reserve memory, which for thousands of invisible lines would be allocated and freed in
        // every frame.
        galley
    }
}

fn breaks(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Lengths of the common prefix and suffix of two texts, in bytes.
fn common_ends(old: &[u8], new: &[u8]) -> (usize, usize) {
    /// Bytes compared at a time.
    const STEP: usize = 64;
    let shorter = old.len().min(new.len());
    let mut front = 0;
    while front + STEP <= shorter && old[front..front + STEP] == new[front..front + STEP] {
        front += STEP;
    }
    while front < shorter && old[front] == new[front] {
        front += 1;
    }
    let most = shorter - front;
    let end = |bytes: &[u8], back: usize| bytes.len() - back;
    let mut back = 0;
    while back + STEP <= most
        && old[end(old, back + STEP)..end(old, back)] == new[end(new, back + STEP)..end(new, back)]
    {
        back += STEP;
    }
    while back < most && old[end(old, back + 1)] == new[end(new, back + 1)] {
        back += 1;
    }
    (front, back)
}

/// Start of the character that contains a byte.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn job(line: &str, coloured: &[(Highlight, usize)], palette: &CodePalette) -> LayoutJob {
    let format = |color: Color32| TextFormat {
        line_height: Some(CODE_LINE),
        ..TextFormat::simple(face(), color)
    };
    let mut job = LayoutJob {
        text: line.to_owned(),
        wrap: TextWrapping::no_max_width(),
        keep_trailing_whitespace: true,
        ..LayoutJob::default()
    };
    let mut section = |start: usize, end: usize, color: Color32| {
        job.sections.push(LayoutSection {
            leading_space: 0.0,
            byte_range: ByteIndex(start)..ByteIndex(end),
            format: format(color),
        });
    };
    let mut start = 0;
    for (token, end) in coloured {
        section(start, *end, color(*token, palette));
        start = *end;
    }
    if line.is_empty() {
        section(0, 0, palette.text);
    }
    job
}

fn face() -> FontId {
    theme::mono(CODE)
}

fn color(token: Highlight, palette: &CodePalette) -> Color32 {
    match token {
        Highlight::Keyword => palette.keyword,
        Highlight::String => palette.string,
        Highlight::Number => palette.number,
        Highlight::Call => palette.call,
        Highlight::Comment => palette.comment,
        Highlight::Text => palette.text,
    }
}

/// Moves the rows after a line down. Rows are shared, so the cost is one position per line.
fn open_gap(galley: &Galley, gap: Gap) -> Galley {
    let mut galley = galley.clone();
    for row in galley.rows.iter_mut().skip(gap.after + 1) {
        row.pos.y += gap.height;
    }
    galley.rect.max.y += gap.height;
    galley.mesh_bounds.max.y += gap.height;
    galley
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_ui(mut check: impl FnMut(&mut Ui)) {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        ctx.run_ui(egui::RawInput::default(), |ui| check(ui))
            .drop_without_applying_deltas();
    }

    #[test]
    fn a_gap_moves_only_the_rows_below() {
        with_ui(|ui| {
            let mut layout = CodeLayout::default();
            let code = "a = 1\nb = (\n\nc = 'x'\n";
            let plain = layout.galley(ui, code, None);
            let gapped = layout.galley(
                ui,
                code,
                Some(Gap {
                    after: 1,
                    height: 40.0,
                }),
            );
            assert_eq!(plain.rows.len(), 5);
            for (index, (before, after)) in plain.rows.iter().zip(&gapped.rows).enumerate() {
                let moved = if index > 1 { 40.0 } else { 0.0 };
                assert_eq!(after.pos.y - before.pos.y, moved, "row {index}");
                assert_eq!(before.pos.y, index as f32 * CODE_LINE);
            }
            assert_eq!(gapped.size().y, plain.size().y + 40.0);
        });
    }

    #[test]
    fn a_keystroke_lays_out_only_its_line() {
        with_ui(|ui| {
            let mut layout = CodeLayout::default();
            let before = layout.galley(ui, "a = 1\nb = 2\nc = 3", None);
            let after = layout.galley(ui, "a = 1\nb = 22\nc = 3", None);
            let same: Vec<_> = before
                .rows
                .iter()
                .zip(&after.rows)
                .map(|(a, b)| Arc::ptr_eq(&a.row, &b.row))
                .collect();
            assert_eq!(same, [true, false, true]);
        });
    }

    #[test]
    fn incremental_layout_equals_a_full_layout() {
        let texts = [
            "a = 1\nb = '''\nc\n'''\nd = 2\n",
            "a = 1\nb = ''\nc\n'''\nd = 2\n",
            "",
            "é = 1\n",
            "è = 1\n\n\n",
            "x\nx\nx\nx",
            "x\nx\nx",
            "x\nx\nx\nx\nx",
            "a = 'b\\\nc'\nd",
            "a = 'b\nc'\nd",
            "#\n'''",
            "#\n'''\n'''\ndef f(): pass",
        ];
        with_ui(|ui| {
            for from in texts {
                for to in texts {
                    let mut layout = CodeLayout::default();
                    layout.galley(ui, from, None);
                    let edited = layout.galley(ui, to, None);
                    let fresh = CodeLayout::default().galley(ui, to, None);
                    assert_eq!(edited.rows, fresh.rows, "{from:?} to {to:?}");
                    assert_eq!(edited.rect, fresh.rect);
                    assert_eq!(layout.count(to), to.split('\n').count());
                }
            }
        });
    }

    #[test]
    fn laid_out_rows_are_painted() {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let corners = |code: &str| {
            let output = ctx.run_ui(egui::RawInput::default(), |ui| {
                let galley = CodeLayout::default().galley(ui, code, None);
                ui.painter().galley(egui::pos2(4.0, 4.0), galley, Color32::WHITE);
            });
            let meshes = ctx.tessellate(output.shapes.clone(), 1.0);
            output.drop_without_applying_deltas();
            let vertices = meshes.iter().map(|mesh| match &mesh.primitive {
                egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.len(),
                egui::epaint::Primitive::Callback(_) => 0,
            });
            vertices.sum::<usize>()
        };
        assert_eq!(corners("\n"), 0);
        assert_eq!(corners("ab\ncd"), 4 * 4, "four corners a letter");
    }

    #[test]
    fn an_open_string_colours_the_lines_after_it() {
        with_ui(|ui| {
            let mut layout = CodeLayout::default();
            let plain = layout.galley(ui, "a\nb\nc", None);
            let string = layout.galley(ui, "'''a\nb\nc", None);
            assert!(!Arc::ptr_eq(&plain.rows[2].row, &string.rows[2].row));
        });
    }

    #[test]
    fn unchanged_code_is_not_laid_out_again() {
        with_ui(|ui| {
            let mut layout = CodeLayout::default();
            let gap = Some(Gap {
                after: 0,
                height: 8.0,
            });
            let first = layout.galley(ui, "x = 1\ny = 2", gap);
            assert!(Arc::ptr_eq(&first, &layout.galley(ui, "x = 1\ny = 2", gap)));
            assert!(!Arc::ptr_eq(&first, &layout.galley(ui, "x = 1\ny = 3", gap)));
        });
    }
}
