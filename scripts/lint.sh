#!/usr/bin/env bash
# Checks the sources and changes none. Every check runs, also after one failed.

# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

golangci_version=v2.15.0
golangci=.cache/bin/golangci-lint-$golangci_version
govulncheck_version=v1.9.0

go_format() {
  local files
  files=$(gofmt -l cmd internal web) || return
  [[ -z $files ]] || { printf 'not formatted; make fmt:\n%s\n' "$files"; return 1; }
}

go_vet() {
  go vet ./...
}

linters() {
  if [[ ! -x $golangci ]]; then
    echo "installing golangci-lint $golangci_version, which takes some minutes"
    GOBIN=$PWD/.cache/bin go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$golangci_version" &&
      mv .cache/bin/golangci-lint "$golangci" || return
  fi
  "$golangci" run
}

template_format() {
  local file status=0
  for file in "${templates[@]}"; do
    "$templ" fmt -stdout "$file" 2>/dev/null | cmp -s - "$file" ||
      { echo "$file: not formatted; make fmt"; status=1; }
  done
  return "$status"
}

# The committed Go is what the templates give, and none is left of a template
# that is gone.
generated_code() {
  local file status=0
  for file in "${templates[@]}"; do
    "$templ" generate -f "$file" -stdout | cmp -s - "${file%.templ}_templ.go" ||
      { echo "$file: has changed since its Go was generated; make generate"; status=1; }
  done
  for file in "${generated[@]}"; do
    [[ -f ${file%_templ.go}.templ ]] || { echo "$file: its template is gone; make generate"; status=1; }
  done
  return "$status"
}

# By the types in their comments; nothing is compiled.
javascript_types() {
  node_modules/.bin/tsc
}

modules() {
  go mod tidy -diff
}

# It holds versions and digests; from where they come is up to npm's settings.
lock_file() {
  ! grep -n '"resolved"' package-lock.json
}

# The database of known vulnerabilities can't be reached from closed networks.
vulnerabilities() {
  local output
  output=$(go run "golang.org/x/vuln/cmd/govulncheck@$govulncheck_version" ./... 2>&1) && return
  if grep -q 'fetching vulnerabilities' <<<"$output"; then
    echo 'left out: the database of known vulnerabilities cannot be reached from here'
    return
  fi
  echo "$output"
  return 1
}

templ=$(go tool -n templ)
mapfile -t templates < <(find web -name '*.templ' | sort)
mapfile -t generated < <(find web -name '*_templ.go' | sort)
failed=()
for check in go_format go_vet linters template_format generated_code javascript_types modules lock_file vulnerabilities; do
  echo "lint: ${check//_/ }"
  "$check" || failed+=("${check//_/ }")
done
((${#failed[@]} == 0)) || die "lint failed: $(IFS=,; echo "${failed[*]}")"
