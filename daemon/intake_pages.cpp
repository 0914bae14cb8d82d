#include "daemon/intake_pages.hpp"

#include <algorithm>

namespace intake {
namespace {

struct Codes {
  std::vector<forms::Tag> verified;  ///< each once
  std::vector<forms::Tag> forged;    ///< what they claim
};

Codes sort_codes(const ocr::PageReading& page, const forms::TagKeys& keys) {
  Codes codes;
  for (const auto& code : page.codes) {
    if (const auto tag = keys.verify(code)) {
      if (std::ranges::find(codes.verified, *tag) == codes.verified.end()) {
        codes.verified.push_back(*tag);
      }
    } else if (const auto claim = forms::peek(code)) {
      codes.forged.push_back(*claim);
    }  // else a code of another system: not ours to judge
  }
  return codes;
}

/// Of several tags the one that the page was aligned by.
forms::Tag chosen(const std::vector<forms::Tag>& tags, const ocr::PageReading& page,
                  const forms::Catalogue& catalogue) {
  for (const auto& tag : tags) {
    const auto* entry = catalogue.find(tag.form, tag.version);
    if (entry != nullptr && entry->definition.form == page.form && tag.page == page.form_page) {
      return tag;
    }
  }
  return tags.front();
}

Standing standing_of(const Codes& codes, const forms::Catalogue::Entry* entry) {
  // A wrong MAC beside a right one is tampering too: damage does not survive the code's own
  // correction.
  if (!codes.forged.empty()) return Standing::forged;
  if (codes.verified.size() > 1) return Standing::mixed;
  if (entry == nullptr) return Standing::unknown_form;
  return entry->definition.sheet ? Standing::sheet : Standing::form;
}

bool has_page(const Sheaf& sheaf, const std::vector<PageSeen>& seen, int page) {
  return std::ranges::any_of(sheaf.pages, [&](std::size_t i) { return seen[i].tag->page == page; });
}

bool belongs(const Sheaf& sheaf, const PageSeen& page, const std::vector<PageSeen>& seen) {
  return page.standing == Standing::form && sheaf.standing == Standing::form &&
         sheaf.serial == page.tag->serial && sheaf.entry == page.entry &&
         sheaf.tag->pages == page.tag->pages && !has_page(sheaf, seen, page.tag->page);
}

/// One lacks what the other has: pages of several forms got among each other.
bool fill_each_other(const Sheaf& one, const Sheaf& other, const std::vector<PageSeen>& seen) {
  return one.entry == other.entry && one.serial != other.serial &&
         std::ranges::any_of(
             other.pages, [&](std::size_t i) { return !has_page(one, seen, seen[i].tag->page); });
}

void find_mixed(std::vector<Sheaf>& sheaves, const std::vector<PageSeen>& seen) {
  for (auto& one : sheaves) {
    if (one.standing != Standing::form || one.complete(seen)) continue;
    for (const auto& other : sheaves) {
      if (other.standing == Standing::form && !other.complete(seen)) {
        one.mixed |= fill_each_other(one, other, seen) || fill_each_other(other, one, seen);
      }
    }
  }
}

}  // namespace

bool Sheaf::complete(const std::vector<PageSeen>& seen) const {
  if (!tag) return false;
  for (int page = 1; page <= tag->pages; ++page) {
    if (!has_page(*this, seen, page)) return false;
  }
  return true;
}

PageSeen look_at(const ocr::PageReading& page, const forms::Catalogue& catalogue,
                 const forms::TagKeys& keys) {
  PageSeen seen{&page, page.blank ? Standing::blank : Standing::untagged, {}, {}, nullptr};
  const Codes codes = sort_codes(page, keys);
  if (!codes.verified.empty() || !codes.forged.empty()) {
    seen.tag = chosen(codes.forged.empty() ? codes.verified : codes.forged, page, catalogue);
    seen.serial = seen.tag->serial;
    seen.entry = catalogue.find(seen.tag->form, seen.tag->version);
    seen.standing = standing_of(codes, seen.entry);
  } else if (!page.form.empty()) {
    seen.entry = catalogue.find(page.form, page.version);
    if (seen.entry != nullptr) seen.standing = Standing::suspected;
  }
  return seen;
}

std::vector<Sheaf> gather(const std::vector<PageSeen>& seen) {
  std::vector<Sheaf> sheaves;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const PageSeen& page = seen[i];
    if (page.standing == Standing::blank || page.standing == Standing::untagged ||
        page.standing == Standing::sheet) {
      continue;
    }
    const auto open = std::ranges::find_if(
        sheaves, [&](const Sheaf& sheaf) { return belongs(sheaf, page, seen); });
    if (open != sheaves.end()) {
      open->pages.push_back(i);
    } else {
      sheaves.push_back({page.standing, page.tag, *page.serial, page.entry, {i}, false});
    }
  }
  find_mixed(sheaves, seen);
  return sheaves;
}

bool aligned(const PageSeen& page) {
  return page.entry != nullptr && page.reading->form == page.entry->definition.form &&
         page.reading->version == page.entry->definition.version &&
         (!page.tag || page.reading->form_page == page.tag->page);
}

}  // namespace intake
