#!/usr/bin/env bash
# Installs the release build below a prefix, or uninstalls it.
#
#   scripts/install.sh install|uninstall PREFIX
#
# Programs go to PREFIX/bin; tasks, assets and the Python environment to PREFIX/share/cadforge, where the
# programs look beside themselves and, with the default prefix, in the XDG data folder. Both leave other
# files in that folder unchanged (the user's task packs, trajectories).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

action=$1
case $2 in
/*) prefix=$2 ;;
*) prefix=$PWD/$2 ;;
esac
data=$prefix/share/cadforge
entry=$prefix/share/applications/cadforge.desktop
icon=$prefix/share/icons/hicolor/scalable/apps/cadforge.svg

stop() {
    printf 'install: %s\n' "$1" >&2
    exit 1
}

install_all() {
    mkdir -p "$prefix" 2>/dev/null && [[ -w $prefix ]] ||
        stop "cannot write to $prefix: give a folder of your own with PREFIX=, or run as its owner"
    install -d "$prefix/bin" "$data" "${entry%/*}" "${icon%/*}"
    install -m 755 target/release/cadforge target/release/cadforge-worker "$prefix/bin/"
    local folder
    for folder in tasks assets; do
        rm -rf "$data/$folder.new"
        cp -R "$folder" "$data/$folder.new"
        rm -rf "${data:?}/$folder"
        mv "$data/$folder.new" "$data/$folder"
    done
    assets/python/make_env.sh "$(cat target/setup/python)" "$data/venv"
    # A desktop may not have the prefix on its PATH, so the entry has the full path.
    local line
    while IFS= read -r line; do
        case $line in
        Exec=cadforge*) printf 'Exec="%s"%s\n' "$prefix/bin/cadforge" "${line#Exec=cadforge}" ;;
        TryExec=*) printf 'TryExec=%s\n' "$prefix/bin/cadforge" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <assets/cadforge.desktop >"$entry"
    install -m 644 assets/icon.svg "$icon"
    refresh
    echo "installed to $prefix/bin/cadforge"
    if ! command -v cadforge >/dev/null || [[ $(command -v cadforge) != "$prefix/bin/cadforge" ]]; then
        echo "note: the shell does not find this \`cadforge\`; for now: export PATH=\"$prefix/bin:\$PATH\""
    fi
}

uninstall_all() {
    rm -f "$prefix/bin/cadforge" "$prefix/bin/cadforge-worker" "$entry" "$icon"
    rm -rf "$data/tasks" "$data/assets" "$data/venv"
    rmdir "$data" 2>/dev/null || true
    refresh
    echo "removed from $prefix"
}

# Updates the desktop's caches, if its tools are installed.
refresh() {
    if command -v update-desktop-database >/dev/null && [[ -d ${entry%/*} ]]; then
        update-desktop-database -q "${entry%/*}" || true
    fi
}

case $action in
install) install_all ;;
uninstall) uninstall_all ;;
*) stop "unknown action $action: say install or uninstall" ;;
esac
