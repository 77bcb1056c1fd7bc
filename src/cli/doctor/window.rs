//! Requirements of the window and of headless rendering: libraries, an OpenGL driver, a display, file dialogs.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::libraries;
use super::report::Check;
use crate::render::Headless;

const GROUP: &str = "window";

/// Libraries that are loaded at run time, with their Debian packages.
const LIBRARIES: [(&str, &str); 6] = [
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("libX11-xcb.so.1", "libx11-xcb1"),
    ("libXcursor.so.1", "libxcursor1"),
    ("libXi.so.6", "libxi6"),
    ("libGL.so.1", "libgl1"),
    ("libEGL.so.1", "libegl1"),
];

pub(super) fn check() -> Vec<Check> {
    let folders = libraries::folders();
    let mut checks: Vec<_> = LIBRARIES
        .into_iter()
        .map(|(library, package)| match libraries::find(&folders, library) {
            Some(path) => Check::ok(GROUP, library, path.display().to_string()),
            None => Check::missing(
                GROUP,
                library,
                "not found",
                format!("`sudo apt-get install {package}`"),
            ),
        })
        .collect();
    checks.push(driver(&folders));
    checks.push(headless());
    checks.push(display());
    checks.push(dialogs());
    checks
}

/// Mesa's drivers, in hardware or software, or NVIDIA's own.
fn driver(folders: &[PathBuf]) -> Check {
    let mesa = folders.iter().map(|folder| folder.join("dri")).find(|folder| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .any(|name| name.ends_with("_dri.so"))
    });
    match libraries::find(folders, "libEGL_nvidia.so.0").or(mesa) {
        Some(path) => Check::ok(GROUP, "OpenGL driver", path.display().to_string()),
        None => {
            let fix = "`sudo apt-get install libgl1-mesa-dri`";
            Check::missing(GROUP, "OpenGL driver", "neither Mesa's nor NVIDIA's found", fix)
        }
    }
}

/// Whether the driver provides a context, as pictures and thumbnails need.
fn headless() -> Check {
    let name = "OpenGL 3.3";
    match Headless::new() {
        Ok(_) => Check::ok(GROUP, name, "a context without a display works"),
        Err(error) => Check::failed(
            GROUP,
            name,
            &error,
            "`sudo apt-get install libegl1 libgl1-mesa-dri`",
        ),
    }
}

fn display() -> Check {
    let name = "display";
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(wayland) = variable("WAYLAND_DISPLAY") {
        let folder = variable("XDG_RUNTIME_DIR").unwrap_or_default();
        if UnixStream::connect(Path::new(&folder).join(&wayland)).is_ok() {
            return Check::ok(GROUP, name, format!("Wayland, {wayland}"));
        }
    }
    let fix = "start cadforge in a desktop session, or under `xvfb-run`; the command line needs none";
    let Some(x11) = variable("DISPLAY") else {
        return Check::warn(GROUP, name, "none: no window can be opened", fix);
    };
    match local_socket(&x11) {
        Some(socket) if UnixStream::connect(&socket).is_err() && !abstract_socket(&socket) => Check::warn(
            GROUP,
            name,
            format!("X11, {x11}: no server at {}", socket.display()),
            fix,
        ),
        _ => Check::ok(GROUP, name, format!("X11, {x11}")),
    }
}

/// The socket of a display on this machine; `None` for a remote one.
fn local_socket(display: &str) -> Option<PathBuf> {
    let number = display
        .strip_prefix("unix")
        .unwrap_or(display)
        .strip_prefix(':')?;
    let number = number.split('.').next().unwrap_or_default();
    Some(Path::new("/tmp/.X11-unix").join(format!("X{number}")))
}

/// Whether a server listens on the abstract socket only, as in some containers.
fn abstract_socket(socket: &Path) -> bool {
    let name = format!("@{}", socket.display());
    std::fs::read_to_string("/proc/net/unix").is_ok_and(|text| text.lines().any(|line| line.ends_with(&name)))
}

/// Native file dialogs need the desktop portal; without it the studio has a path field.
fn dialogs() -> Check {
    let name = "file dialogs";
    let share = std::env::var("XDG_DATA_DIRS")
        .ok()
        .filter(|value| !value.is_empty());
    let share = share.unwrap_or_else(|| "/usr/local/share:/usr/share".to_owned());
    let service = "dbus-1/services/org.freedesktop.portal.Desktop.service";
    let portal = std::env::split_paths(&share)
        .map(|folder| folder.join(service))
        .find(|path| path.is_file());
    let fix = "`sudo apt-get install xdg-desktop-portal-gtk` in a desktop session; else the studio has a path field";
    match portal {
        Some(_) if std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some() => {
            Check::ok(GROUP, name, "a desktop portal is installed")
        }
        Some(_) => Check::warn(
            GROUP,
            name,
            "a desktop portal is installed, but there is no session bus",
            fix,
        ),
        None => Check::warn(GROUP, name, "no desktop portal", fix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_displays_socket_follows_from_its_number() {
        let socket = |number: &str| Some(PathBuf::from(format!("/tmp/.X11-unix/X{number}")));
        assert_eq!(local_socket(":0"), socket("0"));
        assert_eq!(local_socket(":99.0"), socket("99"));
        assert_eq!(local_socket("unix:7"), socket("7"));
        assert_eq!(local_socket("elsewhere:0"), None);
    }
}
