#!/usr/bin/env bash
# Runs every test. What the tests need beyond Go is installed where that can be
# done (Debian, as root); what couldn't be had is skipped, and the last lines
# name it.
#
#   NO_SKIPS=1    fail if anything was skipped
#   VERBOSE=1     show every test's output, not only that of failed packages
#   TEST_FLAGS=…  more flags for go test
#
# Tests that need a browser skip themselves where TRIAGE_SKIP_BROWSER holds a
# reason.

# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

log=.cache/test.log
javascript_log=.cache/javascript-test.log
mkdir -p .cache

has_browser() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable headless-shell; do
    command -v "$name" >/dev/null && return
  done
  [[ -x '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' ]]
}

# The race detector needs cgo: a C compiler, and the C library's headers.
has_cgo() {
  local cc
  read -ra cc <<<"$(go env CC)"
  command -v "${cc[0]}" >/dev/null &&
    "${cc[@]}" -x c -fsyntax-only - <<<'#include <stdlib.h>' 2>/dev/null
}

on_debian_as_root() {
  [[ $(id -u) == 0 ]] && grep -qs '^ID=debian$' /etc/os-release
}

# Whether it worked shows in what is there afterwards.
install_missing() {
  local packages=()
  has_browser || packages+=(chromium)
  has_cgo || packages+=(gcc libc6-dev)
  if ((${#packages[@]} == 0)) || ! on_debian_as_root; then
    return
  fi
  echo "installing ${packages[*]}"
  if ! { apt_get update && apt_get install -y --no-install-recommends "${packages[@]}"; }; then
    tail -n 5 .cache/apt.log >&2
  fi
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get "$@" >.cache/apt.log 2>&1
}

# Passes on each package's result, and what its tests wrote if it failed.
# shellcheck disable=SC2317 # called by its name in $show
brief() {
  awk '
    /^(ok  |\?   )\t/ { held = ""; if (!/\[no test files\]/) print; next }
    /^FAIL\t/ { printf "%s%s\n", held, $0; held = ""; next }
    /^=== / || /^ *--- PASS/ { next }
    { held = held $0 "\n" }
    END { printf "%s", held }
  '
}

# The tests that skipped themselves, each with the reason it gave.
skipped_tests() {
  awk '
    /^=== / { test = $3 }
    /^ +[^ ]+\.go:[0-9]+: / { said[test] = $0; sub(/^ +[^ ]+: /, "", said[test]) }
    /^ *--- SKIP: / { print $3 ": " ($3 in said ? said[$3] : "no reason given") }
    /^(ok  |FAIL)\t/ { delete said }
  ' "$log"
}

# Runs the tests that stand beside the scripts of the page; the log ends with
# "# pass 7" and the like.
javascript_tests() {
  node --test --test-reporter=tap web/static/js/*.test.js >"$javascript_log" 2>&1 && return
  cat "$javascript_log"
  return 1
}

javascript_count() {
  awk -v what="$1" '$1 == "#" && $2 == what { print $3 }' "$javascript_log"
}

count() {
  grep -c "^ *--- $1: " "$log" || true
}

install_missing

flags=(-count=1 -v)
left_out=()
if has_cgo; then
  export CGO_ENABLED=1
  flags+=(-race)
else
  left_out+=("the race detector: it needs a C compiler and the C library's headers (gcc, libc6-dev)")
fi
if ! has_browser; then
  export TRIAGE_SKIP_BROWSER='no Chromium was found'
  left_out+=('the browser tests: they need Chromium (chromium)')
fi
show=brief
if [[ -n ${VERBOSE:-} ]]; then
  show='cat'
fi

status=0
# shellcheck disable=SC2086 # a list of words
go test "${flags[@]}" ${TEST_FLAGS:-} ./... 2>&1 | tee "$log" | $show || status=$?

javascript_tests || status=$?

mapfile -t skipped < <(skipped_tests)
if [[ $(javascript_count skipped) != 0 ]]; then
  left_out+=("tests of JavaScript, as $javascript_log says")
fi
echo "JavaScript tests: $(javascript_count pass) passed, $(javascript_count fail) failed, $(javascript_count skipped) skipped"
echo "tests: $(count PASS) passed, $(count FAIL) failed, ${#skipped[@]} skipped"
grep '^FAIL.*\[.* failed\]$' "$log" || true
for what in "${left_out[@]}" "${skipped[@]}"; do
  echo "SKIPPED $what"
done
if [[ -n ${NO_SKIPS:-} ]] && ((${#left_out[@]} + ${#skipped[@]})); then
  echo 'failed: with NO_SKIPS set, nothing may be skipped' >&2
  status=1
fi
exit "$status"
