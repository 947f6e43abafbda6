/* LAPACK for dense matrices: LU, or LDL' where the file says symmetric or
 * Hermitian (Bunch and Kaufman's pivots). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

typedef double z[2]; /* a complex number, passed by address alone */

extern void dgetrf_(int *, int *, double *, int *, int *, int *);
extern void zgetrf_(int *, int *, void *, int *, int *, int *);
extern void dsytrf_(char *, int *, double *, int *, int *, double *, int *, int *);
extern void zsytrf_(char *, int *, void *, int *, int *, void *, int *, int *);
extern void zhetrf_(char *, int *, void *, int *, int *, void *, int *, int *);
extern void dgetrs_(char *, int *, int *, double *, int *, int *, double *, int *, int *);
extern void zgetrs_(char *, int *, int *, void *, int *, int *, void *, int *, int *);
extern void dsytrs_(char *, int *, int *, double *, int *, int *, double *, int *, int *);
extern void zsytrs_(char *, int *, int *, void *, int *, int *, void *, int *, int *);
extern void zhetrs_(char *, int *, int *, void *, int *, int *, void *, int *, int *);

enum { BLOCK = 64 };

typedef struct { int n, *pivot, work_size; double *factor, *work; } lapack;

static int is_lu(const matrix *a) { return a->sym == GENERAL || a->sym == SKEW; }

static void *lapack_analyse(const matrix *a, const char *ordering, facts *f) {
  (void)ordering;
  lapack *d = need(calloc(1, sizeof *d));
  double n = a->n;
  d->n = a->n;
  d->work_size = BLOCK * a->n + 1;
  d->pivot = need(malloc((a->n + 1) * sizeof *d->pivot));
  d->factor = need(malloc((a->n * a->n + 1) * a->width * sizeof *d->factor));
  d->work = need(malloc(d->work_size * a->width * sizeof *d->work));
  f->ordering = "none";
  f->fill = is_lu(a) ? n * n : n * (n + 1) / 2;
  f->flops = (is_lu(a) ? 2 : 1) * n * n * n / 3 * (a->width == 2 ? 4 : 1);
  return d;
}

static void lapack_factor(void *state, const matrix *a, facts *f) {
  (void)f;
  lapack *d = state;
  int info, n = d->n, lead = n > 0 ? n : 1;
  memcpy(d->factor, a->val, (size_t)n * n * a->width * sizeof *d->factor);
  if (is_lu(a) && a->width == 1) dgetrf_(&n, &n, d->factor, &lead, d->pivot, &info);
  else if (is_lu(a)) zgetrf_(&n, &n, d->factor, &lead, d->pivot, &info);
  else if (a->width == 1) dsytrf_("L", &n, d->factor, &lead, d->pivot, d->work, &d->work_size, &info);
  else if (a->sym == SYMMETRIC) zsytrf_("L", &n, d->factor, &lead, d->pivot, d->work, &d->work_size, &info);
  else zhetrf_("L", &n, d->factor, &lead, d->pivot, d->work, &d->work_size, &info);
  if (info) die("LAPACK: the factorisation returned %d", info);
}

static void lapack_solve(void *state, const matrix *a, const double *b, double *x) {
  lapack *d = state;
  int info, n = d->n, lead = n > 0 ? n : 1, one = 1;
  memcpy(x, b, (size_t)n * a->width * sizeof *x);
  if (is_lu(a) && a->width == 1) dgetrs_("N", &n, &one, d->factor, &lead, d->pivot, x, &lead, &info);
  else if (is_lu(a)) zgetrs_("N", &n, &one, d->factor, &lead, d->pivot, x, &lead, &info);
  else if (a->width == 1) dsytrs_("L", &n, &one, d->factor, &lead, d->pivot, x, &lead, &info);
  else if (a->sym == SYMMETRIC) zsytrs_("L", &n, &one, d->factor, &lead, d->pivot, x, &lead, &info);
  else zhetrs_("L", &n, &one, d->factor, &lead, d->pivot, x, &lead, &info);
  if (info) die("LAPACK: the solve returned %d", info);
}

/* p = u v, with v conjugated when `conjugate` is set; real numbers have width 1. */
static void product(const double *u, const double *v, int width, int conjugate, z p) {
  double ui = width == 2 ? u[1] : 0, vi = width == 2 ? (conjugate ? -v[1] : v[1]) : 0;
  p[0] = u[0] * v[0] - ui * vi;
  p[1] = u[0] * vi + ui * v[0];
}

/* The determinant is that of U, or of D with its 1 x 1 and 2 x 2 blocks. */
static void lapack_measure(void *state, const matrix *a, facts *f) {
  lapack *d = state;
  long n = d->n, w = a->width;
  f->log_abs_det = 0;
  for (long k = 0; k < n; k++) {
    const double *at = d->factor + (k * n + k) * w;
    if (is_lu(a) || d->pivot[k] > 0) {
      f->log_abs_det += log(modulus(at, a->width));
      continue;
    }
    const double *below = at + w, *last = at + (n + 1) * w;
    z diagonal, square;
    product(at, last, a->width, 0, diagonal);
    product(below, below, a->width, a->sym == HERMITIAN, square);
    f->log_abs_det += log(hypot(diagonal[0] - square[0], diagonal[1] - square[1]));
    k++;
  }
}

const solver lapack_solver = {"lapack", lapack_analyse, lapack_factor, lapack_solve, lapack_measure};
