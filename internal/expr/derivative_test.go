package expr

import (
	"errors"
	"math"
	"math/cmplx"
	"strings"
	"testing"
)

// near reports whether a and b agree up to a few roundings.
func near(a, b complex128) bool { return cmplx.Abs(a-b) <= 8e-16*cmplx.Abs(b) }

// TestDerivatives compares derivatives by x with their closed forms.
func TestDerivatives(t *testing.T) {
	x, y, z := point[0], point[1], point[2]
	r := func(v float64) complex128 { return complex(v, 0) }
	w := complex(x, 1) // x + 1i
	cases := []struct {
		src  string
		want complex128
	}{
		{"x", 1},
		{"y", 0},
		{"7", 0},
		{"-x", -1},
		{"x+x", 2},
		{"x-y", 1},
		{"x*y", r(y)},
		{"x*x", r(2 * x)},
		{"y/x", r(-y / (x * x))},
		{"x/y", r(1 / y)},
		{"(x+1)/(x-1)", r(-2 / ((x - 1) * (x - 1)))},
		{"x^3", r(3 * x * x)},
		{"x^0", 0},
		{"x^1", 1},
		{"x^-1", r(-1 / (x * x))},
		{"x^0.5", r(0.5 / math.Sqrt(x))},
		{"2^x", r(math.Sqrt2 * math.Ln2)},
		{"x^x", r(math.Sqrt(x) * (math.Log(x) + 1))},
		{"y^3*x", -8},
		{"z^(x*2)", r(2 * z * math.Log(z))},
		{"(x-0.5)^2", 0},
		{"(x-0.5)^1", 1},
		{"(x-0.5)^0", 0},
		{"(x-0.5)^(x+0.5)", 1},
		{"0^x", 0},
		{"(x-1)^2", -1},
		{"(x-1)^-1", -4},
		{"exp(2*x)", r(2 * math.Exp(2*x))},
		{"log(x)", 2},
		{"log10(x)", r(1 / (x * math.Ln10))},
		{"sqrt(x)", r(0.5 / math.Sqrt(x))},
		{"sin(x)", r(math.Cos(x))},
		{"cos(x)", r(-math.Sin(x))},
		{"tan(x)", r(1 / (math.Cos(x) * math.Cos(x)))},
		{"asin(x)", r(1 / math.Sqrt(0.75))},
		{"acos(x)", r(-1 / math.Sqrt(0.75))},
		{"atan(x)", 0.8},
		{"sinh(x)", r(math.Cosh(x))},
		{"cosh(x)", r(math.Sinh(x))},
		{"tanh(x)", r(1 / (math.Cosh(x) * math.Cosh(x)))},
		{"tanh(x*2000)", 0},
		{"abs(x)", 1},
		{"abs(-x)", 1},
		{"abs(x-1)", -1},
		{"re(x)", 1},
		{"im(x)", 0},
		{"conj(x)", 1},
		{"arg(-x)", 0},
		{"min(x,y)", 0},
		{"max(x,y)", 1},
		{"min(x,x*x)", 1},
		{"max(y,z,x*x)", 0},
		{"atan2(x,y)", r(y / (x*x + y*y))},
		{"atan2(y,x)", r(-y / (x*x + y*y))},
		{"hypot(x,z)", r(x / math.Hypot(x, z))},
		{"x>0?x*x:y", 1},
		{"x<0?x*x:y", 0},
		{"exp(1.5*sin(25*x))", r(math.Exp(1.5*math.Sin(25*x)) * 37.5 * math.Cos(25*x))},
		// Kinks: the derivative from the right.
		{"abs(x-0.5)", 1},
		{"abs(0.5-x)", 1},
		{"min(x,0.5)", 0},
		{"min(0.5,x)", 0},
		{"max(x,0.5)", 1},
		{"max(0.5,x)", 1},
		{"min(x,1-x)", -1},
		{"max(x,1-x)", 1},
		{"hypot(x-0.5,0)", 1},
		{"hypot(3*(x-0.5),4*(x-0.5))", 5},
		{"abs((x-0.5)*(3+4i))", 5},
		{"hypot(y+2,z-3)", 0},
		{"abs(min(x,1-x)-0.5)", 1},
		{"x>=0.5?x:0.5", 1},
		{"x>0.5?x:0.5", 0},
		{"x==0.5?x^2:7", 1},
		// What does not depend on x has the derivative 0, whatever its slope is.
		{"sqrt(y+2)+x", 1},
		{"atan2(y+2,0)+x", 1},
		{"(y+2)^0.5+x", 1},
		{"acos(1)+x", 1},
		{"arg(0i*y)+x", 1},
		{"y^z*x", -8},
		{"(0i)^0.5*x", 0},
		// Complex values.
		{"1i*x", 1i},
		{"(x+1i)*(x-1i)", r(2 * x)},
		{"1/(x+1i)", -1 / (w * w)},
		{"(x+1i)^3", 3 * w * w},
		{"(x+1i)^0.5", 0.5 / cmplx.Sqrt(w)},
		{"(1i)^x", cmplx.Exp(complex(0, math.Pi/4)) * complex(0, math.Pi/2)},
		{"(-1+0i)^(2*x)", complex(0, -2*math.Pi)},
		{"(x-0.5+0i)^2", 0},
		{"(x-0.5+0i)^1", 1},
		{"(x-0.5)^(2+1i)", 0},
		{"exp(1i*x)", 1i * cmplx.Exp(complex(0, x))},
		{"log(x+1i)", 1 / w},
		{"log10(x+1i)", 1 / (w * math.Ln10)},
		{"sqrt(x+1i)", 0.5 / cmplx.Sqrt(w)},
		{"sin(x+1i)", cmplx.Cos(w)},
		{"cos(x+1i)", -cmplx.Sin(w)},
		{"tan(x+1i)", 1 / (cmplx.Cos(w) * cmplx.Cos(w))},
		{"asin(x+1i)", 1 / cmplx.Sqrt(1-w*w)},
		{"acos(x+1i)", -1 / cmplx.Sqrt(1-w*w)},
		{"atan(x+1i)", 1 / (1 + w*w)},
		{"sinh(x+1i)", cmplx.Cosh(w)},
		{"cosh(x+1i)", cmplx.Sinh(w)},
		{"tanh(x+1i)", 1 / (cmplx.Cosh(w) * cmplx.Cosh(w))},
		{"abs(x+1i)", r(x / math.Hypot(x, 1))},
		{"arg(x+1i)", r(-1 / (x*x + 1))},
		{"re((x+1i)^2)", r(2 * x)},
		{"im((x+1i)^2)", 2},
		{"conj((x+1i)^2)", 2 * cmplx.Conj(w)},
		{"x>0?1i*x:x", 1i},
		{"tan(x+25i)", 4 * cmplx.Exp(-50) * cmplx.Exp(complex(0, 2*x))},
		{"tan(x-25i)", 4 * cmplx.Exp(-50) * cmplx.Exp(complex(0, -2*x))},
		{"tanh(25+1i*x)", 1i * 4 * cmplx.Exp(-50) * cmplx.Exp(complex(0, -2*x))},
		// On the cuts of asin and acos: asin' = 1/sqrt(1-z²) with the sign of the side.
		{"asin(4*x+0i)", 4 / cmplx.Cos(cmplx.Asin(2))},
		{"asin(-4*x+0i)", -4 / cmplx.Cos(cmplx.Asin(-2))},
		{"acos(4*x+0i)", -4 / cmplx.Sin(cmplx.Acos(2))},
		{"acos(-4*x+0i)", 4 / cmplx.Sin(cmplx.Acos(-2))},
	}
	for _, c := range cases {
		e := parsed(t, c.src, names...)
		v, d, err := e.Derivative(point, 0)
		value, err2 := e.Eval(point)
		if err != nil || err2 != nil || v != value || !near(d, c.want) {
			t.Errorf("d/dx %s = %v (%v), want %v; value %v, alone %v (%v)", c.src, d, err, c.want, v, value, err2)
		}
	}
}

func TestDerivativeErrors(t *testing.T) {
	cases := []struct {
		src    string
		column int
		msg    string
	}{
		{"1+sqrt(x-0.5)", 3, "the derivative of sqrt(0) does not exist or is not finite"},
		{"sqrt((x-0.5)^2)", 1, "sqrt(0)"},
		{"sqrt(0i+x-0.5)", 1, "sqrt(0+0i)"},
		{"(x-0.5)^0.5", 8, "0 ^ 0.5"},
		{"(x-0.5+0i)^0.5", 11, "^"},
		{"(x-0.5)^(1+1i)", 8, "^"},
		{"y^(4*x)", 2, "the derivative of -2 ^ 2 by its exponent is not real"},
		{"0^(x-0.5)", 2, "0 ^ 0"},
		{"(x-0.5)^(x-0.5)", 8, "0 ^ 0"},
		{"asin(2*x)", 1, "asin(1)"},
		{"acos(-2*x)", 1, "acos(-1)"},
		{"asin(2*x+0i)", 1, "asin"},
		{"atan2(x-0.5,0)", 1, "atan2(0, 0)"},
		{"atan2(y+2,x-0.5)", 1, "atan2(0, 0)"},
		{"arg(x-0.5)", 1, "arg(0)"},
		{"arg(1i*(x-0.5))", 1, "arg(0+0i)"},
		{"1e200/((x-0.5)*1e200+1e-100)*0", 6, "the derivative of 1e+200 / 1e-100"},
		{"(1e200*x)*(1e300*x)", 10, "too large"},
		{"1/(x*2e-160)^2", 2, "too large"},
		{"log(x*2e-320)", 1, "the derivative of log("},
	}
	for _, c := range cases {
		_, d, err := parsed(t, c.src, names...).Derivative(point, 0)
		var e *EvalError
		if !errors.As(err, &e) || e.Column != c.column || !strings.Contains(e.Msg, c.msg) {
			t.Errorf("d/dx %s = %v, %v; want column %d, %q", c.src, d, err, c.column, c.msg)
		}
	}
}
