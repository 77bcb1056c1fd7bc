//! `cadforge store`: rows and trajectories of all runs in one place.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::context::{self, Global};
use super::size::megabytes;
use crate::data::store::{self, Column, Count, Filter, Imported, Numbers, Store, StoredRow};
use crate::data::{DataError, RowFormat, line_of};
use crate::failure::Kind;
use crate::locate;

#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    /// The store's folder [default: `store` in the data folder]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Places")]
    store: Option<PathBuf>,
    #[command(subcommand)]
    verb: StoreCommand,
}

#[derive(Debug, clap::Subcommand)]
enum StoreCommand {
    /// Add the rows of JSONL files and trajectory folders; known rows are skipped
    Import(Import),
    /// List rows
    List(List),
    /// Count rows by run, row format, task and kind
    Stats(Stats),
}

#[derive(Debug, clap::Args)]
struct Import {
    /// JSONL files (plain or compressed with gzip) and trajectory folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Name of the run [default: name of the file or folder]
    #[arg(long, value_name = "NAME")]
    run: Option<String>,
    /// Print a summary as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    filter: FilterArgs,
    /// Maximum number of rows; 0 for all
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// Number of rows to skip
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
    /// Print the rows as they were imported, as JSON Lines
    #[arg(long, conflicts_with = "json")]
    rows: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Stats {
    #[command(flatten)]
    filter: FilterArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Rows")]
pub(super) struct FilterArgs {
    /// Only this run
    #[arg(long, value_name = "NAME")]
    run: Option<String>,
    /// Only this task
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// Only this kind
    #[arg(long, value_name = "KIND", value_parser = parse_kind)]
    kind: Option<String>,
    /// Only this row format
    // `--form` is its deprecated name.
    #[arg(long, alias = "form", value_enum, value_name = "FORMAT")]
    row_format: Option<RowFormat>,
    /// Only candidates that built
    #[arg(long)]
    built: bool,
    /// Only candidates that did not build
    #[arg(long, conflicts_with = "built")]
    failed: bool,
    /// Lowest total
    #[arg(long, value_name = "TOTAL", allow_negative_numbers = true)]
    min: Option<f64>,
    /// Highest total
    #[arg(long, value_name = "TOTAL", allow_negative_numbers = true)]
    max: Option<f64>,
}

impl FilterArgs {
    fn filter(&self) -> Filter {
        Filter {
            run: self.run.clone(),
            task: self.task.clone(),
            kind: self.kind.clone(),
            row_format: self.row_format,
            built: (self.built || self.failed).then_some(self.built),
            least: self.min,
            most: self.max,
        }
    }
}

/// The object that `store import --json` prints.
#[derive(Debug, Serialize)]
struct ImportReport<'a> {
    format: u32,
    store: PathBuf,
    added: usize,
    imported: &'a [Imported],
}

/// The object that `store list --json` prints.
#[derive(Debug, Serialize)]
struct ListReport<'a> {
    format: u32,
    store: PathBuf,
    #[serde(flatten)]
    numbers: Numbers,
    listed: Vec<ListedRow<'a>>,
}

#[derive(Debug, Serialize)]
struct ListedRow<'a> {
    #[serde(flatten)]
    row: &'a StoredRow,
    /// Deprecated name of `row_format`.
    form: RowFormat,
}

/// The object that `store stats --json` prints.
#[derive(Debug, Serialize)]
struct StatsReport<'a> {
    format: u32,
    store: PathBuf,
    bytes: u64,
    #[serde(flatten)]
    numbers: Numbers,
    runs: Vec<Count>,
    row_formats: &'a [Count],
    /// Deprecated name of `row_formats`.
    forms: &'a [Count],
    tasks: Vec<Count>,
    kinds: Vec<Count>,
}

pub(super) fn run(args: StoreArgs, _global: &Global) -> anyhow::Result<ExitCode> {
    let folder = folder(args.store)?;
    match args.verb {
        StoreCommand::Import(args) => import(&args, &folder),
        StoreCommand::List(args) => list(&args, &Store::open_existing(&folder)?),
        StoreCommand::Stats(args) => stats(&args, &Store::open_existing(&folder)?),
    }
}

pub(super) fn folder(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    match given {
        Some(folder) => Ok(std::path::absolute(folder)?),
        None => Ok(locate::data()?.join("store")),
    }
}

fn import(args: &Import, folder: &std::path::Path) -> anyhow::Result<ExitCode> {
    // Checked first, so that a wrong path creates no store.
    for path in &args.paths {
        if !path.exists() {
            let error = std::io::ErrorKind::NotFound.into();
            return Err(DataError::Io {
                action: "read",
                path: path.clone(),
                error,
            }
            .into());
        }
    }
    let mut store = Store::open(folder)?;
    let mut all = Vec::new();
    for path in &args.paths {
        let mut reported = 0;
        let imported = store.import(path, args.run.as_deref(), &mut |rows| {
            if rows >= reported + 10_000 {
                reported = rows;
                context::progress(&format!("{}: {rows} rows …", path.display()));
            }
        })?;
        context::report_malformed(&imported.malformed);
        all.push(imported);
    }
    let added = all.iter().map(|imported| imported.added).sum();
    if args.json {
        context::print_json(&ImportReport {
            format: 1,
            store: folder.to_owned(),
            added,
            imported: &all,
        })?;
    } else {
        let mut text = String::new();
        for Imported {
            run,
            rows,
            added,
            malformed,
            ..
        } in &all
        {
            let _ = write!(text, "{run}: {added} added of {rows} rows");
            if malformed.count > 0 {
                let _ = write!(text, ", {} malformed lines", malformed.count);
            }
            text.push('\n');
        }
        let _ = writeln!(text, "in {}", folder.display());
        context::print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list(args: &List, store: &Store) -> anyhow::Result<ExitCode> {
    let filter = args.filter.filter();
    let limit = if args.limit == 0 { u32::MAX } else { args.limit };
    if args.rows {
        let ids = store.ids(&filter)?;
        for id in ids.iter().skip(args.offset as usize).take(limit as usize) {
            if let Some(row) = store.row(*id)? {
                context::print(&format!("{}\n", String::from_utf8_lossy(&line_of(&row.0))))?;
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (numbers, listed) = (store.numbers(&filter)?, store.list(&filter, limit, args.offset)?);
    if args.json {
        context::print_json(&ListReport {
            format: 1,
            store: store.folder().to_owned(),
            numbers,
            listed: listed
                .iter()
                .map(|row| ListedRow {
                    row,
                    form: row.row_format,
                })
                .collect(),
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    for entry in &listed {
        let total = entry
            .total
            .map_or_else(|| "–".to_owned(), |total| format!("{total:.4}"));
        let _ = writeln!(
            text,
            "{:>7}  {:<24} {:<10} {total:>8}  {:<20} {}:{}",
            entry.id,
            entry.task_id.as_deref().unwrap_or("–"),
            entry.row_format.name(),
            entry.kind.as_deref().unwrap_or("–"),
            entry.run,
            entry.line
        );
    }
    let _ = writeln!(
        text,
        "{} of {} rows · {}",
        listed.len(),
        numbers.rows,
        of(&numbers)
    );
    context::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn stats(args: &Stats, store: &Store) -> anyhow::Result<ExitCode> {
    let filter = args.filter.filter();
    let counts = |column| store.counts(&filter, column);
    let row_formats = counts(Column::RowFormat)?;
    let report = StatsReport {
        format: 1,
        store: store.folder().to_owned(),
        bytes: store::bytes(store.folder()),
        numbers: store.numbers(&filter)?,
        runs: counts(Column::Run)?,
        row_formats: &row_formats,
        forms: &row_formats,
        tasks: counts(Column::Task)?,
        kinds: counts(Column::Kind)?,
    };
    if args.json {
        context::print_json(&report)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!(
        "{} rows · {} · {} in {}\n",
        report.numbers.rows,
        of(&report.numbers),
        megabytes(report.bytes),
        report.store.display()
    );
    for (title, counts) in [
        ("runs", &report.runs[..]),
        ("row formats", report.row_formats),
        ("tasks", &report.tasks),
        ("kinds", &report.kinds),
    ] {
        let _ = writeln!(text, "{title}");
        for Count { name, rows } in counts {
            let _ = writeln!(text, "  {rows:>8}  {name}");
        }
    }
    context::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn of(numbers: &Numbers) -> String {
    let percent = |share: f64| format!("{:.1} % built", share * 100.0);
    let parts = [
        numbers.build_rate.map(percent),
        numbers.mean.map(|mean| format!("mean {mean:.4}")),
        numbers.best.map(|best| format!("best {best:.4}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "no rewards".to_owned()
    } else {
        parts.join(" · ")
    }
}

fn parse_kind(text: &str) -> Result<String, String> {
    match serde_json::from_value::<Kind>(text.into()) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("unknown kind; `cadforge store stats` lists the kinds in the store".to_owned()),
    }
}
