package answer_test

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/answer"
	"eimtool/internal/bundle"
	"eimtool/internal/dense"
	"eimtool/internal/surrogate"
)

// sameResult compares bit by bit; NaN equals NaN.
func sameResult(a, b *answer.Result) bool { return resultDiff(a, b) == "" }

func resultDiff(a, b *answer.Result) string {
	same := func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y }
	return cmp.Diff(a, b, cmp.Comparer(same), cmp.Comparer(func(x, y complex128) bool {
		return same(real(x), real(y)) && same(imag(x), imag(y))
	}))
}

// askings are options that reach all parts of a bundle.
func askings(f *form) []answer.Options {
	var list []answer.Options
	for _, method := range answer.Methods() {
		list = append(list, answer.Options{Method: method, Points: 6}, answer.Options{Method: method, Points: 6, Quantity: f.outputs()})
	}
	return append(list,
		answer.Options{Transpose: true, Method: answer.Direct}, answer.Options{Transpose: true, Method: answer.Krylov},
		answer.Options{Derivative: 1, Method: answer.Direct}, answer.Options{Derivative: 1, Method: answer.Reduced},
		answer.Options{RHS: dense.Mul(f.rhs(f.lo), &dense.Matrix[complex128]{Rows: f.rhs(f.lo).Cols, Cols: 1, Data: slices.Repeat([]complex128{2i}, f.rhs(f.lo).Cols)}), Points: 6},
	)
}

func many(t *testing.T, m *surrogate.Model, src answer.Source, opt answer.Options, mus [][]float64) ([]*answer.Result, []error) {
	t.Helper()
	s, err := answer.New(m, src, opt)
	if err != nil {
		return nil, []error{err}
	}
	var points []answer.Point
	for _, mu := range mus {
		points = append(points, answer.Point{Mu: mu})
	}
	return s.Solve(context.Background(), points)
}

func compare(t *testing.T, what string, a, b []*answer.Result, ea, eb []error) {
	t.Helper()
	for i := range ea {
		if (ea[i] == nil) != (eb[i] == nil) || ea[i] != nil && ea[i].Error() != eb[i].Error() {
			t.Errorf("%s: errors %v and %v", what, ea[i], eb[i])
			continue
		}
		if ea[i] == nil {
			if d := resultDiff(a[i], b[i]); d != "" {
				t.Errorf("%s: %s", what, d)
			}
		}
	}
}

// One and three threads, in the offline stage and here, give the same bits, and
// so do points asked for together and one by one.
func TestThreadsDoNotMatter(t *testing.T) {
	for _, f := range []*form{damped(), magnetic(), complexMovingLoad()} {
		first := f.build(t, func(o *surrogate.Options) { o.Threads, o.Quantity = 1, f.outputs() })
		second := f.build(t, func(o *surrogate.Options) { o.Threads, o.Quantity = 3, f.outputs() })
		mus := f.random(6, 40)
		for _, opt := range askings(f) {
			opt.Threads = 1
			a, ea := many(t, first, nil, opt, mus)
			opt.Threads = 3
			b, eb := many(t, second, nil, opt, mus)
			compare(t, f.name+" "+opt.Method, a, b, ea, eb)
			if len(a) == 0 {
				continue
			}
			s := solver(t, first, opt)
			for i, mu := range mus {
				r, e := s.Solve(context.Background(), []answer.Point{{Mu: mu}})
				compare(t, f.name+" one by one "+opt.Method, a[i:i+1], r, ea[i:i+1], e)
			}
		}
	}
}

// lazy completes a model from its bundle and notes what was asked for.
type lazy struct {
	r       *bundle.Reader
	m       *surrogate.Model
	fetched []string
}

func (l *lazy) Fetch(path string) error {
	l.fetched = append(l.fetched, path)
	return l.r.Fetch(l.m, path)
}

// members are what a command leaves on disk.
var members = []string{
	"real/table", "complex/table", "real/values", "complex/values",
	"real_inverse/load/terms", "complex_inverse/load/terms", "real_inverse/basis/v", "complex_inverse/basis/v",
	"real_inverse/quantity", "complex_inverse/quantity",
}

func decode(t *testing.T, data []byte) *lazy {
	t.Helper()
	r, err := bundle.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	l := &lazy{r: r, m: new(surrogate.Model)}
	if err := r.Decode(l.m, members...); err != nil {
		t.Fatal(err)
	}
	if err := l.m.Restore(); err != nil {
		t.Fatal(err)
	}
	return l
}

// A model from a bundle, completed as needed, gives the answers of the model in
// memory; numbers from the reduced basis read nothing of the size of x.
func TestBundleRoundTrip(t *testing.T) {
	for _, f := range []*form{transport(), magnetic(), waves(), complexLoad(), movingLoad()} {
		m := f.model(t, true)
		var buf bytes.Buffer
		if _, err := bundle.Write(&buf, bundle.Meta{ToolVersion: "v1"}, m, bundle.WriteOptions{Compress: f.name == "waves"}); err != nil {
			t.Fatal(err)
		}
		mus := f.random(3, 50)
		for _, opt := range askings(f) {
			l := decode(t, buf.Bytes())
			a, ea := many(t, m, nil, opt, mus)
			b, eb := many(t, l.m, l, opt, mus)
			compare(t, f.name+" "+opt.Method, a, b, ea, eb)
			if opt.Method != answer.Reduced || opt.Derivative > 0 {
				continue
			}
			for _, path := range l.fetched {
				isV := path == "real_inverse/basis/v" || path == "complex_inverse/basis/v"
				isC := path == "real_inverse/quantity" || path == "complex_inverse/quantity"
				if !(isC && opt.Quantity != nil || isV && opt.Quantity == nil) {
					t.Errorf("%s: a reduced answer reads %s", f.name, path)
				}
			}
		}
	}
}

// torn fails to deliver.
type torn struct{ err error }

func (s torn) Fetch(string) error { return s.err }

// A bundle that cannot be read on fails at every point, also when asked again.
func TestTornBundle(t *testing.T) {
	f := transport()
	m := f.model(t, false)
	var buf bytes.Buffer
	if _, err := bundle.Write(&buf, bundle.Meta{ToolVersion: "v1"}, m, bundle.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	broken := &bundle.CorruptError{}
	for _, method := range answer.Methods() {
		l := decode(t, buf.Bytes())
		s, err := answer.New(l.m, torn{broken}, answer.Options{Method: method, Points: 3})
		if err != nil {
			continue // noticed even earlier
		}
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("%s: panic: %v", method, p)
				}
			}()
			for range 2 {
				_, errs := s.Solve(context.Background(), []answer.Point{{Mu: []float64{1, 0.5}}, {Mu: []float64{2, 0.5}}})
				for _, err := range errs {
					if err == nil {
						t.Errorf("%s: an answer from a bundle that could not be read", method)
					}
				}
			}
		}()
	}
}
