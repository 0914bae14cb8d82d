#include "forms/tag.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>

#include "forms/tag_key.hpp"
#include "temp_dir.hpp"

namespace {

using forms::Tag;
using forms::TagBytes;
using forms::TagKeys;

TagKeys::Key key_of(std::uint8_t byte) {
  TagKeys::Key key{};
  key.fill(byte);
  return key;
}

TagKeys one_key() {
  return TagKeys({{1, key_of(0x42)}});
}

Tag example() {
  Tag tag;
  tag.form = 2;
  tag.version = 3;
  tag.page = 1;
  tag.pages = 2;
  tag.serial = {0x123456789ABC};
  return tag;
}

TEST(Tag, SaysWhatWasSigned) {
  const auto keys = one_key();
  auto tag = example();
  tag.key_id = 77;  // the signer's business
  const auto found = keys.verify(keys.sign(tag));
  ASSERT_TRUE(found);
  tag.key_id = 1;
  EXPECT_EQ(*found, tag);
}

TEST(Tag, HasTheBytesOnPaper) {
  // docs/tag.md; the MAC was computed with Python's hmac over b"renkei tag 1\0" and the claim.
  const TagBytes expected{0x01, 0x01, 0x00, 0x02, 0x03, 0x01, 0x02, 0x12, 0x34, 0x56,
                          0x78, 0x9A, 0xBC, 0x75, 0x5C, 0x68, 0xCF, 0x54, 0x6A, 0x2C,
                          0x90, 0xE9, 0xA8, 0x35, 0xE8, 0xE2, 0xBB, 0xDF, 0x8C};
  EXPECT_EQ(one_key().sign(example()), expected);
}

TEST(Tag, EverySingleBitIsGuarded) {
  const auto keys = one_key();
  const auto right = keys.sign(example());
  for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
    auto bytes = right;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(keys.verify(bytes)) << "bit " << bit;
  }
}

TEST(Tag, SerialsCannotBeSwapped) {
  constexpr unsigned seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto keys = one_key();
  for (int i = 0; i < 5000; ++i) {
    auto own = example();
    auto other = example();
    own.serial.number = random() % forms::serial_limit;
    other.serial.number = i == 0 ? own.serial.number ^ 1 : random() % forms::serial_limit;
    auto bytes = keys.sign(own);
    const auto donor = keys.sign(other);
    std::copy_n(donor.begin() + 7, 6, bytes.begin() + 7);
    EXPECT_FALSE(keys.verify(bytes)) << own.serial.number << ' ' << other.serial.number;
  }
}

TEST(Tag, NoPartOfAMacIsEnough) {
  const auto keys = one_key();
  const auto right = keys.sign(example());
  auto other = example();
  other.serial.number ^= 1;
  const auto donor = keys.sign(other);
  constexpr std::size_t mac = 13;
  for (std::size_t kept = mac; kept < right.size(); ++kept) {
    auto zeroed = right;
    std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(kept), zeroed.end(), std::uint8_t{0});
    EXPECT_FALSE(keys.verify(zeroed)) << kept;
    auto filled = right;
    std::copy(donor.begin() + static_cast<std::ptrdiff_t>(kept), donor.end(),
              filled.begin() + static_cast<std::ptrdiff_t>(kept));
    EXPECT_EQ(keys.verify(filled).has_value(), filled == right) << kept;
  }
}

TEST(Tag, NoByteMayTakeAnotherValue) {
  const auto keys = one_key();
  const auto right = keys.sign(example());
  for (std::size_t at = 0; at < right.size(); ++at) {
    for (unsigned change = 1; change < 256; ++change) {
      auto bytes = right;
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ change);
      EXPECT_FALSE(keys.verify(bytes)) << "byte " << at << " ^ " << change;
    }
  }
}

TEST(Tag, RandomBytesAreNone) {
  constexpr unsigned seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto keys = one_key();
  for (int i = 0; i < 20000; ++i) {
    TagBytes bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    bytes[0] = 1;
    bytes[1] = 1;
    EXPECT_FALSE(keys.verify(bytes));
  }
}

TEST(Tag, EveryOtherLengthIsNone) {
  const auto keys = one_key();
  const auto right = keys.sign(example());
  std::vector<std::uint8_t> bytes(right.begin(), right.end());
  bytes.push_back(0);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    if (size == right.size()) continue;
    EXPECT_FALSE(keys.verify(std::span(bytes).first(size))) << size << " bytes";
    EXPECT_FALSE(forms::peek(std::span(bytes).first(size))) << size << " bytes";
  }
}

TEST(Tag, AnotherHospitalsTagIsNone) {
  const TagKeys ours = one_key();
  const TagKeys theirs({{1, key_of(0x43)}});
  EXPECT_FALSE(ours.verify(theirs.sign(example())));
  EXPECT_TRUE(forms::peek(theirs.sign(example()))) << "it has the shape of a tag";
}

TEST(Tag, AnUnknownKeyIsNone) {
  const TagKeys later({{1, key_of(0x42)}, {2, key_of(0x44)}});
  EXPECT_FALSE(one_key().verify(later.sign(example())));
}

TEST(Tag, TheNewestKeySignsAndOldPaperStaysGood) {
  const TagKeys later({{1, key_of(0x42)}, {2, key_of(0x44)}});
  EXPECT_TRUE(later.verify(one_key().sign(example())));
  EXPECT_EQ(later.verify(later.sign(example()))->key_id, 2);
}

TEST(Tag, PeekWantsTheShape) {
  const auto right = one_key().sign(example());
  const auto with = [&](std::size_t at, std::uint8_t value) {
    auto bytes = right;
    bytes[at] = value;
    return forms::peek(bytes).has_value();
  };
  EXPECT_TRUE(with(20, 0xEE)) << "the MAC is not looked at";
  EXPECT_FALSE(with(0, 0));
  EXPECT_FALSE(with(0, 2)) << "a later format";
  EXPECT_FALSE(with(5, 0)) << "page 0";
  EXPECT_FALSE(with(5, 3)) << "page 3 of 2";
  EXPECT_FALSE(with(7, 0x20)) << "a serial of 46 bits";
  EXPECT_TRUE(with(7, 0x1F));
}

class TagKeyFiles : public testing::Test {
protected:
  void write(const std::string& name, std::size_t size, mode_t mode) const {
    std::ofstream(folder_ / name) << std::string(size, 'k');
    ::chmod((folder_ / name).c_str(), mode);
  }
  tests::TempDir folder_;
};

TEST_F(TagKeyFiles, AreMadeForTheServiceAlone) {
  const auto keys = folder_ / "keys";
  TagKeys::create(keys);
  struct stat about {};
  ASSERT_EQ(::stat((keys / "tag-1.key").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0600U);
  EXPECT_EQ(about.st_size, 32);
  const auto one = TagKeys::load(keys);
  const auto again = TagKeys::load(keys);
  EXPECT_TRUE(again.verify(one.sign(example())));
}

TEST_F(TagKeyFiles, DifferFromHospitalToHospital) {
  TagKeys::create(folder_ / "one");
  TagKeys::create(folder_ / "other");
  EXPECT_FALSE(
      TagKeys::load(folder_ / "one").verify(TagKeys::load(folder_ / "other").sign(example())));
}

TEST_F(TagKeyFiles, AreNeverOverwritten) {
  TagKeys::create(folder_.path());
  EXPECT_THROW(TagKeys::create(folder_.path()), std::system_error);
  std::filesystem::rename(folder_ / "tag-1.key", folder_ / "tag-9.key");
  EXPECT_THROW(TagKeys::create(folder_.path()), std::system_error);
}

TEST_F(TagKeyFiles, MustNotBeReadableByOthers) {
  for (const mode_t mode : std::initializer_list<mode_t>{0640, 0604, 0644, 0660, 0610}) {
    write("tag-1.key", 32, mode);
    EXPECT_THROW(TagKeys::load(folder_.path()), std::runtime_error) << std::oct << mode;
  }
  write("tag-1.key", 32, 0400);
  EXPECT_NO_THROW(TagKeys::load(folder_.path()));
}

TEST_F(TagKeyFiles, MustBeWhole) {
  for (const std::size_t size : {0U, 31U, 33U}) {
    write("tag-1.key", size, 0600);
    EXPECT_THROW(TagKeys::load(folder_.path()), std::runtime_error) << size;
  }
}

TEST_F(TagKeyFiles, MustBeThereAndNoLink) {
  EXPECT_THROW(TagKeys::load(folder_.path()), std::runtime_error);
  EXPECT_THROW(TagKeys::load(folder_ / "nowhere"), std::runtime_error);
  write("elsewhere", 32, 0600);
  std::filesystem::create_symlink(folder_ / "elsewhere", folder_ / "tag-1.key");
  EXPECT_THROW(TagKeys::load(folder_.path()), std::runtime_error);
}

TEST_F(TagKeyFiles, OtherNamesAreNoKeys) {
  for (const auto* name : {"tag-0.key", "tag-256.key", "tag-01.key", "tag-.key", "tag-1.key~",
                           "tag-x.key", "tag--1.key"}) {
    write(name, 5, 0644);  // would be refused if it were taken for a key
  }
  write("tag-255.key", 32, 0600);
  const auto keys = TagKeys::load(folder_.path());
  EXPECT_EQ(keys.verify(keys.sign(example()))->key_id, 255);
}

}  // namespace
