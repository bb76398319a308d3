// Any bytes as a record of a foreign program, by a layout with an operation of each kind.
#include "core/mapped_event.h"
#include "input.h"
#include "kernel/record_mapper.h"

using tapio::SymbolTable;
using tapio::fuzz::Input;
using tapio::fuzz::Require;
using tapio::kernel::MapperPlan;
using tapio::kernel::Operation;
using tapio::kernel::RecordMapper;
using tapio::test::kId;
using tapio::test::kIdDigits;
using tapio::test::kTexts;
using tapio::test::kTime;
using tapio::test::kUnits;
using tapio::test::kWords;
using tapio::test::MakeShape;
using tapio::test::Op;
using Kind = Operation::Kind;

namespace {

MapperPlan MakePlan() {
  MapperPlan plan;
  plan.kind = 0;
  plan.cpu = 4;
  plan.latin1_units = kUnits;
  plan.text_start = kId;
  plan.limit = 512;
  plan.literals = "readwrite";
  plan.names = {{0, 0, 4}, {0, 4, 5}, {0, 0, 0}};
  plan.shapes.push_back(MakeShape(
      {Op(Kind::kMonotonic, 8, 8, kTime), Op(Kind::kUnsigned, 16, 8, kWords, false, 1),
       Op(Kind::kSigned, 16, 2, kWords + 4, true, 2), Op(Kind::kName, 4, 4, kTexts, false, 4),
       Op(Kind::kText, 24, 64, kTexts + 4), Op(Kind::kInterned, 88, 16, kTexts + 8),
       Op(Kind::kDecimal, 16, 8, kTexts + 12, true), Op(Kind::kLiteral, 0, 4, kTexts + 16)}));
  plan.shapes.push_back(
      MakeShape({Op(Kind::kBoottime, 8, 8, kTime), Op(Kind::kText, 16, 300, kTexts)}));
  plan.shapes.push_back(MakeShape({Op(Kind::kNow, 0, 0, kTime), Op(Kind::kSigned, 8, 1, kWords)}));
  return plan;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SymbolTable symbols;
  static RecordMapper mapper(MakePlan(), symbols);
  const std::vector<std::uint8_t> record = Input(data, size).Rest();
  const auto length = static_cast<std::uint32_t>(record.size());
  mapper.CpuOf(record.data(), length);
  std::vector<std::uint8_t> event(mapper.max_event());
  std::uint32_t bytes = 0;
  if (mapper.Map(record.data(), length, event.data(), bytes) != RecordMapper::Outcome::kMapped)
    return 0;
  Require(bytes >= kId + kIdDigits && bytes <= mapper.max_event(), "an event has room");
  std::uint32_t units = 0;
  std::memcpy(&units, event.data() + kUnits, sizeof units);
  Require(units >= kIdDigits && units <= bytes - kId, "its texts of Latin-1 lie in it");
  Require((bytes - kId - units) % 2 == 0, "behind them is UTF-16");
  std::uint32_t latin1 = 0, utf16 = 0;
  for (std::uint32_t at = kTexts; at < kId; at += 4) {
    std::uint32_t reference = 0;
    std::memcpy(&reference, event.data() + at, sizeof reference);
    if (reference >> 31 != 0) (reference >> 30 == 3 ? utf16 : latin1) += reference & 0x3fffffff;
  }
  Require(latin1 + kIdDigits == units && 2 * utf16 == bytes - kId - units,
          "its references are its texts");
  return 0;
}
