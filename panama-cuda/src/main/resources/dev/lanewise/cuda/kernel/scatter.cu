// Elements of `source`, which lie like the dense positions, are combined into `out`, a copy of the first operand.
// Elements for one place lie on one line along the dimension, which one thread follows in order. Defined in front:
//   T                 element type
//   COMBINE(x, y)     what is there and what comes, in the type elements are computed in

// The lines of the positions: their sizes without the dimension, the lines' strides there and in `out`; and along the
// dimension how many positions there are and both strides.
struct Lines {
    Dims dims;
    Strides positions;
    Strides out;
    i64 count;
    i64 position_stride;
    i64 out_stride;
};

extern "C" __global__ void scatter(Lines lines, i64 total, i64 size, const i64* positions, const T* source, T* out,
        Fault* fault, i64 fault_op) {
    for (i64 line = thread_number(); line < total; line += thread_count()) {
        i64 from = offset(lines.dims, lines.positions, (u64)line);
        T* base = out + offset(lines.dims, lines.out, (u64)line);
        for (i64 k = 0; k < lines.count; k++) {
            i64 at = from + k * lines.position_stride;
            i64 position = positions[at];
            if (!in_range(position, size, fault, fault_op)) continue;
            T& place = base[position * lines.out_stride];
            auto old_value = load(place);
            auto new_value = load(source[at]);
            store(place, COMBINE(old_value, new_value));
        }
    }
}
