/* peer solves A x = b with an established library and says how long it took.
 *
 * usage: peer [-o amd|metis|best] [-r REPEAT] cholmod|umfpack|lapack RHS.mtx A.mtx [A.mtx ...]
 *
 * All matrices have the pattern of the first, whose analysis serves them all.
 * Factorisation and solve of each matrix are done REPEAT times (3), the medians
 * are printed. With ordering best (the default) AMD and METIS factor the first
 * matrix once each; the one that took fewer processor seconds is kept.
 *
 * One JSON object per matrix and line on stdout: wall seconds `read`, `analysis`
 * (of the ordering kept; 0 after the first matrix), `numeric`, `solve`; the least
 * of the repeats `numeric_least`, `solve_least`; processor seconds
 * `numeric_cpu`, of all threads; `fill` numbers in the factors, `flops`,
 * `residual` |b - A x| / |b|, `log_abs_det`, `peak_rss_mb` of the process so far.
 * OPENBLAS_NUM_THREADS sets the number of threads. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

extern int openblas_get_num_threads(void);

enum { MOST_REPEATS = 99 };

void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("peer: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(1);
}

void *need(void *p) {
  if (!p) die("out of memory");
  return p;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts t. */
static double median(double *t, int n) {
  qsort(t, n, sizeof *t, by_size);
  return n % 2 ? t[n / 2] : (t[n / 2 - 1] + t[n / 2]) / 2;
}

/* Seconds of the wall and of all processors. */
typedef struct { double wall, cpu; } seconds;

static seconds now(void) {
  struct timespec t, c;
  clock_gettime(CLOCK_MONOTONIC, &t);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c);
  return (seconds){t.tv_sec + 1e-9 * t.tv_nsec, c.tv_sec + 1e-9 * c.tv_nsec};
}

static seconds since(seconds start) {
  seconds t = now();
  return (seconds){t.wall - start.wall, t.cpu - start.cpu};
}

/* Analyses; `best` means both orderings, keeping the one that takes fewer processor seconds to
 * factor: they suffer less than wall time from other processes. */
static void *analyse(const solver *s, const matrix *a, const char *ordering, facts *f, double *wall) {
  int best = !strcmp(ordering, "best") && s != &lapack_solver;
  seconds start = now();
  void *state = s->analyse(a, best ? "amd" : ordering, f);
  *wall = since(start).wall;
  if (!best) return state;
  facts g = {0};
  start = now();
  void *other = s->analyse(a, "metis", &g);
  double other_wall = since(start).wall;
  start = now();
  s->factor(state, a, f);
  seconds first = since(start);
  start = now();
  s->factor(other, a, &g);
  seconds second = since(start);
  if (first.cpu <= second.cpu) return state; /* the other factor lives on: exit frees it */
  *f = g;
  *wall = other_wall;
  return other;
}

static const solver *solver_named(const char *name) {
  const solver *all[] = {&cholmod_solver, &umfpack_solver, &lapack_solver};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++)
    if (!strcmp(all[k]->name, name)) return all[k];
  die("unknown solver %s: cholmod, umfpack or lapack", name);
  return NULL;
}

int main(int argc, char **argv) {
  const char *ordering = "best";
  int repeat = 3, c;
  while ((c = getopt(argc, argv, "o:r:")) != -1) {
    if (c == 'o') ordering = optarg;
    else if (c == 'r') repeat = atoi(optarg);
    else return 2;
  }
  if (argc - optind < 3 || repeat < 1 || repeat > MOST_REPEATS)
    die("usage: peer [-o amd|metis|best] [-r 1..%d] cholmod|umfpack|lapack RHS.mtx A.mtx ...", MOST_REPEATS);
  const solver *s = solver_named(argv[optind]);
  const char *rhs = argv[optind + 1];
  void *state = NULL;
  facts f = {0};
  for (int q = optind + 2; q < argc; q++) {
    double numeric[MOST_REPEATS], cpu[MOST_REPEATS], solve[MOST_REPEATS], analysis = 0;
    seconds start = now();
    matrix a = read_matrix(argv[q]);
    double *b = read_vector(rhs, a.n, a.width), *x = need(calloc(a.n * a.width + 1, sizeof *x)), read = since(start).wall;
    if (!a.col != (s == &lapack_solver)) die("%s: lapack is for array files, the others are for coordinate files", argv[q]);
    if (!state) state = analyse(s, &a, ordering, &f, &analysis);
    for (int r = 0; r < repeat; r++) {
      start = now();
      s->factor(state, &a, &f);
      seconds t = since(start);
      numeric[r] = t.wall, cpu[r] = t.cpu;
      start = now();
      s->solve(state, &a, b, x);
      solve[r] = since(start).wall;
    }
    s->measure(state, &a, &f);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double numeric_median = median(numeric, repeat), solve_median = median(solve, repeat);
    printf("{\"peer\":\"%s\",\"ordering\":\"%s\",\"threads\":%d,\"n\":%ld,\"nnz\":%ld,\"read\":%.4f,\"analysis\":%.4f,"
           "\"numeric\":%.5f,\"numeric_least\":%.5f,\"numeric_cpu\":%.5f,\"solve\":%.5f,\"solve_least\":%.5f,"
           "\"fill\":%.0f,\"flops\":%.4g,\"residual\":%.2e,\"log_abs_det\":%.16g,\"peak_rss_mb\":%.0f}\n",
           s->name, f.ordering, openblas_get_num_threads(), a.n, a.nnz, read, analysis,
           numeric_median, numeric[0], median(cpu, repeat), solve_median, solve[0],
           f.fill, f.flops, relative_residual(&a, x, b), f.log_abs_det, usage.ru_maxrss / 1024.0);
    fflush(stdout);
    free(b), free(x);
    free_matrix(&a);
  }
  return 0;
}
