//! The rows of each kind of data set.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::options::{DataSetKind, ExportOptions};
use super::pool::{Pool, PoolRow};
use crate::prompt::{brief, repair_prompt};
use crate::{DataError, Row, RowFormat};
use cadforge_core::failure::Kind;
use cadforge_repair::endpoint::Template;
use cadforge_reward::Reward;
use cadforge_task::Task;

/// Maximum number of candidates of the same task that are searched for a worse one.
const MAX_SEARCHED: usize = 1000;
/// An episode is done at this total.
const DONE: f64 = 0.92;

/// A row of a data set before it is assigned to a split.
pub(super) struct ExportedRow {
    pub value: Value,
    pub task_id: String,
    pub kind: Option<Kind>,
    /// Its candidates.
    pub codes: Vec<String>,
    /// Rows of one episode are in the same split.
    pub episode: Option<u32>,
    /// Texts whose length counts as tokens.
    pub text: usize,
}

impl ExportedRow {
    /// A key that is equal for copies.
    pub fn key(&self) -> Vec<u8> {
        let value = &self.value;
        let parts = [
            "messages",
            "prompt",
            "chosen",
            "rejected",
            "observation",
            "action",
            "episode",
            "step",
        ];
        let parts: Vec<Option<&Value>> = parts.iter().map(|key| value.get(*key)).collect();
        serde_json::to_vec(&parts).expect("plain data")
    }
}

type RowSink<'a> = dyn FnMut(ExportedRow) -> Result<(), DataError> + 'a;

/// Makes the rows of a data set one by one.
pub(super) fn each(
    pool: &Pool,
    options: &ExportOptions,
    template: &Template,
    take: &mut RowSink<'_>,
) -> Result<(), DataError> {
    let making = ExportWriter {
        pool,
        options,
        template,
    };
    match options.kind {
        DataSetKind::Sft => making.examples(take),
        DataSetKind::Preference => making.preferences(take),
        DataSetKind::Rollouts => making.rollouts(take),
    }
}

struct ExportWriter<'a> {
    pool: &'a Pool,
    options: &'a ExportOptions,
    template: &'a Template,
}

impl ExportWriter<'_> {
    /// Good candidates, each with a worse one that it repairs.
    fn examples(&self, take: &mut RowSink<'_>) -> Result<(), DataError> {
        let mut of_task: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut of_group: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, entry) in self.pool.entries.iter().enumerate() {
            if let Some(task) = &entry.task
                && entry.total.is_some()
                && !entry.form.is_ready_made()
            {
                of_task.entry(&task.id).or_default().push(index);
                of_group.entry(entry.group).or_default().push(index);
            }
        }
        for entry in &self.pool.entries {
            if entry.form == RowFormat::Sft {
                self.ready_example(entry, take)?;
                continue;
            }
            let (Some(task), Some(total)) = (&entry.task, entry.total) else {
                continue;
            };
            if entry.form.is_ready_made() || !entry.built || total < self.options.least {
                continue;
            }
            let parent = entry
                .parent
                .map(|parent| parent as usize)
                .filter(|parent| self.is_worse(*parent, total));
            let before = parent
                .or_else(|| self.nearest(entry, &of_group[&entry.group], total))
                .or_else(|| self.nearest(entry, &of_task[task.id.as_str()], total));
            let Some(before) = before else { continue };
            self.example(entry, &self.pool.entries[before], task, take)?;
        }
        Ok(())
    }

    fn is_worse(&self, index: usize, than: f64) -> bool {
        self.pool.entries[index].total.is_some_and(|total| total < than)
    }

    /// The most similar worse candidate, so that a model learns the repair.
    fn nearest(&self, entry: &PoolRow, among: &[usize], total: f64) -> Option<usize> {
        let step = among.len().div_ceil(MAX_SEARCHED).max(1);
        let worse = among
            .iter()
            .step_by(step)
            .copied()
            .filter(|index| self.is_worse(*index, total));
        let similarity = |index: &usize| self.pool.entries[*index].sketch.similarity(&entry.sketch);
        worse
            .fold(None, |best: Option<(f64, usize)>, index| {
                match (best, similarity(&index)) {
                    (Some((known, _)), similarity) if known >= similarity => best,
                    (_, similarity) => Some((similarity, index)),
                }
            })
            .map(|(_, index)| index)
    }

    fn example(
        &self,
        after: &PoolRow,
        before: &PoolRow,
        task: &Task,
        take: &mut RowSink<'_>,
    ) -> Result<(), DataError> {
        let (row, worse) = (self.pool.row(after)?, self.pool.row(before)?);
        let code = row.code().unwrap_or_default();
        let asked = row.prompt();
        // The prompt of the model, if known.
        let mut messages = if asked.is_empty() || after.form == RowFormat::Step {
            repair_prompt(self.template, task, &worse)
        } else {
            Value::Array(asked)
        };
        let text = text_of(&messages) + code.len();
        if let Value::Array(messages) = &mut messages {
            messages.push(json!({"role": "assistant", "content": code}));
        }
        let [before_total, after_total] = [before, after].map(|entry| entry.total.unwrap_or(-1.0));
        let value = json!({
            "messages": messages,
            "reward_before": before_total,
            "reward_after": after_total,
            "reward_delta": after_total - before_total,
            "artifacts_dir": artifact(&row, "dir"),
            "task_id": task.id,
            "task_level": task.level.name(),
            "kind_before": before.kind.map(Kind::name).unwrap_or_default(),
            "source_file": self.pool.inputs[after.input as usize],
            "source_line": after.line,
        });
        take(ExportedRow {
            value,
            task_id: task.id.clone(),
            kind: before.kind,
            codes: vec![code, worse.code().unwrap_or_default()],
            episode: None,
            text,
        })
    }

    /// A ready-made example, if it is good.
    fn ready_example(&self, entry: &PoolRow, take: &mut RowSink<'_>) -> Result<(), DataError> {
        let row = self.pool.row(entry)?;
        let (Some(before), Some(after)) = (row.number("reward_before"), row.number("reward_after")) else {
            return Ok(());
        };
        if after < self.options.least || after <= before {
            return Ok(());
        }
        let messages = row.get("messages").cloned().unwrap_or_default();
        let code = row.code().unwrap_or_default();
        let (id, level) = self.task_of(entry);
        let value = json!({
            "messages": messages,
            "reward_before": before,
            "reward_after": after,
            "reward_delta": after - before,
            "artifacts_dir": row.text("artifacts_dir").unwrap_or_default(),
            "task_id": id,
            "task_level": level,
            "kind_before": row.text("kind_before").unwrap_or_default(),
            "source_file": self.pool.inputs[entry.input as usize],
            "source_line": entry.line,
        });
        take(ExportedRow {
            text: text_of(&messages),
            value,
            task_id: id,
            kind: None,
            codes: vec![code],
            episode: None,
        })
    }

    fn task_of(&self, entry: &PoolRow) -> (String, &'static str) {
        match &entry.task {
            Some(task) => (task.id.clone(), task.level.name()),
            None => (String::new(), ""),
        }
    }

    /// The best candidate of a group against those that are worse by more than the margin.
    fn preferences(&self, take: &mut RowSink<'_>) -> Result<(), DataError> {
        let mut of_group: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, entry) in self.pool.entries.iter().enumerate() {
            if entry.form == RowFormat::Preference {
                self.ready_preference(entry, take)?;
            } else if entry.score.is_some() && entry.task.is_some() && !entry.form.is_ready_made() {
                of_group.entry(entry.group).or_default().push(index);
            }
        }
        for mut group in of_group.into_values() {
            let score = |index: usize| self.pool.entries[index].score.unwrap_or(f64::NEG_INFINITY);
            // Ties: the first.
            group.sort_by(|one, other| score(*other).total_cmp(&score(*one)).then(one.cmp(other)));
            let chosen = &self.pool.entries[group[0]];
            if !chosen.built || chosen.total.is_none_or(|total| total < self.options.least) {
                continue;
            }
            let worse: Vec<usize> = group[1..]
                .iter()
                .copied()
                .filter(|index| score(group[0]) - score(*index) >= self.options.margin)
                .collect();
            // From the nearest to the worst, evenly.
            let step = worse.len().div_ceil(self.options.pairs.max(1)).max(1);
            for rejected in worse.iter().step_by(step) {
                self.preference(chosen, &self.pool.entries[*rejected], take)?;
            }
        }
        Ok(())
    }

    fn preference(
        &self,
        chosen: &PoolRow,
        rejected: &PoolRow,
        take: &mut RowSink<'_>,
    ) -> Result<(), DataError> {
        let Some(task) = &chosen.task else { return Ok(()) };
        let (good, bad) = (self.pool.row(chosen)?, self.pool.row(rejected)?);
        let prompt = match chosen.parent {
            Some(parent) => repair_prompt(
                self.template,
                task,
                &self.pool.row(&self.pool.entries[parent as usize])?,
            ),
            None => match good.prompt() {
                asked if asked.is_empty() => brief(task),
                asked => Value::Array(asked),
            },
        };
        let prompt = plain(&prompt);
        let codes = [good, bad].map(|row| row.code().unwrap_or_default());
        let [chosen_reward, rejected_reward] = [chosen, rejected].map(|entry| entry.score.unwrap_or(-1.0));
        let value = json!({
            "prompt": prompt,
            "chosen": codes[0],
            "rejected": codes[1],
            "chosen_reward": chosen_reward,
            "rejected_reward": rejected_reward,
            "task_id": task.id,
            "task_level": task.level.name(),
            "rejected_kind": rejected.kind.map(Kind::name).unwrap_or_default(),
            "source_file": self.pool.inputs[chosen.input as usize],
            "chosen_line": chosen.line,
            "rejected_line": rejected.line,
        });
        take(ExportedRow {
            text: prompt.len() + codes[0].len() + codes[1].len(),
            value,
            task_id: task.id.clone(),
            kind: rejected.kind,
            codes: codes.into(),
            episode: None,
        })
    }

    fn ready_preference(&self, entry: &PoolRow, take: &mut RowSink<'_>) -> Result<(), DataError> {
        let row = self.pool.row(entry)?;
        let side = |key: &str| {
            let value = row.get(key).cloned().unwrap_or_default();
            value.as_str().map_or_else(|| plain(&value), str::to_owned)
        };
        let (prompt, chosen, rejected) = (side("prompt"), side("chosen"), side("rejected"));
        let reward = |names: [&str; 3]| names.iter().find_map(|name| row.number(name)).unwrap_or_default();
        let (id, level) = self.task_of(entry);
        let value = json!({
            "prompt": prompt,
            "chosen": chosen,
            "rejected": rejected,
            "chosen_reward": reward(["chosen_reward", "reward_chosen", "score_chosen"]),
            "rejected_reward": reward(["rejected_reward", "reward_rejected", "score_rejected"]),
            "task_id": id,
            "task_level": level,
            "rejected_kind": row.text("rejected_kind").unwrap_or_default(),
            "source_file": self.pool.inputs[entry.input as usize],
            "chosen_line": entry.line,
            "rejected_line": entry.line,
        });
        take(ExportedRow {
            text: prompt.len() + chosen.len() + rejected.len(),
            value,
            task_id: id,
            kind: None,
            codes: vec![chosen, rejected],
            episode: None,
        })
    }

    /// Every step with a parent, and every single answer.
    fn rollouts(&self, take: &mut RowSink<'_>) -> Result<(), DataError> {
        for (index, entry) in self.pool.entries.iter().enumerate() {
            let (Some(task), Some(total)) = (&entry.task, entry.total) else {
                continue;
            };
            let seed = entry.form == RowFormat::Step && entry.parent.is_none();
            if seed || entry.form == RowFormat::Preference || entry.form == RowFormat::Sft {
                continue;
            }
            let row = self.pool.row(entry)?;
            let before = match entry.parent {
                Some(parent) => Some(self.pool.row(&self.pool.entries[parent as usize])?),
                None => None,
            };
            let is_step = entry.form == RowFormat::Step;
            let code = row.code().unwrap_or_default();
            let observation = observation(task, &row, before.as_ref());
            let from = before
                .as_ref()
                .and_then(Row::total)
                .or_else(|| row.number("previous_reward"))
                .or_else(|| Some(total - row.number("reward_delta")?))
                .unwrap_or(0.0);
            let current = observation["current_code"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let value = json!({
                "episode": if is_step { self.pool.inputs[entry.input as usize].clone() } else { format!("{}:{}", self.pool.inputs[entry.input as usize], entry.line) },
                "step": if is_step { row.count("step").unwrap_or(1) } else { 1 },
                "task_id": task.id,
                "observation": observation,
                "action": {"code": code},
                "reward": total,
                "reward_delta": total - from,
                "done": row.get("done").and_then(Value::as_bool).unwrap_or(total >= DONE || entry.last || !is_step),
                "artifacts": {"code": artifact(&row, "code"), "stl": artifact(&row, "stl"), "reward": artifact(&row, "reward")},
            });
            take(ExportedRow {
                text: text_of(&value),
                value,
                task_id: task.id.clone(),
                kind: entry.kind,
                codes: vec![code, current],
                episode: Some(if is_step {
                    entry.input
                } else {
                    (self.pool.inputs.len() + index) as u32
                }),
            })?;
        }
        Ok(())
    }
}

/// Observation before an action. A single answer begins with empty code and a reward of zeros.
fn observation(task: &Task, row: &Row, before: Option<&Row>) -> Value {
    let given = row.get("observation");
    let text = |key: &str| {
        given
            .and_then(|given| given.get(key)?.as_str())
            .map(str::to_owned)
    };
    let current = before
        .and_then(Row::code)
        .or_else(|| text("current_code"))
        .unwrap_or_default();
    let reward = before
        .and_then(Row::reward)
        .or_else(|| serde_json::from_value(given?.get("reward_json")?.clone()).ok())
        .unwrap_or(Reward {
            total: 0.0,
            ..Reward::gated()
        });
    let notes = before
        .and_then(|before| before.get("verifier_notes").or_else(|| before.get("notes")))
        .or_else(|| given?.get("verifier_notes"))
        .cloned()
        .unwrap_or_else(|| json!([]));
    json!({
        "task_id": task.id,
        "task_brief": task.prompt,
        "current_code": current,
        "reward_json": {
            "build": reward.build,
            "topology": reward.topology.unwrap_or(0.0),
            "contact": reward.contact.unwrap_or(0.0),
            "semantic_parts": reward.semantic_parts.unwrap_or(0.0),
            "reference_similarity": reward.reference_similarity.unwrap_or(0.0),
            "silhouette": reward.silhouette.unwrap_or(0.0),
            "editability": reward.editability.unwrap_or(0.0),
            "efficiency": reward.efficiency.unwrap_or(0.0),
            "total": reward.total,
        },
        "verifier_notes": notes,
    })
}

/// A path of a row's artifacts; empty if there is none.
fn artifact(row: &Row, name: &str) -> String {
    row.get("artifacts")
        .and_then(|artifacts| artifacts.get(name)?.as_str())
        .or_else(|| (name == "dir").then(|| row.text("artifacts_dir"))?)
        .unwrap_or_default()
        .to_owned()
}

/// Messages as one text.
fn plain(messages: &Value) -> String {
    let contents: Vec<&str> = messages
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|message| message["content"].as_str())
        .collect();
    contents.join("\n\n")
}

/// Bytes of all texts in a value.
fn text_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(text_of).sum(),
        Value::Object(map) => map.values().map(text_of).sum(),
        _ => 0,
    }
}
