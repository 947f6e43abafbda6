package order

import (
	"cmp"
	"slices"
)

// fundamental returns the first columns of the maximal supernodes of a
// postordered factor, and a final n: runs of columns whose structures differ
// by the diagonals only.
func fundamental(parent, count []int32) []int32 {
	n := len(parent)
	super := []int32{}
	for j := range int32(n) {
		if j == 0 || parent[j-1] != j || count[j-1] != count[j]+1 {
			super = append(super, j)
		}
	}
	return append(super, int32(n))
}

// amalgam is the supernode tree while supernodes are merged. Supernode s has
// width[s] columns and below[s] rows under them, zeros[s] of its entries are
// not in the factor.
type amalgam struct {
	width, below []int32
	parent       []int32 // -1: root
	zeros        []float64
	into         []int32 // supernode merged into, -1: alive
}

// entries returns the lower trapezoid of a front of w columns and b rows below.
func entries(w, b int32) float64 {
	return float64(w)*(float64(w)+1)/2 + float64(w)*float64(b)
}

func newAmalgam(super, parent, count []int32) *amalgam {
	m := len(super) - 1
	of := make([]int32, len(parent))
	for s := range m {
		for j := super[s]; j < super[s+1]; j++ {
			of[j] = int32(s)
		}
	}
	a := &amalgam{
		width: make([]int32, m), below: make([]int32, m), parent: make([]int32, m),
		zeros: make([]float64, m), into: make([]int32, m),
	}
	for s := range m {
		top := super[s+1] - 1
		a.width[s], a.below[s] = super[s+1]-super[s], count[top]-1
		a.parent[s], a.into[s] = -1, -1
		if p := parent[top]; p >= 0 {
			a.parent[s] = of[p]
		}
	}
	return a
}

// cost returns the zeros of the front that merging child c into p would make.
func (a *amalgam) cost(c, p int32) float64 {
	return a.zeros[c] + a.zeros[p] + float64(a.width[c])*float64(a.width[p]+a.below[p]-a.below[c])
}

// run merges children into parents, the cheapest first, parents by increasing
// number (that is, bottom up).
func (a *amalgam) run(opt Options) {
	f := newForest(a.parent)
	var children []int32
	for p := range int32(len(a.width)) {
		children = children[:0]
		for c := f.first[p]; c >= 0; c = f.next[c] {
			children = append(children, c)
		}
		slices.SortStableFunc(children, func(c, d int32) int {
			return cmp.Compare(a.cost(c, p), a.cost(d, p))
		})
		for _, c := range children {
			zeros := a.cost(c, p)
			w := a.width[c] + a.width[p]
			if zeros > 0 && zeros > opt.allowed(w)*entries(w, a.below[p]) {
				continue
			}
			a.zeros[p], a.width[p], a.into[c] = zeros, w, p
		}
	}
	for s := int32(len(a.width)) - 1; s >= 0; s-- { // parents come first
		if t := a.into[s]; t >= 0 && a.into[t] >= 0 {
			a.into[s] = a.into[t]
		}
	}
	for s, p := range a.parent {
		if p >= 0 && a.into[p] >= 0 {
			a.parent[s] = a.into[p]
		}
	}
}

// arrange returns the new order of the columns (old numbers), the first
// columns of the surviving supernodes, their parents and rows below, in a
// postorder of the merged tree.
func (a *amalgam) arrange(super []int32) (columns, first, parent, below []int32) {
	m := len(a.width)
	up := make([]int32, 0, m) // parents among survivors, in old relative numbers
	rank := make([]int32, m)
	var alive []int32
	for s := range m {
		rank[s] = int32(len(alive))
		if a.into[s] < 0 {
			alive = append(alive, int32(s))
		}
	}
	for _, s := range alive {
		p := a.parent[s]
		if p >= 0 {
			p = rank[p]
		}
		up = append(up, p)
	}
	members := make([]int32, m) // list of the merged supernodes of every survivor
	head := make([]int32, m)
	for s := range head {
		head[s] = -1
	}
	for s := int32(m) - 1; s >= 0; s-- {
		t := s
		if a.into[s] >= 0 {
			t = a.into[s]
		}
		members[s] = head[t]
		head[t] = s
	}
	post := a.frugal(alive, up).postorder()
	number := Invert(post)
	columns = make([]int32, 0, super[m])
	for _, r := range post {
		s := alive[r]
		first = append(first, int32(len(columns)))
		below = append(below, a.below[s])
		p := up[r]
		if p >= 0 {
			p = number[p]
		}
		parent = append(parent, p)
		for t := head[s]; t >= 0; t = members[t] {
			for j := super[t]; j < super[t+1]; j++ {
				columns = append(columns, j)
			}
		}
	}
	return columns, append(first, int32(len(columns))), parent, below
}

// frugal returns the forest of the survivors, alive, with parents up, children
// in the order in which the multifrontal method needs the least memory: by
// decreasing difference of the peak of a subtree and what it leaves behind
// (Liu, On the storage requirement in the out-of-core multifrontal method,
// ACM TOMS 12, 1986).
func (a *amalgam) frugal(alive, up []int32) *forest {
	f := newForest(up)
	peak := make([]float64, len(alive))
	rest := make([]float64, len(alive)) // size of the contribution block
	var children []int32
	for p, s := range alive {
		children = children[:0]
		for c := f.first[p]; c >= 0; c = f.next[c] {
			children = append(children, c)
		}
		slices.SortStableFunc(children, func(c, d int32) int {
			return cmp.Compare(peak[d]-rest[d], peak[c]-rest[c])
		})
		held := 0.0
		f.first[p] = -1
		for k, c := range children {
			peak[p] = max(peak[p], held+peak[c])
			held += rest[c]
			f.next[c] = -1
			if k == 0 {
				f.first[p] = c
			} else {
				f.next[children[k-1]] = c
			}
		}
		m, b := float64(a.width[s]+a.below[s]), float64(a.below[s])
		peak[p], rest[p] = max(peak[p], held+m*m), b*b
	}
	return f
}
