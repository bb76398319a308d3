#!/usr/bin/env bash
# Builds and runs the targets; the Makefile tells more.
#
#   fuzz.sh run BUILD_FOLDER       each target for FUZZ_SECONDS; FUZZ_ONLY takes those of that name
#   fuzz.sh build BUILD_FOLDER     only that
#   fuzz.sh planted BUILD_FOLDER   broken twins, a Perl substitution over one file each: found in PLANTED_SECONDS
set -euo pipefail
here=$(realpath "$(dirname "$0")")
native=$(realpath "$here/../../native")
out=$(realpath "$2")
clang=${CLANG:-clang++}
only=${FUZZ_ONLY:-}

planted() {
  cat <<'LIST'
btf | kernel/btf.cc | s/ \|\| \*more > end - at - kTypeBytes//
event_packer | core/staged_events.h | s/ \|\| size > bytes - at//
event_writers | core/encoded_event.h | s/    if \(units > static_cast<std::size_t>\(utf16_end_ - utf16_\) \/ 2\) return false;\n//
event_writers | core/wire_writer.h | s/readable >= kPadding && //
json_projection | core/json_projection.h | s/    if \(row_limit_ - row_ < count \+ 1\) return false;\n//
record_mapper | kernel/record_mapper.cc | s/ \|\| size < least_record_\[kind\]//
tracer_details | kernel/tracer_details.cc | s/ \+ kAt, size - kAt/ + kAt, size - sizeof(TracerRecord)/
LIST
}

# build TARGET BINARY NATIVE_FOLDER: kernel targets take the kernel's sources, too.
build() {
  local sources=()
  grep -q '"kernel/' "$here/$1_fuzz.cc" && sources=("$3"/kernel/*.cc)
  if [ -f "$2" ] && [ -z "$(find "$here" "$here/../core" "$3/core" "$3/kernel" -name '*.[ch]*' -newer "$2")" ]; then return; fi
  "$clang" -std=c++20 -O1 -g -fno-exceptions -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=undefined -I"$3" -I"$here" -I"$here/.." -o "$2" "$here/$1_fuzz.cc" "${sources[@]}"
}

# fuzz BINARY CORPUS SEEDS SECONDS PREFIX: no input may take 10 seconds or 1 GB.
fuzz() {
  "$1" -use_value_profile=1 -max_total_time="$4" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$5" "$2" "$3"
}

# Takes units and features from a log: those of the corpus are run, too, before others are made of them.
tell() {
  awk '/stat::number_of_executed_units/ { units = $2 }
    /^#[0-9]+\tINITED/ { loaded = substr($1, 2) }
    match($0, /cov: [0-9]+/) { cover = substr($0, RSTART + 5, RLENGTH - 5) }
    match($0, /corp: [0-9]+/) { corpus = substr($0, RSTART + 6, RLENGTH - 6) }
    END { printf "%9d new inputs, %5d edges, corpus %4d", loaded ? units - loaded : 0, cover, corpus }' "$1"
}

failures=0
passed=0
seconds=${FUZZ_SECONDS:-20}
node "$here/seeds.mjs" "$out/seeds"

case "$1" in
  build)
    for source in "$here"/*_fuzz.cc; do
      name=$(basename "$source" _fuzz.cc)
      build "$name" "$out/$name" "$native"
    done
    exit
    ;;
  run)
    for source in "$here"/*_fuzz.cc; do
      name=$(basename "$source" _fuzz.cc)
      [[ "$name" == *"$only"* ]] || continue
      mkdir -p "$out/$name-corpus"
      build "$name" "$out/$name" "$native"
      log="$out/$name.log"
      if fuzz "$out/$name" "$out/$name-corpus" "$out/seeds/$name" "$seconds" "$out/$name-" > "$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $name: $(tell "$log"), $seconds s"
      else
        failures=$((failures + 1))
        echo "FAILED  $name: $(grep -m1 'ERROR: \|runtime error\|^required: ' "$log"); see $log"
      fi
    done
    ;;
  planted)
    while IFS='|' read -r name file change; do
      name=${name// /} file=${file// /}
      [[ "$name" == *"$only"* ]] || continue
      twin="$out/planted/$name"
      rm -rf "$twin"
      mkdir -p "$twin/corpus"
      cp -r "$native/core" "$native/kernel" "$twin"
      perl -0777 -pi -e "$change" "$twin/$file"
      if cmp -s "$native/$file" "$twin/$file"; then
        failures=$((failures + 1))
        echo "NOT APPLIED  $name: $file has changed, so must the bug"
        continue
      fi
      build "$name" "$twin/fuzz" "$twin"
      since=$SECONDS
      if fuzz "$twin/fuzz" "$twin/corpus" "$out/seeds/$name" "${PLANTED_SECONDS:-60}" "$twin/" > "$twin/log" 2>&1; then
        failures=$((failures + 1))
        echo "NOT FOUND    $name, $file: $(tell "$twin/log")"
      else
        passed=$((passed + 1))
        echo "found        $name, $file, in $((SECONDS - since)) s: $(grep -m1 -o 'ERROR: [A-Za-z]*: [a-zA-Z0-9-]*\|runtime error: .*\|required: .*' "$twin/log")"
      fi
    done < <(planted)
    ;;
esac
echo "fuzz $1: $passed passed, $failures failed"
[ "$failures" -eq 0 ]
