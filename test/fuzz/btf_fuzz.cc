// Any bytes as the types of a kernel: what the tracer asks gets an answer or none.
#include "input.h"
#include "kernel/btf.h"
#include "kernel/task_layout.h"

using tapio::fuzz::Input;
using tapio::fuzz::Require;
using tapio::kernel::Btf;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto types = Btf::Parse(Input(data, size).Rest());
  if (!types.has_value()) return 0;
  for (const char* path : {"state", "deep", "list.second", "number", "pointer.first"}) {
    const auto field = types->FindField("task", path);
    const auto offset = types->ByteOffset("task", path);
    Require(!offset.has_value() || (field.has_value() && field->bit_offset == *offset * 8),
            "an offset in bytes is that of the field");
  }
  types->SizeOf("task");
  types->TracepointArguments("sys_exit");
  tapio::kernel::ReadTaskLayout(*types);
  tapio::kernel::ReadProcessLayout(*types);
  tapio::kernel::ReadSocketLayout(*types);
  return 0;
}
