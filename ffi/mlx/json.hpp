// json.hpp: reads a JSON text of limited size and depth. The text is untrusted: config.json, and the header of a safetensors
// file.
#pragma once

namespace asr {

struct json_value {
    enum class kind {
        null,
        boolean,
        number,
        text,
        list,
        object
    };

    kind                                            type   = kind::null;
    double                                          number = 0.0; // boolean: 0 or 1
    std::string                                     text;
    std::vector<json_value>                         items;
    std::vector<std::pair<std::string, json_value>> members;

    // Returns the member of an object; nullptr if this value has no such member.
    const json_value * find(std::string_view name) const {
        for (const auto & [key, value] : members) {
            if (key == name) {
                return &value;
            }
        }
        return nullptr;
    }

    bool is_integer() const { return type == kind::number && number == std::floor(number) && std::abs(number) < 9e15; }
};

class json_reader {
  public:
    // Returns nothing if the text is not valid JSON, or exceeds a limit below.
    static std::optional<json_value> read(std::string_view text) {
        json_reader reader(text);
        json_value  value;
        if (!reader.value(value, 0)) {
            return std::nullopt;
        }
        reader.skip_spaces();
        return reader.at_ == text.size() ? std::optional(std::move(value)) : std::nullopt;
    }

  private:
    static constexpr int32_t depth_max    = 8;
    static constexpr int32_t n_values_max = 200'000; // limits the memory, which is many times the size of the text

    explicit json_reader(std::string_view text) : text_(text) {}

    bool value(json_value & out, int32_t depth) {
        skip_spaces();
        if (at_ == text_.size() || depth > depth_max || ++n_values_ > n_values_max) {
            return false;
        }
        switch (text_[at_]) {
        case '{':
            return object(out, depth);
        case '[':
            return list(out, depth);
        case '"':
            out.type = json_value::kind::text;
            return string(out.text);
        case 't':
            out.number = 1.0;
            return word("true", json_value::kind::boolean, out);
        case 'f':
            return word("false", json_value::kind::boolean, out);
        case 'n':
            return word("null", json_value::kind::null, out);
        default:
            return number(out);
        }
    }

    bool object(json_value & out, int32_t depth) {
        out.type = json_value::kind::object;
        ++at_;
        if (take('}')) {
            return true;
        }
        do {
            auto & [key, member] = out.members.emplace_back();
            skip_spaces();
            if (at_ == text_.size() || text_[at_] != '"' || !string(key) || !take(':') || !value(member, depth + 1)) {
                return false;
            }
        } while (take(','));
        return take('}');
    }

    bool list(json_value & out, int32_t depth) {
        out.type = json_value::kind::list;
        ++at_;
        if (take(']')) {
            return true;
        }
        do {
            if (!value(out.items.emplace_back(), depth + 1)) {
                return false;
            }
        } while (take(','));
        return take(']');
    }

    // Reads a string. Converts the escape \u to UTF-8.
    bool string(std::string & out) {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (static_cast<unsigned char>(text_[at_]) < 0x20) {
                return false;
            }
            if (text_[at_] == '\\') {
                constexpr std::string_view escapes = "\"\\/bfnrtu", bytes = "\"\\/\b\f\n\r\tu";
                const size_t which = ++at_ < text_.size() ? escapes.find(text_[at_]) : std::string_view::npos;
                if (which == std::string_view::npos) {
                    return false;
                }
                if (escapes[which] != 'u') {
                    out.push_back(bytes[which]);
                } else if (!character(out)) {
                    return false;
                }
            } else {
                out.push_back(text_[at_]);
            }
        }
        return at_++ < text_.size();
    }

    // Reads the digits of an escape \u, and those of a second one if both together are one character. Leaves at_ at the last
    // digit.
    bool character(std::string & out) {
        int32_t code = hex_digits();
        if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_ + 1, 2) == "\\u") {
            at_ += 2;
            const int32_t low = hex_digits();
            code              = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : -1;
        }
        if (code < 0 || (code >= 0xd800 && code < 0xe000)) {
            return false;
        }
        constexpr int32_t ends[]  = { 0x80, 0x800, 0x10000, 0x110000 }; // of the codes with 1 to 4 bytes
        constexpr int32_t marks[] = { 0, 0xc0, 0xe0, 0xf0 };            // bits of the first byte
        const auto        n_more  = std::upper_bound(std::begin(ends), std::end(ends), code) - std::begin(ends);
        out.push_back(static_cast<char>(marks[n_more] | (code >> (6 * n_more))));
        for (auto i = n_more - 1; i >= 0; --i) {
            out.push_back(static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3f)));
        }
        return true;
    }

    // Reads four hexadecimal digits after the current character. Returns -1 if they are something else.
    int32_t hex_digits() {
        int32_t code = 0;
        for (int32_t i = 0; i < 4; ++i) {
            constexpr std::string_view digits = "0123456789abcdefABCDEF";
            const size_t               which  = ++at_ < text_.size() ? digits.find(text_[at_]) : std::string_view::npos;
            if (which == std::string_view::npos) {
                return -1;
            }
            code = code * 16 + static_cast<int32_t>(which < 16 ? which : which - 6);
        }
        return code;
    }

    bool number(json_value & out) {
        constexpr size_t  digits_max = 40;
        const std::string digits(
            text_.substr(at_, std::min(digits_max, text_.find_first_not_of("+-.0123456789eE", at_) - at_)));
        if (digits.empty() || (digits[0] != '-' && !std::isdigit(static_cast<unsigned char>(digits[0])))) {
            return false;
        }
        char * end = nullptr;
        out.type   = json_value::kind::number;
        out.number = std::strtod(digits.c_str(), &end);
        at_ += digits.size();
        return end == digits.c_str() + digits.size() && std::isfinite(out.number);
    }

    bool word(std::string_view expected, json_value::kind kind, json_value & out) {
        out.type = kind;
        if (text_.substr(at_, expected.size()) != expected) {
            return false;
        }
        at_ += expected.size();
        return true;
    }

    bool take(char expected) {
        skip_spaces();
        if (at_ == text_.size() || text_[at_] != expected) {
            return false;
        }
        ++at_;
        return true;
    }

    void skip_spaces() { at_ = std::min(text_.size(), text_.find_first_not_of(" \t\r\n", at_)); }

    std::string_view text_;
    size_t           at_       = 0;
    int32_t          n_values_ = 0;
};

} // namespace asr
