// From encoded events as they lie in a ring to those that mean the same everywhere.
#ifndef TAPIO_CORE_SELF_CONTAINED_WRITER_H_
#define TAPIO_CORE_SELF_CONTAINED_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encoded_event.h"
#include "event_plan.h"
#include "interned_texts.h"
#include "short_copy.h"
#include "symbol_table.h"
#include "utf8_text.h"

namespace tapio {

// Writes an encoded event again with its interned texts in its bundles: the bytes of `encodeEvent`
// behind their file header.
//
// Threads: one at a time; the symbol table may grow meanwhile.
// Guarantees: whatever the bytes, reads only the event and writes only the room that it was given.
// Memory: each interned text that it has met, at most as much as the table has; the longest UTF-16
//   text so far.
class SelfContainedWriter {
 public:
  enum class Status {
    kWritten,
    kNoRoom,   // what was written is void
    kCorrupt,  // it is no event
  };

  struct Outcome {
    Status status;
    std::size_t size;  // written
  };

  SelfContainedWriter(const EventPlan& plan, const SymbolTable& symbols) : interned_(symbols) {
    for (const EventPlan::Record& record : plan.records) {
      records_.push_back({runs_.size(), 0, record.bits});
      for (std::size_t i = record.first; i < record.end; ++i)
        Add(plan.steps[i], record.fixed, records_.back().first);
      records_.back().end = runs_.size();
    }
  }

  Outcome Write(const std::uint8_t* event, std::size_t size, std::uint8_t* out, std::size_t room) {
    if (!event_.Open(event, size)) return {Status::kCorrupt, 0};
    const std::size_t text_start = event_.text_start();
    if (text_start > room) return {Status::kNoRoom, 0};
    std::memcpy(out, event, text_start);
    out_ = out;
    latin1_ = out + text_start;
    end_ = out + room;
    utf16_.clear();
    status_ = Status::kCorrupt;
    if (!Fields(records_[0], event_.Word(EncodedEvent::kBitsWord)) || !event_.IsUsedUp())
      return {status_, 0};
    SetWord(EncodedEvent::kLatin1UnitsWord, static_cast<std::size_t>(latin1_ - out) - text_start);
    const std::size_t utf16_bytes = utf16_.size() * sizeof(char16_t);
    if (utf16_bytes > static_cast<std::size_t>(end_ - latin1_)) return {Status::kNoRoom, 0};
    if (utf16_bytes > 0) std::memcpy(latin1_, utf16_.data(), utf16_bytes);
    return {Status::kWritten, static_cast<std::size_t>(latin1_ - out) + utf16_bytes};
  }

 private:
  // As it goes into a bundle.
  struct Form {
    bool known = false;
    std::string latin1;
    std::vector<char16_t> utf16;  // empty: the text is Latin-1
  };

  // Fields behind one another that are handled alike: so many for which nothing decides, and one
  // for each bit of `mask` that is set.
  struct Run {
    enum class Kind { kTexts, kWords, kPairs, kStrings, kStringMap, kSection, kBytes, kFixedText };
    Kind kind;
    std::size_t always;
    std::uint32_t mask;
    std::size_t record;  // of a section
  };

  struct Record {
    std::size_t first;  // run
    std::size_t end;
    std::uint32_t bits;  // that are known
  };

  void Add(const EventPlan::Step& step, bool fixed, std::size_t first) {
    const std::size_t words = EventPlan::WordsOf(step.kind);
    const bool is_text = step.kind == EventPlan::Kind::kText;
    // Where what is absent takes room, too, its presence decides only whether it is a text.
    if (is_text && fixed && step.mask != 0) return Append(Run::Kind::kFixedText, step, 0);
    const bool always = step.mask == 0 || (fixed && words > 0);
    switch (step.kind) {
      case EventPlan::Kind::kStrings:
        return Append(Run::Kind::kStrings, step, 0);
      case EventPlan::Kind::kStringMap:
        return Append(Run::Kind::kStringMap, step, 0);
      case EventPlan::Kind::kSection:
        return Append(Run::Kind::kSection, step, 0);
      case EventPlan::Kind::kBytes:
        return Append(Run::Kind::kBytes, step, 0);
      default:
        break;
    }
    if (words == 0) return;
    const auto kind = is_text      ? Run::Kind::kTexts
                      : words == 1 ? Run::Kind::kWords
                                   : Run::Kind::kPairs;
    // A run goes on, unless what nothing decides stands behind what bits decide.
    const bool goes_on =
        runs_.size() > first && runs_.back().kind == kind && (!always || runs_.back().mask == 0);
    if (!goes_on) runs_.push_back({kind, 0, 0, 0});
    if (always) {
      ++runs_.back().always;
    } else {
      runs_.back().mask |= step.mask;
    }
  }

  void Append(Run::Kind kind, const EventPlan::Step& step, std::size_t always) {
    runs_.push_back(
        {kind, step.mask == 0 ? 1 : always, step.mask, static_cast<std::size_t>(step.extra)});
  }

  // std::popcount is a call into libgcc where the processor is not known to count.
  static std::size_t CountBits(std::uint32_t bits) {
    bits -= (bits >> 1) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >> 2) & 0x33333333);
    return ((bits + (bits >> 4)) & 0x0f0f0f0f) * std::size_t{0x01010101} >> 24 & 0xff;
  }

  bool Fields(const Record& record, std::uint32_t bits) {
    if ((bits & ~record.bits) != 0) return false;
    for (std::size_t i = record.first; i < record.end; ++i) {
      const Run& run = runs_[i];
      const std::size_t count = run.always + CountBits(bits & run.mask);
      if (!Fields(run, count)) return false;
    }
    return true;
  }

  bool Fields(const Run& run, std::size_t count) {
    switch (run.kind) {
      case Run::Kind::kTexts:
        return Texts(count);
      case Run::Kind::kWords:
        return event_.Pass(count);
      case Run::Kind::kPairs:
        return event_.Pass(2 * count);
      case Run::Kind::kFixedText:
        return count > 0 ? Texts(1) : event_.Pass(1);
      case Run::Kind::kStrings:
        return count == 0 || Parts(1);
      case Run::Kind::kStringMap:
        return count == 0 || Parts(2);
      case Run::Kind::kSection: {
        const std::size_t at = event_.word();
        return count == 0 || (event_.Pass(1) && Fields(records_[run.record], event_.Word(at)));
      }
      case Run::Kind::kBytes:
        if (count > 0) event_.TakeRaw();
        return true;
    }
    return false;
  }

  bool Parts(std::size_t each) {
    std::size_t count = 0;
    return event_.PassCount(each, count) && Texts(count * each);
  }

  // Of so many words.
  bool Texts(std::size_t count) {
    std::size_t at = event_.word();
    if (!event_.Pass(count)) return false;
    for (const std::size_t end = at + count; at < end; ++at) {
      if (!Text(at)) return false;
    }
    return true;
  }

  // The text of the reference in a word.
  bool Text(std::size_t at) {
    const std::uint32_t reference = event_.Word(at);
    const std::size_t units = reference & EncodedEvent::kUnits;
    if ((reference & EncodedEvent::kBundled) == 0) return Interned(reference, at);
    if ((reference & EncodedEvent::kUtf16) == 0) {
      std::string_view text;
      return event_.TakeLatin1(units, text) && PutLatin1(text);
    }
    const std::uint8_t* text = nullptr;
    if (!event_.TakeUtf16(units, text)) return false;
    const std::size_t start = utf16_.size();
    utf16_.resize(start + units);
    if (units > 0) std::memcpy(utf16_.data() + start, text, units * sizeof(char16_t));
    return true;
  }

  bool Interned(std::uint32_t id, std::size_t at) {
    const Form* const form = FormOf(id);
    if (form == nullptr) return false;
    if (form->utf16.empty()) {
      SetWord(at, EncodedEvent::kBundled | form->latin1.size());
      return PutLatin1(form->latin1);
    }
    SetWord(at, EncodedEvent::kBundled | EncodedEvent::kUtf16 | form->utf16.size());
    utf16_.insert(utf16_.end(), form->utf16.begin(), form->utf16.end());
    return true;
  }

  // nullptr: the id was never given out.
  const Form* FormOf(std::uint32_t id) {
    if (id < forms_.size() && forms_[id].known) return &forms_[id];
    const std::string_view text = interned_.Find(id);
    if (text.data() == nullptr) return nullptr;
    if (id >= forms_.size()) forms_.resize(id + 1);
    Form& form = forms_[id];
    form.known = true;
    std::vector<char16_t> units;
    DecodeUtf8(text, units);
    std::uint32_t all = 0;
    for (const char16_t unit : units) all |= unit;
    if (all > 0xff) {
      form.utf16 = std::move(units);
    } else {
      for (const char16_t unit : units) form.latin1.push_back(static_cast<char>(unit));
    }
    return &form;
  }

  bool PutLatin1(std::string_view text) {
    if (text.size() > static_cast<std::size_t>(end_ - latin1_)) {
      status_ = Status::kNoRoom;
      return false;
    }
    CopyText(text, latin1_);
    latin1_ += text.size();
    return true;
  }

  void SetWord(std::size_t word, std::size_t value) {
    const auto narrower = static_cast<std::uint32_t>(value);
    std::memcpy(out_ + word * 4, &narrower, sizeof narrower);
  }

  std::vector<Run> runs_;
  std::vector<Record> records_;
  InternedTexts interned_;
  std::vector<Form> forms_;  // by id
  EncodedEvent event_;
  std::vector<char16_t> utf16_;
  std::uint8_t* out_ = nullptr;
  std::uint8_t* latin1_ = nullptr;  // behind the Latin-1 text so far
  std::uint8_t* end_ = nullptr;
  Status status_ = Status::kWritten;
};

}  // namespace tapio

#endif  // TAPIO_CORE_SELF_CONTAINED_WRITER_H_
