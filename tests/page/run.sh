#!/bin/bash
# Opens the page of `cadforge serve` in a headless Chromium, runs a repair loop there and checks its text and screenshots.
#
#   run.sh CADFORGE [FOLDER]
#
# Saves screenshots in FOLDER, by default target/page.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

cadforge=$(realpath "$1")
pictures=${2:-target/page}
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo 'page: no Chromium: run `sudo apt-get install chromium`' >&2
    exit 1
}
mkdir -p "$pictures"
scratch=$(mktemp -d)
mkfifo "$scratch/stdin"
CADFORGE_CACHE=off "$cadforge" serve --port 0 --while-stdin --reference none --tasks tasks \
    <"$scratch/stdin" >"$scratch/stdout" 2>"$scratch/stderr" &
server=$!
# The server ends when this descriptor is closed, thus also when this script is killed.
exec 9>"$scratch/stdin"
trap 'exec 9>&-; wait "$server" || true; rm -rf "$scratch"' EXIT

for ((i = 0; i < 600; i++)); do
    [[ -s $scratch/stdout ]] && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$scratch/stdout")
[[ $url ]] || {
    echo "page: the server did not start: $(cat "$scratch/stderr")" >&2
    exit 1
}
# Run the loop once without the browser, so that the time limit of the browser covers only the page.
.venv/bin/python - "$url" <<'PY'
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
opener.open(sys.argv[1] + "/api/space/repair-loop", data=b'{"task_id":"caster_wheel_fork"}', timeout=300).read()
PY

# browse SIZE QUERY OPTION...: opens the page; the flags disable network access and the GPU.
browse() {
    timeout 120 "$browser" --headless --no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader --hide-scrollbars \
        --no-proxy-server --disable-background-networking --user-data-dir="$scratch/profile" --window-size="$1" \
        --virtual-time-budget=20000 "${@:3}" "$url/$2" 2>"$scratch/browser"
}

failed=0
fail() {
    echo "page: $*" >&2
    failed=1
}

dom=$(browse 1280,720 '?run=1' --dump-dom)
for wanted in 'target reached' 'Step 4 · best' 'Weak seed' 'semantic parts' 'cadforge-v1, fast'; do
    grep -q "$wanted" <<<"$dom" || fail "the page does not contain \`$wanted\`"
done
grep -q 'id="empty" hidden' <<<"$dom" || fail 'the browser has no WebGL'
broken=$(browse 1280,720 '?run=1&step=3' --dump-dom)
grep -q "did not build, line" <<<"$broken" || fail 'the step that failed to build has no gate'

# share PICTURE CROP CONDITION: how many of 10,000 pixels of a crop fulfil an awk condition on r, g and b.
share() {
    convert "$1" -crop "$2" +repage -resize '100x100!' -depth 8 rgb:- | od -An -v -tu1 -w3 |
        awk "{ r = \$1; g = \$2; b = \$3; if ($3) n++ } END { print n + 0 }"
}
for size in 1280,720 1920,1080 600,1000; do
    picture=$pictures/page-${size%,*}.png
    browse "$size" '?run=1' --screenshot="$PWD/$picture" >/dev/null
    width=${size%,*} height=${size#*,}
    half=$(((width > 900 ? width - 400 : width) / 2))
    warm=$(share "$picture" "${half}x$((height * 55 / 100))+0+110" 'r > 120 && r > 1.3 * b')
    teal=$(share "$picture" "${half}x$((height * 55 / 100))+${half}+110" 'g > 50 && g > 1.3 * r')
    ((warm > 15)) || fail "$size: the seed is not visible ($warm)"
    ((teal > 200)) || fail "$size: the step is not visible ($teal)"
done
((failed)) || echo "page: passed, screenshots in $pictures"
exit "$failed"
