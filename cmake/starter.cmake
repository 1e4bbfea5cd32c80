# The files that `osiris init` writes are those of the first example, so that what a newcomer gets is what the
# tests run.

set(STARTER_FOLDER "${CMAKE_SOURCE_DIR}/examples/01-csv-sql-csv")
set(STARTER_FILES pipeline.oml data/orders.csv data/customers.csv osiris_connections.yaml .env.example)
set(STARTER_TEXTS "")
set(STARTER_ROWS "")
set(STARTER_NUMBER 0)
foreach(STARTER_FILE ${STARTER_FILES})
  embed_file("${STARTER_FOLDER}/${STARTER_FILE}" "k_${STARTER_NUMBER}" DEFINITION)
  string(APPEND STARTER_TEXTS "${DEFINITION}\n")
  string(APPEND STARTER_ROWS "      {\"${STARTER_FILE}\", k_${STARTER_NUMBER}},\n")
  math(EXPR STARTER_NUMBER "${STARTER_NUMBER} + 1")
endforeach()
configure_file("${CMAKE_SOURCE_DIR}/cmake/starter_project.cc.in" "${CMAKE_BINARY_DIR}/starter_project.cc" @ONLY)
