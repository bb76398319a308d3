#include "core/json_projection.h"

#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "wanted_values.h"

using tapio::JsonKind;
using tapio::JsonProjection;
using tapio::JsonShape;
using tapio::JsonStatus;
using tapio::test::kA;
using tapio::test::kB;
using tapio::test::kItem;
using tapio::test::kList;
using tapio::test::kNodes;
using tapio::test::kRoot;
using tapio::test::MakeShape;
using tapio::test::Node;
using tapio::test::Random;

namespace {

struct Projected {
  JsonStatus status;
  std::u16string text;
  std::u16string unescaped;
  std::vector<std::int32_t> words;
  std::size_t rows_end;
  std::int32_t last_node;

  JsonKind KindOf(Node node) const { return static_cast<JsonKind>(words[node * 4]); }
  const std::u16string& Source(Node node) const {
    return KindOf(node) == JsonKind::kUnescapedText ? unescaped : text;
  }
  std::u16string Text(Node node) const {
    const auto* word = &words[static_cast<std::size_t>(node) * 4];
    return Source(node).substr(static_cast<std::size_t>(word[1]),
                               static_cast<std::size_t>(word[2] - word[1]));
  }
};

Projected Project(JsonShape& shape, std::u16string_view text, std::size_t room) {
  static JsonProjection projection;
  std::copy(text.begin(), text.end(), projection.Text(text.size()));
  Projected result{JsonStatus::kInvalid, {}, {}, std::vector<std::int32_t>(room, -9), 0, 0};
  result.status = projection.Project(shape, text.size(), result.words.data(), room);
  result.rows_end = projection.rows_end();
  result.last_node = projection.last_node();
  result.text = result.status == JsonStatus::kRepaired ? std::u16string(projection.Repaired())
                                                       : std::u16string(text);
  result.unescaped = projection.Unescaped();
  return result;
}

Projected Project(std::u16string_view text, std::size_t room = 256) {
  static JsonShape shape = MakeShape();
  return Project(shape, text, room);
}

bool IsPlainNumber(const Projected& projected) {
  return projected.status == JsonStatus::kPlain && projected.KindOf(kRoot) == JsonKind::kNumber;
}

}  // namespace

TEST(TakesWhatIsJson) {
  for (const char16_t* text :
       {u"{}", u" [ ] ", u"0", u"-0", u"1.5e-3", u"1E+22", u"true", u"false", u"null", u"\"\"",
        u"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", u"\"\\ud83d\\ude00 \xd83d\xde00\"",
        u"{\"a\" : [1,{\"b\":[]}] ,\"c\":{}}", u"\t\r\n{\"\":0}\n"}) {
    CHECK(Project(text).status == JsonStatus::kPlain);
  }
}

TEST(RefusesWhatIsNone) {
  for (const char16_t* text :
       {u"",       u" ",       u"{",           u"}",          u"[",        u"[1,]",
        u"[1 2]",  u"{\"a\"}", u"{\"a\":}",    u"{\"a\":1,}", u"{a:1}",    u"{,}",
        u"01",     u"-",       u"+1",          u".5",         u"1.",       u"1e",
        u"1e+",    u"0x1",     u"tru",         u"nulll",      u"NaN",      u"\"",
        u"\"\\\"", u"\"\\x\"", u"\"\\u12g4\"", u"\"\\u123",   u"\"a\nb\"", u"\"\t\"",
        u"'a'",    u"{} {}",   u"[]]",         u"{\"a\":1]",  u"\xfeff{}", u"\xa0{}"}) {
    CHECK(Project(text).status == JsonStatus::kInvalid);
  }
  CHECK(Project(std::u16string_view(u"{}\0", 3)).status == JsonStatus::kInvalid);
  CHECK(Project(std::u16string_view(u"\"\0\"", 3)).status == JsonStatus::kInvalid);
}

TEST(TellsWhereValuesLie) {
  const Projected result = Project(u"{ \"z\": [1], \"a\": {\"c\": 1, \"b\": \"x y\"}, \"n\":null}");
  CHECK(result.status == JsonStatus::kPlain);
  CHECK(result.KindOf(kRoot) == JsonKind::kObject);
  CHECK(result.KindOf(kList) == JsonKind::kAbsent);
  CHECK(result.Text(kA) == u"{\"c\": 1, \"b\": \"x y\"}");
  CHECK(result.KindOf(kB) == JsonKind::kText);
  CHECK(result.Text(kB) == u"x y");
  REQUIRE(result.rows_end == kNodes * 4 + 8);
  const std::int32_t* row = &result.words[kNodes * 4];
  CHECK_EQ(row[0], ~kRoot);
  CHECK(result.text.substr(static_cast<std::size_t>(row[1]),
                           static_cast<std::size_t>(row[2] - row[1])) == u"\"z\": [1]");
  CHECK_EQ(row[3], static_cast<std::int32_t>(JsonKind::kArray));
  CHECK_EQ(row[7], static_cast<std::int32_t>(JsonKind::kNull));
}

TEST(TheLastOfTwoKeysCountsWithAllThatIsInIt) {
  CHECK(Project(u"{\"a\":{\"b\":1},\"a\":{}}").KindOf(kB) == JsonKind::kAbsent);
  CHECK(Project(u"{\"a\":{\"b\":1},\"a\":3}").KindOf(kA) == JsonKind::kInteger);
  CHECK(Project(u"{\"a\":1,\"\\u0061\":{\"b\":true}}").KindOf(kB) == JsonKind::kTrue);
  CHECK(Project(u"{\"list\":[],\"list\":[]}").status == JsonStatus::kOther);
  CHECK(Project(u"{\"list\":1,\"items\":2}").status == JsonStatus::kOther);
}

TEST(EachItemIsARow) {
  const Projected result = Project(u"{\"items\":[{\"x\":1},2,{}]}");
  REQUIRE(result.rows_end == kNodes * 4 + 3 * 9);
  const std::int32_t* row = &result.words[kNodes * 4];
  CHECK_EQ(row[0], kItem);
  CHECK_EQ(row[5], static_cast<std::int32_t>(JsonKind::kInteger));
  CHECK_EQ(row[6], 1);
  CHECK_EQ(row[9 + 1], static_cast<std::int32_t>(JsonKind::kInteger));
  CHECK_EQ(row[18 + 5], static_cast<std::int32_t>(JsonKind::kAbsent));
  CHECK_EQ(result.words[kList * 4 + 3], 1);
  CHECK(Project(u"{\"items\":[1,2,3]}", kNodes * 4 + 20).status == JsonStatus::kOther);
}

TEST(TimesToTheNanosecondAreQuoted) {
  for (const char16_t* time :
       {u"1795860000.123456789", u"1795860000123.456780", u"2795860000123456.789"}) {
    const Projected result = Project(time);
    CHECK(result.status == JsonStatus::kRepaired);
    CHECK(result.KindOf(kRoot) == JsonKind::kText);
    CHECK(result.Text(kRoot) == time);
  }
  // Only JavaScript can tell.
  for (const char16_t* time : {u"1795860000.123456700", u"1795860000123.4567000"})
    CHECK(Project(time).status == JsonStatus::kOther);
  // Those whose digits a double keeps, and what is no time.
  for (const char16_t* number :
       {u"1795860000.123456000", u"1795860000.000000000", u"1795860000.1234567",
        u"-1795860000.123456789", u"0.1234567890123456789", u"1795860000.123456789e1",
        u"179586000.1234567891", u"3795860000.123456789"})
    CHECK(IsPlainNumber(Project(number)));
}

TEST(IntegersWhoseDigitsADoubleDoesNotKeepAreQuoted) {
  const Projected result = Project(u"{\"t\":9007199254740993,\"a\":{\"b\":-12345678901234567890}}");
  CHECK(result.status == JsonStatus::kRepaired);
  CHECK(result.text == u"{\"t\":\"9007199254740993\",\"a\":{\"b\":\"-12345678901234567890\"}}");
  CHECK(result.Text(kB) == u"-12345678901234567890");
  CHECK(result.Text(kA) == u"{\"b\":\"-12345678901234567890\"}");
  const Projected largest = Project(u"{\"a\":-9007199254740991}");
  CHECK(largest.status == JsonStatus::kPlain);
  const std::int64_t high = largest.words[kA * 4 + 2];
  const auto low = static_cast<std::uint32_t>(largest.words[kA * 4 + 1]);
  CHECK(high * (std::int64_t{1} << 32) + low == -9007199254740991);
  const Projected even = Project(u"{\"a\":-9007199254740994}");
  CHECK(even.status == JsonStatus::kPlain);
  CHECK(even.KindOf(kA) == JsonKind::kNumber);
  CHECK(Project(u"1152921504606846976").status == JsonStatus::kRepaired);
  // Counts of nanoseconds of a coarser clock, and what JavaScript wrote.
  for (const char16_t* kept : {u"1795860000123456000", u"-1795860000123456000",
                               u"1152921504606847000", u"9007199254740992", u"10000000000000000"})
    CHECK(IsPlainNumber(Project(kept)));
  for (const char16_t* other : {u"1795860000123456700", u"17958600001234567", u"90071992547409930"})
    CHECK(Project(other).status == JsonStatus::kOther);
  CHECK(Project(u"1e999").status == JsonStatus::kOther);
  CHECK(Project(std::u16string(400, u'9')).status == JsonStatus::kOther);
  CHECK(Project(std::u16string(220, u'9') + u"e99").status == JsonStatus::kOther);
  CHECK(Project(u"{\"a\":-0}").KindOf(kA) == JsonKind::kNumber);
}

TEST(HalvesOfPairsAreReplaced) {
  CHECK(Project(u"\"\\ud83d\\ud83d\\ude00\\ude00\"").text == u"\"\\ufffd\\ud83d\\ude00\\ufffd\"");
  CHECK(Project(u"\"\xd83d\xd83d\xde00\xde00\"").text == u"\"\xfffd\xd83d\xde00\xfffd\"");
  CHECK(Project(u"\"\\ud83d\xde00\"").text == u"\"\\ufffd\xfffd\"");
}

TEST(EscapesAreUndoneWhereThatIsWanted) {
  const Projected result = Project(
      u"{\"items\":\"a\\n\",\"a\":{\"b\":\"\\\"\\\\\\/"
      u"\\b\\f\\n\\r\\t\\u00e9x\\ud83d\\ude00\\udc00y\"}}");
  CHECK(result.KindOf(kList) == JsonKind::kEscapedText);
  CHECK(result.Text(kList) == u"\"a\\n\"");
  CHECK(result.KindOf(kB) == JsonKind::kUnescapedText);
  CHECK(result.Text(kB) == u"\"\\/\b\f\n\r\t\u00e9x\xd83d\xde00\xfffdy");
  const Projected last = Project(u"{\"a\":{\"b\":\"\\n\",\"b\":\"\\t\"}}");
  CHECK(last.Text(kB) == u"\t");
  CHECK(Project(u"{\"a\":{\"b\":\"n\"}}").unescaped.empty());
}

TEST(DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::u16string(depth, u'[') + std::u16string(depth, u']');
  };
  CHECK(Project(nested(JsonProjection::kMaxDepth)).status == JsonStatus::kPlain);
  CHECK(Project(nested(JsonProjection::kMaxDepth + 1)).status == JsonStatus::kOther);
  CHECK(Project(std::u16string(100000, u'[')).status == JsonStatus::kOther);
}

// Whatever stands in a text, what is told of it lies in it.
TEST(RandomTextsStayInBounds) {
  Random random;
  const std::u16string_view pieces[] = {u"{",
                                        u"}",
                                        u"[",
                                        u"]",
                                        u":",
                                        u",",
                                        u"\"a\"",
                                        u"\"b\"",
                                        u"\"list\"",
                                        u"\"x\"",
                                        u"1",
                                        u"-",
                                        u"\"",
                                        u"\\",
                                        u"\\u00",
                                        u"\\ud800",
                                        u"123456789012345678",
                                        u"null",
                                        u"true",
                                        u" ",
                                        u"\xd800",
                                        u"\xdc00",
                                        u"e5"};
  const auto count = static_cast<int>(20000 * tapio::test::Multiplier());
  int taken = 0;
  for (int i = 0; i < count; ++i) {
    std::u16string text =
        random.OneIn(2)
            ? u"{\"a\":{\"b\":\"t\\n\"},\"list\":[{\"x\":\"y\"}],\"q\":123456789012345678}"
            : u"{\"a\":{\"b\":[1,\"t\"]},\"list\":[{\"x\":\"y\"}],\"q\":123456789012345678}";
    for (std::uint64_t changes = random.Next() % 4; changes > 0; --changes) {
      const std::u16string_view piece = pieces[random.Next() % std::size(pieces)];
      const std::size_t at = random.Next() % text.size();
      text.replace(at, random.Next() % 3, piece);
    }
    const Projected result = Project(text, 64);
    if (result.status != JsonStatus::kPlain && result.status != JsonStatus::kRepaired) continue;
    ++taken;
    for (const Node node : {kA, kB, kList}) {
      const JsonKind kind = result.KindOf(node);
      if (kind == JsonKind::kAbsent || kind == JsonKind::kInteger) continue;
      const std::int32_t* word = &result.words[static_cast<std::size_t>(node) * 4];
      CHECK(word[1] >= 0 && word[1] <= word[2]);
      CHECK(static_cast<std::size_t>(word[2]) <= result.Source(node).size());
    }
  }
  CHECK(taken > count / 20);
}

// The order that earlier texts taught the shape changes nothing.
TEST(KeysAreFoundInAnyOrder) {
  Random random;
  const std::u16string_view keys[] = {u"a",       u"b",     u"list",   u"items",  u"x",
                                      u"ab",      u"item",  u"lis",    u"lists",  u"",
                                      u"\\u0061", u"a\\\"", u"\xd800", u"\xfffd", u"it\\u0065ms"};
  const std::u16string_view values[] = {u"1",
                                        u"\"t\"",
                                        u"null",
                                        u"[{\"x\":2}]",
                                        u"[{},3]",
                                        u"{\"b\":\"y\\n\"}",
                                        u"{\"c\":1,\"b\":2}"};
  const auto count = static_cast<int>(20000 * tapio::test::Multiplier());
  int taken = 0;
  for (int i = 0; i < count; ++i) {
    std::u16string text = u"{";
    for (std::uint64_t left = random.Next() % 6; left > 0; --left) {
      text.append(u"\"").append(keys[random.Next() % std::size(keys)]);
      text.append(u"\":").append(values[random.Next() % std::size(values)]);
      if (left > 1) text += u',';
    }
    if (!random.OneIn(8)) text += u'}';
    if (random.OneIn(8)) text.resize(random.Next() % (text.size() + 1));
    JsonShape fresh = MakeShape();
    const Projected expected = Project(fresh, text, 128);
    const Projected result = Project(text, 128);
    REQUIRE(result.status == expected.status);
    if (result.status != JsonStatus::kPlain && result.status != JsonStatus::kRepaired) continue;
    ++taken;
    CHECK(result.text == expected.text && result.unescaped == expected.unescaped);
    CHECK_EQ(result.rows_end, expected.rows_end);
    CHECK_EQ(result.last_node, expected.last_node);
    for (std::int32_t node = result.last_node + 1; node < kNodes; ++node)
      CHECK(result.KindOf(static_cast<Node>(node)) == JsonKind::kAbsent);
    CHECK(std::equal(result.words.begin(),
                     result.words.begin() + static_cast<std::ptrdiff_t>(result.rows_end),
                     expected.words.begin()));
  }
  CHECK(taken > count / 4);
}
