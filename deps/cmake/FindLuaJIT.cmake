# LuaJIT: imported target LuaJIT::LuaJIT.
find_package(PkgConfig QUIET)
pkg_check_modules(PC_LuaJIT QUIET luajit)
find_path(LuaJIT_INCLUDE_DIR luajit.h HINTS ${PC_LuaJIT_INCLUDE_DIRS} PATH_SUFFIXES luajit-2.1)
find_library(LuaJIT_LIBRARY luajit-5.1 HINTS ${PC_LuaJIT_LIBRARY_DIRS})
mark_as_advanced(LuaJIT_INCLUDE_DIR LuaJIT_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    LuaJIT
    REQUIRED_VARS LuaJIT_LIBRARY LuaJIT_INCLUDE_DIR
    VERSION_VAR PC_LuaJIT_VERSION
    REASON_FAILURE_MESSAGE "run deps/install (Debian: libluajit-5.1-dev)")

if(LuaJIT_FOUND AND NOT TARGET LuaJIT::LuaJIT)
    add_library(LuaJIT::LuaJIT UNKNOWN IMPORTED)
    set_target_properties(
        LuaJIT::LuaJIT PROPERTIES IMPORTED_LOCATION "${LuaJIT_LIBRARY}"
                                  INTERFACE_INCLUDE_DIRECTORIES "${LuaJIT_INCLUDE_DIR}")
endif()
