# Finds every component by its spec file. components/<family>/<role>.spec.yaml is the component
# `<family>.<role>`, made by osiris::<family>::describe_<role>(Component&); connection.spec.yaml is the
# family's connection type, made by describe_connection(ConnectionType&). A folder that is added,
# changed or removed is noticed by the next build; no list elsewhere names it.

file(GLOB SPEC_FILES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/components/*/*.spec.yaml")
list(SORT SPEC_FILES)
file(GLOB COMPONENT_SOURCES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/components/*/*.cc")
list(FILTER COMPONENT_SOURCES EXCLUDE REGEX "_test\\.cc$")

set(DECLARATIONS "")
set(COMPONENT_CALLS "")
set(CONNECTION_CALLS "")
foreach(SPEC_FILE ${SPEC_FILES})
  get_filename_component(FOLDER "${SPEC_FILE}" DIRECTORY)
  get_filename_component(FAMILY "${FOLDER}" NAME)
  get_filename_component(FILE_NAME "${SPEC_FILE}" NAME)
  string(REPLACE ".spec.yaml" "" ROLE "${FILE_NAME}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${SPEC_FILE}")
  # The text goes in as hex digits: neither CMake nor C++ then reads anything in it.
  file(READ "${SPEC_FILE}" SPEC_HEX HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," SPEC_BYTES "${SPEC_HEX}")
  set(TEXT "k_${FAMILY}_${ROLE}")
  if(ROLE STREQUAL "connection")
    set(TYPE ConnectionType)
    set(NAME "${FAMILY}")
    set(LIST CONNECTION_CALLS)
  else()
    set(TYPE Component)
    set(NAME "${FAMILY}.${ROLE}")
    set(LIST COMPONENT_CALLS)
  endif()
  string(APPEND DECLARATIONS "namespace osiris::${FAMILY} { void describe_${ROLE}(${TYPE}& target); }\n"
                             "namespace { constexpr char ${TEXT}[] = {${SPEC_BYTES} 0}; }\n")
  string(APPEND ${LIST} "  list.push_back(made<${TYPE}>(\"${NAME}\", ${TEXT}, osiris::${FAMILY}::describe_${ROLE}));\n")
endforeach()

configure_file("${CMAKE_SOURCE_DIR}/cmake/component_list.cc.in" "${CMAKE_BINARY_DIR}/component_list.cc" @ONLY)
list(APPEND COMPONENT_SOURCES "${CMAKE_BINARY_DIR}/component_list.cc")

# A family's client library, found by its own file.
set(COMPONENT_LIBRARIES "")
file(GLOB DEPENDENCY_FILES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/components/*/dependencies.cmake")
foreach(DEPENDENCY_FILE ${DEPENDENCY_FILES})
  include("${DEPENDENCY_FILE}")
endforeach()
