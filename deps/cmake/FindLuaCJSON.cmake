# lua-cjson for Lua 5.1 and LuaJIT: imported target LuaCJSON::LuaCJSON.
#
# Looked up as a library, never through lua5.1-cjson.pc: that one drags in PUC
# Lua beside LuaJIT. The static library is preferred, so that the program does
# not depend on a Lua module being installed. There is no header: whoever
# links it declares "int luaopen_cjson(lua_State *)".
find_library(LuaCJSON_LIBRARY NAMES liblua5.1-cjson.a lua5.1-cjson)
mark_as_advanced(LuaCJSON_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    LuaCJSON REQUIRED_VARS LuaCJSON_LIBRARY
    REASON_FAILURE_MESSAGE "run deps/install (Debian: lua-cjson-dev)")

if(LuaCJSON_FOUND AND NOT TARGET LuaCJSON::LuaCJSON)
    add_library(LuaCJSON::LuaCJSON UNKNOWN IMPORTED)
    set_target_properties(
        LuaCJSON::LuaCJSON PROPERTIES IMPORTED_LOCATION "${LuaCJSON_LIBRARY}"
                                      INTERFACE_LINK_LIBRARIES "LuaJIT::LuaJIT;m")
endif()
