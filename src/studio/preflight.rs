//! Checks what a window needs before one is opened: without it the windowing code panics.

use std::path::Path;
use std::{env, fs};

/// A shared library that is loaded at run time, and its Debian package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Library {
    /// Any of these file names suffices.
    pub names: &'static [&'static str],
    /// Debian package.
    pub package: &'static str,
}

/// Libraries of an X11 window.
const X11: [Library; 6] = [
    Library {
        names: &["libX11.so.6"],
        package: "libx11-6",
    },
    Library {
        names: &["libX11-xcb.so.1"],
        package: "libx11-xcb1",
    },
    Library {
        names: &["libXcursor.so.1"],
        package: "libxcursor1",
    },
    Library {
        names: &["libXi.so.6"],
        package: "libxi6",
    },
    Library {
        names: &["libxkbcommon-x11.so.0"],
        package: "libxkbcommon-x11-0",
    },
    Library {
        names: &["libGL.so.1", "libEGL.so.1"],
        package: "libgl1",
    },
];

/// Libraries of a Wayland window.
const WAYLAND: [Library; 3] = [
    Library {
        names: &["libwayland-client.so.0"],
        package: "libwayland-client0",
    },
    Library {
        names: &["libxkbcommon.so.0"],
        package: "libxkbcommon0",
    },
    Library {
        names: &["libEGL.so.1"],
        package: "libegl1",
    },
];

/// Error with a hint if no window can open here.
pub fn check() -> Result<(), String> {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let (wayland, x11) = (set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET"), set("DISPLAY"));
    if !wayland && !x11 {
        return Err(
            "no display: neither DISPLAY nor WAYLAND_DISPLAY is set\nhint: start the studio from a desktop, \
                    through `xvfb-run -a cadforge`, or use `cadforge eval` and `cadforge render`, which need none"
                .to_owned(),
        );
    }
    // Wayland is tried first; where both exist, X11 suffices.
    let missing = match (wayland, x11) {
        (true, false) => missing(&WAYLAND),
        (true, true) if missing(&WAYLAND).is_empty() => Vec::new(),
        (_, _) => missing(&X11),
    };
    if missing.is_empty() {
        Ok(())
    } else {
        Err(message(&missing))
    }
}

fn missing(wanted: &[Library]) -> Vec<Library> {
    // The loader's index knows every folder that it searches. A system without one (NixOS, musl) stores libraries where only the
    // loader finds them, so nothing is reported as missing there.
    let Ok(index) = fs::read("/etc/ld.so.cache") else {
        return Vec::new();
    };
    let folders = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&folders)
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    let there = |name: &str| in_index(&index, name) || folders.iter().any(|folder| is_file(folder, name));
    wanted
        .iter()
        .filter(|library| !library.names.iter().any(|name| there(name)))
        .copied()
        .collect()
}

fn message(missing: &[Library]) -> String {
    let names: Vec<_> = missing.iter().map(|library| library.names[0]).collect();
    let packages: Vec<_> = missing.iter().map(|library| library.package).collect();
    format!(
        "libraries needed by the window are missing: {}\nhint: sudo apt-get install {}",
        names.join(", "),
        packages.join(" ")
    )
}

/// The loader's index holds names as strings that end with a zero byte.
fn in_index(index: &[u8], name: &str) -> bool {
    let mut wanted = name.as_bytes().to_vec();
    wanted.push(0);
    index.windows(wanted.len()).any(|window| window == wanted)
}

fn is_file(folder: &Path, name: &str) -> bool {
    folder.join(name).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_library_names_match() {
        let index = b"glibc-ld.so.cache1.1\0libX11.so.6\0/usr/lib/libX11.so.6\0libXi.so.6.1.0\0";
        assert!(in_index(index, "libX11.so.6"));
        assert!(!in_index(index, "libXi.so.6"));
        assert!(!in_index(index, "libXcursor.so.1"));
    }

    #[test]
    fn the_message_names_the_packages_to_install() {
        let text = message(&[X11[2], X11[4]]);
        assert!(
            text.ends_with("hint: sudo apt-get install libxcursor1 libxkbcommon-x11-0"),
            "{text}"
        );
    }
}
