//! The prompt: a template per adapter, filled from task, code, reward and history, and cut to the model's context. A
//! reworded prompt is out of an adapter's distribution, so the text is data: `assets/prompts/<adapter>.txt`, else
//! `default.txt`, else the built-in copy of it.

use std::path::Path;

use serde_json::{Value, json};

use crate::proposer::ProposalRequest;
use cadforge_core::failure::Kind;
use cadforge_python::line_range;
use cadforge_reward as reward;
use cadforge_trajectory::Step;

const DEFAULT: &str = include_str!("../../../assets/prompts/default.txt");

/// A template in two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    system: String,
    user: String,
}

/// A filled prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The system message; may be empty.
    pub system: String,
    /// The user message.
    pub user: String,
    /// Parts left out to fit the context.
    pub left_out: Vec<&'static str>,
}

/// Optional parts of a prompt, the least important first.
const OPTIONAL: [&str; 3] = ["attempts", "notes", "reward_json"];

impl Default for Template {
    fn default() -> Self {
        Self::parse(DEFAULT).expect("a test holds the built-in template")
    }
}

impl Template {
    /// The template of a model or adapter in a folder of templates.
    pub fn find(folder: Option<&Path>, name: &str) -> Result<Self, String> {
        let plain: String = name
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        for file in [format!("{plain}.txt"), "default.txt".to_owned()] {
            let Some(path) = folder.map(|folder| folder.join(&file)) else {
                break;
            };
            if let Ok(text) = std::fs::read_to_string(&path) {
                return Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()));
            }
        }
        Ok(Self::default())
    }

    /// Parses a template: `=== system` and `=== user` before its parts, `{{name}}` for values, `{{#name}}…{{/name}}`
    /// for text that is left out if the value is empty.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut template = Self {
            system: String::new(),
            user: String::new(),
        };
        let mut part: Option<&mut String> = None;
        for line in text.split_inclusive('\n') {
            match line.trim_end() {
                "=== system" => part = Some(&mut template.system),
                "=== user" => part = Some(&mut template.user),
                _ => match &mut part {
                    Some(part) => part.push_str(line),
                    None if line.trim().is_empty() => {}
                    None => {
                        return Err(
                            "text before `=== system` or `=== user`\nhint: begin with one of them".to_owned(),
                        );
                    }
                },
            }
        }
        if !template.user.contains("{{code}}") {
            return Err("the user part lacks {{code}}\nhint: the model must see the program".to_owned());
        }
        for name in names(&template.system).chain(names(&template.user)) {
            if !KNOWN.contains(&name) {
                return Err(format!(
                    "unknown value `{name}`\nhint: known values: {}",
                    KNOWN.join(", ")
                ));
            }
        }
        Ok(template)
    }

    /// Fills the template; if `context` is known, prompt and answer fit into that many tokens.
    pub fn fill(
        &self,
        proposal_request: &ProposalRequest<'_>,
        max_tokens: u64,
        context: Option<u64>,
    ) -> Result<Prompt, String> {
        let values = values(proposal_request);
        let mut left_out = Vec::new();
        loop {
            let value = |name: &str| {
                if left_out.contains(&name) {
                    ""
                } else {
                    values
                        .iter()
                        .find(|(known, _)| *known == name)
                        .map_or("", |(_, value)| value)
                }
            };
            let prompt = Prompt {
                system: fill(&self.system, &value).trim().to_owned(),
                user: fill(&self.user, &value).trim_end().to_owned(),
                left_out: left_out.clone(),
            };
            let Some(context) = context else { return Ok(prompt) };
            let needs = prompt.tokens() + max_tokens;
            if needs <= context {
                return Ok(prompt);
            }
            match OPTIONAL.get(left_out.len()) {
                Some(part) => left_out.push(part),
                None => {
                    return Err(format!(
                        "the prompt of about {} tokens and an answer of {max_tokens} do not fit the model's {context}\nhint: use a smaller --max-tokens, or a server with a longer context",
                        prompt.tokens()
                    ));
                }
            }
        }
    }
}

impl Prompt {
    /// Estimated number of tokens, an overestimate: one per three characters, plus a few per message.
    pub fn tokens(&self) -> u64 {
        ((self.system.len() + self.user.len()) as u64).div_ceil(3) + 16
    }

    /// Both messages as one text, in the format of a template.
    pub fn text(&self) -> String {
        if self.system.is_empty() {
            return format!("=== user\n{}\n", self.user);
        }
        format!("=== system\n{}\n=== user\n{}\n", self.system, self.user)
    }

    /// The messages of a chat request.
    pub fn messages(&self) -> Value {
        let user = json!({"role": "user", "content": self.user});
        if self.system.is_empty() {
            return json!([user]);
        }
        json!([{"role": "system", "content": self.system}, user])
    }
}

const KNOWN: [&str; 13] = [
    "task_id",
    "task_prompt",
    "semantic_hints",
    "bbox",
    "code",
    "kind",
    "failure",
    "notes",
    "reward_json",
    "policy",
    "attempts",
    "shorter",
    "step",
];

fn values(proposal_request: &ProposalRequest<'_>) -> Vec<(&'static str, String)> {
    let (task, head) = (proposal_request.task, proposal_request.head());
    let evaluation = &head.evaluation;
    // If the last answer was cut, the prompt asks for a shorter one, whatever the kind of the head.
    let clipped = proposal_request.history.last().is_some_and(|step| {
        step.evaluation.kind == Kind::Clipped
            || step.proposal.as_ref().is_some_and(|proposal| proposal.clipped)
    });
    let kind = if clipped { Kind::Clipped } else { evaluation.kind };
    let bullets = |lines: &[String]| {
        lines
            .iter()
            .map(|line| format!("- {line}\n"))
            .collect::<String>()
            .trim_end()
            .to_owned()
    };
    // Lines count from 1; 0 in a recording means unknown.
    let failure = evaluation.failure.as_ref().map(|failure| match failure.line {
        Some(line @ 1..) => format!(
            "{} (line {line}: `{}`)",
            failure.message,
            head.code[line_range(&head.code, line as usize)].trim()
        ),
        Some(0) | None => failure.message.clone(),
    });
    vec![
        ("task_id", task.id.clone()),
        ("task_prompt", task.prompt.clone()),
        ("semantic_hints", task.semantic_hints.join(", ")),
        (
            "bbox",
            task.bbox_mm
                .map(|size| size.map(|size| format!("{size}")).join(" x "))
                .unwrap_or_default(),
        ),
        ("code", head.code.trim_end().to_owned()),
        ("kind", evaluation.kind.name().to_owned()),
        ("failure", failure.unwrap_or_default()),
        ("notes", bullets(&evaluation.notes)),
        (
            "reward_json",
            serde_json::to_string(&evaluation.reward).expect("plain data"),
        ),
        ("policy", bullets(&reward::repair_hints(kind).map(str::to_owned))),
        ("attempts", attempts(proposal_request)),
        (
            "shorter",
            if clipped {
                "Your last answer was cut at the token limit: answer with a shorter file.".to_owned()
            } else {
                String::new()
            },
        ),
        ("step", proposal_request.history.len().to_string()),
    ]
}

/// The last three proposals from the same step that were not kept.
fn attempts(proposal_request: &ProposalRequest<'_>) -> String {
    let tried = proposal_request
        .history
        .iter()
        .filter(|step| step.parent == Some(proposal_request.head) && step.step != proposal_request.head);
    let mut lines: Vec<String> = tried.map(line).collect();
    lines.drain(..lines.len().saturating_sub(3));
    lines.join("\n")
}

fn line(step: &Step) -> String {
    match &step.evaluation.failure {
        Some(failure) => format!("- {}: {}", failure.kind.name(), failure.message),
        None => format!("- it built and scored {:.4}", step.evaluation.reward.total),
    }
}

/// Names in double braces.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .map(|(name, _)| name.trim_start_matches(['#', '/']))
}

fn fill<'v>(text: &str, value: &impl Fn(&str) -> &'v str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        out.push_str(&rest[..at]);
        let Some(length) = rest[at..].find("}}") else {
            break;
        };
        let name = &rest[at + 2..at + length];
        rest = &rest[at + length + 2..];
        if let Some(name) = name.strip_prefix('#') {
            let end = format!("{{{{/{name}}}}}");
            let (inner, behind) = rest.split_once(&end).unwrap_or((rest, ""));
            if !value(name).is_empty() {
                out.push_str(&fill(inner, value));
            }
            rest = behind;
        } else if !name.starts_with('/') {
            out.push_str(value(name));
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_left_out_if_their_value_is_empty() {
        let value = |name: &str| match name {
            "a" => "1",
            _ => "",
        };
        assert_eq!(
            fill("x {{a}}{{#a}} has {{a}}{{/a}}{{#b}} not {{b}}{{/b}}.", &value),
            "x 1 has 1."
        );
        // Braces of Python in a value are unchanged.
        assert_eq!(fill("{{a}} {b} {", &value), "1 {b} {");
    }

    #[test]
    fn the_built_in_template_parses_and_invalid_ones_have_errors() {
        assert!(Template::default().system.contains("CadQuery"));
        let wrong = [
            ("hello", "begin with"),
            ("=== user\nhi", "{{code}}"),
            ("=== user\n{{code}} {{cod}}", "`cod`"),
        ];
        for (text, expected) in wrong {
            let message = Template::parse(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn a_template_is_found_by_adapter_with_a_fallback() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("my_adapter.txt"), "=== user\nmine {{code}}").unwrap();
        let found = Template::find(Some(dir.path()), "my/adapter").unwrap();
        assert_eq!(found.user, "mine {{code}}");
        assert_eq!(
            Template::find(Some(dir.path()), "other").unwrap(),
            Template::default()
        );
    }
}
