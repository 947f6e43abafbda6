package main

import (
	"os"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
