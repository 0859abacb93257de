// align.hpp: computes the attention of the alignment heads to the audio for given tokens, and the times of these tokens.
#pragma once

namespace asr::whisper {

// Returns the attention [n_heads][window][n_tokens] of the alignment heads.
inline mx::array read_attention_heads(const network & network, const encoding & encoded,
                                      const std::vector<int32_t> & tokens, const asr_chunk & chunk) {
    const auto             stop = [&] { stop_if_cancelled(chunk); };
    std::vector<mx::array> found;
    decoder_cache          cache  = network.decoder.open_cache(encoded.output, { 0 }, stop);
    const auto             attend = [&](const mx::array & q, const decoder_cache::layer & kept, size_t layer) {
        const mx::array probs = layers::attention_probs(q, kept.audio_keys);
        for (const attention_head & h : network.heads) {
            if (h.layer == static_cast<int32_t>(layer)) {
                found.push_back(mx::astype(mx::take(mx::squeeze(probs, 0), h.head, 0), mx::float32));
            }
        }
        return mx::matmul(probs, kept.audio_values);
    };
    const auto after_layer = [&](mx::array & x) {
        x.eval();
        mx::eval(found);
        stop();
    };
    network.decoder.read(tokens, cache, after_layer, attend);
    mx::array weights = mx::contiguous(mx::swapaxes(mx::stack(found), -1, -2));
    weights.eval();
    return weights;
}

inline void align(lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const whisper::model & model   = lane.model;
    const control_tokens & ids     = model.rules.ids;
    const encoding &       encoded = encode(lane, chunk);
    out.result.window_s            = window_seconds(encoded.window);
    if (chunk.n_tokens == 0) {
        return;
    }
    std::vector<int32_t> tokens = start_tokens(ids, chunk, false);
    const auto           n_start =
        static_cast<int32_t>(tokens.size()) - 1; // row of <|notimestamps|>, which predicts the first token
    for (const int32_t * id = chunk.tokens; id < chunk.tokens + chunk.n_tokens; ++id) {
        require(*id >= 0 && *id < ids.eot, "Expected tokens of text");
        tokens.push_back(*id);
    }
    tokens.push_back(ids.eot);
    require(static_cast<int32_t>(tokens.size()) <= model.config.n_text_ctx, "Expected fewer tokens to align");

    const mx::array weights  = read_attention_heads(*model.net, encoded, tokens, chunk);
    const int64_t   n_frames = std::min<int64_t>(encoded.window, (chunk.n_input + frames_per_pos - 1) / frames_per_pos);
    const attention attention        = { weights.data<float>(), weights.shape(0), encoded.window,
                                         static_cast<int32_t>(n_frames), weights.shape(2) };
    const std::vector<int32_t> first = align_tokens(attention, n_start, chunk.n_tokens + 1);
    for (int32_t i = 0; i < chunk.n_tokens; ++i) {
        const auto at = static_cast<size_t>(i);
        out.tokens.push_back({ chunk.tokens[i], 0.0f, window_seconds(first[at]), window_seconds(first[at + 1]) });
    }
}

} // namespace asr::whisper
