package eim

import (
	"context"
	"fmt"
	"math"
	"testing"
)

func TestQuick(t *testing.T) {
	p, x := 200, 2001
	rows := make([][]float64, p)
	for i := range rows {
		mu := 1 + 5*float64(i)/float64(p-1)
		rows[i] = make([]float64, x)
		for j := range rows[i] {
			y := float64(j) / float64(x-1)
			rows[i][j] = 1 / (1 + mu*mu*(y-.4)*(y-.4))
		}
	}
	tab := &Table[float64]{Blocks: []Block[float64]{{Name: "g", Cols: x, Rows: rows, Magic: true, Measure: true}}}
	for _, n := range []string{"max", "l2", "l1"} {
		s, err := Greedy(context.Background(), tab, Options{MaxTerms: 0, FirstRow: -1, Norm: Norm{Kind: n}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(n, s.Stop, len(s.Snapshots), s.Errors, s.LebesgueParameter, s.LebesgueEntry, s.SumBetaMin, s.SumBetaMax)
		b, _ := s.Beta(s.Values.Row(3))
		fmt.Println(b)
		_ = math.Pi
	}
}
