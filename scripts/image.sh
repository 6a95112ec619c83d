#!/usr/bin/env bash
# Builds the container image with whichever engine works here, and tags it
# triageboard:latest and triageboard:$VERSION.

# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

version=${VERSION:-unknown}
options=(
  --build-arg "VERSION=$version"
  --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)"
  --tag triageboard:latest
  --tag "triageboard:$version"
)

# podman and buildah drop the HEALTHCHECK unless asked for Docker's format.
if docker info >/dev/null 2>&1; then
  docker build "${options[@]}" .
elif podman info >/dev/null 2>&1; then
  podman build --format docker "${options[@]}" .
elif command -v buildah >/dev/null; then
  buildah build --format docker "${options[@]}" .
else
  die 'no container engine works here: start docker, or install podman or buildah'
fi
