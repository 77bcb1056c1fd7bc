//! Lines with wrong indentation.

use super::edit::{Edit, Offers, offer};
use cadforge_python::line_range;

pub(super) fn indentation(text: &str, line: usize, message: &str, offers: &mut Offers) {
    if text.contains('\t') {
        let mut edit = Edit::new("tabs", 15, 0..0, "", "replaces tabs by spaces");
        for (at, _) in text.match_indices('\t') {
            edit = edit.and(at..at + 1, "    ");
        }
        edit.changes.remove(0);
        offers.push((15, edit));
    }
    let lines: Vec<&str> = text.lines().collect();
    // Python may report the line after the last.
    let line = line.clamp(1, lines.len() + 1);
    let indent = |line: usize| {
        lines
            .get(line.wrapping_sub(1))
            .map_or(0, |text| text.len() - text.trim_start().len())
    };
    let before = (1..line).rev().find(|&line| !lines[line - 1].trim().is_empty());
    let start = line_range(text, line).start;
    let own = indent(line);
    let mut levels: Vec<usize> = (1..line)
        .filter(|&line| !lines[line - 1].trim().is_empty())
        .map(indent)
        .collect();
    levels.sort_unstable();
    levels.dedup();
    let opened = before.is_some_and(|before| lines[before - 1].trim_end().ends_with(':'));
    let mut wanted: Vec<usize> = Vec::new();
    if let Some(before) = before {
        wanted.push(if opened {
            indent(before) + 4
        } else {
            indent(before)
        });
    }
    levels.sort_by_key(|level| level.abs_diff(own));
    wanted.extend(levels);
    // After a line with too little indentation, the next one seems too deep.
    if let Some(before) =
        before.filter(|&before| message.contains("unexpected indent") && indent(before) < own)
    {
        let above = (1..before).rev().find(|&line| !lines[line - 1].trim().is_empty());
        if above.is_some_and(|above| {
            indent(above) == own || (lines[above - 1].trim_end().ends_with(':') && indent(above) < own)
        }) {
            let at = line_range(text, before).start;
            let blanks = " ".repeat(own);
            offer(
                offers,
                14,
                "indentation",
                at..at + indent(before),
                &blanks,
                format!("indents line {before} like its neighbours"),
            );
        }
    }
    if message.contains("ndent") || message.contains("outside function") {
        for (order, &level) in wanted
            .iter()
            .enumerate()
            .filter(|(_, level)| **level != own)
            .take(4)
        {
            let blanks = " ".repeat(level);
            let reason = format!("indents line {line} like its neighbours");
            let rank = 16 + order as u32;
            offer(
                offers,
                rank,
                "indentation",
                start..start + own,
                &blanks,
                reason.clone(),
            );
            // The same for all following lines at least as deep: a whole block is shifted.
            let mut edit = Edit::new("indentation", rank + 1, start..start + own, blanks, reason);
            let mut next = line + 1;
            while next <= lines.len() && (lines[next - 1].trim().is_empty() || indent(next) >= own.max(1)) {
                if !lines[next - 1].trim().is_empty() {
                    let at = line_range(text, next).start;
                    let moved = (indent(next) + level).saturating_sub(own);
                    edit = edit.and(at..at + indent(next), " ".repeat(moved));
                }
                next += 1;
            }
            if edit.changes.len() > 1 {
                offers.push((rank + 1, edit));
            }
        }
        // A body without indentation: all lines to the next blank line or definition.
        if opened && own == before.map_or(0, indent) {
            let mut edit = Edit::new(
                "indentation",
                16,
                start..start,
                "    ",
                format!("indents the block that begins in line {line}"),
            );
            let mut next = line + 1;
            while next <= lines.len()
                && !lines[next - 1].trim().is_empty()
                && !lines[next - 1].starts_with("def ")
            {
                let at = line_range(text, next).start;
                edit = edit.and(at..at, "    ");
                next += 1;
            }
            offers.push((15, edit));
        }
        if let Some(before) = before.filter(|_| opened) {
            let at = line_range(text, before).end;
            let body = format!("\n{}pass", " ".repeat(indent(before) + 4));
            offer(
                offers,
                40,
                "empty block",
                at..at,
                &body,
                "adds `pass` to the empty block",
            );
        }
    }
}
