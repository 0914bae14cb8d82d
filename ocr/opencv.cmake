# OpenCV's single modules, as targets opencv::NAME. Debian keeps OpenCVConfig.cmake in libopencv-dev
# alone, which draws in every module there is; the packages of single modules carry no such file.
include_guard(GLOBAL)

find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)

foreach(module core imgproc calib3d dnn)
  find_library(OPENCV_${module}_LIBRARY opencv_${module} REQUIRED)
  add_library(opencv::${module} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(opencv::${module} PROPERTIES
    IMPORTED_LOCATION ${OPENCV_${module}_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${OPENCV_INCLUDE_DIR})
endforeach()
