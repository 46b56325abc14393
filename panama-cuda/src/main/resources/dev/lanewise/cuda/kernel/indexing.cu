// Elements by position, along one dimension of dense tensors seen as [outer, n, inner]. Defined in front:
//   T                 element type
// Sums are made in the order of the positions, by one thread an element of the result's other dimensions, so that they
// are the same bits every time.

// x [outer, n, inner], positions [count]: out [outer, count, inner].
extern "C" __global__ void index_select(
        i64 outer, i64 n, i64 inner, i64 count, const T* x, const i64* positions, T* out) {
    i64 step = (i64)gridDim.x * blockDim.x;
    i64 total = outer * count * inner;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += step) {
        u64 row = divide((u64)i, (u64)inner);
        u64 block = divide(row, (u64)count);
        out[i] = x[((i64)block * n + positions[row - block * count]) * inner + (i - (i64)row * inner)];
    }
}

// The gradient of index_select: adds slices [outer, count, inner] to out [outer, n, inner], which holds zeros.
extern "C" __global__ void index_add(
        i64 outer, i64 n, i64 inner, i64 count, const T* slices, const i64* positions, T* out) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 line = (i64)blockIdx.x * blockDim.x + threadIdx.x; line < outer * inner; line += step) {
        i64 block = line / inner;
        i64 column = line - block * inner;
        for (i64 k = 0; k < count; k++) {
            T& sum = out[(block * n + positions[k]) * inner + column];
            store(sum, load(sum) + load(slices[(block * count + k) * inner + column]));
        }
    }
}

// out, like positions: x at the position along the dimension.
extern "C" __global__ void gather(Lines lines, i64 total, const T* x, const i64* positions, T* out) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 line = (i64)blockIdx.x * blockDim.x + threadIdx.x; line < total; line += step) {
        i64 from = offset(lines.dims, lines.positions, (u64)line);
        const T* base = x + offset(lines.dims, lines.other, (u64)line);
        for (i64 k = 0; k < lines.count; k++) {
            i64 at = from + k * lines.position_stride;
            out[at] = base[positions[at] * lines.other_stride];
        }
    }
}
