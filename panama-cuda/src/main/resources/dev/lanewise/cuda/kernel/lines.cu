// Elements that memory gives at once.
template <typename E> struct alignas(16) PackOf {
    E of[16 / sizeof(E)];
};

// Does something with every element of lines [lines, length], which threads of the x dimension share, in packs where the
// lines consist of whole ones: `work` is given a line, a place in it and how many elements from there on are its own. No
// division is made for an element.
template <typename F> __device__ inline void for_lines(i64 lines, i64 length, int pack, F work) {
    for (i64 line = (i64)blockIdx.x * blockDim.y + threadIdx.y; line < lines; line += (i64)gridDim.x * blockDim.y) {
        for (i64 i = (i64)threadIdx.x * pack; i < length; i += (i64)blockDim.x * pack) work(line, i);
    }
}

