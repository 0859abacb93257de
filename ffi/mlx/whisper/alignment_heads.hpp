// alignment_heads.hpp: the attention heads for word times, as pairs of a layer and a head of the decoder.
#pragma once

namespace asr::whisper {

struct attention_head {
    int32_t layer;
    int32_t head;
};

using attention_heads = std::vector<attention_head>;

// Returns OpenAI's heads for a model with these dimensions. Returns no heads for other models.
inline attention_heads published_heads(const model_config & config) {
    const bool english = !config.is_multilingual();
    if (config.n_audio_layer == 32 && config.n_text_layer == 4) { // large-v3-turbo
        return { { 2, 4 }, { 2, 11 }, { 3, 3 }, { 3, 6 }, { 3, 11 }, { 3, 14 } };
    }
    if (config.n_audio_layer == config.n_text_layer) {
        // clang-format off
        switch (config.n_audio_layer) {
            case 4:
                return english ? attention_heads{ { 1, 0 }, { 2, 0 }, { 2, 5 }, { 3, 0 }, { 3, 1 }, { 3, 2 }, { 3, 3 }, { 3, 4 } } :
                                 attention_heads{ { 2, 2 }, { 3, 0 }, { 3, 2 }, { 3, 3 }, { 3, 4 }, { 3, 5 } };
            case 6:
                return english ? attention_heads{ { 3, 3 }, { 4, 7 }, { 5, 1 }, { 5, 5 }, { 5, 7 } } :
                                 attention_heads{ { 3, 1 }, { 4, 2 }, { 4, 3 }, { 4, 7 }, { 5, 1 }, { 5, 2 }, { 5, 4 }, { 5, 6 } };
            case 12:
                return english ? attention_heads{ { 6, 6 }, { 7, 0 }, { 7, 3 }, { 7, 8 }, { 8, 2 }, { 8, 5 }, { 8, 7 }, { 9, 0 }, { 9, 4 }, { 9, 8 },
                                                  { 9, 10 }, { 10, 0 }, { 10, 1 }, { 10, 2 }, { 10, 3 }, { 10, 6 }, { 10, 11 }, { 11, 2 }, { 11, 4 } } :
                                 attention_heads{ { 5, 3 }, { 5, 9 }, { 8, 0 }, { 8, 4 }, { 8, 7 }, { 8, 8 }, { 9, 0 }, { 9, 7 }, { 9, 9 }, { 10, 5 } };
            case 24:
                return english ? attention_heads{ { 11, 4 }, { 14, 1 }, { 14, 12 }, { 14, 14 }, { 15, 4 }, { 16, 0 }, { 16, 4 }, { 16, 9 }, { 17, 12 },
                                                  { 17, 14 }, { 18, 7 }, { 18, 10 }, { 18, 15 }, { 20, 0 }, { 20, 3 }, { 20, 9 }, { 20, 14 }, { 21, 12 } } :
                                 attention_heads{ { 13, 15 }, { 15, 4 }, { 15, 15 }, { 16, 1 }, { 20, 0 }, { 23, 4 } };
            case 32:
                return config.n_mels == 128 ? attention_heads{ { 7, 0 }, { 10, 17 }, { 12, 18 }, { 13, 12 }, { 16, 1 }, { 17, 14 }, { 19, 11 },
                                                               { 21, 4 }, { 24, 1 }, { 25, 6 } } :
                                              attention_heads{ { 10, 12 }, { 13, 17 }, { 16, 11 }, { 16, 12 }, { 16, 13 }, { 17, 15 }, { 17, 16 },
                                                               { 18, 4 }, { 18, 11 }, { 18, 19 }, { 19, 11 }, { 21, 2 }, { 21, 3 }, { 22, 3 },
                                                               { 22, 9 }, { 22, 12 }, { 23, 5 }, { 23, 7 }, { 23, 13 }, { 25, 5 }, { 26, 1 },
                                                               { 26, 12 }, { 27, 15 } };
            default: break;
        }
        // clang-format on
    }
    return {};
}

// Returns all heads of the upper half of the layers.
inline attention_heads upper_heads(const model_config & config) {
    attention_heads heads;
    for (int32_t layer = config.n_text_layer / 2; layer < config.n_text_layer; ++layer) {
        for (int32_t head = 0; head < config.n_text_head; ++head) {
            heads.push_back({ layer, head });
        }
    }
    return heads;
}

// Returns whether the list has heads, and the model has all of them. A published list may not fit a model of unusual
// dimensions.
inline bool has_heads(const model_config & config, const attention_heads & heads) {
    return !heads.empty() && std::all_of(heads.begin(), heads.end(), [&](const attention_head & h) {
        return h.layer >= 0 && h.layer < config.n_text_layer && h.head >= 0 && h.head < config.n_text_head;
    });
}

// Returns the heads that the weights name. Older files name none.
inline attention_heads read_alignment_heads(weight_reader & reader, const model_config & config) {
    const std::optional<std::vector<int32_t>> named = reader.integers("alignment_heads", 2);
    if (!named) {
        const attention_heads heads = published_heads(config);
        return has_heads(config, heads) ? heads : upper_heads(config);
    }
    attention_heads heads;
    for (size_t i = 0; i < named->size(); i += 2) {
        heads.push_back({ named->at(i), named->at(i + 1) });
    }
    if (!has_heads(config, heads)) {
        reject_model("it names alignment_heads that its decoder does not have");
    }
    return heads;
}

} // namespace asr::whisper
