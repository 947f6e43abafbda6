/* CHOLMOD (supernodal, positive definite matrices) and UMFPACK (any matrix).
 * Ordering `best` tries AMD and METIS and keeps the one with fewer operations
 * predicted; the timed analysis is that of the ordering kept. */
#include <cholmod.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <umfpack.h>

#include "peer.h"

static const struct { const char *name; int cholmod, umfpack; } orderings[] = {
  {"amd", CHOLMOD_AMD, UMFPACK_ORDERING_AMD},
  {"metis", CHOLMOD_METIS, UMFPACK_ORDERING_METIS},
};
enum { ORDERINGS = sizeof orderings / sizeof *orderings };

static int ordering_number(const char *name) {
  for (int k = 0; k < ORDERINGS; k++)
    if (!strcmp(orderings[k].name, name)) return k;
  die("unknown ordering %s", name);
  return -1;
}

/* ---- CHOLMOD ---- */

typedef struct { cholmod_common common; cholmod_factor *factor; } chol;

/* The lower triangle of a, without copying. */
static cholmod_sparse chol_view(const matrix *a) {
  return (cholmod_sparse){.nrow = a->n, .ncol = a->n, .nzmax = a->nnz, .p = a->col, .i = a->row, .x = a->val,
    .stype = -1, .itype = CHOLMOD_LONG, .xtype = a->width == 2 ? CHOLMOD_COMPLEX : CHOLMOD_REAL,
    .dtype = CHOLMOD_DOUBLE, .sorted = 1, .packed = 1};
}

static void *chol_analyse(const matrix *a, const char *ordering, facts *f) {
  chol *c = need(calloc(1, sizeof *c));
  int k = ordering_number(ordering);
  cholmod_l_start(&c->common);
  c->common.supernodal = CHOLMOD_SUPERNODAL;
  c->common.nmethods = 1;
  c->common.method[0].ordering = orderings[k].cholmod;
  c->common.postorder = 1;
  cholmod_sparse s = chol_view(a);
  c->factor = cholmod_l_analyze(&s, &c->common);
  if (!c->factor) die("CHOLMOD: the analysis failed with status %d", c->common.status);
  f->ordering = orderings[k].name;
  f->fill = c->common.lnz;
  f->flops = c->common.fl;
  return c;
}

static void chol_factor(void *state, const matrix *a, facts *f) {
  (void)f;
  chol *c = state;
  cholmod_sparse s = chol_view(a);
  cholmod_l_factorize(&s, c->factor, &c->common);
  if (c->common.status != CHOLMOD_OK) die("CHOLMOD: not positive definite");
}

static void chol_solve(void *state, const matrix *a, const double *b, double *x) {
  chol *c = state;
  cholmod_dense view = {.nrow = a->n, .ncol = 1, .nzmax = a->n, .d = a->n, .x = (void *)b,
    .xtype = a->width == 2 ? CHOLMOD_COMPLEX : CHOLMOD_REAL, .dtype = CHOLMOD_DOUBLE};
  cholmod_dense *y = cholmod_l_solve(CHOLMOD_A, c->factor, &view, &c->common);
  if (!y) die("CHOLMOD: the solve failed");
  memcpy(x, y->x, a->n * a->width * sizeof *x);
  cholmod_l_free_dense(&y, &c->common);
}

/* Supernode s holds columns super[s]..super[s+1]-1 as a dense block whose first
 * rows are the triangle: its diagonal is that of L. */
static void chol_measure(void *state, const matrix *a, facts *f) {
  cholmod_factor *l = ((chol *)state)->factor;
  long *super = l->super, *pi = l->pi, *px = l->px;
  f->log_abs_det = 0;
  for (size_t s = 0; s < l->nsuper; s++)
    for (long k = 0, rows = pi[s + 1] - pi[s]; k < super[s + 1] - super[s]; k++)
      f->log_abs_det += 2 * log(((double *)l->x)[(px[s] + k * rows + k) * a->width]);
}

const solver cholmod_solver = {"cholmod", chol_analyse, chol_factor, chol_solve, chol_measure};

/* ---- UMFPACK ---- */

typedef struct { void *symbolic, *numeric; double control[UMFPACK_CONTROL], info[UMFPACK_INFO]; int width; } umf;

static void umf_check(int status, const char *what) {
  if (status != UMFPACK_OK) die("UMFPACK: %s failed with status %d", what, status);
}

static void *umf_analyse(const matrix *a, const char *ordering, facts *f) {
  umf *u = need(calloc(1, sizeof *u));
  int k = ordering_number(ordering);
  u->width = a->width;
  if (a->width == 2) umfpack_zl_defaults(u->control);
  else umfpack_dl_defaults(u->control);
  u->control[UMFPACK_ORDERING] = orderings[k].umfpack;
  umf_check(a->width == 2
    ? umfpack_zl_symbolic(a->n, a->n, a->col, a->row, a->val, NULL, &u->symbolic, u->control, u->info)
    : umfpack_dl_symbolic(a->n, a->n, a->col, a->row, a->val, &u->symbolic, u->control, u->info), "the analysis");
  f->ordering = orderings[k].name;
  f->fill = u->info[UMFPACK_LNZ_ESTIMATE] + u->info[UMFPACK_UNZ_ESTIMATE];
  f->flops = u->info[UMFPACK_FLOPS_ESTIMATE];
  return u;
}

static void umf_factor(void *state, const matrix *a, facts *f) {
  umf *u = state;
  if (u->width == 2) {
    if (u->numeric) umfpack_zl_free_numeric(&u->numeric);
    umf_check(umfpack_zl_numeric(a->col, a->row, a->val, NULL, u->symbolic, &u->numeric, u->control, u->info), "the factorisation");
  } else {
    if (u->numeric) umfpack_dl_free_numeric(&u->numeric);
    umf_check(umfpack_dl_numeric(a->col, a->row, a->val, u->symbolic, &u->numeric, u->control, u->info), "the factorisation");
  }
  f->fill = u->info[UMFPACK_LNZ] + u->info[UMFPACK_UNZ];
  f->flops = u->info[UMFPACK_FLOPS];
}

static void umf_solve(void *state, const matrix *a, const double *b, double *x) {
  umf *u = state;
  umf_check(u->width == 2
    ? umfpack_zl_solve(UMFPACK_A, a->col, a->row, a->val, NULL, x, NULL, b, NULL, u->numeric, u->control, u->info)
    : umfpack_dl_solve(UMFPACK_A, a->col, a->row, a->val, x, b, u->numeric, u->control, u->info), "the solve");
}

static void umf_measure(void *state, const matrix *a, facts *f) {
  (void)a;
  umf *u = state;
  double m[2] = {0, 0}, exponent = 0;
  umf_check(u->width == 2
    ? umfpack_zl_get_determinant(m, NULL, &exponent, u->numeric, u->info)
    : umfpack_dl_get_determinant(m, &exponent, u->numeric, u->info), "the determinant");
  f->log_abs_det = log(modulus(m, u->width)) + exponent * log(10);
}

const solver umfpack_solver = {"umfpack", umf_analyse, umf_factor, umf_solve, umf_measure};
