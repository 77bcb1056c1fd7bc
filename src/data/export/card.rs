//! The data card: rows, sources and split of a data set.

use std::fmt::Write as _;

use super::options::{DataSetKind, ExportOptions, ExportSummary, SplitBy};
use super::schema::Schema;

/// Markdown with the header that Hugging Face reads.
pub(super) fn card(
    inputs: &[String],
    options: &ExportOptions,
    summary: &ExportSummary,
    schema: &Schema,
) -> String {
    let rows = summary.train + summary.validation;
    let size = match rows {
        ..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        _ => "100K<n<1M",
    };
    let mut text = format!(
        "---\npretty_name: CadQuery repair, {}\nlanguage: [en, code]\n",
        options.kind.name()
    );
    let _ = write!(
        text,
        "task_categories: [text-generation]\ntags: [cadquery, cad, code-repair, reinforcement-learning]\nsize_categories: [{size}]\n"
    );
    text.push_str("configs:\n- config_name: default\n  data_files:\n");
    for (name, count) in [("train", summary.train), ("validation", summary.validation)] {
        // A split without rows has no schema.
        if count > 0 {
            let _ = writeln!(text, "  - split: {name}\n    path: {name}.jsonl");
        }
    }
    text.push_str(&schema.dataset_info());
    text.push_str("---\n\n");
    let _ = writeln!(
        text,
        "# CadQuery repair, {}\n\n{}\n",
        options.kind.name(),
        what(options)
    );
    let _ = writeln!(
        text,
        "Made by `cadforge export` {} from {}. Rewards are those of the rows: their profile and mode are in the source files.\n",
        env!("CARGO_PKG_VERSION"),
        inputs
            .iter()
            .map(|input| format!("`{input}`"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    text.push_str("## Rows\n\n| | rows |\n|---|---|\n");
    for (name, count) in [
        ("read", summary.read),
        ("train", summary.train),
        ("validation", summary.validation),
        ("copies left out", summary.copies),
        ("of other tasks or unknown forms", summary.unfit),
        ("of unknown tasks", summary.unknown_tasks),
        ("malformed lines", summary.malformed.count),
    ] {
        let _ = writeln!(text, "| {name} | {count} |");
    }
    let _ = writeln!(text, "\n## Split\n\n{}\n", division(options, summary));
    text.push_str("## Tokens\n\nEstimated as one token per three bytes of text, which overestimates today's vocabularies.\n\n");
    let tokens = summary.tokens;
    let _ = writeln!(
        text,
        "| all rows | median row | 95 % of rows below | largest row |\n|---|---|---|---|\n| {} | {} | {} | {} |",
        tokens.sum, tokens.median, tokens.p95, tokens.max
    );
    text.push_str("\n## Tasks\n\n| task | train | validation |\n|---|---|---|\n");
    let mut tasks: Vec<&String> = summary
        .train_tasks
        .keys()
        .chain(summary.validation_tasks.keys())
        .collect();
    tasks.sort();
    tasks.dedup();
    for task in tasks {
        let count =
            |tasks: &std::collections::BTreeMap<String, usize>| tasks.get(task).copied().unwrap_or_default();
        let name = if task.is_empty() { "(none named)" } else { task };
        let _ = writeln!(
            text,
            "| {name} | {} | {} |",
            count(&summary.train_tasks),
            count(&summary.validation_tasks)
        );
    }
    if !summary.kinds.is_empty() {
        let _ = writeln!(text, "\n## Kinds\n\n| {} | rows |\n|---|---|", kinds_of(options));
        for (kind, count) in &summary.kinds {
            let _ = writeln!(text, "| {kind} | {count} |");
        }
    }
    text
}

fn what(options: &ExportOptions) -> String {
    match options.kind {
        DataSetKind::Sft => format!(
            "Repairs of CadQuery programs as conversations: a program that failed or scored lower, and one that built with a total of at least {:.2} and more than before. Where a trajectory or a log does not name the repaired candidate, the worse candidate is the most similar one.\n\n`messages` (system, user, assistant), `reward_before`, `reward_after`, `reward_delta`, `artifacts_dir` (empty if there is none), `task_id`, `task_level`, `kind_before`, `source_file`, `source_line`.",
            options.least
        ),
        DataSetKind::Preference => format!(
            "Better and worse answers to one prompt: the best candidate of a group (built, total at least {:.2}) against up to {} others that are worse by at least {} in reward.\n\n`prompt`, `chosen`, `rejected`, `chosen_reward`, `rejected_reward`, `task_id`, `task_level`, `rejected_kind`, `source_file`, `chosen_line`, `rejected_line`.",
            options.least, options.pairs, options.margin
        ),
        DataSetKind::Rollouts => "Observations, actions and rewards of an agent: the steps of repair loops and single answers. A single answer begins from empty code and a reward of zeros.\n\n`episode`, `step`, `task_id`, `observation` (`task_brief`, `current_code`, `reward_json`, `verifier_notes`), `action` (`code`), `reward`, `reward_delta`, `done`, `artifacts` (empty if there are none).".to_owned(),
    }
}

fn kinds_of(options: &ExportOptions) -> &'static str {
    match options.kind {
        DataSetKind::Sft => "kind before the repair",
        DataSetKind::Preference => "kind of the rejected answer",
        DataSetKind::Rollouts => "kind of the answer",
    }
}

fn division(options: &ExportOptions, summary: &ExportSummary) -> String {
    let similar = format!(
        "Candidates whose sequences of five tokens (numbers made equal, comments left out) overlap by {:.0} % or more (Jaccard), and chains of such, are on the same side; the overlap of every pair is exact.",
        options.similarity * 100.0
    );
    let by = match options.split_by {
        SplitBy::Task => "The validation split holds whole tasks.",
        SplitBy::Code => "A task may be on both sides.",
    };
    let got = if summary.validation == 0 {
        " The validation split is empty: all rows are similar, or its share is 0."
    } else {
        ""
    };
    format!(
        "{by} {similar} Requested: {:.0} % for validation, chosen with seed {}.{got}",
        options.validation * 100.0,
        options.seed
    )
}
