/* Reads Matrix Market files, sparse and dense, of every symmetry. Duplicate
 * entries are not added up: the files of the benchmark have none. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

typedef struct { int dense, width; symmetry sym; } header;

static char *whole_file(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) die("%s cannot be opened", path);
  fseek(f, 0, SEEK_END);
  long size = ftell(f);
  rewind(f);
  char *text = need(malloc(size + 1));
  if (fread(text, 1, size, f) != (size_t)size) die("%s cannot be read", path);
  text[size] = 0;
  fclose(f);
  return text;
}

/* Reads the banner; *at moves on to the line of sizes. */
static header read_header(const char *path, char **at) {
  char layout[16], field[16], sym[20];
  if (sscanf(*at, "%%%%MatrixMarket matrix %15s %15s %19s", layout, field, sym) != 3)
    die("%s: no Matrix Market banner", path);
  header h = {.dense = !strcmp(layout, "array"), .width = !strcmp(field, "complex") ? 2 : 1};
  if (!strcmp(field, "pattern")) die("%s: a pattern has no values", path);
  h.sym = !strcmp(sym, "symmetric") ? SYMMETRIC : !strcmp(sym, "hermitian") ? HERMITIAN
        : !strcmp(sym, "skew-symmetric") ? SKEW : GENERAL;
  do {
    *at = strchr(*at, '\n');
    if (!*at) die("%s ends early", path);
    ++*at;
  } while (**at == '%' || **at == '\n');
  return h;
}

static void read_value(char **at, int width, double *v) {
  for (int c = 0; c < width; c++) v[c] = strtod(*at, at);
}

/* v becomes the mirror image of u. */
static void mirror(symmetry sym, int width, const double *u, double *v) {
  v[0] = sym == SKEW ? -u[0] : u[0];
  if (width == 2) v[1] = sym == SYMMETRIC ? u[1] : -u[1];
}

static void read_dense(char *at, header h, matrix *a) {
  long n = a->n, w = h.width;
  a->nnz = n * n;
  a->val = need(calloc(n * n * w, sizeof *a->val));
  for (long j = 0; j < n; j++)
    for (long i = h.sym == GENERAL ? 0 : j + (h.sym == SKEW); i < n; i++) {
      double *v = a->val + (j * n + i) * w;
      read_value(&at, h.width, v);
      if (h.sym != GENERAL && i != j) mirror(h.sym, h.width, v, a->val + (i * n + j) * w);
    }
}

/* order = the positions 0..nnz-1 sorted by key, stably: order lists them before. */
static void counting_sort(long n, long nnz, const long *key, long *order, long *spare) {
  long *next = need(calloc(n + 1, sizeof *next));
  for (long k = 0; k < nnz; k++) next[key[k] + 1]++;
  for (long j = 0; j < n; j++) next[j + 1] += next[j];
  for (long k = 0; k < nnz; k++) spare[next[key[order[k]]]++] = order[k];
  memcpy(order, spare, nnz * sizeof *order);
  free(next);
}

static void read_sparse(char *at, header h, long stored, matrix *a) {
  long w = h.width, room = h.sym == GENERAL ? stored : 2 * stored, nnz = 0;
  long *i = need(malloc((room + 1) * sizeof *i)), *j = need(malloc((room + 1) * sizeof *j));
  double *v = need(malloc((room + 1) * w * sizeof *v));
  for (long k = 0; k < stored; k++, nnz++) {
    i[nnz] = strtol(at, &at, 10) - 1;
    j[nnz] = strtol(at, &at, 10) - 1;
    read_value(&at, h.width, v + nnz * w);
    if (h.sym != GENERAL && i[nnz] != j[nnz]) {
      i[nnz + 1] = j[nnz];
      j[nnz + 1] = i[nnz];
      mirror(h.sym, h.width, v + nnz * w, v + (nnz + 1) * w);
      nnz++;
    }
  }
  long *order = need(malloc((nnz + 1) * sizeof *order)), *spare = need(malloc((nnz + 1) * sizeof *spare));
  for (long k = 0; k < nnz; k++) order[k] = k;
  counting_sort(a->n, nnz, i, order, spare);
  counting_sort(a->n, nnz, j, order, spare);
  a->nnz = nnz;
  a->col = need(calloc(a->n + 1, sizeof *a->col));
  a->row = need(malloc((nnz + 1) * sizeof *a->row));
  a->val = need(malloc((nnz + 1) * w * sizeof *a->val));
  for (long k = 0; k < nnz; k++) {
    a->row[k] = i[order[k]];
    a->col[j[order[k]] + 1]++;
    memcpy(a->val + k * w, v + order[k] * w, w * sizeof *v);
  }
  for (long c = 0; c < a->n; c++) a->col[c + 1] += a->col[c];
  free(i), free(j), free(v), free(order), free(spare);
}

matrix read_matrix(const char *path) {
  char *text = whole_file(path), *at = text;
  header h = read_header(path, &at);
  matrix a = {.width = h.width, .sym = h.sym};
  a.n = strtol(at, &at, 10);
  if (strtol(at, &at, 10) != a.n) die("%s is not square", path);
  if (h.dense) read_dense(at, h, &a);
  else read_sparse(at, h, strtol(at, &at, 10), &a);
  free(text);
  return a;
}

void free_matrix(matrix *a) { free(a->col), free(a->row), free(a->val); }

double *read_vector(const char *path, long n, int width) {
  char *text = whole_file(path), *at = text;
  header h = read_header(path, &at);
  if (!h.dense || strtol(at, &at, 10) != n) die("%s: an array of %ld rows is needed", path, n);
  if (h.width > width) die("%s: a complex right-hand side for a real matrix", path);
  strtol(at, &at, 10);
  double *b = need(calloc(n * width + 1, sizeof *b));
  for (long k = 0; k < n; k++) read_value(&at, h.width, b + k * width);
  free(text);
  return b;
}

double relative_residual(const matrix *a, const double *x, const double *b) {
  long w = a->width;
  double *r = need(malloc((a->n * w + 1) * sizeof *r)), above = 0, below = 0;
  memcpy(r, b, a->n * w * sizeof *r);
  for (long j = 0; j < a->n; j++) {
    long lo = a->col ? a->col[j] : j * a->n, hi = a->col ? a->col[j + 1] : lo + a->n;
    for (long k = lo; k < hi; k++) {
      const double *v = a->val + k * w, *u = x + j * w;
      double *t = r + (a->col ? a->row[k] : k - lo) * w;
      t[0] -= v[0] * u[0];
      if (w == 2) t[0] += v[1] * u[1], t[1] -= v[0] * u[1] + v[1] * u[0];
    }
  }
  for (long k = 0; k < a->n * w; k++) above += r[k] * r[k], below += b[k] * b[k];
  free(r);
  return sqrt(above / below);
}

double modulus(const double *z, int width) { return width == 2 ? hypot(z[0], z[1]) : fabs(z[0]); }
