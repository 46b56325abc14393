// Elements and slices by position, moved as they are. Defined in front:
//   T                 a type as wide as what is moved: an element, or several of a slice
// A position that no element has is left in `fault`, and 0 is taken in its place.

// x [outer, n, inner], positions [count]: out [outer, count, inner], of which x threads share a slice.
extern "C" __global__ void index_select(i64 outer, i64 n, i64 inner, i64 count, const T* x, const i64* positions, T* out,
        Fault* fault, i64 fault_op) {
    i64 step = (i64)gridDim.x * blockDim.y;
    for (i64 row = (i64)blockIdx.x * blockDim.y + threadIdx.y; row < outer * count; row += step) {
        i64 block = divide(row, count);
        i64 position = positions[row - block * count];
        if (!in_range(position, n, fault, fault_op)) position = 0;
        const T* slice = x + (block * n + position) * inner;
        for (i64 i = threadIdx.x; i < inner; i += blockDim.x) out[row * inner + i] = slice[i];
    }
}

// out and dense positions of the view's shape; its strides are x's, 0 for the dimension that positions are of, whose own
// stride and size follow.
extern "C" __global__ void gather(View view, i64 total, i64 stride, i64 size, const T* x, const i64* positions, T* out,
        Fault* fault, i64 fault_op) {
    for (i64 i = thread_number(); i < total; i += thread_count()) {
        i64 position = positions[i];
        if (!in_range(position, size, fault, fault_op)) position = 0;
        out[i] = x[offset(view, (u64)i) + position * stride];
    }
}
