package mtx

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
)

// padded returns text with the padding that the fast readers need.
func padded(text string) []byte { return append([]byte(text), make([]byte, padding)...) }

// realOf reads text as the parser would: fast path, then careful path.
func realOf(text string) (float64, bool) {
	if v, next, _ := parseReal(padded(text), 0); next == len(text) {
		return v, true
	}
	v, _, msg := number([]byte(text))
	return v, msg == ""
}

func checkReal(t *testing.T, text string) {
	t.Helper()
	want, err := strconv.ParseFloat(text, 64)
	got, ok := realOf(text)
	if err != nil {
		if ok {
			t.Errorf("%q read as %x, strconv: %v", text, got, err)
		}
		return
	}
	if !ok || math.Float64bits(got) != math.Float64bits(want) {
		t.Errorf("%q read as %x (%v), want %x", text, got, ok, want)
	}
}

func TestPowersOfFive(t *testing.T) {
	one := big.NewInt(1)
	for q := minPower; q <= maxPower; q++ {
		abs := q
		if q < 0 {
			abs = -q
		}
		p := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(abs)), nil)
		switch { // 2^b / 5^-q with 128 bits
		case q < -27:
			p.Quo(new(big.Int).Lsh(one, uint(p.BitLen()+200)), p)
		case q < 0:
			p.Add(p.Quo(new(big.Int).Lsh(one, uint(p.BitLen()+127)), p), one)
		}
		if n := p.BitLen(); n > 128 {
			p.Rsh(p, uint(n-128))
		} else {
			p.Lsh(p, uint(128-n))
		}
		hi, lo := new(big.Int).Rsh(p, 64).Uint64(), new(big.Int).And(p, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
		k := 2 * (q - minPower)
		if powersOfFive[k] != hi || powersOfFive[k+1] != lo {
			t.Errorf("5^%d = %016x %016x, want %016x %016x", q, powersOfFive[k], powersOfFive[k+1], hi, lo)
		}
	}
}

func TestNumberRandomBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200000 {
		v := math.Float64frombits(rng.Uint64())
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		for _, f := range []string{
			strconv.FormatFloat(v, 'g', -1, 64), strconv.FormatFloat(v, 'e', 16, 64),
			strconv.FormatFloat(v, 'e', rng.IntN(25), 64),
		} {
			checkReal(t, f)
		}
	}
}

func TestNumberRandomDecimals(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200000 {
		w := rng.Uint64() >> rng.IntN(64)
		checkReal(t, fmt.Sprintf("%de%d", w, rng.IntN(700)-360))
		v := rng.NormFloat64() * math.Pow(10, float64(rng.IntN(12)-6))
		checkReal(t, fmt.Sprintf("%.*f", rng.IntN(22), v))
		checkReal(t, fmt.Sprintf("%.17g", v))
	}
}

// TestNumberHalfway prints the exact midpoint of two neighbouring numbers, and
// that midpoint with one more digit.
func TestNumberHalfway(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		a := math.Float64frombits(rng.Uint64() & math.MaxInt64)
		if math.IsNaN(a) || math.IsInf(a, 0) || a == math.MaxFloat64 {
			continue
		}
		mid := new(big.Float).SetPrec(2000).SetFloat64(a)
		mid.Add(mid, new(big.Float).SetFloat64(math.Nextafter(a, math.Inf(1))))
		mid.Quo(mid, big.NewFloat(2))
		text := mid.Text('e', 800)
		checkReal(t, text)
		checkReal(t, text[:20]+text[len(text)-5:])
	}
}
