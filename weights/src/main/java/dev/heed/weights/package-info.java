/// Checkpoint files: [Checkpoint#open] finds out what a file or folder is and gives its tensors by
/// name, without copying them: a [StoredTensor] looks into the mapped file.
///
/// | to | use |
/// |---|---|
/// | read any checkpoint | [Checkpoint#open] |
/// | read one kind | [SafetensorsReader], [GgufReader], [OnnxReader], [PyTorchReader] |
/// | write | [SafetensorsWriter], [GgufWriter] |
///
/// Nothing in a file is trusted. Every length, offset, count and shape is checked against the size
/// that the file really has before memory is reserved for it, and nothing in a file is executed;
/// what is wrong is said in a [WeightsException].
@NullMarked
package dev.heed.weights;

import org.jspecify.annotations.NullMarked;
