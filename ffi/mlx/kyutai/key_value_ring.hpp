// key_value_ring.hpp: the keys and values that an attention of one stream can still read. The last `capacity` positions
// share the slots of a ring, so the attention has a true sliding window, and its memory is limited. The order of the slots
// does not matter, because the keys contain their positions (rotary embedding).
#pragma once

namespace asr::kyutai {

class key_value_ring {
  public:
    explicit key_value_ring(int32_t capacity) : capacity_(capacity) {}

    // Adds the keys and values [1, n_heads, n, head_width] of the next n positions. `position` is the first of them.
    void add(const mx::array & key, const mx::array & value, int64_t position) {
        const int32_t n = key.shape(2);
        grow(static_cast<int32_t>(std::min<int64_t>(capacity_, position + n)), key);
        for (int32_t i = 0; i < n; ++i) {
            const auto slot = static_cast<int32_t>((position + i) % capacity_);
            put(*keys_, key, i, slot);
            put(*values_, value, i, slot);
        }
        n_used_ = static_cast<int32_t>(std::min<int64_t>(capacity_, position + n));
    }

    mx::array keys() const { return used(*keys_); }

    mx::array values() const { return used(*values_); }

    void collect(std::vector<mx::array> & arrays) const {
        if (keys_) {
            arrays.push_back(*keys_);
            arrays.push_back(*values_);
        }
    }

  private:
    // Makes room for `n` slots. The room doubles, so that short streams need little memory.
    void grow(int32_t n, const mx::array & like) {
        const int32_t room = keys_ ? keys_->shape(2) : 0;
        if (n <= room) {
            return;
        }
        const int32_t   wanted = std::min(capacity_, std::max({ n, 2 * room, room_min }));
        const mx::array added  = mx::zeros({ 1, like.shape(1), wanted - room, like.shape(3) }, like.dtype());
        keys_                  = keys_ ? mx::concatenate({ *keys_, added }, 2) : added;
        values_                = values_ ? mx::concatenate({ *values_, added }, 2) : added;
    }

    // Writes position `from` of `source` into a slot. MLX writes in place, because nothing else holds the old array.
    static void put(mx::array & ring, const mx::array & source, int32_t from, int32_t slot) {
        const mx::Shape shape = ring.shape();
        const mx::array part  = mx::slice(source, { 0, 0, from, 0 }, { 1, shape[1], from + 1, shape[3] });
        ring = mx::slice_update(ring, part, mx::Shape{ 0, 0, slot, 0 }, mx::Shape{ 1, shape[1], slot + 1, shape[3] });
    }

    mx::array used(const mx::array & ring) const {
        return n_used_ == ring.shape(2) ? ring
                                        : mx::slice(ring, { 0, 0, 0, 0 }, { 1, ring.shape(1), n_used_, ring.shape(3) });
    }

    static constexpr int32_t room_min = 32;

    int32_t                  capacity_;
    int32_t                  n_used_ = 0;
    std::optional<mx::array> keys_, values_; // [1, n_heads, room, head_width]
};

// Returns the next position of each stream: int32 [n_batch]. A state has a `position`, and one ring for each layer.
template <typename State>
mx::array positions_of(const std::vector<State *> & states) {
    std::vector<int32_t> positions;
    for (const State * state : states) {
        positions.push_back(static_cast<int32_t>(state->position));
    }
    return mx::array(positions.data(), { static_cast<int32_t>(positions.size()) }, mx::int32);
}

// Adds the keys and values [n_batch, n_heads, n, head_width] of a layer to the rings of the streams. Returns these rings.
template <typename State>
std::vector<const key_value_ring *> add_to_rings(const std::vector<State *> & states, size_t layer,
                                                 const mx::array & key, const mx::array & value) {
    std::vector<const key_value_ring *> rings;
    for (size_t i = 0; i < states.size(); ++i) {
        const auto row = static_cast<int32_t>(i);
        const auto own = [&](const mx::array & y) {
            return mx::slice(y, { row, 0, 0, 0 }, { row + 1, y.shape(1), y.shape(2), y.shape(3) });
        };
        key_value_ring & ring = states[i]->rings[layer];
        ring.add(own(key), own(value), states[i]->position);
        rings.push_back(&ring);
    }
    return rings;
}

// Attends with the queries [n_batch, n_heads, n, head_width] of several streams, each to its own ring. A mask belongs to one
// stream, and has the shape of its scores [n, n_keys]; without masks, each query reads all keys of its ring.
inline mx::array attend(const mx::array & queries, const std::vector<const key_value_ring *> & rings,
                        const std::vector<mx::array> & masks) {
    const float            scale = 1.0f / std::sqrt(static_cast<float>(queries.shape(3)));
    std::vector<mx::array> outputs;
    for (size_t i = 0; i < rings.size(); ++i) {
        const auto      row = static_cast<int32_t>(i);
        const mx::array q =
            mx::slice(queries, { row, 0, 0, 0 }, { row + 1, queries.shape(1), queries.shape(2), queries.shape(3) });
        const std::optional<mx::array> mask = masks.empty() ? std::nullopt : std::optional(masks[i]);
        outputs.push_back(mx::fast::scaled_dot_product_attention(q, rings[i]->keys(), rings[i]->values(), scale,
                                                                 mask ? "array" : "", mask));
    }
    return outputs.size() == 1 ? outputs[0] : mx::concatenate(outputs, 0);
}

} // namespace asr::kyutai
