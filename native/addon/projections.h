// The JSON shapes of one environment, by number, and the function that projects a text onto one.
#ifndef TAPIO_ADDON_PROJECTIONS_H_
#define TAPIO_ADDON_PROJECTIONS_H_

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/json_projection.h"

namespace tapio::addon {

// Threads: its environment's.
// Memory: shapes are kept until the environment ends, and room for the longest text so far, up to
//   kMaxText. The words that results lie in are JavaScript's, kept alive by a reference.
class Projections {
 public:
  // Longer texts are left to others.
  static constexpr std::size_t kMaxText = 1 << 20;
  // Words before the slots: see Word in lib/formats/shape.ts.
  enum Word : std::size_t {
    kShape = 0,
    kStatus = 1,
    kRowsEnd = 2,
    kRepairedSize = 3,
    kLastNode = 4,
    kFirstSlot = 5
  };

  // compileShape(nodes: Int32Array, keys: Int32Array, text: string, words: Int32Array): number
  static napi_value CompileShape(napi_env env, napi_callback_info info);
  // project(text: string): string | undefined: the text where it was repaired, of kRepairedSize
  // characters, and behind it what was unescaped; undefined where there is nothing of either.
  static napi_value Project(napi_env env, napi_callback_info info);

 private:
  bool Load(napi_env env, napi_value text, std::size_t& size);

  std::vector<std::unique_ptr<JsonShape>> shapes_;
  JsonProjection projection_;
  std::u16string made_;
  std::size_t room_ = 4096;
  std::int32_t* words_ = nullptr;
  std::size_t word_count_ = 0;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_PROJECTIONS_H_
