// Sorts the lines along the middle dimension of a dense tensor [outer, n, inner], stably. Defined in front:
//   T                 element type
//   KEY               u32, or u64 for elements of 8 bytes
// Elements become unsigned keys of the same order (-0 as 0, NaN last); descending order takes their complement. Chunks of
// a line are sorted in shared memory by a bitonic network (Batcher 1968), whose ties the positions break; sorted runs are
// then merged in passes. Keys and positions of a line lie side by side.

#define CHUNK 1024

__device__ inline u32 ordered(float x) {
    u32 bits = x != x ? 0x7fc00000u : x == 0 ? 0 : __float_as_uint(x);
    return (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
}
__device__ inline u64 ordered(double x) {
    u64 bits = x != x ? 0x7ff8000000000000ull : x == 0 ? 0 : (u64)__double_as_longlong(x);
    return (bits >> 63) != 0 ? ~bits : bits | 0x8000000000000000ull;
}
__device__ inline u64 ordered(i64 x) {
    return sizeof(KEY) == 8 ? (u64)x ^ 0x8000000000000000ull : (u64)((u32)x ^ 0x80000000u);
}

struct Lines {
    i64 lines, n, inner;
    int descending;
};

__device__ inline i64 start_of(const Lines& op, i64 line) {
    i64 block = divide(line, op.inner);
    return block * op.n * op.inner + (line - block * op.inner);
}

__device__ inline bool comes_after(KEY key, u32 position, KEY other, u32 other_position) {
    return key > other || (key == other && position > other_position);
}

// A block a chunk of `chunk` elements, a power of two up to CHUNK. Where a line is one chunk the results are final.
extern "C" __global__ void sort_chunks(
        Lines op, int chunk, const T* x, KEY* keys, u32* positions, T* sorted, i64* sorted_positions) {
    __shared__ KEY key[CHUNK];
    __shared__ u32 position[CHUNK];
    i64 chunks = (op.n + chunk - 1) / chunk;
    for (i64 job = blockIdx.x; job < op.lines * chunks; job += gridDim.x) {
        i64 line = divide(job, chunks);
        i64 first = (job - line * chunks) * chunk;
        i64 start = start_of(op, line);
        for (int i = threadIdx.x; i < chunk; i += blockDim.x) {
            bool there = first + i < op.n;
            KEY own = there ? (KEY)ordered(load(x[start + (first + i) * op.inner])) : (KEY)0;
            key[i] = !there ? ~(KEY)0 : op.descending ? (KEY)~own : own;
            position[i] = there ? (u32)(first + i) : ~0u;
        }
        __syncthreads();
        for (int size = 2; size <= chunk; size *= 2) {
            for (int distance = size / 2; distance > 0; distance /= 2) {
                for (int pair = threadIdx.x; pair < chunk / 2; pair += blockDim.x) {
                    int low = 2 * pair - (pair & (distance - 1));
                    int high = low + distance;
                    bool ascending = (low & size) == 0;
                    if (comes_after(key[low], position[low], key[high], position[high]) == ascending) {
                        KEY k = key[low];
                        key[low] = key[high];
                        key[high] = k;
                        u32 p = position[low];
                        position[low] = position[high];
                        position[high] = p;
                    }
                }
                __syncthreads();
            }
        }
        for (int i = threadIdx.x; i < chunk && first + i < op.n; i += blockDim.x) {
            if (chunks == 1) {
                i64 at = start + i * op.inner;
                sorted[at] = x[start + position[i] * op.inner];
                sorted_positions[at] = position[i];
            } else {
                keys[line * op.n + first + i] = key[i];
                positions[line * op.n + first + i] = position[i];
            }
        }
        __syncthreads();
    }
}

// How many of `count` ascending keys are below `key`, or not above it.
__device__ inline i64 rank_of(KEY key, const KEY* keys, i64 count, bool or_equal) {
    i64 from = 0;
    i64 to = count;
    while (from < to) {
        i64 middle = (from + to) / 2;
        if (keys[middle] < key || (or_equal && keys[middle] == key)) from = middle + 1;
        else to = middle;
    }
    return from;
}

// Merges neighbouring runs of `width`: an element's place is its own in its run and its rank in the other one, behind the
// equal elements of an earlier run.
extern "C" __global__ void merge_runs(
        Lines op, i64 width, const KEY* keys, const u32* positions, KEY* merged, u32* merged_positions) {
    i64 total = op.lines * op.n;
    for (i64 i = thread_number(); i < total; i += thread_count()) {
        i64 line = divide(i, op.n);
        i64 own = i - line * op.n;
        i64 run = divide(own, width);
        i64 other = (run ^ 1) * width;
        i64 count = other >= op.n ? 0 : other + width < op.n ? width : op.n - other;
        bool later = (run & 1) != 0;
        i64 before = rank_of(keys[i], keys + line * op.n + other, count, later);
        i64 to = line * op.n + (run & ~(i64)1) * width + (own - run * width) + before;
        merged[to] = keys[i];
        merged_positions[to] = positions[i];
    }
}

extern "C" __global__ void take_sorted(Lines op, const T* x, const u32* positions, T* sorted, i64* sorted_positions) {
    i64 total = op.lines * op.n;
    for (i64 i = thread_number(); i < total; i += thread_count()) {
        i64 line = divide(i, op.n);
        i64 start = start_of(op, line);
        i64 at = start + (i - line * op.n) * op.inner;
        sorted[at] = x[start + positions[i] * op.inner];
        sorted_positions[at] = positions[i];
    }
}
