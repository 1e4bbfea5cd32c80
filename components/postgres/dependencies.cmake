# libpq, linked statically; tools/fetch_libpq.sh gets it.
set(OSIRIS_LIBPQ "${CMAKE_SOURCE_DIR}/build/libpq" CACHE PATH "Folder that tools/fetch_libpq.sh fills")
find_path(LIBPQ_INCLUDE_DIR libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
include_directories(SYSTEM ${LIBPQ_INCLUDE_DIR})
foreach(NAME pq pgcommon_shlib pgport_shlib)
  find_library(LIBPQ_${NAME} lib${NAME}.a PATHS "${OSIRIS_LIBPQ}" NO_DEFAULT_PATH REQUIRED)
  list(APPEND COMPONENT_LIBRARIES ${LIBPQ_${NAME}})
endforeach()
# Its calls into absent_libraries.cc come after that in the link, so the linker is told of one beforehand.
list(APPEND COMPONENT_LIBRARIES -Wl,--undefined=osiris_libpq_getenv)
