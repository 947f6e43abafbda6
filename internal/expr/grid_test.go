package expr

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

// gridNames are two parameters and two coordinates.
var gridNames = []string{"a", "b", "x", "y"}

// source draws the text of an expression.
type source struct{ t *rapid.T }

func (s source) one(label string, of ...string) string { return rapid.SampledFrom(of).Draw(s.t, label) }

func (s source) real(depth int) string {
	if depth == 0 || rapid.IntRange(0, 9).Draw(s.t, "leaf") == 0 {
		return s.one("leaf", "a", "b", "x", "y", "x", "y", "0", "1", "2", "0.5", "-3", "1e200", "pi")
	}
	d := depth - 1
	switch rapid.IntRange(0, 9).Draw(s.t, "real") {
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", s.real(d), s.one("op", "+", "-", "*", "*", "/"), s.real(d))
	case 3:
		return fmt.Sprintf("(%s)^%s", s.real(d), s.one("exponent", "2", "3", "7", "0", "-1", "-2", "0.5", "1.5", "a", "x", "(-1000)"))
	case 4, 5:
		return fmt.Sprintf("%s(%s)", s.one("function", "exp", "log", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan",
			"sinh", "cosh", "tanh", "abs", "re", "im", "conj", "arg", "-"), s.real(d))
	case 6:
		return fmt.Sprintf("%s(%s, %s)", s.one("pair", "min", "max", "atan2", "hypot", "pow"), s.real(d), s.real(d))
	case 7:
		return fmt.Sprintf("%s(%s)", s.one("part", "re", "im", "abs", "arg"), s.complex(d))
	}
	return fmt.Sprintf("(%s ? %s : %s)", s.condition(d), s.real(d), s.real(d))
}

func (s source) complex(depth int) string {
	if depth == 0 {
		return s.one("leaf", "1i", "(x+1i*y)", "(1i*a)", "0i", "-0i", "(x-0i)", "1i*x")
	}
	d := depth - 1
	switch rapid.IntRange(0, 9).Draw(s.t, "complex") {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", s.complex(d), s.one("op", "+", "-", "*", "/"), s.complex(d))
	case 2, 3:
		return fmt.Sprintf("(%s %s %s)", s.complex(d), s.one("op", "+", "-", "*", "/"), s.real(d))
	case 4:
		return fmt.Sprintf("(%s %s %s)", s.real(d), s.one("op", "+", "-", "*", "/"), s.complex(d))
	case 5, 6:
		return fmt.Sprintf("%s(%s)", s.one("function", "exp", "exp", "log", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan",
			"sinh", "cosh", "tanh", "conj", "-"), s.complex(d))
	case 7:
		return fmt.Sprintf("(%s)^%s", s.complex(d), s.one("exponent", "2", "3", "0", "-1", "0.5", "a", "(1i*x)"))
	}
	return fmt.Sprintf("(%s ? %s : %s)", s.condition(d), s.complex(d), s.one("other", s.real(d), s.complex(d)))
}

func (s source) condition(depth int) string {
	kind, d := rapid.IntRange(0, 5).Draw(s.t, "condition"), depth-1
	if depth == 0 {
		kind, d = 5, 0
	}
	switch kind {
	case 0:
		return fmt.Sprintf("(%s && %s)", s.condition(d), s.condition(d))
	case 1:
		return fmt.Sprintf("(%s || %s)", s.condition(d), s.condition(d))
	case 2:
		return fmt.Sprintf("!%s", s.condition(d))
	}
	return fmt.Sprintf("(%s %s %s)", s.real(d), s.one("comparison", "<", "<=", ">", ">=", "==", "!="), s.real(d))
}

// coordinate draws numbers that make some operations fail.
func coordinate() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64Range(-2, 2), rapid.Float64Range(0.1, 1), rapid.Float64Range(0.1, 1), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 0.5, 1, -1, 700, 1e-200, 1e308, math.NaN()}))
}

func same(a, b complex128) bool {
	return math.Float64bits(real(a)) == math.Float64bits(real(b)) && math.Float64bits(imag(a)) == math.Float64bits(imag(b))
}

// reference evaluates an expression point by point.
func reference[T scalar.Scalar](e *Expr, count int, at func(i int) []float64) ([]complex128, int, error) {
	var values []complex128
	for i := range count {
		v, err := e.Eval(at(i))
		if err == nil && !scalar.IsComplex[T]() {
			var r float64
			r, err = e.EvalReal(at(i))
			v = complex(r, 0)
		}
		if err != nil {
			return values, i, err
		}
		values = append(values, v)
	}
	return values, count, nil
}

// agree compares what a grid computed with the reference.
func agree[T scalar.Scalar](t interface {
	Helper()
	Fatalf(format string, args ...any)
}, what string, got []T, err error, want []complex128, bad int, wantErr error, place func(*PointError) int,
) {
	t.Helper()
	var p *PointError
	switch {
	case (err == nil) != (wantErr == nil):
		t.Fatalf("%s: error %v, want %v (%d)", what, err, wantErr, bad)
	case err != nil && (!errors.As(err, &p) || place(p) != bad || *p.Err != *wantErr.(*EvalError)):
		t.Fatalf("%s: error %v, want %v in %d", what, err, wantErr, bad)
	case err != nil:
		return
	}
	for i, v := range got {
		if z := complex(scalar.Real(v), scalar.Imag(v)); !same(z, want[i]) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, z, want[i])
		}
	}
}

// checkGrid compares both ways of filling with Eval.
func checkGrid[T scalar.Scalar](t interface {
	Helper()
	Fatalf(format string, args ...any)
}, src string, mu [][]float64, points [][]float64, lo, hi int,
) {
	t.Helper()
	e := parsed(t, src, gridNames...)
	g, err := NewGrid(e, 2, points)
	if err != nil {
		t.Fatalf("%v", err)
	}
	w := g.NewWork()
	at := func(r, i int) []float64 { return []float64{mu[r][0], mu[r][1], points[0][i], points[1][i]} }
	for r := range mu {
		dst := make([]T, hi-lo)
		err := Fill(g, w, mu[r], lo, hi, dst)
		want, bad, wantErr := reference[T](e, hi-lo, func(i int) []float64 { return at(r, lo+i) })
		agree(t, src+" across", dst, err, want, lo+bad, wantErr, func(p *PointError) int { return p.Point })
	}
	for i := lo; i < min(hi, lo+3); i++ {
		dst := make([]T, len(mu))
		err := FillColumn(g, w, mu, i, dst)
		want, bad, wantErr := reference[T](e, len(mu), func(r int) []float64 { return at(r, i) })
		agree(t, src+" along", dst, err, want, bad, wantErr, func(p *PointError) int { return p.Row })
	}
}

// TestGridIsEval compares random expressions at random points with Eval, bit for
// bit, and their errors.
func TestGridIsEval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := source{t}
		depth := rapid.IntRange(1, 5).Draw(t, "depth")
		src := s.real(depth)
		if rapid.Bool().Draw(t, "is complex") {
			src = s.complex(depth)
		}
		n := rapid.IntRange(1, 12).Draw(t, "points")
		points := [][]float64{rapid.SliceOfN(coordinate(), n, n).Draw(t, "x"), rapid.SliceOfN(coordinate(), n, n).Draw(t, "y")}
		var mu [][]float64
		for range rapid.IntRange(1, 6).Draw(t, "rows") {
			mu = append(mu, []float64{coordinate().Draw(t, "a"), coordinate().Draw(t, "b")})
		}
		lo := rapid.IntRange(0, n).Draw(t, "lo")
		hi := rapid.IntRange(lo, n).Draw(t, "hi")
		checkGrid[complex128](t, src, mu, points, lo, hi)
		checkGrid[float64](t, src, mu, points, lo, hi)
	})
}

// smooth are typical expressions, none of which fails for a and b in (0, 1) and
// points in (0, 1).
var smooth = []string{
	"exp(1i*20*a*x)", "exp(1i*a*x)/(4*pi*x)", "exp(-((x-a)^2+(y-b)^2)/0.04)", "x < 0.5 ? a : b*x", "1/sqrt((x-a-2)^2+(y+b)^2)",
	"x < 0.25 ? exp(a*x) : x < 0.5 ? sqrt(x)*b : log(1+x)^2", "a < 0.5 ? x : sin(x)", "x*sin(y)*a + cos(x)*b", "a", "x", "1", "a*b", "2i", "1i*a",
	"(x > 0.5 && y < a || log(x) > -b) ? 1+1i*x : y", "(1+1i*x)*(a-1i*y)*exp(1i*a)", "x^7*a - 3*x^-2 + y^1.5", "re(exp(1i*a*x))", "abs(exp(1i*x)-b)^2",
	"max(x, a, y)*min(b, x)", "hypot(x, a)*atan2(y, b)", "sqrt(x+1i*a)", "(x+1i)^2/(y+2i)", "x > y ? (a > x ? exp(y) : exp(x)) : exp(a)",
}

// TestGridBlocks takes more points and rows than a block has.
func TestGridBlocks(t *testing.T) {
	points, mu := testPoints(3*blockSize+17), testPoints(2*blockSize+5)
	rows := make([][]float64, len(mu[0]))
	for r := range rows {
		rows[r] = []float64{mu[1][r], mu[0][r]}
	}
	for _, src := range smooth {
		e := parsed(t, src, gridNames...)
		g, err := NewGrid(e, 2, points)
		if err != nil {
			t.Fatal(err)
		}
		w := g.NewWork()
		for _, part := range [][2]int{{0, g.Len()}, {3, 3}, {5, 6}, {100, blockSize + 100}} {
			dst := make([]complex128, part[1]-part[0])
			err := Fill(g, w, rows[7], part[0], part[1], dst)
			want, bad, wantErr := reference[complex128](e, len(dst), func(i int) []float64 {
				return []float64{rows[7][0], rows[7][1], points[0][part[0]+i], points[1][part[0]+i]}
			})
			agree(t, src, dst, err, want, bad, wantErr, func(p *PointError) int { return p.Point })
		}
		dst := make([]complex128, len(rows))
		err = FillColumn(g, w, rows, 11, dst)
		want, bad, wantErr := reference[complex128](e, len(dst), func(r int) []float64 {
			return []float64{rows[r][0], rows[r][1], points[0][11], points[1][11]}
		})
		agree(t, src, dst, err, want, bad, wantErr, func(p *PointError) int { return p.Row })
	}
}

// testPoints returns n points in (0, 1)².
func testPoints(n int) [][]float64 {
	x, y := make([]float64, n), make([]float64, n)
	for i := range n {
		_, x[i] = math.Modf(float64(i+1) * 0.6180339887498949)
		_, y[i] = math.Modf(float64(i+1) * 0.7548776662466927)
	}
	return [][]float64{x, y}
}

// TestGridErrors has the place of errors far from the first point.
func TestGridErrors(t *testing.T) {
	points := testPoints(3 * blockSize)
	x := points[0]
	x[700], x[900], x[1400], points[1][800] = -3, -3, math.NaN(), 2
	mu := []float64{0.5, 0.25}
	for src, want := range map[string]int{
		"log(x)": 700, "a*log(x)": 700, "sqrt(a*x)": 700, "1i*log(x)*a": 700, "x+a": 1400, "y+a": -1, "1/(a-0.5)": 0, "log(a-1)": 0, "x > 0 ? log(x)*a : 1": 1400,
		"1/(x+3)": 700, "min(1, exp(-1000*x))*a": 700, "re(exp(1i*a*x))": 1400, "y > 1.5 ? 1/(a-0.5) : 1": 800,
		"1 < 2 ? a : x": 1400, "x^0": 1400, "1 < 2 ? a : y": -1, "im(y)": -1, "2/(x-x)": 0, "1/0+x": 0,
	} {
		e := parsed(t, src, gridNames...)
		g, err := NewGrid(e, 2, points)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]complex128, g.Len())
		err = Fill(g, g.NewWork(), mu, 0, g.Len(), dst)
		var p *PointError
		if want < 0 && err != nil || want >= 0 && (!errors.As(err, &p) || p.Point != want || p.Row != 0 || p.Err.Src != src) {
			t.Errorf("%s: %v, want point %d", src, err, want)
		}
	}
	g, err := NewGrid(parsed(t, "a*x+b", gridNames...), 2, points)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float64, 9)
	for _, mu := range [][]float64{nil, {1}, {1, 2, 3}, {math.Inf(1), 1}, {1, math.NaN()}} {
		var p *PointError
		if err := Fill(g, g.NewWork(), mu, 3, 9, dst); !errors.As(err, &p) || p.Point != 3 {
			t.Errorf("%v: %v", mu, err)
		}
		if err := FillColumn(g, g.NewWork(), [][]float64{{1, 2}, {2, 3}, mu}, 5, dst); !errors.As(err, &p) || p.Point != 5 || p.Row != 2 {
			t.Errorf("%v: %v", mu, err)
		}
	}
	for _, bad := range []func() (*Grid, error){
		func() (*Grid, error) { return NewGrid(g.e, 1, points) },
		func() (*Grid, error) { return NewGrid(g.e, -1, points) },
		func() (*Grid, error) { return NewGrid(g.e, 2, [][]float64{{1}, {1, 2}}) },
	} {
		if _, err := bad(); err == nil {
			t.Error("no error")
		}
	}
	if err := (&PointError{Row: 1, Point: 2, Err: &EvalError{Src: "x", Msg: "m"}}).Error(); !strings.Contains(err, "parameter 2, point 3") {
		t.Error(err)
	}
}

// TestGridMany uses one grid in several goroutines, without allocating.
func TestGridMany(t *testing.T) {
	points := testPoints(2*blockSize + 9)
	e := parsed(t, "x < a ? exp(1i*b*x)/y : sqrt(y)*a + x^2", gridNames...)
	g, err := NewGrid(e, 2, points)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]complex128, g.Len())
	mu := []float64{0.5, 0.25}
	w := g.NewWork()
	if n := testing.AllocsPerRun(20, func() { err = errors.Join(err, Fill(g, w, mu, 0, g.Len(), want)) }); n != 0 || err != nil {
		t.Errorf("%v allocations, %v", n, err)
	}
	row := make([]complex128, 3)
	rows := [][]float64{{0.9, 0.5}, mu, {0.1, 0.2}}
	err = FillColumn(g, w, rows, 7, row) // the first call makes scratch
	if n := testing.AllocsPerRun(20, func() { err = errors.Join(err, FillColumn(g, w, rows, 7, row)) }); n != 0 || err != nil || row[1] != want[7] {
		t.Errorf("%v allocations, %v, %v and not %v", n, err, row[1], want[7])
	}
	if g.Bytes() > storedBytes || g.Bytes()%int64(8*g.Len()) != 0 {
		t.Errorf("%d bytes", g.Bytes())
	}
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			w, dst := g.NewWork(), make([]complex128, g.Len())
			for range 20 {
				if err := Fill(g, w, mu, 0, g.Len()-k, dst); err != nil || !slices.Equal(dst[:g.Len()-k], want[:g.Len()-k]) {
					t.Errorf("%v, or other values", err)
				}
			}
		})
	}
	wg.Wait()
}

// TestGridLong has expressions that are too long or too wide for programs, and
// some that are just not.
func TestGridLong(t *testing.T) {
	var wide strings.Builder // many values that are needed at a time
	for k := range 60 {
		fmt.Fprintf(&wide, "(sin(a*x+%d)+(", k)
	}
	wide.WriteString("x" + strings.Repeat("))", 60))
	points := [][]float64{{0.5, 2, 0.25}, {1, -1, 0.5}}
	for _, src := range []string{
		strings.Repeat("x+", 30000) + "a", strings.Repeat("a*x^1000+", 1500) + "1",
		wide.String(), strings.Repeat("x>1?sin(a*x):", 150) + "log(x)", "x" + strings.Repeat("*x", 2000), strings.Repeat("sin(", 190) + "x*a" + strings.Repeat(")", 190),
		strings.Repeat("(x+a)^2*", 900) + "0", "x>0" + strings.Repeat("&&log(x+3)>a", 500) + "?1:2",
	} {
		checkGrid[complex128](t, src, [][]float64{{0.5, 0.25}, {1, 2}}, points, 0, 3)
	}
}

// FuzzGrid compares arbitrary expressions on a few points with Eval.
func FuzzGrid(f *testing.F) {
	for _, src := range append(smooth, "1/(x-a)", "log(x*1i)", "x>0&&1/x<b?sqrt(x):-x", "(0i)^x", "tanh(exp(x*1000))", "im(1e308*x*(10+1i))", "1/0") {
		f.Add(src, 0.5, -2.0, 0.25)
	}
	f.Fuzz(func(t *testing.T, src string, a, x, y float64) {
		if len(src) > 500 {
			return
		}
		if _, err := Parse(src, gridNames); err != nil {
			return
		}
		points := [][]float64{{x, y, 1, x, a}, {y, y, x, -x, 0.5}}
		rows := [][]float64{{a, 1}, {1, a}, {x, 0.25}}
		checkGrid[complex128](t, src, rows, points, 0, 5)
		checkGrid[float64](t, src, rows, points, 0, 5)
	})
}
