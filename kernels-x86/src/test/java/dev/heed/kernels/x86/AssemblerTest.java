package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.Address.at;
import static dev.heed.kernels.x86.Gpr.*;
import static dev.heed.kernels.x86.Vec.*;
import static dev.heed.kernels.x86.VectorOp.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Each expected encoding was disassembled by GNU objdump (`-D -b binary -m i386:x86-64 -M intel`)
/// into the text beside it.
class AssemblerTest {
  private final List<String> texts = new ArrayList<>();

  private void encodes(String hex, String text, Consumer<Assembler> emission) {
    Assembler asm = new Assembler();
    emission.accept(asm);
    assertThat(hex(asm)).as(text).isEqualTo(hex);
    texts.add(text);
  }

  private static String hex(Assembler asm) {
    return HexFormat.ofDelimiter(" ").formatHex(asm.toBytes());
  }

  @Test
  void everyVectorInstructionIsEncodedAsObjdumpReadsIt() {
    encodes("c5 fc 10 08", "vmovups ymm1,YMMWORD PTR [rax]", a -> a.emit(VMOVUPS, ymm(1), at(RAX)));
    encodes(
        "62 f1 7c 48 10 48 01",
        "vmovups zmm1,ZMMWORD PTR [rax+0x40]",
        a -> a.emit(VMOVUPS, zmm(1), at(RAX, 64)));
    encodes(
        "62 f1 7c 48 10 88 41 00 00 00",
        "vmovups zmm1,ZMMWORD PTR [rax+0x41]",
        a -> a.emit(VMOVUPS, zmm(1), at(RAX, 65)));
    encodes(
        "62 c1 7c c9 10 4d 00",
        "vmovups zmm17{k1}{z},ZMMWORD PTR [r13+0x0]",
        a -> a.emit(VMOVUPS, zmm(17).zeroUnder(new Mask(1)), at(R13)));
    encodes(
        "62 41 7c 4b 11 7c 9c fe",
        "vmovups ZMMWORD PTR [r12+rbx*4-0x80]{k3},zmm31",
        a -> a.emit(VMOVUPS_STORE, at(R12, RBX, 4, -128).under(new Mask(3)), zmm(31)));
    encodes(
        "c5 7c 11 4c 24 20",
        "vmovups YMMWORD PTR [rsp+0x20],ymm9",
        a -> a.emit(VMOVUPS_STORE, at(RSP, 32), ymm(9)));
    encodes("62 11 7c 48 10 c6", "vmovups zmm8,zmm30", a -> a.emit(VMOVUPS, zmm(8), zmm(30)));
    encodes("c4 41 7c 10 c1", "vmovups ymm8,ymm9", a -> a.emit(VMOVUPS, ymm(8), ymm(9)));
    encodes(
        "c5 fa 10 4f 08",
        "vmovss xmm1,DWORD PTR [rdi+0x8]",
        a -> a.emit(VMOVSS, xmm(1), at(RDI, 8)));
    encodes(
        "62 e1 7e 08 11 4f 02",
        "vmovss DWORD PTR [rdi+0x8],xmm17",
        a -> a.emit(VMOVSS_STORE, at(RDI, 8), xmm(17)));
    encodes("c5 f9 6e ca", "vmovd xmm1,edx", a -> a.emit(VMOVD, xmm(1), RDX));
    encodes("c4 c1 79 7e d9", "vmovd r9d,xmm3", a -> a.emit(VMOVD_STORE, R9, xmm(3)));
    encodes(
        "c4 a2 65 2c 94 ca 00 01 00 00",
        "vmaskmovps ymm2,ymm3,YMMWORD PTR [rdx+r9*8+0x100]",
        a -> a.emit(VMASKMOVPS, ymm(2), ymm(3), at(RDX, R9, 8, 256)));
    encodes(
        "c4 e2 05 2e 12",
        "vmaskmovps YMMWORD PTR [rdx],ymm15,ymm2",
        a -> a.emit(VMASKMOVPS_STORE, at(RDX), ymm(15), ymm(2)));
    encodes(
        "62 62 7d 48 18 6e 7f",
        "vbroadcastss zmm29,DWORD PTR [rsi+0x1fc]",
        a -> a.emit(VBROADCASTSS, zmm(29), at(RSI, 508)));
    encodes(
        "c4 a2 7d 18 5c 46 04",
        "vbroadcastss ymm3,DWORD PTR [rsi+r8*2+0x4]",
        a -> a.emit(VBROADCASTSS, ymm(3), at(RSI, R8, 2, 4)));
    encodes(
        "62 f2 7d 48 18 dd", "vbroadcastss zmm3,xmm5", a -> a.emit(VBROADCASTSS, zmm(3), xmm(5)));
    encodes(
        "c4 e2 7d 58 1e",
        "vpbroadcastd ymm3,DWORD PTR [rsi]",
        a -> a.emit(VPBROADCASTD, ymm(3), at(RSI)));
    encodes(
        "62 d2 7d 48 7c da", "vpbroadcastd zmm3,r10d", a -> a.emit(VPBROADCASTD_GPR, zmm(3), R10));
    encodes("c5 ec 58 cb", "vaddps ymm1,ymm2,ymm3", a -> a.emit(VADDPS, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f1 6c 58 58 4d 01",
        "vaddps zmm1,zmm2,DWORD BCST [rbp+0x4]",
        a -> a.emit(VADDPS, zmm(1), zmm(2), at(RBP, 4).broadcastOne()));
    encodes(
        "c4 41 1c 59 dd",
        "vmulps ymm11,ymm12,ymm13",
        a -> a.emit(VMULPS, ymm(11), ymm(12), ymm(13)));
    encodes(
        "62 91 6c 4a 5c ce",
        "vsubps zmm1{k2},zmm2,zmm30",
        a -> a.emit(VSUBPS, zmm(1).under(new Mask(2)), zmm(2), zmm(30)));
    encodes(
        "62 a1 74 40 5d c2",
        "vminps zmm16,zmm17,zmm18",
        a -> a.emit(VMINPS, zmm(16), zmm(17), zmm(18)));
    encodes(
        "c4 81 6c 5e 0c 08",
        "vdivps ymm1,ymm2,YMMWORD PTR [r8+r9*1]",
        a -> a.emit(VDIVPS, ymm(1), ymm(2), at(R8, R9, 1)));
    encodes(
        "62 f1 6c 48 5f cb", "vmaxps zmm1,zmm2,zmm3", a -> a.emit(VMAXPS, zmm(1), zmm(2), zmm(3)));
    encodes("c5 fc 51 ca", "vsqrtps ymm1,ymm2", a -> a.emit(VSQRTPS, ymm(1), ymm(2)));
    encodes(
        "62 f1 6c 58 54 08",
        "vandps zmm1,zmm2,DWORD BCST [rax]",
        a -> a.emit(VANDPS, zmm(1), zmm(2), at(RAX).broadcastOne()));
    encodes("c5 ec 55 cb", "vandnps ymm1,ymm2,ymm3", a -> a.emit(VANDNPS, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f1 6c 48 56 cb", "vorps zmm1,zmm2,zmm3", a -> a.emit(VORPS, zmm(1), zmm(2), zmm(3)));
    encodes("c5 f4 57 c9", "vxorps ymm1,ymm1,ymm1", a -> a.emit(VXORPS, ymm(1), ymm(1), ymm(1)));
    encodes("c5 ea 58 cb", "vaddss xmm1,xmm2,xmm3", a -> a.emit(VADDSS, xmm(1), xmm(2), xmm(3)));
    encodes(
        "c5 ea 59 0f",
        "vmulss xmm1,xmm2,DWORD PTR [rdi]",
        a -> a.emit(VMULSS, xmm(1), xmm(2), at(RDI)));
    encodes(
        "c4 e2 6d 98 cb",
        "vfmadd132ps ymm1,ymm2,ymm3",
        a -> a.emit(VFMADD132PS, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f2 6d 58 a8 4f 7f",
        "vfmadd213ps zmm1,zmm2,DWORD BCST [rdi+0x1fc]",
        a -> a.emit(VFMADD213PS, zmm(1), zmm(2), at(RDI, 508).broadcastOne()));
    encodes(
        "62 02 0d 40 b8 fd",
        "vfmadd231ps zmm31,zmm30,zmm29",
        a -> a.emit(VFMADD231PS, zmm(31), zmm(30), zmm(29)));
    encodes(
        "c4 e2 6d aa cb",
        "vfmsub213ps ymm1,ymm2,ymm3",
        a -> a.emit(VFMSUB213PS, ymm(1), ymm(2), ymm(3)));
    encodes(
        "c4 e2 6d ba cb",
        "vfmsub231ps ymm1,ymm2,ymm3",
        a -> a.emit(VFMSUB231PS, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f2 6d 48 ac cb",
        "vfnmadd213ps zmm1,zmm2,zmm3",
        a -> a.emit(VFNMADD213PS, zmm(1), zmm(2), zmm(3)));
    encodes(
        "c4 42 35 bc 02",
        "vfnmadd231ps ymm8,ymm9,YMMWORD PTR [r10]",
        a -> a.emit(VFNMADD231PS, ymm(8), ymm(9), at(R10)));
    encodes(
        "62 f1 64 48 c2 d4 1e",
        "vcmpgt_oqps k2,zmm3,zmm4",
        a -> a.emitImmediate(VCMPPS, 0x1E, new Mask(2), zmm(3), zmm(4)));
    encodes(
        "c5 e4 c2 d4 11",
        "vcmplt_oqps ymm2,ymm3,ymm4",
        a -> a.emitImmediate(VCMPPS, 0x11, ymm(2), ymm(3), ymm(4)));
    encodes(
        "c4 e3 6d 4a cb e0",
        "vblendvps ymm1,ymm2,ymm3,ymm14",
        a -> a.emit(VBLENDVPS, ymm(1), ymm(2), ymm(3), ymm(14)));
    encodes(
        "62 f2 65 4a 65 cc",
        "vblendmps zmm1{k2},zmm3,zmm4",
        a -> a.emit(VBLENDMPS, zmm(1).under(new Mask(2)), zmm(3), zmm(4)));
    encodes(
        "c4 e3 7d 08 ca 08",
        "vroundps ymm1,ymm2,0x8",
        a -> a.emitImmediate(VROUNDPS, 8, ymm(1), ymm(2)));
    encodes(
        "62 f3 7d 48 08 ca 08",
        "vrndscaleps zmm1,zmm2,0x8",
        a -> a.emitImmediate(VRNDSCALEPS, 8, zmm(1), zmm(2)));
    encodes(
        "62 f3 7d 48 56 ca 09",
        "vreduceps zmm1,zmm2,0x9",
        a -> a.emitImmediate(VREDUCEPS, 9, zmm(1), zmm(2)));
    encodes(
        "62 f2 6d 48 2c cb",
        "vscalefps zmm1,zmm2,zmm3",
        a -> a.emit(VSCALEFPS, zmm(1), zmm(2), zmm(3)));
    encodes("62 f1 7c 48 5b ca", "vcvtdq2ps zmm1,zmm2", a -> a.emit(VCVTDQ2PS, zmm(1), zmm(2)));
    encodes("c5 fd 5b ca", "vcvtps2dq ymm1,ymm2", a -> a.emit(VCVTPS2DQ, ymm(1), ymm(2)));
    encodes("62 f1 7e 48 5b ca", "vcvttps2dq zmm1,zmm2", a -> a.emit(VCVTTPS2DQ, zmm(1), zmm(2)));
    encodes(
        "62 f1 6d 58 fe 48 01",
        "vpaddd zmm1,zmm2,DWORD BCST [rax+0x4]",
        a -> a.emit(VPADDD, zmm(1), zmm(2), at(RAX, 4).broadcastOne()));
    encodes("c5 ed fa cb", "vpsubd ymm1,ymm2,ymm3", a -> a.emit(VPSUBD, ymm(1), ymm(2), ymm(3)));
    encodes(
        "c4 e2 6d 3d cb", "vpmaxsd ymm1,ymm2,ymm3", a -> a.emit(VPMAXSD, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 e2 6d 48 3d cb",
        "vpmaxsd zmm17,zmm2,zmm3",
        a -> a.emit(VPMAXSD, zmm(17), zmm(2), zmm(3)));
    encodes(
        "c4 e2 6d 40 cb", "vpmulld ymm1,ymm2,ymm3", a -> a.emit(VPMULLD, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f1 ed 48 f4 cb",
        "vpmuludq zmm1,zmm2,zmm3",
        a -> a.emit(VPMULUDQ, zmm(1), zmm(2), zmm(3)));
    encodes("c5 ed d4 cb", "vpaddq ymm1,ymm2,ymm3", a -> a.emit(VPADDQ, ymm(1), ymm(2), ymm(3)));
    encodes("c5 ed db cb", "vpand ymm1,ymm2,ymm3", a -> a.emit(VPAND, ymm(1), ymm(2), ymm(3)));
    encodes("c5 ed eb cb", "vpor ymm1,ymm2,ymm3", a -> a.emit(VPOR, ymm(1), ymm(2), ymm(3)));
    encodes("c5 ed ef cb", "vpxor ymm1,ymm2,ymm3", a -> a.emit(VPXOR, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f1 6d 48 db cb", "vpandd zmm1,zmm2,zmm3", a -> a.emit(VPANDD, zmm(1), zmm(2), zmm(3)));
    encodes(
        "62 f1 6d 48 eb cb", "vpord zmm1,zmm2,zmm3", a -> a.emit(VPORD, zmm(1), zmm(2), zmm(3)));
    encodes(
        "62 f1 6d 48 ef cb", "vpxord zmm1,zmm2,zmm3", a -> a.emit(VPXORD, zmm(1), zmm(2), zmm(3)));
    encodes(
        "c5 ed 66 cb", "vpcmpgtd ymm1,ymm2,ymm3", a -> a.emit(VPCMPGTD, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f1 6d 48 66 e3",
        "vpcmpgtd k4,zmm2,zmm3",
        a -> a.emit(VPCMPGTD, new Mask(4), zmm(2), zmm(3)));
    encodes(
        "62 f1 6d 58 76 20",
        "vpcmpeqd k4,zmm2,DWORD BCST [rax]",
        a -> a.emit(VPCMPEQD, new Mask(4), zmm(2), at(RAX).broadcastOne()));
    encodes(
        "62 f3 6d 48 1f e3 02",
        "vpcmpled k4,zmm2,zmm3",
        a -> a.emitImmediate(VPCMPD, 2, new Mask(4), zmm(2), zmm(3)));
    encodes(
        "62 f3 6d 48 1e e3 05",
        "vpcmpnltud k4,zmm2,zmm3",
        a -> a.emitImmediate(VPCMPUD, 5, new Mask(4), zmm(2), zmm(3)));
    encodes(
        "c5 f5 72 d2 08", "vpsrld ymm1,ymm2,0x8", a -> a.emitImmediate(VPSRLD, 8, ymm(1), ymm(2)));
    encodes(
        "62 b1 75 48 72 e4 1f",
        "vpsrad zmm1,zmm20,0x1f",
        a -> a.emitImmediate(VPSRAD, 31, zmm(1), zmm(20)));
    encodes(
        "62 f1 55 40 72 f2 17",
        "vpslld zmm21,zmm2,0x17",
        a -> a.emitImmediate(VPSLLD, 23, zmm(21), zmm(2)));
    encodes(
        "c5 ec c6 cb 4e",
        "vshufps ymm1,ymm2,ymm3,0x4e",
        a -> a.emitImmediate(VSHUFPS, 0x4E, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f3 7d 48 04 ca b1",
        "vpermilps zmm1,zmm2,0xb1",
        a -> a.emitImmediate(VPERMILPS, 0xB1, zmm(1), zmm(2)));
    encodes(
        "c4 e2 6d 16 cb", "vpermps ymm1,ymm2,ymm3", a -> a.emit(VPERMPS, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f1 6c 48 14 cb",
        "vunpcklps zmm1,zmm2,zmm3",
        a -> a.emit(VUNPCKLPS, zmm(1), zmm(2), zmm(3)));
    encodes(
        "c5 ec 15 cb", "vunpckhps ymm1,ymm2,ymm3", a -> a.emit(VUNPCKHPS, ymm(1), ymm(2), ymm(3)));
    encodes(
        "c5 ed 14 cb", "vunpcklpd ymm1,ymm2,ymm3", a -> a.emit(VUNPCKLPD, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 f1 ed 48 15 cb",
        "vunpckhpd zmm1,zmm2,zmm3",
        a -> a.emit(VUNPCKHPD, zmm(1), zmm(2), zmm(3)));
    encodes(
        "c4 e3 6d 06 cb 31",
        "vperm2f128 ymm1,ymm2,ymm3,0x31",
        a -> a.emitImmediate(VPERM2F128, 0x31, ymm(1), ymm(2), ymm(3)));
    encodes(
        "c4 e3 6d 18 cb 01",
        "vinsertf128 ymm1,ymm2,xmm3,0x1",
        a -> a.emitImmediate(VINSERTF128, 1, ymm(1), ymm(2), xmm(3)));
    encodes(
        "62 f3 6d 48 23 cb 4e",
        "vshuff32x4 zmm1,zmm2,zmm3,0x4e",
        a -> a.emitImmediate(VSHUFF32X4, 0x4E, zmm(1), zmm(2), zmm(3)));
    encodes(
        "c4 e3 7d 19 50 10 01",
        "vextractf128 XMMWORD PTR [rax+0x10],ymm2,0x1",
        a -> a.emitImmediate(VEXTRACTF128, 1, at(RAX, 16), ymm(2)));
    encodes(
        "62 f3 7d 48 19 50 01 03",
        "vextractf32x4 XMMWORD PTR [rax+0x10],zmm2,0x3",
        a -> a.emitImmediate(VEXTRACTF32X4, 3, at(RAX, 16), zmm(2)));
    encodes(
        "62 f3 fd 48 1b d1 01",
        "vextractf64x4 ymm1,zmm2,0x1",
        a -> a.emitImmediate(VEXTRACTF64X4, 1, ymm(1), zmm(2)));
    encodes(
        "62 f2 7d 48 31 48 01",
        "vpmovzxbd zmm1,XMMWORD PTR [rax+0x10]",
        a -> a.emit(VPMOVZXBD, zmm(1), at(RAX, 16)));
    encodes(
        "c4 e2 7d 21 48 08",
        "vpmovsxbd ymm1,QWORD PTR [rax+0x8]",
        a -> a.emit(VPMOVSXBD, ymm(1), at(RAX, 8)));
    encodes(
        "62 f2 7d 48 33 48 01",
        "vpmovzxwd zmm1,YMMWORD PTR [rax+0x20]",
        a -> a.emit(VPMOVZXWD, zmm(1), at(RAX, 32)));
    encodes(
        "62 f2 6e 48 52 cb",
        "vdpbf16ps zmm1,zmm2,zmm3",
        a -> a.emit(VDPBF16PS, zmm(1), zmm(2), zmm(3)));
    encodes(
        "62 f2 7e 48 72 ca", "vcvtneps2bf16 ymm1,zmm2", a -> a.emit(VCVTNEPS2BF16, ymm(1), zmm(2)));
    encodes(
        "62 e2 0f 40 72 48 01",
        "vcvtne2ps2bf16 zmm17,zmm30,ZMMWORD PTR [rax+0x40]",
        a -> a.emit(VCVTNE2PS2BF16, zmm(17), zmm(30), at(RAX, 64)));
    encodes(
        "62 f2 d5 48 8d e6", "vpermw zmm4,zmm5,zmm6", a -> a.emit(VPERMW, zmm(4), zmm(5), zmm(6)));
    encodes(
        "62 f2 6d 58 50 08",
        "vpdpbusd zmm1,zmm2,DWORD BCST [rax]",
        a -> a.emit(VPDPBUSD, zmm(1), zmm(2), at(RAX).broadcastOne()));
    encodes(
        "62 f2 6d 28 50 cb",
        "vpdpbusd ymm1,ymm2,ymm3",
        a -> a.emit(VPDPBUSD, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 52 6d 28 50 78 02",
        "vpdpbusd ymm15,ymm2,YMMWORD PTR [r8+0x40]",
        a -> a.emit(VPDPBUSD, ymm(15), ymm(2), at(R8, 64)));
    encodes(
        "c4 e2 6d 50 cb",
        "{vex} vpdpbusd ymm1,ymm2,ymm3",
        a -> a.emit(VPDPBUSD_VEX, ymm(1), ymm(2), ymm(3)));
    encodes(
        "c4 42 6d 50 fe",
        "{vex} vpdpbusd ymm15,ymm2,ymm14",
        a -> a.emit(VPDPBUSD_VEX, ymm(15), ymm(2), ymm(14)));
    encodes(
        "c4 e2 1d 50 48 20",
        "{vex} vpdpbusd ymm1,ymm12,YMMWORD PTR [rax+0x20]",
        a -> a.emit(VPDPBUSD_VEX, ymm(1), ymm(12), at(RAX, 32)));
    encodes(
        "c4 02 6d 50 84 8c 00 01 00 00",
        "{vex} vpdpbusd ymm8,ymm2,YMMWORD PTR [r12+r9*4+0x100]",
        a -> a.emit(VPDPBUSD_VEX, ymm(8), ymm(2), at(R12, R9, 4, 256)));
    encodes(
        "c4 e2 6d 04 cb",
        "vpmaddubsw ymm1,ymm2,ymm3",
        a -> a.emit(VPMADDUBSW, ymm(1), ymm(2), ymm(3)));
    encodes(
        "c5 ed f5 cb", "vpmaddwd ymm1,ymm2,ymm3", a -> a.emit(VPMADDWD, ymm(1), ymm(2), ymm(3)));
    encodes("c4 e2 7d 1c ca", "vpabsb ymm1,ymm2", a -> a.emit(VPABSB, ymm(1), ymm(2)));
    encodes(
        "c4 e2 6d 08 cb", "vpsignb ymm1,ymm2,ymm3", a -> a.emit(VPSIGNB, ymm(1), ymm(2), ymm(3)));
    encodes(
        "c5 ed 6b cb", "vpackssdw ymm1,ymm2,ymm3", a -> a.emit(VPACKSSDW, ymm(1), ymm(2), ymm(3)));
    encodes(
        "c5 ed 63 cb", "vpacksswb ymm1,ymm2,ymm3", a -> a.emit(VPACKSSWB, ymm(1), ymm(2), ymm(3)));
    encodes(
        "62 e1 6d 48 6b cb",
        "vpackssdw zmm17,zmm2,zmm3",
        a -> a.emit(VPACKSSDW, zmm(17), zmm(2), zmm(3)));
    encodes(
        "62 e1 6d 48 63 cb",
        "vpacksswb zmm17,zmm2,zmm3",
        a -> a.emit(VPACKSSWB, zmm(17), zmm(2), zmm(3)));
    encodes("62 f2 7d 48 13 ca", "vcvtph2ps zmm1,ymm2", a -> a.emit(VCVTPH2PS, zmm(1), ymm(2)));
    encodes("c5 f8 92 c8", "kmovw k1,eax", a -> a.emit(KMOVW, new Mask(1), RAX));
    encodes("c4 c1 78 92 d9", "kmovw k3,r9d", a -> a.emit(KMOVW, new Mask(3), R9));
    encodes("c5 78 93 cb", "kmovw r9d,k3", a -> a.emit(KMOVW_GPR, R9, new Mask(3)));
    assertThat(Arrays.stream(VectorOp.values()).filter(op -> !isCovered(op))).isEmpty();
  }

  private boolean isCovered(VectorOp op) {
    String name =
        switch (op) {
          case VPDPBUSD_VEX -> "{vex} vpdpbusd";
          case VCMPPS -> "vcmpgt_oqps";
          case VPCMPD -> "vpcmpled";
          case VPCMPUD -> "vpcmpnltud";
          default -> op.name().toLowerCase(Locale.ROOT).replaceAll("_.*", "");
        };
    return texts.stream().anyMatch(text -> text.startsWith(name + " "));
  }

  @Test
  void everyTileInstructionIsEncodedAsObjdumpReadsIt() {
    encodes("c4 e2 78 49 87 80 00 00 00", "ldtilecfg [rdi+0x80]", a -> a.ldtilecfg(at(RDI, 128)));
    encodes("c4 e2 78 49 c0", "tilerelease", Assembler::tilerelease);
    encodes("c4 e2 7b 49 d8", "tilezero tmm3", a -> a.tilezero(new Tile(3)));
    encodes(
        "c4 e2 7b 4b 34 18",
        "tileloadd tmm6,[rax+rbx*1]",
        a -> a.tileload(new Tile(6), at(RAX, RBX, 1, 0)));
    encodes(
        "c4 82 7b 4b 7c 0c 40",
        "tileloadd tmm7,[r12+r9*1+0x40]",
        a -> a.tileload(new Tile(7), at(R12, R9, 1, 64)));
    encodes(
        "c4 a2 7a 4b 4c 11 40",
        "tilestored [rcx+r10*1+0x40],tmm1",
        a -> a.tilestore(at(RCX, R10, 1, 64), new Tile(1)));
    encodes(
        "c4 e2 4a 5c d5",
        "tdpbf16ps tmm2,tmm5,tmm6",
        a -> a.tdpbf16ps(new Tile(2), new Tile(5), new Tile(6)));
    encodes(
        "c4 e2 4a 5e d5",
        "tdpbsud tmm2,tmm5,tmm6",
        a -> a.tdpbsud(new Tile(2), new Tile(5), new Tile(6)));
  }

  @Test
  void everyIntegerInstructionIsEncodedAsObjdumpReadsIt() {
    encodes("c5 f8 77", "vzeroupper", a -> a.vzeroupper());
    encodes("4c 89 c8", "mov rax,r9", a -> a.mov(RAX, R9));
    encodes("41 b9 7f 00 00 00", "mov r9d,0x7f", a -> a.mov(R9, 127));
    encodes("b8 ff ff ff ff", "mov eax,0xffffffff", a -> a.mov(RAX, 0xFFFFFFFFL));
    encodes("48 ba ff ff ff ff ff ff ff ff", "movabs rdx,0xffffffffffffffff", a -> a.mov(RDX, -1));
    encodes("48 8b b7 80 00 00 00", "mov rsi,QWORD PTR [rdi+0x80]", a -> a.mov(RSI, at(RDI, 128)));
    encodes("4d 89 34 24", "mov QWORD PTR [r12],r14", a -> a.mov(at(R12), R14));
    encodes("41 8b 48 08", "mov ecx,DWORD PTR [r8+0x8]", a -> a.mov32(RCX, at(R8, 8)));
    encodes("41 89 40 08", "mov DWORD PTR [r8+0x8],eax", a -> a.mov32(at(R8, 8), RAX));
    encodes("49 63 04 89", "movsxd rax,DWORD PTR [r9+rcx*4]", a -> a.movsxd(RAX, at(R9, RCX, 4)));
    encodes("49 0f b6 01", "movzx eax,BYTE PTR [r9]", a -> a.movzx8(RAX, at(R9)));
    encodes("4c 8d 1c 40", "lea r11,[rax+rax*2]", a -> a.lea(R11, at(RAX, RAX, 2)));
    encodes("48 03 c3", "add rax,rbx", a -> a.add(RAX, RBX));
    encodes("4c 03 07", "add r8,QWORD PTR [rdi]", a -> a.add(R8, at(RDI)));
    encodes("48 2b c3", "sub rax,rbx", a -> a.sub(RAX, RBX));
    encodes("49 23 c7", "and rax,r15", a -> a.and(RAX, R15));
    encodes("48 0b c3", "or rax,rbx", a -> a.or(RAX, RBX));
    encodes("4d 33 c9", "xor r9,r9", a -> a.xor(R9, R9));
    encodes("48 3b c3", "cmp rax,rbx", a -> a.cmp(RAX, RBX));
    encodes("48 85 c9", "test rcx,rcx", a -> a.test(RCX, RCX));
    encodes("49 0f af c2", "imul rax,r10", a -> a.imul(RAX, R10));
    encodes("49 69 c2 30 00 00 00", "imul rax,r10,0x30", a -> a.imul(RAX, R10, 48));
    encodes("48 83 c0 40", "add rax,0x40", a -> a.add(RAX, 64));
    encodes("49 81 c1 00 04 00 00", "add r9,0x400", a -> a.add(R9, 1024));
    encodes("48 83 c8 01", "or rax,0x1", a -> a.or(RAX, 1));
    encodes("48 83 e0 f0", "and rax,0xfffffffffffffff0", a -> a.and(RAX, -16));
    encodes("48 81 ec a0 00 00 00", "sub rsp,0xa0", a -> a.sub(RSP, 160));
    encodes("48 83 f0 01", "xor rax,0x1", a -> a.xor(RAX, 1));
    encodes("49 83 fb 03", "cmp r11,0x3", a -> a.cmp(R11, 3));
    encodes("48 c1 e0 02", "shl rax,0x2", a -> a.shl(RAX, 2));
    encodes("49 c1 e9 02", "shr r9,0x2", a -> a.shr(R9, 2));
    encodes("49 c1 f9 3f", "sar r9,0x3f", a -> a.sar(R9, 63));
    encodes("49 f7 d9", "neg r9", a -> a.neg(R9));
    encodes("c4 c2 f0 f5 c1", "bzhi rax,r9,rcx", a -> a.bzhi(RAX, R9, RCX));
    encodes("49 0f 4c c1", "cmovl rax,r9", a -> a.cmov(Condition.LESS, RAX, R9));
    encodes("41 54", "push r12", a -> a.push(R12));
    encodes("5b", "pop rbx", a -> a.pop(RBX));
    encodes("c3", "ret", a -> a.ret());
    encodes("0f a2", "cpuid", a -> a.cpuid());
    encodes("0f 01 d0", "xgetbv", a -> a.xgetbv());
    encodes(
        "41 0f 18 4c 00 40",
        "prefetcht0 BYTE PTR [r8+rax*1+0x40]",
        a -> a.prefetch(at(R8, RAX, 1, 64)));
    encodes(
        "0f 18 57 40", "prefetcht1 BYTE PTR [rdi+0x40]", a -> a.prefetchToSecondLevel(at(RDI, 64)));
    encodes(
        "42 0f 0d 0c c3", "prefetchw BYTE PTR [rbx+r8*8]", a -> a.prefetchToWrite(at(RBX, R8, 8)));
  }

  @Test
  void jumpsReachLabelsBeforeAndAfterThem() {
    Assembler asm = new Assembler();
    Label start = new Label();
    Label end = new Label();
    asm.bind(start);
    asm.jump(Condition.ZERO, end);
    asm.jmp(start);
    asm.bind(end);
    asm.ret();
    assertThat(hex(asm)).isEqualTo("0f 84 02 00 00 00 eb f8 c3");
  }

  @Test
  void farJumpsBackwardsTakeTheLongForm() {
    Assembler asm = new Assembler();
    Label start = new Label();
    asm.bind(start);
    for (int i = 0; i < 200; i++) {
      asm.ret();
    }
    asm.jump(Condition.NOT_ZERO, start);
    assertThat(hex(asm)).endsWith("0f 85 32 ff ff ff");
  }

  @Test
  void addressesRelativeToTheCodeCountFromTheEndOfTheInstruction() {
    Assembler asm = new Assembler();
    Label data = new Label();
    asm.emitImmediate(VPERMILPS, 0xB1, ymm(1), at(data, 0));
    asm.bind(data);
    asm.putInt(0x01020304);
    assertThat(hex(asm)).isEqualTo("c4 e3 7d 04 0d 00 00 00 00 b1 04 03 02 01");
  }

  @Test
  void codeIsAlignedByNoOperations() {
    for (int before = 0; before < 33; before++) {
      Assembler asm = new Assembler();
      for (int i = 0; i < before; i++) {
        asm.ret();
      }
      asm.alignCode(32);
      assertThat(asm.size()).isEqualTo((before + 31) / 32 * 32);
    }
  }

  @Test
  void aLabelThatIsNeverBoundIsAnError() {
    Assembler asm = new Assembler();
    asm.jmp(new Label());
    assertThatThrownBy(asm::toBytes).hasMessageContaining("never bound");
  }

  @Test
  void anInstructionWithoutAnEvexFormRefusesWideRegisters() {
    Assembler asm = new Assembler();
    assertThatThrownBy(() -> asm.emit(VBLENDVPS, zmm(1), zmm(2), zmm(3), zmm(4)))
        .hasMessageContaining("VBLENDVPS has no EVEX form");
  }

  @Test
  void windowsKernelsSaveWhatBelongsToTheirCaller() {
    Assembler asm = new Assembler();
    Frame.enter(asm, true);
    assertThat(hex(asm))
        .startsWith("53 55 41 54 41 55 41 56 41 57 57 56 48 81 ec a0 00 00 00 c5 f8 11 34 24")
        .endsWith("48 89 cf");
  }
}
