//! Measures operations on many rows: import, filters, report, curriculum, export. Memory is the peak of the whole
//! process.
//!
//! ```text
//! data-bench [ROWS]     rows of the sample log, each with changed numbers; default 100000
//! ```

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cadforge::data::store::{Column, Filter, Store};
use cadforge::data::{DEFAULT_GENERATIONS, curriculum, export, report};
use cadforge::repair::endpoint::Template;
use cadforge::task::TaskSet;
use serde_json::{Value, json};

fn main() {
    let rows = std::env::args()
        .nth(1)
        .map_or(100_000, |text| text.parse().expect("a number of rows"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log.jsonl");
    write_log(&root.join("assets/samples/completions.jsonl.gz"), &log, rows);
    println!(
        "{rows} rows, {} MB",
        log.metadata().expect("the log").len() / 1_000_000
    );
    print_row("at the beginning", Duration::ZERO);

    let mut store = Store::open(&folder.path().join("store")).expect("a store");
    let import = |store: &mut Store| store.import(&log, None, &mut |_| {}).expect("an import").added;
    let (added, time) = timed(|| import(&mut store));
    assert_eq!(added, rows);
    print_row("import", time);
    let (added, time) = timed(|| import(&mut store));
    assert_eq!(added, 0);
    print_row("import again", time);
    for (what, filter) in filters() {
        let (found, time) = timed(|| {
            let ids = store.ids(&filter).expect("ids");
            store.numbers(&filter).expect("numbers");
            store.list(&filter, 100, 0).expect("a list");
            ids.len()
        });
        print_row(&format!("filter: {what} ({found} rows)"), time);
    }
    let (_, time) = timed(|| {
        for of in [Column::Run, Column::RowFormat, Column::Task, Column::Kind] {
            store.counts(&Filter::default(), of).expect("counts");
        }
    });
    print_row("counts of runs, row formats, tasks, kinds", time);
    drop(store);

    let (_, time) = timed(|| report::read(&log, DEFAULT_GENERATIONS).expect("a report"));
    print_row("report", time);
    let tasks = TaskSet::load(&[root.join("tasks")]).expect("tasks");
    let template = Template::default();
    let options = curriculum::CurriculumOptions {
        stages: Vec::new(),
        below: 0.7,
        rows: Some(10_000),
        seed: 0,
    };
    let inputs: [PathBuf; 1] = [log];
    let next = folder.path().join("next.jsonl");
    let (made, time) =
        timed(|| curriculum::write(&inputs, &next, &tasks, &template, &options).expect("a curriculum"));
    print_row(&format!("curriculum ({} of {} rows)", made.rows, made.fit), time);
    for kind in [export::DataSetKind::Preference, export::DataSetKind::Sft] {
        let out = folder.path().join(kind.name());
        let options = export::ExportOptions::new(kind);
        let (made, time) =
            timed(|| export::write(&inputs, &out, &tasks, &template, &options).expect("an export"));
        print_row(
            &format!("export {} ({} rows)", kind.name(), made.train + made.validation),
            time,
        );
    }
}

fn filters() -> [(&'static str, Filter); 5] {
    let none = Filter::default;
    [
        ("none", none()),
        (
            "built",
            Filter {
                built: Some(true),
                ..none()
            },
        ),
        (
            "a task",
            Filter {
                task: Some("caster_wheel_fork".to_owned()),
                ..none()
            },
        ),
        (
            "a kind",
            Filter {
                kind: Some("syntax_closure".to_owned()),
                ..none()
            },
        ),
        (
            "total 0.7 to 0.8",
            Filter {
                least: Some(0.7),
                most: Some(0.8),
                ..none()
            },
        ),
    ]
}

/// The sample rows repeatedly, each time with another number in the code, so that no two rows are equal.
fn write_log(sample: &Path, log: &Path, rows: usize) {
    let file = std::fs::File::open(sample).expect("the sample log");
    let lines: Vec<Value> = BufReader::new(flate2::read::GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.expect("text")).expect("a row"))
        .collect();
    let mut out = BufWriter::new(std::fs::File::create(log).expect("a file"));
    for number in 0..rows {
        let (round, mut row) = (number / lines.len(), lines[number % lines.len()].clone());
        row["reward_call"] = json!(number / 16);
        let code = row["code"].as_str().expect("code");
        row["code"] = json!(format!("{code}variant_{round} = {round}\n"));
        writeln!(out, "{row}").expect("room on the disk");
    }
    out.flush().expect("room on the disk");
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

fn print_row(what: &str, time: Duration) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .map_or("?", str::trim);
    println!(
        "{what:<44} {:>9.1} ms   memory at most {peak}",
        time.as_secs_f64() * 1e3
    );
}
