//! Lays code out: colours, one row a line, and room under the failing line for its message.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

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

/// Remembers the last layout, so that a frame without a keystroke only looks it up.
#[derive(Default)]
pub struct CodeLayout {
    job: Option<(u64, LayoutJob)>,
    gapped: Option<(Arc<Galley>, Gap, Arc<Galley>)>,
}

impl CodeLayout {
    /// Rows of `code`, one per line, with `gap` in between.
    pub fn galley(&mut self, ui: &Ui, code: &str, gap: Option<Gap>) -> Arc<Galley> {
        let palette = theme::of(ui).code;
        let mut hasher = DefaultHasher::new();
        (code, palette).hash(&mut hasher);
        let hash = hasher.finish();
        let job = match &self.job {
            Some((known, job)) if *known == hash => job.clone(),
            Some(_) | None => {
                let job = job(code, palette);
                self.job = Some((hash, job.clone()));
                job
            }
        };
        // egui keeps the galley as long as it is asked for in every frame, and drops it with its glyphs.
        let plain = ui.fonts_mut(|fonts| fonts.layout_job(job));
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
}

fn job(code: &str, palette: CodePalette) -> LayoutJob {
    let section = |color: Color32, start: usize, end: usize| LayoutSection {
        leading_space: 0.0,
        byte_range: ByteIndex(start)..ByteIndex(end),
        format: TextFormat {
            line_height: Some(CODE_LINE),
            ..TextFormat::simple(face(), color)
        },
    };
    let mut sections: Vec<_> = tokens(code)
        .into_iter()
        .map(|(token, range)| section(color(token, &palette), range.start, range.end))
        .collect();
    if sections.is_empty() {
        sections.push(section(palette.text, 0, 0));
    }
    LayoutJob {
        text: code.to_owned(),
        sections,
        wrap: TextWrapping {
            max_width: f32::INFINITY,
            ..TextWrapping::default()
        },
        break_on_newline: true,
        keep_trailing_whitespace: true,
        ..LayoutJob::default()
    }
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
