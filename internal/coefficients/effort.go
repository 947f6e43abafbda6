package coefficients

// effort bounds the search for hyperparameters by the number of samples: one
// trial costs O(N³).
type effort struct {
	spaces        int       // choices of warps on which all kinds are tried
	analyticStart []float64 // isotropic starts of log a
	analyticSteps []float64
	rationalSteps []float64
	degrees       []int // of denominators, the dearest first
	lengthStart   []float64
	lengthSteps   []float64
	nuggets       []float64 // bernstein
	rational      []float64 // nuggets of rational
	gaussian      []float64 // nuggets of gaussian
	warpTerms     int       // polynomial terms that score a choice of warps
	refine        int       // candidates whose denominators are left out as well
}

// Sample counts above which the search is cut down.
const (
	mediumSamples = 200
	largeSamples  = 350
)

// effortFor returns the full search for up to mediumSamples samples and
// shorter ones beyond.
func effortFor(n int) effort {
	e := effort{
		spaces:        3,
		analyticStart: []float64{-1.5, -0.8, -0.2, 0.4, 1}, // nearly the interval to twenty times its size
		analyticSteps: []float64{0.7, 0.35, 0.18},
		rationalSteps: []float64{0.5, 0.25},
		degrees:       []int{4, 3, 2, 1},
		lengthStart:   []float64{-1.2, -0.5, 0.2, 0.9, 1.6},
		lengthSteps:   []float64{0.5, 0.25, 0.12},
		nuggets:       []float64{1e-14, 1e-11, 1e-8, 1e-5},
		rational:      []float64{1e-13, 1e-10, 1e-7},
		gaussian:      []float64{1e-12, 1e-10, 1e-7},
		warpTerms:     mediumSamples,
		refine:        4,
	}
	if n > mediumSamples {
		e.spaces, e.refine, e.warpTerms = 2, 1, 120
		e.analyticSteps, e.lengthSteps = []float64{0.6, 0.3}, []float64{0.5, 0.25}
		e.degrees = []int{4, 2}
		e.nuggets, e.rational = []float64{1e-14, 1e-10, 1e-6}, []float64{1e-13, 1e-9}
		e.gaussian = []float64{1e-12, 1e-9}
	}
	if n > largeSamples {
		e.spaces, e.refine = 1, 0
		e.analyticStart, e.lengthStart = []float64{-0.8, -0.2, 0.4}, []float64{-0.5, 0.2, 0.9}
		e.analyticSteps, e.rationalSteps, e.lengthSteps = []float64{0.5}, []float64{0.5}, []float64{0.5}
		e.nuggets = []float64{1e-13, 1e-8}
	}
	return e
}
