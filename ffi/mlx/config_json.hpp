// config_json.hpp: reads config.json of a model for MLX.
#pragma once

namespace asr {

// Returns the object in config.json.
inline json_value read_config_json(const model_files & files) {
    constexpr int64_t         bytes_max = 1 << 20;
    std::optional<model_file> file      = files.find("config.json");
    if (!file) {
        reject_model("its folder has no config.json");
    }
    if (file->size() > bytes_max) {
        reject_model("its config.json has " + std::to_string(file->size()) + " bytes, expected at most " +
                     std::to_string(bytes_max));
    }
    std::optional<json_value> json = json_reader::read(file->text(0, file->size()));
    if (!json || json->type != json_value::kind::object) {
        reject_model("its config.json is damaged, or belongs to another kind of model");
    }
    return std::move(*json);
}

// Reads an integer of an object, and checks its range.
inline int32_t read_integer(const json_value & object, const char * name, int32_t low, int32_t high) {
    const json_value * found = object.find(name);
    if (found == nullptr) {
        reject_model(std::string("its config.json has no ") + name);
    }
    if (!found->is_integer() || found->number < low || found->number > high) {
        reject_model(std::string("config.json has an impossible ") + name + ", expected " + std::to_string(low) +
                     " to " + std::to_string(high));
    }
    return static_cast<int32_t>(found->number);
}

// How the matrices of a model are quantised: in groups of values with a common scale and offset.
struct quantization {
    int32_t group_size = 0; // 0: the matrices are not quantised
    int32_t bits       = 0;

    bool is_used() const { return group_size > 0; }
};

// Reads the member "quantization" of config.json. A model without this member is not quantised.
inline quantization read_quantization(const json_value & config) {
    const json_value * found = config.find("quantization");
    if (found == nullptr || found->type != json_value::kind::object) {
        return {};
    }
    const quantization read    = { read_integer(*found, "group_size", 32, 128), read_integer(*found, "bits", 2, 8) };
    const json_value * mode    = found->find("mode");
    const bool         affine  = mode == nullptr || mode->text == "affine";
    const bool         grouped = read.group_size == 32 || read.group_size == 64 || read.group_size == 128;
    if (!affine || !grouped || read.bits == 7) {
        reject_model("config.json names a quantization that MLX does not have");
    }
    return read;
}

} // namespace asr
