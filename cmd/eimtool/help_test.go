package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// allCommands lists the root and the commands of the tool.
func allCommands() []*cobra.Command {
	root := (&app{out: &resultWriter{}}).rootCommand()
	return append([]*cobra.Command{root}, root.Commands()...)
}

func TestHelp(t *testing.T) {
	for _, c := range allCommands() {
		if !c.IsAvailableCommand() && c.HasParent() || c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		args := append(strings.Fields(c.CommandPath())[1:], "-h")
		code, out, errOut := tool(t, args...)
		if code != 0 || errOut != "" {
			t.Errorf("%v: exit %d, %s", args, code, errOut)
		}
		for _, want := range []string{"\nUsage:\n  eimtool", "\nExamples:\n  eimtool " + c.Name(), "\nExit status:\n", "--threads"} {
			if want = strings.ReplaceAll(want, "eimtool eimtool", "eimtool"); !strings.Contains(out, want) {
				t.Errorf("%v: help has no %q", args, want)
			}
		}
		if len(c.Short) > 50 {
			t.Errorf("%s: Short has %d characters", c.Name(), len(c.Short))
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s has no help", c.Name(), f.Name)
			}
			if !strings.Contains(out, "--"+f.Name) {
				t.Errorf("%s --%s is not in the help text", c.Name(), f.Name)
			}
		})
	}
}

// smallModel makes a folder with the files that the examples name: a family
// A(k) = diag(1 + k, 2k) with samples at 1..5, its bundle, points, values.
func smallModel(t *testing.T, dir string) string {
	t.Helper()
	matrix := func(k float64) string {
		return fmt.Sprintf("%%%%MatrixMarket matrix coordinate real general\n2 2 3\n1 1 %g\n2 1 3\n2 2 %g\n", 1+k, 2*k)
	}
	files := map[string]string{
		"samples.csv": "k,file\n", "sweep.csv": "k\n1.5\n2.5\n",
		"test.csv": "k,file\n2.5,A.mtx\n", "A.mtx": matrix(2.5), "reference.mtx": matrix(2.5),
		"b.mtx": "%%MatrixMarket matrix array real general\n2 1\n3.5\n8\n", "c.mtx": "%%MatrixMarket matrix array real general\n2 1\n1\n1\n",
		"solutions.csv": "k,file\n2.5,ones.mtx\n", "ones.mtx": "%%MatrixMarket matrix array real general\n2 1\n1\n1\n",
		"parts.csv": "file,coefficient\nA.mtx,k\n", "points.csv": "k\n1\n2\n3\n",
		"candidates.csv": "k\n1\n1.5\n2\n2.5\n3\n3.5\n4\n4.5\n5\n", "distances.csv": "r\n0.5\n1\n1.5\n2\n3\n",
	}
	for k := 1; k <= 5; k++ {
		name := fmt.Sprintf("snap/A_k=%d.mtx", k)
		files[name], files[name+".gz"] = matrix(float64(k)), matrix(float64(k)) // told apart by content
		files["samples.csv"] += fmt.Sprintf("%d,%s\n", k, name)
	}
	if err := os.Mkdir(filepath.Join(dir, "snap"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	model := filepath.Join(dir, "model.npz")
	if code, _, errOut := tool(t, "offline", filepath.Join(dir, "samples.csv"), "--rhs", filepath.Join(dir, "b.mtx"), "-o", model); code != 0 {
		t.Fatalf("offline: exit %d: %s", code, errOut)
	}
	return model
}

// Every example of every help text works.
func TestExamples(t *testing.T) {
	dir := t.TempDir()
	model := smallModel(t, dir)
	t.Chdir(dir)
	data, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("released.npz", data, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("values.csv", []byte("index,value\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, list, _ := tool(t, "info", model, "--probes")
	values := "index,value\n"
	full := [][]float64{{3.5, 0}, {3, 5}} // A(2.5)
	for _, line := range strings.Fields(list)[1:] {
		cell := strings.Split(line, ",")
		i, _ := strconv.Atoi(cell[3])
		v := full[i-1][0] + full[i-1][1]
		if j, _ := strconv.Atoi(cell[4]); cell[2] == "entry" {
			v = full[i-1][j-1]
		}
		values += fmt.Sprintf("%s,%g\n", cell[0], v)
	}
	if err := os.WriteFile("values.csv", []byte(values), 0o666); err != nil {
		t.Fatal(err)
	}
	reference, err := os.ReadFile("reference.mtx")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range allCommands() {
		for _, line := range strings.Split(c.Example, "\n") {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			n++
			line, _, _ = strings.Cut(line, " > ")
			args := strings.Fields(strings.ReplaceAll(line, "'", ""))
			if args[0] != "eimtool" {
				t.Fatalf("example %q", line)
			}
			if err := os.WriteFile("A.mtx", reference, 0o666); err != nil { // the output of some, the input of others
				t.Fatal(err)
			}
			if code, _, errOut := tool(t, args[1:]...); code != 0 {
				t.Errorf("%s: exit %d: %s", line, code, errOut)
			}
		}
	}
	if n < 12 {
		t.Errorf("only %d examples", n)
	}
}
