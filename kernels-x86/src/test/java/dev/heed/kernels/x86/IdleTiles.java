package dev.heed.kernels.x86;

/// The kernels of [Level#AMX], of which those with tiles do nothing: what a processor might do that
/// claims tiles and has none, and what shows which products go by tiles.
final class IdleTiles extends KernelCache {
  private static final byte[] RETURN = {(byte) 0xC3};

  IdleTiles() {
    super(Level.AMX);
  }

  @Override
  Kernel load(byte[] code) {
    return super.load(TileInterpreter.hasTiles(code) ? RETURN : code);
  }
}
