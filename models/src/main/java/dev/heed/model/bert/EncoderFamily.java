package dev.heed.model.bert;

import dev.heed.model.ConfigFile;
import dev.heed.tensor.Activation;
import java.util.Arrays;
import java.util.stream.Collectors;

/// The encoders made after BERT: what differs between them besides the names in [EncoderNames].
///
/// All add the vectors of tokens, positions and perhaps token types, norm the sum, and run
/// post-norm blocks in which every token sees the whole text.
public enum EncoderFamily {
  /// Devlin et al. 2019.
  BERT("bert", "Bert", "bert."),
  /// Liu et al. 2019: positions are counted from the padding id on, and padding is not counted.
  ROBERTA("roberta", "Roberta", "roberta."),
  /// Conneau et al. 2020: RoBERTa for a hundred languages.
  XLM_ROBERTA("xlm-roberta", "XLMRoberta", "roberta."),
  /// Martin et al. 2020: RoBERTa for French.
  CAMEMBERT("camembert", "Camembert", "roberta."),
  /// Sanh et al. 2019: no token types, no pooler.
  DISTILBERT("distilbert", "DistilBert", "distilbert."),
  /// Song et al. 2020: what a token sees also depends on the distance.
  MPNET("mpnet", "MPNet", "mpnet."),
  /// Clark et al. 2020: embeddings may be narrower than the blocks.
  ELECTRA("electra", "Electra", "electra."),
  /// Lan et al. 2020: narrow embeddings, and blocks that share their weights.
  ALBERT("albert", "Albert", "albert.");

  private final String type;
  private final String className;
  private final String prefix;

  EncoderFamily(String type, String className, String prefix) {
    this.type = type;
    this.className = className;
    this.prefix = prefix;
  }

  /// What `model_type` says.
  public String type() {
    return type;
  }

  /// The name of a class at Hugging Face, as `architectures` says it.
  ///
  /// @param head what follows the family's name, such as `ForMaskedLM`
  public String architecture(String head) {
    return className + head;
  }

  /// What stands before the encoder's names in checkpoints that have a head.
  String prefix() {
    return prefix;
  }

  /// The family that `model_type` names.
  ///
  /// @throws dev.heed.model.ModelException if it is none of these
  static EncoderFamily of(ConfigFile file) {
    file.require("model_type", Arrays.stream(values()).map(EncoderFamily::type).toArray());
    String type = file.string("model_type");
    return Arrays.stream(values())
        .filter(family -> family.type.equals(type))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(known()));
  }

  private static String known() {
    return Arrays.stream(values()).map(EncoderFamily::type).collect(Collectors.joining(", "));
  }

  /// Whether positions begin behind the padding id, and padding does not count.
  boolean skipsPadding() {
    return switch (this) {
      case ROBERTA, XLM_ROBERTA, CAMEMBERT, MPNET -> true;
      case BERT, DISTILBERT, ELECTRA, ALBERT -> false;
    };
  }

  /// Whether the pooler is the first layer of the head that judges whole texts.
  boolean poolsForJudging() {
    return this == BERT || this == ALBERT;
  }

  /// The function between the two layers of the head that judges whole texts.
  Activation judgingActivation() {
    return switch (this) {
      case DISTILBERT -> Activation.RELU;
      case ELECTRA -> Activation.GELU;
      case BERT, ROBERTA, XLM_ROBERTA, CAMEMBERT, MPNET, ALBERT -> Activation.TANH;
    };
  }

  /// The function inside the head that guesses masked tokens.
  Activation guessingActivation(BertConfiguration configuration) {
    return switch (this) {
      case BERT, DISTILBERT, ALBERT -> configuration.block().activation();
      case ROBERTA, XLM_ROBERTA, CAMEMBERT, MPNET, ELECTRA -> Activation.GELU;
    };
  }
}
