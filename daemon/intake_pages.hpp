#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/reader/reader.hpp"
#include "forms/definition.hpp"
#include "forms/tag_key.hpp"

/// Inside of `daemon/intake.hpp`: what each page of a document is by its tag, and which pages are
/// one form.
namespace intake {

/// What a page is, before anyone asks whose it is.
enum class Standing : std::uint8_t {
  blank,
  untagged,
  suspected,  ///< no readable code, but the printed serial was read, or the page is surely one of
              ///< our forms: never filed on that alone
  forged,     ///< a code in the shape of a tag whose MAC is wrong
  mixed,      ///< two different verified tags on one page
  unknown_form,  ///< a verified tag of a form that no definition describes
  sheet,         ///< a pathway sheet came back
  form,
};

struct PageSeen {
  const ocr::PageReading* reading = nullptr;
  Standing standing = Standing::untagged;
  std::optional<forms::Tag> tag;        ///< verified, unless forged (then what it claims)
  std::optional<forms::Serial> serial;  ///< of the tag, or as printed if only suspected
  const forms::Catalogue::Entry* entry = nullptr;
};

[[nodiscard]] PageSeen look_at(const ocr::PageReading& page, const forms::Catalogue& catalogue,
                               const forms::TagKeys& keys);

/// The pages of one printed form, by their place in the document (from 0).
struct Sheaf {
  Standing standing = Standing::form;
  std::optional<forms::Tag> tag;  ///< that of its first page
  forms::Serial serial;
  const forms::Catalogue::Entry* entry = nullptr;
  std::vector<std::size_t> pages;
  bool mixed = false;  ///< parts of several forms of one kind lie together, none of them whole

  [[nodiscard]] bool complete(const std::vector<PageSeen>& seen) const;
};

/// In the order of their first pages. The same page of a form twice begins a new sheaf: the paper
/// was sent again.
[[nodiscard]] std::vector<Sheaf> gather(const std::vector<PageSeen>& seen);

/// The page is laid onto that page of that form which its tag names, or its printed serial.
[[nodiscard]] bool aligned(const PageSeen& page);

}  // namespace intake
