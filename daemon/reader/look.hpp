#pragma once

#include <filesystem>

#include "daemon/reader/warm_parent.hpp"

/// What renkei-reader does with a document: the reading room and the forms, put together.
namespace reader {

struct LookFiles {
  std::filesystem::path forms;     ///< folder of definitions
  std::filesystem::path model;     ///< digit network, ONNX
  std::filesystem::path tessdata;  ///< may be empty
};

/// Loads the models and the definitions. Throws std::runtime_error naming what could not be loaded.
[[nodiscard]] Work load_work(const LookFiles& files);

}  // namespace reader
