#!/usr/bin/env bash
# Spin over parking.pml: the protocol must hold in every state, and each broken twin must be refused.
#
#   check_parking.sh BUILD_FOLDER     SECOND=2: the larger model (22 million states, 3 GB)
set -euo pipefail
command -v spin > /dev/null || { echo 'not installed: apt-get install spin'; exit 1; }
model=$(realpath "$(dirname "$0")/parking.pml")
out=$1
second=${SECOND:-1}
failures=0

# check WANTED NAME FLAGS...: WANTED is "holds" or "refused".
check() {
  local wanted=$1 name=$2 folder="$out/$2" verdict=broken
  shift 2
  mkdir -p "$folder"
  (
    cd "$folder"
    spin -a "$@" "$model" > spin.log
    gcc -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c
    ./pan -m1000000 -n > pan.log 2>&1
  ) || true
  local states errors
  states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$folder/pan.log")
  errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$folder/pan.log")
  if grep -q 'Search not completed\|max search depth too small' "$folder/pan.log" && [ "$errors" = 0 ]; then
    verdict=incomplete
  elif [ "$errors" = 0 ]; then
    verdict=holds
  elif grep -q 'assertion violated\|invalid end state (' "$folder/pan.log"; then
    verdict=refused
  fi
  printf '%-8s %10s states  %s\n' "$verdict" "$states" "$name"
  if [ "$verdict" != "$wanted" ]; then
    echo "         expected: $wanted"
    failures=$((failures + 1))
  fi
}

check holds protocol -DSECOND="$second"
check holds gone-once-told -DSECOND=0 -DGONE_ONCE_TOLD
check refused no-pass-on-when-let-go -DSECOND=0 -DGONE_ONCE_TOLD -DNO_PASS_ON_LETGO
check refused no-pass-on-when-stopped -DSECOND=0 -DNO_PASS_ON_STOP
check refused no-pass-on-after-take -DNO_PASS_ON
check refused no-second-look -DNO_SECOND_LOOK
check refused no-second-try -DNO_SECOND_TRY
check refused no-timer-for-claims -DNO_TIMER
check refused no-wake-for-room -DNO_ROOM_WAKE
check refused wake-before-claim -DWAKE_BEFORE_CLAIM
check refused close-without-wake -DCLOSE_WITHOUT_WAKE
echo "parking: $((11 - failures)) passed, $failures failed"
[ "$failures" -eq 0 ]
