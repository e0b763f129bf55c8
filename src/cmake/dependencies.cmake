# Libraries: the system's package first, else sources pinned by hash (the versions Debian 12 has).
include(FetchContent)

# qwenfit_dependency(NAME URL SHA256): find_package(NAME), else fetch and build it.
macro(qwenfit_dependency name url sha256)
  find_package(${name} QUIET)
  if(NOT ${name}_FOUND)
    if(NOT QWENFIT_FETCH_DEPENDENCIES)
      message(FATAL_ERROR "${name} was not found: install its development package or set QWENFIT_FETCH_DEPENDENCIES=ON")
    endif()
    message(STATUS "${name}: not installed, fetching pinned sources")
    FetchContent_Declare(${name} URL ${url} URL_HASH SHA256=${sha256} DOWNLOAD_EXTRACT_TIMESTAMP ON)
    FetchContent_MakeAvailable(${name})
  endif()
endmacro()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
set(FMT_INSTALL OFF)
set(CLI11_BUILD_TESTS OFF)
set(CLI11_BUILD_EXAMPLES OFF)
qwenfit_dependency(nlohmann_json https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz
  d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273)
qwenfit_dependency(fmt https://github.com/fmtlib/fmt/archive/9.1.0.tar.gz
  5dea48d1fcddc3ec571ce2058e13910a0d4a6bab4cc09a809d8b1dd1c88ae6f2)
qwenfit_dependency(CLI11 https://github.com/CLIUtils/CLI11/archive/v2.1.2.tar.gz
  26291377e892ba0e5b4972cdfd4a2ab3bf53af8dac1f4ea8fe0d1376b625c8cb)
if(QWENFIT_BUILD_TESTS)
  qwenfit_dependency(Catch2 https://github.com/catchorg/Catch2/archive/v2.13.10.tar.gz
    d54a712b7b1d7708bc7a819a8e6e47b2fde9536f487b89ccbca295072a7d9943)
  if(Catch2_SOURCE_DIR)
    list(APPEND CMAKE_MODULE_PATH ${Catch2_SOURCE_DIR}/contrib ${Catch2_SOURCE_DIR}/extras)
  endif()
endif()

# Eigen solves the calibration's linear systems; headers only, and no part of the program.
if(QWENFIT_BUILD_TESTS)
  find_path(QWENFIT_EIGEN_INCLUDE Eigen/Dense PATH_SUFFIXES eigen3)
  if(NOT QWENFIT_EIGEN_INCLUDE)
    if(NOT QWENFIT_FETCH_DEPENDENCIES)
      message(FATAL_ERROR "Eigen was not found: install its development package or set QWENFIT_FETCH_DEPENDENCIES=ON")
    endif()
    FetchContent_Declare(eigen URL https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.gz
      URL_HASH SHA256=8586084f71f9bde545ee7fa6d00288b264a2b7ac3607b974e54d13e7162c1c72 DOWNLOAD_EXTRACT_TIMESTAMP ON)
    FetchContent_GetProperties(eigen)
    if(NOT eigen_POPULATED)
      FetchContent_Populate(eigen)
    endif()
    set(QWENFIT_EIGEN_INCLUDE ${eigen_SOURCE_DIR})
  endif()
  add_library(qwenfit_eigen INTERFACE)
  target_include_directories(qwenfit_eigen SYSTEM INTERFACE ${QWENFIT_EIGEN_INCLUDE})
endif()

# valijson is headers only; its package's CMake file is not usable everywhere, so only the path is taken.
find_path(QWENFIT_VALIJSON_INCLUDE valijson/validator.hpp)
if(NOT QWENFIT_VALIJSON_INCLUDE)
  if(NOT QWENFIT_FETCH_DEPENDENCIES)
    message(FATAL_ERROR "valijson was not found: install its development package or set QWENFIT_FETCH_DEPENDENCIES=ON")
  endif()
  FetchContent_Declare(valijson URL https://github.com/tristanpenman/valijson/archive/v1.0.tar.gz
    URL_HASH SHA256=6b9f0bc89880feb3fe09aa469cd81f6168897d2fbb4e715853da3b94afd3779a DOWNLOAD_EXTRACT_TIMESTAMP ON)
  FetchContent_GetProperties(valijson)
  if(NOT valijson_POPULATED)
    FetchContent_Populate(valijson)
  endif()
  set(QWENFIT_VALIJSON_INCLUDE ${valijson_SOURCE_DIR}/include)
endif()
add_library(qwenfit_valijson INTERFACE)
target_include_directories(qwenfit_valijson SYSTEM INTERFACE ${QWENFIT_VALIJSON_INCLUDE})
# Without it valijson ends the process when a schema cannot be used.
target_compile_definitions(qwenfit_valijson INTERFACE VALIJSON_USE_EXCEPTIONS=1)
# GCC 12 sees an overlap in the string headers when valijson is inlined (GCC bug 105651).
target_compile_options(qwenfit_valijson INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>)
