# Run by CPack over the staged files: completions of zsh go where Debian's zsh looks, the manual page is compressed,
# and each package brings its copyright file.
file(GLOB packages ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*)
foreach(package ${packages})
  set(share ${package}/usr/share)
  if(EXISTS ${share}/zsh/site-functions)
    file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
  endif()
  if(EXISTS ${share}/man/man1/qwenfit.1)
    execute_process(COMMAND gzip -9n ${share}/man/man1/qwenfit.1 COMMAND_ERROR_IS_FATAL ANY)
  endif()
  set(name qwenfit)
  if(EXISTS ${package}/usr/include)
    set(name libqwenfit-dev)
  endif()
  file(COPY ${CPACK_QWENFIT_COPYRIGHT} DESTINATION ${share}/doc/${name}
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endforeach()
