// Which values of a JSON object are wanted: a tree of keys.
#ifndef TAPIO_CORE_JSON_SHAPE_H_
#define TAPIO_CORE_JSON_SHAPE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapio {

// Nodes are numbered from 0, the value of the whole text, so that those below a node follow it, up
// to its `end`. The items of an array are none of its nodes below: they have a range of their own.
//
// Remembers in which order keys came, as lines of one producer mostly have the same one.
//
// Threads: one. Memory: its own.
class JsonShape {
 public:
  static constexpr std::int32_t kNone = -1;

  struct Node {
    std::int32_t end = 0;  // one past the last node below
    std::int32_t item =
        kNone;                // the node of each item, if this is an array of which they are wanted
    bool tells_rest = false;  // whether keys that no node has are told
    bool has_rows = false;    // whether it or a node below has items, or tells the rest
    bool unescapes = false;   // whether a text with escapes is told without them
    std::uint32_t first = 0;  // its buckets
    std::uint32_t mask = 0;   // their number less one
    bool has_keys = false;
  };

  // A key, what it leads to, and which of the names of that node it is. Behind the key stands a
  // quote.
  struct Found {
    std::u16string_view key;
    std::int32_t node = kNone;
    std::int32_t name = 0;
  };

  // Numbers of keys: `parent`, `node`, `name`, and where the key lies in the text of all keys.
  struct Key {
    std::int32_t parent;
    std::int32_t node;
    std::int32_t name;
    std::size_t start;
    std::size_t size;
  };

  // Keys that do not fit the nodes are left out.
  JsonShape(std::vector<Node> nodes, const std::vector<Key>& keys, std::u16string_view text)
      : nodes_(std::move(nodes)), followers_(2 * nodes_.size()) {
    std::size_t size_of_text = 0;
    for (const Key& key : keys) size_of_text += key.size + 1;
    text_.reserve(size_of_text);
    for (std::size_t parent = 0; parent < nodes_.size(); ++parent) {
      std::vector<Key> own;
      for (const Key& key : keys) {
        const bool fits = key.parent == static_cast<std::int32_t>(parent) && key.node >= 0 &&
                          key.node < size() && key.start <= text.size() &&
                          key.size <= text.size() - key.start;
        if (fits) own.push_back(key);
      }
      AddBuckets(nodes_[parent], own, text);
    }
  }

  JsonShape(const JsonShape&) = delete;
  JsonShape& operator=(const JsonShape&) = delete;

  std::int32_t size() const { return static_cast<std::int32_t>(nodes_.size()); }
  const Node& At(std::int32_t node) const { return nodes_[static_cast<std::size_t>(node)]; }

  // nullptr: no node below `parent` has the key.
  const Found* Find(const Node& parent, std::u16string_view key) const {
    for (std::uint32_t at = Hash(key);; ++at) {
      const Found& found = buckets_[parent.first + (at & parent.mask)];
      if (found.node == kNone) return nullptr;
      if (found.key.size() == key.size() && IsSame(found.key, key)) return &found;
    }
  }

  // Places in an object of a node: before its first key, and behind the key of a node below it.
  static std::size_t Before(std::int32_t node) { return 2 * static_cast<std::size_t>(node); }
  static std::size_t Behind(std::int32_t node) { return Before(node) + 1; }

  // The key that was last seen in a place, if the text up to `end`, which begins behind a quote, is
  // that key and a quote; else nullptr.
  const Found* FindFollower(std::size_t place, const char16_t* text, const char16_t* end) const {
    const Found* const found = followers_[place];
    if (found == nullptr) return nullptr;
    const std::size_t size = found->key.size() + 1;
    if (static_cast<std::size_t>(end - text) < size) return nullptr;
    return IsSame({found->key.data(), size}, {text, size}) ? found : nullptr;
  }

  // found: of a key that stood there without escapes, as only then it has no quote or backslash of
  // its own
  void SetFollower(std::size_t place, const Found& found) { followers_[place] = &found; }

 private:
  // Of texts of one size. They are short: a call would cost more.
  static bool IsSame(std::u16string_view a, std::u16string_view b) {
    constexpr std::size_t kStep = sizeof(std::uint64_t) / sizeof(char16_t);
    const std::size_t size = a.size();
    std::size_t i = 0;
    for (; i + kStep <= size; i += kStep) {
      std::uint64_t left;
      std::uint64_t right;
      std::memcpy(&left, a.data() + i, sizeof left);
      std::memcpy(&right, b.data() + i, sizeof right);
      if (left != right) return false;
    }
    for (; i < size; ++i)
      if (a[i] != b[i]) return false;
    return true;
  }

  // Written out, so that the products are made side by side.
  static std::uint32_t Hash(std::u16string_view key) {
    const std::size_t size = key.size();
    if (size == 0) return 0;
    const std::uint32_t hash = static_cast<std::uint32_t>(size) * 29791 + key[0] * 961U +
                               key[size - 1] * 31U + key[size / 2];
    return hash ^ (hash >> 5);
  }

  // At least half of the buckets stay empty.
  void AddBuckets(Node& node, const std::vector<Key>& keys, std::u16string_view all) {
    std::uint32_t count = 2;
    while (count < 2 * keys.size()) count *= 2;
    node.first = static_cast<std::uint32_t>(buckets_.size());
    node.mask = count - 1;
    node.has_keys = !keys.empty() || node.tells_rest;
    buckets_.resize(buckets_.size() + count);
    for (const Key& key : keys) {
      const std::size_t start = text_.size();
      text_.append(all.substr(key.start, key.size)).push_back(u'"');
      const std::u16string_view text(text_.data() + start, key.size);
      std::uint32_t at = Hash(text);
      while (buckets_[node.first + (at & node.mask)].node != kNone) ++at;
      buckets_[node.first + (at & node.mask)] = {text, key.node, key.name};
    }
  }

  std::vector<Node> nodes_;
  std::vector<Found> buckets_;
  std::vector<const Found*> followers_;  // by place
  std::u16string text_;                  // of the keys; never moves
};

}  // namespace tapio

#endif  // TAPIO_CORE_JSON_SHAPE_H_
