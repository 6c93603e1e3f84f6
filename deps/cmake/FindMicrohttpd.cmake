# libmicrohttpd: imported target Microhttpd::Microhttpd.
find_package(PkgConfig QUIET)
pkg_check_modules(PC_Microhttpd QUIET libmicrohttpd)
find_path(Microhttpd_INCLUDE_DIR microhttpd.h HINTS ${PC_Microhttpd_INCLUDE_DIRS})
find_library(Microhttpd_LIBRARY microhttpd HINTS ${PC_Microhttpd_LIBRARY_DIRS})
mark_as_advanced(Microhttpd_INCLUDE_DIR Microhttpd_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    Microhttpd
    REQUIRED_VARS Microhttpd_LIBRARY Microhttpd_INCLUDE_DIR
    VERSION_VAR PC_Microhttpd_VERSION
    REASON_FAILURE_MESSAGE "run deps/install (Debian: libmicrohttpd-dev)")

if(Microhttpd_FOUND AND NOT TARGET Microhttpd::Microhttpd)
    add_library(Microhttpd::Microhttpd UNKNOWN IMPORTED)
    set_target_properties(
        Microhttpd::Microhttpd
        PROPERTIES IMPORTED_LOCATION "${Microhttpd_LIBRARY}"
                   INTERFACE_INCLUDE_DIRECTORIES "${Microhttpd_INCLUDE_DIR}")
endif()
