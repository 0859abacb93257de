// vocabulary.hpp: finds the control tokens, languages and text tokens in a Whisper vocabulary.
#pragma once

namespace asr {

inline control_tokens find_control_tokens(const ctranslate2::Vocabulary & vocabulary) {
    const auto find = [&](const char * token) {
        if (!vocabulary.contains(token)) {
            throw failure(ASR_STATUS_BAD_MODEL,
                          std::string("Cannot use the vocabulary: it has no ") + token + ", so it is not of a Whisper model");
        }
        return static_cast<int32_t>(vocabulary.to_id(token));
    };
    control_tokens ids;
    ids.eot           = find("<|endoftext|>");
    ids.sot           = find("<|startoftranscript|>");
    ids.translate     = find("<|translate|>");
    ids.transcribe    = find("<|transcribe|>");
    ids.prev          = find("<|startofprev|>");
    ids.no_speech     = find(vocabulary.contains("<|nospeech|>") ? "<|nospeech|>" : "<|nocaptions|>");
    ids.no_timestamps = find("<|notimestamps|>");
    ids.n_vocab       = static_cast<int32_t>(vocabulary.size());
    const bool ordered = ids.eot < ids.sot && ids.sot < ids.translate && ids.sot < ids.no_timestamps &&
                         ids.no_speech < ids.no_timestamps && ids.timestamp_begin() < ids.n_vocab;
    if (!ordered) {
        throw failure(ASR_STATUS_BAD_MODEL, "Cannot use the vocabulary: its tokens are not in the order of a Whisper model");
    }
    return ids;
}

// Returns the language codes in the order of their tokens. The language tokens are between <|startoftranscript|> and
// the task tokens.
inline std::vector<std::string> find_languages(const ctranslate2::Vocabulary & vocabulary, const control_tokens & ids) {
    std::vector<std::string> languages;
    for (int32_t id = ids.sot + 1; id < std::min(ids.translate, ids.transcribe); ++id) {
        const std::string & token = vocabulary.to_token(static_cast<size_t>(id));
        const bool          named = token.size() > 4 && token.compare(0, 2, "<|") == 0;
        languages.push_back(named ? token.substr(2, token.size() - 4) : token);
    }
    return languages;
}

// Converts GPT-2's spelling of tokens to bytes. GPT-2 represents each byte by a printable character. A printable byte
// is represented by itself. The other bytes, in ascending order, are represented by the characters from U+0100 on.
class byte_spelling {
  public:
    byte_spelling() {
        int32_t next = 0x100;
        for (int32_t byte = 0; byte < 256; ++byte) {
            const bool prints = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
            byte_of_[static_cast<size_t>(prints ? byte : next++)] = static_cast<int16_t>(byte);
        }
    }

    // Returns the bytes of a text token.
    std::vector<uint8_t> bytes_of(const std::string & token) const {
        std::vector<uint8_t> bytes;
        for (size_t i = 0; i < token.size(); ++i) {
            auto character = static_cast<uint8_t>(token[i]);
            auto code      = static_cast<size_t>(character);
            if (character >= 0xc0 && i + 1 < token.size()) { // a character of two bytes in UTF-8: U+0080 to U+07FF
                code = (static_cast<size_t>(character & 0x1f) << 6) | (static_cast<uint8_t>(token[++i]) & 0x3f);
            }
            if (code >= std::size(byte_of_) || byte_of_[code] < 0) {
                throw failure(ASR_STATUS_BAD_MODEL, "Cannot use the vocabulary: a token of text does not spell bytes");
            }
            bytes.push_back(static_cast<uint8_t>(byte_of_[code]));
        }
        return bytes;
    }

  private:
    static constexpr size_t  n_characters = 0x100 + 68; // U+0000 to U+00FF, and one for each of the 68 unprintable bytes
    std::vector<int16_t>     byte_of_     = std::vector<int16_t>(n_characters, -1);
};

} // namespace asr
