//! The embedded interpreter: starts it, isolated, on the environment that the client names, and compares versions.

use std::ffi::{CStr, CString};
use std::fs;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use pyo3::ffi;

/// Starts the interpreter of this process as if `python` had been called.
///
/// Isolated: no `PYTHON*` variable, no user site, no current directory. `Err` holds the reason and a hint.
pub(crate) fn start(python: &Path) -> Result<(), String> {
    // Python would resolve a relative path against a folder that it looks up by itself.
    let python = &std::path::absolute(python).map_err(|error| format!("{}: {error}", python.display()))?;
    if !python.exists() {
        return Err(format!(
            "there is no Python environment at {}\nhint: make env, or name another one in CADFORGE_PYTHON",
            python.display()
        ));
    }
    let linked = linked_version();
    // The environment's file holds its version; asking the interpreter costs a process and is needed only if they
    // differ.
    if recorded_version(python).as_ref() != Some(&linked) {
        compare_versions(&linked, &queried_version(python)?, python)?;
    }
    initialize(python)
}

/// The version of libpython in this process, e.g. `3.11.2`.
#[expect(
    unsafe_code,
    reason = "pyo3 asks for the version only of a running interpreter"
)]
pub(crate) fn linked_version() -> String {
    // SAFETY: may be called before the interpreter starts; gives a static string.
    let version = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) };
    version
        .to_string_lossy()
        .split_ascii_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The version in the environment's configuration.
fn recorded_version(python: &Path) -> Option<String> {
    let folder = python.parent()?.parent()?;
    configured_version(&fs::read_to_string(folder.join("pyvenv.cfg")).ok()?)
}

/// The version that the interpreter reports.
fn queried_version(python: &Path) -> Result<String, String> {
    let output = Command::new(python)
        .args(["-I", "-c", "import platform; print(platform.python_version())"])
        .output()
        .map_err(|error| format!("{} cannot be run: {error}\nhint: make env", python.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `version = 3.11.2` as venv writes it, or `version_info = 3.11.2.final.0` as other tools do.
fn configured_version(text: &str) -> Option<String> {
    let (_, value) = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .find(|(key, _)| matches!(key.trim(), "version" | "version_info"))?;
    let digits: Vec<&str> = value.trim().split('.').take(3).collect();
    (digits.len() >= 2).then(|| digits.join("."))
}

/// The standard library must belong to the same build: another patch level may have built modules into the interpreter
/// that this one looks for in files.
fn compare_versions(linked: &str, found: &str, python: &Path) -> Result<(), String> {
    if linked == found {
        return Ok(());
    }
    Err(format!(
        "cadforge-worker is linked with Python {linked}, but {} is Python {found}\n\
         hint: both must be one Python: make the environment with {linked} (make env), or build the worker \
         again with PYO3_PYTHON={}",
        python.display(),
        python.display()
    ))
}

#[expect(unsafe_code, reason = "pyo3 cannot start an interpreter from a configuration")]
fn initialize(python: &Path) -> Result<(), String> {
    let program = CString::new(python.as_os_str().as_bytes())
        .map_err(|_| "the path contains a zero byte".to_owned())?;
    // SAFETY: called once, on the only thread, before any other use of Python; every structure is set up by
    // its own initialiser before a field is written, and cleared afterwards; strings are copied.
    unsafe {
        let mut early = MaybeUninit::<ffi::PyPreConfig>::uninit();
        ffi::PyPreConfig_InitIsolatedConfig(early.as_mut_ptr());
        let mut early = early.assume_init();
        early.utf8_mode = 1;
        check(ffi::Py_PreInitialize(&early), python)?;

        let mut config = MaybeUninit::<ffi::PyConfig>::uninit();
        ffi::PyConfig_InitIsolatedConfig(config.as_mut_ptr());
        let mut config = config.assume_init();
        // Sets and dictionaries iterate in the same order in every worker.
        config.use_hash_seed = 1;
        config.hash_seed = 0;
        config.write_bytecode = 0;
        let name: *mut _ = &raw mut config.program_name;
        let mut status = ffi::PyConfig_SetBytesString(&mut config, name, program.as_ptr());
        if ffi::PyStatus_Exception(status) == 0 {
            status = ffi::Py_InitializeFromConfig(&config);
        }
        ffi::PyConfig_Clear(&mut config);
        check(status, python)
    }
}

#[expect(unsafe_code, reason = "statuses of the interpreter's start are C structures")]
fn check(status: ffi::PyStatus, python: &Path) -> Result<(), String> {
    // SAFETY: the status comes from the interpreter, whose messages are static strings.
    let message = unsafe {
        if ffi::PyStatus_Exception(status) == 0 {
            return Ok(());
        }
        if status.err_msg.is_null() {
            "no reason given".into()
        } else {
            CStr::from_ptr(status.err_msg).to_string_lossy()
        }
    };
    Err(format!(
        "Python did not start from {}: {message}\nhint: the environment may be incomplete, make it again: make env",
        python.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_configuration_formats_hold_the_version() {
        assert_eq!(
            configured_version("home = /usr/bin\nversion = 3.11.2\n").as_deref(),
            Some("3.11.2")
        );
        assert_eq!(
            configured_version("version_info = 3.12.1.final.0\n").as_deref(),
            Some("3.12.1")
        );
        assert_eq!(configured_version("home = /usr/bin\n"), None);
    }

    #[test]
    fn another_version_is_refused_with_both_versions() {
        let python = Path::new("env/bin/python");
        for found in ["3.12.1", "3.11.7", ""] {
            let message = compare_versions("3.11.2", found, python).unwrap_err();
            assert!(message.contains("3.11.2") && message.contains(found), "{message}");
            assert!(message.contains("hint:"), "{message}");
        }
        assert!(compare_versions("3.11.2", "3.11.2", python).is_ok());
    }
}
