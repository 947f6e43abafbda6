package expr

import (
	"errors"
	"math"
	"strings"
	"testing"
)

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
		{strings.Repeat("x+", 1<<15) + "x", 1, "65537 bytes, more than 65536", ""},
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
