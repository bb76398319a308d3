// Any text as a line of JSON: positions lie inside of it, and what was repaired needs no repair.
#include <string>

#include "core/json_projection.h"
#include "core/wanted_values.h"
#include "input.h"

using tapio::JsonKind;
using tapio::JsonProjection;
using tapio::JsonShape;
using tapio::JsonStatus;
using tapio::fuzz::Input;
using tapio::fuzz::Require;

namespace {

struct Projected {
  JsonStatus status;
  std::vector<std::int32_t> words;
  std::u16string repaired;
  std::u16string unescaped;
};

// By a projection of its own: the memory of one that lives on hides a read behind the text.
Projected Project(JsonShape& shape, std::u16string_view text, std::size_t room) {
  JsonProjection projection;
  std::copy(text.begin(), text.end(), projection.Text(text.size()));
  Projected result{JsonStatus::kOther, std::vector<std::int32_t>(room), {}, {}};
  result.status = projection.Project(shape, text.size(), result.words.data(), room);
  if (result.status < JsonStatus::kPlain) return result;
  Require(projection.rows_end() <= room, "rows have room");
  result.words.resize(projection.rows_end());
  result.repaired = projection.Repaired();
  result.unescaped = projection.Unescaped();
  for (std::int32_t node = 0; node < shape.size(); ++node) {
    const auto* const word = &result.words[static_cast<std::size_t>(node) * 4];
    const auto kind = static_cast<JsonKind>(word[0]);
    if (kind == JsonKind::kAbsent || kind == JsonKind::kInteger) continue;
    const std::u16string& source =
        kind == JsonKind::kUnescapedText ? result.unescaped : result.repaired;
    const auto length = static_cast<std::int32_t>(source.size());
    Require(word[1] >= 0 && word[1] <= word[2] && word[2] <= length, "a value lies in the text");
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t room = 24 + input.Number<std::uint8_t>();
  std::u16string text(input.left() / 2, u'\0');
  for (char16_t& unit : text) unit = input.Number<std::uint16_t>();
  JsonShape shape = tapio::test::MakeShape();
  const Projected first = Project(shape, text, room);
  if (first.status < JsonStatus::kPlain) return 0;
  const Projected again = Project(shape, first.repaired, room);
  JsonShape fresh = tapio::test::MakeShape();
  Require(Project(fresh, first.repaired, room).words == again.words,
          "what a shape has learnt changes nothing");
  Require(again.status == JsonStatus::kPlain, "a repaired text is plain");
  Require(again.repaired == first.repaired, "a plain text stays as it is");
  Require(again.unescaped == first.unescaped, "escapes are undone as in the plain text");
  if (first.status == JsonStatus::kPlain)
    Require(again.words == first.words, "a text gives the same twice");
  return 0;
}
