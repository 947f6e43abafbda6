package partial

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"eimtool/internal/family"
)

// Names of the files of a folder. Those with a number count from 1.
const (
	candidatesFile = "candidates.csv"  // the candidates, as given
	entriesFile    = "entries.csv"     // request: entries that every candidate is sampled at
	valuesFile     = "values.csv"      // answer to it
	entryFile      = "entry_%03d.csv"  // request: a magic entry
	valueFile      = "values_%03d.csv" // answer to it
	matrixFile     = "matrix_%03d.csv" // request: a matrix; the table names the answer
	matrixAnswer   = "matrix_%03d.mtx" // where the answer goes
	samplesFile    = "samples.csv"     // the result
)

// known is a candidate whose full matrix is there.
type known struct {
	candidate int
	path      string
}

// folder is what the folder of a plan holds.
type folder struct {
	dir        string
	candidates *family.Table
	match      *matcher

	sample   []Position // of entries.csv; nil when there is none
	sampled  *answer    // values.csv
	answers  []*answer  // all answers, values.csv first
	matrices []known

	freeMatrix, freeEntry int // number of the next request of each kind
}

// path returns the path of a file of the folder, of the given number if its
// name has one.
func (f *folder) path(name string, number ...any) string {
	if len(number) > 0 {
		name = fmt.Sprintf(name, number...)
	}
	return filepath.Join(f.dir, name)
}

// scan reads all requests and answers of a folder. Errors are of type
// *family.TableError, or of the system.
func scan(dir string, candidates *family.Table) (*folder, error) {
	f := &folder{dir: dir, candidates: candidates, freeMatrix: 1, freeEntry: 1}
	var err error
	if f.match, err = newMatcher(candidates); err != nil {
		return nil, err
	}
	if f.sample, err = f.positions(f.path(entriesFile)); err != nil {
		return nil, err
	}
	if f.sample != nil {
		if f.sampled, err = f.answer(f.path(valuesFile), f.sample); err != nil {
			return nil, err
		}
	}
	if err := f.scanEntries(); err != nil {
		return nil, err
	}
	return f, f.scanMatrices()
}

// exists reports whether something is at path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// scanEntries reads the magic entries that were asked for. The number of a
// request without an answer is used again.
func (f *folder) scanEntries() error {
	free := 0
	n := 1
	for ; exists(f.path(entryFile, n)); n++ {
		pos, err := f.positions(f.path(entryFile, n))
		if err != nil {
			return err
		}
		a, err := f.answer(f.path(valueFile, n), pos)
		if err != nil {
			return err
		}
		if a == nil && free == 0 {
			free = n
		}
	}
	if f.freeEntry = n; free > 0 {
		f.freeEntry = free
	}
	return nil
}

// scanMatrices reads the matrices that were asked for.
func (f *folder) scanMatrices() error {
	free := 0
	n := 1
	for ; exists(f.path(matrixFile, n)); n++ {
		answered, err := f.matrix(n)
		if err != nil {
			return err
		}
		if !answered && free == 0 {
			free = n
		}
	}
	if f.freeMatrix = n; free > 0 {
		f.freeMatrix = free
	}
	return nil
}

// matrix reads request n for a matrix and reports whether all its files exist.
func (f *folder) matrix(n int) (answered bool, err error) {
	path := f.path(matrixFile, n)
	t, err := family.ReadTable(path, family.TableOptions{Names: f.candidates.Names})
	if err != nil {
		return false, err
	}
	answered = true
	for _, s := range t.Samples {
		if s.Path == "" {
			return false, &family.TableError{
				File: path, Line: s.Line, Column: "file", Msg: "no matrix file is named",
				Hint: fmt.Sprintf("write %s there, or the name of your file", fmt.Sprintf(matrixAnswer, n)),
			}
		}
		i, err := f.match.find(t, s)
		if err != nil {
			return false, err
		}
		switch {
		case exists(s.Path):
			f.know(i, s.Path)
		case exists(s.Path + ".gz"):
			f.know(i, s.Path+".gz")
		default:
			answered = false
		}
	}
	return answered, nil
}

// know notes the matrix of candidate i; the first one counts.
func (f *folder) know(i int, path string) {
	if !f.knows(i) {
		f.matrices = append(f.matrices, known{i, path})
	}
}

func (f *folder) knows(i int) bool {
	return slices.ContainsFunc(f.matrices, func(k known) bool { return k.candidate == i })
}

// table lists matrices as samples, for package family to load.
func (f *folder) table(matrices []known) *family.Table {
	t := &family.Table{Source: f.dir, Names: f.candidates.Names}
	for _, k := range matrices {
		t.Samples = append(t.Samples, family.Sample{Mu: f.candidates.Samples[k.candidate].Mu, File: k.path, Path: k.path})
	}
	return t
}
