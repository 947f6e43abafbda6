package dense

import (
	"bytes"
	"encoding/gob"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Factors are plain data: what was written and read again solves to the same
// bits.
func TestFactorsArePlainData(t *testing.T) {
	rows := random[complex128](60, 4, 9)
	copy(rows.Row(3), rows.Row(1)) // dependent: the complete factorisation
	fit, lu := NewRowFit(rows), LUFactor[complex128]{}
	var fitRead RowFit[complex128]
	roundTrip(t, fit, &fitRead)
	k := random[complex128](61, 1, 9).Data
	want, wantRes := fit.Fit(k)
	got, gotRes := fitRead.Fit(k)
	if d := cmp.Diff(want, got); d != "" || wantRes != gotRes {
		t.Errorf("fit differs after gob: %s", d)
	}
	f, err := LU(random[complex128](62, 5, 5))
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, f, &lu)
	if d := cmp.Diff(f.Solve(k[:5]), lu.Solve(k[:5])); d != "" || f.Condition() != lu.Condition() {
		t.Errorf("LU differs after gob: %s", d)
	}
}

func roundTrip(t *testing.T, from, to any) {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(from); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(&b).Decode(to); err != nil {
		t.Fatal(err)
	}
}
