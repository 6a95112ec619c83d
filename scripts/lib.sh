# shellcheck shell=bash
# Shared by the scripts beside it; sourced, not run. They all work from the top
# of the repository.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "$*" >&2
  exit 1
}
