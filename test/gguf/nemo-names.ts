/**
 * Translates the names of tensors from transcribe.cpp's GGUF files to NeMo's names. whisper.cpp and parakeet-mlx use
 * NeMo's names, except for the weights of the LSTM.
 */

export function nemoName(name: string): string {
  return replacements.reduce((result, [from, to]) => result.replace(from, to), name);
}

// --- internal ---

const replacements: readonly (readonly [RegExp, string])[] = [
  [/^enc\.blocks/u, "encoder.layers"],
  [/^enc\./u, "encoder."],
  [/\.norm_ff(\d)/u, ".norm_feed_forward$1"],
  [/\.ff(\d)\./u, ".feed_forward$1."],
  [/\.norm_attn/u, ".norm_self_att"],
  [/\.attn\./u, ".self_attn."],
  [/\.bn\./u, ".batch_norm."],
  [/\.(pointwise\d|depthwise)\./u, ".$1_conv."],
  [/pointwise(\d)_conv/u, "pointwise_conv$1"],
  [/^pred\.embed/u, "decoder.prediction.embed"],
  [/^pred\.lstm/u, "decoder.prediction.dec_rnn.lstm"],
  [/^joint\.out/u, "joint.joint_net.2"],
];
