# `cpack -G DEB` makes qwenfit.deb (program, manual page, completions) and libqwenfit-dev.deb (library).
set(CPACK_PACKAGE_NAME qwenfit)
set(CPACK_PACKAGE_VENDOR "The qwenfit authors")
set(CPACK_PACKAGE_CONTACT "The qwenfit authors <maintainers@qwenfit.invalid>" CACHE STRING
  "Maintainer of packages: whoever builds them")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "tells whether a Qwen 3.5 model runs on a machine")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL program development)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME qwenfit)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libqwenfit-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
  "Answers offline whether a Qwen 3.5 model runs on a machine, in which file, with how much
context and how fast, and which machine to buy for it. Models, files and hardware come from
the catalog that it carries.")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
  "Static library, headers and CMake package for programs that ask the same questions.")

# Debian's own places, where they are not those of `cmake --install`.
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/packaging/debian_layout.cmake)
set(CPACK_QWENFIT_COPYRIGHT ${CMAKE_CURRENT_SOURCE_DIR}/packaging/copyright)
include(CPack)
