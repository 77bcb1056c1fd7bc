//! `cadforge tasks`: list, show and check tasks.

mod check;
mod dimensions;
mod mutate;
mod sheet;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::context::{self, Global};
use super::scoring::CacheArgs;
use crate::task::{Level, RecordedRepair, Scale, Task};

#[derive(Debug, clap::Args)]
pub(crate) struct TasksArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List all tasks
    List {
        /// Print them as one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show one task
    Show {
        /// The task
        id: String,
        /// Print it as one JSON object, with the code of its files
        #[arg(long)]
        json: bool,
    },
    /// Read every task folder, build and score seeds, recorded steps and reference, and list errors
    Check {
        /// Only this task
        id: Option<String>,
        /// Also change every named dimension of the references and check its effect (minutes for all tasks)
        #[arg(long)]
        dimensions: bool,
        /// Also leave out every feature and change every dimension of the references by a fifth: each that the prompt names must lower
        /// the total under grounded-v2 (minutes for all tasks)
        #[arg(long)]
        mutate: bool,
        /// Print one JSON array with one object per folder
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        cache: CacheArgs,
    },
    /// Draw the references of all tasks on one sheet
    Sheet {
        /// Where to write the PNG
        #[arg(long, value_name = "PNG")]
        out: PathBuf,
        /// Tiles per row
        #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=24))]
        columns: u32,
    },
}

pub(super) fn run(args: TasksArgs, global: &Global) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::List { json } => {
            let tasks = global.task_set()?;
            if json {
                context::print_json(&tasks.iter().map(|task| TaskRow::of(task)).collect::<Vec<_>>())?;
            } else {
                context::print(&table(&tasks.iter().map(AsRef::as_ref).collect::<Vec<_>>()))?;
            }
        }
        Action::Show { id, json } => {
            let tasks = global.task_set()?;
            let task = tasks.get(&id)?;
            if json {
                context::print_json(&TaskDetails::of(task))?;
            } else {
                context::print(&page(task))?;
            }
        }
        Action::Check {
            id,
            dimensions,
            mutate,
            json,
            cache,
        } => {
            let also = check::Also { dimensions, mutate };
            return check::run(id.as_deref(), also, json, &cache, global);
        }
        Action::Sheet { out, columns } => sheet::run(&out, columns, global)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A task in `tasks list --json`; the keys are a contract.
#[derive(Debug, Serialize)]
struct TaskRow<'a> {
    id: &'a str,
    level: Level,
    family: &'a str,
    label: &'a str,
    prompt: &'a str,
    semantic_hints: &'a [String],
    bbox_mm: Option<[f64; 3]>,
    seeds: Vec<&'a str>,
}

impl<'a> TaskRow<'a> {
    fn of(task: &'a Task) -> Self {
        Self {
            id: &task.id,
            level: task.level,
            family: &task.family,
            label: &task.label,
            prompt: &task.prompt,
            semantic_hints: &task.semantic_hints,
            bbox_mm: task.bbox_mm,
            seeds: task.seeds.keys().map(String::as_str).collect(),
        }
    }
}

/// The object of `tasks show --json`: a row of the list with all details.
#[derive(Debug, Serialize)]
struct TaskDetails<'a> {
    #[serde(flatten)]
    row: TaskRow<'a>,
    scale: Scale,
    version: &'a str,
    dir: &'a Path,
    seed_code: &'a BTreeMap<String, String>,
    reference: Option<&'a str>,
    further_references: &'a BTreeMap<String, String>,
    reference_mesh: Option<&'a Path>,
    repairs: &'a [RecordedRepair],
}

impl<'a> TaskDetails<'a> {
    fn of(task: &'a Task) -> Self {
        Self {
            row: TaskRow::of(task),
            scale: task.scale,
            version: &task.version,
            dir: &task.dir,
            seed_code: &task.seeds,
            reference: task.reference.as_deref(),
            further_references: &task.further_references,
            reference_mesh: task.reference_mesh.as_deref(),
            repairs: &task.repairs,
        }
    }
}

fn table(tasks: &[&Task]) -> String {
    let width = |column: fn(&Task) -> &str| {
        tasks
            .iter()
            .map(|task| column(task).chars().count())
            .max()
            .unwrap_or_default()
    };
    let (ids, families) = (width(|task| &task.id), width(|task| &task.family));
    let mut text = String::new();
    for task in tasks {
        let (id, level, family, label) = (&task.id, task.level.name(), &task.family, &task.label);
        let _ = writeln!(text, "{id:<ids$}  {level:<6}  {family:<families$}  {label}");
    }
    if text.is_empty() {
        "no tasks\n".to_owned()
    } else {
        text
    }
}

fn page(task: &Task) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} · {} · {}\n\n{}\n",
        task.label,
        task.level.name(),
        task.family,
        task.prompt
    );
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<10} {value}");
    };
    line("id", task.id.clone());
    if let Some([x, y, z]) = task.bbox_mm {
        line("box", format!("{x} × {y} × {z} mm"));
    }
    if task.scale == Scale::Free {
        line("scale", "free: the prompt gives no size".to_owned());
    }
    line("hints", task.semantic_hints.join(", "));
    line(
        "seeds",
        task.seeds
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", "),
    );
    let mesh = task
        .reference_mesh
        .as_ref()
        .map(|mesh| mesh.display().to_string());
    let references: Vec<_> = task
        .reference
        .as_ref()
        .map(|_| "reference.py".to_owned())
        .into_iter()
        .chain(
            task.further_references
                .keys()
                .map(|name| format!("references/{name}.py")),
        )
        .chain(mesh)
        .collect();
    line(
        "reference",
        if references.is_empty() {
            "none".to_owned()
        } else {
            references.join(", ")
        },
    );
    line("version", task.version.clone());
    line("folder", task.dir.display().to_string());
    for repair in &task.repairs {
        let _ = writeln!(text, "\nrecorded repair `{}`", repair.name);
        for (index, step) in repair.steps.iter().enumerate() {
            let _ = writeln!(text, "  {} {}", index + 1, step.reason);
        }
    }
    text
}
