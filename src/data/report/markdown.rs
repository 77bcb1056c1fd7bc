//! A report as Markdown.

use std::fmt::Write as _;

use super::{KindCount, PUBLISHED, Published, Run};

/// Maximum number of kinds in the table over time.
const COLUMNS: usize = 6;

/// Columns of [`table`].
pub const HEAD: [&str; 9] = [
    "run",
    "completions",
    "built",
    "build rate",
    "mean reward",
    "best reward",
    "clipped",
    "train loss",
    "eval loss",
];

/// All runs beside the published ones, then each run.
pub fn markdown(runs: &[Run]) -> String {
    let mut text = String::from("# Runs\n\n");
    text.push_str(&row(HEAD.map(str::to_owned)));
    text.push_str(&format!("|{}\n", "---|".repeat(HEAD.len())));
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
pub fn table(runs: &[Run]) -> Vec<[String; 9]> {
    let own = runs.iter().map(|run| {
        let losses = run.training.unwrap_or_default();
        let grpo = run.completions > 0;
        [
            run.name.clone(),
            count(grpo.then_some(run.completions)),
            count(grpo.then_some(run.built)),
            percent(run.build_rate),
            number(run.mean_reward),
            number(run.best_reward),
            count(grpo.then_some(run.clipped)),
            pair(losses.first_train, losses.last_train),
            pair(losses.first_eval, losses.last_eval),
        ]
    });
    own.chain(PUBLISHED.iter().map(published_row)).collect()
}

fn published_row(run: &Published) -> [String; 9] {
    let rate = run
        .built
        .zip(run.completions)
        .map(|(built, all)| built as f64 / all as f64);
    let ends = |loss: Option<[f64; 2]>| pair(loss.map(|[first, _]| first), loss.map(|[_, last]| last));
    [
        run.name.to_owned(),
        count(run.completions),
        count(run.built),
        percent(rate),
        number(run.mean_reward),
        number(run.best_reward),
        count(run.clipped),
        ends(run.train_loss),
        ends(run.eval_loss),
    ]
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
    let shown: Vec<_> = run.kinds.iter().take(COLUMNS).collect();
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
        for KindCount { count, .. } in stretch.kinds.iter().take(COLUMNS) {
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
