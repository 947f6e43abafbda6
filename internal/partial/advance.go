package partial

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/scalar"
)

// Options steer Advance.
type Options struct {
	Tolerance float64            // of the sampled residual, and of the error of A at the checks; relative
	MaxTerms  int                // 0: as many as the tolerance asks for
	Entries   int                // size of the sample; 0: DefaultEntries, or what the folder holds
	Checks    int                // full matrices beside the terms that the result is checked at
	Seed      uint64             // of the sample and the checks
	Pattern   string             // a matrix file whose stored positions are sampled; "": the first matrix asked for
	Load      family.LoadOptions // threads, memory, progress
}

// What the simulation code is asked for.
const (
	StateEntries = "entries" // entries of all candidates
	StateMatrix  = "matrix"  // a full matrix
	StateDone    = "done"
)

// Progress is where the plan of a folder stands.
type Progress struct {
	State   string
	Request string // file with what is wanted; of a finished plan the table of the matrices
	Answer  string // file to write; "" of a finished plan

	Names []string
	Mu    []float64 // of the matrix that is wanted

	Candidates int
	Wanted     int // entries per candidate that are wanted now
	Entries    int // entries per candidate that were given
	Matrices   int // full matrices that were given
	Terms      int
	Checks     int // full matrices beside the terms

	Sampled float64 // largest sampled residual over the largest sampled value of its candidate; NaN before the first term
	Checked float64 // largest error of A at the checks; NaN without
	Noise   float64 // largest difference of matrices and values, relative to the largest value
	Digits  int     // significant digits of the values; 0: written in full
	Floor   float64 // mean error of the values, half their bound, relative to the largest sampled value of a candidate, where it is least; 0 for values in full
	Small   bool    // the sample is too small to tell the error: only the checks do
	Stop    string  // why the selection ended
	Reached bool    // the tolerance holds at the sample and at the checks
}

// Advance looks at what the folder dir holds, repeats the selection from the
// answers in it and writes the next request, or the result. Called again without
// a new answer it asks for the same. Errors are of type *family.TableError,
// *family.MemoryError, *mtx.ParseError, *safefile.WriteError, or ctx's or the
// system's; nothing is written then.
func Advance(ctx context.Context, candidates *family.Table, dir string, opt Options) (*Progress, error) {
	if err := sameCandidates(dir, candidates); err != nil {
		return nil, err
	}
	f, err := scan(dir, candidates)
	if err != nil {
		return nil, err
	}
	if err := f.checkEntries(opt); err != nil {
		return nil, err
	}
	a := &advance{ctx: ctx, folder: f, opt: opt}
	a.p = &Progress{Names: candidates.Names, Candidates: len(candidates.Samples), Matrices: len(f.matrices), Sampled: math.NaN(), Checked: math.NaN()}
	for _, given := range f.answers {
		a.p.Entries += len(given.positions)
	}
	if err := a.load(); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := f.write(ctx, f.path(candidatesFile), f.candidatesText()); err != nil {
		return nil, err
	}
	return a.p, a.step()
}

// sameCandidates refuses other candidates than those that the folder was begun
// with.
func sameCandidates(dir string, t *family.Table) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return &family.TableError{File: dir, Msg: "is a file; a folder was expected", Hint: "name a folder for the requests and answers, such as -o plan"}
	}
	path := (&folder{dir: dir}).path(candidatesFile)
	if !exists(path) {
		return nil
	}
	old, err := family.ReadTable(path, family.TableOptions{})
	if err != nil {
		return err
	}
	f := folder{candidates: t}
	g := folder{candidates: old}
	if f.candidatesText() != g.candidatesText() {
		return &family.TableError{
			File: path, Msg: "the folder was begun with other candidates than those of " + t.Source,
			Hint: "give the same candidates, or another folder",
		}
	}
	return nil
}

// checkEntries refuses another size of the sample than the folder has.
func (f *folder) checkEntries(opt Options) error {
	if f.sample != nil && opt.Entries > 0 && opt.Entries != len(f.sample) {
		return &family.TableError{
			File: f.path(entriesFile), Msg: fmt.Sprintf("%d entries were asked for, not %d", len(f.sample), opt.Entries),
			Hint: "leave out --entries, or give another folder",
		}
	}
	return nil
}

// advance is one call of Advance.
type advance struct {
	*folder
	ctx   context.Context
	opt   Options
	fam   *family.Family  // the known matrices, in their order; nil without any
	first *matrix.Pattern // of Options.Pattern, while there is no sample
	p     *Progress
}

// load reads the known matrices, and the pattern while it is needed.
func (a *advance) load() (err error) {
	if a.sample == nil && a.opt.Pattern != "" {
		file, err := mtx.ReadFile(a.ctx, a.opt.Pattern, mtx.ReadOptions{Threads: a.opt.Load.Threads, MaxBytes: a.opt.Load.Memory})
		if err != nil {
			return err
		}
		a.first = file.Pattern
	}
	if len(a.matrices) > 0 {
		a.fam, err = family.Load(a.ctx, a.table(a.matrices), a.opt.Load)
	}
	if a.fam != nil && a.first == nil {
		a.first = a.fam.Pattern
	}
	return err
}

// step writes the next request.
func (a *advance) step() error {
	switch {
	case a.sample == nil && a.first == nil:
		return a.wantMatrix(central(a.candidates))
	case a.sample == nil:
		return a.wantSample()
	case a.sampled == nil:
		return a.wantEntries(a.sample, a.path(entriesFile), a.path(valuesFile))
	case a.fam == nil:
		return a.wantMatrix(central(a.candidates))
	}
	noise, err := a.reconcile(a.fam, a.matrices)
	if err != nil {
		return err
	}
	a.p.Noise = noise.difference / max(a.largest(), math.SmallestNonzeroFloat64)
	if a.needsComplex(a.fam) {
		return advanceAs[complex128](a, noise)
	}
	return advanceAs[float64](a, noise)
}

// largest returns the largest modulus of a value of the sample.
func (f *folder) largest() float64 {
	most := 0.0
	for _, v := range f.sampled.values {
		most = max(most, scalar.MaxAbs(v))
	}
	return most
}

// needsComplex reports whether rows of complex numbers are needed. Those of
// hermitian families are real.
func (f *folder) needsComplex(fam *family.Family) bool {
	if fam.Hermitian {
		return false
	}
	for _, a := range f.answers {
		if a.complex {
			return true
		}
	}
	return fam.Complex
}

// wantSample asks for the sample of every candidate.
func (a *advance) wantSample() error {
	n := a.opt.Entries
	if n == 0 {
		n = DefaultEntries(a.opt.Tolerance)
	}
	pos := samplePositions(a.first, n, a.opt.Seed, entriesStream)
	return a.wantEntries(pos, a.path(entriesFile), a.path(valuesFile))
}

// wantEntries asks for entries of all candidates.
func (a *advance) wantEntries(pos []Position, request, answer string) error {
	a.p.State, a.p.Request, a.p.Answer, a.p.Wanted = StateEntries, request, answer, len(pos)
	return a.write(a.ctx, request, requestText(pos))
}

// wantMatrix asks for the matrix of a candidate.
func (a *advance) wantMatrix(candidate int) error {
	n := a.freeMatrix
	file := fmt.Sprintf(matrixAnswer, n)
	a.p.State, a.p.Request, a.p.Answer = StateMatrix, a.path(matrixFile, n), a.path(file)
	a.p.Mu = a.candidates.Samples[candidate].Mu
	return a.write(a.ctx, a.p.Request, a.matrixText(candidate, file))
}

// advanceAs is the part of step that knows the scalars.
func advanceAs[T scalar.Scalar](a *advance, n noise) error {
	s, err := begin[T](a.ctx, a.folder, a.fam, a.matrices, n)
	if err != nil {
		return err
	}
	s.threads = a.opt.Load.Threads
	l := loop[T]{advance: a, selection: s}
	return l.run()
}

// begin returns the selection before its first term.
func begin[T scalar.Scalar](ctx context.Context, f *folder, fam *family.Family, matrices []known, n noise) (*selection[T], error) {
	s := newSelection[T](ctx, layoutOf(fam), len(f.candidates.Samples))
	s.noise = n
	s.extend(f.sampled)
	size := f.largest()
	if size == 0 {
		return nil, &family.TableError{
			File: f.sampled.file, Msg: "all values are zero",
			Hint: "check rows and columns of the entries; with --seed another sample is drawn, in another folder",
		}
	}
	for m, row := range rowsOf[T](fam) {
		s.rows[matrices[m].candidate] = row
		size = max(size, scalar.MaxAbs(row))
	}
	s.rounding = 64 * scalar.Eps * size
	s.supply = func(c Column) []T {
		given, k := f.supplied(c.Position)
		if given == nil {
			return nil
		}
		v := make([]T, len(s.g))
		for p := range v {
			v[p] = valueOf[T](c, given.values[p][k])
		}
		return v
	}
	s.given = func(candidate int, c Column) (v T, ok bool) {
		a, k := f.supplied(c.Position)
		if a == nil || a.replaced[candidate] == nil {
			return v, false
		}
		return valueOf[T](c, a.replaced[candidate][k]), true
	}
	return s, nil
}
