// The gradient of index_select: adds slices [outer, count, inner] to out [outer, n, inner], which holds zeros. Defined in
// front:
//   T                 element type
//   ACC               what is summed in
// `sorted` are the positions in ascending order and `order` says where each was before, equal ones in their order, so
// that every sum is made in an order that depends on the positions only and is the same bits every time. y threads share
// the positions, x threads and blocks of the second dimension the columns. Whoever has the first of equal positions sums
// them all, unless they fill one of the segments that the sorted positions are divided into: then each segment's share is
// a sum of its own, which index_add_segments adds up. `sums` [2, segments, outer * inner] has those shares, and for a
// segment that equal positions reach into and fill or go beyond what comes of them before the segment.

struct Slots {
    i64 count, segment;
    const i64* sorted;
    const i64* order;

    __device__ bool has(i64 slot, i64 position) const { return slot >= 0 && slot < count && sorted[slot] == position; }

    // Whether a position's slots from a segment's first one on fill that segment.
    __device__ bool fills(i64 from, i64 position) const {
        return has(from, position) && has(from + segment - 1, position);
    }

    __device__ i64 next_segment(i64 slot) const { return divide(slot + segment - 1, segment) * segment; }
};

// The sum of a column's slices for the slots of one position, as far as `end`.
__device__ inline ACC sum_of(const Slots& slots, const T* column, i64 inner, i64 position, i64 from, i64 end) {
    ACC sum = 0;
    i64 k = from;
    // four loads on their way at once, added in order
    for (; k + 3 < end && slots.sorted[k + 3] == position; k += 4) {
        ACC next[4];
#pragma unroll
        for (int i = 0; i < 4; i++) next[i] = load(column[slots.order[k + i] * inner]);
#pragma unroll
        for (int i = 0; i < 4; i++) sum += next[i];
    }
    for (; k < end && slots.sorted[k] == position; k++) sum += (ACC)load(column[slots.order[k] * inner]);
    return sum;
}

extern "C" __global__ void index_add(i64 outer, i64 n, i64 inner, Slots slots, const T* slices, T* out, ACC* sums,
        Fault* fault, i64 fault_op) {
    i64 step = (i64)gridDim.x * blockDim.y;
    i64 columns = outer * inner;
    i64 segments = slots.next_segment(slots.count) / slots.segment;
    for (i64 slot = (i64)blockIdx.x * blockDim.y + threadIdx.y; slot < slots.count; slot += step) {
        i64 position = slots.sorted[slot];
        if (!in_range(position, n, fault, fault_op)) continue;
        bool first = !slots.has(slot - 1, position);
        i64 segment = slots.next_segment(slot);
        bool divided = segment == slot
            ? slots.fills(slot, position) || slots.fills(slot - slots.segment, position)
            : first && slots.fills(segment, position);
        if (!first && !divided) continue;
        i64 end = !divided ? slots.count : segment == slot ? slot + slots.segment : segment;
        if (end > slots.count) end = slots.count;
        for (i64 column = (i64)blockIdx.y * blockDim.x + threadIdx.x; column < columns;
                column += (i64)gridDim.y * blockDim.x) {
            i64 block = divide(column, inner);
            i64 j = column - block * inner;
            ACC sum = sum_of(slots, slices + block * slots.count * inner + j, inner, position, slot, end);
            if (!divided) {
                store(out[(block * n + position) * inner + j], sum);
            } else {
                i64 before = segment == slot ? segments : 0;
                sums[(before + segment / slots.segment) * columns + column] = sum;
            }
        }
    }
}

// Adds up the shares of equal positions that fill segments, a position's at the first segment that it fills.
extern "C" __global__ void index_add_segments(i64 outer, i64 n, i64 inner, Slots slots, const ACC* sums, T* out) {
    i64 columns = outer * inner;
    i64 segments = slots.next_segment(slots.count) / slots.segment;
    i64 step = (i64)gridDim.x * blockDim.y;
    for (i64 segment = (i64)blockIdx.x * blockDim.y + threadIdx.y; segment < segments; segment += step) {
        i64 slot = segment * slots.segment;
        i64 position = slots.sorted[slot];
        if (position < 0 || position >= n || !slots.fills(slot, position)) continue;
        if (slots.fills(slot - slots.segment, position)) continue;
        for (i64 column = (i64)blockIdx.y * blockDim.x + threadIdx.x; column < columns;
                column += (i64)gridDim.y * blockDim.x) {
            ACC sum = slots.has(slot - 1, position) ? sums[segment * columns + column] : (ACC)0;
            for (i64 k = segment; k < segments && slots.sorted[k * slots.segment] == position; k++) {
                sum += sums[(segments + k) * columns + column];
            }
            i64 block = divide(column, inner);
            store(out[(block * n + position) * inner + (column - block * inner)], sum);
        }
    }
}
