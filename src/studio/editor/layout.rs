//! Lays code out: colours, one row a line, and room under the failing line for its message.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use egui::epaint::util::hash;
use egui::text::{ByteIndex, LayoutJob, LayoutSection, TextFormat, TextWrapping};
use egui::{Color32, FontId, Galley, Ui};

use super::highlight::{Token, tokens};
use crate::studio::theme::{self, CODE, CODE_LINE, CodePalette};

/// Room kept free under a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The line, from 0.
    pub after: usize,
    /// Height, points.
    pub height: f32,
}

/// Remembers rows by line, so that a frame costs a look-up and a keystroke the layout of its line.
///
/// egui keeps laid-out paragraphs too, but only while the whole text is handed to it in every frame, which for
/// thousands of lines costs more than all the rest of the window.
#[derive(Default)]
pub struct CodeLayout {
    /// Laid out in every frame; egui gives another one when the glyphs of all earlier layouts are gone.
    probe: Option<Arc<Galley>>,
    lines: HashMap<u64, Arc<Galley>>,
    plain: Option<(u64, Arc<Galley>)>,
    gapped: Option<(Arc<Galley>, Gap, Arc<Galley>)>,
}

impl CodeLayout {
    /// Rows of `code`, one per line, with `gap` in between.
    pub fn galley(&mut self, ui: &Ui, code: &str, gap: Option<Gap>) -> Arc<Galley> {
        let palette = theme::of(ui).code;
        let probe = ui.fonts_mut(|fonts| fonts.layout_no_wrap("code".to_owned(), face(), palette.text));
        if !self
            .probe
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, &probe))
        {
            *self = Self {
                probe: Some(probe),
                ..Self::default()
            };
        }
        let hash = hash((code, palette));
        let plain = match &self.plain {
            Some((known, plain)) if *known == hash => plain.clone(),
            Some(_) | None => {
                let plain = Arc::new(self.lay_out(ui, code, palette));
                self.plain = Some((hash, plain.clone()));
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

    fn lay_out(&mut self, ui: &Ui, code: &str, palette: CodePalette) -> Galley {
        let tokens = tokens(code);
        let mut tokens = tokens.as_slice();
        let mut start = 0;
        // Only the lines of this text are kept.
        let mut known = std::mem::take(&mut self.lines);
        let mut galleys = Vec::new();
        for line in code.split('\n') {
            let end = start + line.len();
            let coloured = colours(&mut tokens, start, end);
            let key = hash((line, &coloured));
            let galley = self.lines.get(&key).cloned().or_else(|| known.remove(&key));
            let galley = galley.unwrap_or_else(|| {
                let job = job(line, &coloured, &palette);
                ui.fonts_mut(|fonts| fonts.layout_job(job))
            });
            self.lines.insert(key, galley.clone());
            galleys.push(galley);
            start = end + 1;
        }
        // The rows bring their own colours; a job without a section would count as empty and not be painted.
        let format = TextFormat::simple(face(), palette.text);
        let whole = LayoutJob::single_section(code.to_owned(), format);
        Galley::concat(Arc::new(whole), &galleys, ui.pixels_per_point())
    }
}

/// Kinds and ends, relative to the line, of the tokens from `start` to `end`; tokens behind are left out for good.
fn colours(tokens: &mut &[(Token, Range<usize>)], start: usize, end: usize) -> Vec<(Token, usize)> {
    let behind = tokens.iter().take_while(|(_, range)| range.end <= start).count();
    *tokens = &tokens[behind..];
    let inside = tokens.iter().take_while(|(_, range)| range.start < end);
    inside
        .map(|(token, range)| (*token, range.end.min(end) - start))
        .collect()
}

fn job(line: &str, coloured: &[(Token, usize)], palette: &CodePalette) -> LayoutJob {
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

fn color(token: Token, palette: &CodePalette) -> Color32 {
    match token {
        Token::Keyword => palette.keyword,
        Token::String => palette.string,
        Token::Number => palette.number,
        Token::Call => palette.call,
        Token::Comment => palette.comment,
        Token::Text => palette.text,
    }
}

/// Moves the rows after a line down. Rows are shared, so this costs a position per line.
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
    fn a_line_is_a_row_and_a_gap_moves_only_what_is_below() {
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
    fn a_keystroke_lays_out_its_own_line_and_no_other() {
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
    fn what_is_laid_out_is_painted() {
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
