package order

// EliminationTree returns the parent of every column of the Cholesky factor of
// a matrix with graph g, eliminated in the order of the vertex numbers: the row
// of the first entry below the diagonal, -1 for a root (Liu 1990, with path
// compression).
func EliminationTree(g *Graph) []int32 {
	parent := make([]int32, g.N)
	if g.Complete {
		for v := range parent {
			parent[v] = int32(v) + 1
		}
		if g.N > 0 {
			parent[g.N-1] = -1
		}
		return parent
	}
	ancestor := make([]int32, g.N)
	for k := range int32(g.N) {
		parent[k], ancestor[k] = -1, -1
		for _, j := range g.Idx[g.Ptr[k]:g.Ptr[k+1]] {
			for j < k {
				up := ancestor[j]
				ancestor[j] = k
				if up < 0 {
					parent[j] = k
					break
				}
				j = up
			}
		}
	}
	return parent
}

// Postorder returns a postorder of the forest given by parent: post[k] is the
// vertex visited k-th, children before parents, every subtree contiguous,
// siblings and roots by increasing number.
func Postorder(parent []int32) []int32 {
	return newForest(parent).postorder()
}

// forest holds the children of every vertex as linked lists; the list of the
// roots starts at root.
type forest struct {
	first, next []int32
	root        int32
}

func newForest(parent []int32) *forest {
	n := len(parent)
	f := &forest{first: make([]int32, n), next: make([]int32, n), root: -1}
	for v := range f.first {
		f.first[v] = -1
	}
	for v := int32(n) - 1; v >= 0; v-- {
		head := &f.root
		if p := parent[v]; p >= 0 {
			head = &f.first[p]
		}
		f.next[v] = *head
		*head = v
	}
	return f
}

// postorder consumes the lists of children.
func (f *forest) postorder() []int32 {
	post := make([]int32, 0, len(f.first))
	var stack []int32
	for r := f.root; r >= 0; r = f.next[r] {
		stack = append(stack, r)
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			if c := f.first[v]; c >= 0 {
				f.first[v] = f.next[c]
				stack = append(stack, c)
				continue
			}
			post = append(post, v)
			stack = stack[:len(stack)-1]
		}
	}
	return post
}

// ColumnCounts returns the number of entries of every column of the factor,
// with the diagonal, for the elimination in the order of the vertex numbers,
// given its elimination tree (Gilbert, Ng, Peyton 1994: every column gains one
// per leaf of a row subtree and loses one per least common ancestor of
// consecutive leaves).
func ColumnCounts(g *Graph, parent []int32) []int32 {
	n := g.N
	count := make([]int32, n)
	if g.Complete {
		for v := range count {
			count[v] = int32(n - v)
		}
		return count
	}
	post := Postorder(parent)
	first := make([]int32, n) // postorder number of the first descendant
	for v := range first {
		first[v] = -1
	}
	for k, v := range post {
		if first[v] < 0 {
			count[v] = 1 // a leaf of the tree
		}
		for ; v >= 0 && first[v] < 0; v = parent[v] {
			first[v] = int32(k)
		}
	}
	highest := make([]int32, n)  // largest first[j] seen in row i
	leaf := make([]int32, n)     // last leaf of row subtree i
	ancestor := make([]int32, n) // path-compressed sets
	for v := range n {
		highest[v], leaf[v], ancestor[v] = -1, -1, int32(v)
	}
	for _, j := range post {
		p := parent[j]
		if p >= 0 {
			count[p]--
		}
		for _, i := range g.Idx[g.Ptr[j]:g.Ptr[j+1]] {
			if i <= j || first[j] <= highest[i] {
				continue
			}
			highest[i] = first[j]
			count[j]++
			if previous := leaf[i]; previous >= 0 {
				count[find(ancestor, previous)]--
			}
			leaf[i] = j
		}
		if p >= 0 {
			ancestor[j] = p
		}
	}
	for _, j := range post {
		if p := parent[j]; p >= 0 {
			count[p] += count[j]
		}
	}
	return count
}

// find returns the representative of v's set and shortens the path to it.
func find(ancestor []int32, v int32) int32 {
	root := v
	for root != ancestor[root] {
		root = ancestor[root]
	}
	for v != root {
		v, ancestor[v] = ancestor[v], root
	}
	return root
}

// flops returns the sum of the squared column counts, the operations of LLᵀ.
func flops(count []int32) (sum float64) {
	for _, c := range count {
		sum += float64(c) * float64(c)
	}
	return sum
}
