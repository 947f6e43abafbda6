package main

import (
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"eimtool/internal/bundle"
)

// TestFlagTable compares the table of flags × commands in docs/commands.md with
// the command tree.
func TestFlagTable(t *testing.T) {
	a := &app{}
	root := a.rootCommand()
	want := map[string]bool{}
	for _, c := range root.Commands() {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		each := func(f *pflag.Flag) {
			if f.Name != "help" {
				want[c.Name()+" --"+f.Name] = true
			}
		}
		c.LocalNonPersistentFlags().VisitAll(each)
		root.PersistentFlags().VisitAll(each)
	}
	for _, missing := range difference(want, documentedFlags(t, root)) {
		t.Errorf("docs/commands.md: %s", missing)
	}
}

// documentedFlags reads the flag table: "command --flag" for every cross.
func documentedFlags(t *testing.T, root *cobra.Command) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	var columns []string
	row := regexp.MustCompile("^\\| (?:flag|`--([a-z-]+)`) \\|(.*)\\|$")
	for _, line := range strings.Split(string(text), "\n") {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		cells := strings.Split(m[2], "|")
		if m[1] == "" {
			columns = nil
			for _, c := range cells {
				columns = append(columns, strings.TrimSpace(c))
			}
			continue
		}
		for i, c := range cells {
			if strings.TrimSpace(c) == "x" {
				got[columns[i]+" --"+m[1]] = true
			}
		}
	}
	if len(got) == 0 {
		t.Fatalf("no flag table found for %s", root.Name())
	}
	return got
}

func difference(want, got map[string]bool) []string {
	var out []string
	for k := range want {
		if !got[k] {
			out = append(out, k+" is not in the table")
		}
	}
	for k := range got {
		if !want[k] {
			out = append(out, k+" is in the table but no flag")
		}
	}
	sort.Strings(out)
	return out
}

// TestMembersAreDocumented checks that every array of a bundle says what it is.
func TestMembersAreDocumented(t *testing.T) {
	for _, args := range [][]string{
		{"helmholtz2d", "--select", "eim", "--max-terms", "4"},
		{"thermal-block", "--basis", "pod"},
		{"singular-near"},
	} {
		path := filepath.Join(t.TempDir(), "m.npz")
		var res struct{}
		mustRun(t, &res, append([]string{"offline", filepath.Join(families, args[0], "samples.csv"), "-o", path}, args[1:]...)...)
		checkDocumented(t, path)
	}
	plan, path := filepath.Join(t.TempDir(), "plan.csv"), filepath.Join(t.TempDir(), "m.npz")
	dir := filepath.Join(families, "known-function")
	var res struct{}
	mustRun(t, &res, "plan", filepath.Join(dir, "samples.csv"), "--function", knownFunction, "--at-points", filepath.Join(dir, "points.csv"), "--max-terms", "4", "-o", plan)
	mustRun(t, &res, "offline", filepath.Join(dir, "samples.csv"), "--plan", plan, "-o", path)
	checkDocumented(t, path)
}

func checkDocumented(t *testing.T, path string) {
	t.Helper()
	r, err := bundle.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Members() {
		if m.Documented == "" && strings.HasSuffix(m.Name, ".npy") && !strings.HasPrefix(m.Name, "block_crc32c") {
			t.Errorf("%s is not documented", m.Name)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
