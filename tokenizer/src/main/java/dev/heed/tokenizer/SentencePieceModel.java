package dev.heed.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What a SentencePiece file (`.model`, `.spm`) says: pieces with scores and kinds, and how text is
/// normalised. The file is a protocol buffer; only what Heed uses is kept, and every length is
/// checked against the file before it is believed.
///
/// Source: `sentencepiece_model.proto`.
///
/// @param pieces the tokens by id
/// @param scores log probabilities, or ranks counted down from 0 for BPE
/// @param kinds one of the constants for each piece
/// @param bpe whether the model is byte-pair encoding rather than unigram
/// @param unknownId the id of the unknown piece
/// @param byteFallback whether a character without a piece becomes its bytes
/// @param charsmap the normalisation table, empty for none
/// @param addDummyPrefix whether a space is put before the text
/// @param removeExtraWhitespace whether runs of spaces become one and those at the ends go
record SentencePieceModel(
    List<String> pieces,
    float[] scores,
    byte[] kinds,
    boolean bpe,
    int unknownId,
    boolean byteFallback,
    byte[] charsmap,
    boolean addDummyPrefix,
    boolean removeExtraWhitespace) {
  static final byte NORMAL = 1;
  static final byte UNKNOWN = 2;
  static final byte CONTROL = 3;
  static final byte USER_DEFINED = 4;
  static final byte UNUSED = 5;
  static final byte BYTE = 6;

  /// @throws TokenizerFormatException where `file` is no SentencePiece model
  static SentencePieceModel read(byte[] file) throws TokenizerFormatException {
    return new Reader().read(file);
  }

  private static final class Reader {
    private final List<String> pieces = new ArrayList<>();
    private float[] scores = new float[1 << 10];
    private byte[] kinds = new byte[1 << 10];
    private int modelType = 1;
    private boolean byteFallback;
    private byte[] charsmap = new byte[0];
    private boolean addDummyPrefix = true;
    private boolean removeExtraWhitespace = true;

    SentencePieceModel read(byte[] file) throws TokenizerFormatException {
      Message message = new Message(ByteBuffer.wrap(file));
      while (message.next()) {
        switch (message.field) {
          case 1 -> piece(message.message());
          case 2 -> trainer(message.message());
          case 3 -> normalizer(message.message());
          default -> message.skip();
        }
      }
      if (pieces.isEmpty()) {
        throw new TokenizerFormatException(
            "A SentencePiece model has pieces: found none in %d bytes".formatted(file.length));
      }
      if (modelType != 1 && modelType != 2) {
        throw new TokenizerFormatException(
            "Expected a SentencePiece model of type 1 (unigram) or 2 (BPE): found type "
                + modelType);
      }
      int unknown = -1;
      for (int id = pieces.size() - 1; id >= 0; id--) {
        unknown = kinds[id] == UNKNOWN ? id : unknown;
      }
      return new SentencePieceModel(
          List.copyOf(pieces),
          Arrays.copyOf(scores, pieces.size()),
          Arrays.copyOf(kinds, pieces.size()),
          modelType == 2,
          unknown,
          byteFallback,
          charsmap,
          addDummyPrefix,
          removeExtraWhitespace);
    }

    private void piece(Message message) throws TokenizerFormatException {
      String text = "";
      float score = 0;
      byte kind = NORMAL;
      while (message.next()) {
        switch (message.field) {
          case 1 -> text = new String(message.bytes(), StandardCharsets.UTF_8);
          case 2 -> score = message.float32();
          case 3 -> kind = (byte) message.varint();
          default -> message.skip();
        }
      }
      if (pieces.size() == scores.length) {
        scores = Arrays.copyOf(scores, scores.length * 2);
        kinds = Arrays.copyOf(kinds, kinds.length * 2);
      }
      scores[pieces.size()] = score;
      kinds[pieces.size()] = kind;
      pieces.add(text);
    }

    private void trainer(Message message) throws TokenizerFormatException {
      while (message.next()) {
        switch (message.field) {
          case 3 -> modelType = (int) message.varint();
          case 35 -> byteFallback = message.varint() != 0;
          default -> message.skip();
        }
      }
    }

    private void normalizer(Message message) throws TokenizerFormatException {
      while (message.next()) {
        switch (message.field) {
          case 2 -> charsmap = message.bytes();
          case 3 -> addDummyPrefix = message.varint() != 0;
          case 4 -> removeExtraWhitespace = message.varint() != 0;
          default -> message.skip();
        }
      }
    }
  }

  /// The fields of a protocol-buffer message, one after the other.
  private static final class Message {
    private final ByteBuffer buffer;
    private int field;
    private int wireType;

    Message(ByteBuffer buffer) {
      this.buffer = buffer.order(ByteOrder.LITTLE_ENDIAN);
    }

    boolean next() throws TokenizerFormatException {
      if (!buffer.hasRemaining()) {
        return false;
      }
      long tag = readVarint();
      field = (int) (tag >>> 3);
      wireType = (int) tag & 7;
      return true;
    }

    private long readVarint() throws TokenizerFormatException {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        require(1);
        byte b = buffer.get();
        value |= (long) (b & 0x7f) << shift;
        if (b >= 0) {
          return value;
        }
      }
      throw damaged("a number of more than 10 bytes");
    }

    long varint() throws TokenizerFormatException {
      expect(0);
      return readVarint();
    }

    float float32() throws TokenizerFormatException {
      expect(5);
      require(4);
      return buffer.getFloat();
    }

    byte[] bytes() throws TokenizerFormatException {
      ByteBuffer part = part();
      byte[] bytes = new byte[part.remaining()];
      part.get(bytes);
      return bytes;
    }

    Message message() throws TokenizerFormatException {
      return new Message(part());
    }

    private ByteBuffer part() throws TokenizerFormatException {
      expect(2);
      long length = readVarint();
      require(length);
      ByteBuffer part = buffer.slice(buffer.position(), (int) length);
      buffer.position(buffer.position() + (int) length);
      return part;
    }

    void skip() throws TokenizerFormatException {
      switch (wireType) {
        case 0 -> readVarint();
        case 1 -> advance(8);
        case 2 -> part();
        case 5 -> advance(4);
        default -> throw damaged("a field of type " + wireType);
      }
    }

    private void advance(int length) throws TokenizerFormatException {
      require(length);
      buffer.position(buffer.position() + length);
    }

    private void expect(int type) throws TokenizerFormatException {
      if (wireType != type) {
        throw damaged("field %d of type %d instead of %d".formatted(field, wireType, type));
      }
    }

    private void require(long length) throws TokenizerFormatException {
      if (length < 0 || length > buffer.remaining()) {
        throw damaged("%d bytes where %d are left".formatted(length, buffer.remaining()));
      }
    }

    private TokenizerFormatException damaged(String found) {
      return new TokenizerFormatException(
          "The SentencePiece model is damaged at byte %d: %s".formatted(buffer.position(), found));
    }
  }
}
