#!/usr/bin/env bash
# Breaks a copy of ring.h, or of the kernel's ring_reader.h, in one place at a time: the test that is named must
# fail for each.
#
#   check_mutants.sh BUILD_FOLDER [PART OF A NAME]
#
# A mutant is: its name; what must notice it, `model SCENARIO` (random),
# `bounded SCENARIO` (at most two preemptions), `stress TEST`, `unit BINARY`, or `reader TEST` (of the kernel's
# reader); and the change, as a Perl substitution over the whole file, which must change something.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
native=$(realpath "$here/../../native")
mkdir -p "$1"
out=$(realpath "$1")
only=${2:-}

# A put that overshoots reads `head` anew for its watermark. That hides weak claims from the model, so
# these mutants go without.
mutants() {
  cat <<'LIST'
publish-relaxed | model OneToOne | s/(sequence\.store\(ticket \+ 1, std::memory_order_)release/${1}relaxed/
published-relaxed | model OneToOne | s/(sequence\.load\(std::memory_order_)acquire/${1}relaxed/
publish-before-copy | model OneToOne | s/(    header\.size\.store\(size, std::memory_order_relaxed\);\n)(.*?)(    header\.sequence\.store\(ticket \+ 1, std::memory_order_release\);\n)/$1$3$2/s
put-claims-relaxed | bounded OldView | s/(tail_\.fetch_add\(1, std::memory_order_)seq_cst/${1}relaxed/; s/NoteSize\(lane, ticket \+ 1\);//
put-claims-acquire | bounded OldView | s/(tail_\.fetch_add\(1, std::memory_order_)seq_cst/${1}acquire/; s/NoteSize\(lane, ticket \+ 1\);//
put-claims-release | bounded OldView | s/(tail_\.fetch_add\(1, std::memory_order_)seq_cst/${1}release/; s/NoteSize\(lane, ticket \+ 1\);//
put-claims-acq-rel | model ParkForPut | s/(tail_\.fetch_add\(1, std::memory_order_)seq_cst/${1}acq_rel/
batch-claims-acquire | bounded OldViewBatch | s/(weak\(tail, tail \+ slots, std::memory_order_)seq_cst/${1}acquire/; s/NoteSize\(lane, ticket \+ 1\);//
batch-claims-acq-rel | model ParkForBatch | s/(weak\(tail, tail \+ slots, std::memory_order_)seq_cst/${1}acq_rel/
batch-claims-unchecked | model BatchesOnly | s/if \(tail_\.compare_exchange_weak\(tail, tail \+ slots, std::memory_order_seq_cst,\s*std::memory_order_relaxed\)\)/tail = tail_.fetch_add(slots, std::memory_order_seq_cst);\nif (true)/
head-refresh-relaxed | model OneToOne | s/(head_seen = head_\.load\(std::memory_order_)seq_cst/${1}relaxed/
head-refresh-acquire | model ParkForTake | s/(head_seen = head_\.load\(std::memory_order_)seq_cst/${1}acquire/
take-moves-relaxed | model OneToOne | s/(strong\(head, next, std::memory_order_)seq_cst,(\s*std::memory_order_)acquire/${1}relaxed,${2}relaxed/
take-moves-acquire | model OneToOne | s/(strong\(head, next, std::memory_order_)seq_cst/${1}acquire/
take-moves-acq-rel | model ParkForTake | s/(strong\(head, next, std::memory_order_)seq_cst/${1}acq_rel/
take-without-race | model TwoConsumers | s/return head_\.compare_exchange_strong\(.*?\);/head_.store(next, std::memory_order_seq_cst);\nreturn true;/s
copy-after-take | model JustTaken | s/(Platform::CopyOut\(target, [^;]*;)(\s*if \(MoveHead\(head, head \+ 1\)\) \{)/$2$1/
peek-check-acquire | model PeekAndTake | s/(now = head_\.fetch_add\(0, std::memory_order_)acq_rel/${1}acquire/
peek-check-by-load | model PeekAndTake | s/now = head_\.fetch_add\(0, std::memory_order_acq_rel\)/now = head_.load(std::memory_order_acquire)/
peek-unchecked | model PeekAndTake | s/if \(Distance\(now, cursor\) > 0\) continue;//
small-target-check-by-load | model SmallTarget | s/\? head_\.fetch_add\(0, std::memory_order_acq_rel\)/? head_.load(std::memory_order_acquire)/
read-index-acquire | model ParkForDrain | s/(read_index\(\) const \{ return head_\.load\(std::memory_order_)seq_cst/${1}acquire/
write-index-acquire | model ParkForPut | s/(tail = tail_\.load\(std::memory_order_)seq_cst/${1}acquire/
close-in-two-steps | model CloseAndPut | s/tail_\.fetch_or\(kClosedBit, std::memory_order_seq_cst\);/tail_.load(std::memory_order_seq_cst);\ntail_.store(tail | kClosedBit, std::memory_order_seq_cst);/
claim-after-close-kept | model CloseAndPut | s/if \(\(ticket & kClosedBit\) != 0\) return PutStatus::kClosed;//
final-tail-relaxed | model CloseAndPut | s/(final_tail_\.store\(tail, std::memory_order_)release/${1}relaxed/
drained-relaxed | model CloseAndPut | s/(final_tail_\.load\(std::memory_order_)acquire(\) == head)/${1}relaxed$2/
no-slack | model SlackAtItsLimit | s/slot_count_\(g\.capacity \+ kSeats\)/slot_count_(g.capacity)/
slack-one-short | model SlackAtItsLimit | s/slot_count_\(g\.capacity \+ kSeats\)/slot_count_(g.capacity + kSeats - 1)/
reserved-mark-kept-by-put | model ReserveAndPut | s/      ticket &= ~kReservedBit;\n//
reserved-mark-kept-by-batch | model ReserveAndPut | s/    tail &= ~kReservedBit;\n    NoteSize/    NoteSize/
reserved-mark-kept-by-close | model ReserveAndClose | s/    tail &= ~kReservedBit;\n    \/\/ Release/    \/\/ Release/
reserved-mark-told | unit ring_set_test | s/return tail & ~kReservedBit;/return tail;/
reserved-room-taken | model ReservedIsLeft | s/ \+ reserved_slots_\.load\(std::memory_order_relaxed\);/;/
reserved-room-kept-from-its-owner | model ReservedIsLeft | s/kUsesReserved \? tail & ~kReservedBit : //
reserve-in-two-steps | model ReserveAndPut | s/tail_\.fetch_or\(kReservedBit, std::memory_order_relaxed\)/tail_.store(tail_.load(std::memory_order_relaxed) | kReservedBit, std::memory_order_relaxed)/
unreserve-in-two-steps | model ReserveAndClose | s/tail_\.fetch_and\(~kReservedBit, std::memory_order_relaxed\)/tail_.store(tail_.load(std::memory_order_relaxed) & ~kReservedBit, std::memory_order_relaxed)/
unreserve-forgotten | model ParkForUnreserve | s/if \(reserved\(\)\) tail_\.fetch_and\([^;]*;//
no-slack-under-load | stress OnASmallRing | s/slot_count_\(g\.capacity \+ kSeats\)/slot_count_(g.capacity)/
publish-before-copy-under-load | stress OnASmallRing | s/(    header\.size\.store\(size, std::memory_order_relaxed\);\n)(.*?)(    header\.sequence\.store\(ticket \+ 1, std::memory_order_release\);\n)/$1$3$2/s
copy-after-take-under-load | stress OnASmallRing | s/(Platform::CopyOut\(target, [^;]*;)(\s*if \(MoveHead\(head, head \+ 1\)\) \{)/$2$1/
take-without-race-under-load | stress OnASmallRing | s/return head_\.compare_exchange_strong\(.*?\);/head_.store(next, std::memory_order_seq_cst);\nreturn true;/s
peek-unchecked-under-load | stress OnASmallRing | s/if \(Distance\(now, cursor\) > 0\) continue;//
one-too-many | unit ring_test | s/(if \(Distance\(tail, lane\.head_seen\) >)=( Signed\(capacity_\)\) return)/$1$2/
watermark-unrefreshed | unit ring_model_test | s/RefreshHead\(lane\);(\s*const std::int64_t size)/$1/
reader-ignores-busy | reader ABusyRecordStops | s/if \(\(header & kBusyBit\) != 0\) \{/if (false) {/
reader-visits-discarded | reader ADiscardedRecord | s/if \(\(header & kDiscardBit\) == 0\) visit/visit/
reader-trusts-lengths | reader GarbageLengths | s/bytes > left/false/
reader-checks-length-unpadded | reader GarbageLengths | s/bytes > left/size > left/
reader-trusts-positions | reader ImpossiblePositions | s/left > memory_\.size/false/
reader-forgets-refusal | reader GarbageLengths | s/corrupt_ = true;//
reader-ignores-other-readers | reader AnotherReader | s/ \|\| __atomic_load_n\(memory_\.consumer, __ATOMIC_RELAXED\) != position_//
reader-advances-unpadded | reader RecordsOfAnySize | s/\+ kHeaderBytes \+ 7\) & ~std::uint64_t\{7\}/+ kHeaderBytes)/
reader-keeps-room | reader RoomComesBack | s/if \(\+\+unreported == kStep\)/if (++unreported == 100000)/
reader-reports-late | reader RecordsOfAnySize | s/if \(unreported != 0\) ReportPosition\(\);//
reader-compares-unsigned | reader RandomHistories | s/static_cast<std::int64_t>\(end - position_\) > 0/end > position_/
lap-one-slot-too-long | unit ring_test | s/index >= slot_count_/index > slot_count_/
span-ends-unwrapped | unit ring_test | s/return index \+ 1 == slot_count_ \? 0 : index \+ 1;/return index + 1;/
LIST
}

# check NAME METHOD ARGUMENT CHANGE: exits 0 when the mutant is killed.
check() {
  local name=$1 method=$2 argument=$3 change=$4
  local folder="$out/$name" flags=(-std=c++20 -g0 -pthread -I"$out/$1") run=()
  rm -rf "$folder"
  mkdir -p "$folder"
  cp -r "$native/core" "$native/kernel" "$folder"
  local file=core/ring.h
  [ "$method" = reader ] && file=kernel/ring_reader.h
  perl -0777 -pi -e "$change" "$folder/$file"
  if cmp -s "$native/$file" "$folder/$file"; then
    echo "NOT APPLIED  $name: $file has changed, so must the mutant"
    return 1
  fi
  case "$method" in
    bounded) g++ "${flags[@]}" -O1 -DSCENARIO="$argument" -DBOUND=2 -o "$folder/test" \
               "$here/ring_relacy.cc" 2> "$folder/log" && run=("$folder/test") ;;
    model) g++ "${flags[@]}" -O1 -DSCENARIO="$argument" -o "$folder/test" "$here/ring_relacy.cc" \
             2> "$folder/log" && run=("$folder/test") ;;
    stress) g++ "${flags[@]}" -O1 -fno-exceptions -o "$folder/test" "$here/ring_stress_test.cc" \
              2> "$folder/log" && run=("$folder/test" "$argument") ;;
    reader) g++ "${flags[@]}" -O1 -o "$folder/test" "$here/kernel_ring_reader_test.cc" \
              2> "$folder/log" && run=("$folder/test" "$argument") ;;
    unit) g++ "${flags[@]}" -O1 -o "$folder/test" "$here/$argument.cc" 2> "$folder/log" &&
            run=("$folder/test") ;;
  esac
  if [ "${#run[@]}" -eq 0 ]; then
    echo "NOT BUILT    $name: see $folder/log"
    return 1
  fi
  if MODEL_ITERATIONS=4000000 STRESS_MULTIPLIER=1 STALL_SECONDS=2 timeout 120 "${run[@]}" \
    > "$folder/log" 2>&1; then
    echo "SURVIVED     $name ($method $argument)"
    return 1
  fi
  echo "killed       $name ($method $argument: $(grep -m1 -o '\(random\|bounded\) *[0-9]* inter\|failed: .*\|stands still' "$folder/log" | sed 's/[a-z]* *\([0-9]*\) inter/interleaving \1/' || echo crash))"
}

if [ "${CHECK_ONE:-}" != "" ]; then
  IFS='|' read -r name how change <<< "$CHECK_ONE"
  read -r method argument <<< "$how"
  check "${name// /}" "$method" "$argument" "${change# }"
  exit
fi

status=0
list=$(mutants | { grep -- "$only" || true; })
# shellcheck disable=SC2016 # expanded by the inner shell
tr '\n' '\0' <<< "$list" | sed -z '/^$/d' |
  xargs -0 -P "$(nproc)" -I{} env CHECK_ONE={} bash "$0" "$out" > "$out/verdicts" || status=1
sort "$out/verdicts"
killed=$(grep -c '^killed' "$out/verdicts" || true)
echo "mutants: $killed passed, $(($(wc -l <<< "$list") - killed)) failed"
exit "$status"
