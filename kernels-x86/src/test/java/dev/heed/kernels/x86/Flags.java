package dev.heed.kernels.x86;

/// The flags that integer instructions set and conditions read. Operations and conditions have the
/// numbers of the encoding.
final class Flags {
  static final int AND = 4;
  static final int COMPARE = 7;

  private static final int ADD = 0;
  private static final int OR = 1;
  private static final int SUBTRACT = 5;
  private static final int XOR = 6;

  private boolean known;
  private boolean zero;
  private boolean negative;
  private boolean carry;
  private boolean overflow;

  /// What the operation gives; the flags are set as it sets them.
  ///
  /// @throws IllegalArgumentException if the number is another's
  long result(int operation, long a, long b) {
    long result =
        switch (operation) {
          case ADD -> a + b;
          case OR -> a | b;
          case AND -> a & b;
          case SUBTRACT, COMPARE -> a - b;
          case XOR -> a ^ b;
          default -> throw new IllegalArgumentException("no operation " + operation);
        };
    known = true;
    zero = result == 0;
    negative = result < 0;
    carry = false;
    overflow = false;
    if (operation == ADD) {
      carry = Long.compareUnsigned(result, a) < 0;
      overflow = ((a ^ result) & (b ^ result)) < 0;
    } else if (operation == SUBTRACT || operation == COMPARE) {
      carry = Long.compareUnsigned(a, b) < 0;
      overflow = ((a ^ b) & (a ^ result)) < 0;
    }
    return result;
  }

  /// From here on no condition may be read.
  void forget() {
    known = false;
  }

  /// @throws IllegalArgumentException if no instruction has set the flags, or the number names none
  ///   of [Condition]
  boolean holds(int condition) {
    if (!known) {
      throw new IllegalArgumentException("the flags are not set");
    }
    boolean holds =
        switch (condition >> 1) {
          case 1 -> carry;
          case 2 -> zero;
          case 3 -> carry || zero;
          case 4 -> negative;
          case 6 -> negative != overflow;
          case 7 -> zero || negative != overflow;
          default -> throw new IllegalArgumentException("no condition " + condition);
        };
    return holds == (condition % 2 == 0);
  }
}
