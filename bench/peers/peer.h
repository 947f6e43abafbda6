/* What the parts of `peer` share: matrices, and solvers behind one interface. */
#ifndef PEER_H
#define PEER_H

typedef enum { GENERAL, SYMMETRIC, SKEW, HERMITIAN } symmetry;

/* A square matrix. A number takes `width` doubles: 1 real, 2 complex (re, im).
 * Sparse: compressed columns with both triangles, rows increasing in a column.
 * Dense (col == NULL): all n * n numbers by columns. */
typedef struct {
  long n, nnz;
  int width;
  symmetry sym;
  long *col, *row;
  double *val;
} matrix;

matrix read_matrix(const char *path);
void free_matrix(matrix *a);

/* The n numbers of the first column of an array file, widened to `width`. */
double *read_vector(const char *path, long n, int width);

/* |b - A x|_2 / |b|_2 */
double relative_residual(const matrix *a, const double *x, const double *b);

typedef struct {
  const char *ordering;                /* the one chosen */
  double fill, flops, log_abs_det;     /* numbers in the factors, operations */
} facts;

/* A solver keeps its state behind a pointer: the analysis serves all matrices
 * of one pattern, a factor replaces the one before. */
typedef struct {
  const char *name;
  void *(*analyse)(const matrix *a, const char *ordering, facts *f);
  void (*factor)(void *state, const matrix *a, facts *f);
  void (*solve)(void *state, const matrix *a, const double *b, double *x);
  void (*measure)(void *state, const matrix *a, facts *f); /* untimed */
} solver;

extern const solver cholmod_solver, umfpack_solver, lapack_solver;

void die(const char *format, ...);
void *need(void *p);                   /* p, or death when memory is out */
double modulus(const double *z, int width);

#endif
