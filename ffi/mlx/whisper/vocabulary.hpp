// vocabulary.hpp: the text tokens of Whisper's two vocabularies. Model folders for MLX have no vocabulary, so the library
// contains the files of OpenAI's Whisper: a line with the bytes of a token in base64, and its id.
#pragma once

// Makes the content of a file a constant of the library.
#if defined(__APPLE__)
#define ASR_CONSTANT_SECTION ".section __TEXT,__const\n"
#define ASR_CONSTANT_PREFIX  "_"
#else
#define ASR_CONSTANT_SECTION ".section .rodata\n"
#define ASR_CONSTANT_PREFIX  ""
#endif
#define ASR_CONSTANT_FILE(name, path)                                                                                  \
    __asm__(ASR_CONSTANT_SECTION ASR_CONSTANT_PREFIX #name ":\n.incbin \"" path "\"\n" ASR_CONSTANT_PREFIX #name       \
                                                           "_end:\n.byte 0\n.text\n");                                 \
    extern "C" __attribute__((visibility("hidden"))) const char name[];                                                \
    extern "C" __attribute__((visibility("hidden"))) const char name##_end[]

ASR_CONSTANT_FILE(whisper_english_tokens, WHISPER_TOKENS_DIR "/gpt2.tiktoken");
ASR_CONSTANT_FILE(whisper_multilingual_tokens, WHISPER_TOKENS_DIR "/multilingual.tiktoken");

namespace asr::whisper {

inline std::string decode_base64(std::string_view text) {
    static const std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string                   bytes;
    uint32_t                      bits = 0, n_bits = 0;
    for (const char c : text) {
        const size_t digit = digits.find(c);
        if (digit == std::string_view::npos) {
            break; // the padding
        }
        bits = bits << 6 | static_cast<uint32_t>(digit);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes.push_back(static_cast<char>(bits >> n_bits & 0xff));
        }
    }
    return bytes;
}

// Returns the bytes of each text token, in the order of the ids.
inline std::vector<std::string> read_vocabulary(bool multilingual) {
    std::string_view         text = multilingual
                                        ? std::string_view(whisper_multilingual_tokens, whisper_multilingual_tokens_end)
                                        : std::string_view(whisper_english_tokens, whisper_english_tokens_end);
    std::vector<std::string> tokens;
    while (!text.empty()) {
        const size_t length = std::min(text.find('\n'), text.size());
        tokens.push_back(decode_base64(text.substr(0, text.find(' '))));
        text.remove_prefix(std::min(text.size(), length + 1));
    }
    return tokens;
}

// Returns the ids of the control tokens, which follow the text tokens in the same order in every Whisper model.
inline control_tokens control_tokens_of(const model_config & config, int32_t n_text_tokens) {
    const int32_t  n_languages = config.n_vocab - n_text_tokens - 1509; // 8 other control tokens and 1501 timestamps
    control_tokens ids;
    ids.eot           = n_text_tokens;
    ids.sot           = ids.eot + 1;
    ids.translate     = ids.sot + 1 + n_languages;
    ids.transcribe    = ids.translate + 1;
    ids.prev          = ids.translate + 3;
    ids.no_speech     = ids.translate + 4;
    ids.no_timestamps = ids.translate + 5;
    ids.n_vocab       = config.n_vocab;
    ids.n_languages   = config.is_multilingual() ? n_languages : 0;
    return ids;
}

// The languages in the order of their tokens (OpenAI's whisper/tokenizer.py). Only models since large-v3 have the last one.
constexpr const char * whisper_languages[] = {
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt",  "tr", "pl", "ca", "nl", "ar", "sv",  "it", "id",
    "hi", "fi", "vi", "he", "uk", "el", "ms", "cs", "ro",  "da", "hu", "ta", "no", "th", "ur",  "hr", "bg",
    "lt", "la", "mi", "ml", "cy", "sk", "te", "fa", "lv",  "bn", "sr", "az", "sl", "kn", "et",  "mk", "br",
    "eu", "is", "hy", "ne", "mn", "bs", "kk", "sq", "sw",  "gl", "mr", "pa", "si", "km", "sn",  "yo", "so",
    "af", "oc", "ka", "be", "tg", "sd", "gu", "am", "yi",  "lo", "uz", "fo", "ht", "ps", "tk",  "nn", "mt",
    "sa", "lb", "my", "bo", "tl", "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue",
};

} // namespace asr::whisper
