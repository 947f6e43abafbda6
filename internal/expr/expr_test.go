package expr

import (
	"errors"
	"math"
	"math/cmplx"
	"slices"
	"strings"
	"sync"
	"testing"
)

// names and point are the variables of most tests.
var (
	names = []string{"x", "y", "z", "mü"}
	point = []float64{0.5, -2, 3, 1.25}
)

func parsed(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, src string, names ...string,
) *Expr {
	t.Helper()
	e, err := Parse(src, names)
	if err != nil {
		t.Fatalf("%v (%s)", err, err.(*Error).Hint)
	}
	return e
}

func TestValues(t *testing.T) {
	x, y, z := point[0], point[1], point[2]
	cases := []struct {
		src     string
		want    complex128
		complex bool
	}{
		// Numbers.
		{"7", 7, false},
		{"2.5", 2.5, false},
		{".5", 0.5, false},
		{"5.", 5, false},
		{"1e3", 1000, false},
		{"1E-3", 0.001, false},
		{"2.5e+2", 250, false},
		{"1e-400", 0, false},
		{"0.1", 0.1, false},
		{"1i", 1i, true},
		{"2.5i", 2.5i, true},
		{"1e2i", 100i, true},
		{".5i", 0.5i, true},
		{"pi", math.Pi, false},
		{"e", math.E, false},
		{" ( x ) ", 0.5, false},
		{"mü", 1.25, false},
		{"`mü`*2", 2.5, false},
		// Precedence and grouping.
		{"-2^2", -4, false},
		{"(-2)^2", 4, false},
		{"2^-1", 0.5, false},
		{"2**3**2", 512, false},
		{"2^3^2", 512, false},
		{"-2**-2", -0.25, false},
		{"2^-2^2", 0.0625, false},
		{"1-2-3", -4, false},
		{"8/4/2", 1, false},
		{"1+2*3", 7, false},
		{"2*3^2", 18, false},
		{"--2", 2, false},
		{"-+-2", 2, false},
		{"2*-3", -6, false},
		{"2--3", 5, false},
		{"-x*y", 1, false},
		{"1/2*3", 1.5, false},
		{"x+y*z^2", complex(x+y*9, 0), false},
		// Conditions.
		{"1<2 ? 3 : 4", 3, false},
		{"2<=1 ? 3 : 4", 4, false},
		{"x>y?1:0", 1, false},
		{"x>=0.5?1:0", 1, false},
		{"x==0.5?1:0", 1, false},
		{"x!=0.5?1:0", 0, false},
		{"x<0?1:x<1?2:3", 2, false},
		{"x>0?y>0?1:2:3", 2, false},
		{"x>0&&y>0?1:0", 0, false},
		{"x>0||y>0?1:0", 1, false},
		{"!(x>0)?1:0", 0, false},
		{"x<0&&y<0||z>0?1:0", 1, false},
		{"x<0&&(y<0||z>0)?1:0", 0, false},
		{"!(x<0)&&!(y>0)?1:0", 1, false},
		{"(x>0?y>0:z>0)?1:2", 2, false},
		{"x+1>y*2?1:0", 1, false},
		{"!!(x>0)?1:2", 1, false},
		{"x>0||1/0>1?1:0", 1, false},
		{"x<0&&1/0>1?1:0", 0, false},
		{"x>0?1:1/0", 1, false},
		{"x<0?1/0:1", 1, false},
		{"x>0?1:1i", 1, true},
		{"x<0?1:1i", 1i, true},
		{"1+(x>0?2:3)*4", 9, false},
		// Real functions.
		{"exp(x)", complex(math.Exp(x), 0), false},
		{"log(z)", complex(math.Log(z), 0), false},
		{"log10(1000)", complex(math.Log10(1000), 0), false},
		{"sqrt(2)", math.Sqrt2, false},
		{"sin(x)", complex(math.Sin(x), 0), false},
		{"cos(x)", complex(math.Cos(x), 0), false},
		{"tan(x)", complex(math.Tan(x), 0), false},
		{"asin(x)", complex(math.Asin(x), 0), false},
		{"acos(x)", complex(math.Acos(x), 0), false},
		{"atan(y)", complex(math.Atan(y), 0), false},
		{"sinh(x)", complex(math.Sinh(x), 0), false},
		{"cosh(x)", complex(math.Cosh(x), 0), false},
		{"tanh(x)", complex(math.Tanh(x), 0), false},
		{"abs(y)", 2, false},
		{"re(y)", -2, false},
		{"im(y)", 0, false},
		{"conj(y)", -2, false},
		{"arg(y)", math.Pi, false},
		{"arg(x)", 0, false},
		{"pow(z,2)", 9, false},
		{"pow(2,-2)", 0.25, false},
		{"atan2(y,-x)", complex(math.Atan2(y, -x), 0), false},
		{"hypot(3,4)", 5, false},
		{"min(x,y)", -2, false},
		{"max(x,y,z)", 3, false},
		{"min(3,1,2,5)", 1, false},
		{"0^0", 1, false},
		{"x^0.5", complex(math.Sqrt(x), 0), false},
		{"y^3", -8, false},
		{"y^-2", 0.25, false},
		{"exp(-1e4)", 0, false},
		{"atan2(0,0)", 0, false},
		{"tanh(1000)", 1, false},
		{"exp(1.5*sin(25*x)+0.4*sin(111*x))", complex(math.Exp(1.5*math.Sin(25*x)+0.4*math.Sin(111*x)), 0), false},
		// Complex numbers.
		{"1i*1i", -1, true},
		{"(1i)^2", -1, true},
		{"(2i)**3", -8i, true},
		{"(1+2i)^-1", 1 / (1 + 2i), true},
		{"(1+1i)^0", 1, true},
		{"3-4i", 3 - 4i, true},
		{"(3+4i)/(1-2i)", -1 + 2i, true},
		{"-(1+2i)", -1 - 2i, true},
		{"x*1i+y", complex(y, x), true},
		{"abs(3+4i)", 5, false},
		{"re(3+4i)", 3, false},
		{"im(3+4i)", 4, false},
		{"conj(3+4i)", 3 - 4i, true},
		{"arg(1i)", math.Pi / 2, false},
		{"sqrt(-1+0i)", 1i, true},
		{"sqrt(-4+0i)", 2i, true},
		{"log(-1+0i)", complex(0, math.Pi), true},
		{"(1+2i)^1", 1 + 2i, true},
		{"exp(1i*x)", cmplx.Exp(complex(0, x)), true},
		{"sin(x+1i)", cmplx.Sin(complex(x, 1)), true},
		{"cos(x+1i)", cmplx.Cos(complex(x, 1)), true},
		{"tan(x+1i)", cmplx.Tan(complex(x, 1)), true},
		{"asin(2+0i)", cmplx.Asin(2), true},
		{"acos(2+0i)", cmplx.Acos(2), true},
		{"atan(2i)", cmplx.Atan(2i), true},
		{"sinh(x+1i)", cmplx.Sinh(complex(x, 1)), true},
		{"cosh(1i)", cmplx.Cosh(1i), true},
		{"log10(-10+0i)", cmplx.Log10(-10), true},
		{"(1+1i)^(2-1i)", cmplx.Pow(1+1i, 2-1i), true},
		{"2^(1i)", cmplx.Pow(2, 1i), true},
		{"(0i)^2", 0, true},
		{"(0i)^(1+1i)", 0, true},
		{"(0i)^0", 1, true},
		{"(0i)^0.5", 0, true},
		{"tan(400i)", 1i, true},
		{"tan(-400i)", -1i, true},
		{"tanh(400+0i)", 1, true},
		{"tanh(-400+0i)", -1, true},
		{"(-8+0i)^(1/3)", cmplx.Pow(-8, 1./3), true},
		{"(1i)^2000", cmplx.Pow(1i, 2000), true},
		{"(1e200+1e200i)^-2", 0, true},
	}
	for _, c := range cases {
		e := parsed(t, c.src, names...)
		v, err := e.Eval(point)
		if err != nil || v != c.want || e.Complex() != c.complex {
			t.Errorf("%s = %v, complex %v, error %v; want %v, complex %v", c.src, v, e.Complex(), err, c.want, c.complex)
		}
		if e.String() != c.src {
			t.Errorf("source %q of %q", e, c.src)
		}
		d, _, err := e.Derivative(point, 2)
		if err != nil || d != v {
			t.Errorf("%s: value %v beside the derivative (%v), %v alone", c.src, d, err, v)
		}
	}
}

// TestTangentsFarOut compares with values computed with 40 digits.
func TestTangentsFarOut(t *testing.T) {
	// tan(1+25i) - i = 2 sin 2 e^-50 - 2 cos 2 e^-50 i up to e^-100.
	for _, c := range []struct {
		src  string
		want complex128
	}{
		{"tan(1+25i)", complex(3.5076145474880307e-22, 1)},
		{"tanh(25+1i)", complex(1, 3.5076145474880307e-22)},
		{"tan(1-25i)", complex(3.5076145474880307e-22, -1)},
		{"tanh(-25+1i)", complex(-1, 3.5076145474880307e-22)},
	} {
		v, err := parsed(t, c.src).Eval(nil)
		if err != nil || math.Abs(real(v)/real(c.want)-1) > 1e-13 || math.Abs(imag(v)/imag(c.want)-1) > 1e-13 {
			t.Errorf("%s = %v %v, want %v", c.src, v, err, c.want)
		}
	}
}

func TestNamesHideConstants(t *testing.T) {
	for src, want := range map[string]complex128{
		"e*2": 6, "exp+1": 11, "exp(0)+exp": 11, "pi": math.Pi, "`exp`*2": 20, "`a b`+`k-1`": 12, "e^2": 9, "1e1": 10, "2*i": 14, "2i": 2i,
	} {
		e := parsed(t, src, "e", "exp", "a b", "k-1", "i", "e")
		if v, err := e.Eval([]float64{3, 10, 4, 8, 7, 99}); err != nil || v != want {
			t.Errorf("%s = %v (%v), want %v", src, v, err, want)
		}
	}
	if e := parsed(t, "z*x + (z>1?x:2)*0 + min(mü,1)", names...); !slices.Equal(e.Variables(), []int{0, 2, 3}) {
		t.Error(e.Variables())
	}
}

func TestNames(t *testing.T) {
	for src, want := range map[string]string{
		"b*a + b":                      "b a",
		"exp(k)*pi + e^(2i*sin(ω1_a))": "k ω1_a",
		"min(a,max(b,a))":              "a b",
		"`e`*`a b` + foo(c)":           "e a b c",
		"exp*2 + 1e3":                  "exp",
		"1":                            "",
		"":                             "",
		"a ( b":                        "b",
	} {
		got, err := Names(src)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %q %v, want %q", src, got, err, want)
		}
	}
	var e *Error
	if _, err := Names("a + 2x"); !errors.As(err, &e) || e.Column != 5 {
		t.Error(err)
	}
}

func TestNoAllocationsAndConcurrency(t *testing.T) {
	e := parsed(t, "x>0&&y<1 ? exp(1i*x)*sin(z)^2 + max(x,y,mü)/hypot(x,z) : 1i", names...)
	want, slope, err := e.Derivative(point, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(100, func() {
		_, err1 := e.Eval(point)
		_, _, err2 := e.Derivative(point, 0)
		if err1 != nil || err2 != nil {
			t.Error(err1, err2)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if v, d, err := e.Derivative(point, 0); v != want || d != slope || err != nil {
					t.Error(v, d, err)
				}
			}
		})
	}
	wg.Wait()
}
