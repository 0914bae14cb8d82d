#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "daemon/records/records.hpp"
#include "daemon/review/words.hpp"
#include "forms/definition.hpp"

namespace review {

/// Records to HTML, through the templates in `assets`. Not thread-safe.
class Pages {
public:
  struct Sources {
    records::Records& records;
    const forms::Catalogue& catalogue;
    std::filesystem::path pictures;
    std::filesystem::path assets;
    std::string hospital;
  };
  /// Throws std::runtime_error naming the template that is missing or broken.
  explicit Pages(Sources sources);

  /// The whole page, and its lists alone (what the script fetches anew).
  [[nodiscard]] std::string desk(Language language);
  [[nodiscard]] std::string lists(Language language);
  /// None if there is no such document.
  [[nodiscard]] std::optional<std::string> document(const std::string& id, Language language);

private:
  Sources sources_;
};

/// File name of a page's picture: "D-000001-1.png".
[[nodiscard]] std::string picture_name(const std::string& document, int page);

}  // namespace review
