// Many encoded events into one message.
#ifndef TAPIO_CORE_EVENT_PACKER_H_
#define TAPIO_CORE_EVENT_PACKER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "self_contained_writer.h"
#include "staged_events.h"

namespace tapio {

// Writes events one behind the other, each as `encodeEvent` does and behind its length, a 32-bit
// number, little endian.
//
// Threads: one at a time. Guarantees: as SelfContainedWriter; an event that does not fit, or is
//   none, leaves those before it as they are. Memory: the writer must outlive it.
class EventPacker {
 public:
  struct Outcome {
    std::size_t events;                   // written
    std::size_t passed;                   // bytes of the staging up to the next event
    std::size_t bytes;                    // that were written
    SelfContainedWriter::Status stopped;  // why the next one is not; kWritten: there is none
  };

  // `header`: what stands before each event.
  EventPacker(SelfContainedWriter& writer, std::string_view header)
      : writer_(writer), header_(header) {}

  Outcome Pack(const StagedEvents& events, std::uint8_t* out, std::size_t room) {
    const std::size_t head = kLengthBytes + header_.size();
    std::size_t bytes = 0;
    auto stopped = SelfContainedWriter::Status::kWritten;
    const auto walked = events.Walk([&](const std::uint8_t* event, std::size_t size) {
      const std::size_t left = room - bytes;
      stopped = SelfContainedWriter::Status::kNoRoom;
      if (left < head) return false;
      std::uint8_t* const to = out + bytes;
      const auto [status, written] = writer_.Write(event, size, to + head, left - head);
      stopped = status;
      if (status != SelfContainedWriter::Status::kWritten) return false;
      PutLength(header_.size() + written, to);
      std::memcpy(to + kLengthBytes, header_.data(), header_.size());
      bytes += head + written;
      return true;
    });
    if (walked.outside) stopped = SelfContainedWriter::Status::kCorrupt;
    return {walked.events, walked.passed, bytes, stopped};
  }

 private:
  static constexpr std::size_t kLengthBytes = 4;

  static void PutLength(std::size_t length, std::uint8_t* to) {
    for (std::size_t i = 0; i < kLengthBytes; ++i)
      to[i] = static_cast<std::uint8_t>(length >> (8 * i));
  }

  SelfContainedWriter& writer_;
  const std::string header_;
};

}  // namespace tapio

#endif  // TAPIO_CORE_EVENT_PACKER_H_
