package family

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReference(t *testing.T) {
	real := mm("coordinate real symmetric", "2 2 2", "1 1 2", "2 1 4")
	tab := table(t, real, real)
	f, err := Load(t.Context(), tab, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Duplicates) != 0 {
		t.Error("different parameters are no duplicates")
	}
	// 1e-15 off symmetric is rounding; (2,2) is outside the pattern of the family.
	tests := table(t,
		mm("coordinate real general", "2 2 4", "1 1 2", "1 2 4.000000000000001", "2 1 4", "2 2 -3"),
		mm("coordinate complex symmetric", "2 2 2", "1 1 2 0", "2 2 0 0"),
		mm("array real general", "2 2", "1", "2", "2", "0"))
	g, err := Load(t.Context(), tests, LoadOptions{Reference: f})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]float64{{2, 4}, {2, 0}, {1, 2}}, g.Real); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Outside{{Count: 1, MaxAbs: 3, Frobenius: 3}, {}, {}}, g.Outside); d != "" {
		t.Error(d)
	}
	if len(g.Warnings) != 1 || !strings.Contains(g.Warnings[0], `1 file of 3`) || !strings.Contains(g.Warnings[0], `"s0.mtx"`) {
		t.Errorf("%q", g.Warnings)
	}
	for text, msg := range map[string]string{
		mm("coordinate real general", "2 2 1", "2 1 4"):        `"s0.mtx" (k=0) is not symmetric, as the family is: entry (2, 1) is 4 and (1, 2) is 0`,
		mm("coordinate real general", "2 2 1", "1 2 4"):        "is not symmetric",
		mm("coordinate real skew-symmetric", "2 2 1", "2 1 4"): "is not symmetric",
		mm("coordinate complex symmetric", "2 2 1", "2 1 4 1"): "is complex, but the family is real",
		mm("coordinate real general", "1 2 1", "1 1 4"):        "is 1 x 2, but the family is 2 x 2",
	} {
		var e *TableError
		if _, err := Load(t.Context(), table(t, text), LoadOptions{Reference: f}); !errors.As(err, &e) || e.Line != 2 || !strings.Contains(e.Msg, msg) {
			t.Errorf("%v, want %q", err, msg)
		}
	}
}

func TestDuplicates(t *testing.T) {
	at := func(k, v string) string {
		return "k=" + k + ":" + mm("coordinate real symmetric", "2 2 2", "1 1 "+v, "2 1 2")
	}
	f, err := Load(t.Context(), table(t, at("1", "1"), at("2", "1"), at("1.0", "1"), at("2e0", "4"), at("1", "4")), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// ‖A‖² = 1 + 2·2² = 9, the difference is 3.
	want := []Duplicate{{0, 2, 0}, {1, 3, 1}, {0, 4, 1}}
	if d := cmp.Diff(want, f.Duplicates); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{
		"s.csv:4: same parameter k=1 as s.csv:2: the matrices are identical",
		"s.csv:5: same parameter k=2 as s.csv:3: the matrices differ by 1 of their Frobenius norm: the noise of the data",
		"s.csv:6: same parameter k=1 as s.csv:2: the matrices differ by 1 of their Frobenius norm: the noise of the data",
	}, f.Warnings); d != "" {
		t.Error(d)
	}
	many := make([]string, 9)
	for i := range many {
		many[i] = at("1", "1")
	}
	if f, err = Load(t.Context(), table(t, many...), LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if n := len(f.Warnings); len(f.Duplicates) != 8 || n != 6 || !strings.HasPrefix(f.Warnings[5], "3 more samples") {
		t.Errorf("%v %q", f.Duplicates, f.Warnings)
	}
}
