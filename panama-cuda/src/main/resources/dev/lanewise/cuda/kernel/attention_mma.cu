// Tiles of attention by the tensor cores' products of 16 bits, which add in single precision. Defined in front:
//   T                 element type: f16 or bf16
//   MMA               its name in PTX, as a string
//   ACC               float
//   WIDTH             the most columns of queries, keys and values: 32, 64 or 128

constexpr int BLOCK = 128;
constexpr int RESIDENT = WIDTH < 128 ? 3 : 2;        // blocks of a multiprocessor: what their registers allow
constexpr int GRADIENTS_RESIDENT = 2;
constexpr int GROUP = 2;
constexpr int ROWS = 64;
constexpr int COLUMNS = WIDTH < 64 ? WIDTH : 64;     // of a tile; wider matrices pass in parts
constexpr int PACK = 8;                              // elements that are read at once
constexpr int PACKS = COLUMNS / PACK;
constexpr int STRIDE = 32;                           // words from row to row of a tile
constexpr int TILE_ROWS = 2;
constexpr int TILE_OTHERS = 16;
constexpr int LANES_OF_ROW = 4;
constexpr int OUT = WIDTH / 4;
constexpr int OUT_OF_PART = COLUMNS / 4;

struct alignas(4) Group { T of[GROUP]; };
struct alignas(16) Pack { T of[PACK]; };
struct alignas(16) Words { u32 of[PACK / 2]; };

struct Tiles {
    u32 own[ROWS * STRIDE];
    u32 other[ROWS * STRIDE];
};

// A warp takes sixteen own rows. Who holds what of a product's operands and result is given by the instruction.
__device__ inline int lane_row() { return threadIdx.x >> 2 & 7; }
__device__ inline int lane_of_row() { return threadIdx.x & 3; }

__device__ inline int own_row(int i) { return threadIdx.x / 32 * 16 + lane_row() + 8 * i; }
__device__ inline int other_row(int j) { return j / 2 * 8 + lane_of_row() * 2 + j % 2; }
__device__ inline int out_column(int n) { return n / 2 * 8 + lane_of_row() * 2 + n % 2; }

// Combines the values of all threads that share their own rows.
template <typename F> __device__ inline ACC over_row(ACC value, F combine) {
#pragma unroll
    for (int lane = 1; lane <= 2; lane *= 2) value = combine(value, __shfl_xor_sync(0xffffffffu, value, lane));
    return value;
}

// Where a word of two elements lies in a tile: eight rows have theirs in different banks.
__device__ inline int place(int row, int word) { return row * STRIDE + (word / 4 ^ (row & 7)) * 4 + word % 4; }

__device__ inline T element(u32 bits) {
    T x;
    x.bits = (u16)bits;
    return x;
}

__device__ inline u32 word_of(T low, T high) { return low.bits | (u32)high.bits << 16; }

__device__ inline u32 word_of(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    u32 word;
    asm("cvt.rn." MMA "x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
    return word;
#else
    T x;
    T y;
    store(x, low);
    store(y, high);
    return word_of(x, y);
#endif
}

// The product of 16 rows of 16 elements and 8 columns of as many is added to c: two columns of the rows lane_row() and
// lane_row() + 8.
__device__ inline void multiply_add(float& c0, float& c1, float& c2, float& c3, const u32 (&a)[4], u32 b0, u32 b1) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    // volatile: moved into a branch that only some threads of a warp take it would be undefined
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." MMA "." MMA ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c0), "+f"(c1), "+f"(c2), "+f"(c3)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    // without such an instruction (BF16 before compute capability 8.0): elements are fetched from the threads that hold them
    float* c[4] = {&c0, &c1, &c2, &c3};
    int row = threadIdx.x & 28;
#pragma unroll
    for (int word = 0; word < 8; word++) {
        int lane = word % 4;
        u32 upper = __shfl_sync(0xffffffffu, a[word / 4 * 2], row + lane);
        u32 lower = __shfl_sync(0xffffffffu, a[word / 4 * 2 + 1], row + lane);
#pragma unroll
        for (int x = 0; x < 2; x++) {
            u32 column = __shfl_sync(0xffffffffu, word < 4 ? b0 : b1, (lane_of_row() * 2 + x) * 4 + lane);
#pragma unroll
            for (int half = 0; half < 32; half += 16) {
                *c[x] += load(element(upper >> half)) * load(element(column >> half));
                *c[2 + x] += load(element(lower >> half)) * load(element(column >> half));
            }
        }
    }
#endif
}

struct Matrix {
    const T* at;
    i64 row, column;
    int rows, columns, packed;

    // Neighbouring elements of a row, zeros beyond the matrix.
    template <bool PACKED> __device__ Pack read(int r, int c) const {
        Pack elements = {};
        if (r >= rows || c >= columns) return elements;
        const T* from = at + r * row + c * column;
        if (PACKED) return *(const Pack*)from;
#pragma unroll
        for (int x = 0; x < PACK; x++) {
            if (c + x < columns) elements.of[x] = from[x * column];
        }
        return elements;
    }
};

template <bool PACKED> __device__ inline void fill(u32* tile, const Matrix& from, int first, int column) {
#pragma unroll(PACKED ? (WIDTH < 128 ? 4 : 2) : 1)
    for (int turn = 0; turn < ROWS * PACKS / BLOCK; turn++) {
        int number = turn * BLOCK + threadIdx.x;
        int row = number / PACKS;
        Pack elements = from.read<PACKED>(first + row, column + number % PACKS * PACK);
        Words words;
#pragma unroll
        for (int x = 0; x < PACK / 2; x++) words.of[x] = word_of(elements.of[2 * x], elements.of[2 * x + 1]);
        *(Words*)(tile + place(row, number % PACKS * (PACK / 2))) = words;
    }
}

// As columns: a word holds one column of two rows.
template <bool PACKED> __device__ inline void fill_transposed(u32* tile, const Matrix& from, int first, int column) {
#pragma unroll(PACKED ? 2 : 1)
    for (int turn = 0; turn < ROWS / 2 * PACKS / BLOCK; turn++) {
        // two neighbours read along a row, so that they share what memory gives at once; the others go to different banks
        int number = turn * BLOCK + threadIdx.x;
        int pack = number % 2 + number / ROWS * 2;
        int word = number / 2 % (ROWS / 2);
        Pack upper = from.read<PACKED>(first + 2 * word, column + pack * PACK);
        Pack lower = from.read<PACKED>(first + 2 * word + 1, column + pack * PACK);
#pragma unroll
        for (int x = 0; x < PACK; x++) tile[place(pack * PACK + x, word)] = word_of(upper.of[x], lower.of[x]);
    }
}

__device__ inline void fill(u32* tile, const Matrix& from, int first, int column) {
    from.packed ? fill<true>(tile, from, first, column) : fill<false>(tile, from, first, column);
}

__device__ inline void fill_transposed(u32* tile, const Matrix& from, int first, int column) {
    from.packed ? fill_transposed<true>(tile, from, first, column) : fill_transposed<false>(tile, from, first, column);
}

// Adds the products of rows of a and rows of b.
__device__ inline void products(
        ACC (&sums)[TILE_ROWS][TILE_OTHERS], Tiles& tiles, const Matrix& a, int a_row, const Matrix& b, int b_row) {
    for (int column = 0; column < a.columns; column += COLUMNS) {
        fill(tiles.own, a, a_row, column);
        fill(tiles.other, b, b_row, column);
        __syncthreads();
        int left = a.columns - column < COLUMNS ? a.columns - column : COLUMNS;
#pragma unroll 1
        for (int from = 0; from < left; from += 16) {  // the same for all threads: they multiply together
            int word = from / 2 + lane_of_row();
            u32 own[4] = {
                tiles.own[place(own_row(0), word)], tiles.own[place(own_row(1), word)],
                tiles.own[place(own_row(0), word + 4)], tiles.own[place(own_row(1), word + 4)],
            };
#pragma unroll
            for (int j = 0; j < TILE_OTHERS; j += 2) {
                int row = j * 4 + lane_row();
                multiply_add(sums[0][j], sums[0][j + 1], sums[1][j], sums[1][j + 1], own, tiles.other[place(row, word)],
                        tiles.other[place(row, word + 4)]);
            }
        }
        __syncthreads();
    }
}

// Adds the rows of b, each as often as the own rows' weights say. The weights are rounded to the elements' type.
__device__ inline void weighted_sums(ACC (&sums)[TILE_ROWS][OUT], const ACC (&weights)[TILE_ROWS][TILE_OTHERS],
        Tiles& tiles, const Matrix& b, int b_row) {
#pragma unroll
    for (int part = 0; part < OUT / OUT_OF_PART; part++) {
        if (part * COLUMNS >= b.columns) break;
        fill_transposed(tiles.other, b, b_row, part * COLUMNS);
        __syncthreads();
#pragma unroll
        for (int j = 0; j < TILE_OTHERS; j += 4) {
            // a result of products has its elements where an operand has to have them
            u32 own[4] = {
                word_of(weights[0][j], weights[0][j + 1]), word_of(weights[1][j], weights[1][j + 1]),
                word_of(weights[0][j + 2], weights[0][j + 3]), word_of(weights[1][j + 2], weights[1][j + 3]),
            };
            int word = j * 2 + lane_of_row();
#pragma unroll
            for (int n = 0; n < OUT_OF_PART; n += 2) {
                int m = part * OUT_OF_PART + n;
                int row = n * 4 + lane_row();
                multiply_add(sums[0][m], sums[0][m + 1], sums[1][m], sums[1][m + 1], own, tiles.other[place(row, word)],
                        tiles.other[place(row, word + 4)]);
            }
        }
        __syncthreads();
    }
}
