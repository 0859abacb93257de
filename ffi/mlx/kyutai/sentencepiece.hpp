// sentencepiece.hpp: reads the pieces of a SentencePiece vocabulary, a file of protocol buffers. Field 1 of the file repeats:
// each is a piece with the fields 1 (text) and 3 (kind). The file is untrusted.
#pragma once

namespace asr::kyutai {

[[noreturn]] inline void reject_vocabulary() {
    reject_model("its vocabulary is damaged, or is no file of SentencePiece");
}

// Reads the fields of one message of protocol buffers, in order.
class message_reader {
  public:
    explicit message_reader(std::string_view bytes) : bytes_(bytes) {}

    struct field {
        uint64_t         number = 0;
        uint64_t         value  = 0; // of an integer
        std::string_view bytes;      // of a text or a message
    };

    // Returns the next field, or nothing at the end.
    std::optional<field> next() {
        if (at_ == bytes_.size()) {
            return std::nullopt;
        }
        const uint64_t key  = varint();
        field          read = { key >> 3, 0, {} };
        switch (key & 7) {
        case 0:
            read.value = varint();
            break;
        case 1:
            take(8);
            break;
        case 2:
            read.bytes = take(varint());
            break;
        case 5:
            take(4);
            break;
        default:
            reject_vocabulary();
        }
        return read;
    }

  private:
    uint64_t varint() {
        uint64_t value = 0;
        for (int32_t shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1)[0]);
            value |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) {
                return value;
            }
        }
        reject_vocabulary();
    }

    std::string_view take(uint64_t n) {
        if (n > bytes_.size() - at_) {
            reject_vocabulary();
        }
        const std::string_view taken = bytes_.substr(at_, n);
        at_ += n;
        return taken;
    }

    std::string_view bytes_;
    size_t           at_ = 0;
};

// Returns the byte that a piece such as <0xE2> names.
inline char byte_of(std::string_view piece) {
    unsigned int byte = 0;
    const auto   read = piece.size() == 6 && piece.starts_with("<0x")
                            ? std::from_chars(piece.data() + 3, piece.data() + 5, byte, 16)
                            : std::from_chars_result{ piece.data(), std::errc::invalid_argument };
    if (read.ec != std::errc() || read.ptr != piece.data() + 5) {
        reject_vocabulary();
    }
    return static_cast<char>(byte);
}

// Converts a piece to text: the mark U+2581 is a space. A piece of the kind "byte" is a byte of a character that has no
// piece. A piece of the kind "control" has no text.
inline std::string piece_text(std::string_view piece, uint64_t kind) {
    constexpr uint64_t         control = 3, byte = 6;
    constexpr std::string_view mark = "\xe2\x96\x81";
    if (kind == control) {
        return "";
    }
    if (kind == byte) {
        return { byte_of(piece) };
    }
    std::string text(piece);
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
        text.replace(at, mark.size(), " ");
    }
    return text;
}

// Returns the text of each token. The file has exactly `n` pieces.
inline std::vector<std::string> read_pieces(const model_files & files, const std::string & name, int32_t n) {
    constexpr int64_t         bytes_max = 4 << 20;
    std::optional<model_file> file      = files.find(name);
    if (!file || file->size() > bytes_max) {
        reject_model("its folder has no vocabulary of a possible size with the name " + name);
    }
    const std::string        content = file->text(0, file->size());
    std::vector<std::string> texts;
    message_reader           model(content);
    while (const auto piece = model.next()) {
        if (piece->number != 1) {
            continue;
        }
        std::string_view text;
        uint64_t         kind = 1;
        message_reader   fields(piece->bytes);
        while (const auto field = fields.next()) {
            if (field->number == 1) {
                text = field->bytes;
            } else if (field->number == 3) {
                kind = field->value;
            }
        }
        texts.push_back(piece_text(text, kind));
    }
    if (texts.size() != static_cast<size_t>(n)) {
        reject_model(name + " has " + std::to_string(texts.size()) + " pieces, expected " + std::to_string(n));
    }
    return texts;
}

} // namespace asr::kyutai
