// The values that tests of JsonProjection want.
#ifndef TAPIO_TEST_CORE_WANTED_VALUES_H_
#define TAPIO_TEST_CORE_WANTED_VALUES_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "core/json_projection.h"

namespace tapio::test {

// {a: {b}, list|items: [{x}], *}
enum Node : std::int32_t { kRoot, kA, kB, kList, kItem, kX, kNodes };

inline JsonShape MakeShape() {
  std::vector<JsonShape::Node> nodes(kNodes);
  nodes[kRoot] = {kItem, JsonShape::kNone, true, true};
  nodes[kA].end = kList;
  nodes[kB].end = kList;
  nodes[kB].unescapes = true;
  nodes[kList] = {kItem, kItem, false, true};
  nodes[kItem].end = kNodes;
  nodes[kX].end = kNodes;
  return JsonShape(std::move(nodes),
                   {{kRoot, kA, 0, 0, 1},
                    {kA, kB, 0, 1, 1},
                    {kRoot, kList, 0, 2, 4},
                    {kRoot, kList, 1, 6, 5},
                    {kItem, kX, 0, 11, 1}},
                   u"ablistitemsx");
}

}  // namespace tapio::test

#endif  // TAPIO_TEST_CORE_WANTED_VALUES_H_
