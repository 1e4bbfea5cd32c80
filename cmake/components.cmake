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
  set(TEXT "k_${FAMILY}_${ROLE}")
  embed_file("${SPEC_FILE}" ${TEXT} DEFINITION)
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
                             "namespace { ${DEFINITION} }\n")
  string(APPEND ${LIST} "  list.push_back(made<${TYPE}>(\"${NAME}\", ${TEXT}, osiris::${FAMILY}::describe_${ROLE}));\n")
endforeach()

# components/<family>/proposal.cc defines osiris::<family>::propose(), which `osiris discover` asks about a file.
set(PROPOSER_CALLS "")
file(GLOB PROPOSAL_FILES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/components/*/proposal.cc")
foreach(PROPOSAL_FILE ${PROPOSAL_FILES})
  get_filename_component(FOLDER "${PROPOSAL_FILE}" DIRECTORY)
  get_filename_component(FAMILY "${FOLDER}" NAME)
  string(APPEND DECLARATIONS
         "namespace osiris::${FAMILY} { std::optional<Proposal> propose(const std::string&, Context&); }\n")
  string(APPEND PROPOSER_CALLS "  list.push_back({\"${FAMILY}\", osiris::${FAMILY}::propose});\n")
endforeach()

# components/<family>/catalog.cc defines osiris::<family>::look_at_catalog(), which tells the tables of a connection.
set(CATALOG_CALLS "")
file(GLOB CATALOG_FILES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/components/*/catalog.cc")
foreach(CATALOG_FILE ${CATALOG_FILES})
  get_filename_component(FOLDER "${CATALOG_FILE}" DIRECTORY)
  get_filename_component(FAMILY "${FOLDER}" NAME)
  string(APPEND DECLARATIONS
         "namespace osiris::${FAMILY} { std::vector<CatalogTable> look_at_catalog("
         "const ConnectionConfig&, const std::optional<std::string>&, Cancellation&); }\n")
  string(APPEND CATALOG_CALLS "  list.push_back({\"${FAMILY}\", osiris::${FAMILY}::look_at_catalog});\n")
endforeach()

# components/<family>/<name>.sql, or .py, is the text that osiris::<family>::<name>_text() returns.
file(GLOB TEXT_FILES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/components/*/*.sql" "${CMAKE_SOURCE_DIR}/components/*/*.py")
list(SORT TEXT_FILES)
foreach(TEXT_FILE ${TEXT_FILES})
  get_filename_component(FOLDER "${TEXT_FILE}" DIRECTORY)
  get_filename_component(FAMILY "${FOLDER}" NAME)
  get_filename_component(NAME "${TEXT_FILE}" NAME_WE)
  set(TEXT "k_${FAMILY}_${NAME}")
  embed_file("${TEXT_FILE}" ${TEXT} DEFINITION)
  string(APPEND DECLARATIONS
         "namespace { ${DEFINITION} }\n"
         "namespace osiris::${FAMILY} { std::string_view ${NAME}_text(); "
         "std::string_view ${NAME}_text() { return ${TEXT}; } }\n")
endforeach()

configure_file("${CMAKE_SOURCE_DIR}/cmake/component_list.cc.in" "${CMAKE_BINARY_DIR}/component_list.cc" @ONLY)
list(APPEND COMPONENT_SOURCES "${CMAKE_BINARY_DIR}/component_list.cc")

# A family's client library, found by its own file.
set(COMPONENT_LIBRARIES "")
file(GLOB DEPENDENCY_FILES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/components/*/dependencies.cmake")
foreach(DEPENDENCY_FILE ${DEPENDENCY_FILES})
  include("${DEPENDENCY_FILE}")
endforeach()
