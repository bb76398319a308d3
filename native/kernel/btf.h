// The types of a kernel, out of its BTF: where a field lies, how many arguments a tracepoint has.
#ifndef TAPIO_KERNEL_BTF_H_
#define TAPIO_KERNEL_BTF_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tapio::kernel {

// Reads BTF as a stranger's file: whatever the bytes, an answer or none, in bounded time.
//
// Threads: any, as nothing changes after Parse.
// Guarantees: reads inside its bytes only. A name that several types have means the first of them
//   that can answer.
// Memory: its bytes, and four for each type.
class Btf {
 public:
  // Kinds of types, as the format numbers them.
  enum class Kind : std::uint32_t {
    kVoid,
    kInteger,
    kPointer,
    kArray,
    kStruct,
    kUnion,
    kEnum,
    kForward,
    kTypedef,
    kVolatile,
    kConst,
    kRestrict,
    kFunction,
    kPrototype,
    kVariable,
    kSection,
    kFloat,
    kDeclarationTag,
    kTypeTag,
    kEnum64,
  };

  struct Field {
    std::uint32_t bit_offset;  // from the start of the structure that was asked for
    std::uint32_t bit_size;    // of a bit field; 0: a field of whole bytes
    std::uint32_t type;
  };

  // nullopt: no BTF, or none of a kind known here.
  static std::optional<Btf> Parse(std::vector<std::uint8_t> bytes);
  static std::optional<Btf> OfRunningKernel();

  // A field of a struct or union, also inside of anonymous members. A path goes on into members
  // and the elements of arrays, never through pointers: "thread_info.status".
  std::optional<Field> FindField(std::string_view structure, std::string_view path) const;
  // The same in bytes; nullopt for a bit field, too.
  std::optional<std::uint32_t> ByteOffset(std::string_view structure, std::string_view path) const;
  // Bytes of a struct or union.
  std::optional<std::uint32_t> SizeOf(std::string_view structure) const;
  // What a program at the raw tracepoint gets.
  std::optional<std::uint32_t> TracepointArguments(std::string_view tracepoint) const;
  // The number of the first type of this name and kind.
  std::optional<std::uint32_t> FindType(Kind kind, std::string_view name) const;

 private:
  struct Type {
    Kind kind;
    bool flag;
    std::uint32_t count;  // members, arguments, values
    std::uint32_t name;
    std::uint32_t size_or_type;
    std::size_t more;  // byte of what follows
  };
  // What one search may still look at.
  struct Budget {
    std::uint32_t members;
  };

  explicit Btf(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  bool Index();
  std::uint32_t Word(std::size_t at) const;
  // In time that does not grow with the length of what is there.
  bool NameIs(std::uint32_t offset, std::string_view name) const;
  Type At(std::size_t at) const;
  std::optional<Type> Find(std::uint32_t id) const;
  static bool IsStructure(const Type& type);
  // Without const, volatile, typedef and their like.
  std::optional<Type> Resolve(std::uint32_t id) const;
  // The structure that a field or the elements of its array are.
  std::optional<Type> Inside(std::uint32_t id) const;
  std::optional<Field> FindPath(Type type, std::string_view path, Budget& budget) const;
  std::optional<Field> FindMember(const Type& type, std::string_view name, int depth,
                                  Budget& budget) const;
  template <typename Try>
  auto FirstStructure(std::string_view name, Try&& attempt) const
      -> decltype(attempt(std::declval<const Type&>()));

  std::vector<std::uint8_t> bytes_;
  std::size_t strings_ = 0;
  std::size_t strings_size_ = 0;
  std::vector<std::uint32_t> starts_;  // byte of each type; number 0 is void
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_BTF_H_
