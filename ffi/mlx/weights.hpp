// weights.hpp: reads the weights of a model for MLX, and converts them to the type in which the network computes.
#pragma once

namespace asr {

class weight_reader {
  public:
    // Reads the file of `names` that the model has, in this order. `type` is the type in which the network computes.
    // `keeps_quantised` means that quantised matrices are not converted.
    weight_reader(const model_files & files, const std::vector<std::string> & names, const quantization & quantized,
                  mx::Dtype type, bool keeps_quantised)
        : quantized_(quantized), type_(type), keeps_quantised_(keeps_quantised), file_(find_weights(files, names)),
          table_(file_.name().ends_with(".npz") ? npz_reader(file_).list() : list_safetensors(file_)) {}

    bool has(const std::string & name) const { return table_.entries.contains(name); }

    // Returns the dimensions of a tensor, for a model whose config.json does not contain them.
    const std::vector<int64_t> & shape(const std::string & name) const { return entry(name).shape; }

    mx::array tensor(const std::string & name, const std::vector<int64_t> & shape) {
        return tensor(name, shape, type_);
    }

    // Reads a tensor in another type than that of the network.
    mx::array tensor(const std::string & name, const std::vector<int64_t> & shape, mx::Dtype type) {
        return convert(entry(name, shape, is_floating), type);
    }

    norm_weights norm(const std::string & name, int64_t n) {
        return { tensor(name + ".weight", { n }), tensor(name + ".bias", { n }) };
    }

    linear_weights linear(const std::string & name, int64_t n_out, int64_t n_in, bool has_bias) {
        std::optional<mx::array> bias;
        if (has_bias) {
            bias = tensor(name + ".bias", { n_out });
        }
        if (!quantized_.is_used() || !table_.entries.contains(name + ".scales")) {
            return { tensor(name + ".weight", { n_out, n_in }), std::move(bias), std::nullopt, std::nullopt, {} };
        }
        if (n_in % quantized_.group_size != 0) {
            reject_model(name + " is quantised in groups that do not fit");
        }
        const int64_t n_groups  = n_in / quantized_.group_size;
        const auto    is_packed = [](mx::Dtype type) { return type == mx::uint32; };
        mx::array     packed    = read(entry(name + ".weight", { n_out, n_in * quantized_.bits / 32 }, is_packed));
        mx::array     scales    = convert(entry(name + ".scales", { n_out, n_groups }, is_floating), type_);
        mx::array     offsets   = convert(entry(name + ".biases", { n_out, n_groups }, is_floating), type_);
        if (keeps_quantised_) {
            return { std::move(packed), std::move(bias), std::move(scales), std::move(offsets), quantized_ };
        }
        mx::array weight = mx::dequantize(packed, scales, offsets, quantized_.group_size, quantized_.bits);
        weight.eval();
        return { std::move(weight), std::move(bias), std::nullopt, std::nullopt, {} };
    }

    // Returns the numbers of a matrix [n, n_columns] of integers. Returns nothing if the file has no such tensor.
    std::optional<std::vector<int32_t>> integers(const std::string & name, int64_t n_columns) {
        constexpr int64_t n_max = 4096;
        const auto        found = table_.entries.find(name);
        if (found == table_.entries.end()) {
            return std::nullopt;
        }
        const tensor_entry & entry = found->second;
        if (entry.shape.size() != 2 || entry.shape[1] != n_columns || entry.shape[0] > n_max ||
            !mx::issubdtype(entry.type, mx::integer)) {
            reject_model("its " + name + " are no list of integers in " + std::to_string(n_columns) + " columns");
        }
        mx::array numbers = mx::contiguous(mx::astype(read(entry), mx::int32));
        numbers.eval();
        return std::vector<int32_t>(numbers.data<int32_t>(), numbers.data<int32_t>() + numbers.size());
    }

  private:
    using type_check = bool (*)(mx::Dtype);

    static bool is_floating(mx::Dtype type) { return mx::issubdtype(type, mx::floating); }

    static model_file find_weights(const model_files & files, const std::vector<std::string> & names) {
        std::string missing;
        for (const std::string & name : names) {
            if (std::optional<model_file> file = files.find(name)) {
                return std::move(*file);
            }
            missing += (missing.empty() ? "no " : " and no ") + name;
        }
        reject_model("its folder has " + missing);
    }

    const tensor_entry & entry(const std::string & name) const {
        const auto found = table_.entries.find(name);
        if (found == table_.entries.end()) {
            reject_model(file_.name() + " has no " + name + ", so it is incomplete or of another kind of model");
        }
        return found->second;
    }

    // Finds a tensor, and checks its dimensions and its type before any of its bytes are read.
    const tensor_entry & entry(const std::string & name, const std::vector<int64_t> & shape, type_check accepts) const {
        const tensor_entry & found = entry(name);
        if (found.shape != shape || !accepts(found.type)) {
            reject_model("the dimensions or the type of " + name + " do not match config.json");
        }
        return found;
    }

    mx::array read(const tensor_entry & entry) {
        std::unique_ptr<void, decltype(&std::free)> bytes(
            std::malloc(static_cast<size_t>(std::max<int64_t>(1, entry.bytes))), std::free);
        if (bytes == nullptr) {
            throw std::bad_alloc();
        }
        file_.read(entry.offset, bytes.get(), entry.bytes);
        mx::Shape shape;
        for (const int64_t n : entry.shape) {
            shape.push_back(static_cast<mx::ShapeElem>(n));
        }
        return mx::array(bytes.release(), std::move(shape), entry.type, std::free);
    }

    // Reads a tensor and converts it at once, so that only one tensor is in memory twice.
    mx::array convert(const tensor_entry & entry, mx::Dtype type) {
        mx::array converted = mx::astype(read(entry), type);
        converted.eval();
        return converted;
    }

    const quantization quantized_;
    const mx::Dtype    type_;
    const bool         keeps_quantised_;
    model_file         file_;
    tensor_table       table_;
};

} // namespace asr
