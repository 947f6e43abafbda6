package expr

import (
	"fmt"
	"math"
	"math/big"
	"math/cmplx"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPolynomials compares value and derivative of random polynomials with
// exact rational arithmetic.
func TestPolynomials(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SliceOfN(rapid.IntRange(-50, 50), 1, 8).Draw(t, "coefficients")
		x := float64(rapid.IntRange(-64, 64).Draw(t, "64x")) / 64
		terms := make([]string, len(c))
		value, slope := new(big.Rat), new(big.Rat)
		scale := 0.0
		for k, a := range c {
			terms[k] = fmt.Sprintf("(%d)*x^%d", a, k)
			power := rational(x, k)
			value.Add(value, power.Mul(power, big.NewRat(int64(a), 1)))
			if k > 0 {
				power = rational(x, k-1)
				slope.Add(slope, power.Mul(power, big.NewRat(int64(a*k), 1)))
			}
			scale += math.Abs(float64(a * max(1, k)))
		}
		horner := ""
		for k := len(c) - 1; k >= 0; k-- {
			horner = fmt.Sprintf("(%d + x*(0%s))", c[k], horner)
			if k > 0 {
				horner = "+" + horner
			}
		}
		for _, src := range []string{strings.Join(terms, "+"), horner, "(0i+" + strings.Join(terms, ")+(0i+") + ")"} {
			v, d, err := parsed(t, src, "x").Derivative([]float64{x}, 0)
			if err != nil {
				t.Fatal(err)
			}
			wantV, _ := value.Float64()
			wantD, _ := slope.Float64()
			// The numbers are dyadic: 8 + 6·8 bits are exact, only more can round.
			if cmplx.Abs(v-complex(wantV, 0)) > 1e-15*scale || cmplx.Abs(d-complex(wantD, 0)) > 1e-15*scale {
				t.Errorf("%s at %v: %v and %v, want %v and %v", src, x, v, d, wantV, wantD)
			}
		}
	})
}

func rational(x float64, n int) *big.Rat {
	r, f := big.NewRat(1, 1), new(big.Rat).SetFloat64(x)
	for range n {
		r.Mul(r, f)
	}
	return r
}

// TestIdentities compares pairs of expressions that are equal, and their
// derivatives, for F = x + iy and G = z - ix/2.
func TestIdentities(t *testing.T) {
	identities := []string{
		"F + G = G + F", "F*G = G*F", "F - G = -(G - F)", "F^2 = F*F", "F^-1*2 = 2/F", "(F + G)*2 = 2*F + 2*G", "F/G*G = F",
		"conj(conj(F)) = F", "conj(F*G) = conj(F)*conj(G)", "re(F) + 1i*im(F) = F", "abs(F)^2 = re(F)^2 + im(F)^2", "re(F*conj(F)) = abs(F)^2",
		"max(x, y) = -min(-x, -y)", "max(x, y) + min(x, y) = x + y", "abs(x) = max(x, -x)", "x > y ? x : y = max(x, y)",
		"sin(F)^2 + cos(F)^2 = 1 + 0*F", "exp(F)*exp(G) = exp(F + G)", "log(exp(F)) = F", "sqrt(F)^2 = F", "tan(F) = sin(F)/cos(F)",
		"exp(F) = cosh(F) + sinh(F)", "tanh(F) = sinh(F)/cosh(F)", "sin(asin(F)) = F", "cos(acos(F)) = F", "tan(atan(F)) = F",
		"sin(asin(x/2)) = x/2", "cos(acos(x/2)) = x/2", "tan(atan(x)) = x", "sinh(x)/cosh(x) = tanh(x)", "sin(x)/cos(x) = tan(x)",
		"hypot(x, y) = abs(F)", "atan2(y, x) = arg(F)", "cosh(x) = cos(1i*x)", "tanh(F) = -1i*tan(1i*F)", "pow(F, 3) = F^2*F",
		"F^G = exp(G*log(F))", "abs(F)^z = exp(z*log(abs(F)))", "log10(F)*log(10) = log(F)", "abs(F)*exp(1i*arg(F)) = F", "F**0.5 = sqrt(F)",
	}
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float64Range(0.05, 1.5)
		x := []float64{number.Draw(t, "x"), number.Draw(t, "y"), number.Draw(t, "z")}
		for k := range x {
			if rapid.Bool().Draw(t, "negative") {
				x[k] = -x[k]
			}
		}
		identity := rapid.SampledFrom(identities).Draw(t, "identity")
		left, right, _ := strings.Cut(strings.NewReplacer("F", "(x+1i*y)", "G", "(z-0.5i*x)").Replace(identity), " = ")
		a, b := parsed(t, left, "x", "y", "z"), parsed(t, right, "x", "y", "z")
		for j := range x {
			va, da, errA := a.Derivative(x, j)
			vb, db, errB := b.Derivative(x, j)
			if errA != nil || errB != nil {
				t.Fatalf("%s: %v, %v", identity, errA, errB)
			}
			size := 1 + cmplx.Abs(va) + cmplx.Abs(da)
			if cmplx.Abs(va-vb) > 1e-12*size || cmplx.Abs(da-db) > 1e-12*size {
				t.Errorf("%s at %v: %v and %v, derivatives %v and %v", identity, x, va, vb, da, db)
			}
		}
	})
}
