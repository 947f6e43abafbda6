package coefficients

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"eimtool/internal/dense"
)

func loadDump(f string) (*Samples, *dense.Matrix[float64], *dense.Matrix[float64]) {
	fh, err := os.Open("/tmp/eim/coefficients/" + f + ".txt")
	if err != nil {
		panic(err)
	}
	defer fh.Close()
	rd := bufio.NewReaderSize(fh, 1<<20)
	line, _ := rd.ReadString('\n')
	names := strings.Fields(line)
	var n, t, p, c, cx, m int
	fmt.Fscan(rd, &n, &t, &p, &c, &cx, &m)
	rdm := func(r, c int) *dense.Matrix[float64] {
		a := dense.New[float64](r, c)
		for i := range a.Data {
			fmt.Fscan(rd, &a.Data[i])
		}
		return a
	}
	s := &Samples{Names: names, Complex: cx == 1}
	s.Mu = rdm(n, p)
	mt := rdm(t, p)
	k := rdm(n+t, c)
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	it := make([]int, t)
	for i := range it {
		it[i] = n + i
	}
	s.K = k.SelectRows(idx)
	kt := k.SelectRows(it)
	mg := rdm(n, 2*m)
	s.Magic = dense.New[complex128](n, m)
	for i := range s.Magic.Data {
		s.Magic.Data[i] = complex(mg.Data[2*i], mg.Data[2*i+1])
	}
	return s, mt, kt
}

func subset(s *Samples, idx []int) *Samples {
	return &Samples{Names: s.Names, Complex: s.Complex, Mu: s.Mu.SelectRows(idx), K: s.K.SelectRows(idx), Magic: s.Magic.SelectRows(idx)}
}

func TestDev(t *testing.T) {
	fams := []string{"helmholtz2d", "bem-sphere", "thermal-model", "elasticity-geo", "convdiff", "gp-kernel", "known-function", "thermal-block", "singular-near"}
	if f := os.Getenv("FAM"); f != "" {
		fams = strings.Split(f, ",")
	}
	if os.Getenv("DEV") == "" {
		return
	}
	var ratios []float64
	cov := 0
	for _, f := range fams {
		s, mt, kt := loadDump(f)
		if os.Getenv("HALF") == "1" {
			var idx []int
			if f == "known-function" {
				for i := range s.Mu.Rows {
					if i/12%2 == 0 && i%12%2 == 0 || false {
						idx = append(idx, i)
					}
				}
			} else if f == "convdiff" {
				u0, u1 := distinct(mcol(s.Mu, 0)), distinct(mcol(s.Mu, 1))
				for i := range s.Mu.Rows {
					a, b := slices.Index(u0, s.Mu.At(i, 0)), slices.Index(u1, s.Mu.At(i, 1))
					if (a%2 == 0 || a == 9) && (b%2 == 0 || b == 9) {
						idx = append(idx, i)
					}
				}
			} else if s.Mu.Cols == 1 {
				for i := 0; i < s.Mu.Rows; i += 2 {
					idx = append(idx, i)
				}
				if idx[len(idx)-1] != s.Mu.Rows-1 {
					idx = append(idx, s.Mu.Rows-1)
				}
			} else {
				idx = rand.New(rand.NewSource(1)).Perm(s.Mu.Rows)[:s.Mu.Rows/2]
			}
			s = subset(s, idx)
		}
		if os.Getenv("HALF") == "2" {
			idx := rand.New(rand.NewSource(2)).Perm(s.Mu.Rows)[:s.Mu.Rows/2]
			s = subset(s, idx)
		}
		t0 := time.Now()
		m, err := Fit(context.Background(), s, Options{Threads: 1, Model: os.Getenv("MODEL")})
		if err != nil {
			fmt.Println(f, err)
			continue
		}
		el := time.Since(t0)
		maxErr := func() float64 {
			var e float64
			for i := range mt.Rows {
				ev, err := m.evaluate(mt.Row(i), -1)
				if err != nil {
					fmt.Println(err)
					continue
				}
				axpy(-1, kt.Row(i), ev.k)
				e = max(e, dense.Norm(ev.k)/dense.Norm(kt.Row(i)))
			}
			return e
		}
		for i := range mt.Rows {
			pr, err := m.Predict(mt.Row(i))
			if err != nil {
				fmt.Println(err)
				continue
			}
			kk := slices.Clone(pr.K)
			axpy(-1, kt.Row(i), kk)
			tr := dense.Norm(kk) / dense.Norm(kt.Row(i))
			if tr > 1e-13 {
				ratios = append(ratios, (pr.ModelError+4e-15)/tr)
				if pr.ModelError+4e-15 >= tr {
					cov++
				} else if os.Getenv("V") != "" {
					fmt.Println("  uncovered", f, mt.Row(i), pr.ModelError, tr)
				}
			}
		}
		e := maxErr()
		fmt.Printf("%-15s N=%d r=%d err %.2e score %.2e chosen %v second %s warps %v f=%.2f ratio=%.2g %v\n", f, s.Mu.Rows, m.Basis.Rows, e, m.Score, m.Chosen, m.RunnerUp, m.Scores[0].Warps, m.Estimate.Factor, m.Estimate.Ratio, el.Round(time.Millisecond))
		if os.Getenv("V") != "" {
			sv := *m
			for i := range sv.Parts {
				m.Parts = []Part{sv.Parts[i]}
				m.Averaged = 1
				m.Second = -1
				m.Fallback = -1
				fmt.Printf("   part %s err %.2e\n", sv.Parts[i].Kind, maxErr())
			}
			for i, sc := range sv.Scores {
				if i < 24 {
					fmt.Printf("     %.2e %s %v %s\n", sc.Score, sc.Model, sc.Warps, sc.Note)
				}
			}
		}
	}
	if len(ratios) > 0 {
		fmt.Printf("coverage %d/%d = %.1f%%, median %.2f, q90 %.1f\n", cov, len(ratios), 100*float64(cov)/float64(len(ratios)), quantile(ratios, .5), quantile(ratios, .9))
	}
	_ = math.Pi
}
func mcol(m *dense.Matrix[float64], j int) []float64 {
	var c []float64
	for i := range m.Rows {
		c = append(c, m.At(i, j))
	}
	return c
}
