package planfile

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/plan"
)

// sample is a plan in which every field is set.
func sample() *plan.Plan {
	return &plan.Plan{
		Names: []string{"k", "ε s"}, Columns: []string{"r", "w,\"1\""},
		Functions: []string{"exp(1i*k*r)/r", "pow(k, 2)\n + min(1e-3, `ε s`, 2)"},
		Weights:   []float64{1, 0.1}, Scales: []float64{2.0 / 3, 17},
		Lower: []float64{0.1, -3}, Upper: []float64{4, math.Copysign(0, -1)},
		CandidateCount: 400, PointCount: 1000, Tolerance: 1e-8, Stop: "max-terms",
		Mu:    &dense.Matrix[float64]{Rows: 2, Cols: 2, Data: []float64{0.1, math.Copysign(0, -1), 1.0 / 3, -1e-17}},
		Magic: []plan.Point{{Function: -1, Index: -1}, {Function: 1, Index: 7, X: []float64{0.25, -1e300}}},
		Checks: []plan.Point{
			{Function: 0, Index: 999, X: []float64{math.SmallestNonzeroFloat64, math.MaxFloat64}},
		},
		History: []plan.Step{{Candidate: 3, Error: 1}, {Candidate: 399, Error: 0.1}},
		Error:   1e-9, ErrorOverLeast: math.Inf(1), Passes: 2.5,
		Warnings: []string{"", "50 % of the points, \"at least\", are equal; see λ."},
	}
}

// same compares plans bit by bit; nil and empty lists are alike.
func same(a, b *plan.Plan) string {
	return cmp.Diff(a, b, cmpopts.EquateEmpty(), cmp.Comparer(func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }))
}

func write(t testing.TB, p *plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRoundTrip(t *testing.T) {
	want := sample()
	v := reflect.ValueOf(*want)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("the sample does not set %s: a field of the plan may be lost unnoticed", v.Type().Field(i).Name)
		}
	}
	text := write(t, want)
	got, err := Parse(strings.NewReader(text), "plan.csv")
	if err != nil {
		t.Fatal(err)
	}
	if d := same(want, got); d != "" {
		t.Error(d)
	}
	if again := write(t, got); again != text {
		t.Errorf("written again it differs:\n%s", cmp.Diff(text, again))
	}
	path := filepath.Join(t.TempDir(), "plan.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err = Read(path); err != nil || same(want, got) != "" {
		t.Errorf("Read: %v", err)
	}
}

// The lines of the plan have nothing that a spreadsheet would split, quote or
// take for a number, and are ASCII.
func TestRecordsArePlain(t *testing.T) {
	for _, line := range strings.Split(write(t, sample()), "\n") {
		if !strings.HasPrefix(line, recordMark) && !strings.HasPrefix(line, headMark) {
			continue
		}
		for _, c := range line {
			if c < ' ' || c > '~' || strings.ContainsRune(`",;`, c) {
				t.Errorf("%q has %q", line, c)
			}
		}
	}
}

// simple is a plan of one parameter and three terms.
func simple() *plan.Plan {
	return &plan.Plan{
		Names: []string{"k"}, Functions: []string{"1/(1+k)", "k^2"}, Scales: []float64{0.5, 25}, Lower: []float64{1}, Upper: []float64{5},
		CandidateCount: 9, PointCount: 1, Tolerance: 1e-8, Stop: "rank", Error: 1e-16, ErrorOverLeast: 1e-15, Passes: 1,
		Mu:      &dense.Matrix[float64]{Rows: 3, Cols: 1, Data: []float64{3, 1, 14.0 / 3}},
		Magic:   []plan.Point{{Function: -1, Index: -1}, {Function: 1, Index: 0}, {Function: 0, Index: 0}},
		History: []plan.Step{{Candidate: 4, Error: 1}, {Candidate: 0, Error: 0.9}, {Candidate: 8, Error: 0.1}},
	}
}

// Whatever users and spreadsheets do to the file, the plan is the same.
func TestFilledIn(t *testing.T) {
	quoteAll := func(s string) string {
		var out []string
		for _, line := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
			var cells []string
			for _, c := range strings.Split(line, ",") {
				cells = append(cells, `"`+strings.ReplaceAll(c, `"`, `""`)+`"`)
			}
			out = append(out, strings.Join(cells, ","))
		}
		return strings.Join(out, "\n")
	}
	for name, edit := range map[string]func(string) string{
		"files":           func(s string) string { return strings.ReplaceAll(s, "3,\n", "3,a b/A_3.mtx\n") },
		"quoted files":    func(s string) string { return strings.ReplaceAll(s, "\n3,\n", "\n3,\"a,b.mtx\"\n") },
		"crlf":            func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"cr":              func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
		"bom":             func(s string) string { return "\ufeff" + s },
		"bom, quoted":     func(s string) string { return "\ufeff" + quoteAll(s) },
		"blank lines":     func(s string) string { return strings.ReplaceAll(s, "\n", "\n\n") },
		"no final break":  func(s string) string { return strings.TrimSuffix(s, "\n") },
		"column added":    func(s string) string { return strings.ReplaceAll(s, ",file\n", ",file,note\n") + "" },
		"indented":        func(s string) string { return strings.ReplaceAll(s, "#", "  #") },
		"comments gone":   func(s string) string { return s[strings.Index(s, headMark):] },
		"comments added":  func(s string) string { return "# mine\n" + s + "# \"so\", he said\n" },
		"row added":       func(s string) string { return s + "2.5,extra.mtx\n" },
		"rounded":         func(s string) string { return strings.ReplaceAll(s, "4.666666666666667,", "4.666666667,") },
		"written as 3.0":  func(s string) string { return strings.ReplaceAll(s, "\n3,", "\n3.00E+00,") },
		"sorted":          sortLines,
		"trailing commas": trailingCommas,
		"quoted comments": quoteComments,
	} {
		want := simple()
		text := edit(write(t, want))
		if name == "column added" {
			for _, row := range []string{"3", "1", "4.666666666666667"} {
				text = strings.ReplaceAll(text, "\n"+row+",\n", "\n"+row+",A.mtx,2026-01-01\n")
			}
		}
		got, err := Parse(strings.NewReader(text), "plan.csv")
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		if d := same(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// sortLines reverses the comments and the rows below the header.
func sortLines(s string) string {
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	h := len(lines) - 4
	var out []string
	for i := h - 1; i >= 0; i-- {
		out = append(out, lines[i])
	}
	out = append(out, lines[h])
	for i := len(lines) - 1; i > h; i-- {
		out = append(out, lines[i])
	}
	return strings.Join(out, "\n") + "\n"
}

// trailingCommas pads comments to the two columns of the table and one more.
func trailingCommas(s string) string {
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	for i, line := range lines {
		lines[i] = line + ","
		if strings.HasPrefix(line, "#") {
			lines[i] = line + ",,"
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

// quoteComments is what a spreadsheet makes of comments: one quoted cell with
// doubled quotes and empty cells behind it.
func quoteComments(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "#") {
			lines[i] = `"` + strings.ReplaceAll(line, `"`, `""`) + `",,`
		}
	}
	return strings.Join(lines, "\n")
}

func TestErrors(t *testing.T) {
	replace := func(old, new string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("no %q in %s", old, s)
			}
			return strings.Replace(s, old, new, 1)
		}
	}
	// forged repairs the head after an edit.
	forged := func(edit func(string) string) func(string) string {
		return func(s string) string { return forge(edit(s)) }
	}
	for name, c := range map[string]struct {
		edit func(string) string
		line bool
		want string
	}{
		"empty":             {func(string) string { return "" }, false, "holds no plan"},
		"a table":           {func(string) string { return "k,file\n1,A.mtx\n" }, false, "holds no plan"},
		"a matrix":          {func(string) string { return "%%MatrixMarket matrix array real general\n1 1\n1\n" }, false, "holds no plan"},
		"head gone":         {replace(headMark, "# "), false, "the line #eimtool-plan is missing"},
		"two heads":         {func(s string) string { return s + headMark + " 1 1 x\n" }, true, "no record of this plan"},
		"newer":             {replace(headMark+" 1 ", headMark+" 2 "), true, "is a plan of format 2; this eimtool reads formats up to 1"},
		"no version":        {replace(headMark+" 1 ", headMark+" one "), true, "no version"},
		"short head":        {replace(" crc32c:", "\n# crc32c:"), true, "want #eimtool-plan VERSION RECORDS CHECKSUM"},
		"number changed":    {replace("#:4 counts 9 1", "#:4 counts 8 1"), true, "was changed after it was made"},
		"checksum changed":  {replace("crc32c:", "crc32c:0"), true, "was changed after it was made"},
		"function changed":  {replace("function k^2", "function k^3"), true, "was changed after it was made"},
		"record gone":       {replace("#:6 ", "# "), true, "the plan is incomplete: 11 records of 12 are there"},
		"record replaced":   {replace("#:6 ", "#:13 "), true, `"#:13" is no record of this plan`},
		"record twice":      {replace("#:6 ", "#:5 "), true, "record 5 is there twice"},
		"no number":         {replace("#:6 ", "#:six "), true, `"#:six" is no record`},
		"cut off":           {func(s string) string { return s[:strings.Index(s, "#:9")] }, true, "the plan is incomplete: 8 records of 12"},
		"cut in a record":   {func(s string) string { return s[:strings.Index(s, "#:12")+9] }, true, "was changed after it was made"},
		"table gone":        {func(s string) string { return s[:strings.Index(s, "k,file")] }, false, "the table is empty"},
		"rows gone":         {func(s string) string { return s[:strings.Index(s, "k,file")+7] }, true, "a header and no sample"},
		"row gone":          {replace("\n1,\n", "\n"), false, "the table has no row k=1, which the plan asks for (term 2)"},
		"row changed":       {replace("\n1,\n", "\n1.01,\n"), false, "the table has no row k=1"},
		"parameter renamed": {replace("\nk,file", "\nkk,file"), true, `parameter "k" has no column`},
		"no cell":           {replace("\n1,\n", "\n1\n"), true, "1 cell, but the header"},
		"no number in row":  {replace("\n1,\n", "\none,\n"), true, `"one" is not a number`},
		"unknown kind":      {forged(replace("goal", "gaol")), true, `unknown record "gaol"`},
		"too many values":   {forged(replace("counts 9 1", "counts 9 1 1")), true, "more values than a record counts has"},
		"too few values":    {forged(replace("counts 9 1", "counts 9")), true, "a value is missing"},
		"bad count":         {forged(replace("counts 9 1", "counts 9 x")), true, "no whole number"},
		"not a number":      {forged(replace("reached 1e-16", "reached NaN")), true, "no number"},
		"infinite":          {forged(replace("reached 1e-16", "reached +Inf")), true, "no finite number"},
		"bad escape":        {forged(replace("goal 1e-08 rank", "goal 1e-08 %zz")), true, "two hexadecimal digits"},
		"short escape":      {forged(replace("goal 1e-08 rank", "goal 1e-08 %4")), true, "cut off"},
		"one weight":        {forged(replace("function k^2 25", "function k^2 25 1")), true, "scales and weights"},
		"no scale":          {forged(replace("function k^2 25", "function k^2 0")), true, "no positive number"},
		"no such function":  {forged(replace("magic 1 0", "magic 2 0")), true, "the plan has 2"},
		"coordinates":       {forged(replace("magic 1 0", "magic 1 0 3")), true, "1 coordinates"},
		"no expression":     {forged(replace("function k^2", "function k^")), true, "the expression ends"},
		"a term less":       {forged(replace("term 8 0.1 4.666666666666667", "check 0 0")), true, "2 parameter values, 3 magic points and 2 steps"},
		"terms first": {forged(strings.NewReplacer("parameter k 1 5", "term 4 1", "function 1/(1+k) 0.5", "term 0 0.9", "function k^2 25", "term 8 0.1",
			"term 4 1 3", "parameter k 1 5", "term 0 0.9 1", "function 1/(1+k) 0.5", "term 8 0.1 4.666666666666667", "function k^2 25").Replace), true, "terms stand before parameters"},
		"binary": {func(s string) string { return "PK\x03\x04\n" + s }, false, "is a ZIP file"},
	} {
		p, err := Parse(strings.NewReader(c.edit(write(t, simple()))), "plan.csv")
		var e *family.TableError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p != nil {
			t.Errorf("%s: a plan is returned", name)
		}
		if e.File != "plan.csv" || (e.Line > 0) != c.line || !strings.Contains(e.Msg, c.want) || e.Hint == "" {
			t.Errorf("%s: line %d, %v (hint %q)", name, e.Line, err, e.Hint)
		}
	}
	if _, err := Parse(strings.NewReader("k\n1\n"), "x"); !errors.Is(err, ErrNotPlan) {
		t.Errorf("not a plan: %v", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// forge gives an edited plan the head that belongs to it.
func forge(s string) string {
	var f file
	f.split([]byte(s))
	var texts []string
	for _, r := range f.found {
		_, text, _ := strings.Cut(r.text, " ")
		texts = append(texts, text)
	}
	if f.headAt == 0 {
		return s
	}
	return strings.Replace(s, f.head, fmt.Sprintf("%s 1 %d %s", headMark, len(texts), checksum(texts)), 1)
}

// Every single changed, lost or inserted byte is noticed, or changes nothing.
func TestDamage(t *testing.T) {
	want := simple()
	text := write(t, want)
	try := func(s string) {
		if got, err := Parse(strings.NewReader(s), "plan.csv"); err == nil {
			if d := same(want, got); d != "" {
				t.Fatalf("%s\n%s", d, s)
			}
		}
	}
	for i := range len(text) {
		try(text[:i] + string("0,#\n\" "[i%6]) + text[i+1:])
		try(text[:i] + string("\n0\",#"[i%5]) + text[i:])
		try(text[:i] + text[i+1:])
		try(text[:i])
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*plan.Plan){
		"no terms":       func(p *plan.Plan) { p.Magic = nil },
		"no table":       func(p *plan.Plan) { p.Mu = nil },
		"no parameters":  func(p *plan.Plan) { p.Names = nil },
		"one step less":  func(p *plan.Plan) { p.History = p.History[1:] },
		"no bounds":      func(p *plan.Plan) { p.Lower = nil },
		"one weight":     func(p *plan.Plan) { p.Weights = []float64{1} },
		"bad scale":      func(p *plan.Plan) { p.Scales[1] = math.NaN() },
		"bad function":   func(p *plan.Plan) { p.Magic[1].Function = 5 },
		"coordinates":    func(p *plan.Plan) { p.Magic[1].X = []float64{1} },
		"name with ,":    func(p *plan.Plan) { p.Names[0] = "a,b" },
		"name of a file": func(p *plan.Plan) { p.Names[0] = "file" },
		"name with #":    func(p *plan.Plan) { p.Names[0] = "#k" },
	} {
		p := simple()
		spoil(p)
		if err := Write(&bytes.Buffer{}, p); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if err := Write(&bytes.Buffer{}, nil); err == nil {
		t.Error("no plan: written")
	}
	if err := Write(broken{}, simple()); err == nil {
		t.Error("a write error is lost")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }

// family reads the file as a sample table, before and after it is filled in.
func TestIsSampleTable(t *testing.T) {
	for _, edit := range []func(string) string{func(s string) string { return s }, trailingCommas} {
		table, err := family.ParseTable(strings.NewReader(edit(write(t, simple()))), "plan.csv", family.TableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Names) != 1 || table.Names[0] != "k" || len(table.Samples) != 3 {
			t.Fatalf("%v, %d samples", table.Names, len(table.Samples))
		}
		for m, s := range table.Samples {
			if s.Mu[0] != simple().Mu.At(m, 0) || s.File != "" {
				t.Errorf("row %d: %v %q", m, s.Mu, s.File)
			}
		}
	}
}
