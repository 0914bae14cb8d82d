# cmake -D ROOT=<source root> -P walls.cmake
# The arrows of the house: fails when a room includes one that it may not see, or a foreign
# library that belongs to another room. Inner rooms stand first.
cmake_minimum_required(VERSION 3.25)
set(rooms forms/rules daemon/reader daemon/records daemon/review daemon/notify daemon/exchange
    spool ocr forms)
set(spool_sees)
set(ocr_sees)
set(forms_sees)                     # and two headers of ocr, below
set(forms/rules_sees forms)
set(daemon/reader_sees ocr forms)
set(daemon/records_sees forms forms/rules)
set(daemon/review_sees daemon/records forms forms/rules)
set(daemon/notify_sees daemon/records)
set(daemon/exchange_sees daemon/records forms forms/rules)
set(intake_sees spool daemon/reader forms forms/rules daemon/records)
set(wiring_sees ${rooms} intake)    # daemon/main, config, cli
set(value_types ocr/reading.hpp ocr/layout.hpp)

function(room_of path out)
  foreach(room IN LISTS rooms)
    if(path MATCHES "^${room}/")
      set(${out} ${room} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(path MATCHES "^daemon/intake")
    set(${out} intake PARENT_SCOPE)
  elseif(path MATCHES "^daemon/")
    set(${out} wiring PARENT_SCOPE)
  else()
    set(${out} "" PARENT_SCOPE)
  endif()
endfunction()

# Foreign libraries and the one room that may include them.
set(foreign
  "ocr=^(opencv2/|leptonica/|allheaders|tesseract/|ZXing/|ReadBarcode|tiff|png\\.h|jpeglib|qpdf/|poppler)"
  "daemon/records=^(soci/|sqlite3)"
  "daemon/review=^(httplib|ctemplate/)"
  "daemon/notify=^curl/"
  "forms=^(cairo|pango|qrencode|yaml-cpp/)"
  "daemon/reader=^(seccomp|linux/landlock|linux/seccomp)")

foreach(top spool ocr forms daemon)
  file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/${top}/*.?pp)
  foreach(file IN LISTS files)
    room_of(${file} from)
    file(STRINGS ${ROOT}/${file} lines REGEX "^#include [<\"]")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^#include [<\"]([^>\"]+)[>\"].*" "\\1" header "${line}")
      foreach(rule IN LISTS foreign)
        string(REGEX MATCH "^[^=]+" owner "${rule}")
        string(REGEX REPLACE "^[^=]+=" "" pattern "${rule}")
        if(header MATCHES "${pattern}" AND NOT from STREQUAL owner
           AND NOT (header MATCHES "^yaml-cpp/" AND from STREQUAL "wiring"))
          message(SEND_ERROR "${file} may not include <${header}>: it belongs to ${owner}")
        endif()
      endforeach()
      if(line MATCHES "^#include <")
        continue()
      endif()
      room_of(${header} to)
      if(from STREQUAL "forms" AND header IN_LIST value_types)
        continue()
      endif()
      if(NOT to STREQUAL "" AND NOT to STREQUAL from AND NOT to IN_LIST ${from}_sees)
        message(SEND_ERROR "${file} may not include ${header}")
      endif()
    endforeach()
  endforeach()
endforeach()
