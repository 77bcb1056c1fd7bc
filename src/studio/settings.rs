//! What a person can set, kept in a file with comments that can be edited by hand.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::trajectory::replace_file;

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which theme a window starts with.
    pub theme: ThemeChoice,
    /// Size of everything in the window, 0.5 to 3.
    pub scale: f32,
    /// Processes that build candidates, 1 to 16.
    pub workers: usize,
    /// Processor time that a candidate may use, s, 1 to 600.
    pub seconds: f64,
    /// Memory that a candidate may use above that of an idle worker, MB, 128 to 65536.
    pub memory_mb: u64,
    /// `bin/python` of the environment that holds CadQuery; empty to have it found.
    pub python: String,
    /// Folders whose files the scripts in them may read.
    pub project_folders: Vec<PathBuf>,
}

/// Which theme a window starts with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// That of the last window.
    #[default]
    Last,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl ThemeChoice {
    /// Every choice in the order of menus.
    pub const ALL: [Self; 3] = [Self::Last, Self::Dark, Self::Light];

    /// Its name, in the file and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::Last,
            scale: 1.0,
            // One worker for the edit at hand; a second one keeps a repair loop from making it wait.
            workers: 2,
            seconds: 20.0,
            memory_mb: 2048,
            python: String::new(),
            project_folders: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads a file; one that is not there gives what is usual.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        Self::parse(&text).map_err(|message| {
            format!(
                "{}: {message}\nhint: mend the line, or delete the file for what is usual",
                path.display()
            )
        })
    }

    /// Writes the file with a comment for each setting.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let done = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        done.and_then(|()| replace_file(path, self.text().as_bytes()))
            .map_err(|error| format!("cannot keep settings in {}: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let settings: Self = toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())?;
        let within = |name: &str, value: f64, low: f64, high: f64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(format!("`{name}` is {value}, not {low} to {high}"))
            }
        };
        within("scale", f64::from(settings.scale), 0.5, 3.0)?;
        within("workers", settings.workers as f64, 1.0, 16.0)?;
        within("seconds", settings.seconds, 1.0, 600.0)?;
        within("memory_mb", settings.memory_mb as f64, 128.0, 65536.0)?;
        Ok(settings)
    }

    fn text(&self) -> String {
        let Self {
            theme,
            scale,
            workers,
            seconds,
            memory_mb,
            python,
            project_folders,
        } = self;
        let folders = project_folders
            .iter()
            .map(|folder| toml::Value::from(&*folder.to_string_lossy()));
        let folders = toml::Value::Array(folders.collect());
        format!(
            "# Settings of CADForge Studio. Read when a window opens, written by its settings page.\n\
             \n\
             # Theme that a window starts with: last, dark or light.\n\
             theme = \"{}\"\n\
             # Size of everything in the window, 0.5 to 3.\n\
             scale = {scale:?}\n\
             \n\
             # Processes that build candidates, 1 to 16; each takes 320 MB.\n\
             workers = {workers}\n\
             # Processor time that a candidate may use, in seconds, 1 to 600.\n\
             seconds = {seconds:?}\n\
             # Memory that a candidate may use above that of an idle worker, in MB.\n\
             memory_mb = {memory_mb}\n\
             # bin/python of the environment that holds CadQuery; empty to have it found.\n\
             python = {}\n\
             # Folders whose files the scripts in them may read.\n\
             project_folders = {folders}\n",
            theme.name(),
            toml::Value::from(python.as_str())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_with_its_comments() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/settings.toml");
        assert_eq!(Settings::read(&path), Ok(Settings::default()));
        let settings = Settings {
            theme: ThemeChoice::Light,
            scale: 1.25,
            workers: 4,
            seconds: 7.5,
            memory_mb: 512,
            python: "/a \"quoted\" place/bin/python".to_owned(),
            project_folders: vec!["/parts/\"one\"".into(), "/parts/two".into()],
        };
        settings.write(&path).unwrap();
        assert_eq!(Settings::read(&path), Ok(settings));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().filter(|line| line.starts_with('#')).count() >= 6);
    }

    #[test]
    fn a_wrong_line_is_named() {
        assert!(
            Settings::parse("scale = 9.0")
                .unwrap_err()
                .contains("`scale` is 9")
        );
        assert!(Settings::parse("sclae = 1.0").unwrap_err().contains("sclae"));
        assert_eq!(Settings::parse("# nothing\n"), Ok(Settings::default()));
    }
}
