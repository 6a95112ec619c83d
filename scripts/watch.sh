#!/usr/bin/env bash
# Runs the board and, on every change of Go, templates, styles, scripts or
# images, builds and starts it anew. templ's watcher calls this script again,
# with "start", for each round.

# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

if [[ ${1:-} == start ]]; then
  go run ./web/static/build
  go build -buildvcs=false -o bin/dashboard ./cmd/dashboard
  exec bin/dashboard
fi

exec "$(go tool -n templ)" generate -log-level warn -watch \
  -watch-pattern '\.(go|templ|css|js|svg)$' \
  -ignore-pattern '/web/static/dist/|/node_modules/|_test\.go$' \
  -cmd 'scripts/watch.sh start'
