//! Filters on the index's columns.

use clap::ValueEnum as _;
use rusqlite::params_from_iter;
use rusqlite::types::{Type, Value};
use serde::Serialize;

use super::Store;
use crate::row::profile_of;
use crate::{DataError, RowFormat};
use cadforge_reward::Profile;

/// Conditions on rows; `None` for any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Name of the run.
    pub run: Option<String>,
    /// Id of the task.
    pub task: Option<String>,
    /// Name of the kind.
    pub kind: Option<String>,
    /// Format.
    pub row_format: Option<RowFormat>,
    /// Whether it built.
    pub built: Option<bool>,
    /// Lowest total.
    pub least: Option<f64>,
    /// Highest total.
    pub most: Option<f64>,
}

/// The index's columns of a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredRow {
    /// For [`Store::row`].
    pub id: i64,
    /// Name of the run.
    pub run: String,
    /// Number of its run: runs of several files may have one name.
    #[serde(skip)]
    pub source: u32,
    /// Line in the imported file.
    pub line: i64,
    /// Format.
    pub row_format: RowFormat,
    /// Id of the task.
    pub task_id: Option<String>,
    /// Name of the kind.
    pub kind: Option<String>,
    /// Whether it built.
    pub built: Option<bool>,
    /// Unshaped total.
    pub total: Option<f64>,
    /// Score that the training loop compared.
    pub score: Option<f64>,
    /// Reward call of the run.
    pub reward_call: Option<i64>,
    /// Id of its group, if its file has one.
    pub group_id: Option<String>,
    /// Line of the first row of its group, as [`crate::Groups`] forms them.
    #[serde(skip)]
    pub group_line: i64,
    /// See [`crate::Row::profile`].
    pub profile: Profile,
}

/// Numbers of some rows, defined as those of [`crate::Summary`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Numbers {
    /// Number of rows of all formats.
    pub rows: i64,
    /// Share of the scored candidates that built, among those that tell; 0 to 1.
    pub build_rate: Option<f64>,
    /// Mean total of the candidates.
    pub mean: Option<f64>,
    /// Highest total.
    pub best: Option<f64>,
}

/// Number of rows with a name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Count {
    /// Name of a run, format, task or kind.
    pub name: String,
    /// Number of rows.
    pub rows: i64,
}

impl Store {
    /// Ids of the matching rows, in order of import.
    pub fn ids(&self, filter: &Filter) -> Result<Vec<i64>, DataError> {
        let (tests, values) = filter.sql();
        let read = || {
            self.index
                .prepare(&format!(
                    "SELECT rows.id FROM rows WHERE {tests} ORDER BY rows.id"
                ))?
                .query_map(params_from_iter(&values), |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| self.fail(error))
    }

    /// The matching rows' columns, in order of import.
    pub fn list(&self, filter: &Filter, limit: u32, offset: u32) -> Result<Vec<StoredRow>, DataError> {
        let (tests, values) = filter.sql();
        let text = format!(
            "SELECT rows.id, runs.name, runs.id, line, format.name, task.name, kind.name, built, total, score, call, group_id,
                 group_line, profile.name
             FROM rows JOIN runs ON runs.id = run JOIN names AS format ON format.id = format
             LEFT JOIN names AS task ON task.id = task LEFT JOIN names AS kind ON kind.id = kind
             LEFT JOIN names AS profile ON profile.id = profile
             WHERE {tests} ORDER BY rows.id LIMIT {limit} OFFSET {offset}"
        );
        let read = || {
            self.index
                .prepare(&text)?
                .query_map(params_from_iter(&values), |row| {
                    Ok(StoredRow {
                        id: row.get(0)?,
                        run: row.get(1)?,
                        source: row.get(2)?,
                        line: row.get(3)?,
                        row_format: RowFormat::from_str(row.get_ref(4)?.as_str()?, false).map_err(
                            |error| rusqlite::Error::FromSqlConversionFailure(4, Type::Text, error.into()),
                        )?,
                        task_id: row.get(5)?,
                        kind: row.get(6)?,
                        built: row.get(7)?,
                        total: row.get(8)?,
                        score: row.get(9)?,
                        reward_call: row.get(10)?,
                        group_id: row.get(11)?,
                        group_line: row.get(12)?,
                        profile: profile_of(row.get_ref(13)?.as_str_or_null()?),
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| self.fail(error))
    }

    /// Numbers of the matching rows.
    pub fn numbers(&self, filter: &Filter) -> Result<Numbers, DataError> {
        let (tests, values) = filter.sql();
        let candidates: Vec<String> = RowFormat::ALL
            .into_iter()
            .filter(|format| format.is_candidate())
            .map(|format| format!("'{}'", format.name()))
            .collect();
        let scored = format!(
            "FILTER (WHERE score IS NOT NULL AND format IN (SELECT id FROM names WHERE name IN ({})))",
            candidates.join(", ")
        );
        let text = format!(
            "SELECT count(*), avg(built) {scored}, avg(total) {scored}, max(total) {scored} FROM rows WHERE {tests}"
        );
        let read = || {
            self.index
                .prepare(&text)?
                .query_row(params_from_iter(&values), |row| {
                    Ok(Numbers {
                        rows: row.get(0)?,
                        build_rate: row.get(1)?,
                        mean: row.get(2)?,
                        best: row.get(3)?,
                    })
                })
        };
        read().map_err(|error| self.fail(error))
    }

    /// Number of rows per run, format, task or kind, most frequent first.
    pub fn counts(&self, filter: &Filter, of: Column) -> Result<Vec<Count>, DataError> {
        let (tests, values) = filter.sql();
        let (table, column) = match of {
            Column::Run => ("runs", "run"),
            Column::RowFormat => ("names", "format"),
            Column::Task => ("names", "task"),
            Column::Kind => ("names", "kind"),
        };
        let text = format!(
            "SELECT named.name, count(*) AS n FROM rows JOIN {table} AS named ON named.id = rows.{column}
             WHERE {tests} GROUP BY named.name ORDER BY n DESC, named.name"
        );
        let read = || {
            self.index
                .prepare(&text)?
                .query_map(params_from_iter(&values), |row| {
                    Ok(Count {
                        name: row.get(0)?,
                        rows: row.get(1)?,
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| self.fail(error))
    }
}

/// Column to count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Runs by name.
    Run,
    /// Formats.
    RowFormat,
    /// Tasks.
    Task,
    /// Kinds.
    Kind,
}

impl Filter {
    /// SQL conditions on `rows`, and the values of their placeholders.
    fn sql(&self) -> (String, Vec<Value>) {
        let mut tests = vec!["1"];
        let mut values = Vec::new();
        let mut test = |text: &'static str, value: Option<Value>| {
            if let Some(value) = value {
                tests.push(text);
                values.push(value);
            }
        };
        test(
            "rows.run IN (SELECT id FROM runs WHERE name = ?)",
            self.run.clone().map(Value::Text),
        );
        test(
            "rows.task = (SELECT id FROM names WHERE name = ?)",
            self.task.clone().map(Value::Text),
        );
        test(
            "rows.kind = (SELECT id FROM names WHERE name = ?)",
            self.kind.clone().map(Value::Text),
        );
        test(
            "rows.format = (SELECT id FROM names WHERE name = ?)",
            self.row_format
                .map(|format| Value::Text(format.name().to_owned())),
        );
        test(
            "rows.built = ?",
            self.built.map(|built| Value::Integer(built.into())),
        );
        test("rows.total >= ?", self.least.map(Value::Real));
        test("rows.total <= ?", self.most.map(Value::Real));
        (tests.join(" AND "), values)
    }
}
