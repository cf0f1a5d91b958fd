package dev.heed.kernels.x86;

/// The kernels of [Level#AMX] on a processor that has all but its tiles: those with tiles are
/// interpreted, the others run.
final class InterpretedTiles extends KernelCache {
  InterpretedTiles() {
    super(Level.AMX);
  }

  @Override
  Kernel load(byte[] code) {
    return TileInterpreter.hasTiles(code) ? new TileInterpreter(code) : super.load(code);
  }
}
