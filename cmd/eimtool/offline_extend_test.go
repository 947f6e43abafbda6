package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A bundle that was extended, twice, has the bytes of one that was made of all
// files, whatever it is prepared for.
func TestExtendFamilies(t *testing.T) {
	for _, c := range []struct {
		family string
		flags  []string
	}{
		{"helmholtz2d", nil}, // complex symmetric
		{"convdiff-pattern", []string{"--select", "eim", "--max-terms", "6"}}, // its pattern changes
		{"elasticity-geo", []string{"--keep-table", "--no-hold-out"}},
		{"thermal-block", []string{"--rhs", filepath.Join(families, "thermal-block", "rhs.mtx")}},
		{"thermal-model", []string{"--logdet", "--max-terms", "3"}},
		{"bem-sphere", []string{"--basis", "pod", "--max-terms", "5"}}, // dense
	} {
		t.Run(c.family, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			samples := 12
			if *long {
				samples = 40
			}
			header, rows := familyRows(t, c.family, samples)
			table := func(name string, from, to int) string {
				path := filepath.Join(dir, name+".csv")
				text := header + "\n" + strings.Join(rows[from:to], "\n") + "\n"
				if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
				return path
			}
			half, most := len(rows)/2, len(rows)-2
			all, old := filepath.Join(dir, "all.npz"), filepath.Join(dir, "old.npz")
			offline(t, append([]string{table("all", 0, len(rows)), "-o", all}, c.flags...)...)
			offline(t, append([]string{table("old", 0, half), "-o", old}, c.flags...)...)
			offline(t, table("more", half, most), "--extend", old, "-o", old)
			offline(t, table("last", most, len(rows)), "--extend", old, "-o", old)
			if !bytes.Equal(readFile(t, all), readFile(t, old)) {
				t.Error("the extended bundle differs from that of all files")
			}
		})
	}
}

// offline makes a bundle; a tolerance is not asked for, so that it must succeed.
func offline(t *testing.T, args ...string) {
	t.Helper()
	if code, _, stderr := tool(t, append([]string{"offline", "-q"}, args...)...); code != 0 {
		t.Fatalf("offline %v: exit %d\n%s", args, code, stderr)
	}
}

// familyRows returns the header and up to n rows of the table of a family,
// evenly spread, with absolute paths.
func familyRows(t *testing.T, family string, n int) (header string, rows []string) {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(families, family))
	if err != nil {
		t.Fatal(err)
	}
	text := string(readFile(t, filepath.Join(dir, "samples.csv")))
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "snap/", filepath.Join(dir, "snap")+"/")), "\n")
	all := lines[1:]
	n = min(n, len(all))
	for i := range n {
		rows = append(rows, all[i*(len(all)-1)/(n-1)])
	}
	return lines[0], rows
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
