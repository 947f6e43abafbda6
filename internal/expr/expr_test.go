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

func TestParseErrors(t *testing.T) {
	cases := []struct {
		src    string
		column int
		msg    string
		hint   string
	}{
		{"", 1, "empty", "write 1"},
		{"  ", 3, "empty", ""},
		{"x +", 4, "ends where a number", ""},
		{"x y", 3, `"y" where an operator`, "products"},
		{"x (y)", 1, `unknown function "x"`, "products"},
		{"2 (x)", 3, "operator", "products"},
		{"2x", 1, `"x" directly behind the number 2`, "write 2*x"},
		{"2j", 1, "directly behind", "2i"},
		{"1d-3", 1, "directly behind", "1e-3"},
		{"1_000", 1, "directly behind", "without _"},
		{"0x10", 1, "directly behind", "decimal"},
		{"1.2.3", 4, "second point", ""},
		{"x + .", 5, "unexpected '.'", "digit"},
		{"1e999", 1, "too large", ""},
		{"(x", 3, "the ) of the ( in column 1", ""},
		{"x)", 2, `")" where an operator`, "no partner"},
		{"sin(x", 6, "the ) of sin in column 1", ""},
		{"sin()", 1, "sin has 1 argument, not 0", ""},
		{"sin(x,y)", 1, "sin has 1 argument, not 2", ""},
		{"atan2(x)", 1, "atan2 has 2 arguments, not 1", ""},
		{"pow(x,y,z)", 1, "pow has 2 arguments, not 3", ""},
		{"max(x)", 1, "max has at least 2 arguments, not 1", ""},
		{"max(x,)", 7, "where a number", ""},
		{"sin x", 1, `unknown name "sin"`, "parentheses"},
		{"0,5*x", 2, `"," where an operator`, "point"},
		{"ä*x", 1, `unknown name "ä"`, "the names are x, y, z"},
		{"mü*mu2", 4, `unknown name "mu2"`, "the names are x, y, z, mü"},
		{"2*PI", 3, `unknown name "PI"`, "did you mean pi?"},
		{"2*π", 3, `unknown name "π"`, "pi"},
		{"x*i", 3, `unknown name "i"`, "1i"},
		{"ln(x)", 1, `unknown function "ln"`, "log"},
		{"x+sqtr(x)", 3, `unknown function "sqtr"`, "did you mean sqrt?"},
		{"`q`", 1, `unknown name "q"`, ""},
		{"`pi`", 1, `unknown name "pi"`, ""},
		{"`x", 1, "closing backquote", ""},
		{"``", 1, "no name between", ""},
		{"x = 1", 3, "unexpected '='", "=="},
		{"x & y", 3, "unexpected '&'", "&&"},
		{"x | y", 3, "unexpected '|'", "||"},
		{"x − y", 3, "unexpected '−'", "-"},
		{"x × y", 3, "unexpected '×'", "*"},
		{"x[0]", 2, "unexpected '['", "( and )"},
		{"x\xff", 2, "not UTF-8", "UTF-8"},
		{"x\"", 2, "unexpected", "backquotes"},
		{"x > 0", 1, "is a condition", "? 1 : 0"},
		{"(x > 0) * 2", 9, "* with a condition", "? 1 : 0"},
		{"-(x > 0)", 1, "- with a condition", ""},
		{"+(x > 0)", 1, "+ with a condition", ""},
		{"sin(x > 0)", 1, "sin with a condition", ""},
		{"max(x > 0, 1)", 1, "max with a condition", ""},
		{"(x>0) == (y>0) ? 1 : 0", 7, "== with a condition", ""},
		{"x ? 1 : 0", 3, "? after a real number", "x != 0"},
		{"1i ? 1 : 0", 4, "? after a complex number", ""},
		{"x > 0 ? 1", 10, "the : of the ? in column 7", ""},
		{"x > 0 ? 1 : y > 0", 11, "one branch of ?: is a real number and the other is a condition", ""},
		{"x && y > 0 ? 1 : 0", 3, "&& with a real number", "x != 0"},
		{"x > 0 || 1 ? 1 : 0", 7, "|| with a real number", ""},
		{"!x ? 1 : 0", 1, "! before a real number", "!(x > 0)"},
		{"!x > 0 ? 1 : 0", 1, "! before a real number", "!(x > 0)"},
		{"0 < x < 1 ? 1 : 0", 7, "compared again", "0 < x && x < 1"},
		{"x < 1i ? 1 : 0", 3, "< with a complex number", "re, im or abs"},
		{"max(x, 1i)", 1, "max with a complex number", "re, im or abs"},
		{"hypot(1i, x)", 1, "hypot with a complex number", ""},
		{"atan2(1i, x)", 1, "atan2 with a complex number", ""},
		{"mü + )", 6, `")" where a number`, ""},
		{strings.Repeat("(", 1000), 202, "nested too deeply", ""},
		{strings.Repeat("-", 1000) + "x", 202, "nested too deeply", ""},
		{strings.Repeat("x^", 1000) + "x", 257, "nested too deeply", ""},
		{strings.Repeat("x>0?x:", 1000) + "x", 1205, "nested too deeply", ""},
		{strings.Repeat("sin(", 1000), 805, "nested too deeply", ""},
		{strings.Repeat("x+(", 150) + "x" + strings.Repeat(")", 150), 385, "nested too deeply", "simpler operand"},
		{strings.Repeat("x+", 1<<15) + "x", 1, "65537 characters, more than 65536", ""},
	}
	for _, c := range cases {
		_, err := Parse(c.src, names)
		var e *Error
		if !errors.As(err, &e) || e.Column != c.column || !strings.Contains(e.Msg, c.msg) || !strings.Contains(e.Hint, c.hint) || e.Src != c.src {
			t.Errorf("%.60q: %+v\nwant column %d, %q, %q", c.src, err, c.column, c.msg, c.hint)
		}
	}
	_, err := Parse("mü*(x+", names)
	if want := `"mü*(x+", column 7: the expression ends where a number, a name or a parenthesis was expected`; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestLongChains(t *testing.T) {
	for _, c := range []struct {
		src  string
		want complex128
	}{
		{strings.Repeat("1+", 30000) + "1", 30001},
		{"1" + strings.Repeat("*1", 30000), 1},
		{"max(0" + strings.Repeat(",1", 30000) + ")", 1},
		{strings.Repeat("2>1&&", 13000) + "2>1?1:0", 1},
		{strings.Repeat("(", 199) + "x" + strings.Repeat(")", 199), 0.5},
		{strings.Repeat("x>1?x:", 199) + "x", 0.5},
	} {
		if v, err := parsed(t, c.src, names...).Eval(point); err != nil || v != c.want {
			t.Errorf("%.20s...: %v %v", c.src, v, err)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	cases := []struct {
		src    string
		column int
		msg    string
	}{
		{"1/(x-x)", 2, "division by zero in 1 / 0"},
		{"1i/(x-x)", 3, "division by zero in (0+1i) / (0+0i)"},
		{"2*mü+sqrt(y)", 6, "sqrt(-2): the square root of a negative"},
		{"log(y)", 1, "log(-2): the logarithm of a negative"},
		{"log(0)", 1, "zero has no logarithm"},
		{"log10(y)", 1, "log10(-2)"},
		{"log10(0i)", 1, "zero has no logarithm"},
		{"log(0i)", 1, "zero has no logarithm"},
		{"asin(y)", 1, "not between -1 and 1"},
		{"acos(z)", 1, "not between -1 and 1"},
		{"0^-1", 2, "zero to a power that is not positive"},
		{"0^y", 2, "zero to a power"},
		{"(0i)^(1i)", 5, "zero to a power"},
		{"(0i)^-2", 5, "zero to a power"},
		{"y^0.5", 2, "-2 ^ 0.5: a negative real number to a power that is no integer"},
		{"pow(y,x)", 1, "a negative real number to a power"},
		{"exp(1000)", 1, "exp(1000) is too large"},
		{"exp(1000+0i)", 1, "too large"},
		{"1e308*10", 6, "1e+308 * 10 is too large"},
		{"1e308+1e308", 6, "too large"},
		{"-1e308-1e308", 7, "too large"},
		{"10^400", 3, "too large"},
		{"(1e200+0i)*1e200", 11, "too large"},
		{"hypot(1e308*1.5,1e308*1.5)", 1, "too large"},
		{"sinh(1000)", 1, "too large"},
		{"atan(1i)", 1, "too large"},
		{"1e-320/1e-320/1e-320/1e-320*0", 14, "too large"},
	}
	for _, c := range cases {
		e := parsed(t, c.src, names...)
		var f *EvalError
		if v, err := e.Eval(point); !errors.As(err, &f) || f.Column != c.column || !strings.Contains(f.Msg, c.msg) || v != 0 || f.Src != c.src {
			t.Errorf("%s: %v %v, want column %d, %q", c.src, v, err, c.column, c.msg)
		}
		if _, _, err := e.Derivative(point, 0); !errors.As(err, &f) || f.Column != c.column {
			t.Errorf("%s: %v", c.src, err)
		}
	}
	e := parsed(t, "x+mü*1i", names...)
	for msg, x := range map[string][]float64{
		"3 values for 4 names":   {1, 2, 3},
		"variable 1 is NaN":      {math.NaN(), 1, 1, 1},
		"variable 4 is +Inf":     {1, math.NaN(), 1, math.Inf(1)},
		"0 values for 4 names":   nil,
		"the value (0.5+1.25i) ": point,
	} {
		if _, err := e.EvalReal(x); err == nil || !strings.Contains(err.Error(), msg) {
			t.Errorf("%v, want %q", err, msg)
		}
	}
	for _, j := range []int{-1, 4} {
		if _, _, err := e.Derivative(point, j); err == nil || !strings.Contains(err.Error(), "there is no variable") {
			t.Error(err)
		}
	}
	if v, err := parsed(t, "x*1i*1i", "x").EvalReal([]float64{2}); err != nil || v != -2 {
		t.Error(v, err)
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
