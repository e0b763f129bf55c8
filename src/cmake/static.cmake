# QWENFIT_LINK_OPTIONS: the program is linked without shared libraries but the C library's, or without any, as asked
# and as far as the system has the others. It starts faster so: less is searched for and relocated. QWENFIT_FMT: the
# target of fmt that goes with it.
include(CheckCXXSourceCompiles)
include(CMakePushCheckState)

set(QWENFIT_LINK_OPTIONS "")
set(QWENFIT_FMT fmt::fmt)

# Links a program with `options`; RESULT is a variable of the cache.
function(qwenfit_try_linking result options)
  cmake_push_check_state(RESET)
  set(CMAKE_REQUIRED_LINK_OPTIONS ${options})
  set(CMAKE_REQUIRED_LIBRARIES Threads::Threads)
  check_cxx_source_compiles("#include <thread>\nint main() { std::thread([] {}).join(); }" ${result})
  cmake_pop_check_state()
endfunction()

if(NOT QWENFIT_SANITIZE)
  set(own_runtime -static-libstdc++ -static-libgcc -no-pie)
  if(QWENFIT_STATIC)
    qwenfit_try_linking(QWENFIT_HAS_STATIC_LIBRARIES -static)
  endif()
  qwenfit_try_linking(QWENFIT_HAS_OWN_RUNTIME "${own_runtime}")
  if(QWENFIT_STATIC AND QWENFIT_HAS_STATIC_LIBRARIES)
    set(QWENFIT_LINK_OPTIONS -static -Wl,--gc-sections)
  elseif(QWENFIT_HAS_OWN_RUNTIME)
    set(QWENFIT_LINK_OPTIONS ${own_runtime} -Wl,--gc-sections)
  endif()
endif()
if(QWENFIT_LINK_OPTIONS)
  get_target_property(fmt_type fmt::fmt TYPE)
  if(NOT fmt_type STREQUAL "STATIC_LIBRARY")
    set(QWENFIT_FMT fmt::fmt-header-only)
  endif()
endif()
