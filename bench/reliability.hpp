#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "forms/definition.hpp"

namespace bench {

/// One answer's confidence, and whether it was right to have it.
struct Said {
  std::string field;
  forms::FieldKind kind = forms::FieldKind::text;
  double confidence = 0;
  bool right = false;
  std::string doubt;  ///< empty: accepted
};

/// Prints, for digits and for marks, how many of the answers said with so much confidence were
/// right: what the floors of acceptance rest on.
void print_reliability(const std::vector<Said>& said);

/// page;field;kind;confidence;right;doubt, one line an answer. Throws std::runtime_error.
class AnswerFile {
public:
  explicit AnswerFile(const std::string& path);
  void add(const std::string& page, const std::vector<Said>& said);

private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace bench
