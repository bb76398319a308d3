// Any staging, with any sizes, as events to be packed: messages stay in bounds and hold together.
#include "core/encoded_events.h"
#include "core/event_packer.h"
#include "input.h"

using tapio::EventPacker;
using tapio::SelfContainedWriter;
using tapio::SymbolTable;
using tapio::fuzz::Input;
using tapio::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SymbolTable symbols;
  static SelfContainedWriter writer(tapio::test::kSmallPlan, symbols);
  static EventPacker packer(writer, "HEAD");
  Input input(data, size);
  std::vector<std::uint32_t> sizes(input.Number<std::uint8_t>() % 8);
  for (std::uint32_t& each : sizes) each = input.Number<std::uint32_t>();
  const std::size_t room = input.Number<std::uint16_t>() % 4096;
  const std::vector<std::uint8_t> staging = input.Rest();
  std::vector<std::uint8_t> out(room);

  const auto outcome = packer.Pack({staging.data(), staging.size(), sizes.data(), sizes.size(), 8},
                                   out.data(), room);
  Require(outcome.events <= sizes.size(), "no more events than there are");
  Require(outcome.bytes <= room, "what was written had room");
  std::size_t at = 0;
  for (std::size_t i = 0; i < outcome.events; ++i) {
    std::uint32_t length = 0;
    Require(outcome.bytes - at >= sizeof length, "each event has a length");
    std::memcpy(&length, out.data() + at, sizeof length);
    at += sizeof length;
    Require(length >= 4 && length <= outcome.bytes - at, "a length lies in the message");
    Require(std::memcmp(out.data() + at, "HEAD", 4) == 0, "each event has its header");
    at += length;
  }
  Require(at == outcome.bytes, "the message is those events");
  return 0;
}
