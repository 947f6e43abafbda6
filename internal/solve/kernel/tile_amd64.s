#include "textflag.h"

// Tiles of inner_amd64.go: C -= A·B for one tile held in registers while all
// terms pass over it.

// RTERM adds the products of one term: 8 rows of A and 6 columns of B.
#define RTERM(a0, a1, b0, b1, b2, b3, b4, b5) \
	VMOVUPD      a0, Y0;        \
	VMOVUPD      a1, Y1;        \
	VBROADCASTSD b0, Y2;        \
	VBROADCASTSD b1, Y3;        \
	VFMADD231PD  Y0, Y2, Y4;    \
	VFMADD231PD  Y1, Y2, Y5;    \
	VFMADD231PD  Y0, Y3, Y6;    \
	VFMADD231PD  Y1, Y3, Y7;    \
	VBROADCASTSD b2, Y2;        \
	VBROADCASTSD b3, Y3;        \
	VFMADD231PD  Y0, Y2, Y8;    \
	VFMADD231PD  Y1, Y2, Y9;    \
	VFMADD231PD  Y0, Y3, Y10;   \
	VFMADD231PD  Y1, Y3, Y11;   \
	VBROADCASTSD b4, Y2;        \
	VBROADCASTSD b5, Y3;        \
	VFMADD231PD  Y0, Y2, Y12;   \
	VFMADD231PD  Y1, Y2, Y13;   \
	VFMADD231PD  Y0, Y3, Y14;   \
	VFMADD231PD  Y1, Y3, Y15

// RSTORE subtracts one column from C and goes to the next.
#define RSTORE(p, q) \
	VMOVUPD (DI), Y0;       \
	VMOVUPD 32(DI), Y1;     \
	VSUBPD  p, Y0, Y0;      \
	VSUBPD  q, Y1, Y1;      \
	VMOVUPD Y0, (DI);       \
	VMOVUPD Y1, 32(DI);     \
	ADDQ    R8, DI

#define ZERO12 \
	VXORPD Y4, Y4, Y4;    \
	VXORPD Y5, Y5, Y5;    \
	VXORPD Y6, Y6, Y6;    \
	VXORPD Y7, Y7, Y7;    \
	VXORPD Y8, Y8, Y8;    \
	VXORPD Y9, Y9, Y9;    \
	VXORPD Y10, Y10, Y10; \
	VXORPD Y11, Y11, Y11; \
	VXORPD Y12, Y12, Y12; \
	VXORPD Y13, Y13, Y13; \
	VXORPD Y14, Y14, Y14; \
	VXORPD Y15, Y15, Y15

// func tileRealAVX2(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int)
TEXT ·tileRealAVX2(SB), NOSPLIT, $0-56
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ lda+16(FP), R9
	MOVQ b+24(FP), DX
	MOVQ ldb+32(FP), R10
	MOVQ c+40(FP), DI
	MOVQ ldc+48(FP), R8
	SHLQ $3, R8
	SHLQ $3, R9
	SHLQ $3, R10

	// C is needed when the terms are done.
	MOVQ       DI, AX
	PREFETCHT0 (AX)
	PREFETCHT0 56(AX)
	ADDQ       R8, AX
	PREFETCHT0 (AX)
	PREFETCHT0 56(AX)
	ADDQ       R8, AX
	PREFETCHT0 (AX)
	PREFETCHT0 56(AX)
	ADDQ       R8, AX
	PREFETCHT0 (AX)
	PREFETCHT0 56(AX)
	ADDQ       R8, AX
	PREFETCHT0 (AX)
	PREFETCHT0 56(AX)
	ADDQ       R8, AX
	PREFETCHT0 (AX)
	PREFETCHT0 56(AX)
	ZERO12
	SUBQ       $4, CX
	JLT        rest

four:
	RTERM((SI), 32(SI), (DX), 8(DX), 16(DX), 24(DX), 32(DX), 40(DX))
	RTERM((SI)(R9*1), 32(SI)(R9*1), (DX)(R10*1), 8(DX)(R10*1), 16(DX)(R10*1), 24(DX)(R10*1), 32(DX)(R10*1), 40(DX)(R10*1))
	LEAQ (SI)(R9*2), SI
	LEAQ (DX)(R10*2), DX
	RTERM((SI), 32(SI), (DX), 8(DX), 16(DX), 24(DX), 32(DX), 40(DX))
	RTERM((SI)(R9*1), 32(SI)(R9*1), (DX)(R10*1), 8(DX)(R10*1), 16(DX)(R10*1), 24(DX)(R10*1), 32(DX)(R10*1), 40(DX)(R10*1))
	LEAQ (SI)(R9*2), SI
	LEAQ (DX)(R10*2), DX
	SUBQ $4, CX
	JGE  four

rest:
	ADDQ $4, CX
	JZ   store

one:
	RTERM((SI), 32(SI), (DX), 8(DX), 16(DX), 24(DX), 32(DX), 40(DX))
	ADDQ R9, SI
	ADDQ R10, DX
	DECQ CX
	JNZ  one

store:
	RSTORE(Y4, Y5)
	RSTORE(Y6, Y7)
	RSTORE(Y8, Y9)
	RSTORE(Y10, Y11)
	RSTORE(Y12, Y13)
	RSTORE(Y14, Y15)
	VZEROUPPER
	RET

// CTERM adds the products of one term: 4 rows of A and 3 columns of B, by
// real parts in the first two and by imaginary parts in the last two sums of
// each column.
#define CTERM(a0, a1, b0, b1, b2, b3, b4, b5) \
	VMOVUPD      a0, Y0;        \
	VMOVUPD      a1, Y1;        \
	VBROADCASTSD b0, Y2;        \
	VBROADCASTSD b1, Y3;        \
	VFMADD231PD  Y0, Y2, Y4;    \
	VFMADD231PD  Y1, Y2, Y5;    \
	VFMADD231PD  Y0, Y3, Y6;    \
	VFMADD231PD  Y1, Y3, Y7;    \
	VBROADCASTSD b2, Y2;        \
	VBROADCASTSD b3, Y3;        \
	VFMADD231PD  Y0, Y2, Y8;    \
	VFMADD231PD  Y1, Y2, Y9;    \
	VFMADD231PD  Y0, Y3, Y10;   \
	VFMADD231PD  Y1, Y3, Y11;   \
	VBROADCASTSD b4, Y2;        \
	VBROADCASTSD b5, Y3;        \
	VFMADD231PD  Y0, Y2, Y12;   \
	VFMADD231PD  Y1, Y2, Y13;   \
	VFMADD231PD  Y0, Y3, Y14;   \
	VFMADD231PD  Y1, Y3, Y15

// CSTORE subtracts one column, from the sums by real parts p, q and by
// imaginary parts u, v, and goes to the next.
#define CSTORE(p, q, u, v) \
	VPERMILPD  $5, u, u;    \
	VPERMILPD  $5, v, v;    \
	VADDSUBPD  u, p, p;     \
	VADDSUBPD  v, q, q;     \
	RSTORE(p, q)

// func tileComplexAVX2(k int, a *complex128, lda int, b *complex128, ldb int, c *complex128, ldc int)
TEXT ·tileComplexAVX2(SB), NOSPLIT, $0-56
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ lda+16(FP), R9
	MOVQ b+24(FP), DX
	MOVQ ldb+32(FP), R10
	MOVQ c+40(FP), DI
	MOVQ ldc+48(FP), R8
	SHLQ $4, R8
	SHLQ $4, R9
	SHLQ $4, R10

	MOVQ       DI, AX
	PREFETCHT0 (AX)
	PREFETCHT0 56(AX)
	ADDQ       R8, AX
	PREFETCHT0 (AX)
	PREFETCHT0 56(AX)
	ADDQ       R8, AX
	PREFETCHT0 (AX)
	PREFETCHT0 56(AX)
	ZERO12
	SUBQ       $4, CX
	JLT        rest

four:
	CTERM((SI), 32(SI), (DX), 8(DX), 16(DX), 24(DX), 32(DX), 40(DX))
	CTERM((SI)(R9*1), 32(SI)(R9*1), (DX)(R10*1), 8(DX)(R10*1), 16(DX)(R10*1), 24(DX)(R10*1), 32(DX)(R10*1), 40(DX)(R10*1))
	LEAQ (SI)(R9*2), SI
	LEAQ (DX)(R10*2), DX
	CTERM((SI), 32(SI), (DX), 8(DX), 16(DX), 24(DX), 32(DX), 40(DX))
	CTERM((SI)(R9*1), 32(SI)(R9*1), (DX)(R10*1), 8(DX)(R10*1), 16(DX)(R10*1), 24(DX)(R10*1), 32(DX)(R10*1), 40(DX)(R10*1))
	LEAQ (SI)(R9*2), SI
	LEAQ (DX)(R10*2), DX
	SUBQ $4, CX
	JGE  four

rest:
	ADDQ $4, CX
	JZ   store

one:
	CTERM((SI), 32(SI), (DX), 8(DX), 16(DX), 24(DX), 32(DX), 40(DX))
	ADDQ R9, SI
	ADDQ R10, DX
	DECQ CX
	JNZ  one

store:
	CSTORE(Y4, Y5, Y6, Y7)
	CSTORE(Y8, Y9, Y10, Y11)
	CSTORE(Y12, Y13, Y14, Y15)
	VZEROUPPER
	RET
