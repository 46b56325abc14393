// Elements that memory gives at once.
template <typename E> struct alignas(16) PackOf {
    E of[16 / sizeof(E)];
};

// P elements, at once where they are a pack at an address of that alignment.
template <int P, typename E> __device__ inline void take(E* own, const E* from, bool at_once) {
    if (P > 1 && at_once) {
        *(PackOf<E>*)own = *(const PackOf<E>*)from;
        return;
    }
#pragma unroll
    for (int k = 0; k < P; k++) own[k] = from[k];
}

template <int P, typename E> __device__ inline void give(E* to, const E* own) {
    if (P > 1) *(PackOf<E>*)to = *(const PackOf<E>*)own;
    else *to = *own;
}

// Does something with every element of lines [lines, length], which threads of the x dimension share, in packs where the
// lines consist of whole ones: `work` is given a line, its number among `channels` that follow one another, a place in it and
// how many elements from there on are its own. Divisions are made once a thread, for none of the lines or elements.
template <typename F> __device__ inline void for_lines(i64 lines, i64 length, i64 channels, int pack, F work) {
    i64 step = (i64)gridDim.x * blockDim.y;
    i64 line = (i64)blockIdx.x * blockDim.y + threadIdx.y;
    i64 channel = line - divide(line, channels) * channels;
    i64 turn = step - divide(step, channels) * channels;
    for (; line < lines; line += step) {
        for (i64 i = (i64)threadIdx.x * pack; i < length; i += (i64)blockDim.x * pack) work(line, channel, i);
        channel += turn;
        if (channel >= channels) channel -= channels;
    }
}

// Does something with every place of planes [planes, rows, columns]: the dimensions of a block are columns, rows and planes.
template <typename F> __device__ inline void for_places(i64 planes, i64 rows, i64 columns, F work) {
    for (i64 plane = (i64)blockIdx.y * blockDim.z + threadIdx.z; plane < planes; plane += (i64)gridDim.y * blockDim.z) {
        for (i64 row = (i64)blockIdx.x * blockDim.y + threadIdx.y; row < rows; row += (i64)gridDim.x * blockDim.y) {
            for (i64 column = threadIdx.x; column < columns; column += blockDim.x) work(plane, row, column);
        }
    }
}

