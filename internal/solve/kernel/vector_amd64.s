#include "textflag.h"

// Columns and dot products of inner_amd64.go.

DATA signMask<>+0(SB)/8, $0x7FFFFFFFFFFFFFFF
GLOBL signMask<>(SB), RODATA|NOPTR, $8

// func columnsRealAVX2(n int, y, a *float64, ld int, x *float64, cols int)
TEXT ·columnsRealAVX2(SB), NOSPLIT, $0-48
	MOVQ n+0(FP), CX
	MOVQ y+8(FP), DI
	MOVQ a+16(FP), SI
	MOVQ ld+24(FP), R8
	MOVQ x+32(FP), DX
	MOVQ cols+40(FP), R9
	SHLQ $3, R8
	SUBQ $16, CX
	JLT  sixteenDone

sixteen:
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	MOVQ   SI, AX
	XORQ   BX, BX

sixteenColumn:
	VBROADCASTSD (DX)(BX*8), Y4
	VFMADD231PD  (AX), Y4, Y0
	VFMADD231PD  32(AX), Y4, Y1
	VFMADD231PD  64(AX), Y4, Y2
	VFMADD231PD  96(AX), Y4, Y3
	ADDQ         R8, AX
	INCQ         BX
	CMPQ         BX, R9
	JLT          sixteenColumn
	VMOVUPD      (DI), Y4
	VMOVUPD      32(DI), Y5
	VMOVUPD      64(DI), Y6
	VMOVUPD      96(DI), Y7
	VSUBPD       Y0, Y4, Y4
	VSUBPD       Y1, Y5, Y5
	VSUBPD       Y2, Y6, Y6
	VSUBPD       Y3, Y7, Y7
	VMOVUPD      Y4, (DI)
	VMOVUPD      Y5, 32(DI)
	VMOVUPD      Y6, 64(DI)
	VMOVUPD      Y7, 96(DI)
	ADDQ         $128, DI
	ADDQ         $128, SI
	SUBQ         $16, CX
	JGE          sixteen

sixteenDone:
	ADDQ $12, CX // n - 4
	JLT  fourDone

four:
	VXORPD Y0, Y0, Y0
	MOVQ   SI, AX
	XORQ   BX, BX

fourColumn:
	VBROADCASTSD (DX)(BX*8), Y4
	VFMADD231PD  (AX), Y4, Y0
	ADDQ         R8, AX
	INCQ         BX
	CMPQ         BX, R9
	JLT          fourColumn
	VMOVUPD      (DI), Y4
	VSUBPD       Y0, Y4, Y4
	VMOVUPD      Y4, (DI)
	ADDQ         $32, DI
	ADDQ         $32, SI
	SUBQ         $4, CX
	JGE          four

fourDone:
	ADDQ $4, CX
	JZ   done

one:
	VXORPD X0, X0, X0
	MOVQ   SI, AX
	XORQ   BX, BX

oneColumn:
	VMOVSD      (DX)(BX*8), X4
	VFMADD231SD (AX), X4, X0
	ADDQ        R8, AX
	INCQ        BX
	CMPQ        BX, R9
	JLT         oneColumn
	VMOVSD      (DI), X4
	VSUBSD      X0, X4, X4
	VMOVSD      X4, (DI)
	ADDQ        $8, DI
	ADDQ        $8, SI
	DECQ        CX
	JNZ         one

done:
	VZEROUPPER
	RET

// func columnsComplexAVX2(n int, y, a *complex128, ld int, x *complex128, cols int)
TEXT ·columnsComplexAVX2(SB), NOSPLIT, $0-48
	MOVQ n+0(FP), CX
	MOVQ y+8(FP), DI
	MOVQ a+16(FP), SI
	MOVQ ld+24(FP), R8
	MOVQ x+32(FP), DX
	MOVQ cols+40(FP), R9
	SHLQ $4, R8
	SHLQ $1, R9 // two numbers per column
	SUBQ $8, CX
	JLT  eightDone

eight:
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	MOVQ   SI, AX
	XORQ   BX, BX

eightColumn:
	VBROADCASTSD (DX)(BX*8), Y8
	VBROADCASTSD 8(DX)(BX*8), Y9
	VMOVUPD      (AX), Y10
	VMOVUPD      32(AX), Y11
	VMOVUPD      64(AX), Y12
	VMOVUPD      96(AX), Y13
	VFMADD231PD  Y10, Y8, Y0
	VFMADD231PD  Y11, Y8, Y1
	VFMADD231PD  Y12, Y8, Y2
	VFMADD231PD  Y13, Y8, Y3
	VFMADD231PD  Y10, Y9, Y4
	VFMADD231PD  Y11, Y9, Y5
	VFMADD231PD  Y12, Y9, Y6
	VFMADD231PD  Y13, Y9, Y7
	ADDQ         R8, AX
	ADDQ         $2, BX
	CMPQ         BX, R9
	JLT          eightColumn
	VPERMILPD    $5, Y4, Y4
	VPERMILPD    $5, Y5, Y5
	VPERMILPD    $5, Y6, Y6
	VPERMILPD    $5, Y7, Y7
	VADDSUBPD    Y4, Y0, Y0
	VADDSUBPD    Y5, Y1, Y1
	VADDSUBPD    Y6, Y2, Y2
	VADDSUBPD    Y7, Y3, Y3
	VMOVUPD      (DI), Y4
	VMOVUPD      32(DI), Y5
	VMOVUPD      64(DI), Y6
	VMOVUPD      96(DI), Y7
	VSUBPD       Y0, Y4, Y4
	VSUBPD       Y1, Y5, Y5
	VSUBPD       Y2, Y6, Y6
	VSUBPD       Y3, Y7, Y7
	VMOVUPD      Y4, (DI)
	VMOVUPD      Y5, 32(DI)
	VMOVUPD      Y6, 64(DI)
	VMOVUPD      Y7, 96(DI)
	ADDQ         $128, DI
	ADDQ         $128, SI
	SUBQ         $8, CX
	JGE          eight

eightDone:
	ADDQ $6, CX // n - 2
	JLT  twoDone

two:
	VXORPD Y0, Y0, Y0
	VXORPD Y4, Y4, Y4
	MOVQ   SI, AX
	XORQ   BX, BX

twoColumn:
	VBROADCASTSD (DX)(BX*8), Y8
	VBROADCASTSD 8(DX)(BX*8), Y9
	VMOVUPD      (AX), Y10
	VFMADD231PD  Y10, Y8, Y0
	VFMADD231PD  Y10, Y9, Y4
	ADDQ         R8, AX
	ADDQ         $2, BX
	CMPQ         BX, R9
	JLT          twoColumn
	VPERMILPD    $5, Y4, Y4
	VADDSUBPD    Y4, Y0, Y0
	VMOVUPD      (DI), Y4
	VSUBPD       Y0, Y4, Y4
	VMOVUPD      Y4, (DI)
	ADDQ         $32, DI
	ADDQ         $32, SI
	SUBQ         $2, CX
	JGE          two

twoDone:
	ADDQ $2, CX
	JZ   done
	VXORPD X0, X0, X0
	VXORPD X4, X4, X4
	XORQ   BX, BX

oneColumn:
	VMOVDDUP    (DX)(BX*8), X8
	VMOVDDUP    8(DX)(BX*8), X9
	VMOVUPD     (SI), X10
	VFMADD231PD X10, X8, X0
	VFMADD231PD X10, X9, X4
	ADDQ        R8, SI
	ADDQ        $2, BX
	CMPQ        BX, R9
	JLT         oneColumn
	VPERMILPD   $1, X4, X4
	VADDSUBPD   X4, X0, X0
	VMOVUPD     (DI), X4
	VSUBPD      X0, X4, X4
	VMOVUPD     X4, (DI)

done:
	VZEROUPPER
	RET

// REDUCE stores the sum of the four elements of y at o(DI); y is lost.
#define REDUCE(y, x, o) \
	VEXTRACTF128 $1, y, X9;  \
	VADDPD       X9, x, x;   \
	VHADDPD      x, x, x;    \
	VMOVSD       x, o(DI)

// func dotsRealAVX2(n int, sum *[4]float64, a *float64, ld int, x *float64)
TEXT ·dotsRealAVX2(SB), NOSPLIT, $0-40
	MOVQ   n+0(FP), CX
	MOVQ   sum+8(FP), DI
	MOVQ   a+16(FP), SI
	MOVQ   ld+24(FP), R8
	MOVQ   x+32(FP), DX
	SHLQ   $3, R8
	LEAQ   (SI)(R8*1), R10
	LEAQ   (SI)(R8*2), R11
	LEAQ   (R10)(R8*2), R12
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	XORQ   BX, BX
	SUBQ   $8, CX
	JLT    eightDone

eight:
	VMOVUPD     (DX)(BX*8), Y8
	VMOVUPD     32(DX)(BX*8), Y9
	VFMADD231PD (SI)(BX*8), Y8, Y0
	VFMADD231PD 32(SI)(BX*8), Y9, Y4
	VFMADD231PD (R10)(BX*8), Y8, Y1
	VFMADD231PD 32(R10)(BX*8), Y9, Y5
	VFMADD231PD (R11)(BX*8), Y8, Y2
	VFMADD231PD 32(R11)(BX*8), Y9, Y6
	VFMADD231PD (R12)(BX*8), Y8, Y3
	VFMADD231PD 32(R12)(BX*8), Y9, Y7
	ADDQ        $8, BX
	SUBQ        $8, CX
	JGE         eight

eightDone:
	VADDPD Y4, Y0, Y0
	VADDPD Y5, Y1, Y1
	VADDPD Y6, Y2, Y2
	VADDPD Y7, Y3, Y3
	REDUCE(Y0, X0, 0)
	REDUCE(Y1, X1, 8)
	REDUCE(Y2, X2, 16)
	REDUCE(Y3, X3, 24)
	ADDQ   $8, CX
	JZ     done

one:
	VMOVSD      (DX)(BX*8), X8
	VFMADD231SD (SI)(BX*8), X8, X0
	VFMADD231SD (R10)(BX*8), X8, X1
	VFMADD231SD (R11)(BX*8), X8, X2
	VFMADD231SD (R12)(BX*8), X8, X3
	INCQ        BX
	DECQ        CX
	JNZ         one
	VMOVSD      X0, (DI)
	VMOVSD      X1, 8(DI)
	VMOVSD      X2, 16(DI)
	VMOVSD      X3, 24(DI)

done:
	VZEROUPPER
	RET

// CDOT adds the products of one column at p with x (Y8) and x turned (Y9).
#define CDOT(p, u, v) \
	VMOVUPD     (p)(BX*8), Y10; \
	VFMADD231PD Y10, Y8, u;     \
	VFMADD231PD Y10, Y9, v

// CSUM stores the two elements that the halves of y add up to at o(DI).
#define CSUM(y, x, o) \
	VEXTRACTF128 $1, y, X9; \
	VADDPD       X9, x, x;  \
	VMOVUPD      x, o(DI)

// CDOTX is CDOT for one row.
#define CDOTX(p, u, v) \
	VMOVUPD     (p)(BX*8), X10; \
	VFMADD231PD X10, X8, u;     \
	VFMADD231PD X10, X9, v

// func dotsComplexAVX2(n int, sum *[16]float64, a *complex128, ld int, x *complex128)
//
// sum[4p..4p+3] are Σ re·re, Σ im·im, Σ re·im, Σ im·re of a and x of column p.
TEXT ·dotsComplexAVX2(SB), NOSPLIT, $0-40
	MOVQ   n+0(FP), CX
	MOVQ   sum+8(FP), DI
	MOVQ   a+16(FP), SI
	MOVQ   ld+24(FP), R8
	MOVQ   x+32(FP), DX
	SHLQ   $4, R8
	LEAQ   (SI)(R8*1), R10
	LEAQ   (SI)(R8*2), R11
	LEAQ   (R10)(R8*2), R12
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	XORQ   BX, BX
	SUBQ   $2, CX
	JLT    twoDone

two:
	VMOVUPD   (DX)(BX*8), Y8
	VPERMILPD $5, Y8, Y9
	CDOT(SI, Y0, Y4)
	CDOT(R10, Y1, Y5)
	CDOT(R11, Y2, Y6)
	CDOT(R12, Y3, Y7)
	ADDQ      $4, BX
	SUBQ      $2, CX
	JGE       two

twoDone:
	CSUM(Y0, X0, 0)
	CSUM(Y4, X4, 16)
	CSUM(Y1, X1, 32)
	CSUM(Y5, X5, 48)
	CSUM(Y2, X2, 64)
	CSUM(Y6, X6, 80)
	CSUM(Y3, X3, 96)
	CSUM(Y7, X7, 112)
	ADDQ      $2, CX
	JZ        done
	VMOVUPD   (DX)(BX*8), X8
	VPERMILPD $1, X8, X9
	CDOTX(SI, X0, X4)
	CDOTX(R10, X1, X5)
	CDOTX(R11, X2, X6)
	CDOTX(R12, X3, X7)
	VMOVUPD   X0, (DI)
	VMOVUPD   X4, 16(DI)
	VMOVUPD   X1, 32(DI)
	VMOVUPD   X5, 48(DI)
	VMOVUPD   X2, 64(DI)
	VMOVUPD   X6, 80(DI)
	VMOVUPD   X3, 96(DI)
	VMOVUPD   X7, 112(DI)

done:
	VZEROUPPER
	RET

// func sizeRealAVX2(n int, x *float64) float64
//
// n is a positive multiple of 8.
TEXT ·sizeRealAVX2(SB), NOSPLIT, $0-24
	MOVQ         n+0(FP), CX
	MOVQ         x+8(FP), SI
	VBROADCASTSD signMask<>(SB), Y7
	VXORPD       Y0, Y0, Y0
	VXORPD       Y1, Y1, Y1

loop:
	VANDPD       (SI), Y7, Y2
	VANDPD       32(SI), Y7, Y3
	VMAXPD       Y0, Y2, Y0
	VMAXPD       Y1, Y3, Y1
	ADDQ         $64, SI
	SUBQ         $8, CX
	JNZ          loop
	VMAXPD       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VMAXPD       X1, X0, X0
	VPERMILPD    $1, X0, X1
	VMAXSD       X1, X0, X0
	VMOVSD       X0, ret+16(FP)
	VZEROUPPER
	RET

// func sizeComplexAVX2(n int, x *complex128) float64
//
// n is a positive multiple of 4.
TEXT ·sizeComplexAVX2(SB), NOSPLIT, $0-24
	MOVQ         n+0(FP), CX
	MOVQ         x+8(FP), SI
	VBROADCASTSD signMask<>(SB), Y7
	VXORPD       Y0, Y0, Y0

loop:
	VANDPD       (SI), Y7, Y2
	VANDPD       32(SI), Y7, Y3
	VHADDPD      Y3, Y2, Y2
	VMAXPD       Y0, Y2, Y0
	ADDQ         $64, SI
	SUBQ         $4, CX
	JNZ          loop
	VEXTRACTF128 $1, Y0, X1
	VMAXPD       X1, X0, X0
	VPERMILPD    $1, X0, X1
	VMAXSD       X1, X0, X0
	VMOVSD       X0, ret+16(FP)
	VZEROUPPER
	RET

// func scaleRealAVX2(n int, dst, src *float64, f float64)
//
// n is a positive multiple of 4.
TEXT ·scaleRealAVX2(SB), NOSPLIT, $0-32
	MOVQ         n+0(FP), CX
	MOVQ         dst+8(FP), DI
	MOVQ         src+16(FP), SI
	VBROADCASTSD f+24(FP), Y7

loop:
	VMULPD  (SI), Y7, Y0
	VMOVUPD Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $4, CX
	JNZ     loop
	VZEROUPPER
	RET

// func scaleComplexAVX2(n int, dst, src *complex128, f complex128)
//
// n is a positive multiple of 2.
TEXT ·scaleComplexAVX2(SB), NOSPLIT, $0-40
	MOVQ         n+0(FP), CX
	MOVQ         dst+8(FP), DI
	MOVQ         src+16(FP), SI
	VBROADCASTSD f_real+24(FP), Y6
	VBROADCASTSD f_imag+32(FP), Y7

loop:
	VMOVUPD   (SI), Y0
	VPERMILPD $5, Y0, Y1
	VMULPD    Y0, Y6, Y0
	VMULPD    Y1, Y7, Y1
	VADDSUBPD Y1, Y0, Y0
	VMOVUPD   Y0, (DI)
	ADDQ      $32, SI
	ADDQ      $32, DI
	SUBQ      $2, CX
	JNZ       loop
	VZEROUPPER
	RET
