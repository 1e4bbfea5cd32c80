#include <cstdlib>
#include <iostream>
#include <span>

#include <unistd.h>

#include "cli/command.h"

int main(int count, char** arguments) {
  bool must_leave_at_once = false;
  const int exit_code = osiris::cli::run_program(std::span(arguments, static_cast<std::size_t>(count)),
                                                 environ, must_leave_at_once);
  std::cout.flush();
  if (must_leave_at_once) std::_Exit(exit_code);
  return exit_code;
}
