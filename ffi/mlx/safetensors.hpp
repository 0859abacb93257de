// safetensors.hpp: lists the tensors of a safetensors file: the length of the header in 8 bytes, the header in JSON, and the
// bytes of the tensors.
#pragma once

namespace asr {

inline std::optional<mx::Dtype> safetensors_type(std::string_view name) {
    static const std::map<std::string_view, mx::Dtype> types = {
        { "F32", mx::float32 }, { "F16", mx::float16 }, { "BF16", mx::bfloat16 }, { "U32", mx::uint32 },
        { "I32", mx::int32 },   { "I64", mx::int64 },   { "U64", mx::uint64 },
    };
    const auto found = types.find(name);
    return found == types.end() ? std::nullopt : std::optional(found->second);
}

// Returns a list of integers that are not negative. Returns nothing if the value is not such a list.
inline std::optional<std::vector<int64_t>> integer_list(const json_value * value) {
    if (value == nullptr || value->type != json_value::kind::list) {
        return std::nullopt;
    }
    std::vector<int64_t> numbers;
    for (const json_value & item : value->items) {
        if (!item.is_integer() || item.number < 0) {
            return std::nullopt;
        }
        numbers.push_back(static_cast<int64_t>(item.number));
    }
    return numbers;
}

inline tensor_table list_safetensors(model_file & file) {
    constexpr int64_t header_max   = 16 << 20;
    constexpr int64_t length_bytes = 8;
    const int64_t     n            = file.size() < length_bytes ? -1 : static_cast<int64_t>(file.number<uint64_t>(0));
    if (n < 2 || n > std::min(header_max, file.size() - length_bytes)) {
        reject_model(file.name() + " is cut short, or is no safetensors file");
    }
    const std::optional<json_value> header = json_reader::read(file.text(length_bytes, n));
    if (!header || header->type != json_value::kind::object) {
        reject_model("the header of " + file.name() + " is damaged");
    }
    tensor_table table;
    for (const auto & [name, value] : header->members) {
        if (name == "__metadata__") {
            continue;
        }
        const json_value *             type    = value.find("dtype");
        const std::optional<mx::Dtype> known   = type == nullptr ? std::nullopt : safetensors_type(type->text);
        const auto                     shape   = integer_list(value.find("shape"));
        const auto                     offsets = integer_list(value.find("data_offsets"));
        if (!known || !shape || !offsets || offsets->size() != 2) {
            reject_model("the header of " + file.name() + " describes " + name.substr(0, 100) + " in an unknown way");
        }
        const int64_t begin = offsets->at(0);
        add_tensor(table, file, name, { *known, *shape, length_bytes + n + begin, offsets->at(1) - begin });
    }
    return table;
}

} // namespace asr
