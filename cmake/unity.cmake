# Compiles the sources of a folder a few at a time, as one unit: most of a unit's time goes to the same
# headers and templates. A folder's units are its own, so a new file moves no other folder's. The names of
# a folder's files that nobody outside a file sees must differ from each other, therefore.
set(OSIRIS_UNITY_SIZE 8 CACHE STRING "How many sources are compiled at a time; 1: each for itself")

function(compile_together TARGET)
  if(OSIRIS_UNITY_SIZE LESS 2)
    return()
  endif()
  get_target_property(SOURCES ${TARGET} SOURCES)
  list(SORT SOURCES)
  foreach(SOURCE ${SOURCES})
    get_filename_component(FOLDER "${SOURCE}" DIRECTORY)
    file(RELATIVE_PATH FOLDER "${CMAKE_SOURCE_DIR}" "${FOLDER}")
    string(MAKE_C_IDENTIFIER "${FOLDER}" FOLDER)
    math(EXPR UNIT "0${${FOLDER}_COUNT} / ${OSIRIS_UNITY_SIZE}")
    math(EXPR ${FOLDER}_COUNT "0${${FOLDER}_COUNT} + 1")
    set_source_files_properties("${SOURCE}" PROPERTIES UNITY_GROUP "${FOLDER}_${UNIT}")
  endforeach()
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # A type that only its file sees may be a member there; g++ takes the file for a header here.
  target_compile_options(${TARGET} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()
