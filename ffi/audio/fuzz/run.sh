#!/bin/sh
# Fuzzes the targets one after another on one core, for some seconds each: run.sh [SECONDS [TARGET...]]
#
# Results are in .build/fuzz: artifacts, caught panics, the corpus, and log.tsv with one line per run.
#
# Needs nightly Rust and cargo-fuzz (cargo install cargo-fuzz). SANITIZER=address checks memory at half the speed.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- riff aiff_caf mp4 mkv ogg flac mpeg mpeg_ts mkv_encoded packets open decode

sanitizer=${SANITIZER:-none}
work=$(cd ../../.. && pwd)/.build/fuzz
target=$(rustc +nightly -vV | sed -n 's/^host: //p')
# Cargo.toml enables overflow checks and debug assertions. Checksums stay enabled, so that findings are valid files.
cargo +nightly fuzz build -O -s "$sanitizer" --no-cfg-fuzzing --target-dir "$work/$sanitizer"
cargo +nightly run --quiet --release --example seeds --target-dir "$work/seeds" -- \
  "$work/corpus" seeds/* ../../../test/audio/hostile/*

for name; do
  mkdir -p "$work/corpus/$name" "$work/artifacts/$name" "$work/contained"
  ASR_FUZZ_PANICS="$work/contained" nice -n 19 "$work/$sanitizer/$target/release/$name" "$work/corpus/$name" \
    -dict=ids.dict -max_len=8192 -timeout=10 -rss_limit_mb=1024 -max_total_time="$seconds" \
    -reload=0 -print_final_stats=1 -artifact_prefix="$work/artifacts/$name/" \
    > "$work/$name.log" 2>&1 || echo "$name: see $work/$name.log"
  reached=$(grep -o 'cov: .*corp: [0-9]*' "$work/$name.log" | tail -1)
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")
  echo "$(date -u +%FT%TZ)	$sanitizer	$name	${executions:-0}	$reached	found: $(ls "$work/artifacts/$name" | wc -l)" |
    tee -a "$work/log.tsv"
done
