package family

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkLoad reads 12 files of 60 000 entries each, with the same pattern or
// with a different tenth of it missing from every file.
func BenchmarkLoad(b *testing.B) {
	for _, same := range []bool{true, false} {
		files, total := map[string]string{}, 0
		table := bytes.NewBufferString("k,file\n")
		for f := range 12 {
			rng := rand.New(rand.NewPCG(uint64(f), 1))
			var text bytes.Buffer
			n := 0
			for j := range 20000 {
				for i := j; i < min(j+3, 20000); i++ {
					if v := rng.NormFloat64(); same || rng.IntN(10) > 0 {
						fmt.Fprintf(&text, "%d %d %v\n", i+1, j+1, v)
						n++
					}
				}
			}
			name := fmt.Sprintf("s%d.mtx", f)
			files[name] = fmt.Sprintf("%%%%MatrixMarket matrix coordinate real symmetric\n20000 20000 %d\n%s", n, &text)
			total += len(files[name])
			fmt.Fprintf(table, "%d,%s\n", f, name)
		}
		files["s.csv"] = table.String()
		b.Chdir(put(b, files))
		tab, err := Open("s.csv")
		if err != nil {
			b.Fatal(err)
		}
		for _, threads := range []int{1, 2} {
			for _, sums := range []bool{false, true} {
				b.Run(fmt.Sprintf("same=%v/threads=%d/checksums=%v", same, threads, sums), func(b *testing.B) {
					b.SetBytes(int64(total))
					b.ReportAllocs()
					for b.Loop() {
						if _, err := Load(b.Context(), tab, LoadOptions{Threads: threads, Checksums: sums}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
