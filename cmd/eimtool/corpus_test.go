package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
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
