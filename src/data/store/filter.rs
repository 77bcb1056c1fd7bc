//! Filters on the index's columns.

use rusqlite::params_from_iter;
use rusqlite::types::Value;
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
    pub form: Option<RowFormat>,
    /// Whether it built.
    pub built: Option<bool>,
    /// Lowest total.
    pub least: Option<f64>,
    /// Highest total.
    pub most: Option<f64>,
}

/// The index's columns of a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// For [`Store::row`].
    pub id: i64,
    /// Name of the run.
    pub run: String,
    /// Line in the imported file.
    pub line: i64,
    /// Format.
    pub form: String,
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
    /// See [`crate::Row::profile`].
    pub profile: Profile,
}

/// Numbers of some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Numbers {
    /// Number of rows.
    pub rows: i64,
    /// Share that built, among those that tell; 0 to 1.
    pub build_rate: Option<f64>,
    /// Mean total.
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
    pub fn list(&self, filter: &Filter, limit: u32, offset: u32) -> Result<Vec<Entry>, DataError> {
        let (tests, values) = filter.sql();
        let text = format!(
            "SELECT rows.id, runs.name, line, form.name, task.name, kind.name, built, total, score, call, group_id, profile.name
             FROM rows JOIN runs ON runs.id = run JOIN names AS form ON form.id = form
             LEFT JOIN names AS task ON task.id = task LEFT JOIN names AS kind ON kind.id = kind
             LEFT JOIN names AS profile ON profile.id = profile
             WHERE {tests} ORDER BY rows.id LIMIT {limit} OFFSET {offset}"
        );
        let read = || {
            self.index
                .prepare(&text)?
                .query_map(params_from_iter(&values), |row| {
                    Ok(Entry {
                        id: row.get(0)?,
                        run: row.get(1)?,
                        line: row.get(2)?,
                        form: row.get(3)?,
                        task_id: row.get(4)?,
                        kind: row.get(5)?,
                        built: row.get(6)?,
                        total: row.get(7)?,
                        score: row.get(8)?,
                        reward_call: row.get(9)?,
                        group_id: row.get(10)?,
                        profile: profile_of(row.get_ref(11)?.as_str_or_null()?),
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| self.fail(error))
    }

    /// Numbers of the matching rows.
    pub fn numbers(&self, filter: &Filter) -> Result<Numbers, DataError> {
        let (tests, values) = filter.sql();
        let text = format!("SELECT count(*), avg(built), avg(total), max(total) FROM rows WHERE {tests}");
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
            Column::RowFormat => ("names", "form"),
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
            "rows.form = (SELECT id FROM names WHERE name = ?)",
            self.form.map(|form| Value::Text(form.name().to_owned())),
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
