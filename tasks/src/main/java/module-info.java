/// What a user asks for: complete, classify, embed, translate; and the data for it.
@SuppressWarnings("requires-automatic") // Hardwood has no module-info
module dev.heed.tasks {
  requires static transitive org.jspecify;
  requires transitive dev.heed.models;
  requires de.siegmar.fastcsv;
  requires dev.hardwood.core;
  requires java.net.http;

  exports dev.heed.data;
  exports dev.heed.hub;
  exports dev.heed.task;
}
