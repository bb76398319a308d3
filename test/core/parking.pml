/*
 * The parking protocol: native/core/wake.h as native/core/ring_set.h and native/addon use it.
 *
 * Two producers put, sleeping for want of room: one a batch of two with one wake, the other single
 * records. Two consumers take, sleeping for want of records; one of them may go away. Somebody closes, at any
 * moment or when everything stands still. Whenever everything stands still, nobody may be asleep who
 * has reason to be awake; at the end, nobody is asleep at all and every record has been taken.
 *
 * One atomic block is one access of the code to what is shared. A publication is a plain store, which
 * may become visible after the producer's look at the sleepers: hence the consumer's timer when it
 * sees a claim.
 *
 * Broken twins, each of which Spin must refuse: -DNO_SECOND_LOOK -DNO_SECOND_TRY -DNO_PASS_ON
 * -DNO_PASS_ON_STOP -DNO_TIMER -DCLOSE_WITHOUT_WAKE -DNO_ROOM_WAKE -DWAKE_BEFORE_CLAIM
 */
#ifndef CAPACITY
#define CAPACITY 2
#endif
#ifndef SECOND
#define SECOND 1 /* records of the second producer; 2 takes a minute and 3 GB */
#endif
#define TOTAL (2 + SECOND)

byte tail = 0; /* claimed */
byte head = 0; /* taken */
bool published[TOTAL];
bool closed = false;

/* Two lots, each a queue in the order of parking; its length is what `parked` says. */
chan for_record = [2] of { byte };
chan for_room = [2] of { byte };
bool woken[2];      /* consumers */
bool room_woken[2]; /* producers */

byte producers = 2; /* that have not ended */
byte consumers = 2;
bool one_goes;      /* the first consumer goes away at some time */

#define HAS_RECORD (head < tail && published[head])
#define DRAINED (closed && head == tail)

/* The look at `parked`, then, under the lock, the first in the queue. */
inline wake_one_for_record() {
  if
  :: atomic { empty(for_record) -> skip }
  :: atomic { nempty(for_record) -> skip };
    atomic {
      if
      :: for_record ? w -> woken[w] = true; w = 0
      :: empty(for_record) -> skip
      fi
    }
  fi
}

inline wake_all_for_record() {
  atomic {
    do
    :: for_record ? w -> woken[w] = true; w = 0
    :: empty(for_record) -> break
    od
  }
}

inline wake_all_for_room() {
  atomic {
    do
    :: for_room ? w -> room_woken[w] = true; w = 0
    :: empty(for_room) -> break
    od
  }
}

/* RingSet::PassWakeOn */
inline pass_wake_on() {
  if
  :: atomic { HAS_RECORD -> skip }; wake_one_for_record()
  :: atomic { !HAS_RECORD -> skip };
    if
    :: atomic { DRAINED -> skip }; wake_all_for_record()
    :: atomic { !DRAINED -> skip }
    fi
  fi
}

#define PUBLISH \
  d_step { published[first] = true; published[first + size - 1] = true; first = 0 }

/* Puts `left` slots, `size` of them at a time. */
proctype Producer(byte me; byte left; byte size) {
  byte first = 0;
  byte w = 0;
  bool parked = false;

put:
  if
  :: atomic { left == 0 -> goto done }
  :: atomic { left != 0 -> skip }
  fi;
#ifdef WAKE_BEFORE_CLAIM
  wake_one_for_record();
#endif
  if
  :: atomic { closed -> goto done }
  :: atomic { !closed && tail + size - head <= CAPACITY ->
      first = tail; tail = tail + size; left = left - size; goto claimed }
  :: atomic { !closed && tail + size - head > CAPACITY -> skip }
  fi;
  /* Full. Park, then try once more, then sleep. */
  if
  :: atomic { !parked -> for_room ! me; parked = true; room_woken[me] = false }
#ifndef NO_SECOND_TRY
    ; goto put
#endif
  :: atomic { parked -> skip }
  fi;
  atomic { room_woken[me] -> parked = false; goto put };

claimed:
  skip;
#ifdef WAKE_BEFORE_CLAIM
  PUBLISH;
#else
  if
  :: PUBLISH; wake_one_for_record()
  :: atomic { empty(for_record) -> skip }; PUBLISH
  :: atomic { nempty(for_record) -> skip }; PUBLISH; wake_one_for_record()
  fi;
#endif
  atomic {
    if
    :: for_room ?? [eval(me)] -> for_room ?? eval(me)
    :: else -> skip
    fi;
    parked = false; room_woken[me] = false
  };
  goto put;

done:
  atomic {
    if
    :: for_room ?? [eval(me)] -> for_room ?? eval(me)
    :: else -> skip
    fi;
    producers--
  }
}

proctype Consumer(byte me) {
  byte w = 0;

take:
  if
  :: atomic { HAS_RECORD -> head++ };
    /* RingSet::Taken */
#ifndef NO_ROOM_WAKE
    if
    :: atomic { empty(for_room) -> skip }
    :: atomic { nempty(for_room) -> skip }; wake_all_for_room()
    fi;
#endif
#ifndef NO_PASS_ON
    if
    :: atomic { empty(for_record) -> skip }
    :: atomic { nempty(for_record) -> skip }; pass_wake_on()
    fi;
#endif
    if
    :: goto take
    :: atomic { one_goes && me == 0 -> goto done } /* takes no more */
    fi
  :: atomic { !HAS_RECORD -> skip }
  fi;
  if
  :: atomic { DRAINED -> goto done }
  :: atomic { !DRAINED -> skip }
  fi;
  atomic { for_record ! me; woken[me] = false };
#ifndef NO_SECOND_LOOK
  if
  :: atomic { HAS_RECORD -> goto unpark }
  :: atomic { !HAS_RECORD -> skip }
  fi;
  if
  :: atomic { DRAINED -> goto unpark }
  :: atomic { !DRAINED -> skip }
  fi;
#endif
#ifndef NO_TIMER
  if
  :: atomic { head != tail -> goto unpark } /* claimed, not published: looks again */
  :: atomic { head == tail -> skip }
  fi;
#endif
  if
  :: atomic { woken[me] -> skip }
  :: atomic { one_goes && me == 0 -> goto stop } /* while it waits, or is just woken */
  fi;
#ifdef GONE_ONCE_TOLD
  /* Told of the wake, it goes away before it takes: Attachment::LetGo has to pass the wake on. */
  if
  :: goto unpark
  :: atomic { one_goes && me == 0 -> skip };
#ifndef NO_PASS_ON_LETGO
    pass_wake_on();
#endif
    goto done
  fi;
#endif
unpark:
  atomic {
    if
    :: for_record ?? [eval(me)] -> for_record ?? eval(me)
    :: else -> skip
    fi;
    woken[me] = false;
    goto take
  };

stop: /* LoopSleeper::Stop */
  if
  :: atomic { for_record ?? [eval(me)] -> for_record ?? eval(me); goto done }
  :: atomic { !(for_record ?? [eval(me)]) -> skip }
  fi;
#ifndef NO_PASS_ON_STOP
  if
  :: atomic { HAS_RECORD || DRAINED -> skip }; wake_one_for_record()
  :: atomic { !(HAS_RECORD || DRAINED) -> skip }
  fi;
#endif
done:
  atomic { woken[me] = false; consumers-- }
}

/* `timeout`: nothing else can move, so who has not ended is asleep. */
proctype Closer() {
  byte w = 0;
  bool waits;

  if
  :: waits = false
  :: waits = true
  fi;
  if
  :: !waits -> skip
  :: waits && timeout ->
    assert(!(HAS_RECORD && consumers != 0));
    assert(!(head == tail && producers != 0))
  fi;
  closed = true;
#ifndef CLOSE_WITHOUT_WAKE
  wake_all_for_record();
  wake_all_for_room();
#endif
  timeout ->
  assert(producers == 0 && consumers == 0);
  assert(head == tail || one_goes)
}

init {
  atomic {
    if
    :: one_goes = false
    :: one_goes = true
    fi;
    run Producer(0, 2, 2);
    run Producer(1, SECOND, 1);
    run Consumer(0);
    run Consumer(1);
    run Closer()
  }
}
