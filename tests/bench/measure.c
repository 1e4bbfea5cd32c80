/* Runs a command and writes what it took into a file: measure FILE COMMAND ARGUMENT…
 * One line: exit code, wall seconds, CPU seconds, peak resident KiB. The kernel starts a child's peak at its
 * parent's size, so this parent is as small as a program can be. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(struct timeval value) { return (double)value.tv_sec + (double)value.tv_usec / 1e6; }

static double now(void) {
  struct timespec value;
  clock_gettime(CLOCK_MONOTONIC, &value);
  return (double)value.tv_sec + (double)value.tv_nsec / 1e9;
}

int main(int argument_count, char** arguments) {
  if (argument_count < 3) return 2;
  const double began = now();
  const pid_t child = fork();
  if (child < 0) return 2;
  if (child == 0) {
    execvp(arguments[2], arguments + 2);
    _exit(127);
  }
  int status = 0;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) < 0) return 2;
  const double wall = now() - began;
  FILE* out = fopen(arguments[1], "w");
  if (!out) return 2;
  fprintf(out, "%d %.6f %.6f %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), wall,
          seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), usage.ru_maxrss);
  return fclose(out) == 0 ? 0 : 2;
}
