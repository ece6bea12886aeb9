#!/bin/sh
# Each fuzz target for a few seconds: SECONDS_EACH, 2 unless told. Needs a nightly compiler, and nothing but libfuzzer-sys
# besides. Where there is none, or no time to build with it (BUILD_SECONDS, 240), it says so and goes on: the same
# properties are tried on stable in any case (tests/properties).
set -eu
cd "$(dirname "$0")"
seconds=${SECONDS_EACH:-2}
work=$PWD/target/short

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz-short: NOT RUN, no nightly compiler is installed; the properties were tried on stable alone"
    exit 0
fi

# What cargo-fuzz passes, without what it would take to install it, and without a sanitizer: speed counts here.
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Ccodegen-units=4 --cfg fuzzing -Cdebug-assertions"
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
build() { RUSTFLAGS="$coverage" timeout "$1" cargo +nightly build --quiet --release --locked --target "$host" --target-dir "$work"; }
built=0
build "${BUILD_SECONDS:-240}" || built=$?
if [ "$built" = 124 ]; then
    echo "fuzz-short: NOT RUN, the build did not end in ${BUILD_SECONDS:-240} s; the properties were tried on stable alone"
    exit 0
elif [ "$built" != 0 ]; then
    exit "$built"
fi
cargo run --quiet --manifest-path ../Cargo.toml -p janua-properties --no-default-features --example corpora -- "$work/seeds"

targets=$(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.toml | grep -v -e janua-fuzz -e config)
for target in $targets; do
    dictionary=dictionaries/${target%_operations}.dict
    mkdir -p "$work/corpus/$target" "$work/artifacts"
    if ! "$work/$host/release/$target" -max_total_time="$seconds" -max_len=2048 -rss_limit_mb=1024 -timeout=300 \
        -artifact_prefix="$work/artifacts/$target-" ${dictionary:+$([ -f "$dictionary" ] && echo "-dict=$dictionary")} \
        "$work/corpus/$target" "$work/seeds/$target" >"$work/$target.log" 2>&1; then
        tail -n 40 "$work/$target.log"
        echo "fuzz-short: $target found something; the input is in $work/artifacts"
        exit 1
    fi
    echo "fuzz-short: $target, $(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$work/$target.log") executions"
done
