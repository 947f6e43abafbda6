package expr

import (
	"errors"
	"math"
	"slices"
	"testing"
	"unicode/utf8"
)

// FuzzParse parses arbitrary text and evaluates what is an expression: nothing
// panics, errors have a place, values are finite.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"", "1", "x", "-2^2", "2**3**2", "1e-3+.5*5.", "2.5i*conj(x-1i)", "exp(1.5*sin(25*x)+0.4*sin(111*y))", "x>0&&!(y<1)||x==y?1:x!=0?2:1i",
		"min(x,y,1)+max(x,2)+pow(x,y)", "atan2(y,x)*hypot(x,y)", "`a b`/pi^e", "log(x-2)", "sqrt(-1+0i)", "tanh(x*1000)", "(0i)^(1i*x)", "1e308*10",
		"asin(x)+acos(y+0i)", "((((x))))", "x>0?", "sin(", "2x", "1..2", "ä+π", "x−y", "`", "0x1p-3", "\xff", "-+!x", "1e999", "arg(x*0)",
	} {
		f.Add(src, 0.5, -2.0)
	}
	declared := []string{"x", "y", "a b", "ä"}
	f.Fuzz(func(t *testing.T, src string, x, y float64) {
		point := []float64{x, y, 1, math.Pi}
		e, err := Parse(src, declared)
		if err != nil {
			var bad *Error
			if !errors.As(err, &bad) || bad.Msg == "" || bad.Src != src || bad.Column < 1 || bad.Column > utf8.RuneCountInString(src)+1 {
				t.Fatalf("%q: %+v", src, err)
			}
			return
		}
		if len(e.code) > len(src) || e.depth > maxStack {
			t.Fatalf("%q: %d instructions, depth %d", src, len(e.code), e.depth)
		}
		again, err := Parse(e.String(), declared)
		if err != nil || again.Complex() != e.Complex() || !slices.Equal(again.Variables(), e.Variables()) || len(again.code) != len(e.code) {
			t.Fatalf("%q is something else the second time: %v", src, err)
		}
		if found, err := Names(src); err != nil || !subset(found, declared) {
			t.Fatalf("%q: names %q %v", src, found, err)
		}
		value, err := e.Eval(point)
		checkResult(t, src, value, err)
		for j := range point {
			v, d, err2 := e.Derivative(point, j)
			checkResult(t, src, d, err2)
			if err2 == nil && (v != value || err != nil) {
				t.Fatalf("%q: value %v (%v) alone and %v with the derivative", src, value, err, v)
			}
			if err2 == nil && !slices.Contains(e.Variables(), j) && d != 0 {
				t.Fatalf("%q does not depend on %s, and its derivative is %v", src, declared[j], d)
			}
			if !e.Complex() && (imag(v) != 0 || imag(d) != 0) {
				t.Fatalf("%q is real, and is %v with derivative %v", src, v, d)
			}
		}
	})
}

// subset reports whether all of a are in b.
func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// checkResult makes sure of a finite value or an error with its place.
func checkResult(t *testing.T, src string, v complex128, err error) {
	t.Helper()
	var bad *EvalError
	switch {
	case err == nil && finite(real(v)) && finite(imag(v)):
	case err != nil && v == 0 && errors.As(err, &bad) && bad.Msg != "" && bad.Column <= utf8.RuneCountInString(src):
	default:
		t.Fatalf("%q: %v, %v", src, v, err)
	}
}

var sinkValue complex128

func BenchmarkEval(b *testing.B) {
	for _, src := range []string{"alpha", "exp(1.5*sin(25*x)+0.4*sin(111*x))", "(1+x*1i)^2/(x^2+0.5)*exp(-1i*x)"} {
		e := parsed(b, src, "x", "alpha")
		point := []float64{0.3, 2}
		b.Run(src+"/value", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkValue, _ = e.Eval(point)
			}
		})
		b.Run(src+"/derivative", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, sinkValue, _ = e.Derivative(point, 0)
			}
		})
	}
}
