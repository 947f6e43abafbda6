package surrogate
import ("testing";"math";"sort";"eimtool/internal/matrix")
func TestZZ(t *testing.T) {
	for _, coef := range [][]string{{"5", "s", "0.3*(t-1)"}, {"5","s","0.02*t"}} {
	for seed := range uint64(6) {
	m, f := buildLogDetParts(t, coef, matrix.Symmetric, coef[2]=="0.02*t", func(o *Options, _ *PartsInput) { o.LogDetMax = 0; o.Seed=seed })
	var r []float64; cov := 0
	for _, mu := range f.halton(300, 100) {
		v, _ := m.LogDetAt(mu, LogDetInterpolate, false)
		x := math.Abs(v.LogAbs-logAbs(f.full(mu)))/v.Estimate
		r = append(r, x); if x<=1 {cov++}
	}
	sort.Float64s(r)
	e := m.LogDet.Sampled.LogAbs.Estimate
	t.Logf("%v %s virt %d cov %d/300 med %.2g q90 %.2g q97 %.2g max %.2g; scale %.3g level %.2g alone %v", coef, m.LogDet.Sampled.LogAbs.Kind, m.LogDet.Sampled.LogAbs.Virtual, cov, r[150], r[270],r[291],r[299], e.Scale, e.Level, e.Alone)
	}}
}
