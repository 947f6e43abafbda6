package internal_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rooms lists the packages under internal from the most basic one: each may
// import only those before it.
var rooms = []string{
	"scalar", "dense", "matrix", "mtx", "safefile", "memory", "expr", "eim", "plan", "family", "planfile", "partial",
	"solve/order", "solve/kernel", "solve/direct", "solve", "solve/krylov",
	"features", "coefficients", "lambda", "reduced",
	"logdet/measure", "logdet/bracket", "logdet/sampled", "logdet/lanczos", "surrogate", "bundle", "suggest", "answer",
	"probefile", "report", "gallery", "oracle",
}

func TestImportOrder(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	rank := map[string]int{}
	for i, r := range rooms {
		rank[r] = i
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.Fields(line)
		room, ok := strings.CutPrefix(words[0], "eimtool/internal/")
		if !ok {
			continue
		}
		own, known := rank[room]
		if !known {
			t.Errorf("package %s has no place in the order of rooms", room)
			continue
		}
		for _, imported := range words[1:] {
			if imported == "github.com/spf13/cobra" || strings.HasPrefix(imported, "eimtool/cmd") {
				t.Errorf("%s imports %s: only cmd may", room, imported)
			}
			other, ok := strings.CutPrefix(imported, "eimtool/internal/")
			if ok && rank[other] >= own {
				t.Errorf("%s imports %s, which comes later in the order of rooms", room, other)
			}
		}
	}
}

// forbidden are things that no package under internal does: printing, exiting,
// logging, start-up magic and reading the clock.
var forbidden = regexp.MustCompile(`\bfmt\.Print|\blog\.|\bos\.Exit|^func init\(|\btime\.Now\(`)

func TestInternalPackagesAreQuiet(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if code, _, _ := strings.Cut(line, "//"); forbidden.MatchString(code) {
				t.Errorf("%s:%d: %s", path, i+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
