// Any bytes as an event of a ring: both writers stay in bounds, and what one makes self-contained
// is the same event to the other.
#include "core/encoded_events.h"
#include "core/self_contained_writer.h"
#include "core/unified_event_plan.h"
#include "core/wire_writer.h"
#include "input.h"

using tapio::SelfContainedWriter;
using tapio::SymbolTable;
using tapio::WireWriter;
using tapio::fuzz::Input;
using tapio::fuzz::Require;
using tapio::test::kSmallPlan;

namespace {

const SymbolTable& Symbols() {
  static SymbolTable symbols;
  static const bool filled = [] {
    for (const char* text : {"known", "\xc3\xa9t\xc3\xa9", "\xe6\x97\xa5\xf0\x9f\x98\x80",
                             "a text that is longer than padding"})
      symbols.Intern(text);
    return true;
  }();
  static_cast<void>(filled);
  return symbols;
}

template <typename Writer>
bool Write(Writer& writer, const std::vector<std::uint8_t>& event, std::size_t room,
           std::vector<std::uint8_t>& out) {
  out.resize(room);
  out.shrink_to_fit();
  const auto outcome = writer.Write(event.data(), event.size(), out.data(), room);
  if (outcome.status != decltype(outcome.status)::kWritten) return false;
  Require(outcome.size <= room, "what was written had room");
  out.resize(outcome.size);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static WireWriter<kSmallPlan> wire(Symbols());
  static SelfContainedWriter self_contained(kSmallPlan, Symbols());
  static WireWriter<tapio::kUnifiedEventPlan> unified(Symbols());
  Input input(data, size);
  const std::size_t little = input.Number<std::uint16_t>() % 1024;
  const std::vector<std::uint8_t> event = input.Rest();
  std::vector<std::uint8_t> out, again, form;
  Write(wire, event, little, out);
  Write(self_contained, event, little, out);
  Write(unified, event, little, out);

  const std::size_t enough = 64 + 32 * event.size();
  if (!Write(self_contained, event, enough, form)) {
    Require(!Write(wire, event, enough, out), "what is no event is none to both");
    return 0;
  }
  Require(Write(self_contained, form, enough, out) && out == form, "its form stays as it is");
  if (!Write(wire, event, enough, out)) return 0;  // a number out of its range
  Require(Write(wire, form, enough, again) && again == out, "its form says the same");
  return 0;
}
