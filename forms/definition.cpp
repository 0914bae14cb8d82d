#include "forms/definition.hpp"

#include <algorithm>

namespace forms {
namespace {

/// The entry with the highest version among those that `wanted` takes, or null.
template <typename Wanted>
const Catalogue::Entry* newest(const std::vector<Catalogue::Entry>& entries, Wanted wanted) {
  const Catalogue::Entry* found = nullptr;
  for (const auto& entry : entries) {
    if (!wanted(entry.definition)) continue;
    if (found == nullptr || found->definition.version < entry.definition.version) found = &entry;
  }
  return found;
}

}  // namespace

const FieldDefinition* Definition::find(std::string_view field) const {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const FieldDefinition& f) { return f.name == field; });
  return at == fields.end() ? nullptr : &*at;
}

const Catalogue::Entry* Catalogue::find(std::string_view form, int version) const {
  return newest(entries_,
                [&](const Definition& d) { return d.form == form && d.version == version; });
}

const Catalogue::Entry* Catalogue::find(int number, int version) const {
  return newest(entries_,
                [&](const Definition& d) { return d.number == number && d.version == version; });
}

const Catalogue::Entry* Catalogue::report_for(std::string_view disease) const {
  return newest(entries_, [&](const Definition& d) { return !d.sheet && d.disease == disease; });
}

const Catalogue::Entry* Catalogue::sheet_for(std::string_view disease) const {
  return newest(entries_, [&](const Definition& d) { return d.sheet && d.disease == disease; });
}

}  // namespace forms
