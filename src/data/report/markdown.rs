//! A report as Markdown.

use std::fmt::Write as _;

use super::{KindCount, PUBLISHED, Published, Run, ScaleCount};

/// Maximum number of kinds in the table over time.
const KINDS: usize = 6;

/// A column of [`table`].
#[derive(Debug)]
pub struct Column {
    /// Its head.
    pub name: &'static str,
    own: fn(&Run) -> String,
    published: fn(&Published) -> String,
}

/// Columns of [`table`].
pub const COLUMNS: [Column; 9] = [
    Column {
        name: "run",
        own: |run| run.name.clone(),
        published: |run| run.name.to_owned(),
    },
    Column {
        name: "completions",
        own: |run| count(of_log(run, run.completions)),
        published: |run| count(run.completions),
    },
    Column {
        name: "built",
        own: |run| count(of_log(run, run.built)),
        published: |run| count(run.built),
    },
    Column {
        name: "build rate",
        own: |run| percent(run.build_rate),
        published: |run| {
            let counts = run.built.zip(run.completions);
            percent(counts.map(|(built, all)| built as f64 / all as f64))
        },
    },
    Column {
        name: "mean reward",
        own: |run| number(run.mean_reward),
        published: |run| number(run.mean_reward),
    },
    Column {
        name: "best reward",
        own: |run| number(run.best_reward),
        published: |run| number(run.best_reward),
    },
    Column {
        name: "clipped",
        own: |run| count(of_log(run, run.clipped)),
        published: |run| count(run.clipped),
    },
    Column {
        name: "train loss",
        own: |run| {
            let losses = run.training.unwrap_or_default();
            pair(losses.first_train, losses.last_train)
        },
        published: |run| ends(run.train_loss),
    },
    Column {
        name: "eval loss",
        own: |run| {
            let losses = run.training.unwrap_or_default();
            pair(losses.first_eval, losses.last_eval)
        },
        published: |run| ends(run.eval_loss),
    },
];

/// All runs beside the published ones, then each run.
pub fn markdown(runs: &[Run]) -> String {
    let mut text = String::from("# Runs\n\n");
    text.push_str(&row(COLUMNS.map(|column| column.name.to_owned())));
    text.push_str(&format!("|{}\n", "---|".repeat(COLUMNS.len())));
    for (index, mut cells) in table(runs).into_iter().enumerate() {
        if index < runs.len() {
            cells[0] = format!("**{}**", escape(&cells[0]));
        }
        text.push_str(&row(cells));
    }
    text.push_str("\nRewards are the scores that the training loop compared, shaped if it shapes them. Runs in bold are from the given files; the others are published.\n");
    for run in runs {
        one(&mut text, run);
    }
    text
}

/// One row of cells per run, the published runs last; `–` for unknown values.
pub fn table(runs: &[Run]) -> Vec<[String; COLUMNS.len()]> {
    let own = runs.iter().map(|run| COLUMNS.map(|column| (column.own)(run)));
    let published = PUBLISHED.iter();
    own.chain(published.map(|run| COLUMNS.map(|column| (column.published)(run))))
        .collect()
}

fn scale(of: &ScaleCount) -> String {
    let profile = of.profile.as_deref().unwrap_or("no profile named");
    let known = [&of.mode, &of.profile_digest];
    let known: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
    format!("{} of {} {}", of.count, escape(profile), escape(&known.join(" ")))
        .trim_end()
        .to_owned()
}

/// A number of a log of completions; a run may consist of its losses only.
fn of_log(run: &Run, value: usize) -> Option<usize> {
    (run.completions > 0).then_some(value)
}

fn ends(loss: Option<[f64; 2]>) -> String {
    pair(loss.map(|[first, _]| first), loss.map(|[_, last]| last))
}

fn one(text: &mut String, run: &Run) {
    if run.completions == 0 {
        return;
    }
    let _ = writeln!(text, "\n## {}\n", escape(&run.name));
    let _ = writeln!(
        text,
        "{} completions, {} scored. `fixture` assigned in {}, CadQuery imported in {}. {} groups, of which {} of those with two candidates or more are informative. Mean total {}, best {}.",
        run.completions,
        run.scored,
        percent(run.fixture_rate),
        percent(run.import_rate),
        run.groups.len(),
        percent(run.informative_groups),
        number(run.mean_total),
        number(run.best_total),
    );
    if run.scales.len() > 1 {
        let scales: Vec<String> = run.scales.iter().map(scale).collect();
        let _ = writeln!(
            text,
            "**These means mix {} scales**, which cannot be compared: {}. Score the rows anew with one profile.",
            scales.len(),
            scales.join(", ")
        );
    }
    if run.unknown > 0 {
        let _ = writeln!(
            text,
            "\n{} scored rows do not say whether they built: they count neither as built nor as failed.",
            run.unknown
        );
    }
    if run.malformed.count + run.other_rows > 0 {
        let _ = writeln!(
            text,
            "\n{} malformed lines; {} rows without a candidate with a reward.",
            run.malformed.count, run.other_rows
        );
    }
    text.push_str("\n| kind | completions |\n|---|---|\n");
    for KindCount { kind, count } in &run.kinds {
        let _ = writeln!(text, "| {} | {count} |", kind.name());
    }
    if run.unknown > 0 {
        let _ = writeln!(text, "| unknown | {} |", run.unknown);
    }
    over_time(text, run);
    text.push_str("\n| task | completions | built | build rate | mean reward | best reward |\n|---|---|---|---|---|---|\n");
    for task in &run.tasks {
        text.push_str(&row([
            escape(&task.task_id),
            task.completions.to_string(),
            task.built.to_string(),
            percent(task.build_rate),
            number(Some(task.mean_reward)),
            number(Some(task.best_reward)),
        ]));
    }
}

fn over_time(text: &mut String, run: &Run) {
    let shown: Vec<_> = run.kinds.iter().take(KINDS).collect();
    text.push_str("\n| completions | mean reward | build rate |");
    for KindCount { kind, .. } in &shown {
        let _ = write!(text, " {} |", kind.name());
    }
    text.push_str("\n|---|---|---|");
    text.push_str(&"---|".repeat(shown.len()));
    text.push('\n');
    for stretch in &run.over_time {
        let _ = write!(
            text,
            "| {}–{} | {} | {} |",
            stretch.from + 1,
            stretch.to,
            number(Some(stretch.mean_reward)),
            percent(stretch.build_rate)
        );
        for KindCount { count, .. } in stretch.kinds.iter().take(KINDS) {
            let _ = write!(text, " {count} |");
        }
        text.push('\n');
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an array made for the call")]
fn row<const N: usize>(cells: [String; N]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn count(value: Option<usize>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

fn pair(first: Option<f64>, last: Option<f64>) -> String {
    match (first, last) {
        (None, None) => "–".to_owned(),
        (first, last) => format!("{} → {}", number(first), number(last)),
    }
}

fn escape(name: &str) -> String {
    name.replace('|', "\\|")
}
