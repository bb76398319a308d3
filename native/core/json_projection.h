// One walk over a JSON text that checks it and tells where the wanted values lie.
#ifndef TAPIO_CORE_JSON_PROJECTION_H_
#define TAPIO_CORE_JSON_PROJECTION_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "json_cursor.h"
#include "json_number.h"
#include "json_shape.h"

namespace tapio {

enum class JsonStatus : std::int32_t {
  kPlain = 0,     // the text is as it should be
  kRepaired = 1,  // Repaired() is
  kInvalid = -1,  // no JSON
  // Nested deeper than kMaxDepth; a number that may be beyond all doubles; more rows than there is
  // room for; two names of one node; rows that a later value of the same key replaces; a number of
  // which only JavaScript can tell whether it keeps its digits.
  kOther = -2,
};

enum class JsonKind : std::int32_t {
  kAbsent = 0,
  kText = 1,         // without escapes; start and end are those of what is between the quotes
  kEscapedText = 2,  // start and end with the quotes
  kInteger = 3,      // up to 2^53 - 1; the low and the high word stand for start and end
  kNumber = 4,       // any other
  kTrue = 5,
  kFalse = 6,
  kNull = 7,
  kObject = 8,
  kArray = 9,
  kUnescapedText = 10,  // start and end are those in Unescaped()
};

// Projects texts onto shapes. The texts taken are those of RFC 8259 that JSON.parse takes, but for
// those that are left to others: see JsonStatus.
//
// Exact: a number whose digits a double does not keep (see JsonNumber) is put in quotes;
// half of a surrogate pair, as it is or escaped, becomes U+FFFD. `Repaired` is the text with that
// done, and positions count in it.
//
// Of keys that stand twice the last one counts.
//
// Threads: one. Memory: its own, of the longest text so far; that which results are written to is
// the caller's. Does not recurse.
class JsonProjection : private JsonCursor {
 public:
  static constexpr std::size_t kMaxDepth = 400;
  // Words of a value: its kind, start, end, and the number of its key's name.
  static constexpr std::size_t kSlotWords = 4;
  // Words of a row for a key that no node has: the complement of the node of the object, where the
  // key starts and the value ends, the kind. A row of an item: its node, then the slots of it and
  // those below.
  static constexpr std::int32_t kRestWords = 4;

  // Where a text of `size` characters is to be written. It is changed where it is repaired.
  char16_t* Text(std::size_t size) {
    if (text_.size() < size + kPadding) text_.resize(size + kPadding);
    return text_.data();
  }

  // Projects the first `size` characters of Text. A slot of each node, then the rows are written to
  // `words`; `rows_end` is where they end.
  JsonStatus Project(JsonShape& shape, std::size_t size, std::int32_t* words,
                     std::size_t word_count) {
    shape_ = &shape;
    words_ = words;
    row_ = static_cast<std::size_t>(shape.size()) * kSlotWords;
    row_limit_ = word_count;
    if (row_ > word_count) return JsonStatus::kOther;
    for (std::size_t i = 0; i < row_; i += kSlotWords) words[i] = 0;
    begin_ = text_.data();
    end_ = begin_ + size;
    // Stands for the end, whatever a longer text has left there.
    std::memset(text_.data() + size, 0, kPadding * sizeof(char16_t));
    at_ = begin_;
    quoted_.clear();
    unescaped_.clear();
    changed_ = false;
    depth_ = 0;
    last_node_ = 0;
    const JsonStatus status = Walk();
    if (status != JsonStatus::kPlain) return status;
    return changed_ || !quoted_.empty() ? JsonStatus::kRepaired : JsonStatus::kPlain;
  }

  std::size_t rows_end() const { return row_; }

  // No node behind it has a value.
  std::int32_t last_node() const { return last_node_; }

  // Texts of nodes that are to be told without escapes.
  std::u16string_view Unescaped() const { return unescaped_; }

  std::u16string_view Repaired() {
    repaired_.clear();
    const char16_t* copied = begin_;
    const auto append = [&](const char16_t* to) {
      repaired_.append(copied, static_cast<std::size_t>(to - copied));
      copied = to;
    };
    for (const Quoted& number : quoted_) {
      append(number.begin);
      repaired_ += u'"';
      append(number.end);
      repaired_ += u'"';
    }
    append(end_);
    return repaired_;
  }

 private:
  static constexpr std::int32_t kNone = JsonShape::kNone;

  struct Frame {
    bool is_object;
    std::int32_t slot;        // where the value is told, or kNone
    std::int32_t name;        // of the key that led to it
    std::int32_t node;        // whose keys, or whose items, are looked for, or kNone
    std::int32_t start;       // of the value
    std::int32_t rest_start;  // of the key of the value now read, if no node has it; or kNone
    std::size_t place;        // of the next key, where node is one
  };

  struct Quoted {
    const char16_t* begin;
    const char16_t* end;
  };

  // A position in the repaired text.
  std::int32_t Position(const char16_t* at) const {
    return static_cast<std::int32_t>(at - begin_) + static_cast<std::int32_t>(2 * quoted_.size());
  }

  std::int32_t* Slot(std::int32_t node) {
    return words_ + static_cast<std::size_t>(node) * kSlotWords;
  }

  void Tell(std::int32_t slot, std::int32_t name, JsonKind kind, std::int32_t start,
            std::int32_t end) {
    kind_ = kind;
    if (slot == kNone) return;
    last_node_ = std::max(last_node_, slot);
    std::int32_t* const word = Slot(slot);
    word[0] = static_cast<std::int32_t>(kind);
    word[1] = start;
    word[2] = end;
    word[3] = name;
  }

  void TellUnescaped(std::int32_t slot, std::int32_t name, std::u16string_view text) {
    const std::size_t start = unescaped_.size();
    Unescape(text, unescaped_);
    Tell(slot, name, JsonKind::kUnescapedText, static_cast<std::int32_t>(start),
         static_cast<std::int32_t>(unescaped_.size()));
  }

  void Clear(std::int32_t node, std::int32_t end) {
    for (std::int32_t i = node; i < end; ++i) *Slot(i) = 0;
  }

  JsonStatus Walk() {
    std::int32_t slot = 0;
    std::int32_t name = 0;
    for (;;) {
      // A value.
      SkipSpace();
      const char16_t first = *at_;
      if (first == u'{' || first == u'[') {
        if (depth_ == kMaxDepth) return JsonStatus::kOther;
        Open(slot, name, first == u'{');
        SkipSpace();
        if (*at_ != (first == u'{' ? u'}' : u']')) {
          const JsonStatus status = Begin(frames_[depth_ - 1], slot, name);
          if (status != JsonStatus::kPlain) return status;
          continue;
        }
        Close();
      } else {
        const JsonStatus status = Scalar(slot, name);
        if (status != JsonStatus::kPlain) return status;
      }
      // What follows it: the next value, or the end of one or several that it is the last of.
      for (;;) {
        if (depth_ == 0) {
          SkipSpace();
          return at_ == end_ ? JsonStatus::kPlain : JsonStatus::kInvalid;
        }
        Frame& frame = frames_[depth_ - 1];
        if (!AddRow(frame)) return JsonStatus::kOther;
        SkipSpace();
        if (*at_ == u',') {
          ++at_;
          const JsonStatus status = Begin(frame, slot, name);
          if (status != JsonStatus::kPlain) return status;
          break;
        }
        if (*at_ != (frame.is_object ? u'}' : u']')) return JsonStatus::kInvalid;
        Close();
      }
    }
  }

  void Open(std::int32_t slot, std::int32_t name, bool is_object) {
    Frame& frame = frames_[depth_++];
    frame.is_object = is_object;
    frame.slot = slot;
    frame.name = name;
    frame.start = Position(at_++);
    frame.rest_start = kNone;
    frame.node = kNone;
    if (slot == kNone) return;
    const JsonShape::Node& node = shape_->At(slot);
    if (is_object ? node.has_keys : node.item != kNone) frame.node = slot;
    frame.place = JsonShape::Before(slot);
  }

  void Close() {
    const Frame& frame = frames_[--depth_];
    ++at_;
    Tell(frame.slot, frame.name, frame.is_object ? JsonKind::kObject : JsonKind::kArray,
         frame.start, Position(at_));
  }

  // Tells the value that has just ended, if it is an item or has a key that no node has. False: no
  // room.
  bool AddRow(Frame& frame) {
    if (frame.node == kNone) return true;
    if (frame.is_object) {
      if (frame.rest_start == kNone) return true;
      if (row_limit_ - row_ < kRestWords) return false;
      words_[row_] = ~frame.node;
      words_[row_ + 1] = frame.rest_start;
      words_[row_ + 2] = Position(at_);
      words_[row_ + 3] = static_cast<std::int32_t>(kind_);
      row_ += kRestWords;
      frame.rest_start = kNone;
      return true;
    }
    const std::int32_t item = shape_->At(frame.node).item;
    const auto count = static_cast<std::size_t>(shape_->At(item).end - item) * kSlotWords;
    if (row_limit_ - row_ < count + 1) return false;
    words_[row_] = item;
    std::memcpy(words_ + row_ + 1, Slot(item), count * sizeof(std::int32_t));
    row_ += count + 1;
    return true;
  }

  // What stands before a value inside of another, and where the value is told.
  JsonStatus Begin(Frame& frame, std::int32_t& slot, std::int32_t& name) {
    if (frame.is_object) return Key(frame, slot, name);
    slot = frame.node == kNone ? kNone : shape_->At(frame.node).item;
    name = 0;
    if (slot != kNone) Clear(slot, shape_->At(slot).end);
    return JsonStatus::kPlain;
  }

  // A key and its colon.
  JsonStatus Key(Frame& frame, std::int32_t& slot, std::int32_t& name) {
    SkipSpace();
    if (*at_ != u'"') return JsonStatus::kInvalid;
    slot = kNone;
    const JsonShape::Found* found = nullptr;
    if (frame.node == kNone) {
      bool escaped = false;
      if (!String(escaped)) return JsonStatus::kInvalid;
    } else if ((found = shape_->FindFollower(frame.place, at_ + 1, end_)) != nullptr) {
      at_ += found->key.size() + 2;
    } else {
      const char16_t* const open = at_;
      if (!FindKey(frame, found)) return JsonStatus::kInvalid;
      if (found == nullptr && shape_->At(frame.node).tells_rest) frame.rest_start = Position(open);
    }
    if (found != nullptr) {
      slot = found->node;
      name = found->name;
      frame.place = JsonShape::Behind(slot);
      const std::int32_t* const before = Slot(slot);
      if (before[0] != 0) {
        const JsonShape::Node& node = shape_->At(slot);
        if (before[3] != name || node.has_rows) return JsonStatus::kOther;
        Clear(slot, node.end);
      }
    }
    SkipSpace();
    if (*at_ != u':') return JsonStatus::kInvalid;
    ++at_;
    return JsonStatus::kPlain;
  }

  // Steps over a key and looks for it below the node of its object. False: it is no string.
  bool FindKey(const Frame& frame, const JsonShape::Found*& found) {
    const char16_t* const open = at_;
    bool escaped = false;
    if (!String(escaped)) return false;
    std::u16string_view key(open + 1, static_cast<std::size_t>(at_ - open) - 2);
    if (escaped) {
      key_.clear();
      Unescape(key, key_);
      key = key_;
    }
    found = shape_->Find(shape_->At(frame.node), key);
    if (found != nullptr && !escaped) shape_->SetFollower(frame.place, *found);
    return true;
  }

  JsonStatus Scalar(std::int32_t slot, std::int32_t name) {
    const char16_t* const open = at_;
    switch (*at_) {
      case u'"': {
        bool escaped = false;
        if (!String(escaped)) return JsonStatus::kInvalid;
        const std::int32_t start = Position(open);
        const std::int32_t end = Position(at_);
        if (!escaped)
          Tell(slot, name, JsonKind::kText, start + 1, end - 1);
        else if (slot == kNone || !shape_->At(slot).unescapes)
          Tell(slot, name, JsonKind::kEscapedText, start, end);
        else
          TellUnescaped(slot, name, {open + 1, static_cast<std::size_t>(at_ - open) - 2});
        return JsonStatus::kPlain;
      }
      case u't':
        return Word(u"true", 4, slot, name, JsonKind::kTrue);
      case u'f':
        return Word(u"false", 5, slot, name, JsonKind::kFalse);
      case u'n':
        return Word(u"null", 4, slot, name, JsonKind::kNull);
      default:
        return Number(slot, name);
    }
  }

  JsonStatus Word(const char16_t* word, std::size_t size, std::int32_t slot, std::int32_t name,
                  JsonKind kind) {
    // Zeros behind the end differ from every word.
    for (std::size_t i = 0; i < size; ++i)
      if (at_[i] != word[i]) return JsonStatus::kInvalid;
    const std::int32_t start = Position(at_);
    at_ += size;
    Tell(slot, name, kind, start, Position(at_));
    return JsonStatus::kPlain;
  }

  JsonStatus Number(std::int32_t slot, std::int32_t name) {
    char16_t* const open = at_;
    const JsonNumber number = JsonNumber::Read(open);
    at_ += number.end - open;
    switch (number.kind) {
      case JsonNumber::Kind::kInvalid:
        return JsonStatus::kInvalid;
      case JsonNumber::Kind::kUnknown:
        return JsonStatus::kOther;
      case JsonNumber::Kind::kLost:
        Quote(slot, name, open);
        break;
      case JsonNumber::Kind::kKept:
        Tell(slot, name, JsonKind::kNumber, Position(open), Position(at_));
        break;
      case JsonNumber::Kind::kInteger:
        Tell(slot, name, JsonKind::kInteger, static_cast<std::int32_t>(number.bits),
             static_cast<std::int32_t>(number.bits >> 32));
    }
    return JsonStatus::kPlain;
  }

  // Tells the number that begins at `open` as text, and has it put in quotes.
  void Quote(std::int32_t slot, std::int32_t name, const char16_t* open) {
    const std::int32_t start = Position(open);
    quoted_.push_back({open, at_});
    Tell(slot, name, JsonKind::kText, start + 1, Position(at_) - 1);
  }

  std::vector<char16_t> text_;
  std::u16string repaired_;
  std::u16string unescaped_;
  std::u16string key_;
  std::vector<Quoted> quoted_;
  Frame frames_[kMaxDepth];

  // Of the text that is walked over.
  JsonShape* shape_ = nullptr;
  char16_t* begin_ = nullptr;
  char16_t* end_ = nullptr;
  std::int32_t* words_ = nullptr;
  std::size_t row_ = 0;
  std::size_t row_limit_ = 0;
  std::size_t depth_ = 0;
  std::int32_t last_node_ = 0;
  JsonKind kind_ = JsonKind::kAbsent;
};

}  // namespace tapio

#endif  // TAPIO_CORE_JSON_PROJECTION_H_
