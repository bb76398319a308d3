// Any bytes as a record of the embedded tracer.
#include <cstddef>
#include <string_view>

#include "input.h"
#include "kernel/tracer_details.h"

using tapio::fuzz::Input;
using tapio::fuzz::Require;
using tapio::kernel::Detail;
using tapio::kernel::MostBytes;
using tapio::kernel::TracerDetails;
using tapio::kernel::TracerRecord;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static TracerDetails reader;
  std::vector<std::uint8_t> record = Input(data, size).Rest();
  // No look into this machine's own control groups and processes.
  for (const std::size_t field : {offsetof(TracerRecord, cgroup), offsetof(TracerRecord, pid)}) {
    if (record.size() >= field + 4) std::memset(record.data() + field, 0, 4);
  }
  const auto length = static_cast<std::uint32_t>(record.size());
  std::uint32_t kind = 0;
  if (length >= offsetof(TracerRecord, kind) + 4)
    std::memcpy(&kind, record.data() + offsetof(TracerRecord, kind), sizeof kind);
  reader.ShapeOf(record.data(), length, kind);
  reader.Read(record.data(), length);
  for (std::uint32_t i = 0; i <= static_cast<std::uint32_t>(Detail::kDestinationPort); ++i) {
    const auto detail = static_cast<Detail>(i);
    if (!reader.HasText(detail)) continue;
    const bool is_number = detail == Detail::kStatus || detail == Detail::kSourcePort ||
                           detail == Detail::kDestinationPort;
    if (is_number) {
      Require(reader.Number(detail).has_value(), "a number that is there is told");
    } else {
      Require(reader.Text(detail).size() <= MostBytes(detail), "a text is as long as is told");
    }
  }
  return 0;
}
