// The gradient of index_select: adds slices [outer, count, inner] to out [outer, n, inner], which holds zeros. Defined in
// front:
//   T                 element type
//   ACC               what is summed in
// `sorted` are the positions in ascending order and `order` says where each was before, equal ones in their order, so
// that every sum is made in the positions' order and is the same bits every time. y threads share the positions, x
// threads and blocks of the second dimension the columns; whoever has the first of equal positions sums them all.
extern "C" __global__ void index_add(i64 outer, i64 n, i64 inner, i64 count, const T* slices, const i64* sorted,
        const i64* order, T* out, Fault* fault, i64 fault_op) {
    i64 step = (i64)gridDim.x * blockDim.y;
    i64 columns = outer * inner;
    for (i64 slot = (i64)blockIdx.x * blockDim.y + threadIdx.y; slot < count; slot += step) {
        i64 position = sorted[slot];
        bool first = slot == 0 || sorted[slot - 1] != position;
        if (!in_range(position, n, fault, fault_op) || !first) continue;
        for (i64 column = (i64)blockIdx.y * blockDim.x + threadIdx.x; column < columns;
                column += (i64)gridDim.y * blockDim.x) {
            i64 block = divide(column, inner);
            i64 j = column - block * inner;
            const T* column_of = slices + block * count * inner + j;
            ACC sum = 0;
            i64 k = slot;
            // four loads on their way at once, added in order
            for (; k + 3 < count && sorted[k + 3] == position; k += 4) {
                ACC next[4];
#pragma unroll
                for (int i = 0; i < 4; i++) next[i] = load(column_of[order[k + i] * inner]);
#pragma unroll
                for (int i = 0; i < 4; i++) sum += next[i];
            }
            for (; k < count && sorted[k] == position; k++) sum += (ACC)load(column_of[order[k] * inner]);
            store(out[(block * n + position) * inner + j], sum);
        }
    }
}
