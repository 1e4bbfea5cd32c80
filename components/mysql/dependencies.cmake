# MariaDB Connector/C, linked statically: it needs OpenSSL and zlib, which every build has.
find_path(MARIADB_INCLUDE_DIR mysql.h PATH_SUFFIXES mariadb mysql REQUIRED)
find_library(MARIADB_CLIENT_LIBRARY libmariadbclient.a REQUIRED)
include_directories(SYSTEM ${MARIADB_INCLUDE_DIR})
list(APPEND COMPONENT_LIBRARIES ${MARIADB_CLIENT_LIBRARY})
