// Many encoded events into one message of protobuf.
#ifndef TAPIO_CORE_WIRE_PACKER_H_
#define TAPIO_CORE_WIRE_PACKER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "staged_events.h"
#include "wire_writer.h"

namespace tapio {

// Writes events one behind the other, each as WireWriter does: the repeated field 1 of a message.
//
// Threads: one at a time. Guarantees: as WireWriter; an event that does not fit, or is none, leaves
//   those before it as they are. Memory: the writer must outlive it.
template <typename Writer>
class WirePacker {
 public:
  struct Outcome {
    std::size_t events;  // written
    std::size_t passed;  // bytes of the staging up to the next event
    std::size_t bytes;   // that were written
    WireStatus stopped;  // why the next one is not; kWritten: there is none
    std::size_t step;    // of the plan, where something was wrong
  };

  explicit WirePacker(Writer& writer) : writer_(writer) {}

  // To `out`, from byte `at` to `end`; each event in at most `most` bytes, with what the writer
  // asks for beyond its last one. `ends`: room for one number for each event: where it ends.
  Outcome Pack(const StagedEvents& events, std::uint8_t* out, std::size_t at, std::size_t end,
               std::size_t most, std::uint32_t* ends) {
    const std::size_t start = at;
    WireOutcome last{WireStatus::kWritten, 0, 0};
    const auto walked = events.Walk([&](const std::uint8_t* event, std::size_t size) {
      last = writer_.Write(event, size, out + at, std::min(end - at, most));
      if (last.status != WireStatus::kWritten) return false;
      at += last.size;
      *ends++ = static_cast<std::uint32_t>(at);
      return true;
    });
    if (walked.outside) last = {WireStatus::kPastEnd, 0, 0};
    return {walked.events, walked.passed, at - start, last.status, last.step};
  }

 private:
  Writer& writer_;
};

}  // namespace tapio

#endif  // TAPIO_CORE_WIRE_PACKER_H_
