package report

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNumberIsAlwaysJSON(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if b, err := json.Marshal(Number(x)); err != nil || string(b) != "null" {
			t.Errorf("%v: %s, %v", x, b, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64().Draw(t, "x")
		b, err := json.Marshal(Number(x))
		if err != nil {
			t.Fatal(err)
		}
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return
		}
		if y, err := strconv.ParseFloat(string(b), 64); err != nil || y != x {
			t.Fatalf("%v became %s", x, b)
		}
	})
}

func TestObjectsKeepTheirOrder(t *testing.T) {
	v := struct {
		Mu    Object `json:"mu,omitempty"`
		Texts Texts  `json:"texts,omitempty"`
	}{Point([]string{"z", "a<b"}, []float64{1, math.NaN()}), Labels([]string{"id", "a"}, []string{"x\"y", ""})}
	var b strings.Builder
	if err := JSON(&b, v); err != nil {
		t.Fatal(err)
	}
	flat := strings.NewReplacer("\n", "", " ", "").Replace(b.String())
	if want := `{"mu":{"z":1,"a\u003cb":null},"texts":{"id":"x\"y","a":""}}`; flat != want && flat != strings.ReplaceAll(want, `\u003c`, "<") {
		t.Errorf("%s, want %s", flat, want)
	}
	var back map[string]any
	if err := json.Unmarshal([]byte(b.String()), &back); err != nil {
		t.Error(err)
	}
	if s := v.Mu.String(); s != "z=1,a<b=NaN" {
		t.Errorf("String: %s", s)
	}
	if Point([]string{"k"}, nil) != nil || Labels(nil, nil) != nil {
		t.Error("an absent point is not nil")
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, []string{"mu", "error"}, [][]string{{"k=1", "1.0e-03"}, {"k=10.5", "-"}}); err != nil {
		t.Fatal(err)
	}
	if want := "mu      error\nk=1     1.0e-03\nk=10.5  -\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	if err := Table(broken{}, nil, [][]string{{"a"}}); err == nil {
		t.Error("a write error is lost")
	}
	if err := JSON(broken{}, 1); err == nil {
		t.Error("a write error is lost")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestErrorAndBytes(t *testing.T) {
	for x, want := range map[float64]string{0: "0.0e+00", 1.26e-5: "1.3e-05", math.Inf(1): "+Inf"} {
		if got := Error(x); got != want {
			t.Errorf("Error(%v) = %s, want %s", x, got, want)
		}
	}
	if got := Error(math.NaN()); got != "-" {
		t.Errorf("Error(NaN) = %s", got)
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 5 << 30: "5.0 GiB", math.MaxInt64: "8.0 EiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %s, want %s", n, got, want)
		}
	}
}
