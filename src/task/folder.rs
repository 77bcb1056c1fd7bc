//! Reads and validates a task folder: a typing error must not silently remove a task's reference or box.
//!
//! All problems are reported, not only the first. No file outside the folder is read, whatever a path in `task.toml` or
//! a symbolic link refers to.

mod reading;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use cadforge_core::TaskProblem;
use cadforge_core::fields::{Fields, is_word};
use cadforge_geometry::MeshFormat;
use cadforge_reward::{Check, read_checks};

use super::shown::unshown_number;
use super::{Level, RecordedRepair, RecordedStep, Scale, Task, recording, version};
use reading::{Folder, Outside};

const LEVELS: [(&str, Level); 3] = [
    ("easy", Level::Easy),
    ("medium", Level::Medium),
    ("hard", Level::Hard),
];
const SCALES: [(&str, Scale); 2] = [("mm", Scale::Mm), ("free", Scale::Free)];
const AXES: [(&str, usize); 3] = [("x", 0), ("y", 1), ("z", 2)];

/// Problems of a task folder that its files show; empty if it can be loaded.
///
/// [`super::check::judge`] finds the problems that show only when the files are built.
pub fn check_statically(dir: &Path) -> Vec<TaskProblem> {
    read(dir).err().unwrap_or_default()
}

/// Reads a task folder, or returns all its problems.
pub fn read(dir: &Path) -> Result<Task, Vec<TaskProblem>> {
    let root = match dir.canonicalize() {
        Ok(root) if root.is_dir() => root,
        Ok(_) => return Err(vec![TaskProblem::of_file(dir, "is not a folder")]),
        Err(error) => {
            return Err(vec![TaskProblem::of_file(
                dir,
                format!("cannot be read: {error}"),
            )]);
        }
    };
    let mut folder = Folder {
        dir: dir.to_owned(),
        root,
        problems: Vec::new(),
    };
    let card = folder.card();
    let seeds = folder.seeds();
    let reference = if folder.exists("reference.py") {
        folder.code(Path::new("reference.py"))
    } else {
        None
    };
    let further_references = folder.further_references();
    let repairs = folder.repairs();
    folder.report_unknown_files(card.as_ref().and_then(|card| card.reference_mesh.as_deref()));
    match card {
        Some(card) if folder.problems.is_empty() => {
            folder.task(card, seeds, reference, further_references, repairs)
        }
        _ => Err(folder.problems),
    }
}

/// Valid fields of `task.toml`.
struct Card {
    id: Option<String>,
    level: Option<Level>,
    family: Option<String>,
    label: Option<String>,
    prompt: Option<String>,
    semantic_hints: Option<Vec<String>>,
    bbox_mm: Option<[f64; 3]>,
    scale: Scale,
    axis: Option<usize>,
    checks: Vec<Check>,
    /// Relative to the folder; kept even if it is invalid.
    reference_mesh: Option<PathBuf>,
    not_asked: Vec<String>,
}

impl Folder {
    /// `None` if there is no table; invalid fields are reported and left out.
    fn card(&mut self) -> Option<Card> {
        let file = self.dir.join("task.toml");
        let table = self.table(Path::new("task.toml"))?;
        let mut fields = Fields::new(table, String::new(), &file, &mut self.problems);
        let id = fields.word("id");
        let name = self
            .dir
            .file_name()
            .or_else(|| self.root.file_name())
            .unwrap_or_default()
            .to_string_lossy();
        if let Some(id) = id.as_deref()
            && id != name
        {
            fields.refuse("id", &format!("must be the folder's name `{name}`, is `{id}`"));
        }
        fields.require("level");
        let mut card = Card {
            id,
            level: fields.choice("level", &LEVELS),
            family: fields.word("family"),
            label: fields.text("label"),
            prompt: fields.text("prompt"),
            semantic_hints: fields.words("semantic_hints"),
            bbox_mm: fields.optional_size("bbox_mm"),
            scale: fields.choice("scale", &SCALES).unwrap_or_default(),
            axis: fields.choice("axis", &AXES),
            checks: Vec::new(),
            reference_mesh: None,
            not_asked: fields.optional_texts("not_asked"),
        };
        let mesh = fields.optional_text("reference_mesh");
        let tables = fields.optional_tables("checks");
        fields.finish();
        card.checks = read_checks(tables, &file, &mut self.problems);
        self.report_unshown(&file, &card);
        if let Some(mesh) = &mesh {
            self.check_mesh(&file, mesh);
        }
        card.reference_mesh = mesh.map(PathBuf::from);
        Some(card)
    }

    /// Reports checks that require values which the model is not shown.
    fn report_unshown(&mut self, file: &Path, card: &Card) {
        let Some(prompt) = &card.prompt else { return };
        for (index, check) in card.checks.iter().enumerate() {
            if let Some(number) = unshown_number(check.literals(), prompt, card.bbox_mm) {
                let field = format!("checks.{}", index + 1);
                let message = format!(
                    "(`{}`) asks for {number}, which neither `prompt` nor `bbox_mm` gives",
                    check.name
                );
                let hint = "write the number into the prompt, or make it of numbers that stand there: \"900 / 2 - 20\"";
                self.problems
                    .push(TaskProblem::of_field(file, &field, message).hint(hint));
            }
            if check.kind().needs_bbox && card.bbox_mm.is_none() {
                let field = format!("checks.{}", index + 1);
                self.problems
                    .push(TaskProblem::of_field(file, &field, "needs `bbox_mm`"));
            }
        }
    }

    fn check_mesh(&mut self, card: &Path, named: &str) {
        let mesh = Path::new(named);
        let wrong = if named.is_empty()
            || mesh
                .components()
                .any(|part| !matches!(part, Component::Normal(_)))
        {
            "must be a path within the task folder"
        } else if MeshFormat::of_path(mesh).is_none() {
            &format!("must be a {} file", MeshFormat::NAMES)
        } else {
            match self.inside(mesh) {
                Ok(path) if path.is_file() => return,
                Ok(_) => "must be a file",
                Err(Outside::Missing) => "names a file that does not exist",
                Err(Outside::Leaves) => "leads out of the task folder",
            }
        };
        let problem = TaskProblem::of_field(card, "reference_mesh", format!("{wrong}: `{named}`"));
        self.problems.push(problem);
    }

    fn seeds(&mut self) -> BTreeMap<String, String> {
        let hint = "a seed is `<mode>.py`, the mode made of a-z, 0-9 and _";
        let seeds = self.scripts("seeds", "is not a seed", hint);
        if !self.exists("seeds/weak.py") {
            let hint = "give the weak seed that every task starts from";
            self.refuse(Path::new("seeds/weak.py"), "is missing").hint = Some(hint.to_owned());
        }
        seeds
    }

    fn further_references(&mut self) -> BTreeMap<String, String> {
        let hint = "a further reference is `<name>.py`, the name made of a-z, 0-9 and _";
        let references = self.scripts("references", "is not a reference", hint);
        if !references.is_empty() && !self.exists("reference.py") {
            let hint = "name one of them reference.py, beside references/";
            self.refuse(Path::new("references"), "needs a first reference")
                .hint = Some(hint.to_owned());
        }
        references
    }

    /// The files `<name>.py` of a folder, by name; any other file is a problem.
    fn scripts(&mut self, folder: &str, wrong: &str, hint: &str) -> BTreeMap<String, String> {
        let mut scripts = BTreeMap::new();
        for file in self.names(Path::new(folder)) {
            let path = Path::new(folder).join(&file);
            match file.strip_suffix(".py") {
                Some(name) if is_word(name) => {
                    if let Some(code) = self.code(&path) {
                        scripts.insert(name.to_owned(), code);
                    }
                }
                _ => self.refuse(&path, wrong).hint = Some(hint.to_owned()),
            }
        }
        scripts
    }

    fn repairs(&mut self) -> Vec<RecordedRepair> {
        if !self.exists("repairs") {
            return Vec::new();
        }
        let mut repairs = Vec::new();
        for name in self.names(Path::new("repairs")) {
            let path = Path::new("repairs").join(&name);
            if !is_word(&name) || !self.dir.join(&path).is_dir() {
                let hint = "a recording is a folder `repairs/<name>/`, the name made of a-z, 0-9 and _";
                self.refuse(&path, "is not a recorded repair").hint = Some(hint.to_owned());
            } else if self.exists(path.join(recording::FILE)) {
                repairs.extend(self.trajectory(&path, &name));
            } else if let Some(steps) = self.steps(&path) {
                repairs.push(RecordedRepair {
                    name,
                    start: None,
                    steps,
                });
            }
        }
        repairs
    }

    /// The trajectory of a loop; other outputs of `repair --out` may remain beside it.
    fn trajectory(&mut self, path: &Path, name: &str) -> Option<RecordedRepair> {
        for other in self.names(path) {
            if ![recording::FILE, "artifacts"].contains(&other.as_str()) {
                let hint = "beside trajectory.jsonl there is its folder of artifacts, or nothing";
                self.refuse(&path.join(&other), "is not part of this recording")
                    .hint = Some(hint.to_owned());
            }
        }
        let task = self
            .dir
            .file_name()
            .map_or_else(String::new, |id| id.to_string_lossy().into_owned());
        match recording::read(&self.dir.join(path), name, &task) {
            Ok(recording) => Some(recording),
            Err(message) => {
                self.refuse(&path.join(recording::FILE), &message).hint =
                    Some("record it again with `cadforge repair --out`".to_owned());
                None
            }
        }
    }

    /// The steps that a recording's `repair.toml` lists; every other .py file is reported.
    fn steps(&mut self, recording: &Path) -> Option<Vec<RecordedStep>> {
        let list = recording.join("repair.toml");
        let file = self.dir.join(&list);
        let table = self.table(&list)?;
        let mut fields = Fields::new(table, String::new(), &file, &mut self.problems);
        let tables = fields.tables("step");
        fields.finish();
        let mut listed = Vec::new();
        let mut steps = Vec::new();
        for (index, table) in tables?.into_iter().enumerate() {
            let prefix = format!("step.{}.", index + 1);
            let mut fields = Fields::new(table, prefix.clone(), &file, &mut self.problems);
            let name = fields.text("file");
            let reason = fields.optional_text("reason").unwrap_or_default();
            fields.finish();
            let Some(name) = name else { continue };
            let stem = name.strip_suffix(".py").unwrap_or_default();
            let wrong = if !is_word(stem) {
                "must be `<name>.py` beside repair.toml, the name made of a-z, 0-9 and _"
            } else if listed.contains(&name) {
                "is the file of an earlier step"
            } else if !self.exists(recording.join(&name)) {
                "names a file that does not exist"
            } else {
                ""
            };
            if !wrong.is_empty() {
                let problem =
                    TaskProblem::of_field(&file, &format!("{prefix}file"), format!("{wrong}: `{name}`"));
                self.problems.push(problem);
                continue;
            }
            if let Some(code) = self.code(&recording.join(&name)) {
                steps.push(RecordedStep {
                    code,
                    reason,
                    ..RecordedStep::default()
                });
            }
            listed.push(name);
        }
        for name in self.names(recording) {
            if name != "repair.toml" && !listed.contains(&name) {
                let hint = "list it in repair.toml beside it, or remove it";
                self.refuse(&recording.join(&name), "is not a step of this recording")
                    .hint = Some(hint.to_owned());
            }
        }
        Some(steps)
    }

    /// Reports unknown files in a task folder: usually their names are misspelled.
    fn report_unknown_files(&mut self, mesh: Option<&Path>) {
        let meshes = mesh
            .and_then(|mesh| mesh.components().next())
            .map(|first| first.as_os_str().to_os_string());
        for name in self.names(Path::new("")) {
            let known = [
                "task.toml",
                "seeds",
                "reference.py",
                "references",
                "repairs",
                "files",
                "README.md",
            ]
            .contains(&name.as_str());
            if !known && meshes.as_deref() != Some(name.as_ref()) {
                let hint = "a task folder holds task.toml, seeds/, reference.py, references/, repairs/, files/, README.md \
                            and the file that `reference_mesh` names";
                self.refuse(Path::new(&name), "has no place in a task folder")
                    .hint = Some(hint.to_owned());
            }
        }
    }

    fn task(
        self,
        card: Card,
        seeds: BTreeMap<String, String>,
        reference: Option<String>,
        further_references: BTreeMap<String, String>,
        repairs: Vec<RecordedRepair>,
    ) -> Result<Task, Vec<TaskProblem>> {
        let (bbox_mm, scale, axis, checks) = (card.bbox_mm, card.scale, card.axis, card.checks);
        let complete = (
            card.id,
            card.level,
            card.family,
            card.label,
            card.prompt,
            card.semantic_hints,
        );
        let (Some(id), Some(level), Some(family), Some(label), Some(prompt), Some(semantic_hints)) = complete
        else {
            unreachable!("a field that is not there is a problem, and a folder with problems gets no task");
        };
        let reference_mesh = card.reference_mesh.map(|mesh| self.dir.join(mesh));
        let version = version::version(
            &semantic_hints,
            bbox_mm,
            scale,
            reference.as_deref(),
            &further_references,
            reference_mesh.as_deref(),
            axis,
            &checks,
            &self.dir.join("files"),
        )
        .map_err(|error| {
            let mesh = reference_mesh.as_deref().unwrap_or(&self.dir);
            vec![TaskProblem::of_file(mesh, format!("cannot be read: {error}"))]
        })?;
        Ok(Task {
            id,
            level,
            family,
            label,
            prompt,
            semantic_hints,
            bbox_mm,
            scale,
            axis,
            checks,
            seeds,
            reference,
            further_references,
            reference_mesh,
            not_asked: card.not_asked,
            repairs,
            dir: self.dir,
            version,
        })
    }
}
