package kernel

import (
	"context"

	"eimtool/internal/scalar"
)

const (
	depth       = 256     // terms of one pass over C
	blockRows   = 192     // rows of C per block, a multiple of every mr
	stripes     = 4       // strips of columns per task of a threaded product
	packStrips  = 32      // strips per task of threaded packing
	threadTerms = 1 << 21 // multiplications from which threads pay
	directLimit = 64      // operands used by at most so many rows or columns of C are not packed
)

// form is how an operand enters a product: as stored or transposed, conjugated or not.
type form struct{ trans, conj bool }

func formOf[T scalar.Scalar](op Op) form {
	return form{op != NoTrans, op == ConjTrans && scalar.IsComplex[T]()}
}

// from returns a from term p on.
func from[T scalar.Scalar](a []T, ld, p int, f form) []T {
	if f.trans {
		return a[p:]
	}
	return a[p*ld:]
}

// fromRow returns a from row i on.
func fromRow[T scalar.Scalar](a []T, ld, i int, f form) []T {
	f.trans = !f.trans
	return from(a, ld, i, f)
}

// operand is one side of a product, n rows (of A) or columns (of B) by k terms,
// in strips of a tile's width: packed strip after strip, or where it lies.
type operand[T scalar.Scalar] struct {
	v      []T
	ld     int // from term to term
	stride int // from row to row, in v
	full   int // rows of whole strips in v; the rest is in tail
	tail   []T
	width  int
}

// strip returns the strip from row i on and its distance from term to term.
func (o *operand[T]) strip(i int) ([]T, int) {
	if i < o.full {
		return o.v[i*o.stride:], o.ld
	}
	return o.tail, o.width
}

// load makes an operand of k terms of the n rows of a: element (i, p) is
// a[i+p*ld], or a[p+i*ld] if f.trans. direct says not to pack if possible.
func load[T scalar.Scalar](buf, a []T, ld, n, k, width int, f form, direct bool, threads int) operand[T] {
	if !direct || f.trans || f.conj {
		if threads <= 1 {
			pack(buf, a, ld, n, k, width, f)
		} else {
			share(n, width*packStrips, threads, func(_, lo, hi int) {
				pack(buf[lo*k:], fromRow(a, ld, lo, f), ld, hi-lo, k, width, f)
			})
		}
		return operand[T]{v: buf, ld: width, stride: k, full: roundUp(n, width), width: width}
	}
	full := n / width * width
	if full < n {
		pack(buf, fromRow(a, ld, full, f), ld, n-full, k, width, f)
	}
	return operand[T]{v: a, ld: ld, stride: 1, full: full, tail: buf, width: width}
}

// product is one pass over C: C -= A·B with k terms.
type product[T scalar.Scalar] struct {
	c         []T
	ldc, m, n int
	lower     bool // only elements i ≥ j of C
	k         int
	a, b      operand[T]
}

// subtract computes C -= A·B over an m×n matrix C (its elements i ≥ j only if
// lower), where A is m×k and B is k×n in the forms fa and fb.
func (s *Set[T]) subtract(w *Work[T], lower bool, m, n, k int, a []T, lda int, fa form, b []T, ldb int, fb form, c []T, ldc, threads int) {
	if m <= 0 || n <= 0 || k <= 0 {
		return
	}
	if m*n*k < threadTerms {
		threads = 1
	}
	kc := min(k, depth)
	bufA := grow(&w.pa, roundUp(m, s.in.mr)*kc)
	bufB := grow(&w.pb, roundUp(n, s.in.nr)*kc)
	fb.trans = !fb.trans // B enters by its columns
	for p := 0; p < k; p += depth {
		kc := min(depth, k-p)
		w.prod = product[T]{
			c: c, ldc: ldc, m: m, n: n, lower: lower, k: kc,
			a: load(bufA, from(a, lda, p, fa), lda, m, kc, s.in.mr, fa, n <= directLimit, threads),
			b: load(bufB, from(b, ldb, p, fb), ldb, n, kc, s.in.nr, fb, m <= directLimit, threads),
		}
		s.run(w, threads)
	}
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// share runs f(b, lo, hi) for blocks of size of n items on several goroutines.
func share(n, size, threads int, f func(b, lo, hi int)) {
	// The context is never cancelled, so that Blocks returns no error.
	_ = scalar.Blocks(context.Background(), n, size, threads, f)
}

// run does all columns of the product.
func (s *Set[T]) run(w *Work[T], threads int) {
	pr := &w.prod
	size := s.in.mr * s.in.nr
	if threads <= 1 {
		s.columnRange(pr, 0, pr.n, grow(&w.edge, size))
		return
	}
	step := s.in.nr * stripes
	edges := grow(&w.edge, size*scalar.BlockCount(pr.n, step))
	share(pr.n, step, threads, func(b, lo, hi int) {
		s.columnRange(pr, lo, hi, edges[b*size:][:size])
	})
}

// columnRange computes columns lo..hi-1 of C.
func (s *Set[T]) columnRange(pr *product[T], lo, hi int, edge []T) {
	mr, nr := s.in.mr, s.in.nr
	first := 0
	if pr.lower {
		first = lo / mr * mr
	}
	for i0 := first; i0 < pr.m; i0 += blockRows {
		i1 := min(pr.m, i0+blockRows)
		for j := lo; j < hi; j += nr {
			b, ldb := pr.b.strip(j)
			cols := min(nr, hi-j)
			i := i0
			if pr.lower {
				i = max(i0, i0+(j-i0)/mr*mr)
			}
			for ; i < i1; i += mr {
				a, lda := pr.a.strip(i)
				if cols == nr && i+mr <= i1 && (!pr.lower || i >= j+nr-1) {
					s.in.tile(pr.k, a, lda, b, ldb, pr.c[i+j*pr.ldc:], pr.ldc)
					continue
				}
				clear(edge)
				s.in.tile(pr.k, a, lda, b, ldb, edge, mr)
				pr.addEdge(i, j, min(mr, i1-i), cols, edge, mr)
			}
		}
	}
}

// addEdge adds what lies within C of a tile that sticks out of it or across
// its diagonal.
func (pr *product[T]) addEdge(i, j, rows, cols int, edge []T, mr int) {
	for q := range cols {
		r := 0
		if pr.lower {
			r = max(0, j+q-i)
		}
		c := pr.c[(j+q)*pr.ldc+i:]
		for ; r < rows; r++ {
			c[r] += edge[q*mr+r]
		}
	}
}

// Gemm computes C -= op(A)·op(B), where C is m×n and k is the inner dimension.
func (s *Set[T]) Gemm(w *Work[T], opA, opB Op, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc, threads int) {
	s.subtract(w, false, m, n, k, a, lda, formOf[T](opA), b, ldb, formOf[T](opB), c, ldc, threads)
}

// Herk computes the lower triangle of C -= A·op(A), where A is n×k and op is
// Trans or ConjTrans.
func (s *Set[T]) Herk(w *Work[T], op Op, n, k int, a []T, lda int, c []T, ldc, threads int) {
	s.subtract(w, true, n, n, k, a, lda, form{}, a, lda, formOf[T](op), c, ldc, threads)
}
