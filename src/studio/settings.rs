//! Settings, saved in a commented file that can be edited by hand.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::state::free_name;
use crate::trajectory::replace_file;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub theme: ThemeChoice,
    /// Scale of the interface, 0.5 to 3.
    pub scale: f32,
    /// Worker processes, 1 to 16.
    pub workers: usize,
    /// CPU time per candidate, s, 1 to 600.
    pub seconds: f64,
    /// Memory per candidate above that of an idle worker, MB, 128 to 65536.
    pub memory_mb: u64,
    /// `bin/python` of the environment with CadQuery; empty for auto-detection.
    pub python: String,
    /// Folders whose files the scripts in them may read.
    pub project_folders: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    #[default]
    Last,
    Dark,
    Light,
}

impl ThemeChoice {
    /// All choices in menu order.
    pub const ALL: [Self; 3] = [Self::Last, Self::Dark, Self::Light];

    /// Name in the file and on screen.
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
            // One worker for hand edits; the second keeps a repair loop from delaying them.
            workers: 2,
            seconds: 20.0,
            memory_mb: 2048,
            python: String::new(),
            project_folders: Vec::new(),
        }
    }
}

/// Extension of the backup of a malformed file.
const COPY: &str = "bak";

/// A parsed settings file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// Defaults where the file has no valid value.
    pub settings: Settings,
    /// Unknown keys, preserved when the file is written.
    unknown: Table,
    /// Errors in values, or in the file as a whole.
    problems: Vec<String>,
}

impl Read {
    /// Message about the file's errors, with a hint; none if it is valid.
    pub fn message(&self, path: &Path) -> Option<String> {
        let mut messages = self.problems.clone();
        messages.extend(
            self.unknown
                .keys()
                .map(|key| format!("`{key}` is not a known setting")),
        );
        if messages.is_empty() {
            return None;
        }
        let hint = if self.problems.is_empty() {
            "correct the name; until then it is preserved and has no effect"
        } else {
            "correct the file; until then the defaults apply, and a backup is kept before the settings page replaces the file"
        };
        Some(format!(
            "{}: {}\nhint: {hint}",
            path.display(),
            messages.join("; ")
        ))
    }
}

impl Settings {
    /// Reads a file; missing and invalid values get their defaults.
    pub fn read(path: &Path) -> Read {
        match std::fs::read(path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Self::parse(&text),
                Err(error) => {
                    Self::not_read(format!("byte {} is not UTF-8", error.utf8_error().valid_up_to()))
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Read::default(),
            Err(error) => Self::not_read(format!("cannot be read: {error}")),
        }
    }

    fn not_read(problem: String) -> Read {
        Read {
            problems: vec![problem],
            ..Read::default()
        }
    }

    /// Writes the file with a comment for each setting. Unknown keys are preserved; of a malformed file a backup is kept.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let fail = |error: std::io::Error| format!("cannot save settings in {}: {error}", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        let before = Self::read(path);
        if !before.problems.is_empty() {
            std::fs::copy(path, free_name(path, COPY)).map_err(fail)?;
        }
        let mut text = self.text();
        if !before.unknown.is_empty() {
            text.push_str("\n# Not settings of this version.\n");
            text.push_str(&before.unknown.to_string());
        }
        replace_file(path, text.as_bytes()).map_err(fail)
    }

    fn parse(text: &str) -> Read {
        let mut table = match text.parse::<Table>() {
            Ok(table) => table,
            Err(error) => return Self::not_read(error.to_string().trim().to_owned()),
        };
        let mut read = Read::default();
        let Read {
            settings, problems, ..
        } = &mut read;
        let mut take = |key: &str, wanted: &str, set: &mut dyn FnMut(&Value) -> Option<()>| {
            if let Some(value) = table.remove(key)
                && set(&value).is_none()
            {
                problems.push(format!("`{key}` is {value}, not {wanted}"));
            }
        };
        let number = |value: &Value, low: f64, high: f64| {
            let whole = || value.as_integer().map(|whole| whole as f64);
            let number = value.as_float().or_else(whole);
            number.filter(|number| (low..=high).contains(number))
        };
        let whole = |value: &Value, low: i64, high: i64| {
            let whole = value.as_integer().filter(|whole| (low..=high).contains(whole));
            whole.map(i64::cast_unsigned)
        };
        take("theme", "last, dark or light", &mut |value| {
            let name = value.as_str()?;
            settings.theme = ThemeChoice::ALL.into_iter().find(|theme| theme.name() == name)?;
            Some(())
        });
        take("scale", "0.5 to 3", &mut |value| {
            settings.scale = number(value, 0.5, 3.0)? as f32;
            Some(())
        });
        take("workers", "1 to 16", &mut |value| {
            settings.workers = whole(value, 1, 16)? as usize;
            Some(())
        });
        take("seconds", "1 to 600", &mut |value| {
            settings.seconds = number(value, 1.0, 600.0)?;
            Some(())
        });
        take("memory_mb", "128 to 65536", &mut |value| {
            settings.memory_mb = whole(value, 128, 65536)?;
            Some(())
        });
        take("project_folders", "a list of paths in quotes", &mut |value| {
            let path = |value: &Value| value.as_str().map(PathBuf::from);
            settings.project_folders = value.as_array()?.iter().map(path).collect::<Option<_>>()?;
            Some(())
        });
        take("python", "a path in quotes", &mut |value| {
            value.as_str()?.clone_into(&mut settings.python);
            Some(())
        });
        read.unknown = table;
        read
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
             # Theme at startup: last, dark or light.\n\
             theme = \"{}\"\n\
             # Scale of the interface, 0.5 to 3.\n\
             scale = {scale:?}\n\
             \n\
             # Worker processes, 1 to 16; each takes 320 MB.\n\
             workers = {workers}\n\
             # CPU time per candidate in seconds, 1 to 600.\n\
             seconds = {seconds:?}\n\
             # Memory per candidate above that of an idle worker, in MB.\n\
             memory_mb = {memory_mb}\n\
             # bin/python of the environment with CadQuery; empty for auto-detection.\n\
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
    fn written_settings_are_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/settings.toml");
        assert_eq!(Settings::read(&path), Read::default());
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
        let read = Settings::read(&path);
        assert_eq!((read.message(&path), read.settings), (None, settings));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().filter(|line| line.starts_with('#')).count() >= 6);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(Settings::parse("# nothing\n"), Read::default());
    }

    #[test]
    fn an_unknown_key_is_reported_and_preserved() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.toml");
        std::fs::write(&path, "sclae = 1.0\nworkers = 3\n[grid]\nstep = [1, 2.5]\n").unwrap();
        let mut read = Settings::read(&path);
        assert_eq!(read.settings.workers, 3);
        let message = read.message(&path).unwrap();
        for part in ["settings.toml", "`sclae`", "`grid`", "hint:"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        read.settings.workers = 5;
        for _ in 0..2 {
            read.settings.write(&path).unwrap();
            assert_eq!(Settings::read(&path), read);
        }
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            1,
            "nothing was lost"
        );
    }

    #[test]
    fn an_invalid_value_is_reported_and_the_others_apply() {
        for (line, expected) in [
            ("scale = 9.0", "`scale` is 9.0, not 0.5 to 3"),
            ("scale = nan", "`scale` is nan"),
            ("scale = \"big\"", "`scale` is \"big\""),
            ("workers = 0", "`workers` is 0, not 1 to 16"),
            ("workers = 2.5", "`workers` is 2.5"),
            ("seconds = inf", "`seconds` is inf"),
            ("memory_mb = -1", "`memory_mb` is -1"),
            ("memory_mb = 9223372036854775807", "`memory_mb` is"),
            ("theme = \"Dark\"", "`theme` is \"Dark\", not last, dark or light"),
            ("python = 3", "`python` is 3"),
        ] {
            let other = if line.starts_with("workers") {
                "seconds = 7\n"
            } else {
                "workers = 3\n"
            };
            let read = Settings::parse(&format!("{other}{line}\n"));
            let message = read.message(Path::new("x")).unwrap();
            assert!(message.contains(expected), "{line}: {message}");
            let mut expected = Settings::default();
            if line.starts_with("workers") {
                expected.seconds = 7.0;
            } else {
                expected.workers = 3;
            }
            assert_eq!(read.settings, expected, "{line}");
        }
        assert_eq!(Settings::parse("scale = 2\n").settings.scale, 2.0);
    }

    #[test]
    fn a_malformed_file_is_backed_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.toml");
        let kept = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
        for (bytes, name) in [
            (&b"scale = = 1\n"[..], "settings.toml.bak"),
            (b"scale = 9\n", "settings.toml.bak2"),
            (b"python = \"\xff\"\n", "settings.toml.bak3"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let read = Settings::read(&path);
            assert_eq!(read.settings, Settings::default());
            assert!(read.message(&path).unwrap().contains("hint:"));
            read.settings.write(&path).unwrap();
            assert_eq!(kept(name), bytes);
            assert_eq!(Settings::read(&path), Read::default());
        }
    }
}
