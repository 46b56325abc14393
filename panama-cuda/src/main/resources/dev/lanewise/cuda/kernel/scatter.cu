// Elements of `source`, which lie like `positions`, are combined into `out`, a copy of the first operand. All dense.
// Elements for one place lie on one line along the dimension, which one thread follows in order. Defined in front:
//   T                 element type
//   COMBINE(old, new) in the type elements are computed in

extern "C" __global__ void scatter(Lines lines, i64 total, const i64* positions, const T* source, T* out) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 line = (i64)blockIdx.x * blockDim.x + threadIdx.x; line < total; line += step) {
        i64 from = offset(lines.dims, lines.positions, (u64)line);
        T* base = out + offset(lines.dims, lines.other, (u64)line);
        for (i64 k = 0; k < lines.count; k++) {
            i64 at = from + k * lines.position_stride;
            T& place = base[positions[at] * lines.other_stride];
            auto old_value = load(place);
            auto new_value = load(source[at]);
            store(place, COMBINE(old_value, new_value));
        }
    }
}
