#include "textflag.h"

// Kernels of kernel_amd64.go. n counts elements: a positive multiple of 8
// (real) or 4 (complex). No fused multiply-add anywhere: see kernels.

DATA absMask<>+0(SB)/8, $0x7FFFFFFFFFFFFFFF
GLOBL absMask<>(SB), RODATA|NOPTR, $8

// func scaleAVX2(dst, src *float64, s float64, n int)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	VBROADCASTSD s+16(FP), Y15
	MOVQ         n+24(FP), CX

loop:
	VMULPD  (SI), Y15, Y0
	VMULPD  32(SI), Y15, Y1
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func divideAVX2(dst, src *float64, d float64, n int)
TEXT ·divideAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	VBROADCASTSD d+16(FP), Y15
	MOVQ         n+24(FP), CX

loop:
	VMOVUPD (SI), Y0
	VMOVUPD 32(SI), Y1
	VDIVPD  Y15, Y0, Y0
	VDIVPD  Y15, Y1, Y1
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func sub1AVX2(dst, q *float64, l float64, n int)
TEXT ·sub1AVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         q+8(FP), SI
	VBROADCASTSD l+16(FP), Y15
	MOVQ         n+24(FP), CX

loop:
	VMULPD  (SI), Y15, Y0
	VMULPD  32(SI), Y15, Y1
	VMOVUPD (DI), Y2
	VMOVUPD 32(DI), Y3
	VSUBPD  Y0, Y2, Y2
	VSUBPD  Y1, Y3, Y3
	VMOVUPD Y2, (DI)
	VMOVUPD Y3, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func sub4AVX2(dst, q0, q1, q2, q3 *float64, l *[4]float64, n int)
TEXT ·sub4AVX2(SB), NOSPLIT, $0-56
	MOVQ         dst+0(FP), DI
	MOVQ         q0+8(FP), R8
	MOVQ         q1+16(FP), R9
	MOVQ         q2+24(FP), R10
	MOVQ         q3+32(FP), R11
	MOVQ         l+40(FP), AX
	VBROADCASTSD (AX), Y12
	VBROADCASTSD 8(AX), Y13
	VBROADCASTSD 16(AX), Y14
	VBROADCASTSD 24(AX), Y15
	MOVQ         n+48(FP), CX
	XORQ         BX, BX // byte offset

loop:
	VMOVUPD (DI)(BX*1), Y0
	VMOVUPD 32(DI)(BX*1), Y1
	VMULPD  (R8)(BX*1), Y12, Y2
	VMULPD  32(R8)(BX*1), Y12, Y3
	VSUBPD  Y2, Y0, Y0
	VSUBPD  Y3, Y1, Y1
	VMULPD  (R9)(BX*1), Y13, Y4
	VMULPD  32(R9)(BX*1), Y13, Y5
	VSUBPD  Y4, Y0, Y0
	VSUBPD  Y5, Y1, Y1
	VMULPD  (R10)(BX*1), Y14, Y6
	VMULPD  32(R10)(BX*1), Y14, Y7
	VSUBPD  Y6, Y0, Y0
	VSUBPD  Y7, Y1, Y1
	VMULPD  (R11)(BX*1), Y15, Y8
	VMULPD  32(R11)(BX*1), Y15, Y9
	VSUBPD  Y8, Y0, Y0
	VSUBPD  Y9, Y1, Y1
	VMOVUPD Y0, (DI)(BX*1)
	VMOVUPD Y1, 32(DI)(BX*1)
	ADDQ    $64, BX
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func maxAVX2(x *float64, n int) float64
TEXT ·maxAVX2(SB), NOSPLIT, $0-24
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSD absMask<>(SB), Y15
	VXORPD       Y0, Y0, Y0
	VXORPD       Y1, Y1, Y1

loop:
	VANDPD (SI), Y15, Y2
	VANDPD 32(SI), Y15, Y3
	VMAXPD Y2, Y0, Y0
	VMAXPD Y3, Y1, Y1
	ADDQ   $64, SI
	SUBQ   $8, CX
	JNZ    loop

	VMAXPD       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VMAXPD       X1, X0, X0
	VPERMILPD    $1, X0, X1
	VMAXSD       X1, X0, X0
	VMOVSD       X0, ret+16(FP)
	VZEROUPPER
	RET

// func sumSquareAVX2(s *[8]float64, x *float64, n int)
TEXT ·sumSquareAVX2(SB), NOSPLIT, $0-24
	MOVQ   s+0(FP), DI
	MOVQ   x+8(FP), SI
	MOVQ   n+16(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VMOVUPD (SI), Y2
	VMOVUPD 32(SI), Y3
	VMULPD  Y2, Y2, Y2
	VMULPD  Y3, Y3, Y3
	VADDPD  Y2, Y0, Y0
	VADDPD  Y3, Y1, Y1
	ADDQ    $64, SI
	SUBQ    $8, CX
	JNZ     loop
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VZEROUPPER
	RET

// func sumSquareWeightedAVX2(s *[8]float64, x, w *float64, n int)
TEXT ·sumSquareWeightedAVX2(SB), NOSPLIT, $0-32
	MOVQ   s+0(FP), DI
	MOVQ   x+8(FP), SI
	MOVQ   w+16(FP), DX
	MOVQ   n+24(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VMOVUPD (SI), Y2
	VMOVUPD 32(SI), Y3
	VMULPD  Y2, Y2, Y2
	VMULPD  Y3, Y3, Y3
	VMULPD  (DX), Y2, Y2
	VMULPD  32(DX), Y3, Y3
	VADDPD  Y2, Y0, Y0
	VADDPD  Y3, Y1, Y1
	ADDQ    $64, SI
	ADDQ    $64, DX
	SUBQ    $8, CX
	JNZ     loop
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VZEROUPPER
	RET

// func subAbsAVX2(dst, q *float64, l float64, sum *float64, n int)
TEXT ·subAbsAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         q+8(FP), SI
	VBROADCASTSD l+16(FP), Y15
	MOVQ         sum+24(FP), DX
	MOVQ         n+32(FP), CX
	VBROADCASTSD absMask<>(SB), Y14

loop:
	VMULPD  (SI), Y15, Y0
	VMULPD  32(SI), Y15, Y1
	VMOVUPD (DI), Y2
	VMOVUPD 32(DI), Y3
	VSUBPD  Y0, Y2, Y2
	VSUBPD  Y1, Y3, Y3
	VMOVUPD Y2, (DI)
	VMOVUPD Y3, 32(DI)
	VANDPD  Y2, Y14, Y2
	VANDPD  Y3, Y14, Y3
	VADDPD  (DX), Y2, Y2
	VADDPD  32(DX), Y3, Y3
	VMOVUPD Y2, (DX)
	VMOVUPD Y3, 32(DX)
	ADDQ    $64, SI
	ADDQ    $64, DI
	ADDQ    $64, DX
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// ZSUB computes d -= l·q for two complex numbers: re and im hold the parts of l
// in all lanes, q a memory operand; t and u are scratch.
#define ZSUB(q, re, im, d, t, u) \
	VMOVUPD   q, t;         \
	VPERMILPD $5, t, u;     \
	VMULPD    t, re, t;     \
	VMULPD    u, im, u;     \
	VADDSUBPD u, t, t;      \
	VSUBPD    t, d, d

// func sub1ComplexAVX2(dst, q *complex128, l complex128, n int)
TEXT ·sub1ComplexAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         q+8(FP), SI
	VBROADCASTSD l_real+16(FP), Y14
	VBROADCASTSD l_imag+24(FP), Y15
	MOVQ         n+32(FP), CX

loop:
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	ZSUB((SI), Y14, Y15, Y0, Y2, Y3)
	ZSUB(32(SI), Y14, Y15, Y1, Y4, Y5)
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $4, CX
	JNZ     loop
	VZEROUPPER
	RET

// func sub4ComplexAVX2(dst, q0, q1, q2, q3 *complex128, l *[4]complex128, n int)
TEXT ·sub4ComplexAVX2(SB), NOSPLIT, $0-56
	MOVQ         dst+0(FP), DI
	MOVQ         q0+8(FP), R8
	MOVQ         q1+16(FP), R9
	MOVQ         q2+24(FP), R10
	MOVQ         q3+32(FP), R11
	MOVQ         l+40(FP), AX
	VBROADCASTSD (AX), Y8
	VBROADCASTSD 8(AX), Y9
	VBROADCASTSD 16(AX), Y10
	VBROADCASTSD 24(AX), Y11
	VBROADCASTSD 32(AX), Y12
	VBROADCASTSD 40(AX), Y13
	VBROADCASTSD 48(AX), Y14
	VBROADCASTSD 56(AX), Y15
	MOVQ         n+48(FP), CX
	XORQ         BX, BX // byte offset

loop:
	VMOVUPD (DI)(BX*1), Y0
	VMOVUPD 32(DI)(BX*1), Y1
	ZSUB((R8)(BX*1), Y8, Y9, Y0, Y2, Y3)
	ZSUB(32(R8)(BX*1), Y8, Y9, Y1, Y4, Y5)
	ZSUB((R9)(BX*1), Y10, Y11, Y0, Y2, Y3)
	ZSUB(32(R9)(BX*1), Y10, Y11, Y1, Y4, Y5)
	ZSUB((R10)(BX*1), Y12, Y13, Y0, Y2, Y3)
	ZSUB(32(R10)(BX*1), Y12, Y13, Y1, Y4, Y5)
	ZSUB((R11)(BX*1), Y14, Y15, Y0, Y2, Y3)
	ZSUB(32(R11)(BX*1), Y14, Y15, Y1, Y4, Y5)
	VMOVUPD Y0, (DI)(BX*1)
	VMOVUPD Y1, 32(DI)(BX*1)
	ADDQ    $64, BX
	SUBQ    $4, CX
	JNZ     loop
	VZEROUPPER
	RET

// func maxComplexAVX2(x *complex128, n int) float64
// Returns the largest square of a modulus.
TEXT ·maxComplexAVX2(SB), NOSPLIT, $0-24
	MOVQ   x+0(FP), SI
	MOVQ   n+8(FP), CX
	VXORPD Y0, Y0, Y0

loop:
	VMOVUPD (SI), Y2
	VMOVUPD 32(SI), Y3
	VMULPD  Y2, Y2, Y2
	VMULPD  Y3, Y3, Y3
	VHADDPD Y3, Y2, Y2
	VMAXPD  Y2, Y0, Y0
	ADDQ    $64, SI
	SUBQ    $4, CX
	JNZ     loop

	VEXTRACTF128 $1, Y0, X1
	VMAXPD       X1, X0, X0
	VPERMILPD    $1, X0, X1
	VMAXSD       X1, X0, X0
	VMOVSD       X0, ret+16(FP)
	VZEROUPPER
	RET

// func subAbsComplexAVX2(dst, q *complex128, l complex128, sum *float64, n int)
TEXT ·subAbsComplexAVX2(SB), NOSPLIT, $0-48
	MOVQ         dst+0(FP), DI
	MOVQ         q+8(FP), SI
	VBROADCASTSD l_real+16(FP), Y14
	VBROADCASTSD l_imag+24(FP), Y15
	MOVQ         sum+32(FP), DX
	MOVQ         n+40(FP), CX

loop:
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	ZSUB((SI), Y14, Y15, Y0, Y2, Y3)
	ZSUB(32(SI), Y14, Y15, Y1, Y4, Y5)
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMULPD  Y0, Y0, Y0
	VMULPD  Y1, Y1, Y1
	VHADDPD Y1, Y0, Y0     // moduli squared of numbers 0, 2, 1, 3
	VPERMPD $0xD8, Y0, Y0
	VSQRTPD Y0, Y0
	VADDPD  (DX), Y0, Y0
	VMOVUPD Y0, (DX)
	ADDQ    $64, SI
	ADDQ    $64, DI
	ADDQ    $32, DX
	SUBQ    $4, CX
	JNZ     loop
	VZEROUPPER
	RET
