#!/usr/bin/env bash
# Runs each fuzz test of the module for FUZZTIME (default 10s), one after the
# other. A failing input is left in the package's testdata/fuzz, to be committed
# with the repair.

# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

# "package test" for each; go test lists a package's tests before its name.
fuzz_tests() {
  go test -list '^Fuzz' ./... | awk '
    /^Fuzz/ { names[++n] = $1 }
    /^ok/ { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }
  '
}

tests=$(fuzz_tests)
if [[ -z $tests ]]; then
  echo 'there are no fuzz tests'
  exit
fi
while read -r package name; do
  echo "fuzz: $package $name"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-10s}" "$package"
done <<<"$tests"
