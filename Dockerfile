# The board as a container image: one static binary, no shell, not root.
#
#   docker run -p 8080:8080 -v triageboard:/data triageboard
#
# Built by `make image`.

ARG GO_VERSION=1.26
ARG NODE_VERSION=24

# The browser's packages, as package-lock.json names them.
FROM node:${NODE_VERSION}-bookworm-slim AS packages
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM golang:${GO_VERSION}-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=packages /src/node_modules node_modules
RUN go run ./web/static/build
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /dashboard ./cmd/dashboard
# What the board's user may write to: its data, and temporary files.
RUN install -d -m 0700 /rootfs/data && install -d -m 1777 /rootfs/tmp

FROM scratch
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Triage Board" \
      org.opencontainers.image.description="An alert-triage board for care teams that watch patients at home through Luscii" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /rootfs/ /
COPY --from=build /dashboard /dashboard

# Relative paths of the settings, such as the default databases, lie in /data.
WORKDIR /data
VOLUME /data
USER 65532:65532
ENV DASHBOARD_ADDR=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/dashboard", "healthcheck"]
ENTRYPOINT ["/dashboard"]
