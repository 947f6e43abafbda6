package solve

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
	"eimtool/internal/solve/direct"
	"eimtool/internal/solve/order"
)

// Solver holds the analysis of one pattern. Factorise may be called any number
// of times, from several goroutines too.
type Solver[T scalar.Scalar] struct {
	pattern   *matrix.Pattern
	opt       Options
	tree      *order.Tree
	columns   []int32 // column j is column columns[j] of what was ordered; nil when it is the same
	transpose []int32 // place of the mirror image of every entry, of a general pattern of symmetric structure

	mu   sync.Mutex
	half *direct.Symbolic // for symmetric kinds
	full *direct.Symbolic // for LU
	idle map[*direct.Symbolic]*direct.Numeric[T]
	part *hermitianPart // made when it is first needed
}

// maxEntries is the largest number of stored entries of a sparse pattern: the
// quotient graph of an ordering holds 1.2 times both triangles and the vertices,
// at places of 31 bits.
const maxEntries = 1 << 29

// New orders and analyses the square pattern p, which must not change
// afterwards. The error is a *ShapeError (also for more than 2²⁹ entries of a
// sparse pattern), an *OptionError or ctx's.
func New[T scalar.Scalar](ctx context.Context, p *matrix.Pattern, opt Options) (*Solver[T], error) {
	if p.Rows != p.Cols {
		return nil, &ShapeError{What: "matrix", Got: fmt.Sprintf("%d×%d", p.Rows, p.Cols), Want: "square"}
	}
	if !p.Dense && p.NNZ() > maxEntries {
		return nil, &ShapeError{What: "matrix", Got: fmt.Sprintf("%d entries large", p.NNZ()), Want: fmt.Sprintf("at most %d", maxEntries)}
	}
	if err := opt.check(); err != nil {
		return nil, err
	}
	columns := transversal(p)
	tree, err := order.Analyse(ctx, order.FromPattern(permuted(p, columns)), order.Options{Ordering: opt.Ordering, Uses: opt.Uses, Threads: opt.Threads})
	if err != nil {
		return nil, err
	}
	s := &Solver[T]{pattern: p, opt: opt, tree: tree, columns: columns, idle: map[*direct.Symbolic]*direct.Numeric[T]{}}
	if p.Symmetry == matrix.General && !p.Dense && opt.Method != "lu" {
		s.transpose = mirrorPlaces(p)
	}
	return s, nil
}

// Analysis describes what the analysis found.
func (s *Solver[T]) Analysis() Analysis {
	a := Analysis{Ordering: s.tree.Ordering, NNZ: s.tree.NNZ, Flops: s.tree.Flops, Supernodes: len(s.tree.Super) - 1}
	size := 8
	if scalar.IsComplex[T]() {
		size = 16
	}
	symmetric := s.pattern.Symmetry != matrix.SkewSymmetric && (s.pattern.Symmetry != matrix.General || s.transpose != nil)
	if s.opt.Method == "lu" || !symmetric {
		a.NNZ, a.Flops = 2*a.NNZ-s.pattern.Rows, 2*a.Flops
	}
	a.Bytes = size * a.NNZ
	return a
}

// symbolic returns the layout of fronts for symmetric kinds or for LU, made
// when it is first needed.
func (s *Solver[T]) symbolic(half bool) *direct.Symbolic {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := &s.full
	if half {
		at = &s.half
	}
	if *at == nil {
		*at = direct.Analyse(s.pattern, s.tree, half, s.columns)
	}
	return *at
}

// numeric returns storage for a factorisation, used before or new.
func (s *Solver[T]) numeric(sym *direct.Symbolic) *direct.Numeric[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.idle[sym]; n != nil {
		delete(s.idle, sym)
		return n
	}
	return direct.NewNumeric[T](sym)
}

func (s *Solver[T]) recycle(sym *direct.Symbolic, n *direct.Numeric[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle[sym] = n
}

// Thresholds of pivoting: L has no element above 10 or 100 (Davis, Direct
// Methods for Sparse Linear Systems, 2006; Duff, Reid, ACM TOMS 9(3), 1983).
const (
	tauLU  = 0.1
	tauLDL = 0.01
)

// suspicious is the modulus of a pivot of the equilibrated matrix below which
// its condition is estimated before the factor is given out.
const suspicious = 1e-9

// Factorise equilibrates and factorises the matrix with the given values, one
// per stored entry of the pattern. The values are kept by reference, for
// residuals: they must not change while the factor is in use. The error is a
// *ShapeError, *NonFiniteError, *SingularError or ctx's.
func (s *Solver[T]) Factorise(ctx context.Context, values []T) (*Factor[T], error) {
	if err := s.accept(values); err != nil {
		return nil, err
	}
	f := &Factor[T]{solver: s, pattern: s.pattern, values: values}
	if err := f.run(ctx); err != nil {
		f.Release()
		return nil, err
	}
	return f, nil
}

// accept refuses values that do not fit the pattern or are not finite.
func (s *Solver[T]) accept(values []T) error {
	if n := s.pattern.NNZ(); len(values) != n {
		return &ShapeError{What: "list of values", Got: fmt.Sprintf("%d long", len(values)), Want: fmt.Sprintf("%d long", n)}
	}
	if !scalar.AllFinite(values) {
		return &NonFiniteError{What: "matrix"}
	}
	return nil
}

// run tries the kinds that suit the matrix, equilibrated first, and, when that
// finds no pivots or no digits, scaled by a matching, LU in the end.
func (f *Factor[T]) run(ctx context.Context) error {
	kinds := f.solver.kinds(f.values)
	symmetric := kinds[0] != direct.LU
	f.scale = equilibrate(f.pattern, f.values, symmetric)
	err := f.attempts(ctx, kinds)
	if !hopeless(err) {
		return err
	}
	scale, column := match(f.pattern, f.values, symmetric)
	if column >= 0 {
		return &SingularError{Column: column, Condition: math.Inf(1), Reason: "it has no nonzero element left to be its pivot"}
	}
	if kinds[0] == direct.Cholesky {
		kinds = kinds[1:]
	}
	f.scale = scale
	if err = f.attempts(ctx, kinds); !hopeless(err) || !symmetric {
		return err
	}
	f.scale, _ = match(f.pattern, f.values, false)
	return f.attempts(ctx, []direct.Kind{direct.LU})
}

func hopeless(err error) bool {
	var none *SingularError
	return errors.As(err, &none)
}

// attempts factorises by the first of the kinds that finds all pivots.
func (f *Factor[T]) attempts(ctx context.Context, kinds []direct.Kind) error {
	var err error
	for _, kind := range kinds {
		if err = f.factorise(ctx, kind); err == nil {
			return f.check(ctx)
		}
		var none *direct.PivotError
		if !errors.As(err, &none) {
			return err
		}
		err = &SingularError{Column: none.Column, Condition: math.Inf(1), Reason: "it depends on other columns"}
	}
	return err
}

// factorise makes one attempt. The error is a *direct.PivotError or ctx's.
func (f *Factor[T]) factorise(ctx context.Context, kind direct.Kind) error {
	s := f.solver
	f.Release()
	f.kind, f.symbolic = kind, s.symbolic(kind != direct.LU)
	f.cond.given, f.cond.scaled = 0, 0
	n := s.numeric(f.symbolic)
	rules := direct.Rules{Kind: kind, Tau: tauLDL, Threads: s.opt.Threads}
	if kind == direct.LU {
		rules.Tau = tauLU
	}
	m := direct.Matrix[T]{Values: f.values, Row: f.scale.row, Col: f.scale.col}
	if err := n.Factorise(ctx, m, rules); err != nil {
		s.recycle(f.symbolic, n)
		return err
	}
	f.numeric = n
	f.column, f.pivot = n.SmallestPivot()
	return nil
}

// check refuses a factor of a matrix whose condition leaves no digit, when its
// pivots give reason to look.
func (f *Factor[T]) check(ctx context.Context) error {
	if f.pivot > suspicious {
		return nil
	}
	c, err := f.EquilibratedCondition(ctx)
	if err != nil || c < 1/scalar.Eps {
		return err
	}
	return &SingularError{Column: f.column, Pivot: f.pivot, Condition: c, Reason: "its pivot is at rounding level"}
}
