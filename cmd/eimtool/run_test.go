package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"eimtool/internal/bundle"
	"eimtool/internal/family"
	"eimtool/internal/memory"
	"eimtool/internal/mtx"
	"eimtool/internal/probefile"
	"eimtool/internal/safefile"
	"eimtool/internal/surrogate"
)

const corpus = "../../testdata/mtx-corpus"

// corpusRow is one row of the corpus's expected.csv.
type corpusRow map[string]string

func (r corpusRow) number(t *testing.T, key string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(r[key], 64)
	if err != nil {
		t.Fatalf("%s: %s: %v", r["file"], key, err)
	}
	return x
}

func readCorpus(t *testing.T) []corpusRow {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus, "expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []corpusRow
	for _, rec := range records[1:] {
		r := corpusRow{}
		for i, key := range records[0] {
			r[key] = rec[i]
		}
		rows = append(rows, r)
	}
	return rows
}

// Every file of the corpus gives through the command line the verdict, sizes,
// sums and, on refusal, the line and the word of its table.
func TestInfoOfTheCorpus(t *testing.T) {
	rows := readCorpus(t)
	if len(rows) < 100 {
		t.Fatalf("only %d files", len(rows))
	}
	for _, row := range rows {
		t.Run(row["file"], func(t *testing.T) {
			code, out, errOut := tool(t, "info", filepath.Join(corpus, row["file"]), "--json")
			if row["verdict"] == "error" {
				checkRefused(t, row, code, out, errOut)
				return
			}
			if code != 0 || errOut != "" {
				t.Fatalf("exit %d: %s", code, errOut)
			}
			checkInfo(t, row, out)
		})
	}
}

func checkRefused(t *testing.T, row corpusRow, code int, out, errOut string) {
	t.Helper()
	var e struct {
		Error struct {
			Code, Line          int
			Message, File, Hint string
		}
	}
	if err := json.Unmarshal([]byte(errOut), &e); err != nil || code != exitInput || out != "" || e.Error.Code != exitInput {
		t.Fatalf("exit %d, stdout %q, stderr %q (%v)", code, out, errOut, err)
	}
	if filepath.Base(e.Error.File) != row["file"] || !strings.Contains(e.Error.Message, row["file"]) || e.Error.Hint == "" {
		t.Errorf("file or hint missing: %s", errOut)
	}
	if lines := row["error_line"]; lines != "" && !slices.Contains(strings.Split(lines, "|"), strconv.Itoa(e.Error.Line)) {
		t.Errorf("line %d, want %s: %s", e.Error.Line, lines, e.Error.Message)
	}
	for _, word := range strings.Split(row["error_about"], "|") {
		if strings.Contains(strings.ToLower(e.Error.Message), strings.ToLower(word)) {
			return
		}
	}
	t.Errorf("message %q has no word of %q", e.Error.Message, row["error_about"])
}

func checkInfo(t *testing.T, row corpusRow, out string) {
	t.Helper()
	var got struct {
		Warnings        []string
		Rows, Cols, NNZ int
		Stored          int `json:"nnz_stored"`
		Field, Symmetry string
		SumRe           float64 `json:"sum_re"`
		SumIm           float64 `json:"sum_im"`
		Frobenius       *float64
		Reason          string
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if warned := len(got.Warnings) > 0; warned != (row["verdict"] == "ok-warn") {
		t.Errorf("verdict %s, warnings %q", row["verdict"], got.Warnings)
	}
	shape := fmt.Sprint(got.Rows, got.Cols, got.Stored, got.NNZ, got.Field, got.Symmetry)
	if want := fmt.Sprint(int(row.number(t, "rows")), int(row.number(t, "cols")), int(row.number(t, "nnz_stored")), int(row.number(t, "nnz_expanded")), row["field"], row["symmetry"]); shape != want {
		t.Errorf("%s, want %s", shape, want)
	}
	if row["frobenius"] == "" {
		if got.Frobenius != nil || got.Reason == "" {
			t.Errorf("frobenius %v, reason %q: want null with a reason", got.Frobenius, got.Reason)
		}
		return
	}
	norm := row.number(t, "frobenius")
	if got.Frobenius == nil || math.Abs(*got.Frobenius-norm) > 1e-14*norm {
		t.Errorf("frobenius %v, want %v", got.Frobenius, norm)
	}
	// Sums lose at most eps·Σ|a| ≤ eps·sqrt(nnz)·‖A‖_F each.
	tol := 1e-15 * math.Sqrt(float64(got.NNZ)) * norm
	if re, im := row.number(t, "sum_re"), row.number(t, "sum_im"); math.Abs(got.SumRe-re) > tol || math.Abs(got.SumIm-im) > tol {
		t.Errorf("sums %v %v, want %v %v", got.SumRe, got.SumIm, re, im)
	}
}

func TestExitCodes(t *testing.T) {
	missing := &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist}
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("a bug"), 1},
		{&safefile.WriteError{Path: "a", Err: missing}, 1},
		{&stdoutError{&fs.PathError{Op: "write", Path: "/dev/stdout", Err: errors.New("full")}}, 1},
		{&bundle.TypeError{}, 1},
		{&usageError{err: errors.New("a")}, 2},
		{inputErrorf("", "a"), 2},
		{missing, 2},
		{&mtx.ParseError{}, 2},
		{&family.TableError{}, 2},
		{&family.TemplateError{}, 2},
		{&family.MemoryError{}, 2},
		{&memory.SizeError{}, 2},
		{&probefile.Error{}, 2},
		{&surrogate.BuildError{Err: errors.New("a")}, 2},
		{&surrogate.OptionError{}, 2},
		{&surrogate.ProbeError{}, 2},
		{surrogate.ErrNoInterpolation, 2},
		{&safefile.OutputError{}, 2},
		{&bundle.CorruptError{}, 2},
		{&bundle.VersionError{}, 2},
		{fmt.Errorf("a: %w", bundle.ErrNotBundle), 2},
		{&accuracyError{}, 3},
		{&sweepError{1, 2, &accuracyError{}}, 3},
		{&sweepError{1, 2, missing}, 2},
		{errInterrupted, 130},
		{&mtx.ParseError{Err: context.Canceled}, 130},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%T %v: exit code %d, want %d", c.err, c.err, got, c.want)
		}
		if c.err == nil {
			continue
		}
		if got := exitCode(fmt.Errorf("k=1: %w", c.err)); got != c.want {
			t.Errorf("%T, wrapped: exit code %d, want %d", c.err, got, c.want)
		}
	}
}

// cancelAfter cancels a context with its k-th write.
type cancelAfter struct {
	bytes.Buffer
	k      int
	cancel func()
}

func (c *cancelAfter) Write(p []byte) (int, error) {
	if c.k--; c.k == 0 {
		c.cancel()
	}
	return c.Buffer.Write(p)
}

// A run that is interrupted at its k-th line of progress leaves nothing behind.
func TestInterrupted(t *testing.T) {
	home := t.TempDir()
	smallModel(t, home)
	samples := filepath.Join(home, "samples.csv")
	for k := 1; k <= 30; k++ {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		errOut := &cancelAfter{k: k, cancel: cancel}
		var out bytes.Buffer
		code := run(ctx, []string{"offline", samples, "-o", filepath.Join(dir, "m.npz"), "-v"}, strings.NewReader(""), &out, errOut)
		cancel()
		if errOut.k > 0 {
			return // the run ended before
		}
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if code == exitDone && len(left) == 1 {
			return // the line came after the bundle
		}
		if code != exitInterrupted || len(left) != 0 || out.Len() != 0 || !strings.HasSuffix(errOut.String(), "eimtool: interrupted\n") {
			t.Errorf("cancelled at line %d: exit %d, files %v, stderr %q", k, code, left, errOut.String())
		}
	}
	t.Error("more than 30 lines of progress")
}

func TestInterruptedBeforeTheStart(t *testing.T) {
	dir := t.TempDir()
	model := smallModel(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, args := range [][]string{
		{"online", model, "--mu", "2.5", "-o", filepath.Join(dir, "out.mtx")},
		{"verify", model},
		{"info", filepath.Join(dir, "snap", "A_k=1.mtx")},
	} {
		var out, errOut bytes.Buffer
		if code := run(ctx, args, strings.NewReader(""), &out, &errOut); code != exitInterrupted || out.Len() != 0 {
			t.Errorf("%v: exit %d, stdout %q, stderr %q", args, code, out.String(), errOut.String())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "out.mtx")); err == nil {
		t.Error("an output was written")
	}
}

// Waiting for standard input ends with the context.
func TestInterruptedWhileWaiting(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go cancel()
	var out, errOut bytes.Buffer
	if code := run(ctx, []string{"info", "-"}, r, &out, &errOut); code != exitInterrupted {
		t.Errorf("exit %d, stderr %q", code, errOut.String())
	}
}

func TestCancelReaderPassesAll(t *testing.T) {
	want := strings.Repeat("some text\n", 300_000)
	r := &cancelReader{ctx: context.Background(), r: strings.NewReader(want)}
	if got, err := io.ReadAll(r); err != nil || string(got) != want {
		t.Errorf("%d of %d bytes, %v", len(got), len(want), err)
	}
}

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
	if code, _, errOut := tool(t, "offline", filepath.Join(dir, "samples.csv"), "-o", model); code != 0 {
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

// A terminal sees one line that is redrawn and erased; others see nothing.
func TestProgress(t *testing.T) {
	for _, c := range []struct {
		terminal, quiet, json, verbose bool
		want                           []string
	}{
		{true, false, false, false, []string{"\r\x1b[Kreading 3/8, ", " left", "\r\x1b[K"}},
		{true, true, false, false, nil},
		{true, false, true, false, nil},
		{false, false, false, false, nil},
		{false, false, false, true, []string{"eimtool: reading\n"}},
	} {
		var out bytes.Buffer
		a := &app{err: &out, terminal: c.terminal, common: common{quiet: c.quiet, json: c.json, verbose: c.verbose}}
		p := a.newProgress()
		p.start = p.start.Add(-2e9) // two seconds ago
		p.report("reading", 0, 8)
		p.drawn, p.began = p.start, p.start
		p.report("reading", 3, 8)
		p.end()
		got := out.String()
		if len(c.want) == 0 && got != "" {
			t.Errorf("%+v: %q", c, got)
		}
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%+v: %q has no %q", c, got, w)
			}
		}
		if c.terminal && len(c.want) > 0 && !strings.HasSuffix(got, "\r\x1b[K") {
			t.Errorf("the line is not erased: %q", got)
		}
	}
}

// A panic is reported as a bug, exit code 1 (Go's own would be 2).
func TestPanic(t *testing.T) {
	var errOut bytes.Buffer
	code := run(context.Background(), []string{"--version"}, strings.NewReader(""), panicking{}, &errOut)
	if code != exitFailed || !strings.Contains(errOut.String(), "internal error, please report") {
		t.Errorf("exit %d: %s", code, errOut.String())
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("out of order") }

// A few kilobytes that unpack to far more than the memory allowed are refused.
func TestCompressedBomb(t *testing.T) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	text := "%%MatrixMarket matrix coordinate real general\n" + strings.Repeat("%"+strings.Repeat(" ", 1022)+"\n", 8<<10)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bomb.mtx.gz")
	if err := os.WriteFile(path, buf.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := tool(t, "info", path, "--memory", "1MiB")
	if code != exitInput || out != "" || !strings.Contains(errOut, "bomb.mtx.gz") || !strings.Contains(errOut, "hint: ") {
		t.Errorf("exit %d: %s", code, errOut)
	}
}
