// Writes tokenizer/src/main/resources/dev/heed/tokenizer/text/reference-unicode.txt: the facts
// about
// Unicode 8 and 9 that the Rust tokenizers are built on and a newer JDK no longer tells.
//
//   java -cp icu4j.jar tools/unicode/ReferenceUnicodeData.java > …/reference-unicode.txt
//
// ICU4J 78 or later, from the build's own repository.

import com.ibm.icu.lang.UCharacter;
import com.ibm.icu.text.Normalizer2;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;

static boolean assigned(int c, int version) {
  int age = UCharacter.getAge(c).getMajor();
  return age > 0 && age <= version;
}

static String ranges(IntPredicate set) {
  StringBuilder out = new StringBuilder();
  for (int c = 0; c <= 0x10FFFF; c++) {
    if (!set.test(c)) {
      continue;
    }
    int from = c;
    while (c < 0x10FFFF && set.test(c + 1)) {
      c++;
    }
    out.append(' ').append(Integer.toHexString(from));
    if (c > from) {
      out.append('-').append(Integer.toHexString(c));
    }
  }
  return out.toString();
}

static void print(String name, String items) {
  StringBuilder line = new StringBuilder(name);
  for (String item : items.strip().split(" ")) {
    if (line.length() + item.length() > 98) {
      IO.println(line);
      line = new StringBuilder(name);
    }
    line.append(' ').append(item);
  }
  IO.println(line);
}

void main() {
  IO.println("# Made by tools/unicode/ReferenceUnicodeData.java; code points in hexadecimal.");
  IO.println("# Assigned in Unicode 8 or before, and added by Unicode 9.");
  print("assigned8", ranges(c -> assigned(c, 8)));
  print("assigned9", ranges(c -> assigned(c, 9) && !assigned(c, 8)));
  IO.println("# Canonical combining classes of Unicode 9, other than 0.");
  Map<Integer, Integer> classes = new TreeMap<>();
  for (int c = 0; c <= 0x10FFFF; c++) {
    if (assigned(c, 9) && UCharacter.getCombiningClass(c) != 0) {
      classes.merge(UCharacter.getCombiningClass(c), 1, Integer::sum);
    }
  }
  for (int value : classes.keySet()) {
    print("class" + value, ranges(c -> assigned(c, 9) && UCharacter.getCombiningClass(c) == value));
  }
  IO.println(
      "# Canonical composition in Unicode 9, without Hangul syllables: first, second, composed.");
  Normalizer2 nfc = Normalizer2.getNFCInstance();
  StringBuilder pairs = new StringBuilder();
  for (int c = 0; c <= 0x10FFFF; c++) {
    String pair =
        assigned(c, 9) && !(c >= 0xAC00 && c <= 0xD7A3) ? nfc.getRawDecomposition(c) : null;
    if (pair == null || pair.codePointCount(0, pair.length()) != 2) {
      continue;
    }
    int first = pair.codePointAt(0);
    int second = pair.codePointBefore(pair.length());
    if (nfc.composePair(first, second) == c) {
      pairs.append(" %x+%x=%x".formatted(first, second, c));
    }
  }
  print("compose", pairs.toString());
}
