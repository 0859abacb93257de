// vocabulary.hpp: converts the SentencePiece pieces of a Parakeet model to the bytes of its tokens.
#pragma once

namespace asr::parakeet {

// Returns whether a piece controls the model and is no text, for example <unk> or <|endoftext|>.
inline bool is_control(const std::string & piece) {
    return piece.size() > 2 && piece.front() == '<' && piece.back() == '>' && piece.find(' ') == std::string::npos;
}

// Returns the bytes of a token. SentencePiece writes a space as U+2581. As in NeMo, a mark that ends a sentence has no space
// before it.
inline std::string bytes_of(const std::string & piece) {
    constexpr std::string_view space = "\xe2\x96\x81";
    if (is_control(piece)) {
        return {};
    }
    std::string bytes;
    for (size_t at = 0; at < piece.size();) {
        const bool is_space = piece.compare(at, space.size(), space) == 0;
        at += is_space ? space.size() : 1;
        const bool ends_sentence =
            at < piece.size() && std::string_view(".!?").find(piece[at]) != std::string_view::npos;
        if (!is_space) {
            bytes.push_back(piece[at - 1]);
        } else if (!ends_sentence) {
            bytes.push_back(' ');
        }
    }
    return bytes;
}

inline std::vector<std::string> token_texts(const std::vector<std::string> & pieces) {
    std::vector<std::string> texts;
    texts.reserve(pieces.size());
    for (const std::string & piece : pieces) {
        texts.push_back(bytes_of(piece));
    }
    return texts;
}

} // namespace asr::parakeet
