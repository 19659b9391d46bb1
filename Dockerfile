# The webhook's image, the same as `cargo xtask image` makes without an engine: one static program, no shell, no root.
#
#   docker build --tag ghcr.io/neo4jbackup/neo4jbackup-webhook:0.1.0 .

# What it is built in. A tag may be another image tomorrow, so that a release says which one it means:
#
#   docker build --build-arg RELEASE=true --build-arg RUST_IMAGE=rust:1.95.0-slim-bookworm@sha256:… .

ARG RUST_IMAGE=rust:1.95.0-slim-bookworm
FROM ${RUST_IMAGE} AS build
ARG RUST_IMAGE
ARG RELEASE=false
RUN case "$RELEASE $RUST_IMAGE" in \
      "true rust:1.95.0-slim-bookworm@sha256:"*) ;; \
      "true "*) \
        echo >&2 "RUST_IMAGE is $RUST_IMAGE; a release needs rust:1.95.0-slim-bookworm@sha256:…, by digest" \
        && exit 1 ;; \
    esac
WORKDIR /source
COPY . .
# The toolchain of this image is the one that rust-toolchain.toml asks for, without the parts that only developers use.
ENV RUSTUP_TOOLCHAIN=1.95.0
# Naming the target keeps the flags away from programs that run while building, which cannot be static.
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN target="$(rustc --print host-tuple)" \
    && cargo build --locked --release --package neo4jbackup-webhook --target "$target" \
    && install -D --mode=0755 "target/$target/release/neo4jbackup-webhook" /image/neo4jbackup-webhook \
    && install --directory --mode=0755 /image/etc \
    && install --directory --mode=1777 /image/tmp \
    && printf 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' >/image/etc/passwd \
    && printf 'root:x:0:\nnonroot:x:65532:\n' >/image/etc/group

FROM scratch
LABEL org.opencontainers.image.title="neo4jbackup-webhook" \
      org.opencontainers.image.description="Admission webhook for the backup and restore resources of the Neo4j operator" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/neo4jbackup/neo4jbackup"
COPY --from=build /image/ /
USER 65532:65532
WORKDIR /
EXPOSE 10250 8081
ENTRYPOINT ["/neo4jbackup-webhook"]
