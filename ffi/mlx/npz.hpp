// npz.hpp: lists the tensors of an npz file: a ZIP archive with one NumPy file per tensor. MLX and NumPy write such archives
// without compression, so compressed entries are rejected.
#pragma once

namespace asr {

class npz_reader {
  public:
    explicit npz_reader(model_file & file) : file_(file) {}

    tensor_table list() {
        const directory where = find_directory();
        int64_t         at    = where.offset;
        for (int64_t i = 0; i < where.n_entries; ++i) {
            at = add_entry(at);
        }
        return std::move(table_);
    }

  private:
    struct directory {
        int64_t offset;
        int64_t n_entries;
    };

    [[noreturn]] void reject() const { reject_model(file_.name() + " is cut short, or is no npz file"); }

    // A field of 16 or 32 bits holds this value if the actual number is in a field of 64 bits.
    static constexpr uint32_t elsewhere = 0xffffffff;

    // Finds the list of entries. The record that locates it is at the end of the file.
    directory find_directory() {
        constexpr int64_t record_bytes = 22, comment_max = 1024, locator_bytes = 20;
        int64_t           at = file_.size() - record_bytes;
        while (at >= 0 && at >= file_.size() - record_bytes - comment_max && file_.number<uint32_t>(at) != 0x06054b50) {
            --at;
        }
        if (at < 0 || file_.number<uint32_t>(at) != 0x06054b50) {
            reject();
        }
        const uint32_t offset = file_.number<uint32_t>(at + 16);
        if (offset != elsewhere && file_.number<uint16_t>(at + 10) != 0xffff) {
            return { offset, file_.number<uint16_t>(at + 10) };
        }
        if (file_.number<uint32_t>(at - locator_bytes) != 0x07064b50) {
            reject();
        }
        const auto record = static_cast<int64_t>(file_.number<uint64_t>(at - locator_bytes + 8));
        if (record < 0 || record > file_.size() || file_.number<uint32_t>(record) != 0x06064b50) {
            reject();
        }
        const auto n_entries = static_cast<int64_t>(file_.number<uint64_t>(record + 32));
        return { static_cast<int64_t>(file_.number<uint64_t>(record + 48)), n_entries };
    }

    // Adds the entry whose record in the directory is at `at`. Returns the position of the next record.
    int64_t add_entry(int64_t at) {
        constexpr int64_t record_bytes = 46, local_bytes = 30;
        if (at < 0 || at > file_.size() || file_.number<uint32_t>(at) != 0x02014b50) {
            reject();
        }
        const auto        n_name    = file_.number<uint16_t>(at + 28);
        const auto        n_extra   = file_.number<uint16_t>(at + 30);
        const auto        n_comment = file_.number<uint16_t>(at + 32);
        const std::string name      = file_.text(at + record_bytes, n_name);
        if (file_.number<uint16_t>(at + 10) != 0) {
            reject_model(file_.name() + " is compressed, expected an npz file without compression");
        }
        int64_t sizes[] = { file_.number<uint32_t>(at + 24), file_.number<uint32_t>(at + 20),
                            file_.number<uint32_t>(at + 42) };
        read_large_sizes(file_.text(at + record_bytes + n_name, n_extra), sizes);
        const auto [size, stored, local] = sizes;
        if (size != stored || size < 0 || local < 0 || local > file_.size() ||
            file_.number<uint32_t>(local) != 0x04034b50) {
            reject();
        }
        const int64_t data =
            local + local_bytes + file_.number<uint16_t>(local + 26) + file_.number<uint16_t>(local + 28);
        if (constexpr std::string_view suffix = ".npy"; name.ends_with(suffix)) {
            add_array(name.substr(0, name.size() - suffix.size()), data, size);
        }
        return at + record_bytes + n_name + n_extra + n_comment;
    }

    // Replaces the numbers that do not fit into 32 bits by those in the extra field of ZIP64.
    void read_large_sizes(const std::string & extra, int64_t (&sizes)[3]) const {
        const auto number = [&](size_t at, size_t n) {
            uint64_t value = 0;
            if (at + n > extra.size()) {
                reject();
            }
            std::memcpy(&value, extra.data() + at, n);
            return static_cast<int64_t>(value);
        };
        for (size_t at = 0; at + 4 <= extra.size(); at += 4 + static_cast<size_t>(number(at + 2, 2))) {
            if (number(at, 2) != 1) {
                continue;
            }
            size_t from = at + 4;
            for (int64_t & size : sizes) {
                if (size == elsewhere) {
                    size = number(from, 8);
                    from += 8;
                }
            }
            return;
        }
    }

    // Adds a NumPy file of `size` bytes. Its header is a Python dictionary, for example
    // {'descr': '<f4', 'fortran_order': False, 'shape': (51865, 384), }
    void add_array(const std::string & name, int64_t data, int64_t size) {
        constexpr int64_t          start_bytes = 10, header_max = 4096;
        constexpr std::string_view magic = "\x93NUMPY";
        if (size < start_bytes || file_.text(data, static_cast<int64_t>(magic.size())) != magic) {
            reject();
        }
        const bool    wide   = file_.number<uint8_t>(data + 6) > 1; // the length of the header has 4 bytes instead of 2
        const int64_t begin  = start_bytes + (wide ? 2 : 0);
        const int64_t length = wide ? file_.number<uint32_t>(data + 8) : file_.number<uint16_t>(data + 8);
        if (length > header_max || length > size - begin) {
            reject();
        }
        const std::string header = file_.text(data + begin, length);
        if (header.find("'fortran_order': False") == std::string::npos) {
            reject_model(file_.name() + " contains " + name.substr(0, 100) + " in an unknown order");
        }
        add_tensor(table_, file_, name,
                   { type_in(header, name), shape_in(header), data + begin + length, size - begin - length });
    }

    mx::Dtype type_in(const std::string & header, const std::string & name) const {
        static const std::map<std::string_view, mx::Dtype> types = {
            { "<f4", mx::float32 }, { "<f2", mx::float16 }, { "<V2", mx::bfloat16 }, { "|V2", mx::bfloat16 },
            { "<u4", mx::uint32 },  { "<i4", mx::int32 },   { "<i8", mx::int64 },    { "<u8", mx::uint64 },
        };
        constexpr std::string_view key = "'descr': '";
        const size_t               at  = header.find(key);
        const auto found = at == std::string::npos ? types.end() : types.find(header.substr(at + key.size(), 3));
        if (found == types.end()) {
            reject_model(file_.name() + " contains " + name.substr(0, 100) + " in an unknown type of number");
        }
        return found->second;
    }

    std::vector<int64_t> shape_in(const std::string & header) const {
        constexpr std::string_view key = "'shape': (";
        size_t                     at  = header.find(key);
        if (at == std::string::npos) {
            reject();
        }
        std::vector<int64_t> shape;
        for (at += key.size(); at < header.size() && header[at] != ')';) {
            if (std::isdigit(static_cast<unsigned char>(header[at])) != 0) {
                size_t digits = 0;
                while (at + digits < header.size() &&
                       std::isdigit(static_cast<unsigned char>(header[at + digits])) != 0) {
                    ++digits;
                }
                if (digits > 15) { // longer than the size of any file
                    reject();
                }
                shape.push_back(std::stoll(header.substr(at, digits)));
                at += digits;
            } else {
                ++at;
            }
        }
        return shape;
    }

    model_file & file_;
    tensor_table table_;
};

} // namespace asr
