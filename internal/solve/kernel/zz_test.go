package kernel
import "testing"
func BenchmarkZ(b *testing.B) {
	const m,k = 24,8
	s := Default[float64]()
	a := symmetric[float64](newRand(1), m, true)
	for j := range m { a.set(j, j, 100) }
	var w Work[float64]; var p Pivots[float64]; var q LUPivots
	f := make([]float64, m*m)
	b.Run("chol", func(b *testing.B){ for b.Loop() { copy(f,a.v); s.Cholesky(&w,f,m,m,k,1) } })
	b.Run("ldl", func(b *testing.B){ for b.Loop() { copy(f,a.v); s.LDL(&w,f,m,m,k,Pivoting{Tau:0.01},&p) } })
	b.Run("lu", func(b *testing.B){ for b.Loop() { copy(f,a.v); s.LU(&w,f,m,m,k,Pivoting{Tau:0.01},&q) } })
	x := make([]float64,m)
	b.Run("solve", func(b *testing.B){ for b.Loop() { s.SolveLower(&w,NoTrans,false,a.v,m,k,x,1,1); s.Update(&w,NoTrans,a.v[k:],m,m-k,k,x,1,x[k:],1,1); s.Update(&w,ConjTrans,a.v[k:],m,m-k,k,x[k:],1,x,1,1); s.SolveLower(&w,ConjTrans,false,a.v,m,k,x,1,1) } })
}
