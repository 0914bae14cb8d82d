#include "ocr/pdf_page.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <set>
#include <stdexcept>
#include <string_view>

namespace ocr {
namespace {

using namespace std::string_view_literals;

/// Content streams of scans have some hundred bytes, with a text layer some hundred thousand.
constexpr std::size_t most_content = 4 << 20;
constexpr int most_pictures = 400;  ///< strips of a page

/// Collects decoded stream data up to a limit, so that a bomb stops early.
class Collector final : public Pipeline {
public:
  explicit Collector(std::size_t most) : Pipeline("collector", nullptr), most_(most) {}
  void write(unsigned char const* data, std::size_t size) override {
    if (size > most_ - text.size()) throw std::length_error("stream too long");
    text.append(reinterpret_cast<const char*>(data), size);
  }
  void finish() override {}

  std::string text;

private:
  std::size_t most_;
};

struct Rectangle {
  double left, bottom, right, top;
};

Rectangle transformed(const QPDFMatrix& m, double x0, double y0, double x1, double y1) {
  Rectangle box{1e30, 1e30, -1e30, -1e30};
  for (const double x : {x0, x1}) {
    for (const double y : {y0, y1}) {
      double px = 0;
      double py = 0;
      m.transform(x, y, px, py);
      box.left = std::min(box.left, px);
      box.right = std::max(box.right, px);
      box.bottom = std::min(box.bottom, py);
      box.top = std::max(box.top, py);
    }
  }
  return box;
}

/// `inner` within `outer`, but for a fiftieth of its own size.
bool inside(const Rectangle& inner, const Rectangle& outer) {
  const double dx = (inner.right - inner.left) / 50;
  const double dy = (inner.top - inner.bottom) / 50;
  return inner.left >= outer.left - dx && inner.right <= outer.right + dx &&
         inner.bottom >= outer.bottom - dy && inner.top <= outer.top + dy;
}

struct GraphicsState {
  QPDFMatrix matrix;
  Rectangle clip{-1e30, -1e30, 1e30, 1e30};
  bool black = true;
  bool hidden_text = false;
};

/// Operators that draw nothing: text state, line style, stroke colours, marked content.
constexpr std::array harmless = {"w"sv,  "J"sv,  "j"sv,  "M"sv,  "d"sv,   "ri"sv,  "i"sv,  "BT"sv,
                                 "ET"sv, "Tc"sv, "Tw"sv, "Tz"sv, "TL"sv,  "Tf"sv,  "Ts"sv, "Td"sv,
                                 "TD"sv, "Tm"sv, "T*"sv, "BX"sv, "EX"sv,  "MP"sv,  "DP"sv, "G"sv,
                                 "RG"sv, "K"sv,  "CS"sv, "SC"sv, "SCN"sv, "BMC"sv, "EMC"sv};

/// One content stream, operator by operator.
class Interpreter {
public:
  explicit Interpreter(const QPDFObjectHandle& resources) : resources_(resources) {}

  PageContents run(const std::string& content) {
    auto input = std::make_shared<BufferInputSource>("content", content);
    QPDFTokenizer tokenizer;
    tokenizer.allowEOF();
    while (contents_.pictures_only) {
      const auto token = tokenizer.readToken(input, "content", true);
      if (token.getType() == QPDFTokenizer::tt_eof) break;
      take(token);
    }
    return std::move(contents_);
  }

private:
  void take(const QPDFTokenizer::Token& token) {
    switch (token.getType()) {
      case QPDFTokenizer::tt_integer:
      case QPDFTokenizer::tt_real:
        numbers_.push_back(std::strtod(token.getValue().c_str(), nullptr));
        break;
      case QPDFTokenizer::tt_name: name_ = token.getValue(); break;
      case QPDFTokenizer::tt_word:
        operate(token.getValue());
        numbers_.clear();
        name_.clear();
        break;
      case QPDFTokenizer::tt_bad: give_up(); break;
      case QPDFTokenizer::tt_array_close:
      case QPDFTokenizer::tt_array_open:
      case QPDFTokenizer::tt_brace_close:
      case QPDFTokenizer::tt_brace_open:
      case QPDFTokenizer::tt_dict_close:
      case QPDFTokenizer::tt_dict_open:
      case QPDFTokenizer::tt_string:
      case QPDFTokenizer::tt_null:
      case QPDFTokenizer::tt_bool:
      case QPDFTokenizer::tt_eof:
      case QPDFTokenizer::tt_space:
      case QPDFTokenizer::tt_comment:
      case QPDFTokenizer::tt_inline_image: break;
    }
    if (numbers_.size() > 4096) give_up();
  }

  void give_up() { contents_.pictures_only = false; }

  static bool one_of(std::string_view op, std::initializer_list<std::string_view> set) {
    return std::find(set.begin(), set.end(), op) != set.end();
  }

  void operate(const std::string& op) {
    if (op == "q") {
      stack_.push_back(state_);
      if (stack_.size() > 256) give_up();
    } else if (op == "Q") {
      if (stack_.empty()) return;
      state_ = stack_.back();
      stack_.pop_back();
    } else if (op == "cm") {
      if (numbers_.size() != 6) return give_up();
      state_.matrix.concat(
          QPDFMatrix(numbers_[0], numbers_[1], numbers_[2], numbers_[3], numbers_[4], numbers_[5]));
    } else if (op == "Do") {
      draw();
    } else if (op == "gs") {
      take_state();
    } else if (op == "Tr") {
      state_.hidden_text = numbers_.size() == 1 && numbers_[0] == 3;
    } else if (one_of(op, {"Tj", "TJ", "'", "\""})) {
      if (!state_.hidden_text) give_up();
    } else if (one_of(op, {"g", "rg"})) {
      state_.black = std::all_of(numbers_.begin(), numbers_.end(), [](double v) { return v == 0; });
    } else if (one_of(op, {"k", "cs", "sc", "scn"})) {
      state_.black = false;
    } else if (op == "BDC") {
      // What is marked as optional may be switched off; the mark's name is told apart no further.
      if (resources_.getKeyIfDict("/Properties").isDictionary()) give_up();
    } else if (!take_path(op) &&
               std::find(harmless.begin(), harmless.end(), op) == harmless.end()) {
      give_up();
    }
  }

  /// Paths may only be rectangles to clip with.
  bool take_path(const std::string& op) {
    if (op == "re") {
      if (numbers_.size() != 4) {
        give_up();
        return true;
      }
      ++subpaths_;
      path_ = transformed(state_.matrix, numbers_[0], numbers_[1], numbers_[0] + numbers_[2],
                          numbers_[1] + numbers_[3]);
    } else if (one_of(op, {"m", "l", "c", "v", "y", "h"})) {
      subpaths_ += 2;
    } else if (one_of(op, {"W", "W*"})) {
      if (subpaths_ != 1) give_up();
      state_.clip.left = std::max(state_.clip.left, path_.left);
      state_.clip.right = std::min(state_.clip.right, path_.right);
      state_.clip.bottom = std::max(state_.clip.bottom, path_.bottom);
      state_.clip.top = std::min(state_.clip.top, path_.top);
    } else if (op == "n") {
      subpaths_ = 0;
    } else {
      return false;
    }
    return true;
  }

  void take_state() {
    auto state = resources_.getKeyIfDict("/ExtGState").getKeyIfDict(name_);
    if (!state.isDictionary()) return give_up();
    for (const auto* key : {"/ca", "/CA"}) {
      auto value = state.getKey(key);
      if (value.isNumber() && value.getNumericValue() < 1) give_up();
    }
    auto mask = state.getKey("/SMask");
    if (!mask.isNull() && !mask.isNameAndEquals("/None")) give_up();
    auto blend = state.getKey("/BM");
    if (!blend.isNull() && !blend.isNameAndEquals("/Normal") &&
        !blend.isNameAndEquals("/Compatible")) {
      give_up();
    }
  }

  void draw() {
    auto object = resources_.getKeyIfDict("/XObject").getKeyIfDict(name_);
    if (!object.isImage(false)) return give_up();
    if (object.getDict().hasKey("/OC")) return give_up();
    if (!inside(transformed(state_.matrix, 0, 0, 1, 1), state_.clip)) return give_up();
    contents_.pictures.push_back({object, state_.matrix, state_.black});
    if (contents_.pictures.size() > most_pictures) give_up();
  }

  QPDFObjectHandle resources_;
  PageContents contents_;
  GraphicsState state_;
  std::vector<GraphicsState> stack_;
  std::vector<double> numbers_;
  std::string name_;
  Rectangle path_{};
  int subpaths_ = 0;
};

/// Names of the stream's filters; "?" for what is not a name.
std::vector<std::string> filters_of(QPDFObjectHandle stream) {
  std::vector<std::string> names;
  auto filter = stream.getDict().getKey("/Filter");
  if (filter.isName()) names.push_back(filter.getName());
  if (filter.isArray()) {
    for (auto& item : filter.getArrayAsVector()) {
      names.push_back(item.isName() ? item.getName() : "?");
    }
  }
  return names;
}

bool is_picture_filter(const std::string& name) {
  return name == "/JBIG2Decode" || name == "/CCITTFaxDecode" || name == "/DCTDecode" ||
         name == "/JPXDecode";
}

/// A page description that is coded as a picture makes the renderer decode it, of whatever size
/// the coding claims, again and again.
bool is_picture_content(QPDFObjectHandle contents) {
  const auto suspicious = [](QPDFObjectHandle stream) {
    if (!stream.isStream()) return false;
    const auto filters = filters_of(stream);
    return std::any_of(filters.begin(), filters.end(), is_picture_filter);
  };
  if (!contents.isArray()) return suspicious(contents);
  const auto streams = contents.getArrayAsVector();
  return std::any_of(streams.begin(), streams.end(), suspicious);
}

/// Goes through the pictures among the resources, inside forms and patterns too.
class ResourceWalk {
public:
  explicit ResourceWalk(PageContents& contents) : contents_(contents) {}

  void walk(QPDFObjectHandle resources, int depth = 0) {
    for (const auto* kind : {"/XObject", "/Pattern"}) {
      auto objects = resources.getKeyIfDict(kind);
      if (!objects.isDictionary()) continue;
      for (const auto& key : objects.getKeys()) take(objects.getKey(key), depth);
    }
  }

private:
  void take(QPDFObjectHandle object, int depth) {
    if (!object.isStream()) return;
    if (object.isIndirect() && !seen_.insert(object.getObjGen()).second) return;
    // Where it grows too deep to tell, the answer is JBIG2: a doubt costs a person a look.
    if (depth > 8 || seen_.size() > 5000) {
      contents_.symbol_coded = true;
      return;
    }
    const auto filters = filters_of(object);
    if (std::find(filters.begin(), filters.end(), "/JBIG2Decode") != filters.end()) {
      contents_.symbol_coded = true;
    }
    auto dict = object.getDict();
    if (object.isImage(false)) {
      auto width = dict.getKey("/Width");
      auto height = dict.getKey("/Height");
      if (width.isInteger() && height.isInteger()) {
        const auto pixels = static_cast<std::int64_t>(width.getIntValueAsInt()) *
                            std::int64_t{height.getIntValueAsInt()};
        contents_.largest_picture = std::max(contents_.largest_picture, pixels);
      }
      take(dict.getKey("/SMask"), depth + 1);
      take(dict.getKey("/Mask"), depth + 1);
      return;
    }
    const auto suspicious = std::any_of(filters.begin(), filters.end(), is_picture_filter);
    contents_.picture_content = contents_.picture_content || suspicious;
    walk(dict.getKey("/Resources"), depth + 1);
  }

  PageContents& contents_;
  std::set<QPDFObjGen> seen_;
};

std::string content_of(QPDFPageObjectHelper page) {
  Collector collector(most_content);
  page.pipeContents(&collector);
  return std::move(collector.text);
}

double number_or(QPDFObjectHandle object, double otherwise) {
  return object.isNumber() ? object.getNumericValue() : otherwise;
}

}  // namespace

PageContents read_contents(QPDFPageObjectHelper page) {
  const auto resources = page.getAttribute("/Resources", false);
  PageContents contents;
  if (is_picture_content(page.getAttribute("/Contents", false))) {
    contents.picture_content = true;
    contents.pictures_only = false;
    return contents;
  }
  try {
    contents = Interpreter(resources).run(content_of(page));
  } catch (const std::exception&) {
    contents.pictures_only = false;  // the renderer may make more of it
  }
  // Stamps and filled-in fields lie over the page's own content.
  auto annotations = page.getAttribute("/Annots", false);
  if (annotations.isArray() && annotations.getArrayNItems() > 0) contents.pictures_only = false;
  ResourceWalk(contents).walk(resources);
  return contents;
}

Sheet read_sheet(QPDFPageObjectHelper page) {
  Sheet sheet;
  auto box = page.getCropBox();
  if (!box.isRectangle()) box = page.getMediaBox();
  if (box.isRectangle()) {
    const auto r = box.getArrayAsRectangle();
    sheet.left = std::min(r.llx, r.urx);
    sheet.right = std::max(r.llx, r.urx);
    sheet.bottom = std::min(r.lly, r.ury);
    sheet.top = std::max(r.lly, r.ury);
  }
  const double rotate = number_or(page.getAttribute("/Rotate", false), 0);
  if (std::abs(rotate) < 1e6) sheet.rotate = ((static_cast<int>(rotate) % 360) + 360) % 360;
  const double unit = number_or(page.getAttribute("/UserUnit", false), 1);
  if (unit > 0 && unit <= 1000) sheet.unit = unit;
  return sheet;
}

std::optional<Lie> lie_of(const QPDFMatrix& m, const Sheet& sheet) {
  // One step right and one down in the picture, on the shown page with y downwards.
  std::array<double, 2> right{m.a, -m.b};
  std::array<double, 2> down{-m.c, m.d};
  if (sheet.rotate % 90 != 0) return std::nullopt;
  for (int turns = sheet.rotate / 90; turns > 0; --turns) {
    right = {-right[1], right[0]};
    down = {-down[1], down[0]};
  }
  const double across = std::hypot(right[0], right[1]);
  const double along = std::hypot(down[0], down[1]);
  if (!(across > 0 && along > 0 && across < 1e6 && along < 1e6)) return std::nullopt;
  const auto axis = [](double part, double whole) {
    return part > 0.999 * whole ? 1 : (part < -0.999 * whole ? -1 : 0);
  };
  const std::array<int, 4> signs{axis(right[0], across), axis(right[1], across),
                                 axis(down[0], along), axis(down[1], along)};
  static constexpr std::array<std::array<int, 4>, 8> orientations{{{1, 0, 0, 1},
                                                                   {-1, 0, 0, 1},
                                                                   {-1, 0, 0, -1},
                                                                   {1, 0, 0, -1},
                                                                   {0, 1, 1, 0},
                                                                   {0, 1, -1, 0},
                                                                   {0, -1, -1, 0},
                                                                   {0, -1, 1, 0}}};
  for (std::size_t i = 0; i < orientations.size(); ++i) {
    if (signs == orientations[i]) {
      return Lie{static_cast<int>(i) + 1, across * sheet.unit, along * sheet.unit};
    }
  }
  return std::nullopt;
}

}  // namespace ocr
