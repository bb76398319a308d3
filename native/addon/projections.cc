#include "projections.h"

#include <string>
#include <utility>

#include "environment.h"
#include "values.h"

namespace tapio::addon {

namespace {

// Words of a node and of a key, as lib/formats/shape.ts writes them.
constexpr std::size_t kNodeWords = 3;
constexpr std::int32_t kTellsRest = 1;
constexpr std::int32_t kHasRows = 2;
constexpr std::int32_t kUnescapes = 4;
constexpr std::size_t kKeyWords = 5;

std::vector<JsonShape::Node> NodesOf(const Elements<std::int32_t>& words) {
  std::vector<JsonShape::Node> nodes(words.count / kNodeWords);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::int32_t* const word = words.data + i * kNodeWords;
    nodes[i].end = word[0];
    nodes[i].item = word[1];
    nodes[i].tells_rest = (word[2] & kTellsRest) != 0;
    nodes[i].has_rows = (word[2] & kHasRows) != 0;
    nodes[i].unescapes = (word[2] & kUnescapes) != 0;
  }
  return nodes;
}

std::vector<JsonShape::Key> KeysOf(const Elements<std::int32_t>& words) {
  std::vector<JsonShape::Key> keys;
  for (std::size_t i = 0; i + kKeyWords <= words.count; i += kKeyWords) {
    const std::int32_t* const word = words.data + i;
    keys.push_back({word[0], word[1], word[2], static_cast<std::size_t>(word[3]),
                    static_cast<std::size_t>(word[4])});
  }
  return keys;
}

}  // namespace

napi_value Projections::CompileShape(napi_env env, napi_callback_info info) {
  const Arguments<4> argv(env, info);
  Projections& self = Environment::Of(env)->projections();
  std::size_t size = 0;
  if (!self.Load(env, argv[2], size)) return nullptr;
  self.shapes_.push_back(
      std::make_unique<JsonShape>(NodesOf(ElementsOf<std::int32_t>(env, argv[0])),
                                  KeysOf(ElementsOf<std::int32_t>(env, argv[1])),
                                  std::u16string_view(self.projection_.Text(size), size)));
  const auto words = ElementsOf<std::int32_t>(env, argv[3]);
  napi_ref
      reference;  // never deleted: calls may come as long as the environment can run JavaScript
  if (words.data != self.words_) napi_create_reference(env, argv[3], 1, &reference);
  self.words_ = words.data;
  self.word_count_ = words.count;
  napi_value number;
  return napi_create_uint32(env, static_cast<std::uint32_t>(self.shapes_.size() - 1), &number) ==
                 napi_ok
             ? number
             : nullptr;
}

// False: the text is too long, or none.
bool Projections::Load(napi_env env, napi_value text, std::size_t& size) {
  if (napi_get_value_string_utf16(env, text, projection_.Text(room_), room_, &size) != napi_ok)
    return false;
  // One that fits has room left for the zero behind it.
  if (size + 1 < room_) return true;
  if (napi_get_value_string_utf16(env, text, nullptr, 0, &size) != napi_ok || size > kMaxText)
    return false;
  room_ = size + size / 2 + 2;
  return napi_get_value_string_utf16(env, text, projection_.Text(room_), room_, &size) == napi_ok;
}

napi_value Projections::Project(napi_env env, napi_callback_info info) {
  const Arguments<1> argv(env, info);
  Projections& self = static_cast<Environment*>(argv.data())->projections();
  std::int32_t* const words = self.words_;
  const auto shape = static_cast<std::uint32_t>(words[kShape]);
  std::size_t size = 0;
  if (shape >= self.shapes_.size() || !self.Load(env, argv[0], size)) {
    words[kStatus] = static_cast<std::int32_t>(JsonStatus::kOther);
    return nullptr;
  }
  JsonProjection& projection = self.projection_;
  const JsonStatus status = projection.Project(*self.shapes_[shape], size, words + kFirstSlot,
                                               self.word_count_ - kFirstSlot);
  words[kStatus] = static_cast<std::int32_t>(status);
  words[kRowsEnd] = static_cast<std::int32_t>(projection.rows_end() + kFirstSlot);
  words[kLastNode] = projection.last_node();
  std::u16string& made = self.made_;
  made.clear();
  if (status == JsonStatus::kRepaired) made = projection.Repaired();
  words[kRepairedSize] = static_cast<std::int32_t>(made.size());
  made += projection.Unescaped();
  if (made.empty()) return nullptr;
  napi_value result = nullptr;
  napi_create_string_utf16(env, made.data(), made.size(), &result);
  return result;
}

}  // namespace tapio::addon
