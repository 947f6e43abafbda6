#include "textflag.h"

// Kernels of tile_amd64.go: one tile is 4 rows by 8 real or 4 complex columns,
// held in registers while all terms pass over it, so that a q is loaded once
// for 4 rows. No fused multiply-add: see kernels.

DATA tileMask<>+0(SB)/8, $0x7FFFFFFFFFFFFFFF
GLOBL tileMask<>(SB), RODATA|NOPTR, $8

// RSUB computes a -= q·l, b -= r·l for the next 8 columns of one row.
#define RSUB(l, a, b) \
	VBROADCASTSD l, Y10;       \
	VMULPD       Y8, Y10, Y11; \
	VMULPD       Y9, Y10, Y12; \
	VSUBPD       Y11, a, a;    \
	VSUBPD       Y12, b, b

// START loads 8 values of the row at p, scaled by Y15.
#define START(p, a, b) \
	VMULPD (p)(BX*1), Y15, a;   \
	VMULPD 32(p)(BX*1), Y15, b

// RPEAK stores a row of the tile at o(DI), and raises its peaks at m(DX).
#define RPEAK(o, m, a, b) \
	VMOVUPD a, o(DI);          \
	VMOVUPD b, 32+o(DI);       \
	VANDPD  a, Y14, Y8;        \
	VANDPD  b, Y14, Y9;        \
	VMAXPD  m(DX), Y8, Y8;     \
	VMAXPD  Y9, Y8, Y8;        \
	VMOVUPD Y8, m(DX)

// func tileRealAVX2(dst *float64, src *[4]*float64, s float64, q **float64, l *float64, terms, n, stride int, peak *[16]float64)
TEXT ·tileRealAVX2(SB), NOSPLIT, $0-72
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), AX
	MOVQ         (AX), R8
	MOVQ         8(AX), R9
	MOVQ         16(AX), R10
	MOVQ         24(AX), R11
	VBROADCASTSD s+16(FP), Y15
	VBROADCASTSD tileMask<>(SB), Y14
	MOVQ         n+48(FP), CX
	MOVQ         peak+64(FP), DX
	XORQ         BX, BX            // byte offset of the tile

tile:
	START(R8, Y0, Y1)
	START(R9, Y2, Y3)
	START(R10, Y4, Y5)
	START(R11, Y6, Y7)
	MOVQ  q+24(FP), R12
	MOVQ  l+32(FP), R13
	MOVQ  terms+40(FP), SI
	TESTQ SI, SI
	JZ    done

term:
	MOVQ    (R12), AX
	VMOVUPD (AX)(BX*1), Y8
	VMOVUPD 32(AX)(BX*1), Y9
	RSUB(0(R13), Y0, Y1)
	RSUB(8(R13), Y2, Y3)
	RSUB(16(R13), Y4, Y5)
	RSUB(24(R13), Y6, Y7)
	ADDQ    $8, R12
	ADDQ    $32, R13
	DECQ    SI
	JNZ     term

done:
	MOVQ stride+56(FP), AX
	RPEAK(0, 0, Y0, Y1)
	ADDQ AX, DI
	RPEAK(0, 32, Y2, Y3)
	ADDQ AX, DI
	RPEAK(0, 64, Y4, Y5)
	ADDQ AX, DI
	RPEAK(0, 96, Y6, Y7)
	ADDQ AX, AX
	ADDQ stride+56(FP), AX
	SUBQ AX, DI
	ADDQ $64, DI
	ADDQ $64, BX
	SUBQ $8, CX
	JNZ  tile
	VZEROUPPER
	RET

// CSUB computes a -= l·q, b -= l·r for the next 4 complex columns of one row.
// l holds re(l), 0, -im(l), im(l); Y8, Y9 hold q and Y13, Y15 q with real and
// imaginary parts exchanged.
#define CSUB(l, li, a, b) \
	VBROADCASTSD   l, Y10;        \
	VBROADCASTF128 li, Y12;       \
	VMULPD         Y8, Y10, Y11;  \
	VMULPD         Y9, Y10, Y10;  \
	VMULPD         Y13, Y12, Y14; \
	VMULPD         Y15, Y12, Y12; \
	VADDPD         Y14, Y11, Y11; \
	VADDPD         Y12, Y10, Y10; \
	VSUBPD         Y11, a, a;     \
	VSUBPD         Y10, b, b

// CPEAK stores a row of the tile at (DI), and raises its peaks, squares of
// moduli, at m(DX).
#define CPEAK(m, a, b) \
	VMOVUPD a, (DI);       \
	VMOVUPD b, 32(DI);     \
	VMULPD  a, a, a;       \
	VMULPD  b, b, b;       \
	VHADDPD b, a, a;       \
	VMAXPD  m(DX), a, a;   \
	VMOVUPD a, m(DX)

// func tileComplexAVX2(dst *complex128, src *[4]*complex128, s float64, q **complex128, l *float64, terms, n, stride int, peak *[16]float64)
TEXT ·tileComplexAVX2(SB), NOSPLIT, $0-72
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), AX
	MOVQ (AX), R8
	MOVQ 8(AX), R9
	MOVQ 16(AX), R10
	MOVQ 24(AX), R11
	MOVQ n+48(FP), CX
	MOVQ peak+64(FP), DX
	XORQ BX, BX          // byte offset of the tile

tile:
	VBROADCASTSD s+16(FP), Y15
	START(R8, Y0, Y1)
	START(R9, Y2, Y3)
	START(R10, Y4, Y5)
	START(R11, Y6, Y7)
	MOVQ  q+24(FP), R12
	MOVQ  l+32(FP), R13
	MOVQ  terms+40(FP), SI
	TESTQ SI, SI
	JZ    done

term:
	MOVQ      (R12), AX
	VMOVUPD   (AX)(BX*1), Y8
	VMOVUPD   32(AX)(BX*1), Y9
	VPERMILPD $5, Y8, Y13
	VPERMILPD $5, Y9, Y15
	CSUB(0(R13), 16(R13), Y0, Y1)
	CSUB(32(R13), 48(R13), Y2, Y3)
	CSUB(64(R13), 80(R13), Y4, Y5)
	CSUB(96(R13), 112(R13), Y6, Y7)
	ADDQ      $8, R12
	ADDQ      $128, R13
	DECQ      SI
	JNZ       term

done:
	MOVQ stride+56(FP), AX
	CPEAK(0, Y0, Y1)
	ADDQ AX, DI
	CPEAK(32, Y2, Y3)
	ADDQ AX, DI
	CPEAK(64, Y4, Y5)
	ADDQ AX, DI
	CPEAK(96, Y6, Y7)
	ADDQ AX, AX
	ADDQ stride+56(FP), AX
	SUBQ AX, DI
	ADDQ $64, DI
	ADDQ $64, BX
	SUBQ $4, CX
	JNZ  tile
	VZEROUPPER
	RET
