// languages.hpp: the languages of the published models. Their files do not name them, so the size of the vocabulary decides.
#pragma once

namespace asr::parakeet {

// Returns the codes of the languages; nothing for a model whose vocabulary has another size.
inline std::vector<std::string> published_languages(size_t n_pieces) {
    switch (n_pieces) {
    case 1024: // all English models
        return { "en" };
    case 3072: // parakeet-tdt_ctc-0.6b-ja
        return { "ja" };
    case 8192: // parakeet-tdt-0.6b-v3
        return { "bg", "hr", "cs", "da", "nl", "en", "et", "fi", "fr", "de", "el", "hu", "it",
                 "lv", "lt", "mt", "pl", "pt", "ro", "sk", "sl", "es", "sv", "ru", "uk" };
    default:
        return {};
    }
}

} // namespace asr::parakeet
