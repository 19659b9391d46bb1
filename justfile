# What a contributor types; each recipe is one cargo command, so that none needs just.

# Lists the recipes.
default:
    @just --list --unsorted

# Everything that is written by a program and committed.
gen:
    cargo xtask gen

# Every check and every test: what CI runs.
test:
    cargo xtask test

# Shows the webhook at work on a real API server.
demo:
    cargo xtask demo

# The end-to-end tests alone.
e2e:
    cargo xtask e2e

# Format and lint.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets

# Write the expected findings and snapshots anew; read the diff.
bless:
    UPDATE=1 INSTA_UPDATE=always cargo test -p neo4jbackup-tests -p kubectl-neo4jbackup
