package dev.heed.kernels.x86;

/// The vector instructions in use, one row each: where the encoding puts the operands, the
/// mandatory prefix, the opcode map and byte, and how an 8-bit displacement is scaled under EVEX.
///
/// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
enum VectorOp {
  VMOVUPS(Form.RM, 0, 1, 0x10, Tuple.MEMORY, 3),
  VMOVUPS_STORE(Form.MR, 0, 1, 0x11, Tuple.MEMORY, 3),
  VMOVSS(Form.RM, 0xF3, 1, 0x10, Tuple.SCALAR, 3),
  VMOVSS_STORE(Form.MR, 0xF3, 1, 0x11, Tuple.SCALAR, 3),
  VMOVD(Form.RM, 0x66, 1, 0x6E, Tuple.SCALAR, 3),
  VMOVD_STORE(Form.MR, 0x66, 1, 0x7E, Tuple.SCALAR, 3),
  VMASKMOVPS(Form.RVM, 0x66, 2, 0x2C, Tuple.MEMORY, 1),
  VMASKMOVPS_STORE(Form.MVR, 0x66, 2, 0x2E, Tuple.MEMORY, 1),
  VBROADCASTSS(Form.RM, 0x66, 2, 0x18, Tuple.SCALAR, 3),
  VPBROADCASTD(Form.RM, 0x66, 2, 0x58, Tuple.SCALAR, 3),
  VPBROADCASTD_GPR(Form.RM, 0x66, 2, 0x7C, Tuple.SCALAR, 2),
  VADDPS(Form.RVM, 0, 1, 0x58, Tuple.FULL, 3),
  VMULPS(Form.RVM, 0, 1, 0x59, Tuple.FULL, 3),
  VSUBPS(Form.RVM, 0, 1, 0x5C, Tuple.FULL, 3),
  VMINPS(Form.RVM, 0, 1, 0x5D, Tuple.FULL, 3),
  VDIVPS(Form.RVM, 0, 1, 0x5E, Tuple.FULL, 3),
  VMAXPS(Form.RVM, 0, 1, 0x5F, Tuple.FULL, 3),
  VSQRTPS(Form.RM, 0, 1, 0x51, Tuple.FULL, 3),
  VANDPS(Form.RVM, 0, 1, 0x54, Tuple.FULL, 3),
  VANDNPS(Form.RVM, 0, 1, 0x55, Tuple.FULL, 3),
  VORPS(Form.RVM, 0, 1, 0x56, Tuple.FULL, 3),
  VXORPS(Form.RVM, 0, 1, 0x57, Tuple.FULL, 3),
  VADDSS(Form.RVM, 0xF3, 1, 0x58, Tuple.SCALAR, 3),
  VMULSS(Form.RVM, 0xF3, 1, 0x59, Tuple.SCALAR, 3),
  VFMADD132PS(Form.RVM, 0x66, 2, 0x98, Tuple.FULL, 3),
  VFMADD213PS(Form.RVM, 0x66, 2, 0xA8, Tuple.FULL, 3),
  VFMADD231PS(Form.RVM, 0x66, 2, 0xB8, Tuple.FULL, 3),
  VFMSUB213PS(Form.RVM, 0x66, 2, 0xAA, Tuple.FULL, 3),
  VFMSUB231PS(Form.RVM, 0x66, 2, 0xBA, Tuple.FULL, 3),
  VFNMADD213PS(Form.RVM, 0x66, 2, 0xAC, Tuple.FULL, 3),
  VFNMADD231PS(Form.RVM, 0x66, 2, 0xBC, Tuple.FULL, 3),
  VCMPPS(Form.RVM, 0, 1, 0xC2, Tuple.FULL, 3),
  VBLENDVPS(Form.RVMR, 0x66, 3, 0x4A, Tuple.MEMORY, 1),
  VBLENDMPS(Form.RVM, 0x66, 2, 0x65, Tuple.FULL, 2),
  VROUNDPS(Form.RM, 0x66, 3, 0x08, Tuple.FULL, 1),
  VRNDSCALEPS(Form.RM, 0x66, 3, 0x08, Tuple.FULL, 2),
  VREDUCEPS(Form.RM, 0x66, 3, 0x56, Tuple.FULL, 2),
  VSCALEFPS(Form.RVM, 0x66, 2, 0x2C, Tuple.FULL, 2),
  VCVTDQ2PS(Form.RM, 0, 1, 0x5B, Tuple.FULL, 3),
  VCVTPS2DQ(Form.RM, 0x66, 1, 0x5B, Tuple.FULL, 3),
  VCVTTPS2DQ(Form.RM, 0xF3, 1, 0x5B, Tuple.FULL, 3),
  VPADDD(Form.RVM, 0x66, 1, 0xFE, Tuple.FULL, 3),
  VPSUBD(Form.RVM, 0x66, 1, 0xFA, Tuple.FULL, 3),
  VPMAXSD(Form.RVM, 0x66, 2, 0x3D, Tuple.FULL, 3),
  VPMULLD(Form.RVM, 0x66, 2, 0x40, Tuple.FULL, 3),
  VPMULUDQ(Form.RVM, 0x66, 1, 0xF4, Tuple.FULL, 3, true),
  VPADDQ(Form.RVM, 0x66, 1, 0xD4, Tuple.FULL, 3, true),
  VPAND(Form.RVM, 0x66, 1, 0xDB, Tuple.FULL, 1),
  VPOR(Form.RVM, 0x66, 1, 0xEB, Tuple.FULL, 1),
  VPXOR(Form.RVM, 0x66, 1, 0xEF, Tuple.FULL, 1),
  VPANDD(Form.RVM, 0x66, 1, 0xDB, Tuple.FULL, 2),
  VPORD(Form.RVM, 0x66, 1, 0xEB, Tuple.FULL, 2),
  VPXORD(Form.RVM, 0x66, 1, 0xEF, Tuple.FULL, 2),
  VPCMPGTD(Form.RVM, 0x66, 1, 0x66, Tuple.FULL, 3),
  VPCMPEQD(Form.RVM, 0x66, 1, 0x76, Tuple.FULL, 3),
  VPCMPD(Form.RVM, 0x66, 3, 0x1F, Tuple.FULL, 2),
  VPCMPUD(Form.RVM, 0x66, 3, 0x1E, Tuple.FULL, 2),
  VPSRLD(Form.VM, 0x66, 1, 0x72, 2, 3),
  VPSRAD(Form.VM, 0x66, 1, 0x72, 4, 3),
  VPSLLD(Form.VM, 0x66, 1, 0x72, 6, 3),
  VSHUFPS(Form.RVM, 0, 1, 0xC6, Tuple.FULL, 3),
  VPERMILPS(Form.RM, 0x66, 3, 0x04, Tuple.FULL, 3),
  VPERMPS(Form.RVM, 0x66, 2, 0x16, Tuple.FULL, 3),
  VUNPCKLPS(Form.RVM, 0, 1, 0x14, Tuple.FULL, 3),
  VUNPCKHPS(Form.RVM, 0, 1, 0x15, Tuple.FULL, 3),
  VUNPCKLPD(Form.RVM, 0x66, 1, 0x14, Tuple.FULL, 3, true),
  VUNPCKHPD(Form.RVM, 0x66, 1, 0x15, Tuple.FULL, 3, true),
  VPERM2F128(Form.RVM, 0x66, 3, 0x06, Tuple.FULL, 1),
  VINSERTF128(Form.RVM, 0x66, 3, 0x18, Tuple.OF_16, 1),
  VSHUFF32X4(Form.RVM, 0x66, 3, 0x23, Tuple.FULL, 2),
  VEXTRACTF128(Form.MR, 0x66, 3, 0x19, Tuple.OF_16, 1),
  VEXTRACTF32X4(Form.MR, 0x66, 3, 0x19, Tuple.OF_16, 2),
  VEXTRACTF64X4(Form.MR, 0x66, 3, 0x1B, Tuple.OF_32, 2, true),
  VPMOVZXBD(Form.RM, 0x66, 2, 0x31, Tuple.QUARTER, 3),
  VPMOVSXBD(Form.RM, 0x66, 2, 0x21, Tuple.QUARTER, 3),
  VPMOVZXWD(Form.RM, 0x66, 2, 0x33, Tuple.HALF, 3),
  VDPBF16PS(Form.RVM, 0xF3, 2, 0x52, Tuple.FULL, 2),
  VCVTNEPS2BF16(Form.RM, 0xF3, 2, 0x72, Tuple.FULL, 2),
  VCVTNE2PS2BF16(Form.RVM, 0xF2, 2, 0x72, Tuple.FULL, 2),
  VPERMW(Form.RVM, 0x66, 2, 0x8D, Tuple.FULL, 2, true),
  VPDPBUSD(Form.RVM, 0x66, 2, 0x50, Tuple.FULL, 2),
  /// Of AVX-VNNI, which processors with the form above may lack, and the other way round.
  VPDPBUSD_VEX(Form.RVM, 0x66, 2, 0x50, Tuple.FULL, 1),
  VPMADDUBSW(Form.RVM, 0x66, 2, 0x04, Tuple.MEMORY, 3),
  VPMADDWD(Form.RVM, 0x66, 1, 0xF5, Tuple.MEMORY, 3),
  VPABSB(Form.RM, 0x66, 2, 0x1C, Tuple.MEMORY, 3),
  VPSIGNB(Form.RVM, 0x66, 2, 0x08, Tuple.MEMORY, 1),
  VPACKSSDW(Form.RVM, 0x66, 1, 0x6B, Tuple.FULL, 3),
  VPACKSSWB(Form.RVM, 0x66, 1, 0x63, Tuple.MEMORY, 3),
  VCVTPH2PS(Form.RM, 0x66, 2, 0x13, Tuple.HALF, 3),
  KMOVW(Form.RM, 0, 1, 0x92, Tuple.SCALAR, 1),
  KMOVW_GPR(Form.RM, 0, 1, 0x93, Tuple.SCALAR, 1);

  /// Which fields of the encoding the operands go to, in the order in which they are written.
  enum Form {
    /// Destination in `reg`, source in `rm`.
    RM,
    /// Destination in `rm`, source in `reg`.
    MR,
    /// Destination in `reg`, sources in `vvvv` and `rm`.
    RVM,
    /// Destination in `rm`, sources in `vvvv` and `reg`.
    MVR,
    /// As [#RVM], a fourth register in the immediate.
    RVMR,
    /// Destination in `vvvv`, source in `rm`; `reg` extends the opcode.
    VM
  }

  /// What an 8-bit displacement counts in under EVEX.
  enum Tuple {
    /// A whole vector, or one element where it is broadcast.
    FULL,
    /// A whole vector.
    MEMORY,
    /// A half, a quarter of a vector.
    HALF,
    QUARTER,
    /// One element, 16 or 32 bytes.
    SCALAR,
    OF_16,
    OF_32;

    int scale(int width, boolean broadcast, boolean wide) {
      int element = wide ? 8 : 4;
      return switch (this) {
        case FULL -> broadcast ? element : width;
        case MEMORY -> width;
        case HALF -> width / 2;
        case QUARTER -> width / 4;
        case SCALAR -> element;
        case OF_16 -> 16;
        case OF_32 -> 32;
      };
    }
  }

  final Form form;

  /// The prefix field: 0 none, 1 for 66, 2 for F3, 3 for F2.
  final int prefix;

  final int map;
  final int opcode;
  final Tuple tuple;

  /// The opcode extension in `reg`, -1 for none.
  final int digit;

  final boolean hasVex;
  final boolean hasEvex;

  /// EVEX's W bit. The VEX forms in use all have W = 0 (or ignore it).
  final boolean wide;

  VectorOp(Form form, int prefix, int map, int opcode, Tuple tuple, int encodings) {
    this(form, prefix, map, opcode, tuple, -1, encodings, false);
  }

  VectorOp(Form form, int prefix, int map, int opcode, Tuple tuple, int encodings, boolean wide) {
    this(form, prefix, map, opcode, tuple, -1, encodings, wide);
  }

  VectorOp(Form form, int prefix, int map, int opcode, int digit, int encodings) {
    this(form, prefix, map, opcode, Tuple.FULL, digit, encodings, false);
  }

  VectorOp(
      Form form,
      int prefix,
      int map,
      int opcode,
      Tuple tuple,
      int digit,
      int encodings,
      boolean wide) {
    this.form = form;
    this.prefix =
        switch (prefix) {
          case 0x66 -> 1;
          case 0xF3 -> 2;
          case 0xF2 -> 3;
          default -> 0;
        };
    this.map = map;
    this.opcode = opcode;
    this.tuple = tuple;
    this.digit = digit;
    this.hasVex = (encodings & 1) != 0;
    this.hasEvex = (encodings & 2) != 0;
    this.wide = wide;
  }
}
