include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# What a person needs.
set(program COMPONENT program)
install(TARGETS qwenfit RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} ${program})
install(FILES ${pages}/qwenfit.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 ${program})
install(FILES ${pages}/bash/qwenfit DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions ${program})
install(FILES ${pages}/zsh/_qwenfit DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions ${program})
install(FILES ${pages}/fish/qwenfit.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d ${program})
install(DIRECTORY ${QWENFIT_DATA_DIR}/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/qwenfit ${program})

# What another project needs.
set(development COMPONENT development)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/qwenfit)
install(TARGETS qwenfit_core EXPORT qwenfit_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} ${development})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/qwenfit DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${development})
install(EXPORT qwenfit_targets NAMESPACE qwenfit:: FILE qwenfitTargets.cmake DESTINATION ${package} ${development})
configure_package_config_file(cmake/qwenfitConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/qwenfitConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/qwenfitConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/qwenfitConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/qwenfitConfigVersion.cmake
  DESTINATION ${package} ${development})

if(QWENFIT_TOP_LEVEL)
  include(cmake/package.cmake)
endif()
